from mkdocs_dlplugin import run
from examples.spam import train_bayes

train_bayes(run)
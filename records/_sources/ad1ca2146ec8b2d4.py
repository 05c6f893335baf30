from mkdocs_dlplugin import run
from examples.spam import train_logreg

train_logreg(run)
from mkdocs_dlplugin import run
from examples.mnist1d import train_logreg

train_logreg(run)
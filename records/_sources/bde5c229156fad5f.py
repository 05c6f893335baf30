from mkdocs_dlplugin import run
from examples.mnist1d import train_forest

train_forest(run, shuffled=True)
from mkdocs_dlplugin import run
from examples.bias import train_forest

train_forest(run)
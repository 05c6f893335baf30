from mkdocs_dlplugin import run
from examples.depth import train_sigmoid

train_sigmoid(run)
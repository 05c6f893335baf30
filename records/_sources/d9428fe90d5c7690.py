from mkdocs_dlplugin import run
from examples.depth import train_relu

train_relu(run)
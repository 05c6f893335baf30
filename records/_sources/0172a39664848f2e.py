from mkdocs_dlplugin import run
from examples.one_layer import train_one_layer

train_one_layer(run)
from mkdocs_dlplugin import run
from examples.cnn_depth import train_mlp

train_mlp(run)
from mkdocs_dlplugin import run
from examples.cnn_depth import train_cnn

train_cnn(run)
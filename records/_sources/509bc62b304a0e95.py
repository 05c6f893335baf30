from mkdocs_dlplugin import run
from examples.bias import train_cnn

train_cnn(run, "weights")
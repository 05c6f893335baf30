from mkdocs_dlplugin import run
from examples.networks import train_cnn

train_cnn(run)
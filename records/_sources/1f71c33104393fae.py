from mkdocs_dlplugin import run
from examples.autoencoder import train_autoencoder

train_autoencoder(run)
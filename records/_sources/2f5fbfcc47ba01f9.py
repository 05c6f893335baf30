from mkdocs_dlplugin import run
from examples.autoencoder import train_pca

train_pca(run)
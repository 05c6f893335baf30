from mkdocs_dlplugin import run
from examples.noisy_labels import train_network

train_network(run, "cnn-long")
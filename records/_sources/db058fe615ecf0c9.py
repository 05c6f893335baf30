from mkdocs_dlplugin import run
from examples.language import train_network

train_network(run, "gru")
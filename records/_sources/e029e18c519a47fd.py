from mkdocs_dlplugin import run
from examples.spam import train_network

train_network(run)
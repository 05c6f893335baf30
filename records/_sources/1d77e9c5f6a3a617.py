from mkdocs_dlplugin import run
from examples.recommend import train_network

train_network(run)
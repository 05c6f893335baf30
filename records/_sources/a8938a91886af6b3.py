from mkdocs_dlplugin import run
from examples.networks import train_gru

train_gru(run)
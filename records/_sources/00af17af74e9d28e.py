from mkdocs_dlplugin import run
from examples.reviews import train_gru

train_gru(run)
from mkdocs_dlplugin import run
from examples.memory import train_gru

train_gru(run)
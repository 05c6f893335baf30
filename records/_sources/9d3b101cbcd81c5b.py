from mkdocs_dlplugin import run
from examples.memory import train_transformer

train_transformer(run)
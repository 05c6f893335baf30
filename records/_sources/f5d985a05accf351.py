from mkdocs_dlplugin import run
from examples.reviews import train_transformer

train_transformer(run)
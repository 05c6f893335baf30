from mkdocs_dlplugin import run
from examples.reviews import train_mlp

train_mlp(run)
from mkdocs_dlplugin import run
from examples.networks import train_mlp_deep

train_mlp_deep(run)
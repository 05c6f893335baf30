from mkdocs_dlplugin import run
from examples.networks import train_mlp

train_mlp(run, shuffled=True)
from mkdocs_dlplugin import run
from examples.mnist1d import train_tree

train_tree(run)
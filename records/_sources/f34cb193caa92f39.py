from mkdocs_dlplugin import run
from examples.one_layer import train_tree

train_tree(run)
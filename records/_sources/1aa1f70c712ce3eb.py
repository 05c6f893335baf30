from mkdocs_dlplugin import run
from examples.spam import train_tree

train_tree(run)
from mkdocs_dlplugin import run
from examples.hidden_layers import train_depth

train_depth(run, "product")
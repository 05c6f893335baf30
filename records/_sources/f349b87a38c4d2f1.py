from mkdocs_dlplugin import run
from examples.hidden_layers import tune_depth

tune_depth(run)
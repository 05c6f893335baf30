from mkdocs_dlplugin import run
from examples.hidden_layers import tune_puzzle

tune_puzzle(run)
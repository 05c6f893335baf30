from mkdocs_dlplugin import run
from examples.hidden_layers import train_puzzle

train_puzzle(run, "perceptron")
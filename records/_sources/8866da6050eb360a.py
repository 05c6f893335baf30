from mkdocs_dlplugin import run
from examples.continual import train_network

train_network(run, "mlp", mixed=True)
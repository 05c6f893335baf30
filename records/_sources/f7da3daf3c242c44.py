from mkdocs_dlplugin import run
from examples.contest_nets import train

train(run, "mlp")
from mkdocs_dlplugin import run
from examples.backprop import train

train(run, "climb")
from mkdocs_dlplugin import run
from examples.tables import train

train(run, "shallow")
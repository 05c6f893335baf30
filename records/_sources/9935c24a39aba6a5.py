from mkdocs_dlplugin import run
from examples.memory import train_bag

train_bag(run)
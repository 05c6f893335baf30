from mkdocs_dlplugin import run
from examples.double_descent import train_both

train_both(run)
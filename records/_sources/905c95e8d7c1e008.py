from mkdocs_dlplugin import run
from examples.double_descent import train_random

train_random(run)
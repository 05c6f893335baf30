from mkdocs_dlplugin import run
from examples.recommend import train_neighbours

train_neighbours(run)
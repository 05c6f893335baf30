from mkdocs_dlplugin import run
from examples.recommend import train_averages

train_averages(run)
from mkdocs_dlplugin import run
from examples.reviews import train_bow

train_bow(run)
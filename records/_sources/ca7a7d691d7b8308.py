from mkdocs_dlplugin import run
from examples.reviews import train_nb

train_nb(run)
from mkdocs_dlplugin import run
from examples.reviews import train_fourgrams

train_fourgrams(run)
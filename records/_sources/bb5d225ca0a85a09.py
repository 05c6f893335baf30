from mkdocs_dlplugin import run
from examples.mnist1d import train_boosting

train_boosting(run)
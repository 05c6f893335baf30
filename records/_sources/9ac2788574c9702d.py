from mkdocs_dlplugin import run
from examples.mnist1d import train_knn

train_knn(run)
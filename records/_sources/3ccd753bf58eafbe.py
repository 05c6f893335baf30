from mkdocs_dlplugin import run
from examples.mnist1d import train_svm

train_svm(run)
from mkdocs_dlplugin import run
from examples.depth import train_batchnorm

train_batchnorm(run)
from mkdocs_dlplugin import run
from examples.depth import train_residual

train_residual(run)
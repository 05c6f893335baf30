from mkdocs_dlplugin import run
from examples.cnn_depth import tune

tune(run)
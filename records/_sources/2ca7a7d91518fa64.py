from mkdocs_dlplugin import run
from examples.depth import tune

tune(run)
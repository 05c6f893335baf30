from mkdocs_dlplugin import run
from examples.tuning import tune

tune(run)
from mkdocs_dlplugin import run
from examples.features_tuning import tune

tune(run)
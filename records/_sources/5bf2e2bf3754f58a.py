from mkdocs_dlplugin import run
from examples.epochs import tune_epochs

tune_epochs(run)
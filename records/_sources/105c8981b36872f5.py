from mkdocs_dlplugin import run
from examples.reviews import tune

tune(run)
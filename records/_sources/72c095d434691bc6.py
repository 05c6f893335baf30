from mkdocs_dlplugin import run
from examples.memory import tune

tune(run)
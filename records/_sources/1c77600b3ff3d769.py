from mkdocs_dlplugin import run
from examples.tables import sample

sample(run)
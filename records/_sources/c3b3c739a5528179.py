from mkdocs_dlplugin import run
from examples.cost import brief

brief(run)
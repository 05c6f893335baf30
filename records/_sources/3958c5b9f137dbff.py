from mkdocs_dlplugin import run
from examples.cost import layers

layers(run)
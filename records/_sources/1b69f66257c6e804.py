from mkdocs_dlplugin import run
from examples.mnist1d import draw

draw(run)
from mkdocs_dlplugin import run
from examples.surfaces import draw

draw(run)
from mkdocs_dlplugin import run
from examples.transfer import draw

draw(run)
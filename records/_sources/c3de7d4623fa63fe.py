from mkdocs_dlplugin import run
from examples.two_digits import draw

draw(run)
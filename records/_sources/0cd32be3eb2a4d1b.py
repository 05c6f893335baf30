from mkdocs_dlplugin import run
from examples.vowels import draw

draw(run)
from mkdocs_dlplugin import run
from examples.shapes import show

show(run)
from mkdocs_dlplugin import run
from examples.reviews import show

show(run)
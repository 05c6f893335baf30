from mkdocs_dlplugin import run
from examples.bias import show

show(run)
from mkdocs_dlplugin import run
from examples.transfer import search

search(run)
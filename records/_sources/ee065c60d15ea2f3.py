from mkdocs_dlplugin import run
from examples.two_digits import search

search(run)
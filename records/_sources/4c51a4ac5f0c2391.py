from mkdocs_dlplugin import run
from examples.vowels import search

search(run)
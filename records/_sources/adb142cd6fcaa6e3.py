from mkdocs_dlplugin import run
from examples.generating import copy

copy(run)
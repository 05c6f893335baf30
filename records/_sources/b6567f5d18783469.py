from mkdocs_dlplugin import run
from examples.backprop import check

check(run)
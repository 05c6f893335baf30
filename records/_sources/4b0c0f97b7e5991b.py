from mkdocs_dlplugin import run
from examples.mistakes import fit

fit(run)
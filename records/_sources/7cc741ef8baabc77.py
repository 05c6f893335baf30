from mkdocs_dlplugin import run
from examples.probes import film

film(run)
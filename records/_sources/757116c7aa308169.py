from mkdocs_dlplugin import run
from examples.probes import look

look(run)
from mkdocs_dlplugin import run
from examples.interpret import look

look(run)
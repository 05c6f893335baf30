from mkdocs_dlplugin import run
from examples.interpret import distil

distil(run, "forest")
from mkdocs_dlplugin import run
from examples.interpret import cause

cause(run, "mlp")
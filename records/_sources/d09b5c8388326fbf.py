from mkdocs_dlplugin import run
from examples.interpret import agree

agree(run, "shallow", "cancer")
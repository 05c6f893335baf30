from mkdocs_dlplugin import run
from examples.false_decisions import simulate

simulate(run, fresh=False)
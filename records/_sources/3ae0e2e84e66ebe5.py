from mkdocs_dlplugin import run
from examples.gridworld import measure

worth = measure(run, "network")
from mkdocs_dlplugin import run
from examples.gridworld import measure

measure(run, "network")
from mkdocs_dlplugin import run
from examples.gridworld import draw, measure

draw(measure(run, "table"))
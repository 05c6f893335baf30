from mkdocs_dlplugin import run
from examples.backprop import show_steps

show_steps(run)
from mkdocs_dlplugin import run
from examples.generating import train_classical

train_classical(run, "kernel")
from mkdocs_dlplugin import run
from examples.continual import train_classical

train_classical(run, "neighbours")
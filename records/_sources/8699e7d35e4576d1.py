from mkdocs_dlplugin import run
from examples.noisy_labels import train_classical

train_classical(run, "tree")
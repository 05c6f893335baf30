from mkdocs_dlplugin import run
from examples.noisy_labels import train_tuned

train_tuned(run, "forest")
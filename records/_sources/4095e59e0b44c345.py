from mkdocs_dlplugin import run
from examples.noisy_labels import train_regularised

train_regularised(run)
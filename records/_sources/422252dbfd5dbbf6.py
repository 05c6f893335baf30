from mkdocs_dlplugin import run
from examples.reviews import train_bigrams

train_bigrams(run)
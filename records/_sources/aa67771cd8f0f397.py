from mkdocs_dlplugin import run
from examples.language import train_counting

train_counting(run)
from mkdocs_dlplugin import run
from examples.generating import train_vae

train_vae(run)
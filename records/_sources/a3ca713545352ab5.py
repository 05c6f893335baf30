from mkdocs_dlplugin import run
from examples.epochs import train_epochs

train_epochs(run, "digits-cnn")
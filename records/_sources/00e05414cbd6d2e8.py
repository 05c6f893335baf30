from mkdocs_dlplugin import run
from examples.continual import train_joint

train_joint(run, "cnn")
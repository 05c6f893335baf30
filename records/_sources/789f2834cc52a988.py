from mkdocs_dlplugin import run
from examples.learning_curves import measure

measure(run, "cnn")
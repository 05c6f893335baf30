from mkdocs_dlplugin import run
from examples.learning_curves import measure_digits

measure_digits(run, "cnn")
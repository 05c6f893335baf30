from mkdocs_dlplugin import run
from examples.learning_curves import show_digits

show_digits(run)
from mkdocs_dlplugin import run
from examples.learning_curves import measure_all_digits

measure_all_digits(run, "svm")
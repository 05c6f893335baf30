from mkdocs_dlplugin import run
from examples.clusters import measure_labels

measure_labels(run, "mlp-selftrain")
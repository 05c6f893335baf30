from mkdocs_dlplugin import run
from examples.clusters import measure_groups

measure_groups(run, "gmm", seen="components")
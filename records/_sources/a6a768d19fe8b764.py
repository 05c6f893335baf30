from mkdocs_dlplugin import run
from examples.clusters import measure_groups

measure_groups(run, "kmeans", seen="code")
from mkdocs_dlplugin import run
from benchmarks.builds import measure

measure(run)
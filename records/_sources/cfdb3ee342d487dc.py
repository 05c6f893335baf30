from mkdocs_dlplugin import run
from examples.transfer import measure

measure(run, "scratch")
from mkdocs_dlplugin import run
from examples.contest import read

read(run, "pixels")
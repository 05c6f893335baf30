from mkdocs_dlplugin import run
from examples.vowels import measure

measure(run, "shallow-bands")
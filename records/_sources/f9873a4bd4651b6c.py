from mkdocs_dlplugin import run
from examples.two_digits import measure_parts

measure_parts(run)
from mkdocs_dlplugin import run
from examples.two_digits import measure_whole

measure_whole(run, "digits")
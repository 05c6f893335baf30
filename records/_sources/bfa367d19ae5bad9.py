from mkdocs_dlplugin import run
from examples.transfer import measure_pretraining

measure_pretraining(run)
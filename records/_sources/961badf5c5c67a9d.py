from mkdocs_dlplugin import run
from examples.anomaly import spread

spread(run)
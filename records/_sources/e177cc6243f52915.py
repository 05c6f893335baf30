from mkdocs_dlplugin import run
from examples.anomaly import detect

detect(run, "local", "digits")
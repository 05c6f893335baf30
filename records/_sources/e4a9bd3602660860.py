from mkdocs_dlplugin import run
from examples.hardware import speed

speed(run)
from mkdocs_dlplugin import run
from examples.generating import show_real

show_real(run)
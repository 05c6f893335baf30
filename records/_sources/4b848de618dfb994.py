from mkdocs_dlplugin import run
from examples.generating import draw_pixels

draw_pixels(run)
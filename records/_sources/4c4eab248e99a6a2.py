from mkdocs_dlplugin import run
from examples.gallery import fit

fit(run, "forest")
from mkdocs_dlplugin import run
from examples.gallery import fit_network

fit_network(run)
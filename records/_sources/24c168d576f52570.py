from mkdocs_dlplugin import run
from examples.hybrid import join

join(run, run.inputs["shape-cnn"].open("weights.npz"))
from mkdocs_dlplugin import run
from examples.probes import look

kept = [
    one
    for one in run.inputs.all("shape-cnn")
    if one.seed == run.seed and dict(one.params) == {"n": 2000, "noise": 0.12}
]
look(run, kept[0].open("weights.npz"))
from mkdocs_dlplugin import run
from examples.scaling import fit_curve

fit_curve(run, "curve-knn")
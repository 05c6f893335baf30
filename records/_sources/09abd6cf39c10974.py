from types import SimpleNamespace

from mkdocs_dlplugin import run
from examples.noisy_labels import choose

grid = run.inputs.all("noise-grid")
choose(run, [SimpleNamespace(seed=cell.seed, params=cell.params, summary=cell.metrics) for cell in grid])
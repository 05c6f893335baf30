"""Runs with made-up results, and a renderer that only takes down what it is asked to draw."""

from __future__ import annotations

import re
from html import unescape

import pytest

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Metric, Record, Run, Where
from mkdocs_dlplugin.results import Group, Place, Results
from mkdocs_dlplugin.views import chart

WHERE = Where("docs/p.md", 3)
METRICS = {
    "test_acc": Metric("test_acc", "Test accuracy", style="percent", better="higher", range=(0.0, 1.0)),
    "seconds": Metric("seconds", "Training time", unit="s", better="lower"),
}
ACCURACIES = (0.80, 0.82, 0.81, 0.80, 0.82)


class Paper:
    """Takes down what would be drawn."""

    def __init__(self, problem=None):
        self.problem, self.specs, self.labels, self.warnings = problem, [], [], []
        self.warn = self.warnings.append

    def render(self, spec, widths=(688, 328), *, name="", label=""):
        if self.problem:
            raise self.problem
        self.specs = [spec(width) for width in widths]
        self.labels.append(label)
        return tuple(f'<svg class="dl-svg" id="{name}-{width}"></svg>' for width in widths)

    def explorable(self, spec, along=""):
        return b"{}"


def a_run(name, *values, label="", params=None, points=(), seeds=None, series=None, more=None, **tags):
    """One run at one point, with one value of test_acc per seed, and *more* metrics that are the same for all."""
    seeds = tuple(range(len(values))) if seeds is None else seeds
    run = Run(
        name, "", WHERE, 1, "docs/p.md", "p.md", label, tags, seeds, points or ({},), bool(points), varies=("data",)
    )
    records = tuple(
        Record(
            "k",
            name,
            params or {},
            seed,
            {"test_acc": value, "n_params": 10.0 * len(name), **(more or {})},
            series(seed) if series else {},
        )
        for seed, value in enumerate(values)
    )
    absent = tuple(seed for seed in seeds if seed >= len(values))
    point = ", ".join(f"{key}={value}" for key, value in (params or {}).items())
    return Group(run, params or {}, f"{label or name} ({point})" if point else label or name, records, absent)


def along_n(name, means, label=""):
    """A gridded run with five seeds at each n."""
    points = tuple({"n": n} for n in means)
    return [
        a_run(name, *(mean + d for d in (-0.02, -0.01, 0, 0.01, 0.02)), label=label, params={"n": n}, points=points)
        for n, mean in means.items()
    ]


def learning(name, steps=(0, 10, 20), skip=None, **more):
    def series(seed):
        kept = [step for step in steps if (seed, step) != skip]
        return {"test_acc": (tuple(map(float, kept)), tuple(0.1 + step / 40 + seed / 100 for step in kept))}

    return a_run(name, *ACCURACIES, series=series, **more)


def show(options, *groups, place_id="fig-a", paper=None, **place):
    shipped: dict[str, bytes] = {}

    def keep(name, content):
        shipped[name] = content
        return f"assets/dl/{name}"

    paper = paper or Paper()
    results = Results(groups, METRICS)
    html = chart.render(options, results, Place(WHERE, place_id, "compare/p/", keep, **place), paper)
    return html, shipped, paper


def text(html):
    return unescape(re.sub(r"<[^>]+>", "", html)).replace("\N{NO-BREAK SPACE}", " ")


def marks(spec, kind):
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == kind]


def refused(options, *groups):
    act = (lambda: show(options, *groups)) if groups else (lambda: chart.check(options, WHERE))
    with pytest.raises(DLError) as caught:
        act()
    return str(caught.value)

"""Heatmap: two parameters of a grid as columns and rows, a metric as colour in classes, its value in every cell."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.model import Metric, Value, Where
from mkdocs_dlplugin.numbers import shown
from mkdocs_dlplugin.vega import CELLS, ON
from mkdocs_dlplugin.views import curves, drawing
from mkdocs_dlplugin.views.caption import plain
from mkdocs_dlplugin.views.choices import Chart
from mkdocs_dlplugin.views.drawing import LETTER, PHONE, Spec
from mkdocs_dlplugin.views.figures import Axis, Chosen, Figure, Line, Point, Wanted, is_number, written

TAKES = frozenset({"x", "y", "color"})
HINTS = {
    "group": "A heat map shows one run; give `x`, `y` and `color`.",
    "facet": "A heat map has one panel; make one block for each.",
    "reference": "A heat map has no axis of values to draw it at.",
}


def check(chart: Chart, where: Where) -> Chart:
    """Ask for two parameters and a metric."""
    asked = {"x": "a parameter", "y": "another parameter", "color": "a metric"}
    for name, what in asked.items():
        if not getattr(chart, name).field:
            hint = "For example x: n, y: hidden, color: test_acc"
            raise DLError(where, f"a heat map needs `{name}`: {what}.", hint)
    if chart.x.field == chart.y.field:
        raise DLError(where, f"a heat map needs two parameters, and both are '{chart.x.field}'.", "Change one of them.")
    return chart


def read(chart: Chart, chosen: Sequence[Chosen], wanted: Wanted) -> Figure:
    """Read one cell per point of the grid.

    Raises:
        DLError: a run lacks a parameter, or two stand in the same cell.
    """
    cells: dict[Value, dict[Value, Point]] = {}
    for one in chosen:
        for axis in (chart.x, chart.y):
            if axis.field not in one.group.params:
                hint = suggest(axis.field, one.group.params) or "It has no parameters."
                raise DLError(wanted.where, f"run '{one.group.address}' has no parameter '{axis.field}'.", hint)
        row = cells.setdefault(one.group.params[chart.y.field], {})
        if not one.group.complete:
            continue
        x = one.group.params[chart.x.field]
        if x in row:
            problem = f"'{row[x].group.address}' and '{one.group.address}' stand in the same cell."
            raise DLError(wanted.where, problem, "Name fewer points in `runs`, so that each cell has one.")
        row[x] = replace(curves.measured(one.group, wanted), x=x)
    rows = [(value, row) for value, row in cells.items() if row]
    if all(is_number(value) for value, _ in rows):
        # As on any y axis, the greatest stands at the top.
        rows.sort(key=lambda found: -float(found[0]))
    lines = tuple(Line(written(value), tuple(row.values())) for value, row in rows)
    metric, notes = curves.metric_of(lines, wanted), curves.missing(chosen)
    return Figure("heatmap", lines, metric, chart.x, "points", "cells", up=chart.y, notes=notes)


def lay_out(figure: Figure, _: Chart, width: int) -> Spec:
    """Lay out the cells, each with its value, and the classes in words above them."""
    columns = figure.xs
    bounds = classes([point.estimate.mean for point in figure.points], figure.y)
    names = [_class(low, high, figure.metric) for low, high in pairwise(bounds)]
    tints = dict(zip(names, _tints(len(names)), strict=True))
    fits = _fits(figure, width, len(columns))
    rows = [
        {
            "x": written(point.x),
            "k": line.label,
            "v": point.estimate.mean,
            "c": names[_which(point.estimate.mean, bounds)],
            "t": _value(point, figure.metric) if fits else "",
        }
        for line in figure.lines
        for point in line.points
    ]
    x: Spec = {"field": "x", "type": "nominal", "sort": [written(place) for place in columns]}
    x |= {"axis": _axis(figure.x, labelAngle=0, labelOverlap="greedy"), "scale": {"paddingInner": 0.02}}
    y: Spec = {"field": "k", "type": "nominal", "sort": None, "scale": {"paddingInner": 0.05}}
    y["axis"] = _axis(figure.up)
    per_row = drawing.columns_of(names, width, 30.0)
    legend = {"title": None, "columns": per_row, "symbolType": "square", "symbolSize": 190, "symbolStrokeWidth": 0}
    tint: Spec = {"field": "c", "type": "nominal", "legend": legend}
    tint["scale"] = {"domain": list(tints), "range": list(tints.values())}
    height = 40 if width >= PHONE else 38
    return {
        "data": {"values": rows},
        "title": drawing.heading(drawing.title_of(figure.metric, figure.y)),
        "height": len(figure.lines) * height + 62 + 22 * -(-len(names) // per_row) + 24,
        "layer": [
            {"mark": {"type": "rect", "cornerRadius": 2}, "encoding": {"x": x, "y": y, "color": tint}},
            {
                "mark": {"type": "text", "baseline": "middle", "color": ON},
                "encoding": {"x": x, "y": y, "text": {"field": "t"}},
            },
        ],
    }


def classes(values: Sequence[float], axis: Axis) -> list[float]:
    """Choose the bounds of up to six classes: round numbers, or on a logarithmic scale equal ratios.

    Args:
        values: What is coloured.
        axis: Its scale and, where the author gave one, its domain.

    Returns:
        Ascending bounds, one more than there are classes; the first and last hold all values unless the author's
        domain says otherwise.
    """
    low, high = axis.domain or (min(values), max(values))
    if axis.scale == "log" and low > 0:
        count = min(len(CELLS), 5) if high > low else 1
        return [low * (high / low) ** (index / count) for index in range(count + 1)] if high > low else [low, low]
    if drawing.same(low, high):
        return [low, high]
    for step in _steps((high - low) / len(CELLS)):
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= len(CELLS):
            break
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def _steps(least: float) -> list[float]:
    """List the round steps from *least* on."""
    power = 10.0 ** math.floor(math.log10(least))
    return [step for ten in (power, power * 10) for factor in (1, 2, 2.5, 5) if (step := factor * ten) >= least * 0.999]


def _which(value: float, bounds: Sequence[float]) -> int:
    return max(0, min(len(bounds) - 2, sum(value >= bound for bound in bounds) - 1))


def _tints(count: int) -> list[str]:
    """Spread the classes over the whole range of tints."""
    return [CELLS[round(index * (len(CELLS) - 1) / max(1, count - 1))] for index in range(count)]


def _class(low: float, high: float, metric: Metric) -> str:
    if low == high:
        return plain(low, metric)
    return f"{plain(low, metric).split(chr(0xA0))[0]}–{plain(high, metric)}"


def _value(point: Point, metric: Metric) -> str:
    """Write a value without its unit, which the classes carry."""
    text = shown(point.estimate, metric).value
    return text.removesuffix(f"\N{NO-BREAK SPACE}{metric.unit or '%'}")


def _fits(figure: Figure, width: int, columns: int) -> bool:
    longest = max(len(_value(point, figure.metric)) for point in figure.points)
    names = max(len(line.label) for line in figure.lines) * LETTER + 30
    return longest * LETTER + 6 <= (width - names) / columns


def _axis(axis: Axis, **look: object) -> Spec:
    return {"title": axis.title or axis.field.replace("_", " "), "grid": False, "ticks": False, "domain": False, **look}

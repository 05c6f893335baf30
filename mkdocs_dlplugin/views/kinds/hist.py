"""Hist: how often values fall into bins, of one run or of several above each other with the same bins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import quantiles

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.results import Group
from mkdocs_dlplugin.stats import Estimate
from mkdocs_dlplugin.vega import COLORS, FG
from mkdocs_dlplugin.views import curves, drawing
from mkdocs_dlplugin.views.choices import Chart, needed, one_metric
from mkdocs_dlplugin.views.drawing import PHONE, Spec
from mkdocs_dlplugin.views.figures import UNSAID, Chosen, Figure, Line, Point, Wanted
from mkdocs_dlplugin.words import say

TAKES = frozenset({"x", "y", "bins", "of"})
HINTS = {
    "group": "Each run has a panel of its own.",
    "facet": "Each run has a panel of its own.",
    "color": "Each run has a panel of its own.",
    "reference": "Say it in `fig-cap`.",
}

MOST = 60
"""Bins beyond which a histogram is a comb."""


def check(chart: Chart, where: Where) -> Chart:
    """Take the one metric as `x`, wherever it was written."""
    if not 0 <= chart.bins <= MOST:
        raise DLError(where, f"`bins` must be from 1 to {MOST}, got {chart.bins}.", "Left out, the data decide.")
    axis = needed(one_metric(chart, where), where)
    if axis.scale == "log":
        raise DLError(where, "a histogram has no logarithmic axis: its bins are equally wide.", "Remove `scale: log`.")
    return replace(chart, x=axis, y=UNSAID)


def read(chart: Chart, chosen: Sequence[Chosen], wanted: Wanted) -> Figure:
    """Count the values of each run in the same bins.

    Raises:
        DLError: a run has no such metric or series.
    """
    pooled: dict[str, list[float]] = {}
    groups: dict[str, Group] = {}
    for one in (one for one in chosen if one.group.complete):
        name = one.label or one.group.run.title
        groups.setdefault(name, one.group)
        pooled.setdefault(name, []).extend(_values(one, chart.of, wanted))
    notes = curves.missing(chosen)
    notes += tuple(say("chart-no-values", who=name) for name, values in pooled.items() if not values)
    every = [value for values in pooled.values() for value in values]
    edges = bins(every, chart.bins) if every else []
    lines = tuple(
        Line(name, tuple(_counts(values, edges, groups[name])), section=chart.of, values=tuple(values))
        for name, values in pooled.items()
        if values
    )
    of = wanted.results.metric(wanted.name)
    return Figure("hist", lines, of, chart.x, "points", "counts", notes=notes)


def _values(one: Chosen, of: str, wanted: Wanted) -> list[float]:
    if of == "seeds":
        return list(curves.measured(one.group, wanted).values)
    if of == "points":
        return [curves.measured(one.group, wanted).estimate.mean]
    found: list[float] = []
    for record in one.group.records:
        if wanted.name not in record.series:
            hint = suggest(wanted.name, sorted(record.series)) or "It logs none; use `run.log({…}, step=…)`."
            raise DLError(wanted.where, f"'{wanted.name}' is not a series of run '{one.group.address}'.", hint)
        found += curves.finite(record.series[wanted.name]).values()
    return found


def bins(values: Sequence[float], count: int = 0) -> list[float]:
    """Choose the edges of equally wide bins.

    Args:
        values: All that is counted, not empty.
        count: How many bins; 0 takes the width of Freedman and Diaconis, rounded to a number people count in.

    Returns:
        Ascending edges; the first bin holds the least value and the last one the greatest.

    Source:
        D. Freedman and P. Diaconis (1981), On the histogram as a density estimator, Zeitschrift für
        Wahrscheinlichkeitstheorie 57(4); where half of the values are equal, H. A. Sturges (1926), The choice of a
        class interval, Journal of the American Statistical Association 21(153).
    """
    low, high = min(values), max(values)
    if drawing.same(low, high):
        half = abs(low) / 20 or 0.5
        return [low - half, low + half]
    if count:
        return [low + (high - low) * index / count for index in range(count)] + [high]
    first, _, third = quantiles(values, method="inclusive")
    width = 2 * (third - first) / len(values) ** (1 / 3) or (high - low) / (math.ceil(math.log2(len(values))) + 1)
    step = drawing.rounded(max(width, (high - low) / MOST * 1.5))
    begin, end = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{index * step:.12g}") for index in range(begin, max(end, begin + 1) + 1)]


def _counts(values: Sequence[float], edges: Sequence[float], group: Group) -> list[Point]:
    counts = [0] * (len(edges) - 1)
    for value in values:
        # The last bin holds its upper edge, too.
        counts[min(len(counts) - 1, max(0, sum(value >= edge for edge in edges) - 1))] += 1
    return [
        Point(first, Estimate(count, None, None, len(values), "exact", ""), (), group, until=last)
        for first, last, count in zip(edges, edges[1:], counts, strict=False)
    ]


def lay_out(figure: Figure, _: Chart, width: int) -> Spec:
    """Lay out one histogram per run, above each other, on one axis."""
    edges = [float(figure.lines[0].points[0].x), *(point.until for point in figure.lines[0].points)]
    several = len(figure.lines) > 1
    most = max(point.estimate.mean for point in figure.points)
    axis = drawing.values(figure, drawing.title_of(figure.metric, figure.y), 5 if width < PHONE else 8)
    axis |= {"format": drawing.numeral(figure.metric, edges), "grid": False}
    x = {"field": "x", "type": "quantitative", "axis": axis}
    x["scale"] = {"domain": list(figure.y.domain or (edges[0], edges[-1])), "nice": False, "zero": False}
    top = drawing.nice(0, most, 3 if several else 5)
    y: Spec = {"field": "n", "type": "quantitative", "scale": {"domain": list(top), "nice": False}}
    y["axis"] = {"title": None, "tickMinStep": 1, "format": ",d", "tickCount": 3 if several else 5}
    views = []
    for number, line in enumerate(figure.lines):
        color = COLORS[number % len(COLORS)]
        rows = [{"x": point.x, "x2": point.until, "n": point.estimate.mean} for point in line.points]
        last = number == len(figure.lines) - 1
        fill = drawing.lighter(color, 60)
        bar = {"type": "bar", "fill": fill, "stroke": color, "strokeWidth": 1, "clip": True, "binSpacing": 0}
        along = {**x, "axis": axis if last else axis | {"title": None, "labels": False}}
        encoding = {"x": along, "x2": {"field": "x2"}, "y": y, "y2": {"datum": 0}}
        views.append({"data": {"values": rows}, "mark": bar, "encoding": encoding, "title": _named(line)})
    if not several:
        return {**views[0], "title": drawing.heading(_counted(figure.lines[0])), "height": 280}
    plot = width - (12 + 7 * len(f"{most:,.0f}"))
    views = [{**view, "width": plot, "height": 84} for view in views]
    return {
        "title": drawing.heading(_counted(figure.lines[0])),
        "vconcat": views,
        "spacing": 36,
        "bounds": "flush",
    }


def _named(line: Line) -> Spec:
    return {"text": line.label, "anchor": "start", "frame": "group", "fontSize": 12, "color": FG, "offset": 4}


def _counted(line: Line) -> str:
    return say(f"chart-count-{line.section}")

"""Dot: one mean per run with its interval, and every seed as a small dot below; the kind for means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.views import curves, drawing, panels, rows, rules
from mkdocs_dlplugin.views.choices import Chart, needed, one_metric
from mkdocs_dlplugin.views.drawing import Spec
from mkdocs_dlplugin.views.figures import Axis, Chosen, Figure, Wanted
from mkdocs_dlplugin.views.panels import Room

TAKES = frozenset({"x", "y", "reference", "group", "facet"})
HINTS = {"color": "Gather its rows by a tag: `group`."}


def check(chart: Chart, where: Where) -> Chart:
    """Take the one metric as `y`, wherever it was written."""
    return replace(chart, x=Axis(), y=needed(one_metric(chart, where), where))


def read(chart: Chart, chosen: Sequence[Chosen], wanted: Wanted) -> Figure:
    """Read one mean per run."""
    return panels.read(chosen, wanted, chart.facet, lambda part, asked: curves.dots(part, asked, chart.group))


def lay_out(figure: Figure, chart: Chart, width: int) -> Spec:
    """Lay out one row per run: its mean, the interval, and each seed as a faint dot below."""
    extent = 8 if width < drawing.PHONE else rows.extent(rows.keys(figure.lines))
    title = drawing.title_of(figure.metric, figure.y)
    return panels.lay_out(figure, width, lambda part, room: _unit(part, chart, room), extent=extent, title=title)


def _unit(figure: Figure, chart: Chart, room: Room) -> Spec:
    whole = room.whole
    looks, keys = rows.looks(whole), rows.keys(whole.lines)
    means, seeds = _means(figure, looks), _seeds(figure, looks)
    row = rows.channel(keys, beside=not room.phone, named=room.first)
    place = {
        "field": "x",
        "type": "quantitative",
        "scale": _scale(whole, chart) if room.panel else drawing.scale(figure.y),
        "axis": drawing.values(whole, None if room.panel else _title(whole), 5 if room.phone else _ticks(room)),
    }
    clip = {"clip": figure.y.domain is not None}
    both = {"y": row, "x": place, "color": drawing.as_is("c")}
    layers: list[Spec] = [
        {
            "data": {"values": seeds},
            "mark": {"type": "point", "filled": True, "size": 22, "opacity": 0.55, "yOffset": 8} | clip,
            "encoding": both,
        },
        {
            "data": {"values": [mean for mean in means if mean["lo"] is not None]},
            "mark": {"type": "rule", "strokeWidth": 2.5} | clip,
            "encoding": {**both, "x": {**place, "field": "lo"}, "x2": {"field": "hi"}},
        },
        {
            "data": {"values": means},
            "mark": {"type": "point", "filled": True, "size": 95, "opacity": 1} | clip,
            "encoding": {**both, "shape": drawing.as_is("m")},
        },
    ]
    shown = [value for line in whole.lines for value in line.points[0].values]
    ruled, above = rules.down(chart.references, shown, room.width, named=not room.panel)
    return rows.framed([*layers, *ruled], keys, row, room, above)


def _title(figure: Figure) -> str:
    return drawing.title_of(figure.metric, figure.y)


def _ticks(room: Room) -> int:
    return max(3, int(room.width // 60)) if room.panel else 8


def _scale(whole: Figure, chart: Chart) -> Spec:
    """Describe the scale that all panels share."""
    shown = [*drawing.ends(whole), *(reference.value for reference in chart.references)]
    domain = drawing.domain_of(shown, whole.y, whole.metric, 4)
    if domain is None:
        domain = (max(drawing.bottom(whole), min(shown)), max(shown))
    return {"type": whole.y.scale, "domain": list(domain), "nice": False, "zero": False}


def _means(figure: Figure, looks: dict[str, tuple[str, str]]) -> list[Spec]:
    found, least = [], drawing.bottom(figure)
    for line in figure.lines:
        estimate, (color, shape) = line.points[0].estimate, looks[line.section]
        low = None if estimate.low is None else max(least, estimate.low)
        found.append({"k": line.label, "x": estimate.mean, "lo": low, "hi": estimate.high, "c": color, "m": shape})
    return found


def _seeds(figure: Figure, looks: dict[str, tuple[str, str]]) -> list[Spec]:
    return [
        {"k": line.label, "x": value, "c": looks[line.section][0]}
        for line in figure.lines
        if len(line.points[0].values) > 1
        for value in line.points[0].values
        if value >= drawing.bottom(figure)
    ]

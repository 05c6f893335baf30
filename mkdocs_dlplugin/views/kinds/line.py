"""Line: curves along a parameter, a metric or the steps of a series, with bands, named at their ends where they can."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.vega import COLORS, FG
from mkdocs_dlplugin.views import curves, drawing, labels, panels, rules
from mkdocs_dlplugin.views.choices import Chart, needed
from mkdocs_dlplugin.views.drawing import DASHES, FEW, SHAPES, Spec
from mkdocs_dlplugin.views.figures import Chosen, Figure, Wanted
from mkdocs_dlplugin.views.panels import Room

TAKES = frozenset({"x", "y", "reference", "facet"})
HINTS = {"group": "Lines are told apart by their runs.", "color": "Lines are told apart by their runs."}


def check(chart: Chart, where: Where) -> Chart:
    """Ask for `y`."""
    needed(chart.y, where)
    return chart


def read(chart: Chart, chosen: Sequence[Chosen], wanted: Wanted) -> Figure:
    """Read one line per run, and per other parameter of its grid."""
    return panels.read(chosen, wanted, chart.facet, lambda part, asked: curves.curves(part, asked, chart.x))


def lay_out(figure: Figure, chart: Chart, width: int) -> Spec:
    """Lay out curves: a band for the interval, a line, and for few points a mark at each."""
    title = drawing.title_of(figure.metric, figure.y)
    spec = panels.lay_out(figure, width, lambda part, room: _unit(part, chart, room), extent=46, title=title)
    return spec if figure.facet else {**spec, "title": drawing.heading(title)}


def _unit(figure: Figure, chart: Chart, room: Room) -> Spec:
    names, whole = room.whole.labels, room.whole
    few = max(len(line.points) for line in whole.lines) <= FEW
    domain = _domain(whole, chart)
    height = (200 if room.phone else 190) if room.panel else (280 if room.phone else 310)
    named = None if room.panel or chart.legend else labels.at_ends(figure, domain, room.width, height - 60)
    columns = drawing.columns_of(names, room.page, 34.0 if few else 50.0)
    symbol = {"symbolStrokeWidth": 0} if few else {"symbolType": "stroke", "symbolSize": 560, "rowPadding": 0}
    legend = None if named else drawing.legend(names, columns, room.page, **symbol)
    places = {"x": _along(whole, room), "y": _up(room, "y", domain)}
    colors = drawing.cycle(COLORS, len(names))
    tint = drawing.look(names, colors, legend)
    clip = figure.y.domain is not None or figure.x.domain is not None
    layers: list[Spec] = [
        {
            "data": {"values": _band(figure, dict(zip(names, colors, strict=True)))},
            "mark": {"type": "area", "opacity": 0.16, "clip": clip},
            # The band takes its colour as data: a second colour scale would draw a second legend.
            "encoding": {
                **places,
                "y": _up(room, "lo", domain),
                "y2": {"field": "hi"},
                "color": drawing.as_is("c"),
                "detail": drawing.as_is("s"),
            },
        },
        {
            "mark": {"type": "line", "strokeWidth": 2, "strokeJoin": "round", "clip": clip},
            "encoding": {
                **places,
                "color": tint,
                "strokeDash": drawing.look(
                    names, drawing.cycle(DASHES, len(names), len(COLORS)), None if few else legend
                ),
            },
        },
    ]
    if few:
        shape = drawing.look(names, drawing.cycle(SHAPES, len(names), len(COLORS)), legend)
        mark = {"type": "point", "filled": True, "size": 60, "opacity": 1, "clip": clip}
        layers.append({"mark": mark, "encoding": {**places, "color": tint, "shape": shape}})
    for reference in chart.references:
        layers += rules.across(reference, figure.lines)
    if named:
        layers.append(_names(figure, named, places))
    rows = -(-len(names) // columns) if legend and not room.panel else 0
    values = [
        {"x": drawing.place_of(p.x), "y": p.estimate.mean, "s": line.label}
        for line in figure.lines
        for p in line.points
    ]
    return {"data": {"values": values}, "height": height + rows * (18 if few else 22), "layer": layers}


def _points(figure: Figure) -> list[Spec]:
    return [
        {"x": drawing.place_of(point.x), "y": point.estimate.mean, "s": line.label}
        for line in figure.lines
        for point in line.points
    ]


def _domain(whole: Figure, chart: Chart) -> tuple[float, float] | None:
    """Choose the span of the y axis, so that names can be placed and all panels share it."""
    shown = [end for p in whole.points for end in (p.estimate.mean, p.estimate.low, p.estimate.high) if end is not None]
    if whole.y.scale != "log":
        shown += [end for reference in chart.references for end in drawing.around(reference.value, shown, whole.metric)]
    shown += [reference.value for reference in chart.references]
    if whole.y.scale == "log" and not whole.y.domain:
        least = max(drawing.bottom(whole), min(shown))
        return (least, max(shown)) if least < max(shown) else None
    return drawing.domain_of(shown, whole.y, whole.metric)


def _along(whole: Figure, room: Room) -> Spec:
    x = drawing.along(whole, room.width if not room.panel else min(room.width, 300))
    return {**x, "axis": {**x["axis"], **panels.x_axis(x["axis"]["title"], room)}}


def _up(room: Room, field: str, domain: Sequence[float] | None) -> Spec:
    y = drawing.up(room.whole, field, domain)
    return {**y, "axis": {**y["axis"], "labels": room.first, "tickCount": 5 if room.panel else 6}}


def _names(figure: Figure, named: Mapping[str, float], places: Spec) -> Spec:
    """Write each curve's name at its end, so that nobody looks it up in a legend."""
    end = drawing.place_of(figure.xs[-1])
    values = [{"x": end, "y": height, "t": label} for label, height in named.items()]
    mark = {"type": "text", "align": "left", "baseline": "middle", "dx": 9, "color": FG}
    return {"data": {"values": values}, "mark": mark, "encoding": {**places, "text": {"field": "t"}}}


def _band(figure: Figure, colors: Mapping[str, str]) -> list[Spec]:
    """List the ends of the intervals; where all seeds agree the band has no width."""
    least = drawing.bottom(figure) if figure.y.scale == "log" else -math.inf
    return [
        {
            "x": drawing.place_of(point.x),
            "lo": max(least, point.estimate.mean if point.estimate.low is None else point.estimate.low),
            "hi": point.estimate.mean if point.estimate.high is None else point.estimate.high,
            "s": line.label,
            "c": colors[line.label],
        }
        for line in figure.lines
        if any(point.estimate.low is not None for point in line.points)
        for point in line.points
    ]

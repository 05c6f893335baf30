"""Scatter: one mark per run and point, one metric against another, with intervals both ways and names beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Metric, Where
from mkdocs_dlplugin.stats import estimate
from mkdocs_dlplugin.vega import COLORS, FG
from mkdocs_dlplugin.views import curves, drawing, labels, panels, rules
from mkdocs_dlplugin.views.choices import Chart, needed
from mkdocs_dlplugin.views.drawing import Spec
from mkdocs_dlplugin.views.figures import Axis, Chosen, Figure, Line, Point, Wanted, is_number
from mkdocs_dlplugin.views.panels import Room

TAKES = frozenset({"x", "y", "reference", "color", "group", "facet"})
HINTS: Mapping[str, str] = {}

MOST = 14
"""Marks beyond which names beside them are a crowd."""

CROWD = 40
"""Marks beyond which their intervals are one."""


def check(chart: Chart, where: Where) -> Chart:
    """Ask for `x` and `y`, and take `group` for `color`, which means the same here."""
    if not chart.x.field or not needed(chart.y, where).field:
        raise DLError(where, "a scatter chart needs `x` and `y`: two metrics.", "For example x: n_params")
    if chart.color.field and chart.group:
        raise DLError(where, "`color` and `group` mean the same in a scatter chart.", "Remove one of the two.")
    return replace(chart, color=replace(chart.color, field=chart.color.field or chart.group), group="")


def read(chart: Chart, chosen: Sequence[Chosen], wanted: Wanted) -> Figure:
    """Read one point per run and point of its grid, those of a colour together."""
    return panels.read(chosen, wanted, chart.facet, lambda part, asked: _read(chart, part, asked))


def _read(chart: Chart, chosen: Sequence[Chosen], wanted: Wanted) -> Figure:
    kind = curves.kind_of(chart.x.field, chosen, wanted.where)
    lines: dict[str, list[Point]] = {}
    across = None
    for one in (one for one in chosen if one.group.complete):
        point = curves.measured(one.group, wanted)
        if kind == "parameter":
            if chart.x.field not in one.group.params:
                problem = f"run '{one.group.address}' has no parameter '{chart.x.field}'."
                raise DLError(wanted.where, problem, "Name runs that have it.")
            point = replace(point, x=one.group.params[chart.x.field])
            if not is_number(point.x):
                raise DLError(wanted.where, f"a scatter chart stands along numbers, not {point.x!r}.", "Use kind: dot.")
        else:
            sample = wanted.results.sample(one.group, chart.x.field, wanted.where)
            found = estimate(sample)
            point, across = replace(point, x=found.mean, across=found), sample.metric
        name = curves.label_of(one, curves.without(one.group.params, *wanted.told), alone=curves.is_alone(one, chosen))
        of = one.label or one.group.run.title
        if chart.color.field:
            of = panels.value_of(one, chart.color.field, chosen, wanted.where)
        lines.setdefault(of, []).append(replace(point, label=name))
    found_lines = tuple(Line(name, tuple(points)) for name, points in lines.items())
    metric, notes = curves.metric_of(found_lines, wanted), curves.missing(chosen)
    return Figure("scatter", found_lines, metric, chart.x, "points", "points", across=across, notes=notes)


def lay_out(figure: Figure, chart: Chart, width: int) -> Spec:
    """Lay out marks with their intervals, named where there is room, else by a legend."""
    title = drawing.title_of(figure.metric, figure.y)
    spec = panels.lay_out(figure, width, lambda part, room: _unit(part, chart, room), extent=46, title=title)
    return spec if figure.facet else {**spec, "title": drawing.heading(title)}


def _unit(figure: Figure, chart: Chart, room: Room) -> Spec:
    whole, names = room.whole, room.whole.labels
    height = (200 if room.phone else 190) if room.panel else (290 if room.phone else 330)
    spans = _spans(whole, chart)
    plot = (room.width, height) if room.panel else (room.width - 60, height - 70)
    sides = _sides(figure, spans, *plot)
    columns = drawing.columns_of(names, room.page, 34.0)
    legend = drawing.legend(names, columns, room.page)
    if sides and not chart.color.field:
        legend = None
    shown = legend is not None or len(names) == 1 or sides is not None
    colors, shapes = drawing.cycle(COLORS, len(names)), drawing.cycle(drawing.SHAPES, len(names), len(COLORS))
    tint = drawing.look(names, colors, legend if shown else None)
    x = {"field": "x", "type": "quantitative", "scale": spans["x"], "axis": _axis(whole, spans["x"]["domain"], room)}
    y = drawing.up(whole, "y", spans["y"]["domain"])
    y["scale"] = spans["y"]
    y["axis"] |= {"labels": room.first, "tickCount": 5 if room.panel else 6}
    places = {"x": x, "y": y, "color": tint}
    rows = _rows(figure, sides)
    layers: list[Spec] = []
    clip = whole.x.domain is not None or whole.y.domain is not None
    if len(whole.points) <= CROWD:
        thin = {"type": "rule", "strokeWidth": 1.5, "opacity": 0.55, "clip": clip}
        layers = [
            {
                "data": {"values": [row for row in rows if row["lo"] is not None]},
                "mark": thin,
                "encoding": {**places, "y": {**y, "field": "lo"}, "y2": {"field": "hi"}},
            },
            {
                "data": {"values": [row for row in rows if row["xlo"] is not None]},
                "mark": thin,
                "encoding": {**places, "x": {**x, "field": "xlo"}, "x2": {"field": "xhi"}},
            },
        ]
    crowd = len(whole.points) > CROWD
    mark = {"type": "point", "filled": True, "size": 40 if crowd else 75, "opacity": 0.7 if crowd else 1, "clip": clip}
    layers.append({"mark": mark, "encoding": {**places, "shape": drawing.look(names, shapes, legend)}})
    for side in sorted(set(sides or ())):
        layers += _names([row for row in rows if row["side"] == side], side, places)
    for reference in chart.references:
        layers += rules.across(reference, figure.lines)
    rows_ = -(-len(names) // columns) if legend and not room.panel else 0
    return {"data": {"values": rows}, "height": height + rows_ * 18, "layer": layers}


def _rows(figure: Figure, sides: Sequence[str] | None) -> list[Spec]:
    least, left = drawing.bottom(figure), _left(figure)
    found: list[Spec] = []
    for line in figure.lines:
        for point in line.points:
            low, across = point.estimate.low, point.across
            found.append({
                "x": point.x, "y": point.estimate.mean, "s": line.label, "t": point.label,
                "lo": None if low is None else max(low, least),
                "hi": point.estimate.high,
                "xlo": None if across is None or across.low is None else max(across.low, left),
                "xhi": None if across is None else across.high,
                "side": sides[len(found)] if sides else "",
            })  # fmt: skip
    return found


def _left(figure: Figure) -> float:
    """Return where a logarithmic x axis begins."""
    return min(float(place) for place in figure.xs) / 2 if figure.x.scale == "log" else float("-inf")


def _spans(whole: Figure, chart: Chart) -> dict[str, Spec]:
    """Choose the spans of both axes, so that names can be placed and all panels share them."""
    up = [end for p in whole.points for end in (p.estimate.mean, p.estimate.low, p.estimate.high) if end is not None]
    up += [reference.value for reference in chart.references]
    out = [float(place) for place in whole.xs]
    out += [end for p in whole.points if p.across for end in (p.across.low, p.across.high) if end is not None]
    return {
        "x": _span(out, whole.x, whole.across or Metric(whole.x.field), _left(whole)),
        "y": _span(up, whole.y, whole.metric, drawing.bottom(whole)),
    }


def _span(shown: Sequence[float], axis: Axis, metric: Metric, least: float) -> Spec:
    domain = drawing.domain_of(shown, axis, metric)
    if domain is None:
        low, high = max(least, min(shown)), max(shown)
        # A little air, so that no mark stands on the frame.
        air = (high / low) ** 0.06 if high > low else 2.0
        domain = low / air, high * air
    return {"type": axis.scale, "domain": list(domain), "nice": False, "zero": False}


def _axis(whole: Figure, span: Sequence[float], room: Room) -> Spec:
    metric = whole.across or Metric(whole.x.field)
    axis: Spec = {
        "labelFlush": False, "labelOverlap": "greedy", **panels.x_axis(drawing.title_of(metric, whole.x), room),
        "tickCount": 3 if room.panel else drawing.ticks(room.width), "gridOpacity": 0.6,
    }  # fmt: skip
    if whole.x.scale == "log":
        axis |= drawing.decades(span)
    if whole.across and whole.across.style == "percent":
        return axis | {"format": drawing.numeral(whole.across, [float(place) for place in whole.xs])}
    high = max(abs(float(place)) for place in whole.xs)
    return axis | {"format": "~s" if high >= 1e5 else ",~g"}


def _sides(figure: Figure, spans: Mapping[str, Spec], width: float, height: float) -> list[str] | None:
    """Find room for the names of the marks."""
    if len(figure.points) > MOST:
        return None
    at = [
        (
            labels.share(float(point.x), spans["x"]["domain"], figure.x) * width,
            (1 - labels.share(point.estimate.mean, spans["y"]["domain"], figure.y)) * height,
        )
        for point in figure.points
    ]
    return labels.beside(at, [point.label for point in figure.points], width, height)


def _names(rows: Sequence[Spec], side: str, places: Spec) -> list[Spec]:
    """Write names at one side of their marks, on an outline that keeps the intervals of others from crossing them."""
    align, right, down = labels.SIDES[side]
    mark = {"type": "text", "align": align, "baseline": "middle", "dx": right, "dy": down}
    encoding = {**{channel: places[channel] for channel in ("x", "y")}, "text": {"field": "t"}}
    data = {"values": list(rows)}
    return [{"data": data, "mark": mark | look, "encoding": encoding} for look in (rules.HALO, {"color": FG})]

"""Bar: bars from zero, one per run or grouped along a parameter, with the whole interval visible on each.

Dots are the default for means: a bar says by its ink that all values below the mean belong to it, forces the axis to
zero and so presses the differences together, and leaves no place for the seeds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.stats import Estimate
from mkdocs_dlplugin.vega import BG, COLORS, FG
from mkdocs_dlplugin.views import curves, drawing, panels, rows, rules
from mkdocs_dlplugin.views.choices import Chart, needed, one_metric
from mkdocs_dlplugin.views.drawing import Spec
from mkdocs_dlplugin.views.figures import UNSAID, Chosen, Figure, Wanted, is_number
from mkdocs_dlplugin.views.panels import Room

TAKES = frozenset({"x", "y", "reference", "group", "facet"})
HINTS = {"color": "Gather its bars by a tag: `group`."}

FILLS = (60, 25, 42, 12, 72, 34)
"""Percent of its colour in each bar of a group, beside the colour and the dashes of its outline."""


def check(chart: Chart, where: Where) -> Chart:
    """Take the one metric as `y`; with an `x` besides, bars stand in groups along that parameter."""
    if chart.x.field and chart.y.field and chart.group:
        raise DLError(where, "`group` gathers bars without an `x`.", "Along a parameter, bars are grouped by it.")
    if not (chart.x.field and chart.y.field):
        chart = replace(chart, x=UNSAID, y=one_metric(chart, where))
    if needed(chart.y, where).scale == "log":
        raise DLError(where, "bars begin at zero, which a logarithmic axis has not.", "Use kind: dot.")
    if chart.y.domain and chart.y.domain[0] > 0:
        raise DLError(where, f"bars begin at zero, not at {chart.y.domain[0]:g}.", "Use kind: dot, or begin at 0.")
    return chart


def read(chart: Chart, chosen: Sequence[Chosen], wanted: Wanted) -> Figure:
    """Read one mean per run, or one per run and value of the parameter.

    Raises:
        DLError: what stands along x is no parameter.
    """
    if not chart.x.field:
        return panels.read(chosen, wanted, chart.facet, lambda part, asked: curves.dots(part, asked, chart.group))
    if curves.kind_of(chart.x.field, chosen, wanted.where) != "parameter":
        raise DLError(wanted.where, f"bars stand along a parameter, and '{chart.x.field}' is none.", "Use kind: line.")
    return panels.read(chosen, wanted, chart.facet, lambda part, asked: curves.curves(part, asked, chart.x))


def lay_out(figure: Figure, chart: Chart, width: int) -> Spec:
    """Lay out bars with their intervals: across, with names beside them, or upright in groups."""
    title = drawing.title_of(figure.metric, figure.y)
    if figure.form == "rows":
        extent = 8 if width < drawing.PHONE else rows.extent(rows.keys(figure.lines))
        return panels.lay_out(figure, width, lambda part, room: _across(part, chart, room), extent=extent, title=title)
    spec = panels.lay_out(figure, width, lambda part, room: _upright(part, chart, room), extent=46, title=title)
    return spec if figure.facet else {**spec, "title": drawing.heading(title)}


def _across(figure: Figure, chart: Chart, room: Room) -> Spec:
    whole = room.whole
    keys = rows.keys(whole.lines)
    looks = rows.looks(whole)
    fills = {name: drawing.lighter(color, FILLS[0]) for name, (color, _) in looks.items()}
    values = [
        {"f": fills[line.section], "k": line.label, **_interval(line.points[0].estimate), "c": looks[line.section][0]}
        for line in figure.lines
    ]
    row = rows.channel(keys, beside=not room.phone, named=room.first)
    row["scale"] |= {"paddingInner": 0.35}
    # On a phone the name stands above its bar, which takes the lower half of the row.
    size, shift = (16, 7) if room.phone else (18, 0)
    place = {
        "field": "x",
        "type": "quantitative",
        "scale": {"domain": _domain(whole, chart), "nice": False},
        "axis": drawing.values(
            whole,
            None if room.panel else drawing.title_of(whole.metric, whole.y),
            5 if room.phone else max(3, int(room.width // 60)) if room.panel else 8,
        )
        | {"format": drawing.numeral(whole.metric, _domain(whole, chart))},
    }
    clip = {"clip": whole.y.domain is not None}
    mark = {"type": "bar", "height": size, "yOffset": shift, "strokeWidth": 1.5} | clip
    layers: list[Spec] = [
        {
            "data": {"values": values},
            "mark": mark,
            "encoding": {"y": row, "x": place, "fill": drawing.as_is("f"), "stroke": drawing.as_is("c")},
        },
        *_whiskers(values, {"y": row, "x": {**place, "field": "lo"}, "x2": {"field": "hi"}}, clip, yOffset=shift),
    ]
    ruled, above = rules.down(chart.references, _domain(whole, chart), room.width, named=not room.panel)
    return rows.framed([*layers, *ruled], keys, row, room, above)


def _upright(figure: Figure, chart: Chart, room: Room) -> Spec:
    whole, names = room.whole, room.whole.labels
    places = [drawing.place_of(place) for place in whole.xs]
    columns = drawing.columns_of(names, room.page, 34.0)
    legend = drawing.legend(names, columns, room.page, symbolSize=140)
    values = [
        {"x": drawing.place_of(point.x), "s": line.label, **_interval(point.estimate, "y"), "z": 0}
        for line in figure.lines
        for point in line.points
    ]
    title = panels.x_axis(whole.x.title or whole.x.field.replace("_", " "), room)["title"]
    # `format` would write the words of a parameter, too; numbers get their thousands here.
    x: Spec = {"field": "x", "type": "ordinal", "sort": places, "scale": {"paddingInner": 0.25, "paddingOuter": 0.15}}
    x["axis"] = {"title": title, "labelAngle": 0, "grid": False, "ticks": False, **_figures(whole)}
    y = drawing.up(whole, "y", _domain(whole, chart))
    y["axis"] |= {"labels": room.first, "tickCount": 5 if room.panel else 6}
    beside = {"xOffset": {"field": "s", "type": "nominal", "scale": {"domain": names, "paddingInner": 0.12}}}
    colors, dashes = drawing.cycle(COLORS, len(names)), drawing.cycle(drawing.DASHES, len(names), len(COLORS))
    fills = map(drawing.lighter, colors, drawing.cycle(FILLS, len(names), len(COLORS)))
    bars = {
        "x": x,
        "y": y,
        "y2": {"field": "z"},
        **beside,
        "fill": drawing.look(names, list(fills), legend),
        "stroke": drawing.look(names, colors, legend),
        "strokeDash": drawing.look(names, dashes, None),
    }
    clip = {"clip": whole.y.domain is not None}
    layers: list[Spec] = [
        {"mark": {"type": "bar", "strokeWidth": 1.5} | clip, "encoding": bars},
        *_whiskers(values, {"x": x, "y": {**y, "field": "lo"}, "y2": {"field": "hi"}, **beside}, clip),
    ]
    for reference in chart.references:
        layers += rules.across(reference, figure.lines)
    rows_ = -(-len(names) // columns) if legend and not room.panel else 0
    height = (200 if room.phone else 190) if room.panel else (280 if room.phone else 310)
    return {"data": {"values": values}, "height": height + rows_ * 18, "layer": layers}


def _whiskers(values: Sequence[Spec], places: Spec, clip: Spec, **shift: int) -> list[Spec]:
    """Draw intervals in the text's colour on an outline of the page's, so that the half on the bar is as plain."""
    data = {"values": [row for row in values if row["lo"] is not None]}
    rule = {"type": "rule", **clip, **shift}
    return [
        {"data": data, "mark": {**rule, "strokeWidth": width, "color": color}, "encoding": places}
        for width, color in ((5, BG), (2, FG))
    ]


def _interval(estimate: Estimate, field: str = "x") -> Spec:
    return {field: estimate.mean, "lo": estimate.low, "hi": estimate.high}


def _domain(whole: Figure, chart: Chart) -> list[float]:
    """Choose the span of the values; zero is in it."""
    shown = [end for p in whole.points for end in (p.estimate.mean, p.estimate.low, p.estimate.high) if end is not None]
    shown += [reference.value for reference in chart.references]
    found = drawing.domain_of([*shown, 0.0], replace(whole.y, zero=True), whole.metric)
    return list(found or (0.0, max(shown)))


def _figures(whole: Figure) -> Mapping[str, str]:
    return {"format": drawing.numbering(whole.xs)["format"]} if all(map(is_number, whole.xs)) else {}

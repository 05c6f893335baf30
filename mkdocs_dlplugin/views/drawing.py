"""Drawing: lay a figure out as a Vega-Lite spec, for a text column or for a phone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mkdocs_dlplugin.model import Metric, Value, show
from mkdocs_dlplugin.vega import BG, COLORS, FG, MUTED
from mkdocs_dlplugin.views.curves import Axis, Figure, Line, is_number

DASHES = ([1, 0], [7, 3], [2, 2], [10, 3, 2, 3], [5, 2], [12, 4])
"""One per line beside its colour, for readers and printers without colour."""

SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
"""Likewise for single points."""

FEW = 20
"""Up to so many points a line carries a mark at each; more would hide the line."""

PHONE = 480
"""Narrower drawings are for phones: names above rows, fewer ticks."""

LETTER = 6.4
"""Mean width of a letter at 12 px, for what must fit beside each other."""

HEADING = "§"
"""Begins the key of a row that only names a section; no run's name can hold it."""

Spec = dict[str, Any]


@dataclass(frozen=True)
class Reference:
    """A value from elsewhere, drawn as a line across the plot."""

    value: float
    """In the metric's own unit: 0.94, not 94."""
    label: str
    """What stands at the line."""
    source: str = ""
    """URL or citation it comes from."""


def title_of(metric: Metric, axis: Axis) -> str:
    """Name what is measured, with its unit and which direction is better."""
    unit = f" ({metric.unit})" if metric.unit and metric.style != "percent" else ""
    better = f", {metric.better} is better" if metric.better else ""
    return axis.title or f"{metric.title}{unit}{better}"


def lines(figure: Figure, references: Sequence[Reference], width: int) -> Spec:
    """Lay out curves: a band for the interval, a line, and for few points a mark at each."""
    labels = [line.label for line in figure.lines]
    few = max(len(line.points) for line in figure.lines) <= FEW
    colors = _cycle(COLORS, len(labels))
    columns = _columns(labels, width, 34.0 if few else 50.0)
    legend = _legend(labels, columns, width, few=few)
    places = {"x": _along(figure, width), "y": _up(figure, "y")}
    tint = _look(labels, colors, legend)
    clip = figure.y.domain is not None or figure.x.domain is not None
    layers: list[Spec] = [
        {
            "data": {"values": _band(figure, colors)},
            "mark": {"type": "area", "opacity": 0.16, "clip": clip},
            # The band takes its colour as data: a second colour scale would draw a second legend.
            "encoding": {
                **places,
                "y": _up(figure, "lo"),
                "y2": {"field": "hi"},
                "color": _as_is("c"),
                "detail": _as_is("s"),
            },
        },
        {
            "mark": {"type": "line", "strokeWidth": 2, "strokeJoin": "round", "clip": clip},
            "encoding": {
                **places,
                "color": tint,
                "strokeDash": _look(labels, _cycle(DASHES, len(labels), len(COLORS)), None if few else legend),
            },
        },
    ]
    if few:
        shape = _look(labels, _cycle(SHAPES, len(labels), len(COLORS)), legend)
        mark = {"type": "point", "filled": True, "size": 60, "opacity": 1, "clip": clip}
        layers.append({"mark": mark, "encoding": {**places, "color": tint, "shape": shape}})
    for reference in references:
        left = _room(figure.lines, reference.value, 0) >= _room(figure.lines, reference.value, -1)
        layers += _across(reference, left=left)
    rows = -(-len(labels) // columns) if legend else 0
    return {
        "data": {"values": _points(figure.lines)},
        "height": (310 if width >= PHONE else 280) + rows * (18 if few else 22),
        # Written horizontally above the plot, the name is read without turning the head.
        "title": {"text": title_of(figure.metric, figure.y), "anchor": "start", "frame": "bounds", "fontSize": 12,
                  "fontWeight": "normal", "color": FG, "offset": 6},
        "layer": layers,
    }  # fmt: skip


def dots(figure: Figure, references: Sequence[Reference], width: int) -> Spec:
    """Lay out one row per run: its mean, the interval, and each seed as a faint dot below."""
    sections = list(dict.fromkeys(line.section for line in figure.lines))
    looks = {name: (COLORS[i % len(COLORS)], SHAPES[i % len(SHAPES)]) for i, name in enumerate(sections)}
    keys = _rows(figure.lines, sections)
    means, seeds = _means(figure, looks), _seeds(figure, looks)
    row: Spec = {"field": "k", "type": "nominal", "scale": {"domain": keys, "paddingOuter": 0.6}, "sort": None}
    row["axis"] = None if width < PHONE else _names()
    place = {
        "field": "x",
        "type": "quantitative",
        "scale": _scale(figure.y),
        "axis": _values(figure, title_of(figure.metric, figure.y), ticks=5 if width < PHONE else 8),
    }
    both = {"y": row, "x": place, "color": _as_is("c")}
    layers: list[Spec] = [
        {
            "data": {"values": seeds},
            "mark": {"type": "point", "filled": True, "size": 22, "opacity": 0.55, "yOffset": 8},
            "encoding": both,
        },
        {
            "data": {"values": [mean for mean in means if mean["lo"] is not None]},
            "mark": {"type": "rule", "strokeWidth": 2.5},
            "encoding": {**both, "x": {**place, "field": "lo"}, "x2": {"field": "hi"}},
        },
        {
            "data": {"values": means},
            "mark": {"type": "point", "filled": True, "size": 95, "opacity": 1},
            "encoding": {**both, "shape": _as_is("m")},
        },
    ]
    if width < PHONE:
        layers += _names_above(keys, row, width)
    shown = [*(value for line in figure.lines for value in line.points[0].values), *(r.value for r in references)]
    levels = _levels(references, shown, width)
    for reference, level in zip(references, levels, strict=True):
        layers += _down(reference, _side(reference.value, shown), level)
    above = 16 * (max(levels) + 1) if levels else 0
    return {
        "height": int((len(keys) + 0.6) * (44 if width < PHONE else 34)) + 48 + above,
        "padding": {"left": 2, "right": 8, "bottom": 2, "top": 2 + above},
        "layer": layers,
    }


# Axes, legends and looks.


def _along(figure: Figure, width: int) -> Spec:
    """Describe the x axis of curves; ticks stand where was measured, when that is at few places."""
    places = figure.xs
    axis: Spec = {
        "title": figure.x.title or figure.x.field.replace("_", " "),
        "grid": False, "labelOverlap": "greedy", "labelFlush": False, "tickCount": 5 if width < PHONE else 8,
    }  # fmt: skip
    if not all(is_number(place) for place in places):
        return {"field": "x", "type": "ordinal", "sort": [_place(x) for x in places], "axis": {**axis, "labelAngle": 0}}
    if figure.of == "points" and len(places) <= (5 if width < PHONE else 8):
        axis["values"] = places
    whole = all(float(place).is_integer() for place in places)
    axis["format"] = "~g" if not whole else ",d" if max(map(float, places)) < 1e6 else "~s"
    axis["tickMinStep"] = 1 if whole else 0
    return {"field": "x", "type": "quantitative", "scale": {**_scale(figure.x), "nice": False}, "axis": axis}


def _up(figure: Figure, field: str) -> Spec:
    return {"field": field, "type": "quantitative", "scale": _scale(figure.y), "axis": _values(figure, None, ticks=6)}


def _values(figure: Figure, title: str | None, ticks: int) -> Spec:
    """Describe the axis of the measured values; percent with as many digits as its span needs."""
    ends = [
        end
        for point in figure.points
        for end in (point.estimate.mean, point.estimate.low, point.estimate.high, *point.values)
        if end is not None
    ]
    axis: Spec = {"title": title, "labelOverlap": "greedy", "tickCount": ticks}
    if figure.metric.style == "percent":
        axis["format"] = ".1%" if max(ends) - min(ends) < 0.04 else ".0%"
    else:
        axis["format"] = "~s" if max(map(abs, ends)) >= 1e5 else ",~g"
    return axis


def _scale(axis: Axis) -> Spec:
    scale: Spec = {"type": axis.scale, "zero": axis.zero, "nice": axis.domain is None}
    if axis.domain:
        scale["domain"] = list(axis.domain)
    return scale


def _look(labels: Sequence[str], looks: Sequence[Any], legend: Spec | None) -> Spec:
    """Give each line its colour, dash or shape by its label."""
    return {"field": "s", "type": "nominal", "scale": {"domain": list(labels), "range": list(looks)}, "legend": legend}


def _as_is(field: str) -> Spec:
    """Take a look from the data, without a scale and so without a legend."""
    return {"field": field, "type": "nominal", "scale": None}


def _cycle(looks: Sequence[Any], count: int, skew: int = 0) -> list[Any]:
    """Repeat looks; *skew* shifts each further round, so that colour and dash never come back together."""
    return [looks[(index + (index // skew if skew else 0)) % len(looks)] for index in range(count)]


def _legend(labels: Sequence[str], columns: int, width: int, *, few: bool) -> Spec | None:
    """Put the names above the plot; a single line needs none."""
    symbol: Spec = {"symbolStrokeWidth": 0} if few else {"symbolType": "stroke", "symbolSize": 560, "rowPadding": 0}
    return {"title": None, "columns": columns, "labelLimit": width - 60, **symbol} if len(labels) > 1 else None


def _columns(labels: Sequence[str], width: int, symbol: float) -> int:
    """Count the columns of a legend that fit beside each other; *symbol* is what each needs besides its text."""
    for columns in range(len(labels), 1, -1):
        widest = [max(map(len, labels[column::columns])) * LETTER + symbol for column in range(columns)]
        if sum(widest) <= width - 50:
            return columns
    return 1


# Data.


def _points(lines_: Sequence[Line]) -> list[Spec]:
    return [{"x": _place(p.x), "y": p.estimate.mean, "s": line.label} for line in lines_ for p in line.points]


def _band(figure: Figure, colors: Sequence[str]) -> list[Spec]:
    """List the ends of the intervals; where all seeds agree the band has no width."""
    bottom = _bottom(figure)
    return [
        {
            "x": _place(point.x),
            "lo": max(bottom, point.estimate.mean if point.estimate.low is None else point.estimate.low),
            "hi": point.estimate.mean if point.estimate.high is None else point.estimate.high,
            "s": line.label,
            "c": color,
        }
        for line, color in zip(figure.lines, colors, strict=True)
        if any(point.estimate.low is not None for point in line.points)
        for point in line.points
    ]


def _means(figure: Figure, looks: dict[str, tuple[str, str]]) -> list[Spec]:
    found, bottom = [], _bottom(figure)
    for line in figure.lines:
        estimate, (color, shape) = line.points[0].estimate, looks[line.section]
        low = None if estimate.low is None else max(bottom, estimate.low)
        found.append({"k": line.label, "x": estimate.mean, "lo": low, "hi": estimate.high, "c": color, "m": shape})
    return found


def _seeds(figure: Figure, looks: dict[str, tuple[str, str]]) -> list[Spec]:
    return [
        {"k": line.label, "x": value, "c": looks[line.section][0]}
        for line in figure.lines
        if len(line.points[0].values) > 1
        for value in line.points[0].values
        if value >= _bottom(figure)
    ]


def _bottom(figure: Figure) -> float:
    """Return where a logarithmic axis begins: an interval that reaches zero would reach minus infinity there."""
    if figure.y.scale != "log":
        return -math.inf
    ends = [end for point in figure.points for end in (point.estimate.mean, point.estimate.low) if end is not None]
    return min(end for end in ends if end > 0)


def _place(value: Value) -> Value:
    return value if is_number(value) else show(value)


# Rows of dots.


def _rows(lines_: Sequence[Line], sections: Sequence[str]) -> list[str]:
    """Order the rows; sections that have a name begin with it."""
    keys: list[str] = []
    for section in sections:
        if list(sections) != [""]:
            keys.append(HEADING + (section or "others"))
        keys += [line.label for line in lines_ if line.section == section]
    return keys


def _names() -> Spec:
    """Write the names beside their rows, those of sections in bold."""
    heading = f"slice(datum.value, 0, 1) === '{HEADING}'"
    bold = {"condition": {"test": heading, "value": "bold"}, "value": "normal"}
    return {
        "title": None, "grid": False, "labelFontSize": 13, "labelLimit": 260, "labelColor": FG, "labelFontWeight": bold,
        "labelExpr": f"{heading} ? slice(datum.value, 1) : datum.value",
    }  # fmt: skip


def _names_above(keys: Sequence[str], row: Spec, width: int) -> list[Spec]:
    """Write the names above their rows, so that on a phone the plot keeps the whole width."""
    layers = []
    for weight, dy in (("normal", -14), ("bold", 4)):
        texts = [
            {"k": key, "t": key.removeprefix(HEADING)} for key in keys if key.startswith(HEADING) == (weight == "bold")
        ]
        if not texts:
            continue
        mark = {
            "type": "text",
            "align": "left",
            "baseline": "middle",
            "dx": 3,
            "dy": dy,
            "fontWeight": weight,
            "limit": width - 10,
        }
        place = {"y": row, "x": {"value": 0}, "text": {"field": "t"}}
        layers += [
            {"data": {"values": texts}, "mark": {**mark, **_HALO}, "encoding": place},
            {"data": {"values": texts}, "mark": {**mark, "color": FG}, "encoding": place},
        ]
    return layers


# References.

_HALO = {"stroke": BG, "strokeWidth": 4, "color": BG}
"""Outline in the page's colour, drawn below a text so that no line crosses it."""


def _across(reference: Reference, *, left: bool) -> list[Spec]:
    """Draw a reference across curves, its name at the end where it has more room."""
    text = {"align": "left" if left else "right", "dx": 4 if left else -2, "dy": -4}
    return _ruled(reference, "y", text, {"x": {"value": 0 if left else "width"}})


def _down(reference: Reference, side: str, level: int) -> list[Spec]:
    """Draw a reference across rows, its name above the plot."""
    return _ruled(reference, "x", {"align": side, "dy": -4 - 16 * level}, {"y": {"value": 0}})


def _ruled(reference: Reference, channel: str, text: Spec, end: Spec) -> list[Spec]:
    """Draw a dashed line with its name."""
    at = {channel: {"datum": reference.value}}
    name = {**at, **end, "text": {"value": reference.label}}
    mark = {"type": "text", "baseline": "bottom", **text}
    # Without data of its own a layer would draw once per row of the chart's.
    once: Spec = {"data": {"values": [{}]}}
    return [
        {**once, "mark": {"type": "rule", "strokeDash": [4, 3], "color": MUTED}, "encoding": at},
        {**once, "mark": {**mark, **_HALO}, "encoding": name},
        {**once, "mark": {**mark, "color": FG}, "encoding": name},
    ]


def _room(lines_: Sequence[Line], value: float, end: int) -> float:
    """Measure how far the nearest line stays away from a value at the first or last point."""
    return min(abs(line.points[end].estimate.mean - value) for line in lines_)


def _side(value: float, shown: Sequence[float]) -> str:
    """Choose how a name is aligned at its line, so that it stays inside the plot."""
    share = _share(value, shown)
    return "left" if share < 0.3 else "right" if share > 0.7 else "center"


def _share(value: float, shown: Sequence[float]) -> float:
    return (value - min(shown)) / ((max(shown) - min(shown)) or 1)


def _levels(references: Sequence[Reference], shown: Sequence[float], width: int) -> list[int]:
    """Lift a name above those it would run into."""
    levels: list[int] = []
    taken: list[tuple[int, float, float]] = []
    plot = width * (0.72 if width >= PHONE else 0.95)
    for reference in references:
        size = len(reference.label) * LETTER + 12
        begin = _share(reference.value, shown) * plot
        begin -= {"left": 0.0, "center": size / 2, "right": size}[_side(reference.value, shown)]
        level = 0
        while any(at == level and begin < right and left < begin + size for at, left, right in taken):
            level += 1
        taken.append((level, begin, begin + size))
        levels.append(level)
    return levels

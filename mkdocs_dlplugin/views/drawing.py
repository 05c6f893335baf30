"""Drawing: axes, looks and legends that all kinds of charts share, for a text column or for a phone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from mkdocs_dlplugin.model import Metric, Value, show
from mkdocs_dlplugin.vega import BG, FG
from mkdocs_dlplugin.views.figures import Axis, Figure, is_number
from mkdocs_dlplugin.words import say

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

Spec = dict[str, Any]


# Titles.


def title_of(metric: Metric, axis: Axis) -> str:
    """Name what is measured, with its unit and which direction is better."""
    if axis.title:
        return axis.title
    unit = f" ({metric.unit})" if metric.unit and metric.style != "percent" else ""
    return say(f"chart-{metric.better}-is-better" if metric.better else "chart-axis", title=f"{metric.title}{unit}")


def heading(text: str) -> Spec:
    """Write a title horizontally above the plot, where it is read without turning the head."""
    return {"text": text, "anchor": "start", "frame": "bounds", "fontSize": 12, "fontWeight": "normal", "color": FG,
            "offset": 6}  # fmt: skip


# Axes.


def along(figure: Figure, width: float) -> Spec:
    """Describe the x axis of curves; ticks stand where was measured, when that is at few places."""
    places = figure.xs
    axis: Spec = {
        "title": figure.along,
        "grid": False, "labelOverlap": "greedy", "labelFlush": False, "tickCount": ticks(width),
    }  # fmt: skip
    if not all(is_number(place) for place in places):
        return {
            "field": "x",
            "type": "ordinal",
            "sort": [place_of(x) for x in places],
            "axis": {**axis, "labelAngle": 0},
        }
    if figure.of == "points" and len(places) <= max(3, ticks(width)):
        axis["values"] = places
    axis |= numbering(places)
    return {"field": "x", "type": "quantitative", "scale": {**scale(figure.x), "nice": False}, "axis": axis}


def ticks(width: float) -> int:
    """Count the ticks that fit beside each other."""
    return 8 if width >= PHONE else 5 if width >= 260 else 3


def numbering(places: Iterable[Value]) -> Spec:
    """Choose how numbers are written at ticks: whole ones as such, great ones with a letter."""
    numbers = [float(place) for place in places]
    whole = all(number.is_integer() for number in numbers)
    form = "~g" if not whole else ",d" if max(map(abs, numbers)) < 1e6 else "~s"
    return {"format": form, "tickMinStep": 1 if whole else 0}


def decades(span: Sequence[float]) -> Spec:
    """Place the ticks of a logarithmic axis at 1, 2 and 5 times the powers of ten; nothing where these are few."""
    low, high = (math.log10(end) for end in span)
    every = [factor * 10.0**power for power in range(math.floor(low), math.ceil(high) + 1) for factor in (1, 2, 5)]
    inside = [tick for tick in every if span[0] <= tick <= span[1]]
    # Over many decades only the powers of ten.
    shown = [tick for tick in inside if high - low <= 3 or math.log10(tick).is_integer()]
    return {"values": [float(f"{tick:.6g}") for tick in shown]} if len(shown) > 1 else {}


def up(figure: Figure, field: str, domain: Sequence[float] | None = None) -> Spec:
    """Describe the y axis of measured values.

    Args:
        figure: What is shown.
        field: The column that holds the values.
        domain: Lowest and highest value; left to Vega when not given.
    """
    held = {**scale(figure.y), **({"domain": list(domain), "nice": False} if domain else {})}
    return {"field": field, "type": "quantitative", "scale": held, "axis": values(figure, None, 6)}


def values(figure: Figure, title: str | None, count: int) -> Spec:
    """Describe the axis of the measured values; percent with as many digits as its span needs."""
    return {
        "title": title,
        "labelOverlap": "greedy",
        "tickCount": count,
        "format": numeral(figure.metric, ends(figure)),
    }


def numeral(metric: Metric, shown: Sequence[float]) -> str:
    """Choose how values of a metric are written at ticks."""
    if metric.style == "percent":
        return ".1%" if max(shown) - min(shown) < 0.04 else ".0%"
    return "~s" if max(map(abs, shown)) >= 1e5 else ",~g"


def ends(figure: Figure) -> list[float]:
    """List everything that a plot must hold along the axis of the values: means, ends of intervals, seeds."""
    return [
        end
        for point in figure.points
        for end in (point.estimate.mean, point.estimate.low, point.estimate.high, *point.values)
        if end is not None
    ]


def scale(axis: Axis) -> Spec:
    """Describe a scale as the author wants it."""
    described: Spec = {"type": axis.scale, "zero": axis.zero, "nice": axis.domain is None}
    if axis.domain:
        described["domain"] = list(axis.domain)
    return described


def domain_of(shown: Sequence[float], axis: Axis, metric: Metric, count: int = 6) -> tuple[float, float] | None:
    """Choose where an axis begins and ends, so that its pixels are known here; `None` leaves it to Vega."""
    if axis.domain or axis.scale == "log":
        return axis.domain
    low, high = min(shown), max(shown)
    first, last = nice(min(0.0, low) if axis.zero else low, max(0.0, high) if axis.zero else high, count)
    if metric.range and metric.range[0] <= low and high <= metric.range[1]:
        return max(first, metric.range[0]), min(last, metric.range[1])
    return first, last


def around(reference: float, shown: Sequence[float], metric: Metric) -> list[float]:
    """Return what an axis must hold so that a reference stands a little inside it, and not on its line."""
    air = (max(shown) - min(shown)) * 0.03
    least, most = metric.range or (-math.inf, math.inf)
    return [reference, max(reference - air, min(reference, least)), min(reference + air, max(reference, most))]


def nice(low: float, high: float, count: int) -> tuple[float, float]:
    """Widen a span to whole steps of 1, 2 or 5 times a power of ten, about *count* of them."""
    if same(low, high):
        low, high = low - (abs(low) / 10 or 1), high + (abs(high) / 10 or 1)
    for _ in range(2):
        step = rounded((high - low) / count)
        low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return float(f"{low:.12g}"), float(f"{high:.12g}")


def same(low: float, high: float) -> bool:
    """Tell whether two values differ by less than the steps between them could be written."""
    return high - low <= max(max(abs(low), abs(high)) * 1e-12, 1e-200)


def rounded(step: float) -> float:
    """Round a step to 1, 2 or 5 times a power of ten, the one next to it."""
    power = float(10.0 ** math.floor(math.log10(step)))
    over = step / power
    return power * (10 if over >= 50**0.5 else 5 if over >= 10**0.5 else 2 if over >= 2**0.5 else 1)


def bottom(figure: Figure) -> float:
    """Return where a logarithmic axis begins: an interval that reaches zero would reach minus infinity there."""
    if figure.y.scale != "log":
        return -math.inf
    found = [end for point in figure.points for end in (point.estimate.mean, point.estimate.low) if end is not None]
    return min(end for end in found if end > 0)


def place_of(value: Value) -> Value:
    """Write a place on the x axis as a spec holds it."""
    return value if is_number(value) else show(value)


# Looks and legends.


def look(labels: Sequence[str], looks: Sequence[Any], legend: Spec | None) -> Spec:
    """Give each line its colour, dash or shape by its label."""
    return {"field": "s", "type": "nominal", "scale": {"domain": list(labels), "range": list(looks)}, "legend": legend}


def lighter(color: str, share: int) -> str:
    """Lighten a colour so that an interval on it is seen; were it translucent, the grid would shine through."""
    return f"color-mix(in srgb, {color} {share}%, {BG})"


def as_is(field: str) -> Spec:
    """Take a look from the data, without a scale and so without a legend."""
    return {"field": field, "type": "nominal", "scale": None}


def cycle(looks: Sequence[Any], count: int, skew: int = 0) -> list[Any]:
    """Repeat looks; *skew* shifts each further round, so that colour and dash never come back together."""
    return [looks[(index + (index // skew if skew else 0)) % len(looks)] for index in range(count)]


def legend(labels: Sequence[str], columns: int, width: float, **symbol: Any) -> Spec | None:
    """Put the names above the plot; a single one needs none."""
    return {"title": None, "columns": columns, "labelLimit": width - 60, **symbol} if len(labels) > 1 else None


def columns_of(labels: Sequence[str], width: float, symbol: float) -> int:
    """Count the columns of a legend that fit beside each other; *symbol* is what each needs besides its text."""
    for columns in range(len(labels), 1, -1):
        widest = [max(map(len, labels[column::columns])) * LETTER + symbol for column in range(columns)]
        if sum(widest) <= width - 50:
            return columns
    return 1

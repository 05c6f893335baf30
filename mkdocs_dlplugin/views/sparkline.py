"""Sparkline: a curve the size of a word, drawn as one line with a dot where it ends."""

from __future__ import annotations

import math
from collections.abc import Sequence

WIDTH, HEIGHT = 80, 20
"""Size in pixels; text beside it is about as high."""

MOST = 24
"""Points beyond which a line of this width gains nothing."""

_EDGE = 2
"""Room for the stroke and the dot."""


def sparkline(values: Sequence[float], low: float | None = None, high: float | None = None) -> str:
    """Draw values, evenly spaced, as an SVG of some 0.3 KB that takes the colour of the text around it.

    It is hidden from screen readers: say beside it where it begins and ends.

    Args:
        values: From left to right, any unit; what is not finite is left out.
        low: Lower end of the scale, to compare several; the lowest value unless given.
        high: Its upper end, likewise.

    Returns:
        The SVG; empty where fewer than two values could be drawn.
    """
    finite = thinned([value for value in values if math.isfinite(value)])
    if len(finite) < 2:
        return ""
    bottom = min(finite) if low is None else low
    top = max(finite) if high is None else high
    points = [
        f"{_at(index, 0, len(finite) - 1, WIDTH)},{_short(HEIGHT - float(_at(value, bottom, top, HEIGHT)))}"
        for index, value in enumerate(finite)
    ]
    x, _, y = points[-1].partition(",")
    return (
        f'<svg class="dl-spark" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
        f'<polyline points="{" ".join(points)}"/><circle cx="{x}" cy="{y}" r="2"/></svg>'
    )


def thinned(values: Sequence[float], most: int = MOST) -> list[float]:
    """Keep at most so many values, evenly, the first and last among them."""
    if len(values) <= most:
        return list(values)
    return [values[round(index * (len(values) - 1) / (most - 1))] for index in range(most)]


def _at(value: float, low: float, high: float, length: int) -> str:
    """Place a value on an axis of some pixels; where all are the same, in its middle."""
    share = (min(max(value, low), high) - low) / (high - low) if high > low else 0.5
    return _short(_EDGE + share * (length - 2 * _EDGE))


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")

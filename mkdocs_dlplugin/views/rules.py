"""Rules: draw values from elsewhere as dashed lines across a plot, each with its name where there is room."""

from __future__ import annotations

from collections.abc import Sequence

from mkdocs_dlplugin.vega import BG, FG, MUTED
from mkdocs_dlplugin.views.choices import Reference
from mkdocs_dlplugin.views.drawing import LETTER, PHONE, Spec
from mkdocs_dlplugin.views.figures import Line

HALO: Spec = {"stroke": BG, "strokeWidth": 4, "color": BG}
"""Outline in the page's colour, drawn below a text so that no line crosses it."""


def across(reference: Reference, lines: Sequence[Line]) -> list[Spec]:
    """Draw a reference across curves, its name at the end where it has more room."""
    left = _room(lines, reference.value, 0) >= _room(lines, reference.value, -1)
    text = {"align": "left" if left else "right", "dx": 4 if left else -2, "dy": -4}
    return _ruled(reference, "y", text, {"x": {"value": 0 if left else "width"}})


def down(
    references: Sequence[Reference], shown: Sequence[float], width: float, *, named: bool = True
) -> tuple[list[Spec], int]:
    """Draw references across rows, their names above the plot unless that is where a panel has its own.

    Returns:
        The layers, and the pixels that names need above the plot.
    """
    every = [*shown, *(reference.value for reference in references)]
    levels = _levels(references, every, width)
    layers = []
    for reference, level in zip(references, levels, strict=True):
        text = {"align": _side(reference.value, every), "dy": -4 - 16 * level}
        layers += _ruled(reference, "x", text, {"y": {"value": 0}})[: None if named else 1]
    return layers, 16 * (max(levels) + 1) if levels else 0


def _ruled(reference: Reference, channel: str, text: Spec, end: Spec) -> list[Spec]:
    """Draw a dashed line with its name."""
    at = {channel: {"datum": reference.value}}
    name = {**at, **end, "text": {"value": reference.label}}
    mark = {"type": "text", "baseline": "bottom", **text}
    # Without data of its own a layer would draw once per row of the chart's.
    once: Spec = {"data": {"values": [{}]}}
    return [
        {**once, "mark": {"type": "rule", "strokeDash": [4, 3], "color": MUTED}, "encoding": at},
        {**once, "mark": {**mark, **HALO}, "encoding": name},
        {**once, "mark": {**mark, "color": FG}, "encoding": name},
    ]


def _room(lines: Sequence[Line], value: float, end: int) -> float:
    """Measure how far the nearest line stays away from a value at the first or last point."""
    return min(abs(line.points[end].estimate.mean - value) for line in lines)


def _side(value: float, shown: Sequence[float]) -> str:
    """Choose how a name is aligned at its line, so that it stays inside the plot."""
    share = _share(value, shown)
    return "left" if share < 0.3 else "right" if share > 0.7 else "center"


def _share(value: float, shown: Sequence[float]) -> float:
    return (value - min(shown)) / ((max(shown) - min(shown)) or 1)


def _levels(references: Sequence[Reference], shown: Sequence[float], width: float) -> list[int]:
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

"""Multiples: small drawings of curves, one per series, as slim SVG of our own, for pages that are made by the thousand.

A chart of Vega's takes a tenth of a second; one of these a thousandth, and it needs no second width for phones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

from mkdocs_dlplugin.digits import rounded
from mkdocs_dlplugin.model import Metric
from mkdocs_dlplugin.words import number

WIDTH, HEIGHT = 328, 180
"""Pixels: the text column of a phone, of which two stand beside each other on a desk."""

LEFT, RIGHT, TOP, BOTTOM = 46, 8, 8, 24
"""Pixels around the plot, for labels."""

MOST_POINTS = 100
"""Per line; a plot of 270 pixels shows no more."""

MOST_LINES = 8
"""Up to so many seeds have a line each; more are a band."""


@dataclass(frozen=True)
class Curve:
    """One series over the seeds of a run at one point."""

    metric: Metric
    seeds: tuple[tuple[tuple[float, float], ...], ...]
    """Steps and finite values per seed."""

    @cached_property
    def mean(self) -> list[tuple[float, float]]:
        """The mean at each step that all seeds have."""
        if len(self.seeds) == 1:
            return list(self.seeds[0])
        columns = [dict(seed) for seed in self.seeds]
        steps = sorted(set.intersection(*(set(column) for column in columns)))
        return [(step, math.fsum(column[step] for column in columns) / len(columns)) for step in steps]


def draw(curve: Curve, label: str) -> str:
    """Draw a curve: each seed thin, or of many the band between the lowest and the highest, and their mean thick.

    Args:
        curve: At least one point.
        label: Alternative text.
    """
    mean = thinned(curve.mean)
    seeds = [thinned(seed) for seed in curve.seeds if len(curve.seeds) > 1 and seed]
    every = [point for line in (mean, *seeds) for point in line]
    xs, ys = [x for x, _ in every], [y for _, y in every]
    across, up = ticks(min(xs), max(xs), 5), ticks(min(ys), max(ys), 4)
    low, high = min(*up, *ys), max(*up, *ys)
    plot = _Plot(min(xs), max(xs), low, high)
    parts = [_grid(plot, up, curve.metric), _steps(plot, across)]
    if len(seeds) > MOST_LINES:
        parts.append(_band(plot, curve))
    else:
        parts += [f'<path class="dl-thin" d="{plot.path(seed)}"/>' for seed in seeds]
    parts.append(f'<path class="dl-mean" d="{plot.path(mean)}"/>' if len(mean) > 1 else _dot(plot, mean))
    return (
        f'<svg class="dl-small" role="img" aria-label="{escape(label)}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" data-search-exclude="">{"".join(parts)}</svg>'
    )


def sparkline(points: Sequence[tuple[float, float]], said: str) -> str:
    """Draw a curve as small as a word, with a text for those who do not see it."""
    line = thinned(points, 40)
    if len(line) < 2:
        return ""
    xs, ys = [x for x, _ in line], [y for _, y in line]
    wide, tall = (max(xs) - min(xs)) or 1, (max(ys) - min(ys)) or 1
    path = " ".join(f"{_one((x - min(xs)) / wide * 78 + 1)},{_one(17 - (y - min(ys)) / tall * 16)}" for x, y in line)
    drawn = (
        f'<svg class="dl-spark" viewBox="0 0 80 18" width="80" height="18" aria-hidden="true"><path d="M{path}"/></svg>'
    )
    return f'{drawn}<span class="dl-sr"> {escape(said)}</span>'


def thinned(points: Sequence[tuple[float, float]], most: int = MOST_POINTS) -> list[tuple[float, float]]:
    """Keep that many points, evenly, the first and the last among them."""
    last = len(points) - 1
    return list(points) if last < most else [points[round(i * last / (most - 1))] for i in range(most)]


def ticks(low: float, high: float, most: int) -> list[float]:
    """Choose round numbers within a span, at most so many; the only number where there is no span."""
    span = high - low
    if span <= 0 or not math.isfinite(span):
        return [low]
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    found = [round((first + i) * step, 12) for i in range(most + 2) if (first + i) * step <= high + step * 1e-9]
    return found or [low]


@dataclass(frozen=True)
class _Plot:
    """Where values stand in pixels."""

    first: float
    last: float
    low: float
    high: float

    def x(self, value: float) -> float:
        return LEFT + (value - self.first) / ((self.last - self.first) or 1) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        span = self.high - self.low
        share = (value - self.low) / span if span else 0.5
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def path(self, points: Sequence[tuple[float, float]]) -> str:
        return "M" + " ".join(f"{_one(self.x(x))},{_one(self.y(y))}" for x, y in points)


def _grid(plot: _Plot, values: Sequence[float], metric: Metric) -> str:
    lines = "".join(f"M{LEFT},{_one(plot.y(value))}H{WIDTH - RIGHT}" for value in values)
    texts = "".join(
        f'<text x="{LEFT - 5}" y="{_one(plot.y(value) + 4)}" text-anchor="end">{tick(value, metric)}</text>'
        for value in values
    )
    return f'<path class="dl-lines" d="{lines}"/>{texts}'


def _steps(plot: _Plot, steps: Sequence[float]) -> str:
    return "".join(
        f'<text x="{_one(plot.x(step))}" y="{HEIGHT - 6}" text-anchor="{_anchor(plot, step)}">{rounded(step)}</text>'
        for step in steps
    )


def _anchor(plot: _Plot, step: float) -> str:
    # A label at the very end would be cut off.
    return "end" if plot.x(step) > WIDTH - RIGHT - 16 else "middle"


def _band(plot: _Plot, curve: Curve) -> str:
    columns = [dict(seed) for seed in curve.seeds]
    steps = [step for step, _ in thinned(curve.mean)]
    high = [(step, max(column[step] for column in columns)) for step in steps]
    low = [(step, min(column[step] for column in columns)) for step in reversed(steps)]
    return f'<path class="dl-band" d="{plot.path([*high, *low])}Z"/>'


def _dot(plot: _Plot, points: Sequence[tuple[float, float]]) -> str:
    return "".join(f'<circle class="dl-point" cx="{_one(plot.x(x))}" cy="{_one(plot.y(y))}" r="3"/>' for x, y in points)


def tick(value: float, metric: Metric) -> str:
    """Write a value of a metric in few letters, for an axis."""
    if metric.style == "percent":
        return f"{number(f'{value * 100:.4g}')}%"
    return number(f"{value:.3g}" if abs(value) < 1e4 or not math.isfinite(value) else f"{value:.2g}")


def _one(value: float) -> str:
    """Write a place in pixels."""
    return f"{value:.1f}".removesuffix(".0")

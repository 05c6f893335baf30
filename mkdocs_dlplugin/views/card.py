"""Card: the picture that chats and networks show for a link to a page: its title, what it found, and its numbers."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mkdocs_dlplugin.numbers import shown
from mkdocs_dlplugin.results import Group, Results
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.stats import Estimate, estimate
from mkdocs_dlplugin.vega import PALETTE

WIDTH, HEIGHT = 1200, 630
"""Pixels that all of them take."""
ROWS = 5
"""Most runs that are drawn."""

_LEFT, _RIGHT = 80, WIDTH - 80
_INK, _MUTED, _LINE = "#1c1e21", "#5a6069", "#e2e4e8"
_WIDE = 0.52
"""Width of a letter of the one bundled font, on average, as a share of its height."""


@dataclass(frozen=True)
class Row:
    """One number on a card."""

    label: str
    text: str
    """The number as it is shown."""
    estimate: Estimate


def rows(metrics: Sequence[str], groups: Sequence[Group], results: Results) -> tuple[str, list[Row]]:
    """Choose what a card draws: the first metric that two runs or more have, the best of them first.

    Returns:
        What the metric is called, and a row for each run; none where there is nothing to compare.
    """
    for name in metrics:
        found = [(group, s) for group in groups if group.complete and (s := results.find(group, name))]
        metric = results.metric(name)
        if len(found) < 2 or not metric.better:
            continue
        sign = -1 if metric.better == "higher" else 1
        best = sorted(found, key=lambda item: sign * estimate(item[1]).mean)[:ROWS]
        numbers = [(group, estimate(sample)) for group, sample in best]
        return metric.title, [Row(plain(g.label), f"{(n := shown(e, metric)).value} {n.spread}", e) for g, e in numbers]
    return "", []


def draw(site: str, title: str, said: str, measured: str, metric: str, drawn: Sequence[Row]) -> str:
    """Draw a card as SVG, on white, in the one font that every machine has here.

    Args:
        site: Name of the site.
        title: Title of the page.
        said: What it found.
        measured: How much was measured, and when.
        metric: What the rows are about.
        drawn: See `rows`; what it found stands there where there are none.
    """
    ground, bar = (f'<rect width="{WIDTH}" height="{h}" fill="{c}"/>' for h, c in ((HEIGHT, "#fff"), (14, PALETTE[0])))
    parts = [ground, bar, _text(_LEFT, 80, 28, site, _MUTED)]
    y = 150
    for line in _wrapped(title, 58, 2):
        parts.append(_text(_LEFT, y, 58, line, _INK, bold=True))
        y += 70
    if drawn:
        parts += _plot(metric, drawn, y)
    else:
        for line in _wrapped(said, 36, 6):
            parts.append(_text(_LEFT, y + 10, 36, line, _INK))
            y += 52
    parts.append(_text(_LEFT, HEIGHT - 40, 24, measured, _MUTED))
    size = f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'


def _plot(metric: str, drawn: Sequence[Row], top: int) -> list[str]:
    """Draw a dot with its interval for each run, on one scale."""
    ends = [end for row in drawn for end in (row.estimate.mean, row.estimate.low, row.estimate.high) if end is not None]
    low, span = min(ends), (max(ends) - min(ends)) or 1.0
    left, right = 520, 860

    def at(value: float) -> float:
        return round(left + (value - low) / span * (right - left), 1)

    step = min(62, (HEIGHT - 130 - top) // len(drawn))
    parts = [_text(_LEFT, top, 24, metric, _MUTED)]
    for number, row in enumerate(drawn):
        y = top + step // 2 + 18 + number * step
        color = PALETTE[0] if number else PALETTE[1]
        parts.append(f'<line x1="{left}" x2="{right}" y1="{y}" y2="{y}" stroke="{_LINE}" stroke-width="2"/>')
        if row.estimate.low is not None and row.estimate.high is not None:
            ends_at = f'x1="{at(row.estimate.low)}" x2="{at(row.estimate.high)}"'
            parts.append(f'<line {ends_at} y1="{y}" y2="{y}" stroke="{color}" stroke-width="6"/>')
        parts.append(f'<circle cx="{at(row.estimate.mean)}" cy="{y}" r="10" fill="{color}"/>')
        parts.append(_text(_LEFT, y + 9, 28, textwrap.shorten(row.label, 28, placeholder="…"), _INK))
        parts.append(_text(_RIGHT, y + 9, 28, row.text, _INK, anchor="end"))
    return parts


def _wrapped(text: str, size: int, most: int) -> list[str]:
    lines = textwrap.wrap(plain(text), int((_RIGHT - _LEFT) / (size * _WIDE)))
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1].rstrip('.,;: ')}…"]


def _text(x: int, y: int, size: int, text: str, color: str, *, bold: bool = False, anchor: str = "start") -> str:
    weight = ' font-weight="700"' if bold else ""
    look = f'font-family="Liberation Sans" font-size="{size}"{weight} fill="{color}" text-anchor="{anchor}"'
    return f'<text x="{x}" y="{y}" {look}>{escape(text)}</text>'

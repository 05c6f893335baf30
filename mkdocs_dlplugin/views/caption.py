"""Caption: say in sentences what a figure shows, for those who read it and for those who do not see it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from html import escape

from mkdocs_dlplugin.model import Value, show
from mkdocs_dlplugin.numbers import NBSP, linked, shown
from mkdocs_dlplugin.reporting import counted
from mkdocs_dlplugin.results import Place
from mkdocs_dlplugin.views.curves import Figure, Line, Point
from mkdocs_dlplugin.views.drawing import Reference

TOLD = 6
"""Up to so many runs the caption names every one; of more, the highest and lowest."""


def title(figure: Figure, own: str) -> str:
    """Write the figure's title: the author's, or what is shown against what."""
    along = f" by {x_name(figure)}" if figure.kind == "line" else ""
    text = own or _subject(figure) + along
    return f"<strong>{escape(text if text[-1] in '.?!' else text + '.')}</strong>"


def sentences(figure: Figure, references: Sequence[Reference], place: Place) -> str:
    """Say in sentences what the drawing shows: the numbers, what the interval is, the references, what is missing."""
    told = "; ".join(
        f"{lead}{_named(figure, line, place)} {_number_html(figure, point, place)}"
        for lead, line, point in _finding(figure)
    )
    sources = "".join(f" {_reference(reference, figure)}" for reference in references)
    notes = "".join(f" {escape(note)}" for note in figure.notes)
    return f"{escape(_at(figure))}{told}. {escape(_basis(figure))}{sources}{notes}"


def _finding(figure: Figure) -> list[tuple[str, Line, Point]]:
    """Choose what to tell: every line at its end, or of many the highest and the lowest."""
    ends = [("", line, line.points[-1]) for line in figure.lines]
    if len(ends) <= TOLD:
        return ends
    ranked = sorted(ends, key=lambda end: end[2].estimate.mean)
    # Of dots the word begins the sentence.
    first = "Highest " if figure.kind == "dot" else "highest "
    return [(first, *ranked[-1][1:]), ("lowest ", *ranked[0][1:])]


def _at(figure: Figure) -> str:
    """Say where along the x axis the told numbers stand; lines may end at different places."""
    ends = {line.points[-1].x for line in figure.lines}
    if figure.kind == "dot":
        return ""
    return f"At {x_name(figure)} {place_of(ends.pop())}: " if len(ends) == 1 else "At the end of each line: "


def _basis(figure: Figure) -> str:
    """Say what the mark, the band and the small dots are, and what they rest on."""
    points = [point for point in figure.points if point.estimate.kind != "exact"]
    if not points:
        return ""
    seeds = _counts({point.estimate.n for point in points})
    mark = "Dots" if figure.kind == "dot" else "Lines"
    if seeds == "1 seed":
        return f"{mark} are single runs, without interval."
    spread = [point.estimate for point in points if point.estimate.low is not None]
    small = "; small dots are single seeds" if figure.kind == "dot" else ""
    if not spread:
        return f"{mark} are means of {seeds}, without interval{small}."
    band = "bars" if figure.kind == "dot" else "bands"
    labels = " or ".join(dict.fromkeys(estimate.label for estimate in spread if estimate.label))
    return f"{mark} are means of {seeds}; {band} are 95{NBSP}% intervals ({labels}){small}."


def _counts(counts: Collection[int]) -> str:
    low, high = min(counts), max(counts)
    return counted(high, "seed") if low == high else f"{low} to {high} seeds"


def _reference(reference: Reference, figure: Figure) -> str:
    """Name a reference line with its value and where it comes from."""
    value = _plain(reference.value, figure)
    if re.match(r"https?://", reference.source):
        label = f'<a href="{escape(reference.source)}">{escape(reference.label)}</a>'
    else:
        label = escape(reference.label) + (f" ({escape(reference.source)})" if reference.source else "")
    return f"Dashed line: {label}, {escape(value)}."


def _plain(value: float, figure: Figure) -> str:
    """Write a value of the figure's metric that has no interval, with its unit."""
    if figure.metric.style == "percent":
        return f"{value * 100:.4g}{NBSP}%"
    return f"{value:,.6g}" + (f"{NBSP}{figure.metric.unit}" if figure.metric.unit else "")


def alternative(figure: Figure) -> str:
    """Say for those who do not see it which kind of chart this is, what it shows, and what it finds."""
    labels = [line.label for line in figure.lines]
    of = ", ".join(labels) if len(labels) <= TOLD else f"{len(labels)} runs"
    along = ""
    if figure.kind == "line":
        ends = f" from {place_of(figure.xs[0])} to {place_of(figure.xs[-1])}" if len(figure.xs) > 1 else ""
        along = f" by {x_name(figure)}{ends}"
    told = "; ".join(
        f"{lead}{line.label} {shown(point.estimate, figure.metric).text}" for lead, line, point in _finding(figure)
    )
    kind = "Line chart" if figure.kind == "line" else "Dot chart"
    return f"{kind} of {_inside(_subject(figure))}{along} for {of}. {_at(figure)}{told}."


def _named(figure: Figure, line: Line, place: Place) -> str:
    """Write a line's name; where its number is no link, the name leads to the page of the run."""
    if figure.of == "points" or not place.run_pages:
        return escape(line.label)
    return f'<a href="{escape(place.run_link(line.points[-1].group))}">{escape(line.label)}</a>'


def _number_html(figure: Figure, point: Point, place: Place) -> str:
    """Write a number; one that is a run's metric carries its address, a step of a series has none."""
    number = shown(point.estimate, figure.metric)
    if figure.of == "points":
        return linked(number, figure.metric.name, [point.group], place)
    spread = f' <span class="dl-ci">{escape(number.spread)}</span>' if number.spread else ""
    return f"{escape(number.value)}{spread}"


def _subject(figure: Figure) -> str:
    return figure.y.title or figure.metric.title


def x_name(figure: Figure) -> str:
    """Name the x axis inside a sentence."""
    return _inside(figure.x.title or figure.x.field.replace("_", " "))


def _inside(title: str) -> str:
    """Write a title inside a sentence; abbreviations keep their capitals."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def place_of(value: Value) -> str:
    """Write a place on the x axis."""
    return f"{value:,.6g}" if isinstance(value, float | int) and not isinstance(value, bool) else show(value)

"""Caption: say in sentences what a figure shows, for those who read it and for those who do not see it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median

from mkdocs_dlplugin.digits import rounded
from mkdocs_dlplugin.model import Metric
from mkdocs_dlplugin.numbers import NBSP, linked, shown
from mkdocs_dlplugin.phrases import inside
from mkdocs_dlplugin.results import Place
from mkdocs_dlplugin.views.choices import Reference
from mkdocs_dlplugin.views.figures import Figure, Line, Point, written
from mkdocs_dlplugin.words import html, named, say

TOLD = 6
"""Up to so many runs the caption names every one; of more, the highest and lowest."""


@dataclass(frozen=True)
class Told:
    """One number of the finding."""

    name: str
    line: Line
    point: Point
    lead: str = ""
    """Name of the text around it where it is the highest or lowest of many."""


def title(figure: Figure, own: str) -> str:
    """Write the figure's title: the author's, or what is shown against what."""
    return titled(own or _titled(figure, subject(figure), x_name(figure)))


def titled(text: str) -> str:
    """Write a title as the beginning of a caption."""
    return f"<strong>{escape(text if text[-1] in '.?!' else text + '.')}</strong>"


def sentences(figure: Figure, references: Sequence[Reference], place: Place) -> str:
    """Say in sentences what the drawing shows: the numbers, what the interval is, the references, what is missing."""
    told = _at(figure, "; ".join(_told_html(told, figure, place) for told in _finding(figure)), marked=True)
    rest = [escape(basis(figure)), *(_reference(reference, figure) for reference in references)]
    return " ".join([told, *filter(None, rest), *map(escape, figure.notes)])


def alternative(figure: Figure) -> str:
    """Say for those who do not see it which kind of chart this is, what it shows, and what it finds."""
    names = list(dict.fromkeys(name_of(figure, line) for line in figure.lines))
    if figure.form in ("points", "cells"):
        names = list(dict.fromkeys(point.group.run.title for point in figure.points))
    told = _at(figure, "; ".join(_told_text(told, figure) for told in _finding(figure)))
    words = {
        "kind": say(f"chart-{figure.kind}"),
        "subject": inside(subject(figure)),
        "of": ", ".join(names) if len(names) <= TOLD else say("runs", n=len(names)),
        "told": told,
    }
    if figure.form == "curves" and len(figure.xs) > 1:
        first, last = written(figure.xs[0]), written(figure.xs[-1])
        return say("chart-alt-along", along=x_name(figure), first=first, last=last, **words)
    return say("chart-alt", **{**words, "subject": _titled(figure, inside(subject(figure)), x_name(figure))})


def basis(figure: Figure) -> str:
    """Say what the mark, the band and the small dots are, and what they rest on."""
    if figure.form == "counts":
        first = figure.points[0]
        return say("chart-bins", width=plain(first.until - float(first.x), figure.metric))
    estimates = [point.estimate for point in figure.points if point.estimate.kind != "exact"]
    if not estimates:
        return ""
    counts = {estimate.n for estimate in estimates}
    if counts == {1}:
        seeds = named(record.seed for point in figure.points for record in point.group.records)
        return say(f"chart-single-{figure.kind}", seeds=seeds)
    spread = [estimate for estimate in estimates if estimate.low is not None]
    if not spread:
        return say(f"chart-bare-{figure.kind}", seeds=_seeds(counts))
    label = say("chart-or").join(dict.fromkeys(estimate.label for estimate in spread if estimate.label))
    return say(f"chart-means-{figure.kind}", seeds=_seeds(counts), label=label)


def name_of(figure: Figure, line: Line) -> str:
    """Name a line of a figure; in small multiples with its panel, which is enough where all show the same run."""
    if not line.panel:
        return line.label
    return line.panel if len(figure.labels) == 1 else f"{line.label}, {line.panel}"


# What is told.


def _finding(figure: Figure) -> list[Told]:
    """Choose what to tell: every line at its end, or of many the highest and the lowest."""
    if figure.form == "cells":
        ends = [Told(line.label, line, point) for line in figure.lines for point in line.points]
    elif figure.form == "points":
        ends = [Told(called(line, p), line, p) for line in figure.lines for p in line.points]
    else:
        ends = [Told(name_of(figure, line), line, line.points[-1]) for line in figure.lines]
    if len(ends) <= (2 if figure.form == "cells" else TOLD) or figure.form == "counts":
        return ends
    ranked = sorted(ends, key=lambda end: end.point.estimate.mean)
    # Where nothing stands before it, the word begins the sentence.
    first = "chart-highest" if figure.form == "curves" else "chart-first-highest"
    return [
        Told(one.name, one.line, one.point, lead) for one, lead in ((ranked[-1], first), (ranked[0], "chart-lowest"))
    ]


def _cell(told: Told, figure: Figure) -> dict[str, str]:
    """Say where a cell stands."""
    up = inside(figure.up.title or figure.up.field.replace("_", " "))
    return {"along": x_name(figure), "place": written(told.point.x), "up": up, "row": told.line.label}


def called(line: Line, point: Point) -> str:
    """Name a point of a scatter plot, in small multiples with its panel."""
    name = point.label or line.label
    return f"{name}, {line.panel}" if line.panel else name


def _told_html(told: Told, figure: Figure, place: Place) -> str:
    """Write a finding; every number is a link to its run, and one that is a metric of it says which."""
    if figure.form == "counts":
        name = escape(told.name)
        if place.run_pages:
            name = f'<a href="{escape(place.run_link(told.point.group).partition("#")[0])}">{name}</a>'
        counted = {key: escape(value) for key, value in _counted(told.line, figure).items()}
        return html("chart-told-counts", who=name, **counted)
    name, number = escape(told.name), shown(told.point.estimate, figure.metric)
    if figure.of == "points":
        text = linked(number, figure.metric.name, [told.point.group], place)
    else:
        # A step of a series is no metric that other pages show under the same name.
        spread = f'{NBSP}<span class="dl-ci">{escape(number.spread)}</span>' if number.spread else ""
        text = f"{escape(number.value)}{spread}"
        if place.run_pages:
            link = f'href="{escape(place.run_link(told.point.group))}" title="{escape(number.words)}"'
            text = f"<a {link}>{text}</a>"
    said = html("chart-told-panel" if told.line.panel else "chart-told", who=name, number=text)
    if figure.form == "points":
        at = escape(written(told.point.x))
        if told.point.across and figure.across:
            at = linked(shown(told.point.across, figure.across), figure.across.name, [told.point.group], place)
        said = html("chart-told-point", who=name, number=text, along=escape(x_name(figure)), place=at)
    if figure.form == "cells":
        where = {name: escape(word) for name, word in _cell(told, figure).items()}
        said = html("chart-told-cell", number=text, **where)
    return html(told.lead, told=said) if told.lead else said


def _told_text(told: Told, figure: Figure) -> str:
    if figure.form == "counts":
        return say("chart-told-counts", who=told.name, **_counted(told.line, figure))
    number = shown(told.point.estimate, figure.metric).text
    said = say("chart-told-panel" if told.line.panel else "chart-told", who=told.name, number=number)
    if figure.form == "points":
        across = told.point.across
        at = shown(across, figure.across).text if across and figure.across else written(told.point.x)
        said = say("chart-told-point", who=told.name, number=number, along=x_name(figure), place=at)
    if figure.form == "cells":
        said = say("chart-told-cell", number=number, **_cell(told, figure))
    return say(told.lead, told=said) if told.lead else said


def _counted(line: Line, figure: Figure) -> dict[str, str]:
    """Write how many values a histogram counted, and where they lie."""
    ends = {"median": median(line.values), "low": min(line.values), "high": max(line.values)}
    number = say(f"chart-values-{line.section}", n=len(line.values))
    return {"number": number, **{name: plain(_short(value), figure.metric) for name, value in ends.items()}}


def _short(value: float) -> float:
    """Round a single value to three digits; it has no interval that says how many are true."""
    return float(f"{value:.3g}")


def _at(figure: Figure, told: str, *, marked: bool = False) -> str:
    """Say where along the x axis the told numbers stand; lines may end at different places."""
    words = html if marked else say
    if figure.form != "curves":
        return words("chart-at-nothing", told=told)
    ends = {line.points[-1].x for line in figure.lines}
    if len(ends) > 1:
        return words("chart-at-ends", told=told)
    along, place = x_name(figure), written(ends.pop())
    return words("chart-at", along=escape(along) if marked else along, place=escape(place), told=told)


def _seeds(counts: Collection[int]) -> str:
    low, high = min(counts), max(counts)
    return say("seeds", n=high) if low == high else say("seeds-span", low=low, high=high)


def _reference(reference: Reference, figure: Figure) -> str:
    """Name a reference line with its value and where it comes from."""
    if re.match(r"https?://", reference.source):
        label = f'<a href="{escape(reference.source)}">{escape(reference.label)}</a>'
    else:
        label = escape(reference.label) + (f" ({escape(reference.source)})" if reference.source else "")
    return html("chart-reference", label=label, value=escape(plain(reference.value, figure.metric)))


# Words.


def subject(figure: Figure) -> str:
    """Name what is measured."""
    return figure.y.title or figure.metric.title


def _titled(figure: Figure, what: str, along: str) -> str:
    if figure.form == "cells":
        up = inside(figure.up.title or figure.up.field.replace("_", " "))
        return say("chart-title-cells", subject=what, along=along, up=up)
    names = {"curves": "chart-title-along", "points": "chart-title-points"}
    return say(names.get(figure.form, "chart-title"), subject=what, along=along)


def x_name(figure: Figure) -> str:
    """Name the x axis inside a sentence."""
    return inside(figure.along)


def plain(value: float, metric: Metric) -> str:
    """Write a value of a metric that has no interval, with its unit."""
    if metric.style == "percent":
        return f"{rounded(value * 100, 4)}{NBSP}%"
    return rounded(value) + (f"{NBSP}{metric.unit}" if metric.unit else "")

"""Listing: write a figure's data as a table for the page and as files to take along."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

from mkdocs_dlplugin.model import Value, show
from mkdocs_dlplugin.numbers import shown
from mkdocs_dlplugin.results import Place
from mkdocs_dlplugin.views.caption import place_of, x_name
from mkdocs_dlplugin.views.curves import Figure, Point, is_number
from mkdocs_dlplugin.views.tables import cell

ROWS = 25
"""Most rows of the data table; the CSV file holds all."""


def table(figure: Figure, labelled_by: str) -> str:
    """Write the data as a table: rows of dots, or places along x by lines, at most `ROWS` of them."""
    if figure.kind == "dot":
        head = ["Run", figure.metric.title, "Seeds"]
        rows = [[(line.label, ""), *_measured(figure, line.points[0])] for line in figure.lines]
        more = ""
    else:
        places = figure.xs
        step = -(-len(places) // ROWS)
        # Counted from the end, where the numbers of the caption stand; the reader's script counts likewise.
        kept = places[::-1][::step][::-1]
        head = [x_name(figure), *(line.label for line in figure.lines)]
        at = [{point.x: point for point in line.points} for line in figure.lines]
        rows = [[_along(x), *(_number(figure, points[x]) if x in points else ("", "") for points in at)] for x in kept]
        more = f"<p>{len(kept)} of {len(places)} places; the CSV file holds all.</p>" if step > 1 else ""
    cells = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row"{_by(row[0])}>{escape(row[0][0])}</th>'
        + "".join(f"<td{_by(cell)}>{escape(cell[0])}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="dl-scroll" tabindex="0" role="region" aria-labelledby="{escape(labelled_by)}">'
        f'<table class="dl-values" data-sortable><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'
        f"{more}"
    )


Cell = tuple[str, str]
"""What a cell says, and the number it is sorted by; empty where that is the text of a name, or nothing."""


def _by(cell: Cell) -> str:
    return f' data-sort="{escape(cell[1])}"' if cell[1] else ""


def _along(x: Value) -> Cell:
    return place_of(x), repr(x) if is_number(x) else ""


def _number(figure: Figure, point: Point) -> Cell:
    return text(figure, point), repr(point.estimate.mean)


def _measured(figure: Figure, point: Point) -> tuple[Cell, Cell]:
    """Write a mean and the number of seeds it rests on."""
    n = str(point.estimate.n)
    return _number(figure, point), (n, n)


def text(figure: Figure, point: Point) -> str:
    """Write a number as tables show it, without what it rests on."""
    number = shown(point.estimate, figure.metric)
    return f"{number.value} {number.spread}".strip()


def as_csv(figure: Figure) -> bytes:
    """Write every point in the metric's own unit, with the values of its seeds."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    first = [x_name(figure)] if figure.kind == "line" else []
    writer.writerow(["run", *first, "mean", "low", "high", "seeds", "values"])
    for line in figure.lines:
        for point in line.points:
            found = point.estimate
            ends = ["" if end is None else f"{end:.10g}" for end in (found.mean, found.low, found.high)]
            place = [show(point.x)] if figure.kind == "line" else []
            values = " ".join(map(repr, point.values))
            writer.writerow([cell(line.label), *place, *ends, found.n, values])
    return file.getvalue().encode("utf-8", "backslashreplace")


def files(name: str, figure: Figure, spec: Mapping[str, Any], place: Place) -> str:
    """Ship the data and the spec, and link them."""
    # Elsewhere the page's variables mean nothing; their fallbacks do.
    plain = re.sub(r"var\(--[\w-]+,(#\w+)\)", r"\1", json.dumps(spec, indent=1, sort_keys=True))
    schema = '{\n "$schema": "https://vega.github.io/schema/vega-lite/v6.json",'
    shipped = (("CSV", "csv", as_csv(figure)), ("Vega-Lite", "vl.json", f"{schema}{plain[1:]}\n".encode()))
    links = []
    for kind, ending, content in shipped:
        url = place.file(f"{name}.{ending}", content)
        links.append(f'<a href="{escape(url)}" download="{escape(name)}.{ending}">{kind}</a>')
    return " · ".join(links)


def digest(content: str | bytes) -> str:
    """Name content by eight digits."""
    return hashlib.sha256(
        content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    ).hexdigest()[:8]

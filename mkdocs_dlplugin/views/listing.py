"""Listing: write a figure's data as a table for the page and as files to take along."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mkdocs_dlplugin.model import Metric, Value, show
from mkdocs_dlplugin.numbers import shown
from mkdocs_dlplugin.results import Place
from mkdocs_dlplugin.stats import Estimate
from mkdocs_dlplugin.views.caption import called, name_of, plain, x_name
from mkdocs_dlplugin.views.figures import Figure, Line, Point, is_number, written
from mkdocs_dlplugin.views.tables import cell
from mkdocs_dlplugin.words import say

ROWS = 25
"""Most rows of the data table; the CSV file holds all."""

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


def table(figure: Figure, labelled_by: str) -> str:
    """Write the data as a table of at most `ROWS` rows, the last ones of curves among them."""
    head, rows = {"rows": _rows, "curves": _places, "points": _points, "cells": _cells, "counts": _counts}[figure.form](
        figure
    )
    if figure.form != "curves":
        return grid(head, rows[:ROWS], labelled_by, _more("chart-rows", min(ROWS, len(rows)), len(rows)))
    # Counted from the end, where the numbers of the caption stand; the reader's script counts likewise.
    kept = rows[::-1][:: -(-len(rows) // ROWS)][::-1]
    return grid(head, kept, labelled_by, _more("chart-places", len(kept), len(rows)))


Cell = str | tuple[str, str]
"""What a cell says; in a tuple with the number it is sorted by, empty where that is the text, or nothing."""


def grid(head: Sequence[str], rows: Sequence[Sequence[Cell]], labelled_by: str, more: str = "") -> str:
    """Write cells of plain text as a table that scrolls sideways on a phone, and that scripts can sort."""
    cells = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join(f"<tr>{_cell(row[0], 'th')}{''.join(_cell(cell, 'td') for cell in row[1:])}</tr>" for row in rows)
    return (
        f'<div class="dl-scroll" tabindex="0" role="region" aria-labelledby="{escape(labelled_by)}">'
        f'<table class="dl-values" data-sortable><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'
        f"{more}"
    )


def _cell(cell: Cell, tag: str) -> str:
    said, by = (cell, "") if isinstance(cell, str) else cell
    scope = ' scope="row"' if tag == "th" else ""
    key = f' data-sort="{escape(by)}"' if by else ""
    return f"<{tag}{scope}{key}>{escape(said)}</{tag}>"


def _more(said: str, kept: int, total: int) -> str:
    return f"<p>{escape(say(said, kept=kept, n=total))}</p>" if kept < total else ""


# The table, by what the figure holds.

Listed = tuple[list[str], list[list[Cell]]]


def _rows(figure: Figure) -> Listed:
    rows: list[list[Cell]] = [
        [name_of(figure, line), _number(figure, p), _count(p)] for line in figure.lines for p in line.points
    ]
    return [say("run"), figure.metric.title, say("seeds-head")], rows


def _places(figure: Figure) -> Listed:
    at = [{point.x: point for point in line.points} for line in figure.lines]
    rows: list[list[Cell]] = [
        [(written(x), _key(x)), *(_number(figure, points[x]) if x in points else "" for points in at)]
        for x in figure.xs
    ]
    return [x_name(figure), *(name_of(figure, line) for line in figure.lines)], rows


def _points(figure: Figure) -> Listed:
    rows: list[list[Cell]] = [
        [called(line, p), (across(figure, p), _key(p.x)), _number(figure, p), _count(p)]
        for line in figure.lines
        for p in line.points
    ]
    return [say("run"), x_name(figure), figure.metric.title, say("seeds-head")], rows


def _cells(figure: Figure) -> Listed:
    at = [{point.x: point for point in line.points} for line in figure.lines]
    rows: list[list[Cell]] = [
        [line.label, *(_number(figure, points[x]) if x in points else "" for x in figure.xs)]
        for line, points in zip(figure.lines, at, strict=True)
    ]
    up = figure.up.title or figure.up.field.replace("_", " ")
    return [f"{up} \\ {x_name(figure)}", *map(written, figure.xs)], rows


def _counts(figure: Figure) -> Listed:
    bins = [(point.x, point.until) for point in figure.lines[0].points]
    counted = [[f"{line.points[i].estimate.mean:.0f}" for line in figure.lines] for i in range(len(bins))]
    rows: list[list[Cell]] = [
        [
            (plain(float(first), figure.metric), _key(first)),
            (plain(last, figure.metric), _key(last)),
            *((number, number) for number in numbers),
        ]
        for (first, last), numbers in zip(bins, counted, strict=True)
    ]
    return [say("chart-from"), say("chart-to"), *(name_of(figure, line) for line in figure.lines)], rows


def _key(value: Value) -> str:
    return repr(value) if is_number(value) else ""


def _count(point: Point) -> Cell:
    """Write the number of seeds a mean rests on."""
    n = str(point.estimate.n)
    return n, n


def _number(figure: Figure, point: Point) -> Cell:
    return text(point.estimate, figure.metric), repr(point.estimate.mean)


def text(estimate: Estimate, metric: Metric) -> str:
    """Write a number as tables show it, without what it rests on."""
    number = shown(estimate, metric)
    return f"{number.value} {number.spread}".strip()


def across(figure: Figure, point: Point) -> str:
    """Write where a point of a scatter plot stands along x."""
    if point.across is None or figure.across is None:
        return written(point.x)
    return text(point.across, figure.across)


# The files.


def as_csv(figure: Figure) -> bytes:
    """Write every point in the metric's own unit, with the values of its seeds."""
    facet = [figure.facet] if figure.facet else []
    if figure.form == "counts":
        head = ["run", "from", "to", "count"]
        rows = [
            [line.label, _written(point.x), _written(point.until), int(point.estimate.mean)]
            for line in figure.lines
            for point in line.points
        ]
        return as_rows(head, rows)
    first = {
        "rows": [],
        "curves": [_column(figure)],
        "points": [_column(figure), "x_low", "x_high", "color"],
        "cells": [_column(figure), figure.up.field],
    }[figure.form]
    head = ["run", *facet, *first, "mean", "low", "high", "seeds", "values"]
    rows = []
    for line in figure.lines:
        for point in line.points:
            found = point.estimate
            rows.append([
                *(cell(point.label or line.label), *([cell(line.panel)] if facet else [])),
                *_first(figure, line, point),
                *map(_end, (found.mean, found.low, found.high)),
                *(found.n, " ".join(map(repr, point.values))),
            ])  # fmt: skip
    return as_rows(head, rows)


def as_rows(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    """Write rows as CSV."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return file.getvalue().encode("utf-8", "backslashreplace")


def _column(figure: Figure) -> str:
    """Name the column of x, which in files is called the same in every language."""
    name = "step" if figure.by_step else figure.along
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def _first(figure: Figure, line: Line, point: Point) -> list[str]:
    if figure.form == "rows":
        return []
    if figure.form == "cells":
        up = point.group.params.get(figure.up.field, line.label)
        return [_written(point.x), _written(up)]
    if figure.form == "curves":
        return [_written(point.x)]
    ends = (point.across.low, point.across.high) if point.across else (None, None)
    return [_written(point.x), *map(_end, ends), cell(line.label)]


def _end(end: float | None) -> str:
    return "" if end is None else f"{end:.10g}"


def _written(value: Value) -> str:
    return cell(show(value)) if isinstance(value, str) else show(value)


def files(name: str, table_: bytes, spec: Mapping[str, Any], place: Place) -> str:
    """Ship the data and the spec, and link them."""
    # Elsewhere the page's variables mean nothing; their fallbacks do.
    plain = _unmixed(re.sub(r"var\(--[\w-]+,(#\w+)\)", r"\1", json.dumps(spec, indent=1, sort_keys=True)))
    schema = f'{{\n "$schema": "{SCHEMA}",'
    shipped = (("CSV", "csv", table_), ("Vega-Lite", "vl.json", f"{schema}{plain[1:]}\n".encode()))
    links = []
    for kind, ending, content in shipped:
        url = place.file(f"{name}.{ending}", content)
        links.append(f'<a href="{escape(url)}" download="{escape(name)}.{ending}">{kind}</a>')
    return " · ".join(links)


def _unmixed(text: str) -> str:
    """Write mixed colours as what they come to, for programs that do not know `color-mix`."""

    def mixed(found: re.Match[str]) -> str:
        one, other = (_channels(found[group]) for group in (1, 3))
        share = float(found[2]) / 100
        return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in zip(one, other, strict=True))

    return re.sub(r"color-mix\(in srgb, (#\w+) ([\d.]+)%, (#\w+)\)", mixed, text)


def _channels(color: str) -> list[int]:
    digits = color[1:] if len(color) == 7 else "".join(digit * 2 for digit in color[1:])
    return [int(digits[index : index + 2], 16) for index in (0, 2, 4)]


def digest(content: str | bytes) -> str:
    """Name content by eight digits."""
    return hashlib.sha256(
        content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    ).hexdigest()[:8]

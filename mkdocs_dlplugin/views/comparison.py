"""Comparison: a table of runs and metrics, with intervals, the best marked, and what cannot be told apart from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.expressions import Ref, parse_selector
from mkdocs_dlplugin.model import Metric, Where
from mkdocs_dlplugin.numbers import linked, shown
from mkdocs_dlplugin.results import PLAIN, Place, Results, device_of
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.stats import estimate
from mkdocs_dlplugin.views import layouts, ranking
from mkdocs_dlplugin.views.compared import Row, by_tag, constant, entries, metric_of, read, values_of
from mkdocs_dlplugin.views.footnotes import Footnotes
from mkdocs_dlplugin.views.layouts import Sheet
from mkdocs_dlplugin.views.listing import digest
from mkdocs_dlplugin.views.tables import cell
from mkdocs_dlplugin.words import html, named, say


@dataclass(frozen=True)
class Options:
    """The YAML body of a `comparison` block."""

    runs: tuple[Any, ...]
    """Runs by name, glob or point; a mapping of one renames that row."""
    metrics: tuple[str, ...]
    """One column each."""
    group: str = ""
    """A tag; rows with the same value stand together under it."""
    columns: str = ""
    """A parameter whose values are the columns, below each metric; the other parameters are rows."""
    transpose: bool = False
    """Whether metrics are the rows, and runs the columns."""
    sparkline: str = ""
    """A series that is drawn in small for each run."""
    tbl_cap: str = ""
    """Caption; what `±` means and the number of seeds follow by themselves."""


def check(options: Options, where: Where) -> None:
    """Refuse options that contradict each other.

    Raises:
        DLError: two options do.
    """
    if options.columns and options.transpose:
        raise DLError(where, "`columns` and `transpose` cannot go together.", "Remove one of the two.")
    if options.columns and options.sparkline:
        hint = "Remove one of the two, or show the curves in a chart."
        raise DLError(where, "`columns` and `sparkline` cannot go together.", hint)


def references(options: Options, where: Where) -> list[Ref]:
    """Name the runs the table asks for, so that misspelt ones are found before anything runs."""
    check(options, where)
    return [parse_selector(selector, where) for selector, _ in entries(options.runs, where)]


def render(options: Options, results: Results, place: Place) -> str:
    """Draw the table.

    Raises:
        DLError: options contradict each other, a selector matches nothing, or no run has one of the metrics.
    """
    check(options, place.where)
    rows = read(options.runs, options.metrics, options.sparkline, results, place.where)
    metrics = [metric_of(name, rows, results) for name in options.metrics]
    same = [metric for metric in metrics if constant(metric, rows)]
    same = same if len(same) < len(metrics) else []
    name = place.id or f"comparison-{digest(repr(options))}"
    sheet = Sheet(
        groups=by_tag(rows, options.group),
        metrics=[metric for metric in metrics if metric not in same],
        place=place,
        notes=Footnotes(name),
        marks=_marks(metrics, rows, options.columns),
        odd={(a, m.name): said for m in metrics for a, said in ranking.odd_ones(m, rows).items()},
        caption=f"dl-{name}-cap",
        series=replace(results.metric(options.sparkline), better="") if options.sparkline else None,
    )
    drawn = _drawn(options, sheet, place.where)
    link = place.file(f"{name}.csv", table_csv(rows, metrics).encode("utf-8", "backslashreplace"))
    return (
        f'<figure class="dl-table"{_id(place)}>\n'
        f'<figcaption id="{escape(sheet.caption)}">{_caption(options, sheet, same)}</figcaption>\n'
        f"{drawn}\n{sheet.notes.html()}"
        f'<p class="dl-links"><a href="{escape(link)}" download>CSV</a></p>\n</figure>'
    )


def _id(place: Place) -> str:
    return f' id="{escape(place.id)}"' if place.id else ""


def _drawn(options: Options, sheet: Sheet, where: Where) -> str:
    if options.columns:
        return layouts.grid(sheet, options.columns, values_of(sheet.rows, options.columns, where))
    return layouts.transposed(sheet) if options.transpose else layouts.plain(sheet)


def _marks(metrics: Sequence[Metric], rows: Sequence[Row], columns: str) -> dict[tuple[str, str], ranking.Mark]:
    """Mark the best of each column; in a grid those at one value of its parameter are a column."""
    fields: dict[Any, list[Row]] = {}
    for row in rows:
        fields.setdefault(row.group.params.get(columns) if columns else None, []).append(row)
    found: dict[tuple[str, str], ranking.Mark] = {}
    for metric in metrics:
        # What is odd among all rows is no rival in its own column either.
        if not ranking.odd_ones(metric, rows):
            for field in fields.values():
                found |= {(at, metric.name): mark for at, mark in ranking.marks(metric, field).items()}
    return found


# What the caption says.


def _caption(options: Options, sheet: Sheet, same: Sequence[Metric]) -> str:
    """Say what the numbers rest on: seeds, intervals, marks, clocks, and what is the same everywhere."""
    title = options.tbl_cap.strip()
    said = [f"<strong>{escape(title if title[-1] in '.!?' else title + '.')}</strong>"] if title else []
    said += _seeds(sheet.rows)
    found = set(sheet.marks.values())
    if found:
        best = escape(say("bold-row" if options.transpose else "bold-column"))
        said.append(f"{best}; {escape(say('tied-sign'))}" if "tied" in found else f"{best}.")
    said += _clocks(sheet)
    if same:
        said.append(html("constant", metrics=", ".join(_constant(metric, sheet) for metric in same)))
    if sheet.series:
        said.append(escape(say("sparklines", series=sheet.series.title)))
    return " ".join([*said, *_measured_on(sheet.rows)])


def _seeds(rows: Sequence[Row]) -> list[str]:
    """Say over how many seeds the means are, and what the interval is over."""
    counts = sorted({len(row.group.records) for row in rows if row.group.complete})
    if not counts:
        return []
    if counts == [1]:
        return [
            escape(
                say("single-runs", seeds=named(r.seed for row in rows if row.group.complete for r in row.group.records))
            )
        ]
    seeds = f"{counts[0]}" if len(counts) == 1 else say("up-to", low=counts[0], high=counts[-1])
    samples = [s for row in rows for s in row.samples.values() if s.metric.kind != "exact"]
    spread = [found for found in map(estimate, samples) if found.low is not None]
    if not spread:
        return [escape(say("means", seeds=seeds))]
    sign = "±" if all(found.symmetric for found in spread) else say("plus-minus-or-range")
    over = ", ".join(sorted({found.label for found in spread}))
    return [escape(say("means-interval", seeds=seeds, sign=sign, over=over))]


def _clocks(sheet: Sheet) -> list[str]:
    """Say which seconds the timings are, those in the minority by footnotes."""
    said: dict[str, list[str]] = {}
    for metric in sheet.metrics:
        units = [ranking.unit_of(s, row) for row in sheet.rows if (s := row.samples.get(metric.name))]
        if metric.kind == "timing" and units:
            said.setdefault(max(units, key=units.count), []).append(metric.title)
    return [escape(say("clock", metrics=", ".join(names), unit=unit)) for unit, names in said.items()]


def _constant(metric: Metric, sheet: Sheet) -> str:
    groups = [row.group for row in sheet.rows]
    number = shown(estimate(sheet.rows[0].samples[metric.name]), metric)
    return f"{escape(metric.title)} {linked(number, metric.name, groups, sheet.place)}"


def _measured_on(rows: Sequence[Row]) -> list[str]:
    """Say on what and when the numbers were measured."""
    records = [record for row in rows for record in row.group.records]
    devices = sorted({device_of(record) for record in records})
    days = sorted({str(record.provenance.get("started", ""))[:10] for record in records} - {""})
    if not devices or not days:
        return []
    when = days[0] if len(days) == 1 else say("up-to", low=days[0], high=days[-1])
    return [f'<span class="{PLAIN}">{escape(say("measured-on", devices=plain(", ".join(devices)), when=when))}</span>']


def table_csv(rows: Sequence[Row], columns: Sequence[Metric]) -> str:
    """Write the table for spreadsheets: per metric mean, ends of the interval and n, in the metric's own unit."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["run", "label", *(f"{m.name}_{part}" for m in columns for part in ("mean", "low", "high", "n"))])
    for row in rows:
        cells: list[object] = [cell(row.group.address), cell(row.label)]
        for metric in columns:
            if sample := row.samples.get(metric.name):
                e = estimate(sample)
                cells += [e.mean, "" if e.low is None else e.low, "" if e.high is None else e.high, len(sample.values)]
            else:
                cells += ["", "", "", ""]
        writer.writerow(cells)
    return out.getvalue()

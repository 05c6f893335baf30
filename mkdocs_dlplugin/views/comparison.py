"""Comparison: a table of runs and metrics, with intervals, the best marked, and what cannot be told apart from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.expressions import Ref, parse_selector
from mkdocs_dlplugin.model import Metric, Sample, Where
from mkdocs_dlplugin.numbers import linked, shown
from mkdocs_dlplugin.reporting import counted
from mkdocs_dlplugin.results import PLAIN, Group, Place, Results, device_of
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.stats import compare_times, difference, estimate
from mkdocs_dlplugin.views.tables import Column, cell, table


@dataclass(frozen=True)
class Options:
    """The YAML body of a `comparison` block."""

    runs: tuple[Any, ...]
    """Runs by name, glob or point; a mapping of one renames that row."""
    metrics: tuple[str, ...]
    """One column each."""
    group: str = ""
    """A tag; rows with the same value stand together under it."""
    tbl_cap: str = ""
    """Caption; what `±` means and the number of seeds follow by themselves."""


CLOCKS = {"": "CPU seconds, or wall seconds where a GPU worked", "cpu": "CPU seconds", "wall": "wall seconds"}
"""What each clock counts, for captions."""


@dataclass(frozen=True)
class Row:
    """One run at one point, with a sample per metric that it has."""

    group: Group
    label: str
    samples: Mapping[str, Sample]


def references(options: Options, where: Where) -> list[Ref]:
    """Name the runs the table asks for, so that misspelt ones are found before anything runs."""
    return [parse_selector(selector, where) for selector, _ in _entries(options.runs, where)]


def render(options: Options, results: Results, place: Place) -> str:
    """Draw the table.

    Raises:
        DLError: a selector matches nothing, or no run has one of the metrics.
    """
    rows = _rows(options, results, place)
    _check_metrics(options, rows, place)
    marks = {name: _marks(name, rows) for name in options.metrics}
    columns = [_metric(name, rows, results) for name in options.metrics]
    body = []
    for title, members in _grouped(options, rows):
        if title:
            body.append(
                f'<tr class="dl-group"><th scope="rowgroup" colspan="{len(columns) + 1}">{escape(title)}</th></tr>'
            )
        body += [_line(row, columns, marks, place) for row in members]
    name = place.id or "comparison"
    link = place.file(f"{name}.csv", table_csv(rows, columns).encode("utf-8", "backslashreplace"))
    caption = f"dl-{name}-cap"
    heads: list[Column] = ["Run", *((_heading(metric),) for metric in columns)]
    return (
        f'<figure class="dl-table"{_id(place)}>\n'
        f'<figcaption id="{escape(caption)}">{_caption(options, rows, columns, marks)}</figcaption>\n'
        f"{table(heads, body, caption=caption)}\n"
        f'<p class="dl-links"><a href="{escape(link)}" download>CSV</a></p>\n</figure>'
    )


def _id(place: Place) -> str:
    return f' id="{escape(place.id)}"' if place.id else ""


def _entries(runs: Sequence[Any], where: Where) -> list[tuple[str, str]]:
    """Read `runs:`; selector and new label (empty where none was given)."""
    entries = []
    for entry in runs:
        if isinstance(entry, Mapping) and len(entry) == 1:
            selector, label = next(iter(entry.items()))
            entries.append((str(selector), str(label)))
        elif isinstance(entry, str):
            entries.append((entry, ""))
        else:
            raise DLError(where, f"{entry!r} names no run.", "Write a run's name, or 'name: label' to rename its row.")
    return entries


def _rows(options: Options, results: Results, place: Place) -> list[Row]:
    rows: dict[str, Row] = {}
    for selector, label in _entries(options.runs, place.where):
        for group in results.select(selector, place.where):
            samples = {}
            for name in options.metrics:
                if group.complete and (sample := results.find(group, name)):
                    samples[name] = sample
            title = label if label and "*" not in selector else group.label
            # A later entry that renames a row keeps the row's place.
            if title == label or group.address not in rows:
                rows[group.address] = Row(replace(group, label=title), title, samples)
    return list(rows.values())


def _check_metrics(options: Options, rows: Sequence[Row], place: Place) -> None:
    measured = [row for row in rows if row.group.complete]
    for name in options.metrics:
        if measured and not any(name in row.samples for row in rows):
            raise DLError(
                place.where,
                f"no run here has a metric '{name}'.",
                "Known here: "
                + ", ".join(
                    sorted({n for row in measured for r in row.group.records for n in (*r.metrics, *r.timings)})
                )
                + ".",
            )


def _metric(name: str, rows: Sequence[Row], results: Results) -> Metric:
    return next((row.samples[name].metric for row in rows if name in row.samples), results.metric(name))


def _heading(metric: Metric) -> str:
    arrow = {"higher": " ↑", "lower": " ↓", "": ""}[metric.better]
    said = {"higher": "higher is better", "lower": "lower is better", "": ""}[metric.better]
    hidden = f'<span aria-hidden="true">{arrow}</span><span class="dl-sr">, {said}</span>' if arrow else ""
    return f"{escape(metric.title)}{hidden}"


def _marks(name: str, rows: Sequence[Row]) -> dict[str, str]:
    """Mark the best mean of a column, and what its difference to the best cannot tell apart."""
    having = [row for row in rows if name in row.samples]
    metric = having[0].samples[name].metric if having else None
    if metric is None or not metric.better or len(having) < 2:
        return {}
    sign = 1 if metric.better == "higher" else -1
    best = max(having, key=lambda row: sign * estimate(row.samples[name]).mean)
    if estimate(best.samples[name]).low is None:
        return {}  # single runs: which is best would be chance, and so would be the mark
    marks = {best.group.address: "best"}
    for row in having:
        if row is not best and _inseparable(best.samples[name], row.samples[name]):
            marks[row.group.address] = "tied"
    return marks


def _inseparable(best: Sample, other: Sample) -> bool:
    if best.metric.kind == "exact":
        return estimate(best).mean == estimate(other).mean
    if best.metric.kind == "timing":
        ratio = compare_times(best, other).at()
        return ratio.low is None or ratio.high is None or ratio.low <= 0 <= ratio.high
    apart = difference(best, other)
    if apart.low is None or apart.high is None:
        return apart.mean == 0 or apart.n <= 1
    return apart.low <= 0 <= apart.high


def _grouped(options: Options, rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    if not options.group:
        return [("", list(rows))]
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row.group.run.tags.get(options.group, "other")), []).append(row)
    return list(groups.items())


def _line(row: Row, columns: Sequence[Metric], marks: Mapping[str, Mapping[str, str]], place: Place) -> str:
    cells = []
    for metric in columns:
        sample = row.samples.get(metric.name)
        if sample is None:
            cells.append(f'<td class="dl-number">{_absent(row.group, metric)}</td>')
            continue
        mark = marks[metric.name].get(row.group.address, "")
        classes = "dl-number" + {"best": " dl-best", "tied": " dl-tied", "": ""}[mark]
        said = {
            "best": ' <span class="dl-sr">(best)</span>',
            "tied": ' <span class="dl-sr">(not told apart from the best)</span>',
            "": "",
        }[mark]
        number = linked(shown(estimate(sample), sample.metric), metric.name, [row.group], place)
        cells.append(f'<td class="{classes}">{number}{said}</td>')
    return f'<tr><th scope="row">{escape(row.label)}</th>{"".join(cells)}</tr>'


def _absent(group: Group, metric: Metric) -> str:
    if group.records and group.absent:
        said = f"{counted(len(group.absent), 'seed')} without a result"
    else:
        said = "no result" if not group.records else f"does not report {metric.title}"
    return f'<span class="dl-absent" title="{escape(said)}">–<span class="dl-sr"> {escape(said)}</span></span>'


def _caption(
    options: Options, rows: Sequence[Row], columns: Sequence[Metric], marks: Mapping[str, Mapping[str, str]]
) -> str:
    """Say what the numbers rest on: seeds, intervals, marks, and what is missing."""
    title = options.tbl_cap.strip()
    caption = f"<strong>{escape(title if title[-1] in '.!?' else title + '.')}</strong> " if title else ""
    counts = sorted({len(row.group.records) for row in rows if row.group.complete})
    said = []
    if counts == [1]:
        said.append("Single runs, no intervals.")
    elif counts:
        seeds = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        labels = {
            estimate(s).label
            for row in rows
            for s in row.samples.values()
            if s.metric.kind != "exact" and estimate(s).low is not None
        }
        basis = f" ({escape(', '.join(sorted(labels)))})" if labels else ""
        said.append(f"Mean over {seeds} seeds; ± or the range in brackets is the 95{chr(160)}% interval{basis}.")
    found = {mark for column in marks.values() for mark in column.values()}
    if "best" in found:
        said.append(
            "Bold: the best mean of its column" + ("; underlined: not told apart from it." if "tied" in found else ".")
        )
    for clock, words in CLOCKS.items():
        timed = [metric.title for metric in columns if metric.kind == "timing" and metric.clock == clock]
        if timed:
            said.append(f"{escape(', '.join(timed))} in {words}.")
    if said_on := _measured_on(rows):
        said.append(said_on)
    missing = [row.label for row in rows if not row.group.complete]
    if missing:
        said.append(f"Without a result for every seed, so without a mean: {escape(', '.join(missing))}.")
    return caption + " ".join(said)


def _measured_on(rows: Sequence[Row]) -> str:
    """Say on what and when the numbers were measured."""
    records = [record for row in rows for record in row.group.records]
    devices = sorted({device_of(record) for record in records})
    days = sorted({str(record.provenance.get("started", ""))[:10] for record in records} - {""})
    if not devices or not days:
        return ""
    when = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    return f'<span class="{PLAIN}">Measured on {escape(plain(" and ".join(devices)))}, {escape(when)}.</span>'


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

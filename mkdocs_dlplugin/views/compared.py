"""Compared: read the runs of a comparison, their metrics over the seeds, and why a number is not there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import Any

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.model import Metric, Sample, Value, Where, address
from mkdocs_dlplugin.reporting import listed
from mkdocs_dlplugin.results import LARGEST, Group, Results
from mkdocs_dlplugin.stats import estimate
from mkdocs_dlplugin.words import say


@dataclass(frozen=True)
class Row:
    """One run at one point."""

    group: Group
    label: str
    """What the reader calls it, its point included."""
    name: str
    """The same without the point."""
    samples: Mapping[str, Sample]
    """Per metric that it has its values over the seeds."""
    why: Mapping[str, str] = field(default_factory=dict)
    """Per metric or series that it lacks the reason, for a footnote."""
    curve: tuple[float, ...] = ()
    """The series of the sparkline, mean over the seeds at each step that all have."""

    @property
    def note(self) -> str:
        """What is to be said of the run as a whole; mostly nothing."""
        absent = self.group.absent if self.group.complete else ()
        return say("without-seeds", n=len(absent), seeds=listed(absent)) if absent else ""


def entries(runs: Sequence[Any], where: Where) -> list[tuple[str, str]]:
    """Read `runs:` as selectors, each with a new name, empty where none was given.

    Raises:
        DLError: an entry is neither a name nor `name: label`.
    """
    found = []
    for entry in runs:
        if isinstance(entry, Mapping) and len(entry) == 1:
            selector, label = next(iter(entry.items()))
            found.append((str(selector), str(label)))
        elif isinstance(entry, str):
            found.append((entry, ""))
        else:
            raise DLError(where, f"{entry!r} names no run.", "Write a run's name, or 'name: label' to rename its row.")
    return found


def read(runs: Sequence[Any], metrics: Sequence[str], series: str, results: Results, where: Where) -> list[Row]:
    """Read a row per run and point, in the order the block names them.

    Args:
        runs: As the author wrote them.
        metrics: What is shown of each.
        series: What its sparkline shows; empty for none.
        results: All runs of the site.
        where: The block, for messages.

    Raises:
        DLError: a selector matches nothing, or no run has one of the metrics, or the series.
    """
    rows: dict[str, Row] = {}
    for selector, label in entries(runs, where):
        for group in results.select(selector, where):
            # A later entry that renames a row keeps the row's place.
            if label or group.address not in rows:
                rows[group.address] = _row(group, label, metrics, series, results, starred="*" in selector)
    _check(list(rows.values()), metrics, series, where)
    return list(rows.values())


def by_tag(rows: Sequence[Row], tag: str) -> list[tuple[str, list[Row]]]:
    """Gather rows by a tag, in the order its values first come; without a tag they are one group without a title."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(str(row.group.run.tags.get(tag, say("other"))) if tag else "", []).append(row)
    return list(groups.items())


def metric_of(name: str, rows: Sequence[Row], results: Results) -> Metric:
    """Return how a metric is shown: as it was declared, or measured where nobody declared it."""
    return next((row.samples[name].metric for row in rows if name in row.samples), results.metric(name))


def constant(metric: Metric, rows: Sequence[Row]) -> bool:
    """Tell whether a count is the same in all of several rows, so that a sentence says more than a column."""
    if metric.kind != "exact" or len(rows) < 2 or any(metric.name not in row.samples for row in rows):
        return False
    found = [estimate(row.samples[metric.name]) for row in rows]
    return all(one.mean == found[0].mean and one.low in (None, one.high) for one in found)


def _row(group: Group, label: str, metrics: Sequence[str], series: str, results: Results, *, starred: bool) -> Row:
    samples, why = {}, {}
    for metric in metrics:
        sample = results.find(group, metric) if group.complete and not group.without(metric) else None
        if sample is None:
            why[metric] = _reason(group, metric)
        else:
            samples[metric] = sample
    curve = mean_curve(group, series) if series and group.complete else ()
    if series and len(curve) < 2:
        why[series] = say("no-series") if group.complete else _reason(group, series)
    shown = label or group.label
    if label and starred and group.params:
        shown = f"{label} {address('', group.params)}"
    return Row(replace(group, label=shown), shown, label or group.run.title, samples, why, curve)


def _reason(group: Group, name: str) -> str:
    """Say why a run has no mean of a metric."""
    if not group.records:
        return say("row-no-result")
    if len(group.devices) > 1:
        return say("no-mean-devices")
    if not group.complete:
        return say("no-mean-absent", n=len(group.absent), seeds=listed(group.absent))
    if without := group.without(name):
        return say("no-mean-unreported", n=len(without), seeds=listed(without))
    return say("unreported")


def _check(rows: Sequence[Row], metrics: Sequence[str], series: str, where: Where) -> None:
    """Refuse a metric that none of several measured runs has; it is misspelt."""
    records = [record for row in rows if row.group.complete for record in row.group.records]
    known = sorted({name for record in records for name in (*record.metrics, *record.timings)})
    for name in metrics:
        if records and name not in known:
            said = suggest(name, known) if known else "They log no metrics."
            raise DLError(where, f"no run here has a metric '{name}'.", said)
    logged = sorted({name for record in records for name in record.series})
    if series and records and series not in logged:
        hint = suggest(series, logged) if logged else "A series is logged with `run.log({…}, step=…)`."
        raise DLError(where, f"no run here has a series '{series}'.", hint)


def mean_curve(group: Group, name: str) -> tuple[float, ...]:
    """Average a series over the seeds of a run, at each step that all of them have; empty where one lacks it."""
    columns = []
    for record in group.records:
        steps, values = record.series.get(name, ((), ()))
        columns.append(
            {
                step: value
                for step, value in zip(steps, values, strict=True)
                if value is not None and math.isfinite(value) and abs(value) <= LARGEST
            }
        )
    common = sorted(set.intersection(*(set(column) for column in columns))) if columns else []
    return tuple(fmean(column[step] for column in columns) for step in common)


def values_of(rows: Sequence[Row], parameter: str, where: Where) -> list[Value]:
    """List the values that a parameter has in some rows: numbers ascending, words in the order they come.

    Raises:
        DLError: a run has no such parameter.
    """
    for row in rows:
        if parameter not in row.group.params:
            problem = f"run '{row.group.address}' has no parameter '{parameter}', which `columns` names."
            hint = suggest(parameter, sorted(row.group.params)) if row.group.params else "Leave it out of this table."
            raise DLError(where, problem, hint)
    found = list(dict.fromkeys(row.group.params[parameter] for row in rows))
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in found)
    return sorted(found, key=float) if numbers else found

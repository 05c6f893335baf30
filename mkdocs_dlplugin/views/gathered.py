"""Gathered: what runs measured as plain rows, one per seed or one per step, for drawings of the author's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Record, Value, Where
from mkdocs_dlplugin.results import LARGEST, Results, value_of
from mkdocs_dlplugin.views.curves import STEP
from mkdocs_dlplugin.views.figures import Chosen

Row = dict[str, Value | None]
"""Columns by name: numbers, words, truths, or nothing where a run has no such value."""


def rows(name: str, chosen: Sequence[Chosen], results: Results, where: Where) -> list[Row]:
    """Gather `runs`, a row per run, point and seed with every metric, or `series`, a row per step of these.

    Runs that lack a seed have no rows, as they have no mean elsewhere.

    Raises:
        DLError: two columns have the same name, a tag and a metric say.
    """
    found: list[Row] = []
    for one in (one for one in chosen if one.group.complete):
        for record in one.group.records:
            first = _named(one, record, where)
            found += _steps(first, record, where) if name == "series" else [_one(first, record, results, where)]
    return found


def _named(one: Chosen, record: Record, where: Where) -> Row:
    run = one.group.run
    row: Row = {"run": run.name, "label": one.label or one.group.label, "seed": record.seed}
    _add(row, run.tags, "tag", where)
    _add(row, one.group.params, "parameter", where)
    return row


def _one(first: Row, record: Record, results: Results, where: Where) -> Row:
    names = [*record.metrics, *(name for name in record.timings if name not in record.metrics)]
    values = {name: value_of(record, results.metric(name)) for name in sorted(names)}
    row = dict(first)
    _add(row, {name: _finite(value) for name, value in values.items()}, "metric", where)
    return row


def _steps(first: Row, record: Record, where: Where) -> list[Row]:
    """Join the series of a record at their steps; one that was logged less often has nothing between."""
    columns = {name: dict(zip(*series, strict=True)) for name, series in sorted(record.series.items())}
    found = []
    for step in sorted({step for column in columns.values() for step in column}):
        row = {**first, STEP: step}
        _add(row, {name: _finite(column.get(step)) for name, column in columns.items()}, "series", where)
        found.append(row)
    return found


def _add(row: Row, values: Mapping[str, Value | None], what: str, where: Where) -> None:
    for name, value in values.items():
        if name in row:
            problem = f"the {what} '{name}' has the name of another column of the data."
            raise DLError(where, problem, f"The columns are {', '.join(row)}; rename one of the two.")
        row[name] = value


def _finite(value: float | None) -> float | None:
    return value if value is not None and abs(value) <= LARGEST else None

"""Own: a Vega-Lite spec of the author's, drawn in the looks of the house, with the rows of runs as its data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import regular, specs, yamlcore
from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.model import Block, Where
from mkdocs_dlplugin.results import Results
from mkdocs_dlplugin.views import gathered, grammar
from mkdocs_dlplugin.views.figures import Chosen
from mkdocs_dlplugin.views.gathered import Row

LARGEST = 2_000_000
"""Bytes of a spec's file."""

OURS = ("runs", "series")
"""Names of data that we fill in: a row per run, point and seed, and a row per step of these."""


@dataclass(frozen=True)
class Own:
    """A spec as the author wrote it, with where its keys stand."""

    spec: Mapping[str, Any]
    where: Where
    """The place of its first line, in the page or in a file."""
    lines: Mapping[specs.Path, int] = field(default_factory=dict, compare=False, repr=False)
    """Line of each key, counted from that one."""
    file: str = ""
    """The file it was read from, relative to the folder of `mkdocs.yml`; empty for one in the page."""

    def at(self, path: specs.Path) -> Where:
        """Say where a key stands; the nearest above it where that is not known."""
        while path and path not in self.lines:
            path = path[:-1]
        if not self.where.line or not path:
            return self.where
        return Where(self.where.path, self.where.line + self.lines[path])


def load(spec: Any, block: Block, root: Path) -> Own:
    """Read the spec of a block: a mapping in it, or the name of a file.

    Raises:
        DLError: it is neither, or the file is missing, no plain file, or no JSON or YAML.
    """
    if isinstance(spec, Mapping):
        lines = {way[1:]: line for way, line in yamlcore.places(block.body).items() if way[:1] == ("spec",)}
        return Own(spec, Where(block.where.path, block.where.line + 1), lines)
    if not isinstance(spec, str) or not spec:
        hint = "For example spec: charts/loss.vl.json"
        raise DLError(block.where, f"`spec` is a Vega-Lite spec or the name of its file, got {spec!r}.", hint)
    try:
        text = regular.read(root, spec, LARGEST).decode("utf-8")
    except FileNotFoundError:
        raise DLError(block.where, f"there is no file '{spec}'.", "It is looked for beside mkdocs.yml.") from None
    except (OSError, UnicodeDecodeError, regular.Odd) as problem:
        raise DLError(block.where, f"the spec '{spec}' is not read: it {_why(problem)}.") from None
    first = Where(spec, 1)
    read = _json(text, first) if spec.endswith(".json") else yamlcore.load(text, first)
    if not isinstance(read, Mapping):
        raise DLError(first, "a Vega-Lite spec is a mapping.")
    return Own(read, first, yamlcore.places(text), spec)


def check(own: Own) -> None:
    """Check a spec without looking at any result: its words, and whatever is refused in a chart.

    Raises:
        DLError: with the line of what is wrong.
    """
    try:
        grammar.check_shape(own.spec)
        known = [*OURS, *(own.spec.get("datasets") or ())]
        for path, name in _named(own.spec):
            if name not in known:
                raise specs.Refused(f"there are no data called '{name}'.\n{suggest(str(name), known)}", (*path, "name"))
        whole = filled(own.spec, {name: [] for name in OURS})
        grammar.check(whole)
        specs.refuse(whole)
    except specs.Refused as refused:
        problem, _, hint = str(refused).partition("\n")
        raise DLError(own.at(refused.path), problem, hint) from None


def uses(spec: Mapping[str, Any]) -> list[str]:
    """Name our data that a spec draws, the first of them first; `runs` where it names none."""
    found = [str(name) for _, name in _named(spec) if name in OURS]
    return list(dict.fromkeys(found)) or ([] if _has_data(spec) else ["runs"])


def filled(spec: Mapping[str, Any], rows: Mapping[str, Sequence[Row]]) -> dict[str, Any]:
    """Put our rows into a spec, under the names by which it asks for them."""
    wanted = {name: list(rows[name]) for name in uses(spec)}
    whole = dict(spec)
    if wanted:
        whole["datasets"] = {**(spec.get("datasets") or {}), **wanted}
    if not _has_data(spec):
        whole["data"] = {"name": "runs"}
    return whole


def rows_of(own: Own, chosen: Sequence[Chosen], results: Results, where: Where) -> dict[str, list[Row]]:
    """Gather the rows that a spec draws.

    Raises:
        DLError: two columns have the same name, or the spec names one that is not there.
    """
    rows = {name: gathered.rows(name, chosen, results, where) for name in uses(own.spec)}
    columns = {column for of in rows.values() for row in of for column in row}
    if columns and not _makes_columns(own.spec):
        made = {str(name) for _, value in specs.entries(own.spec) for name in _made(_, value)}
        brought = {str(column) for row in held(own.spec) for column in row}
        for path, value in specs.entries(own.spec):
            if path[-1] == "field" and isinstance(value, str) and value.replace("_", "").isalnum():
                known = columns | made | brought | _DEFAULTS
                if value not in known:
                    raise DLError(own.at(path), f"'{value}' is no column of the data.", suggest(value, sorted(columns)))
    return rows


# What a spec holds.

_DEFAULTS = frozenset(("key", "value", "count", "density", "prob", "index", "data"))
"""Columns that transforms make when nothing else is said."""


def _named(spec: Mapping[str, Any]) -> Iterable[tuple[specs.Path, Any]]:
    """Yield the data that a spec asks for by name."""
    for path, value in specs.entries(spec):
        if path[-1] == "data" and isinstance(value, Mapping) and "name" in value and "values" not in value:
            yield path, value["name"]


def _has_data(spec: Mapping[str, Any]) -> bool:
    return any(path[-1] == "data" and value is not None for path, value in specs.entries(spec))


def held(spec: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    """Yield the rows that stand in a spec, plain values as rows of one column."""
    for path, value in specs.entries(spec):
        if path[-2:] == ("data", "values") and isinstance(value, list | tuple):
            yield from (row if isinstance(row, Mapping) else {"data": row} for row in value)
    for rows in (spec.get("datasets") or {}).values():
        yield from (row if isinstance(row, Mapping) else {"data": row} for row in rows)


def _makes_columns(spec: Mapping[str, Any]) -> bool:
    """Tell whether columns come from the rows themselves, so that nobody can name them beforehand."""
    return any(path[-1] == "pivot" for path, _ in specs.entries(spec))


def _made(path: specs.Path, value: Any) -> list[Any]:
    return list(value) if path[-1] == "as" and isinstance(value, list | tuple) else [value] if path[-1] == "as" else []


def _json(text: str, where: Where) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise DLError(Where(where.path, error.lineno), f"this is not JSON: {error.msg}.") from None
    except RecursionError:
        raise DLError(where, "this JSON is nested without end.") from None


def _why(problem: Exception) -> str:
    if isinstance(problem, UnicodeDecodeError):
        return "is not UTF-8"
    return str(problem) if isinstance(problem, regular.Odd) else f"cannot be opened ({problem})"

"""Specs: refuse what a Vega-Lite spec must not say here: data from elsewhere, links, endless rows, chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mkdocs_dlplugin import formulas

ROWS = 50_000
"""Rows of data of one chart beyond which it is not drawn."""

DEEPEST = 24
"""Levels of nesting beyond which it is none of ours."""

Path = tuple[str | int, ...]
"""Keys and places in lists that lead to a value of a spec."""

_REFUSED: Mapping[str, str] = {
    **dict.fromkeys(("url", "href"), "nothing may be fetched or linked"),
    **dict.fromkeys(("sequence", "graticule", "sphere", "keyvals"), "rows stand in the data"),
    **dict.fromkeys(("select", "bind", "clear", "toggle", "selection"), "a still picture selects nothing"),
    **dict.fromkeys(("signal", "signals", "update", "formatType"), "expressions stand in `transform`"),
    "usermeta": "it is not drawn",
    "projection": "maps are not drawn",
    "sample": "the same data must give the same drawing",
}
"""Keys with which a spec would fetch, link, make rows out of nothing, or change from one drawing to the next."""

_EXPRESSIONS = ("calculate", "expr", "filter", "labelExpr", "test")
_COMBINED = ("and", "or", "not")
_COUNTED = {"maxbins": 1000, "steps": 1000, "tickCount": 200, "columns": 100, "resolve": 500}
"""Numbers of things that are made, and how many there may be."""


class Refused(ValueError):
    """What a spec must not say, and where it says it."""

    def __init__(self, problem: str, path: Path = ()) -> None:
        super().__init__(problem)
        self.path = path


def refuse(spec: Mapping[str, Any]) -> None:
    """Check a whole spec, whoever laid it out.

    Raises:
        Refused: with what is refused, and where it stands.
    """
    rows = sum(len(values) for values in _datasets(spec).values())
    names = _parameters(spec)
    for path, value in entries(spec):
        key = path[-1]
        if key in _REFUSED and not (key == "url" and isinstance(value, str) and value.startswith("data:image/")):
            raise Refused(f"'{key}' is refused in a chart, {_REFUSED[str(key)]}.", path)
        if key in _EXPRESSIONS or _combines(path):
            _check_expression(value, names, path)
        if key in _COUNTED and isinstance(value, int | float) and value > _COUNTED[str(key)]:
            raise Refused(f"'{key}: {value}' is refused in a chart, more than {_COUNTED[str(key)]}.", path)
    # Afterwards, so that an address is called an address.
    for path, value in entries(spec):
        if path[-1] == "data" and value is not None:
            rows += _check_data(value, spec, path)
    if rows > ROWS:
        problem = f"{rows:,} rows of data are refused in a chart, more than {ROWS:,}."
        raise Refused(f"{problem} Aggregate them, or take a part.")


def entries(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Walk every key of every mapping in a spec, with the way to it; rows of data are only data and left out.

    Raises:
        Refused: it is nested without end.
    """
    if len(path) > DEEPEST:
        raise Refused("a chart nested so deeply is refused.", path[:1])
    if isinstance(value, Mapping):
        for key, item in value.items():
            here = (*path, str(key))
            yield here, item
            if not _is_rows(here):
                yield from entries(item, here)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if isinstance(item, Mapping | list | tuple):
                yield from entries(item, (*path, index))


def _is_rows(path: Path) -> bool:
    """Tell whether rows stand there, which may have columns of any name."""
    return path[-2:] == ("data", "values") or path[:1] == ("datasets",)


def _datasets(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the data sets that a spec holds by name.

    Raises:
        Refused: one is no list of rows.
    """
    found = spec.get("datasets") or {}
    if not isinstance(found, Mapping) or not all(isinstance(rows, list | tuple) for rows in found.values()):
        raise Refused("'datasets' are refused that are not lists of rows by name.", ("datasets",))
    return found


def _check_data(value: Any, spec: Mapping[str, Any], path: Path) -> int:
    """Let through rows that stand in the spec, in place or by name; returns how many stand in place."""
    if isinstance(value, Mapping) and value.keys() <= {"values", "name", "format"} and _plain(value.get("format")):
        if isinstance(value.get("values"), list | tuple):
            return len(value["values"])
        if "values" not in value and value.get("name") in _datasets(spec):
            return 0
    # Data may be a text of rows, too; ours are lists.
    raise Refused("data of a chart are refused that do not stand in it as a list of `values`.", path)


def _plain(form: Any) -> bool:
    """Tell whether rows are read as they stand, at most with the types of their columns."""
    if form is None:
        return True
    return isinstance(form, Mapping) and form.keys() <= {"type", "parse"} and form.get("type", "json") == "json"


def _parameters(spec: Mapping[str, Any]) -> list[str]:
    """Name the parameters of a spec that are plain values, which expressions may use."""
    declared = spec.get("params") or ()
    found = [one for one in declared if isinstance(one, Mapping)] if isinstance(declared, list | tuple) else []
    return [str(one.get("name")) for one in found if isinstance(one.get("value"), int | float | str | bool)]


def _combines(path: Path) -> bool:
    return path[-1] in _COMBINED and any(key in ("filter", "test") for key in path)


def _check_expression(value: Any, names: list[str], path: Path) -> None:
    """Check an expression; a test may also be a mapping, whose parts are looked at by themselves."""
    for one in value if isinstance(value, list | tuple) else [value]:
        if not isinstance(one, Mapping):
            try:
                formulas.check(one, names)
            except ValueError as problem:
                raise Refused(str(problem), path) from None

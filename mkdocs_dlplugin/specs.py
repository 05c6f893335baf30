"""Specs: refuse what a Vega-Lite spec must not say here: data from elsewhere, links, free expressions, endless rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

ROWS = 50_000
"""Rows of data of one chart beyond which it is not drawn."""

DEEPEST = 24
"""Levels of nesting beyond which it is none of ours."""

_REFUSED = frozenset(
    (
        *("usermeta", "datasets", "transform", "params", "projection"),
        *("signal", "expr", "calculate", "lookup", "sequence", "graticule", "sphere"),
    )
)
"""Keys with which a spec would carry what is not drawn, make rows out of nothing, or compute."""
_EXPRESSIONS = ("labelExpr", "test", "filter")
_PLAIN = re.compile(r"(?:slice\(datum\.value, \d{1,3}(?:, \d{1,3})?\)|datum\.value|'[^'\\]{0,20}'|===|[?: ])+")
"""Expressions that may stand there: parts of a label, compared and chosen; they call nothing that takes long."""


def refuse(spec: Mapping[str, Any]) -> None:
    """Check a whole spec, whoever laid it out.

    Raises:
        ValueError: with what is refused.
    """
    rows = 0
    for key, value in entries(spec):
        if key in _REFUSED:
            raise ValueError(f"'{key}' is refused in a chart.")
        if key in _EXPRESSIONS and not (isinstance(value, str) and _PLAIN.fullmatch(value)):
            raise ValueError(f"the expression {str(value)[:60]!r} is refused in a chart.")
        if key == "data" and value is not None:
            # Data may be a text of rows, too; ours are lists.
            given = value.get("values") if isinstance(value, Mapping) else None
            if not isinstance(given, list | tuple) or len(value) > 1:
                raise ValueError("data of a chart are refused that do not stand in it as a list of `values`.")
            rows += len(given)
    if rows > ROWS:
        raise ValueError(f"{rows:,} rows of data are refused in a chart, more than {ROWS:,}.")


def entries(value: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Walk every key of every mapping in a spec.

    Raises:
        ValueError: it is nested without end.
    """
    if depth > DEEPEST:
        raise ValueError("a chart nested so deeply is refused.")
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key), item
            yield from entries(item, depth + 1)
    elif isinstance(value, list | tuple):
        for item in value:
            if isinstance(item, Mapping | list | tuple):
                yield from entries(item, depth + 1)

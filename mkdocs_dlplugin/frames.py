"""Frames: DataFrames and Series of pandas and polars as plain values, of which a page makes a table of our own."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

ROWS, TOP, BOTTOM = 20, 8, 4
"""Rows that are kept whole; of more, so many from the top and from the bottom."""

COLUMNS, LEFT, RIGHT = 20, 12, 4
"""Likewise for columns."""

CELL = 200
"""Letters of a text that are kept."""

Cell = str | int | float | bool | None
"""What stands in a cell; `None` for a missing value."""


def is_frame(value: object) -> bool:
    """Tell whether a value is a DataFrame or a Series of pandas or polars."""
    kind = type(value)
    return kind.__module__.partition(".")[0] in ("pandas", "polars") and kind.__name__ in ("DataFrame", "Series")


def plain(value: Any) -> dict[str, Any]:
    """Take the values out of a DataFrame or a Series.

    Returns:
        `shape`, rows and columns of all of it; `index`, how many of the columns kept are row names; `names` and
        `types` of the columns kept; `rows`; and `above` and `left`, after how many of them others were left out,
        `-1` where none were.
    """
    if type(value).__name__ == "Series":
        value = value.to_frame()
    take = _pandas if type(value).__module__.partition(".")[0] == "pandas" else _polars
    rows, columns = _chosen(value.shape[0], ROWS, TOP, BOTTOM), _chosen(value.shape[1], COLUMNS, LEFT, RIGHT)
    index, names, types, kept = take(value, rows, columns)
    return {
        "shape": [int(side) for side in value.shape],
        "index": index,
        "names": names,
        "types": types,
        "rows": kept,
        "above": TOP if len(rows) < value.shape[0] else -1,
        "left": LEFT + index if len(columns) < value.shape[1] else -1,
    }


def _chosen(count: int, most: int, first: int, last: int) -> list[int]:
    return list(range(count)) if count <= most else [*range(first), *range(count - last, count)]


def _pandas(value: Any, rows: list[int], columns: list[int]) -> tuple[int, list[str], list[str], list[list[Cell]]]:
    index = value.index
    # Rows that are only counted have no names.
    counted = type(index).__name__ == "RangeIndex" and index.name is None
    levels = 0 if counted else index.nlevels
    part = value.iloc[rows, columns]
    lists = [part.index.get_level_values(level).tolist() for level in range(levels)]
    lists += [part.iloc[:, number].tolist() for number in range(len(columns))]
    types = [str(index.get_level_values(level).dtype) for level in range(levels)]
    names = [_name(name) for name in ([] if counted else index.names)]
    names += [_name(name) for name in part.columns.tolist()]
    return levels, names, [*types, *map(str, part.dtypes.tolist())], _rows(lists, len(rows))


def _polars(value: Any, rows: list[int], columns: list[int]) -> tuple[int, list[str], list[str], list[list[Cell]]]:
    part = value[rows, columns] if rows and columns else value.head(len(rows))
    lists = [part.to_series(number).to_list() for number in range(part.shape[1])]
    return 0, [_name(name) for name in part.columns], [str(kind) for kind in part.dtypes], _rows(lists, len(rows))


def _rows(lists: Sequence[Sequence[Any]], count: int) -> list[list[Cell]]:
    return [[_cell(values[row]) for values in lists] for row in range(count)]


def _name(name: Any) -> str:
    parts = name if isinstance(name, tuple) else (name,)
    return _cut(" / ".join(str(part) for part in parts if part is not None and str(part)))


def _cell(value: Any) -> Cell:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) < 2**63:
        return int(value)
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.7g}") if math.isfinite(value) else str(float(value))
    return _cut(str(value).removesuffix(" 00:00:00"))


def _cut(text: str) -> str:
    # Halves of characters stand in no file.
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= CELL else text[: CELL - 1] + "…"

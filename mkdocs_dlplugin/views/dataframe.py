"""Dataframe: draw the values of a DataFrame, as `frames` took them, as a table of ours."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from mkdocs_dlplugin import words
from mkdocs_dlplugin.frames import BOTTOM, ROWS, TOP, Cell
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.views.tables import Column, table

DIGITS = 6
"""Significant digits of the largest number of a column."""


def draw(frame: Mapping[str, Any], *, label: str = "", caption: str = "") -> str:
    """Draw a table that scrolls sideways on a phone, and that says where rows or columns were left out.

    Args:
        frame: What `frames.plain` returned, or a record says it did; `vetting` has checked its shape.
        label: Names the table for those who hear it.
        caption: HTML id of the element that names it instead.
    """
    rows: list[list[Cell]] = frame["rows"]
    lists = [[row[number] for row in rows] for number in range(len(frame["names"]))]
    heads: list[Column] = []
    writers = []
    for name, values in zip(frame["names"], lists, strict=True):
        number = _numeric(values)
        heads.append((escape(plain(name)),) if number else escape(plain(name)))
        writers.append(_numbers(values) if number else _text)
    index, above, left = frame["index"], frame["above"], frame["left"]
    drawn = [_row(row, writers, index, left) for row in rows]
    if 0 <= left <= len(heads):
        heads.insert(left, "…")
    if 0 <= above <= len(drawn):
        left_out = words.say("rows-left-out", n=max(0, frame["shape"][0] - len(rows))) if frame["shape"] else "…"
        drawn.insert(above, f'<tr><td class="dl-absent" colspan="{len(heads)}">{escape(left_out)}</td></tr>')
    return table(heads, drawn, label=label, caption=caption)


def size(frame: Mapping[str, Any]) -> str:
    """Say how large all of it is, where some was left out."""
    if len(frame["shape"]) != 2 or (frame["above"] < 0 and frame["left"] < 0):
        return ""
    rows, columns = frame["shape"]
    return words.say("table-size", rows=words.say("n-rows", n=rows), columns=words.say("n-columns", n=columns))


def of_rows(rows: Sequence[Any]) -> dict[str, Any]:
    """Make of the data of a chart, a mapping per row, what `draw` takes."""
    kept = list(rows) if len(rows) <= ROWS else [*rows[:TOP], *rows[-BOTTOM:]]
    kept = [row if isinstance(row, Mapping) else {"value": row} for row in kept]
    names = list(dict.fromkeys(name for row in kept for name in row))[:12]
    values = [[_cell(row.get(name)) for name in names] for row in kept]
    above = TOP if len(kept) < len(rows) else -1
    return {
        "shape": [len(rows), len(names)],
        "index": 0,
        "names": [str(name) for name in names],
        "rows": values,
        "above": above,
        "left": -1,
    }


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return value.removesuffix("T00:00:00")
    return value if value is None or isinstance(value, int | float) else "…"


def _row(row: Sequence[Cell], writers: Sequence[Callable[[Cell], str]], index: int, left: int) -> str:
    cells = []
    for number, (cell, write) in enumerate(zip(row, writers, strict=True)):
        if number < index:
            cells.append(f'<th scope="row">{write(cell)}</th>')
        elif write is _text:
            cells.append(f"<td>{write(cell)}</td>")
        else:
            cells.append(f'<td class="dl-number">{write(cell)}</td>')
    if 0 <= left <= len(cells):
        cells.insert(left, "<td>…</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _numeric(values: Sequence[Cell]) -> bool:
    """Tell whether a column holds numbers; what is not finite is text there."""
    there = [value for value in values if value is not None]
    return any(_is_number(value) for value in there) and all(
        _is_number(value) or value in ("inf", "-inf") for value in there
    )


def _is_number(value: Cell) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: Cell) -> str:
    if value is None:
        return '<span class="dl-absent">–</span>'
    return escape(plain(str(value)))


def _numbers(values: Sequence[Cell]) -> Callable[[Cell], str]:
    """Choose how the numbers of a column are written: with the same decimals, and no more than they need."""
    floats = [value for value in values if isinstance(value, float) and math.isfinite(value)]
    sizes = [abs(float(value)) for value in values if isinstance(value, int | float) and _fits(value)]
    largest, smallest = max(sizes, default=0.0), min((size for size in sizes if size), default=1.0)
    grouped = "," if largest >= 10_000 else ""
    form = f"{grouped}d"
    if floats and (largest >= 10**DIGITS or smallest < 1e-4):
        form = f".{DIGITS - 1}g"
    elif floats:
        most = DIGITS - len(str(int(largest)))
        decimals = next((d for d in range(most) if all(round(v, d) == round(v, most) for v in floats)), most)
        form = f"{grouped}.{decimals}f"

    def write(value: Cell) -> str:
        if not isinstance(value, int | float) or isinstance(value, bool) or not _fits(value):
            return _text(value)
        return format(value if form.endswith("d") else float(value), form)

    return write


def _fits(value: Cell) -> bool:
    """Tell whether a number is one that a float can hold."""
    return isinstance(value, float) or (isinstance(value, int) and len(re.sub("-", "", str(value))) < 300)

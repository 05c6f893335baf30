"""Rows: one row per run with its name beside it, or above it on a phone, gathered under the names of sections."""

from __future__ import annotations

from collections.abc import Sequence

from mkdocs_dlplugin.vega import COLORS, FG
from mkdocs_dlplugin.views.drawing import LETTER, SHAPES, Spec
from mkdocs_dlplugin.views.figures import Figure, Line
from mkdocs_dlplugin.views.panels import Room
from mkdocs_dlplugin.views.rules import HALO
from mkdocs_dlplugin.words import say

HEADING = "§"
"""Begins the key of a row that only names a section; no run's name can hold it."""

WIDEST = 260
"""Pixels beyond which a name beside its row is cut off."""


def keys(lines: Sequence[Line]) -> list[str]:
    """Order the rows; sections that have a name begin with it."""
    found: list[str] = []
    sections = list(dict.fromkeys(line.section for line in lines))
    for section in sections:
        if sections != [""]:
            found.append(HEADING + (section or say("chart-others")))
        found += [line.label for line in lines if line.section == section]
    return list(dict.fromkeys(found))


def looks(figure: Figure) -> dict[str, tuple[str, str]]:
    """Give each section its colour and shape."""
    sections = dict.fromkeys(line.section for line in figure.lines)
    return {name: (COLORS[i % len(COLORS)], SHAPES[i % len(SHAPES)]) for i, name in enumerate(sections)}


def channel(rows: Sequence[str], *, beside: bool, named: bool = True) -> Spec:
    """Describe the y axis of rows, with the names beside them or not; those of a panel stand beside the first only."""
    row: Spec = {"field": "k", "type": "nominal", "scale": {"domain": list(rows), "paddingOuter": 0.6}, "sort": None}
    row["axis"] = _names(named=named) if beside else None
    return row


def extent(rows: Sequence[str]) -> int:
    """Return the pixels that names beside their rows take."""
    return int(min(WIDEST, max(len(row.removeprefix(HEADING)) for row in rows) * (LETTER * 13 / 12) + 6))


def framed(layers: Sequence[Spec], rows: Sequence[str], row: Spec, room: Room, above: int) -> Spec:
    """Give the layers of rows their height, and on a phone their names.

    Args:
        layers: What is drawn, references included.
        rows: Keys of the rows, from top to bottom.
        row: The channel that places them.
        room: What there is to draw in.
        above: Pixels that names of references take above the plot.
    """
    # Names come last, so that no line crosses them.
    named = [*layers, *(_names_above(rows, row, room.width) if room.phone else ())]
    height = int((len(rows) + 0.6) * (44 if room.phone else 34))
    if room.panel:
        return {"height": height, "layer": named}
    return {
        "height": height + 48 + above,
        "padding": {"left": 2, "right": 8, "bottom": 2, "top": 2 + above},
        "layer": named,
    }


def _names(*, named: bool) -> Spec:
    """Write the names beside their rows, those of sections in bold."""
    heading = f"slice(datum.value, 0, 1) === '{HEADING}'"
    bold = {"condition": {"test": heading, "value": "bold"}, "value": "normal"}
    return {
        "title": None, "grid": False, "labelFontSize": 13, "labelLimit": WIDEST, "labelColor": FG,
        "labelFontWeight": bold, "labels": named,
        "labelExpr": f"{heading} ? slice(datum.value, 1) : datum.value",
    }  # fmt: skip


def _names_above(rows: Sequence[str], row: Spec, width: float) -> list[Spec]:
    """Write the names above their rows, so that on a phone the plot keeps the whole width."""
    layers: list[Spec] = []
    for weight, shift in (("normal", -14), ("bold", 4)):
        texts = [
            {"k": key, "t": key.removeprefix(HEADING)} for key in rows if key.startswith(HEADING) == (weight == "bold")
        ]
        if not texts:
            continue
        mark = {
            "type": "text",
            "align": "left",
            "baseline": "middle",
            "dx": 3,
            "dy": shift,
            "fontWeight": weight,
            "limit": width - 10,
        }
        place = {"y": row, "x": {"value": 0}, "text": {"field": "t"}}
        layers += [
            {"data": {"values": texts}, "mark": {**mark, **HALO}, "encoding": place},
            {"data": {"values": texts}, "mark": {**mark, "color": FG}, "encoding": place},
        ]
    return layers

"""Panels: small multiples, one panel per value of a parameter or tag, aligned, with one y axis and exact widths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.vega import FG
from mkdocs_dlplugin.views.drawing import LETTER, PHONE, Spec, heading
from mkdocs_dlplugin.views.figures import Chosen, Figure, Line, Wanted, written
from mkdocs_dlplugin.words import say

GAP = 24
"""Pixels between two panels beside each other."""

LEAST = 150
"""Pixels below which the plot of a panel is too narrow to be read."""

MOST = 4
"""Panels beside each other; of more, each would be a stamp."""


@dataclass(frozen=True)
class Room:
    """What there is for one plot."""

    width: float
    """Pixels: of the whole drawing where there is one plot, else of the panel's plot."""
    page: float
    """Pixels of the whole drawing."""
    whole: Figure
    """All that shares its axes and looks."""
    phone: bool
    first: bool = True
    """Whether it stands at the left, where the labels of the y axis are."""
    last: bool = True
    """Whether it stands at the bottom, where the title of the x axis is."""
    panel: bool = False
    """Whether it is one of several."""


def read(
    chosen: Sequence[Chosen], wanted: Wanted, facet: str, one: Callable[[Sequence[Chosen], Wanted], Figure]
) -> Figure:
    """Read a figure panel by panel; in one piece where no `facet` is asked for.

    Raises:
        DLError: no run has such a parameter or tag, or one lacks it.
    """
    if not facet:
        return one(chosen, wanted)
    parts: dict[str, list[Chosen]] = {}
    for entry in chosen:
        parts.setdefault(value_of(entry, facet, chosen, wanted.where), []).append(entry)
    figures = {name: one(part, replace(wanted, facet=facet)) for name, part in parts.items()}
    lines = [replace(line, panel=name) for name, figure in figures.items() for line in figure.lines]
    notes = tuple(dict.fromkeys(note for figure in figures.values() for note in figure.notes))
    first = next((figure for figure in figures.values() if figure.lines), next(iter(figures.values())))
    return replace(first, lines=tuple(lines), notes=notes, facet=facet)


def value_of(entry: Chosen, field: str, chosen: Sequence[Chosen], where: Where) -> str:
    """Return the value of a parameter or tag, as readers see it: `n = 100`, or the tag's word.

    Raises:
        DLError: the run has neither.
    """
    if field in entry.group.params:
        return f"{field.replace('_', ' ')} = {written(entry.group.params[field])}"
    if field in entry.group.run.tags:
        return entry.group.run.tags[field]
    known = sorted({name for one in chosen for name in (*one.group.params, *one.group.run.tags)})
    problem = f"run '{entry.group.address}' has neither a parameter nor a tag '{field}'."
    raise DLError(where, problem, suggest(field, known) or "Give the runs `tags`, or `params`.")


def lay_out(
    figure: Figure, width: int, unit: Callable[[Figure, Room], Spec], *, extent: float, title: str = ""
) -> Spec:
    """Lay out one plot in the whole width, or one panel beside and below the other.

    Args:
        figure: What is shown.
        width: Pixels of the whole drawing.
        unit: Lays out one plot: its `layer`, `height` and, where it needs them, `data` and `padding`.
        extent: Pixels that the labels of the y axis take at the left of a row of panels.
        title: What stands above all panels.
    """
    phone = width < PHONE
    if not figure.facet:
        return unit(figure, Room(width, width, figure, phone))
    parts = figure.panels
    columns = 1 if phone else _columns(len(parts), width - extent)
    plot = (width - extent - 4 - (columns - 1) * GAP) / columns
    views = []
    for number, part in enumerate(parts):
        last = number >= len(parts) - columns
        room = Room(plot, width, figure, phone, first=number % columns == 0, last=last, panel=True)
        view = unit(part, room)
        views.append({"width": plot, **view, "layer": [*view["layer"], _name(_panel(part.lines))]})
    looks = ("color", "fill", "stroke", "shape", "strokeDash")
    return {
        **({"title": heading(title) | {"offset": 22}} if title else {}),
        "concat": views,
        "columns": columns,
        "spacing": {"column": GAP, "row": 58},
        # Only the plots are aligned; where their axes reach is ours to know.
        "bounds": "flush",
        "resolve": {"scale": dict.fromkeys(looks, "shared"), "legend": dict.fromkeys(looks, "shared")},
    }


def x_axis(title: str, room: Room) -> Spec:
    """Write the title of the x axis below the last row of panels only, and keep its labels from the next panel's."""
    if not room.panel:
        return {"title": title}
    fitting = title if len(title) * LETTER <= room.width + GAP else title.split(",", maxsplit=1)[0]
    return {"title": fitting if room.last else None, "labelFlush": True}


def _panel(lines: Sequence[Line]) -> str:
    return lines[0].panel or say("chart-others")


def _columns(count: int, width: float) -> int:
    """Count the panels of a row, so that the rows are about equally long."""
    fitting = max(1, min(count, MOST, int((width + GAP) // (LEAST + GAP))))
    return -(-count // -(-count // fitting))


def _name(text: str) -> Spec:
    """Write the name of a panel above its plot; a title would move with the labels of its axis."""
    mark = {"type": "text", "align": "left", "baseline": "bottom", "fontWeight": "bold", "color": FG, "dy": -9}
    place = {"x": {"value": 0}, "y": {"value": 0}, "text": {"value": text}}
    return {"data": {"values": [{}]}, "mark": mark, "encoding": place}

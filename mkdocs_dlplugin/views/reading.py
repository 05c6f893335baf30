"""Reading: what readers may read out of a chart with their scripts, and the files that these fetch when asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from mkdocs_dlplugin.explore import AT, NAME, VALUE, layers_read
from mkdocs_dlplugin.numbers import NBSP, shown
from mkdocs_dlplugin.phrases import inside
from mkdocs_dlplugin.results import Place
from mkdocs_dlplugin.shipped import script
from mkdocs_dlplugin.slim import READ
from mkdocs_dlplugin.vega import WIDTHS, Failed, Renderer, Unavailable
from mkdocs_dlplugin.views.caption import called, name_of, plain, subject, x_name
from mkdocs_dlplugin.views.figures import Figure, Line, Point, is_number, written
from mkdocs_dlplugin.views.listing import across, text
from mkdocs_dlplugin.words import say

LayOut = Callable[[int], Mapping[str, Any]]
Spec = Mapping[str, Any]
MARKS = ("line", "bar", "rect", "point")
"""Marks that are read out, the likeliest to be meant first: points on a line are the line's."""

VIEWS = ("concat", "vconcat")
"""Keys of a spec with several panels."""

ALONE = ("rows", "points")
"""Forms of a figure whose marks each stand for themselves; those of the others belong to a line, row or histogram."""


def readable(figure: Figure, lay_out: LayOut) -> LayOut:
    """Name the layers that draw the figure's means, and write into their rows what is read out at each.

    They are found by their data, so no kind of chart has to know; a spec without one stays as it is, and so does one
    of which a panel has none: nothing is read out.
    """

    def told(width: int) -> Spec:
        spec = lay_out(width)
        key = next((key for key in VIEWS if key in spec), "")
        if not key:
            return _told(spec, figure, figure, READ) or spec
        parts = _parts(figure) if len(_parts(figure)) == len(spec[key]) else ()
        views = [
            _told(view, part, figure, f"{READ}_{number}" if number else READ)
            for number, (view, part) in enumerate(zip(spec[key], parts, strict=False))
        ]
        return {**spec, key: views} if views and all(views) else spec

    return told


def files(name: str, figure: Figure, told: LayOut, explored: LayOut, place: Place, renderer: Renderer) -> str:
    """Ship what scripts fetch when a reader asks, and say where it lies, as attributes of the plot.

    Args:
        name: HTML id of the figure, by which files are named.
        figure: What the chart shows.
        told: Lays it out, as `readable` returns it.
        explored: Lays it out for those who explore it.
        place: Where the chart stands.
        renderer: Compiles it for the runtime.
    """
    layers = layers_read(told(WIDTHS[0]))
    if not layers or not place.ships_files:
        return ""
    along = inside(subject(figure)) if figure.form == "counts" else x_name(figure)
    read = _attribute("read", name, _spoken(figure, layers, along), place)
    return f' data-form="{figure.form}"{read}{explorable(name, explored, along, place, renderer)}'


def explorable(name: str, explored: LayOut, along: str, place: Place, renderer: Renderer) -> str:
    """Ship what is explored, and say where it lies; where that fails, readers have the drawing and no more.

    Args:
        name: HTML id of the figure.
        explored: Lays it out.
        along: Name of the x axis inside a sentence.
        place: Where the chart stands.
        renderer: Compiles it for the runtime.
    """
    if not place.ships_files or not script("vega-runtime.js"):
        return ""
    try:
        return _attribute("vg", name, renderer.explorable(explored, along), place)
    except (Unavailable, Failed) as problem:
        renderer.warn(f"{place.where}: the chart cannot be explored: {problem}")
        return ""


def _attribute(kind: str, name: str, content: bytes, place: Place) -> str:
    return f' data-{kind}="{escape(place.file(f"{name}.{kind}.json", content))}"' if content else ""


def _parts(figure: Figure) -> Sequence[Figure]:
    """Return what each panel of a figure shows; histograms have one for each run."""
    if figure.form == "counts":
        return [replace(figure, lines=(line,)) for line in figure.lines]
    return figure.panels


def _told(view: Spec, part: Figure, whole: Figure, name: str) -> dict[str, Any] | None:
    """Name the layer of one plot that draws the means of *part*; `None` where there is none."""
    layers = list(view.get("layer", (view,)))
    found = [n for n, layer in enumerate(layers) if _draws(part, layer, view)]
    if not found:
        return None
    # What is drawn last lies on top.
    index = min(reversed(found), key=lambda n: MARKS.index(_mark(layers[n])))
    said = [_said(whole, line, point) for line in part.lines for point in line.points]
    rows = [{**row, **telling} for row, telling in zip(_rows(layers[index], view), said, strict=True)]
    layers[index] = {**layers[index], "name": name, "data": {"values": rows}}
    return {**view, "layer": layers} if "layer" in view else layers[0]


def _draws(figure: Figure, layer: Spec, view: Spec) -> bool:
    """Tell whether a layer has a row for each point, in order, that holds its mean."""
    rows, points = _rows(layer, view), figure.points
    return (
        _mark(layer) in MARKS
        and len(rows) == len(points)
        and all(point.estimate.mean in row.values() for row, point in zip(rows, points, strict=True))
    )


def _mark(layer: Spec) -> str:
    mark = layer.get("mark", "")
    return str(mark.get("type", "") if isinstance(mark, Mapping) else mark)


def _rows(layer: Spec, view: Spec) -> Sequence[Spec]:
    rows: Sequence[Spec] = (layer.get("data") or view.get("data") or {}).get("values", ())
    return rows


def _said(figure: Figure, line: Line, point: Point) -> dict[str, str]:
    """Write what is read out at a point; one that is a whole row has no place along x."""
    if figure.form == "counts":
        low, high = plain(float(point.x), figure.metric), plain(point.until, figure.metric)
        return {NAME: line.label, VALUE: f"{point.estimate.mean:.0f}", AT: say("up-to", low=low, high=high)}
    number = {VALUE: text(point.estimate, figure.metric).replace(" ±", f"{NBSP}±")}
    if figure.form == "points":
        # Beside the other number, what has no interval needs not say so.
        at = across(figure, point)
        if point.across and figure.across and point.across.low is None:
            at = shown(point.across, figure.across).value
        return {NAME: called(line, point), AT: at, **number}
    if figure.form == "cells":
        up = inside(figure.up.title or figure.up.field.replace("_", " "))
        return {NAME: f"{up} {line.label}", AT: written(point.x), **number}
    return {NAME: name_of(figure, line), **({} if figure.form == "rows" else {AT: written(point.x)}), **number}


def _spoken(figure: Figure, layers: Sequence[Spec], along: str) -> bytes:
    """Write `{"x": …, "s": [[name, [[place, number], …]], …]}`, in the order in which the marks are drawn."""
    said = []
    for layer in layers:
        lines: dict[str, list[Spec]] = {}
        for number, row in enumerate(layer["data"]["values"]):
            lines.setdefault(str(number) if figure.form in ALONE else row[NAME], []).append(row)
        for members in lines.values():
            if _mark(layer) == "line" and all(is_number(row["x"]) for row in members):
                # Vega joins points in the order of x.
                members.sort(key=lambda row: float(row["x"]))
        said += [[members[0][NAME], [[row.get(AT, ""), row[VALUE]] for row in members]] for members in lines.values()]
    return json.dumps({"x": along, "s": said}, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

"""Reading: what readers may read out of a chart with their scripts, and the files that these fetch when asked."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from mkdocs_dlplugin.explore import AT, NAME, VALUE
from mkdocs_dlplugin.numbers import NBSP
from mkdocs_dlplugin.results import Place
from mkdocs_dlplugin.shipped import script
from mkdocs_dlplugin.slim import READ
from mkdocs_dlplugin.vega import WIDTHS, Failed, Renderer, Unavailable
from mkdocs_dlplugin.views.caption import called, plain, x_name
from mkdocs_dlplugin.views.figures import Figure, Line, Point, is_number, written
from mkdocs_dlplugin.views.listing import across, text
from mkdocs_dlplugin.words import say

LayOut = Callable[[int], Mapping[str, Any]]
MARKS = ("line", "bar", "rect", "point")
"""Marks that are read out, the likeliest to be meant first: points on a line are the line's."""


def readable(figure: Figure, lay_out: LayOut) -> LayOut:
    """Name the layer that draws the figure's means, and write into its rows what is read out at each.

    It is found by its data, so no kind of chart has to know; a spec without one stays as it is, and is not read out.
    """

    def told(width: int) -> Mapping[str, Any]:
        spec = lay_out(width)
        layers = list(spec.get("layer", ()))
        found = [n for n, layer in enumerate(layers) if _draws(figure, layer, spec)]
        if not found:
            return spec
        # What is drawn last lies on top.
        index = min(reversed(found), key=lambda n: MARKS.index(_mark(layers[n])))
        rows = [{**row, **said} for row, said in zip(_rows(layers[index], spec), _said(figure), strict=True)]
        layers[index] = {**layers[index], "name": READ, "data": {"values": rows}}
        return {**spec, "layer": layers}

    return told


def files(name: str, figure: Figure, told: LayOut, place: Place, renderer: Renderer) -> str:
    """Ship what scripts fetch when a reader asks, and say where it lies, as attributes of the plot.

    Args:
        name: HTML id of the figure, by which files are named.
        figure: What the chart shows.
        told: Lays it out, as `readable` returns it.
        place: Where the chart stands.
        renderer: Compiles it for the runtime; where that fails, readers have the drawing and nothing to explore.
    """
    layer = next((layer for layer in told(WIDTHS[0]).get("layer", ()) if layer.get("name") == READ), None)
    if layer is None or not place.ships_files:
        return ""
    along = x_name(figure)
    shipped = {"read": _spoken(layer, along)}
    if script("vega-runtime.js"):
        try:
            shipped["vg"] = renderer.explorable(told, along)
        except (Unavailable, Failed) as problem:
            renderer.warn(f"{place.where}: the chart cannot be explored: {problem}")
    return "".join(
        f' data-{kind}="{escape(place.file(f"{name}.{kind}.json", content))}"'
        for kind, content in shipped.items()
        if content
    )


def _draws(figure: Figure, layer: Mapping[str, Any], spec: Mapping[str, Any]) -> bool:
    """Tell whether a layer has a row for each point, in order, that holds its mean."""
    rows, points = _rows(layer, spec), figure.points
    return (
        _mark(layer) in MARKS
        and len(rows) == len(points)
        and all(point.estimate.mean in row.values() for row, point in zip(rows, points, strict=True))
    )


def _mark(layer: Mapping[str, Any]) -> str:
    mark = layer.get("mark", "")
    return str(mark.get("type", "") if isinstance(mark, Mapping) else mark)


def _rows(layer: Mapping[str, Any], spec: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    rows: Sequence[Mapping[str, Any]] = (layer.get("data") or spec.get("data") or {}).get("values", ())
    return rows


def _said(figure: Figure) -> list[dict[str, str]]:
    """Write what is read out at each point; one that is a whole row has no place along x."""
    return [_told(figure, line, point) for line in figure.lines for point in line.points]


def _told(figure: Figure, line: Line, point: Point) -> dict[str, str]:
    if figure.form == "counts":
        low, high = plain(float(point.x), figure.metric), plain(point.until, figure.metric)
        return {NAME: line.label, VALUE: f"{point.estimate.mean:.0f}", AT: say("bin", low=low, high=high)}
    told = {NAME: called(line, point), VALUE: text(point.estimate, figure.metric).replace(" ±", f"{NBSP}±")}
    if figure.form == "points":
        return told | {AT: across(figure, point)}
    return told if point.x == line.label else told | {AT: written(point.x)}


def _spoken(layer: Mapping[str, Any], along: str) -> bytes:
    """Write `{"x": …, "s": [[name, [[place, number], …]], …]}`, in the order in which the marks are drawn."""
    lines: dict[str, list[Mapping[str, Any]]] = {}
    rows = layer["data"]["values"]
    for number, row in enumerate(rows):
        # Only lines gather their points; other marks are drawn row by row.
        lines.setdefault(row[NAME] if _mark(layer) == "line" else str(number), []).append(row)
    for members in lines.values():
        if _mark(layer) == "line" and all(is_number(row["x"]) for row in members):
            # Vega joins points in the order of x.
            members.sort(key=lambda row: float(row["x"]))
    said = [[members[0][NAME], [[row.get(AT, ""), row[VALUE]] for row in members]] for members in lines.values()]
    return json.dumps({"x": along, "s": said}, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

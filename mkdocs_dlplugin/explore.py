"""Explore: give a chart's spec what a reader who explores it needs: numbers on hover, zoom, a legend that picks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from mkdocs_dlplugin.slim import READ
from mkdocs_dlplugin.specs import entries

ZOOM, PICK = "dl_zoom", "dl_pick"
"""Names of the selections; `tools/vega-runtime/entry.js` moves the first by keys."""

NAME, AT, VALUE = TOLD = ("told_name", "told_at", "told")
"""Fields of a row that are read out: its name, its place along x if there is one, the number as the page shows it."""

LACKING = frozenset(
    (
        *("crossfilter", "resolvefilter", "contour", "heatmap", "isocontour", "kde2d", "geojson", "geopath"),
        *("geopoint", "geoshape", "graticule", "force", "nest", "pack", "partition", "stratify", "tree", "treelinks"),
        *("treemap", "label", "loess", "regression", "voronoi", "wordcloud"),
    )
)
"""Transforms that the runtime in `assets/js` leaves out."""

Spec = Mapping[str, Any]


def interactive(spec: Spec) -> dict[str, Any]:
    """Add what a reader may do, as far as the kind of chart allows it.

    Args:
        spec: A Vega-Lite spec of layers, one of them named `slim.READ`, as `views.reading` makes it.

    Returns:
        The spec with more; as it was when it has no such layer.
    """
    layers = [dict(layer) for layer in spec.get("layer", ())]
    found = next((layer for layer in layers if layer.get("name") == READ), None)
    if found is None:
        return dict(spec)
    row = found["data"]["values"][0]
    encoding: dict[str, Any] = dict(found["encoding"])
    encoding["tooltip"] = [{"field": field, "type": "nominal"} for field in TOLD if field in row]
    found["encoding"] = encoding
    params: list[dict[str, Any]] = []
    found["params"] = params
    if along := [channel for channel in ("x", "y") if encoding.get(channel, {}).get("type") == "quantitative"]:
        params.append({"name": ZOOM, "select": {"type": "interval", "encodings": along}, "bind": "scales"})
        if "x" in along and (encoding["x"].get("scale") or {}).get("nice") is False:
            # Marks at the ends would be cut in half.
            encoding["x"] = {**encoding["x"], "scale": {**encoding["x"]["scale"], "padding": 7}}
        for layer in layers:
            layer["mark"] = _clipped(layer)
    if names := _in_legend(encoding):
        params.append({"name": PICK, "select": {"type": "point", "fields": [names]}, "bind": "legend"})
        for layer in layers:
            _fade(layer, names)
    if found["mark"].get("type") == "line":
        layers.append(_targets(found))
    return {**spec, "layer": layers}


def runs(compiled: Spec) -> bool:
    """Tell whether the runtime knows every transform of a compiled spec."""
    return not any(name in LACKING for name in _transforms(compiled))


def bundle(compiled: Mapping[int, Spec], along: str) -> bytes:
    """Write compiled specs as the one file that a reader fetches who explores.

    Args:
        compiled: By the width that each is for.
        along: Name of the x axis inside a sentence.
    """
    specs = {str(width): {key: spec[key] for key in spec if key != "$schema"} for width, spec in compiled.items()}
    return json.dumps({"x": along, "widths": specs}, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(
        "utf-8", "replace"
    )


def _transforms(compiled: Spec) -> Iterator[str]:
    for path, value in entries(compiled):
        if path[-1] == "transform" and isinstance(value, list):
            yield from (str(one.get("type")) for one in value if isinstance(one, Mapping))


def _clipped(layer: Spec) -> dict[str, Any]:
    """Keep a mark inside the plot, which zooming would move it out of; names may stand outside, but at a height."""
    mark = layer["mark"]
    whole = dict(mark) if isinstance(mark, Mapping) else {"type": mark}
    return {**whole, "clip": whole["type"] != "text" or "datum" in layer.get("encoding", {}).get("y", {})}


def _in_legend(encoding: Spec) -> str:
    """Return the field whose names stand in the legend; empty where there is none."""
    color = encoding.get("color", {})
    told = color.get("type") == "nominal" and color.get("scale") and color.get("legend", {}) is not None
    return str(color.get("field", "")) if told else ""


def _fade(layer: dict[str, Any], names: str) -> None:
    """Let what belongs to another name than the picked one step back."""
    encoding = layer.get("encoding", {})
    if not any(isinstance(channel, Mapping) and channel.get("field") == names for channel in encoding.values()):
        return
    full = layer["mark"].get("opacity", 1)
    picked = {"condition": {"param": PICK, "value": full}, "value": round(full * 0.15, 3)}
    layer["encoding"] = {**encoding, "opacity": picked}


def _targets(line: Spec) -> dict[str, Any]:
    """Make a line answer at each of its points, where a pointer would only meet the line as a whole."""
    kept = ("x", "y", "detail", "tooltip")
    encoding = {name: line["encoding"][name] for name in kept if name in line["encoding"]}
    mark = {"type": "point", "filled": True, "opacity": 0, "size": 240, "clip": True}
    return {"data": line["data"], "mark": mark, "encoding": encoding}

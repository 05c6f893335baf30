"""Explore: give a chart's spec what a reader who explores it needs: numbers on hover, zoom, a legend that picks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
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

POINTS = frozenset({"line", "point", "circle", "square", "tick", "trail"})
"""Marks that stand at a value and do not reach to it from zero."""

Spec = Mapping[str, Any]


def layers_read(spec: Spec) -> list[Spec]:
    """Return the layers that are read out, panel by panel."""
    views = next((spec[key] for key in ("concat", "vconcat") if key in spec), (spec,))
    every = [layer for view in views for layer in view.get("layer", (view,))]
    return [
        layer for layer in every if str(layer.get("name", "")).partition("_")[0] == READ and "told" in _first(layer)
    ]


def interactive(spec: Spec) -> dict[str, Any]:
    """Add what a reader may do, as far as the kind of chart allows it.

    Values are zoomed where marks stand at them.  Bars are not: they begin at zero, and tell by their length.

    Args:
        spec: A Vega-Lite spec of one plot, one layer of which is named `slim.READ`, as `views.reading` makes it, or has
            marks that stand at values, as authors' own have.

    Returns:
        The spec with more; as it was when there is nothing to do, which `offers` tells.
    """
    layers = [dict(layer) for layer in spec.get("layer", (spec,))]
    found = _found(layers)
    if found is None:
        return dict(spec)
    encoding: dict[str, Any] = dict(found["encoding"])
    params: list[dict[str, Any]] = []
    kind = _kind(found)
    if along := [channel for channel in ("x", "y") if kind in POINTS and _zooms(encoding.get(channel))]:
        params.append({"name": ZOOM, "select": {"type": "interval", "encodings": along}, "bind": "scales"})
        if "x" in along and (encoding["x"].get("scale") or {}).get("nice") is False:
            # Marks at the ends would be cut in half.
            encoding["x"] = {**encoding["x"], "scale": {**encoding["x"]["scale"], "padding": 7}}
        for layer in layers:
            layer.update({"mark": _clipped(layer)} if "mark" in layer else {})
    names = _in_legend(encoding)
    if names:
        params.append({"name": PICK, "select": {"type": "point", "fields": [names]}, "bind": "legend"})
    if not params:
        return dict(spec)
    row = _first(found)
    if told := [{"field": field, "type": "nominal"} for field in TOLD if field in row]:
        encoding["tooltip"] = told
    elif "tooltip" not in encoding:
        found["mark"] = {**_whole(found), "tooltip": {"content": "encoding"}}
    found |= {"encoding": encoding, "params": [*found.get("params", ()), *params]}
    for layer in layers if names else ():
        _fade(layer, names)
    if kind == "line" and "layer" in spec and row:
        layers.append(_targets(found))
    return {**spec, "layer": layers} if "layer" in spec else layers[0]


def offers(spec: Spec) -> bool:
    """Tell whether a spec lets readers do something."""
    return any(
        one.get("name") in (ZOOM, PICK) for layer in spec.get("layer", (spec,)) for one in layer.get("params", ())
    )


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
    zooms = any(
        str(one.get("name", "")).startswith(ZOOM) for spec in compiled.values() for one in spec.get("signals", ())
    )
    return json.dumps(
        {"x": along, "zooms": zooms, "widths": specs}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode("utf-8", "replace")


def _transforms(compiled: Spec) -> Iterator[str]:
    for path, value in entries(compiled):
        if path[-1] == "transform" and isinstance(value, list):
            yield from (str(one.get("type")) for one in value if isinstance(one, Mapping))


def _found(layers: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Find the layer that answers to a reader: the one that is read out, or the first with marks at values."""
    named = next((layer for layer in layers if layer.get("name") == READ), None)
    return named or next(
        (
            layer
            for layer in layers
            if "mark" in layer
            and _kind(layer) in POINTS
            and any(_zooms(layer.get("encoding", {}).get(channel)) for channel in ("x", "y"))
        ),
        None,
    )


def _zooms(channel: Any) -> bool:
    """Tell whether a channel lies on an axis of values as they stand in the data."""
    return (
        isinstance(channel, Mapping)
        and channel.get("type") in ("quantitative", "temporal")
        and not channel.keys() & {"bin", "stack", "timeUnit"}
    )


def _whole(layer: Spec) -> dict[str, Any]:
    mark = layer["mark"]
    return dict(mark) if isinstance(mark, Mapping) else {"type": mark}


def _kind(layer: Spec) -> str:
    return str(_whole(layer)["type"])


def _first(layer: Spec) -> Spec:
    """Return the first row of a layer's own data; empty without any."""
    rows: Sequence[Any] = (layer.get("data") or {}).get("values") or ({},)
    return rows[0] if isinstance(rows[0], Mapping) else {}


def _clipped(layer: Spec) -> dict[str, Any]:
    """Keep a mark inside the plot, which zooming would move it out of; names at a line stand above or beside it."""
    whole, encoding = _whole(layer), layer.get("encoding", {})
    outside = whole["type"] == "text" and any(encoding.get(axis, {}).keys() & {"datum", "value"} for axis in "xy")
    return {**whole, "clip": not outside}


def _in_legend(encoding: Spec) -> str:
    """Return the field whose names stand in the legend; empty where there is none."""
    for channel in ("color", "stroke"):
        look = encoding.get(channel, {})
        if look.get("type") == "nominal" and look.get("scale", {}) and look.get("legend", {}) is not None:
            return str(look.get("field", ""))
    return ""


def _fade(layer: dict[str, Any], names: str) -> None:
    """Let what belongs to another name than the picked one step back."""
    encoding = layer.get("encoding", {})
    if "mark" not in layer or not any(
        isinstance(channel, Mapping) and channel.get("field") == names for channel in encoding.values()
    ):
        return
    full = _whole(layer).get("opacity", 1)
    picked = {"condition": {"param": PICK, "value": full}, "value": round(full * 0.15, 3)}
    layer["encoding"] = {**encoding, "opacity": picked}


def _targets(line: Spec) -> dict[str, Any]:
    """Make a line answer at each of its points, where a pointer would only meet the line as a whole."""
    kept = ("x", "y", "detail", "tooltip")
    encoding = {name: line["encoding"][name] for name in kept if name in line["encoding"]}
    mark = {"type": "point", "filled": True, "opacity": 0, "size": 240, "clip": True}
    return {"data": line["data"], "mark": mark, "encoding": encoding}

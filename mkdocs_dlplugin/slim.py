"""Slim: rewrite a drawn SVG for a page: half the bytes, no fixed font, ids of its own, nothing executable."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping

VERSION = 3
"""Raised when the same drawing comes out differently, so that cached ones are made anew."""

READ = "read"
"""Name of the layer whose marks a reader can read out; of several panels with the number of each: `read_1`."""


def slim(svg: str, name: str) -> str:
    """Rewrite a drawing.

    Only attributes are touched, numbers only in attributes that hold coordinates: text is what the reader reads.

    Args:
        svg: The drawing as Vega wrote it.
        name: Id of the chart in its page; prefixes every id inside.

    Raises:
        ValueError: it holds an element or a link that does not belong into a chart, or is no XML.
    """
    try:
        root = ET.fromstring(_plain(svg))  # noqa: S314 - without a doctype there are no entities
    except ET.ParseError as error:
        raise ValueError(f"the drawing is no XML: {error}.") from error
    _one_clip_per_shape(root)
    # Vega counts ids over the life of the process; counting anew makes the second drawing equal the first.
    ids = {own: f"{name}-{number}" for number, own in enumerate(filter(None, (e.get("id") for e in root.iter())))}
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
        _check(element.tag, element.attrib)
        read = _READ.fullmatch(element.get("class", ""))
        element.attrib = dict(_slim_attributes(element, ids)) | ({"data-read": read[1]} if read else {})
    _prune(root)
    root.attrib = {"xmlns": _SVG.strip("{}"), **root.attrib}
    return ET.tostring(root, encoding="unicode")


def trusted(svg: str) -> bool:
    """Tell whether a finished drawing that lay on disk holds nothing that executes, links or fetches."""
    try:
        for element in ET.fromstring(_plain(svg)).iter():  # noqa: S314 - as above
            _check(element.tag.removeprefix(_SVG), element.attrib)
    except (ET.ParseError, ValueError):
        return False
    return True


def _plain(svg: str) -> str:
    """Refuse what could define entities, which may stand for anything and grow without end.

    Raises:
        ValueError: it has a doctype, a comment or an instruction.
    """
    if "<!" in svg or "<?" in svg:
        raise ValueError("a chart may have no doctype.")
    return svg


def _check(tag: str, attributes: Mapping[str, str]) -> None:
    """Refuse an element that could run a script, link or fetch.

    Raises:
        ValueError: with what it holds.
    """
    if tag not in _ELEMENTS:
        raise ValueError(f"a chart may not hold <{tag}>.")
    for key, value in attributes.items():
        if key == _XLINK:
            if not value.startswith("data:image/"):
                raise ValueError(f"a chart may not link: {value[:60]!r}.")
        elif key.lower().startswith("on") or key in ("href", "src") or _FETCHES.search(value):
            raise ValueError(f"a chart may not hold {key}={value[:60]!r}.")


_FETCHES = re.compile(r"(?i)url\((?!#)|javascript:|expression\(|@import")
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
ET.register_namespace("xlink", "http://www.w3.org/1999/xlink")
_ELEMENTS = {
    "svg", "g", "path", "line", "rect", "circle", "text", "tspan", "image", "defs", "clipPath", "linearGradient",
    "radialGradient", "stop",
}  # fmt: skip
_DROPPED = {"class", "role", "pointer-events", "font-family", "version", "style"}
_GEOMETRY = {"d", "transform", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height"}
_INITIAL = {"opacity": "1", "stroke-width": "1", "stroke-dasharray": "1,0", "fill-opacity": "1", "stroke-opacity": "1",
            "font-weight": "normal", "text-anchor": "start", "transform": "translate(0,0)"}  # fmt: skip
_INHERITED = ("fill", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "fill-opacity", "font-size",
              "font-weight", "text-anchor")  # fmt: skip
_READ = re.compile(rf"mark-(\w+) role-mark {READ}(?:_\d+)?_marks")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FRACTION = re.compile(r"-?\d*\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+")


def _slim_attributes(element: ET.Element, ids: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Keep what is drawn: rounded coordinates, prefixed ids, no values that are the initial ones."""
    for key, value in element.attrib.items():
        if key in _DROPPED or key.startswith("aria-") or (_INITIAL.get(key) == value and element.tag != "svg"):
            continue
        if key == "id":
            yield key, ids[value]
        elif key == _XLINK:
            # Material's script assigns every [href] to itself, which throws on an image inside an SVG.
            yield key, value
        elif key in _GEOMETRY:
            yield key, _FRACTION.sub(_rounded, value)
        else:
            yield key, _REFERENCE.sub(lambda match: f"url(#{ids[match[1]]})", value)


def _rounded(match: re.Match[str]) -> str:
    """Round to a tenth of a pixel, and keep numbers apart that only a minus sign separated."""
    text = f"{float(match[0]):.1f}".removesuffix(".0").replace("-0.0", "0")
    text = "0" if text == "-0" else text
    before = match.string[match.start() - 1] if match.start() else ""
    return f",{text}" if before.isdigit() and not text.startswith("-") else text


def _one_clip_per_shape(root: ET.Element) -> None:
    """Let equal clip paths share one id; Vega writes one per mark."""
    first: dict[bytes, str] = {}
    renamed: dict[str, str] = {}
    for defs in root.iter(f"{_SVG}defs"):
        for clip in list(defs.iter(f"{_SVG}clipPath")):
            own = clip.attrib.pop("id")
            shape = ET.tostring(clip)
            clip.set("id", own)
            renamed[f"url(#{own})"] = f"url(#{first.setdefault(shape, own)})"
            if first[shape] != own:
                defs.remove(clip)
    for element in root.iter():
        if (clipped := element.get("clip-path")) in renamed:
            element.set("clip-path", renamed[str(clipped)])


def _prune(element: ET.Element) -> None:
    """Remove what draws nothing, say once on a group what all its children say, dissolve groups that only group."""
    kept: list[ET.Element] = []
    for child in element:
        _prune(child)
        paints = child.tag not in ("path", "rect") or child.get("fill") or child.get("stroke")
        if child.get("display") == "none" or (not paints and element.tag != "clipPath"):
            continue
        if child.tag in ("g", "defs") and not len(child):
            continue
        if child.tag == "g" and not child.attrib:
            kept.extend(child)
        else:
            kept.append(child)
    element[:] = kept
    if element.tag != "g" or len(element) < 2:
        return
    for key in _INHERITED:
        values = {child.get(key) for child in element}
        if len(values) == 1 and (value := values.pop()) is not None:
            element.set(key, value)
            for child in element:
                del child.attrib[key]

"""Svg: take out of a picture of somebody else's what could run, link or fetch, and tell whether any of it is left.

A page shows it by `<img>`, where nothing of it runs; opened alone, from its own address, all of it would.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping

LARGEST = 2_000_000
"""Bytes of a picture beyond which it slows down whoever scrolls past it."""

DEEPEST = 100
"""Levels of nesting beyond which it is none of ours."""

SHAPES = 100_000
"""Shapes beyond which it is a bomb for whoever opens it; `use` draws the same ones again and again."""

_SVG = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}"
_ELEMENTS = frozenset(
    f"{_SVG}{name}"
    for name in (
        *("svg", "g", "defs", "symbol", "use", "title", "desc", "style", "switch", "marker", "pattern", "mask"),
        *("path", "line", "polyline", "polygon", "rect", "circle", "ellipse", "image", "clipPath", "filter"),
        *("text", "tspan", "textPath", "linearGradient", "radialGradient", "stop"),
        *("feBlend", "feColorMatrix", "feComposite", "feFlood", "feGaussianBlur", "feMerge", "feMergeNode", "feOffset"),
    )
)
_FETCHES = re.compile(r"(?i)url\(\s*(?![\s\"']*#)|javascript:|expression\(|@import|-moz-binding|behavior:|\\")
_INLINE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")


class Refused(ValueError):
    """What is wrong with a picture, as the end of a sentence."""


def cleaned(text: str) -> tuple[bytes, bool]:
    """Rewrite a picture without what no page may show.

    Args:
        text: The picture as a library made it, in the process of the code that asked for it.

    Returns:
        The picture, and whether more than comments and descriptions were taken out of it.

    Raises:
        Refused: it is no picture, or too much of one.
    """
    try:
        # Entities of its own would have to be declared in its doctype, which goes first.
        root = ET.fromstring(re.sub(r"(?s)<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", "", text).strip())  # noqa: S314
    except (ET.ParseError, ValueError) as error:
        raise Refused(f"is no SVG ({error})") from error
    lost = _strip(root)
    for element in root.iter():
        element.tag = element.tag.removeprefix(_SVG)
    root.attrib = {"xmlns": _SVG.strip("{}"), **root.attrib}
    ET.register_namespace("xlink", _XLINK.strip("{}"))
    content = ET.tostring(root, encoding="unicode").encode()
    check(content)
    return content, lost


def check(content: bytes) -> None:
    """Check a picture that a stranger may have written.

    Raises:
        Refused: with what it holds.
    """
    _counted(_parsed(content))


def size(content: bytes) -> tuple[int, int]:
    """Read width and height in pixels, so that the page keeps their place; zeros where it does not say them."""
    root = _parsed(content)
    sides = [_pixels(root.get(side, "")) for side in ("width", "height")]
    box = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", root.get("viewBox", ""))]
    if not all(sides) and len(box) == 4:
        sides = box[2:]
    width, height = (round(side) if 0 < side < 100_000 else 0 for side in sides)
    return (width, height) if width and height else (0, 0)


def _parsed(content: bytes) -> ET.Element:
    if len(content) > LARGEST:
        raise Refused(f"has {len(content):,} bytes, more than {LARGEST:,}")
    # Without a doctype there are no entities; without instructions, no style sheet from elsewhere.
    if b"<!" in content or b"<?" in content:
        raise Refused("is an SVG with a doctype, a comment or an instruction")
    try:
        root = ET.fromstring(content.decode("utf-8"))  # noqa: S314
    except (ET.ParseError, ValueError) as error:
        raise Refused(f"is no SVG ({type(error).__name__})") from error
    if root.tag != f"{_SVG}svg":
        raise Refused("is no SVG")
    return root


def _strip(element: ET.Element, depth: int = 0) -> bool:
    """Remove elements and attributes that are not allowed; tell whether they said more than what a picture is of."""
    if depth > DEEPEST:
        raise Refused("is an SVG nested too deeply")
    lost = False
    for child in list(element):
        if child.tag == f"{_SVG}a":  # what it links stays
            child.tag = f"{_SVG}g"
        if child.tag not in _ELEMENTS or (child.tag == f"{_SVG}style" and _FETCHES.search(child.text or "")):
            lost = lost or child.tag not in (f"{_SVG}metadata", f"{_SVG}desc")
            tail, at = child.tail or "", list(element).index(child)
            element.remove(child)
            if at:
                element[at - 1].tail = (element[at - 1].tail or "") + tail
            else:
                element.text = (element.text or "") + tail
        else:
            lost = _strip(child, depth + 1) or lost
    for name in [name for name, value in element.attrib.items() if _wrong(name, value)]:
        # What editors and libraries note about themselves is no loss.
        lost = lost or not name.startswith("{") or name.startswith(_XLINK + "href")
        del element.attrib[name]
    return lost


def _wrong(name: str, value: str) -> bool:
    """Tell whether an attribute may not stand in a picture."""
    if name in ("href", f"{_XLINK}href"):
        return not value.startswith("#") and not _INLINE.fullmatch(value)
    return name.startswith("{") or name.lower().startswith("on") or name == "src" or bool(_FETCHES.search(value))


def _counted(root: ET.Element) -> None:
    """Refuse what is not allowed, and count what is drawn, `use` by `use`.

    Raises:
        Refused: an element or attribute is not allowed, or there are too many shapes.
    """
    # Of several with one id the first counts.
    if sum(1 for _ in root.iter()) > SHAPES:
        raise Refused(f"is an SVG of more than {SHAPES:,} shapes")
    named = {element.get("id", ""): element for element in reversed(list(root.iter())) if element.get("id")}
    known: dict[ET.Element, int] = {}

    def count(element: ET.Element, above: frozenset[ET.Element]) -> int:
        if element in above or len(above) > DEEPEST:
            raise Refused("is an SVG that shows itself, or is nested too deeply")
        if element not in known:
            _check(element.tag, element.attrib, element.text or "")
            uses = (element.get(name, "") for name in ("href", f"{_XLINK}href")) if element.tag == f"{_SVG}use" else ()
            shown = [named[use[1:]] for use in uses if use[1:] in named]
            inside = above | {element}
            known[element] = 1 + sum(count(part, inside) for part in (*element, *shown))
        if known[element] > SHAPES:
            raise Refused(f"is an SVG of more than {SHAPES:,} shapes")
        return known[element]

    count(root, frozenset())


def _check(tag: str, attributes: Mapping[str, str], text: str) -> None:
    if tag not in _ELEMENTS:
        raise Refused(f"is an SVG that holds <{tag.rpartition('}')[2][:40]}>")
    for name, value in attributes.items():
        if _wrong(name, value):
            raise Refused(f"is an SVG that holds {name.rpartition('}')[2][:40]}={value[:40]!r}")
    if tag == f"{_SVG}style" and _FETCHES.search(text):
        raise Refused("is an SVG whose style fetches")


def _pixels(length: str) -> float:
    """Convert a length to pixels; 0 for one that depends on where it is shown."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(px|pt|in|cm|mm)?\s*", length)
    units = {"pt": 4 / 3, "in": 96.0, "cm": 96 / 2.54, "mm": 9.6 / 2.54}
    return float(found[1]) * units.get(found[2] or "", 1.0) if found else 0.0

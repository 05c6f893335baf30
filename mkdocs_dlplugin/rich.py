"""Rich: what a value looks like, taken from it in its own process, as values that a record can hold."""

from __future__ import annotations

import base64
import contextlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from mkdocs_dlplugin import frames, svg
from mkdocs_dlplugin.kept import check
from mkdocs_dlplugin.sizes import decimal
from mkdocs_dlplugin.vetting import Damaged

LARGEST = 500_000
"""Bytes of one text, HTML, table or spec beyond which the value is shown as its `repr`."""

PICTURE = 5_000_000
"""Bytes of one picture, likewise."""

PLAIN = 4000
"""Letters of the `repr` that are kept beside what is shown."""

_VEGA = re.compile(r"application/vnd\.vegalite\.v\d+(?:\.\d+)*\+json")
_METHODS = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "image/jpeg": "_repr_jpeg_",
}
"""Ways to show a value, the richest first."""

_ACTIVE = re.compile(r"(?i)<(?:script|iframe|canvas|object|embed)\b")
_SAID_BETTER = ("sklearn", "xarray")
"""Packages whose HTML needs a style sheet and a script, and whose text says the same."""


@dataclass(frozen=True)
class Look:
    """What a value looks like."""

    kind: Literal["text", "png", "jpg", "svg", "html", "markdown", "table", "vega"]
    text: str = ""
    """For all but pictures."""
    content: bytes = b""
    """For pictures."""
    plain: str = ""
    """Its `repr`, cut, where something else is shown."""
    notes: tuple[str, ...] = ()
    """What is missing and why, each the beginning of a sentence."""


class _Unfit(Exception):
    """Why a value cannot be shown in a way, as the end of a sentence."""


def look(value: Any) -> Look:
    """Find the richest way to show a value that a page allows; its `repr` where there is none."""
    name, notes = type(value).__name__, []
    for way in _ways(value):
        try:
            found = way()
        except _Unfit as unfit:
            notes.append(f"a value of type {name} is shown as text, for {unfit}")
        except Exception as error:  # the author's code: how a value looks is no reason to lose what was measured
            notes.append(f"a value of type {name} is shown as text, for its drawing raised {type(error).__name__}")
        else:
            if found is not None:
                return replace(found, plain="" if found.content else _cut(written(value)))
    text = written(value)
    return Look("text", _cut(text) if notes else text, notes=tuple(notes[:1]))


def written(value: Any) -> str:
    """Return the `repr` of a value; addresses, which would differ with every run, are left out."""
    return re.sub(r" at 0x[0-9a-f]{6,}", "", repr(value))


def _ways(value: Any) -> list[Callable[[], Look | None]]:
    """List the ways to show a value, the richest first; each returns `None` where the value has no such side."""
    if isinstance(value, type):
        return []
    if isinstance(value, bytes | bytearray):
        return [lambda: _picture(bytes(value))]
    if frames.is_frame(value):
        return [lambda: _json("table", frames.plain(value)) if value.shape[-1] else None]
    if type(value).__module__.partition(".")[0] == "altair" and hasattr(value, "to_dict"):
        return [lambda: _vega(value.to_dict())]
    if isinstance(value, dict):
        return [lambda: _vega(value) if "vega-lite" in str(value.get("$schema", "")) else None]
    return [lambda: _mimes(value)]


def _mimes(value: Any) -> Look | None:
    """Choose among what a value says of itself, as notebooks ask it."""
    said, unfit = _said(value), None
    for kind, data in said.items():
        if _VEGA.fullmatch(kind) and isinstance(data, Mapping):
            return _vega(data)
    root = type(value).__module__.partition(".")[0]
    for kind, method in _METHODS.items():
        try:
            data = said[kind] if kind in said else _asked(value, method)
            if data is not None and not (kind == "text/html" and root in _SAID_BETTER):
                return _of(kind, data)
        except _Unfit as reason:
            unfit = unfit or reason
    if unfit is not None:
        raise unfit
    return None


def _said(value: Any) -> dict[str, Any]:
    said = _asked(value, "_repr_mimebundle_")
    said = said[0] if isinstance(said, tuple) and said else said
    return dict(said) if isinstance(said, Mapping) else {}


def _asked(value: Any, method: str) -> Any:
    """Call a method of the value's type, so that objects which have every attribute are not asked."""
    if getattr(type(value), method, None) is None:
        return None
    with contextlib.suppress(NotImplementedError):
        return getattr(value, method)()
    return None


def _of(kind: str, data: Any) -> Look:
    """Take one way to show a value.

    Raises:
        _Unfit: a page cannot show it.
    """
    if kind in ("image/png", "image/jpeg"):
        content = base64.b64decode(data) if isinstance(data, str) else bytes(data)
        if (found := _picture(content)) is None:
            raise _Unfit("what it calls a picture is none")
        return found
    text = "".join(data) if isinstance(data, list) else str(data)
    if kind == "image/svg+xml":
        return _drawing(text)
    if len(text) > LARGEST:
        raise _Unfit(f"it is {decimal(len(text))}, more than the {decimal(LARGEST)} of a page")
    if kind == "text/html" and _ACTIVE.search(text):
        raise _Unfit(
            "it draws with scripts, which no page runs; hand `run.show` the bytes of a PNG of it, or draw it with "
            "Altair or matplotlib"
        )
    return Look("html" if kind == "text/html" else "markdown", text)


def _picture(content: bytes) -> Look | None:
    for kind, begins in (("png", b"\x89PNG\r\n\x1a\n"), ("jpg", b"\xff\xd8\xff")):
        if content.startswith(begins):
            if len(content) > PICTURE:
                raise _Unfit(f"the picture has {decimal(len(content))}, more than {decimal(PICTURE)}")
            try:
                check(f"picture.{kind}", content)
            except Damaged as damaged:
                raise _Unfit(str(damaged)) from damaged
            return Look("png" if kind == "png" else "jpg", content=content)
    return None


def _drawing(text: str) -> Look:
    try:
        content, lost = svg.cleaned(text)
    except svg.Refused as refused:
        raise _Unfit(f"its drawing {refused}") from refused
    missing = ("scripts, links or what is fetched was taken out of a drawing",) if lost else ()
    return Look("svg", content=content, notes=missing)


def _vega(given: Mapping[str, Any]) -> Look:
    """Take a Vega-Lite spec, its data inside; what only a script would make use of is left out."""
    spec = dict(given)
    sets = spec.pop("datasets", {})
    spec = _inlined({name: part for name, part in spec.items() if name != "usermeta"}, sets)
    idle = [one for one in spec.get("params", []) if isinstance(one, Mapping) and "select" in one]
    if idle and len(idle) == len(spec["params"]):
        rest = {name: part for name, part in spec.items() if name != "params"}
        if not any(f'"{one.get("name")}"' in json.dumps(rest) for one in idle):
            spec = rest
    return _json("vega", spec)


def _inlined(value: Any, sets: Mapping[str, Any]) -> Any:
    """Put data where a spec only names them."""
    if isinstance(value, Mapping):
        name = value.get("name") if len(value) == 1 else None
        if isinstance(name, str) and name in sets:
            return {"values": sets[name]}
        return {key: _inlined(part, sets) for key, part in value.items()}
    return [_inlined(part, sets) for part in value] if isinstance(value, list | tuple) else value


def _json(kind: Literal["table", "vega"], value: Mapping[str, Any]) -> Look:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise _Unfit(f"it holds what JSON cannot ({error})") from error
    if len(text) > LARGEST:
        raise _Unfit(f"its data are {decimal(len(text))}, more than the {decimal(LARGEST)} of a page; show fewer rows")
    return Look(kind, text)


def _cut(text: str) -> str:
    return text if len(text) <= PLAIN else text[: PLAIN - 1] + "…"

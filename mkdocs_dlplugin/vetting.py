"""Vetting: take nothing of a record file on trust: size, shape, types, ranges and names are checked before use."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any

from mkdocs_dlplugin.fingerprint import digest_json
from mkdocs_dlplugin.model import SCHEMA

LARGEST = 4 * 1024 * 1024
"""Bytes of a record file beyond which it is not one of ours; real ones stay below 8 KB."""

DEEPEST = 12
"""Levels of nesting beyond which a record is not one of ours; real ones have 4."""

ITEMS = 1_000_000
"""Test items of which a record may keep the correctness."""

NAME = re.compile(r"\w[\w .%/()@:+,=^~-]{0,99}")
"""What a metric, series or timer of a record may be called: no sign in it means anything to HTML or TeX."""


class Damaged(Exception):
    """A record file that cannot stand for a result; its text says why."""


class Newer(Damaged):
    """A record that a later version of the plugin wrote; not ours to move or to replace."""


def load(content: bytes) -> dict[str, Any]:
    """Read the JSON of a record and check all of it.

    Raises:
        Newer: a later version of the plugin wrote it.
        Damaged: it is no record of ours, or was edited.
    """
    value = strict_json(content)
    schema = value.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        by = f"schema {schema}, this one reads {SCHEMA}"
        raise Newer(f"was written by a newer version of the plugin ({by}) and is left alone")
    if schema != SCHEMA or isinstance(schema, bool):
        raise Damaged("is not a record (it names no schema of ours)")
    digest = value.pop("digest", None)
    try:
        own = digest_json(value)
    except ValueError as error:  # a number such as 1e999, which JSON can write and not hold
        raise Damaged(f"is not a record ({error})") from error
    if digest != own:
        raise Damaged("was edited by hand (its digest differs)")
    check(value)
    return value


def check(value: Mapping[str, Any]) -> None:
    """Check the fields of a record; fields of other versions are left to those who know them.

    Raises:
        Damaged: one is missing, of the wrong type, out of range, or named as nothing is named here.
    """
    for name, verify in _FIELDS.items():
        if name not in value:
            raise Damaged(f"is not a record (it has no '{name}')")
        try:
            verify(value[name])
        except _Wrong as wrong:
            raise Damaged(f"is not a record ('{name}' {wrong})") from wrong


def check_shared(value: Mapping[str, Any]) -> None:
    """Check what many records share of their provenance.

    Raises:
        Damaged: a value is of the wrong type.
    """
    try:
        _provenance({name: said for name, said in value.items() if said is not None})
    except _Wrong as wrong:
        raise Damaged(f"is not an environment ({wrong})") from wrong


def strict_json(content: bytes, deepest: int = DEEPEST) -> dict[str, Any]:
    """Read a mapping from JSON, limits first: no conflict markers, no duplicate keys, no NaN, UTF-8, not deep.

    Args:
        content: The JSON.
        deepest: Levels of nesting that it may have.

    Raises:
        Damaged: it is none.
    """
    if not content.strip():
        raise Damaged("is empty")
    if len(content) > LARGEST:
        raise Damaged("is far larger than a record")
    if content.startswith(_POINTER):
        raise Damaged("is a Git LFS pointer: run `git lfs pull`")
    if re.search(rb"^(?:<<<<<<<|>>>>>>>) ", content, re.MULTILINE):  # inside a text of JSON no line begins
        raise Damaged("has git conflict markers: keep either side, both are complete")
    if _depth(content) > deepest:
        raise Damaged("is not a record (it is nested too deeply)")
    try:
        value = json.loads(content.decode("utf-8"), parse_constant=_refuse, object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        raise Damaged(f"is not a record (line {error.lineno}, column {error.colno}: {error.msg})") from error
    except (ValueError, RecursionError) as error:
        raise Damaged(f"is not a record ({error})") from error
    if not isinstance(value, dict):
        raise Damaged("is not a record (it is no mapping)")
    return value


def is_pointer(content: bytes) -> bool:
    """Tell whether Git LFS left its pointer in place of a file."""
    return content.startswith(_POINTER)


_BRACKETS = 200
"""As many levels JSON can be read without harm; what is deeper than a record is then of the wrong shape."""
_POINTER = b"version https://git-lfs"


class _Wrong(Exception):
    """What is wrong with a value, as the end of a sentence."""


_Check = Callable[[Any], None]


def _depth(content: bytes) -> int:
    """Count the levels of nesting; a real record has so few brackets that they need not be looked at one by one."""
    if content.count(b"[") + content.count(b"{") <= _BRACKETS:
        return 0
    deepest = depth = 0
    for found in re.finditer(rb'"(?:[^"\\]|\\.)*"?|[\[\]{}]', content, re.DOTALL):
        sign = found[0]
        if sign in (b"[", b"{"):
            depth += 1
            deepest = max(deepest, depth)
        elif sign in (b"]", b"}"):
            depth -= 1
    return deepest


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"'{twice[:40]}' stands twice")
    return found


# The shapes of values; each raises `_Wrong` or returns.


def _matching(pattern: re.Pattern[str] | str) -> _Check:
    grammar = re.compile(pattern) if isinstance(pattern, str) else pattern

    def verify(value: Any) -> None:
        # As a composed letter, which is how files and pages are compared.
        if isinstance(value, str) and not value.isascii():
            value = unicodedata.normalize("NFC", value)
        if not isinstance(value, str) or not grammar.fullmatch(value):
            raise _Wrong(f"is {_said(value)}")

    return verify


def _text(most: int) -> _Check:
    def verify(value: Any) -> None:
        if not isinstance(value, str) or len(value) > most:
            raise _Wrong(f"is {_said(value)}, not a text of at most {most:,} letters")

    return verify


def _number(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(f"is {_said(value)}, not a number")
    try:
        finite = math.isfinite(float(value))
    except OverflowError:
        finite = False
    if not finite:
        raise _Wrong("is a number without end")


def _numbers(value: Any, types: set[type]) -> None:
    """Check a long list of numbers all at once."""
    if not isinstance(value, list) or len(value) > ITEMS or not types.issuperset(map(type, value)):
        raise _Wrong("holds what is no number")
    try:
        finite = all(map(math.isfinite, (number for number in value if number is not None)))
    except OverflowError:
        finite = False
    if not finite:
        raise _Wrong("holds a number without end")


def _positive(value: Any) -> None:
    _number(value)
    if value < 0:
        raise _Wrong(f"is {value}, less than nothing")


def _whole(most: int) -> _Check:
    def verify(value: Any) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            raise _Wrong(f"is {_said(value)}, not a whole number from 0 to {most}")

    return verify


def _flag(value: Any) -> None:
    if not isinstance(value, bool):
        raise _Wrong(f"is {_said(value)}, not true or false")


def _scalar(value: Any) -> None:
    if isinstance(value, str):
        _text(2000)(value)
    elif value is not None and not isinstance(value, bool):
        _number(value)


def _param(value: Any) -> None:
    if value is None or value == "":
        raise _Wrong("is nothing")
    _scalar(value)


def _list(each: _Check, most: int) -> _Check:
    def verify(value: Any) -> None:
        if not isinstance(value, list) or len(value) > most:
            raise _Wrong(f"is {_said(value)}, not a list of at most {most:,}")
        for item in value:
            each(item)

    return verify


def _mapping(grammar: re.Pattern[str] | str, each: _Check, most: int = 1000) -> _Check:
    name_of = _matching(grammar)

    def verify(value: Any) -> None:
        if not isinstance(value, dict) or len(value) > most:
            raise _Wrong(f"is {_said(value)}, not a mapping of at most {most:,}")
        name = ""
        try:
            for name in value:
                name_of(name)
        except _Wrong:
            raise _Wrong(f"names {_said(name)}") from None
        try:
            for name in value:
                each(value[name])
        except _Wrong as wrong:
            raise _Wrong(f"has '{name[:40]}', which {wrong}") from wrong

    return verify


def _optional(each: _Check) -> _Check:
    return lambda value: None if value is None else each(value)


def _fields(known: Mapping[str, _Check], others: _Check) -> _Check:
    """Check a mapping whose known names have types of their own."""

    def verify(value: Any) -> None:
        for name, item in value.items():
            try:
                known.get(name, others)(item)
            except _Wrong as wrong:
                raise _Wrong(f"has '{name}', which {wrong}") from wrong

    whole = _mapping(r"[a-z][a-z0-9_]{0,39}", lambda _: None, 100)

    def both(value: Any) -> None:
        whole(value)
        verify(value)

    return both


def _said(value: Any) -> str:
    """Name a value that is not what it should be, in a few letters."""
    return repr(value)[:40] if isinstance(value, str | int | float) or value is None else f"a {type(value).__name__}"


def _inside(value: str) -> bool:
    """Tell whether a path stays below the folder it is relative to."""
    parts = re.split(r"[/\\]", value)
    odd = not parts[0] or "\0" in value or re.match(r"[A-Za-z]:", value)
    return not odd and ".." not in parts


def _paths(each: _Check) -> _Check:
    whole = _mapping(re.compile(r"(?s).{1,1000}"), each, 100_000)

    def verify(value: Any) -> None:
        whole(value)
        for path in value:
            if not _inside(path):
                raise _Wrong(f"names {_said(path)}, which is not in the project")

    return verify


def _series(value: Any) -> None:
    if not isinstance(value, dict) or not {"step", "value"} <= value.keys():
        raise _Wrong("has no steps and values")
    _numbers(value["step"], {int, float})
    _numbers(value["value"], {int, float, NoneType})
    if len(value["step"]) != len(value["value"]):
        raise _Wrong("has not as many steps as values")


def _timing(value: Any) -> None:
    _mapping(r"[a-z_]{1,40}", _positive, 10)(value)
    if not {"cpu", "wall"} <= value.keys():
        raise _Wrong("lacks its seconds")


def _correct(value: Any) -> None:
    _matching(r"(?:\d{1,7}:[0-9a-f]+)?")(value)
    if value:
        count, _, digits = value.partition(":")
        # Fewer digits stand for leading zeros; one more would be an item too many.
        if int(count) > ITEMS or len(digits) > -(-int(count) // 4) or int(digits, 16) >> int(count):
            raise _Wrong("does not have as many items as it says")


def _step(value: Any) -> None:
    """Check a place between rows or columns; -1 stands for none."""
    if value != -1 or isinstance(value, bool | float):
        _whole(100)(value)


def _output(value: Any) -> None:
    if not isinstance(value, dict) or value.get("kind") not in tuple(OUTPUTS):
        raise _Wrong(f"shows {_said(value.get('kind') if isinstance(value, dict) else value)}")
    _text(LARGEST if value["kind"] == "text" else SHOWN)(value.get("text", ""))
    _text(200)(value.get("asset", ""))
    _text(10_000)(value.get("plain", ""))
    _whole(100_000)(value.get("part", 0))
    OUTPUTS[value["kind"]](value.get("text", ""))


def inner(text: str) -> dict[str, Any]:
    """Read the mapping that a table or a chart of a record is: JSON inside its JSON, with limits of its own.

    Raises:
        Damaged: it is none.
    """
    return strict_json(text.encode("utf-8", "surrogatepass"), deepest=SPEC)


def _table(text: str) -> None:
    try:
        value = inner(text)
    except Damaged as damaged:
        raise _Wrong(f"has a table that {damaged}") from damaged
    for name, verify in _TABLE.items():
        if name not in value:
            raise _Wrong(f"has a table without '{name}'")
        verify(value[name])
    width = len(value["names"])
    if not value["index"] <= width == len(value["types"]) or any(len(row) != width for row in value["rows"]):
        raise _Wrong("has a table whose rows differ in length")


def _spec(text: str) -> None:
    try:
        inner(text)
    except Damaged as damaged:
        raise _Wrong(f"has a chart that {damaged}") from damaged


def _anything(_: str) -> None:
    """Take any text: it is escaped, or cleaned, where it is shown."""


SHOWN = 2_000_000
"""Letters of one thing that a run showed; the worker keeps less."""

SPEC = 40
"""Levels of nesting of a chart's spec; `specs` refuses what is deeper than it draws."""

OUTPUTS: Mapping[str, Callable[[str], None]] = {
    "text": _anything, "html": _anything, "markdown": _anything, "table": _table, "vega": _spec,
    "png": _anything, "jpg": _anything, "svg": _anything,
}  # fmt: skip
"""Kinds of output a record may hold, each with the check of its text. Pictures are files, which `kept` checks; HTML and
Markdown are taken as they are, since all of it is cleaned whenever it is shown."""

_TABLE: Mapping[str, _Check] = {
    "shape": _list(_whole(10**12), 2),
    "index": _whole(50),
    "names": _list(_text(1000), 100),
    "types": _list(_text(1000), 100),
    "rows": _list(_list(_scalar, 100), 100),
    "above": _step,
    "left": _step,
}

_HEX = r"[0-9a-f]{1,64}"
_WORD = r"[A-Za-z_]\w{0,99}"

PROVENANCE: Mapping[str, _Check] = {
    "python": _text(40), "os": _text(200), "cpu": _text(200), "device": _matching(r"[a-z]{1,20}(:\d{1,3})?"),
    "device_name": _text(200), "plugin": _text(40), "threads": _whole(100_000), "started": _matching(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "wall": _positive, "cpu_seconds": _positive, "peak_memory": _positive,
    "commit": _matching(r"[0-9a-f]{0,64}"), "dirty": _flag, "code": _matching(r"[0-9a-f]{0,64}"),
    "blocks": _list(_whole(1_000_000), 1000), "strict": _mapping(r"[\w.-]{1,100}", _text(100)),
    "upstream": _mapping(re.compile(r"(?s).{1,1000}"), _text(100), 100_000),
    "depends": _mapping(re.compile(r"(?s).{1,1000}"), _text(100), 100_000),
    "isolation": _text(40), "sandbox": _text(40), "network": _flag, "write_to": _list(_text(500), 1000),
    "packages": _mapping(r"[\w.-]{1,100}", _text(100)), "options": _mapping(r"[a-z_]{1,40}", _text(20_000)),
}  # fmt: skip
"""What is published of a record's provenance, each with its type; nothing else leaves this machine."""


def _nested(value: Any) -> None:
    """Check a value of provenance that a later version may have written: plain values, one list or mapping deep."""
    if isinstance(value, dict):
        _mapping(re.compile(r"(?s).{1,200}"), _scalar)(value)
    elif isinstance(value, list):
        _list(_scalar, 1000)(value)
    else:
        _scalar(value)


_provenance = _fields(PROVENANCE, _nested)

_DIGEST = _matching(_HEX)
_FIELDS: Mapping[str, _Check] = {
    "key": _matching(r"[0-9a-z]{1,64}"),
    "run": _matching(r"\w[\w.-]{0,199}"),
    "params": _mapping(_WORD, _param),
    "seed": _whole(2**32 - 1),
    "metrics": _mapping(NAME, _number),
    "series": _mapping(NAME, _series),
    "correct": _correct,
    "assets": _mapping(r".{1,255}", _DIGEST),
    "results": _DIGEST,
    "observed": _fields(
        {
            "modules": _paths(_DIGEST),
            "files": _paths(_optional(_DIGEST)),
            "folders": _paths(_DIGEST),
            "inputs": _paths(_DIGEST),
        },
        _nested,
    ),
    "outputs": _list(_output, 1000),
    "notes": _list(_text(5000), 1000),
    "source": _matching(r"[0-9a-z]{0,64}"),
    "environment": _matching(r"[0-9a-z]{0,64}"),
    "timings": _mapping(NAME, _timing),
    "provenance": _provenance,
}

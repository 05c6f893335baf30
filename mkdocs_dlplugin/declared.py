"""Declared: read options as written into a frozen dataclass, checked against its annotations."""

from __future__ import annotations

import functools
import math
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from mkdocs_dlplugin import yamlcore
from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.model import Where

T = TypeVar("T")


def read(cls: type[T], raw: Mapping[str, Any], where: Where, *, what: str) -> T:
    """Build a frozen dataclass from options as written, checked against its annotations.

    Names may be written with `-` or `_`. Text for a field that is not text is read as YAML would read it; text for a
    tuple is split at spaces.

    Args:
        cls: The declaration; a field without a default is required.
        raw: Names and values as the author wrote them.
        where: The block, for messages.
        what: What a name should have been, as messages say it (`an option here`, `a setting of dlplugin`).

    Raises:
        DLError: an option is unknown, missing, given twice, or has a value of the wrong kind.
    """
    hints = _hints(cls)  # type: ignore[arg-type]
    known = {entry.name: entry for entry in fields(cls)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for name, value in raw.items():
        key = field_of(str(name), known)
        if key is None:
            raise unknown(str(name), known, where, what)
        if key in values:
            raise DLError(where, f"'{name}' stands twice, with '-' and with '_'.", "Remove one of them.")
        values[key] = _convert(hints[key], value, str(name), where)
    for key, entry in known.items():
        if key not in values and entry.default is MISSING and entry.default_factory is MISSING:
            raise DLError(where, f"'{spelled(key)}' is missing: it has no default.", f"Write `{spelled(key)}: …`.")
    return cls(**values)


@functools.cache
def _hints(cls: type) -> Mapping[str, Any]:
    return typing.get_type_hints(cls)


def spelled(name: str) -> str:
    """Write a field's name the way authors do: `fig-cap`, but `min_seeds`."""
    plain = name.rstrip("_")
    return plain.replace("_", "-") if plain.startswith(("fig_", "tbl_")) else plain


def field_of(name: str, known: Mapping[str, Any]) -> str | None:
    """Find the field an option means, whether written with `-` or `_`; `is` may be the field `is_`."""
    plain = name.replace("-", "_")
    return next((key for key in (plain, f"{plain}_") if key in known), None)


def unknown(name: str, known: Mapping[str, Any], where: Where, what: str) -> DLError:
    """Explain that there is no such name, and offer the one that was probably meant."""
    return DLError(where, f"'{name}' is not {what}.", suggest(name, [spelled(key) for key in known]))


def _convert(hint: Any, value: Any, name: str, where: Where) -> Any:
    try:
        return _as(hint, value, name, where)
    except _KindError as wrong:
        article = f"'{name}' must be {wrong.expected}, got {quoted(value)}."
        raise DLError(where, article, wrong.hint) from None


class _KindError(Exception):
    """A value that is not what its field asks for."""

    def __init__(self, expected: str, hint: str = "") -> None:
        super().__init__(expected)
        self.expected, self.hint = expected, hint


def _as(hint: Any, value: Any, name: str, where: Where) -> Any:
    """Turn a value as written into what an annotation asks for."""
    origin, args = get_origin(hint), get_args(hint)
    if hint is Any or hint is object:
        return value
    if origin in (Union, types.UnionType):
        return _any_of(args, value, name, where)
    if origin is Literal:
        return _choice(args, value)
    if origin is tuple:
        return _tuple(args, value, name, where)
    if isinstance(hint, type) and is_dataclass(hint):
        if not isinstance(value, dict):
            raise _KindError("a mapping")
        return read(hint, value, where, what=f"an option of '{name}'")
    if isinstance(origin, type) and issubclass(origin, Mapping):
        if isinstance(value, str):
            value = yamlcore.scalar(value)
        if not isinstance(value, dict):
            raise _KindError("a mapping")
        return {str(key): _convert(args[1], part, f"{name}: {key}", where) for key, part in value.items()}
    return _scalar(hint, value)


def _any_of(kinds: Sequence[Any], value: Any, name: str, where: Where) -> Any:
    if value is None and type(None) in kinds:
        return None
    # A word stays a word where words are allowed; otherwise the first kind that takes the value.
    ordered = [kind for kind in kinds if kind is not type(None)]
    exact = [kind for kind in ordered if isinstance(kind, type) and type(value) is kind]
    failed: list[_KindError] = []
    for kind in (*exact, *ordered):
        try:
            return _as(kind, value, name, where)
        except _KindError as wrong:
            failed.append(wrong)
    raise _KindError(" or ".join(dict.fromkeys(wrong.expected for wrong in failed)))


def _choice(allowed: Sequence[Any], value: Any) -> Any:
    if value in allowed:
        return next(choice for choice in allowed if choice == value)
    text = _text(value)
    if text in allowed:
        return text
    # The empty word stands for nothing said; an author says nothing by leaving the option out.
    named = [str(choice) for choice in allowed if choice != ""]
    listed = ", ".join(f"'{choice}'" for choice in named)
    hint = suggest(str(text), named)
    raise _KindError(f"one of {listed}" if len(named) > 1 else listed, hint if hint.startswith("Did") else "")


def _tuple(args: Sequence[Any], value: Any, name: str, where: Where) -> tuple[Any, ...]:
    parts: Any = value
    if isinstance(value, str):
        listed = yamlcore.scalar(value) if value.lstrip().startswith("[") else None
        parts = listed if isinstance(listed, list) else value.split()
    elif isinstance(value, int | float) and not isinstance(value, bool):
        parts = [value]
    if not isinstance(parts, list | tuple):
        raise _KindError("a list, or words with spaces between")
    if len(args) == 2 and args[1] is Ellipsis:
        return tuple(_as(args[0], part, name, where) for part in parts)
    if len(parts) != len(args):
        raise _KindError(f"a list of {len(args)}")
    return tuple(_as(kind, part, name, where) for kind, part in zip(args, parts, strict=True))


def _scalar(hint: Any, value: Any) -> Any:
    if hint is str:
        text = _text(value)
        if text is None:
            raise _KindError("text")
        return text
    if isinstance(value, str):
        value = yamlcore.scalar(value)
    if hint is bool:
        if not isinstance(value, bool):
            raise _KindError("true or false")
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _KindError("a whole number" if hint is int else "a number")
    if hint is int:
        if value != int(value):
            raise _KindError("a whole number")
        return int(value)
    return float(value)


def _text(value: Any) -> str | None:
    """Take a number as the text it was meant to be (`title: 2024`); a truth or a list is a mistake."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def quoted(value: Any) -> str:
    """Show a value as an author wrote it, cut where it is long."""
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else repr(value)
    return text if len(text) < 80 else text[:77] + "…"

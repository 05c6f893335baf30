"""Formulas: let through those expressions of a chart that compute with their own row by few and quick functions.

Vega compiles an expression to JavaScript.  What gets through here names nothing but its row, a few constants and the
functions below: nothing that reaches the page, another data set or a prototype, and no clock, chance or pattern.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

LONGEST = 500
"""Characters of one expression."""

FUNCTIONS = frozenset(
    (
        *("abs", "acos", "asin", "atan", "atan2", "ceil", "clamp", "cos", "exp", "floor", "hypot", "log", "max", "min"),
        *("pow", "round", "sin", "sqrt", "tan", "if", "isBoolean", "isFinite", "isNaN", "isNumber", "isString"),
        *("isValid", "inrange", "indexof", "lastindexof", "length", "lower", "upper", "trim", "slice", "substring"),
        *("parseFloat", "parseInt", "toBoolean", "toNumber", "format"),
    )
)
"""What an expression may call; all of them take time and room in proportion to what they are given."""

CONSTANTS = frozenset(("datum", "true", "false", "null", "NaN", "PI", "E", "LN2", "LN10", "LOG2E", "LOG10E", "SQRT2"))

_HIDDEN = frozenset(("constructor", "prototype", "__proto__"))
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][+-]?\d{1,3})?)
    |(?P<text>'[^'\\]{0,200}'|"[^"\\]{0,200}")
    |(?P<name>[A-Za-z_]\w{0,99})
    |(?P<sign>===|!==|==|!=|<=|>=|&&|\|\||[-+*/%<>!?:()\[\],.]))""",
    re.VERBOSE,
)


def check(text: object, names: Collection[str] = ()) -> None:
    """Check one expression.

    Args:
        text: As it stands in the spec.
        names: Parameters that the spec declares, with plain values.

    Raises:
        ValueError: with what in it is refused.
    """
    if not isinstance(text, str) or len(text) > LONGEST:
        raise ValueError(f"an expression is a text of at most {LONGEST} characters, got {str(text)[:60]!r}.")
    before, at, end = "", 0, len(text.rstrip())
    while at < end:
        token = _TOKEN.match(text, at)
        if not token:
            raise ValueError(f"{_refused(text)}: {text[at : at + 10].strip()!r} may not stand in it.")
        word, at = token[0].strip(), token.end()
        if wrong := _wrong(token.lastgroup or "", word, before, text[at:].lstrip()[:1], names):
            raise ValueError(f"{_refused(text)}: {wrong}")
        before = word


def _refused(text: str) -> str:
    return f"the expression {text[:60]!r} is refused"


def _wrong(kind: str, word: str, before: str, follows: str, names: Collection[str]) -> str:
    """Say what is wrong with one word of an expression, between the ones before and behind it; empty if nothing."""
    if word.strip("'\"") in _HIDDEN:
        return f"{word} may not stand in it."
    if kind == "name" and before == ".":
        return f"only functions by name are called, not .{word}()." if follows == "(" else ""
    if kind == "name" and follows == "(":
        return "" if word in FUNCTIONS else f"it calls {word}(). {_near(word, FUNCTIONS)}".strip()
    if kind == "name" and word not in CONSTANTS and word not in names:
        return f"it names {word}. {_near(word, [*CONSTANTS, *names]) or f'Write datum.{word} for a column.'}"
    if word == "(" and before and before[-1] in ")]'\"":
        return "only functions by name are called."
    return ""


def _near(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else ""

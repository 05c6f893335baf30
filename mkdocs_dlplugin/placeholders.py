"""Placeholders: marks that stand for results while a page is rendered, and their exchange for HTML or plain text.

A mark is made of private-use characters: Markdown passes them through, heading slugs drop them, and none is ever left
in a page by chance.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape

_OPEN, _CLOSE, _ZERO = "\ue000", "\ue001", 0xE010
_MARK = f"{_OPEN}([{chr(_ZERO)}-{chr(_ZERO + 9)}]{{1,9}}){_CLOSE}"
_BLOCK = re.compile(f'<div class="dl-here">{_MARK}</div>')
_INLINE = re.compile(f'(?P<open><a[\\s>])|(?P<close></a>)|<span class="dl-here">{_MARK}</span>')
_BARE = re.compile(_MARK)


def mark(number: int) -> str:
    """Write the mark of the result with this number."""
    return _OPEN + "".join(chr(_ZERO + int(digit)) for digit in str(number)) + _CLOSE


def block(number: int) -> str:
    """Write the element that a block's result will replace."""
    return f'<div class="dl-here">{mark(number)}</div>'


def found(text: str) -> bool:
    """Tell whether a text holds marks."""
    return _OPEN in text


def fill(html: str, result: Callable[[int], str], value: Callable[[int], tuple[str, str]]) -> str:
    """Exchange all marks of a page for what they stand for.

    Args:
        html: The page, or a part of it.
        result: Returns the HTML of a block's result.
        value: Returns an inline value's HTML and its plain text; the text is used inside links and attributes.
    """
    if not found(html):
        return html
    html = _BLOCK.sub(lambda match: unmarked(result(_number(match[1]))), html)
    depth = 0

    def inline(match: re.Match[str]) -> str:
        nonlocal depth
        if match["open"] or match["close"]:
            depth = max(0, depth + (1 if match["open"] else -1))
            return match[0]
        rich, text = value(_number(match[3]))
        return unmarked(escape(text) if depth else rich)

    return fill_text(_INLINE.sub(inline, html), value)


def fill_text(text: str, value: Callable[[int], tuple[str, str]]) -> str:
    """Exchange marks in titles, alt text and other places that hold no elements."""
    return _BARE.sub(lambda match: unmarked(escape(value(_number(match[1]))[1])), text) if found(text) else text


def unmarked(text: str) -> str:
    """Take the signs of marks out of a result: what somebody recorded must not stand for another result.

    Halves of characters, which no file can hold, are written as escapes.
    """
    return text.replace(_OPEN, "").replace(_CLOSE, "").encode("utf-8", "backslashreplace").decode()


def _number(digits: str) -> int:
    return int("".join(str(ord(digit) - _ZERO) for digit in digits))

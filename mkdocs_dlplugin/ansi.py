"""Ansi: colours of printed text as classes, which the style sheet makes readable on light and on dark pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from mkdocs_dlplugin.screen import plain, settle

MOST = 20_000
"""Commands of a terminal from which on a text has no colours: each would become an element of the page."""

_COLOUR = re.compile(r"(?:\x1b\[|\x9b)([0-9;:]{0,60})m")
_HUES = ((1, 0, 0), (0, 1, 0), (1, 1, 0), (0, 0, 1), (1, 0, 1), (0, 1, 1))
"""Red, green, yellow, blue, magenta, cyan: colours 1 to 6 of a terminal; 9 to 14 are the same ones, brighter."""


def html(text: str) -> str:
    """Write printed text as HTML.

    The sixteen colours of a terminal and bold become classes, other colours the nearest of them; backgrounds, which no
    theme could know, and all other commands are left out.
    """
    if not 0 < text.count("\x1b") + text.count("\x9b") < MOST:
        return escape(plain(text))
    return "".join(_styled(part, colour, bold=bold) for part, colour, bold in _parts(settle(text)))


def _styled(text: str, colour: int, *, bold: bool) -> str:
    text = escape(plain(text))
    names = [f"dl-ansi-{colour}"] * (colour >= 0) + ["dl-ansi-b"] * bold
    return f'<span class="{" ".join(names)}">{text}</span>' if names and text else text


def _parts(text: str) -> Iterator[tuple[str, int, bool]]:
    """Cut a text where its colour changes; -1 stands for that of the page."""
    colour, bold, at = -1, False, 0
    for found in _COLOUR.finditer(text):
        yield text[at : found.start()], colour, bold
        colour, bold = _after(found[1], colour, bold=bold)
        at = found.end()
    yield text[at:], colour, bold


def _after(codes: str, colour: int, *, bold: bool) -> tuple[int, bool]:
    """Follow one command: `1;31`, `38;5;208`, `38;2;255;128;0`, or nothing, which ends all."""
    numbers = [int(code or 0) if len(code) < 4 else 0 for code in re.split("[;:]", codes)]
    while numbers:
        code = numbers.pop(0)
        if code == 0:
            colour, bold = -1, False
        elif code in (1, 22):
            bold = code == 1
        elif 30 <= code <= 37 or 90 <= code <= 97:
            colour = code - 30 if code < 40 else code - 82
        elif code == 39:
            colour = -1
        elif code in (38, 48):
            chosen = _chosen(numbers)
            colour = chosen if code == 38 else colour
    return colour, bold


def _chosen(numbers: list[int]) -> int:
    """Take the colour out of what follows 38 or 48, as the nearest of the sixteen."""
    kind = numbers.pop(0) if numbers else 0
    if kind == 5 and numbers:
        index = numbers.pop(0)
        if index < 16:
            return index
        if index >= 232:
            return _nearest(*[8 + 10 * (index - 232)] * 3)
        steps = (index - 16) // 36, (index - 16) // 6 % 6, (index - 16) % 6
        return _nearest(*(0 if step == 0 else 55 + 40 * step for step in steps))
    if kind == 2 and len(numbers) >= 3:
        rgb = [numbers.pop(0) for _ in range(3)]
        return _nearest(*rgb)
    return -1


def _nearest(red: int, green: int, blue: int) -> int:
    high, low = max(red, green, blue), min(red, green, blue)
    if high - low < 40:
        return 0 if high < 64 else 8 if high < 160 else 7 if high < 224 else 15
    share = [(one - low) / (high - low) for one in (red, green, blue)]
    distances = [sum((a - b) ** 2 for a, b in zip(share, hue, strict=True)) for hue in _HUES]
    return distances.index(min(distances)) + (9 if high > 200 else 1)

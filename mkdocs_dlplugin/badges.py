"""Badges: a verdict as a small picture that other sites may embed, readable on light and on dark pages."""

from __future__ import annotations

import re
import unicodedata
from html import escape

FOLDER = "badges"
"""Folder of the site that holds them; their names stay, so that whoever embeds one sees the verdict as it is now."""

LARGEST = 3_000
"""Bytes of a badge at most."""

COLOURS = {
    "supported": "#116329",
    "contradicted": "#b3202a",
    "depends": "#7d4e00",
    "no-difference": "#2b5ca8",
    "undecided": "#565c64",
    "not-testable": "#565c64",
    "by-sources": "#6a3fa0",
}
"""Behind the verdict, which is white; contrast at least 4.5."""

GREY = "#2f343b"
"""Behind what stands before the verdict."""

_SIZE, _PAD, _HEIGHT = 11, 6, 20
_TITLE, _LABEL = 240, 48

# Advance widths in thousandths of the letter size, measured on a wide screen typeface; `textLength` makes other
# typefaces keep to them.
_GROUPS = {
    275: "ijl|!'",
    365: "fI.,:;` ",
    430: "r[]()/\\-",
    520: "csxzJtv\u2019",
    600: "aeky?_*\u201c\u201d",
    640: "bdghnopqu0123456789$FLPT\u2020",
    700: "ABCERSVXYZK#+<>=~\u2265\u2264",
    780: "DGHNOQU&",
    860: "Mw",
    1000: "Wm%@\u2026\u2014",
}
_WIDTHS = {letter: width for width, letters in _GROUPS.items() for letter in letters}


def path(claim: str) -> str:
    """Name the file of a claim's badge, relative to the site's root; empty for a claim without an id."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", claim).strip(".-")
    return f"{FOLDER}/{plain}.svg" if plain else ""


def badge(label: str, verdict: str, word: str, title: str) -> bytes:
    """Draw a badge.

    Args:
        label: What stands on its left.
        verdict: The verdict, a key of `COLOURS`.
        word: The verdict as readers know it, on its right.
        title: A sentence that tells the whole, for those who hear it or point at it.
    """
    label, word, title = _cut(label, _LABEL), _cut(word, _LABEL), _cut(title, _TITLE)
    left, right = width(label) + 2 * _PAD, width(word) + 2 * _PAD
    both = left + right
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{both}" height="{_HEIGHT}" viewBox="0 0 {both} {_HEIGHT}" '
        f'role="img" aria-labelledby="t"><title id="t">{escape(title)}</title>'
        f'<clipPath id="r"><rect width="{both}" height="{_HEIGHT}" rx="3"/></clipPath>'
        f'<g clip-path="url(#r)"><path fill="{GREY}" d="M0 0h{left}v{_HEIGHT}H0z"/>'
        f'<path fill="{COLOURS[verdict]}" d="M{left} 0h{right}v{_HEIGHT}H{left}z"/></g>'
        # A hairline in the middle between black and white keeps the grey half apart from a dark page.
        f'<rect x=".5" y=".5" width="{both - 1}" height="{_HEIGHT - 1}" rx="2.5" fill="none" stroke="#808790"/>'
        f'<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="{_SIZE}">'
        f"{_text(label, _PAD)}{_text(word, left + _PAD)}</g></svg>\n"
    ).encode("utf-8", "backslashreplace")


def width(text: str) -> int:
    """Measure a text in pixels."""
    return round(sum(_advance(letter) for letter in text) * _SIZE / 1000)


def _text(text: str, x: int) -> str:
    return f'<text x="{x}" y="14" textLength="{width(text)}" lengthAdjust="spacingAndGlyphs">{escape(text)}</text>'


def _advance(letter: str) -> int:
    if letter in _WIDTHS:
        return _WIDTHS[letter]
    if unicodedata.combining(letter):
        return 0
    base = unicodedata.normalize("NFD", letter)[0]
    return _WIDTHS.get(base, 1000 if unicodedata.east_asian_width(letter) in "WF" else 680)


def _cut(text: str, most: int) -> str:
    """Put a text on one line of characters that XML can hold, and cut it where it is long."""
    plain = "".join(c for c in " ".join(text.split()) if c == " " or unicodedata.category(c)[0] != "C")
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"

"""Tables: the markup that all our tables share, so that they scroll, print and read aloud alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from mkdocs_dlplugin.screen import plain

Column = str | tuple[str]
"""Heading of a column as HTML; in a tuple of one, that of a column of numbers."""


def table(columns: Sequence[Column], rows: Iterable[str], *, label: str = "", caption: str = "") -> str:
    """Draw a table inside a region that scrolls sideways on a phone.

    Args:
        columns: Headings.
        rows: Finished `tr` elements.
        label: Names the region for those who hear it.
        caption: HTML id of the element that names it instead.
    """
    heads = "".join(
        f'<th scope="col">{column}</th>'
        if isinstance(column, str)
        else f'<th scope="col" class="dl-number">{column[0]}</th>'
        for column in columns
    )
    named = f'aria-labelledby="{escape(caption)}"' if caption else f'aria-label="{escape(label)}"'
    return (
        f'<div class="dl-scroll" tabindex="0" role="region" {named}><table class="dl-values">'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{chr(10).join(rows)}\n</tbody></table></div>"
    )


def pairs(said: Iterable[tuple[str, str]]) -> list[str]:
    """Draw one row per name and text, leaving out what is empty."""
    return [
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(plain(text))}</td></tr>' for name, text in said if text
    ]


def cell(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text

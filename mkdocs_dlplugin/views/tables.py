"""Tables: the markup that all our tables share, so that they scroll, print, sort and read aloud alike.

What a script may rely on, so that it can offer readers to sort:

- `table.dl-values[data-sortable]` may be sorted. Tables with headings over several columns are not marked.
- `thead th[scope=col]`, one per column, in order: a button belongs inside each, and `aria-sort` on it.
- `td[data-sort]` and `th[data-sort]` hold what is sorted by, a number as Python and JavaScript write it; a cell
  without it is sorted by its text when it heads a row, and otherwise comes last in either direction.
- Each `tbody` is sorted by itself; a row of the class `dl-group` names its `tbody` and stays first.
"""

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
    return frame(f"<tr>{heads}</tr>", [rows], label=label, caption=caption)


def frame(
    head: str,
    bodies: Iterable[Iterable[str]],
    *,
    label: str = "",
    caption: str = "",
    sortable: bool = False,
    look: str = "",
) -> str:
    """Draw a table from its rows, for those whose head or body has parts.

    Args:
        head: Finished `tr` elements of the head, after `colgroup` elements if there are any.
        bodies: Per `tbody` its finished `tr` elements.
        label: Names the region for those who hear it.
        caption: HTML id of the element that names it instead.
        sortable: Whether its rows may be sorted, see above.
        look: One more class of the table.
    """
    named = f'aria-labelledby="{escape(caption)}"' if caption else f'aria-label="{escape(label)}"'
    groups, _, rows = head.rpartition("</colgroup>")
    columns = f"{groups}</colgroup>" if groups else ""
    body = "\n".join(f"<tbody>\n{chr(10).join(rows)}\n</tbody>" for rows in bodies)
    classes = f"dl-values {look}".strip()
    return (
        f'<div class="dl-scroll" tabindex="0" role="region" {named}>'
        f'<table class="{classes}"{" data-sortable" if sortable else ""}>'
        f"{columns}<thead>{rows}</thead>\n{body}</table></div>"
    )


def pairs(said: Iterable[tuple[str, str]]) -> list[str]:
    """Draw one row per name and text, leaving out what is empty."""
    return [
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(plain(text))}</td></tr>' for name, text in said if text
    ]


def cell(text: str) -> str:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text

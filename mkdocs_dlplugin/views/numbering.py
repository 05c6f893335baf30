"""Numbering: the tables and figures of a page are numbered in its order, in their captions and in links to them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from mkdocs_dlplugin.model import Block
from mkdocs_dlplugin.words import say

KINDS = {"comparison": "table-number", "chart": "figure-number"}
"""Blocks that are numbered, each kind for itself, with the words for it; only what has an id can be linked to."""


def labels(blocks: Iterable[Block]) -> dict[str, str]:
    """Name the numbered blocks of a page, in page order, by id: `Table 2`."""
    found: dict[str, str] = {}
    counts = dict.fromkeys(KINDS, 0)
    for block in blocks:
        if block.kind in KINDS and block.name and block.name not in found:
            counts[block.kind] += 1
            found[block.name] = say(KINDS[block.kind], n=counts[block.kind])
    return found


def numbered(html: str, label: str) -> str:
    """Begin the caption of a figure with its number."""
    if not label:
        return html
    return re.sub(r"(<figcaption\b[^>]*>)", rf'\1<span class="dl-label">{escape(label)}.</span> ', html, count=1)

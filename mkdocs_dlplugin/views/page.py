"""Page: what stands around a page with results of ours: links in its head, and what it says at its end."""

from __future__ import annotations

import json
from html import escape

from mkdocs_dlplugin.results import Place, Results
from mkdocs_dlplugin.scene import CSS, JS, Facts
from mkdocs_dlplugin.words import ENGLISH, say

SPOKEN = "reader-"
"""Begins the names of what the script says."""


def head(page: str, facts: Facts, results: Results, place: Place) -> str:  # noqa: ARG001
    """Write what belongs into the head of a page: the style sheet, the script and what the script says.

    Args:
        page: The page, as MkDocs names it; `runs/mlp.md` for that of a run.
        facts: What the generator knows about it.
        results: All runs with their records.
        place: The page.
    """
    names = [name for name in ENGLISH if name.startswith(SPOKEN)]
    # The script fills in the names itself.
    said = json.dumps({name.removeprefix(SPOKEN): say(name, **_KEPT) for name in names}, ensure_ascii=False)
    return (
        f'<link rel="stylesheet" href="{escape(place.link(CSS))}">\n'
        f'<script src="{escape(place.link(JS))}" defer data-dl-words="{escape(said)}"></script>'
    )


def foot(page: str, facts: Facts, results: Results, place: Place) -> str:  # noqa: ARG001
    """Write what stands at the end of a page; the arguments are those of `head`."""
    return again(place)


def again(place: Place) -> str:
    """Load the script from the body of a page, too.

    A theme that loads pages without reloading runs scripts that it finds there, and none in a head.
    """
    return f'<script src="{escape(place.link(JS))}" defer></script>'


_KEPT = {name: f"{{{name}}}" for name in ("series", "along", "at", "value")}

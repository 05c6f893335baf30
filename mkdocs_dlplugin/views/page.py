"""Page: what stands around a page with results of ours: links in its head, and what it says at its end."""

from __future__ import annotations

from html import escape

from mkdocs_dlplugin.results import Place, Results
from mkdocs_dlplugin.scene import CSS, Facts


def head(page: str, facts: Facts, results: Results, place: Place) -> str:  # noqa: ARG001
    """Write what belongs into the head of a page: the style sheet.

    Args:
        page: The page, as MkDocs names it; `runs/mlp.md` for that of a run.
        facts: What the generator knows about it.
        results: All runs with their records.
        place: The page.
    """
    return f'<link rel="stylesheet" href="{escape(place.link(CSS))}">'


def foot(page: str, facts: Facts, results: Results, place: Place) -> str:  # noqa: ARG001
    """Write what stands at the end of a page; the arguments are those of `head`."""
    return ""

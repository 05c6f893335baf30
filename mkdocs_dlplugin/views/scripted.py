"""Scripted: how a page links the script for those who read in a browser, and tells it what to say."""

from __future__ import annotations

import json
from html import escape

from mkdocs_dlplugin.results import Place
from mkdocs_dlplugin.scene import JS
from mkdocs_dlplugin.words import ENGLISH, say

SPOKEN = "reader-"
"""Begins the names of what the script says."""


def link(place: Place) -> str:
    """Load the script, with its texts, from the head of a page."""
    names = [name for name in ENGLISH if name.startswith(SPOKEN)]
    # The script fills in the names itself.
    said = json.dumps({name.removeprefix(SPOKEN): say(name, **_KEPT) for name in names}, ensure_ascii=False)
    return f'<script src="{escape(place.link(JS))}" defer data-dl-words="{escape(said)}"></script>'


def again(place: Place) -> str:
    """Load the script from the body of a page, too.

    A theme that loads pages without reloading runs scripts that it finds there, and none in a head.
    """
    return f'<script src="{escape(place.link(JS))}" defer></script>'


_KEPT = {name: f"{{{name}}}" for name in ("series", "along", "at", "value")}

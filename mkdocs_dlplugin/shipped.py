"""Shipped: the style sheet and the scripts that pages with our blocks link to."""

from __future__ import annotations

import functools
import re
from importlib import resources

PARTS = ("base", "charts", "tables", "numbers", "claims", "output", "runs", "page")
"""Parts of the style sheet, in order; a later one wins over an earlier one of the same weight."""


@functools.cache
def stylesheet() -> bytes:
    """Return the whole style sheet, without the comments, which are for those who change it."""
    folder = resources.files("mkdocs_dlplugin") / "assets" / "css"
    parts = [(folder / f"{name}.css").read_text("utf-8") for name in PARTS]
    plain = re.sub(r"/\*.*?\*/", "", "\n".join(parts), flags=re.DOTALL)
    return (re.sub(r"\n\s*(?=\n)|^ +", "", plain, flags=re.MULTILINE).strip() + "\n").encode()


def live() -> bytes:
    """Return the script that draws curves of runs at work, which only a preview serves."""
    return (resources.files("mkdocs_dlplugin") / "assets" / "js" / "live.js").read_bytes()

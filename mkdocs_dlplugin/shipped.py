"""Shipped: the style sheet and the scripts that pages with our blocks link to."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib import resources

from mkdocs_dlplugin.scene import JS, LICENSES, RUNTIME

PARTS = ("base", "charts", "tables", "numbers", "claims", "output", "runs", "page", "script")
"""Parts of the style sheet, in order; a later one wins over an earlier one of the same weight."""


@functools.cache
def script(name: str) -> bytes:
    """Return a file of our scripts; empty where there is none."""
    file = resources.files("mkdocs_dlplugin") / "assets" / "js" / name
    return file.read_bytes() if file.is_file() else b""


def scripts(*, explored: bool) -> Mapping[str, bytes]:
    """Return the scripts of a site by where they lie; our own without its comments, as the style sheet.

    Args:
        explored: Whether a page has a chart that readers can explore, for which they may load the runtime.
    """
    paths = (JS, RUNTIME, LICENSES) if explored else (JS,)
    found = {path: script(path.rpartition("/")[2]) for path in paths}
    found[JS] = re.sub(rb"(?m)^ *(?://.*|/\*\*.*\*/)?\n?", b"", found[JS])
    return {path: content for path, content in found.items() if content}


@functools.cache
def stylesheet(*, scripted: bool = True) -> bytes:
    """Return the whole style sheet, without the comments, which are for those who change it.

    Args:
        scripted: Whether pages load our script as well; without it nothing may look as if it could be pressed.
    """
    folder = resources.files("mkdocs_dlplugin") / "assets" / "css"
    parts = [(folder / f"{name}.css").read_text("utf-8") for name in PARTS if scripted or name != "script"]
    plain = re.sub(r"/\*.*?\*/", "", "\n".join(parts), flags=re.DOTALL)
    return (re.sub(r"\n\s*(?=\n)|^ +", "", plain, flags=re.MULTILINE).strip() + "\n").encode()


def live() -> bytes:
    """Return the script that draws curves of runs at work, which only a preview serves."""
    return (resources.files("mkdocs_dlplugin") / "assets" / "js" / "live.js").read_bytes()

"""Whereabouts: take the folders of this machine out of a text, which say whose it is and differ on the next one."""

from __future__ import annotations

import functools
import html
import os
import re
from pathlib import Path
from urllib.parse import quote

_PACKAGES = re.compile(
    r"(?<![\w.~-])(?:[A-Za-z]:)?(?:[\\/]{1,2}[^\s\\/\"'<>:|,;()]+)+[\\/]{1,2}((?:site|dist)-packages)(?![\w.-])"
)
"""The folder of installed packages, in whichever environment."""


def clean(text: str, *folders: str) -> str:
    """Name files by their path in the project, in `site-packages`, or from the home folder, `~`.

    Args:
        text: Plain text, HTML or JSON.
        folders: Those that paths become relative to, an inner one before the one around it.
    """
    if "-packages" in text:
        text = _PACKAGES.sub(r"\1", text)
    for pattern, inside, itself in _known(folders, str(Path.home())):
        text = pattern.sub(lambda found, a=inside, b=itself: a if found["inside"] else b, text)  # type: ignore[misc]
    return text


@functools.lru_cache(maxsize=64)
def _known(folders: tuple[str, ...], home: str) -> list[tuple[re.Pattern[str], str, str]]:
    """List what is looked for, with what stands for the way into it and for the folder itself."""
    named = [(folder, "", ".") for folder in folders] + [(home, "~/", "~")]
    found = {way: (inside, itself) for folder, inside, itself in named for way in _ways(folder)}
    return [(_pattern(way), *said) for way, said in found.items()]


def _ways(folder: str) -> list[str]:
    """Return a folder as text, HTML and addresses write it, and as the system knows it behind links."""
    return [way(real) for real in (os.path.realpath(folder), folder) for way in (str, html.escape, quote)]


def _pattern(folder: str) -> re.Pattern[str]:
    names = [name for name in re.split(r"[\\/]", folder) if name]
    # JSON writes a backslash twice.
    way = r"[\\/]{1,2}".join(map(re.escape, names))
    if not names:
        return re.compile(r"(?!)(?P<inside>)")
    # A folder of one name, `/root`, may be part of another path or of an address.
    begin = r"[\\/]" if len(names) > 1 else r"(?<![\w.~-])[\\/]"
    begin = "" if ":" in names[0] else begin
    return re.compile(rf"{begin}{way}(?:(?P<inside>[\\/]{{1,2}}(?=[^\s\"'<>|:,;)\]]))|[\\/]*(?![\w-]|\.\w))")

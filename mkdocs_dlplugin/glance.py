"""Glance: tell at little cost whether a page may hold anything of ours, so that pages which do not pay nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

KEY = "dlplugin"
"""The key our fences carry once `fences.normalise` has numbered them, and that of our front matter."""

KINDS = ("comparison", "chart", "claim", "claims", "changes")
"""Blocks that show what was measured: keys of a `yaml` fence, and fence names of their own."""

SUFFIXES = (".md", ".markdown", ".mdown", ".mkdn", ".mkd")
"""Endings of the files that generators read as Markdown."""

_FENCE_LINE = re.compile(r"(?:```|~~~)[^\n]*")
_MENTION = re.compile(r"(?i)\b(?:run|session|comparison|chart|claims?|changes)\b")


def concerns(text: str, *, includes: bool) -> bool:
    """Tell whether a page may hold anything of ours.

    Args:
        text: All of the page.
        includes: Whether the site includes other files into its pages, where more may stand.
    """
    return KEY in text or "{run}" in text or (includes and "8<-" in text) or mentioned(text)


def mentioned(text: str) -> bool:
    """Tell whether a fence in a text may be one of ours."""
    return ("```" in text or "~~~" in text) and any(_MENTION.search(line) for line in _FENCE_LINE.findall(text))


def mentioned_in(lines: Iterable[str]) -> bool:
    """Tell the same of lines."""
    return any(mentioned(line) for line in lines)


def mentions(header: str) -> bool:
    """Tell whether a header may be one of ours."""
    return _MENTION.search(header) is not None

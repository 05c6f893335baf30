"""HTML: where in a page that a theme has rendered something of ours belongs, and how long the page takes to read."""

from __future__ import annotations

import re

SPEED = 200
"""Words a minute, of prose that has to be thought about."""

_NAMED = re.compile(r"<meta\s[^>]*?\b(?:name|property)\s*=\s*[\"']?([\w:.-]+)", re.IGNORECASE)
_UNREAD = re.compile(r"(?s)<(svg|pre|details|script|style|template|table)\b.*?</\1>|<[^>]*>")


def into_head(output: str, head: str) -> str:
    """Put elements at the end of a page's head, one a line, without the `meta` elements that it has already.

    Args:
        output: The page.
        head: The elements.
    """
    end = output.find("</head>")
    if end < 0:
        return output
    taken = {name.lower() for name in _NAMED.findall(output[:end])}
    lines = [line for line in head.split("\n") if not ((found := _NAMED.match(line)) and found[1].lower() in taken)]
    return output[:end] + "\n".join([*lines, ""]) + output[end:]


def under_title(content: str, line: str) -> str:
    """Put a line under the first heading of a page's content; before all of it where that has none."""
    if not line:
        return content
    end = content.find("</h1>")
    at = end + len("</h1>") if end >= 0 else 0
    return f"{content[:at]}\n{line}\n{content[at:]}"


def minutes(content: str) -> int:
    """Count the minutes that the prose of a page takes to read, at least one; tables, code and drawings are not."""
    return max(1, round(len(_UNREAD.sub(" ", content).split()) / SPEED))

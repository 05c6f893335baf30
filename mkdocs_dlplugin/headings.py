"""Headings: those that results bring along, at the level and in the table of contents where they stand on a page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any

_MARK = "data-dl-level"
_TAG = re.compile(r"<(/?)h([1-6])\b((?:\s[^<>]*)?)>")
_ID = re.compile(r"\sid=[\"']([^\"'<>]+)[\"']")
_OURS = "dl-heading"


@dataclass(frozen=True)
class Heading:
    """A heading of a result, on a page that is done."""

    level: int
    """1 to 6."""
    id: str
    title: str
    """Its text, as HTML without elements and quotes."""
    after: str
    """Id of the page's own heading before it; empty where there is none."""


def opened(level: int, identity: str) -> str:
    """Write the opening tag of a heading of a result, whose place on the page is not known yet.

    Args:
        level: 1 for the highest of the result, without a gap below it.
        identity: Its id; another one on the same page gets a number.
    """
    return f'<h6 class="{_OURS}" id="{escape(identity)}" {_MARK}="{level}">'


CLOSED = "</h6>"
"""Its closing tag."""


def levels(given: Sequence[int]) -> list[int]:
    """Close the gaps in the levels of a result's headings: `[2, 4, 4, 3]` becomes `[1, 2, 2, 2]`."""
    stack: list[int] = []
    found = []
    for level in given:
        while stack and stack[-1] >= level:
            stack.pop()
        stack.append(level)
        found.append(len(stack))
    return found


def slug(text: str) -> str:
    """Make an id of a heading's text."""
    words = "".join(letter if letter.isalnum() else " " for letter in text.lower()).split()
    return "-".join(words)[:80].rstrip("-") or "section"


def settle(html: str) -> str:
    """Put the headings of results below the headings of the page that they follow, and give each an id of its own."""
    if _MARK not in html:
        return html
    taken = Counter(_ID.findall(re.sub(rf"<h6 [^<>]*{_MARK}[^<>]*>", "", html)))
    out, at, base, level = [], 0, 1, 0
    for tag in _TAG.finditer(html):
        own = re.search(rf' {_MARK}="(\d)"', tag[3])
        if not tag[1]:
            base, level = (base, min(6, base + int(own[1]))) if own else (int(tag[2]), 0)
        new = tag[0]
        if level and tag[1]:
            new, level = f"</h{level}>", 0
        elif own and (found := _ID.search(tag[3])):
            new = f'<h{level} class="{_OURS}" id="{_free(found[1], taken)}">'
        out += [html[at : tag.start()], new]
        at = tag.end()
    return "".join([*out, html[at:]])


def _free(identity: str, taken: Counter[str]) -> str:
    """Take an id that nothing on the page has yet."""
    number, free = 1, identity
    while taken[free]:
        number += 1
        free = f"{identity}-{number}"
    taken[free] += 1
    return free


def listed(html: str) -> Iterator[Heading]:
    """List the headings of results on a page that is done."""
    after = ""
    for tag in _TAG.finditer(html) if f'class="{_OURS}"' in html else ():
        identity = _ID.search(tag[3])
        if tag[1] or not identity:
            continue
        if f'class="{_OURS}"' in tag[3]:
            inside = html[tag.end() : html.find(f"</h{tag[2]}>", tag.end())]
            yield Heading(int(tag[2]), identity[1], _title(inside), after)
        else:
            after = identity[1]


def _title(inside: str) -> str:
    """Take the text out of a heading.

    Themes put it into attributes, some after they have resolved its entities: signs that mean something there are
    exchanged for those that only look like them.
    """
    text = unescape(re.sub(r"<[^<>]*>", "", inside)).strip()
    return escape(text.translate(str.maketrans("<>\"'`", "‹›”’’")))


def insert(
    found: Sequence[Heading],
    entries: list[Any],
    *,
    make: Callable[[Heading], Any],
    identity: Callable[[Any], str],
    children: Callable[[Any], list[Any]],
) -> None:
    """Put headings of results into a table of contents, behind those of the page that they follow.

    What follows a heading that is not in the table, for it is too deep, is not put there either.

    Args:
        found: The headings, in order.
        entries: The table, a tree; it is changed.
        make: Makes an entry.
        identity: Returns the id of an entry.
        children: Returns the entries below one, a list that may be changed.
    """
    known = {identity(entry): entry for entry in _all(entries, children)}
    first: Counter[str] = Counter()
    above: list[tuple[int, Any]] = []
    last = None
    for heading in found:
        if heading.after != last:
            above, last = [], heading.after
        while above and above[-1][0] >= heading.level:
            above.pop()
        if not above and heading.after and heading.after not in known:
            continue
        entry = make(heading)
        if above:
            children(above[-1][1]).append(entry)
        else:
            beside = children(known[heading.after]) if heading.after else entries
            beside.insert(first[heading.after], entry)
            first[heading.after] += 1
        above.append((heading.level, entry))


def _all(entries: Sequence[Any], children: Callable[[Any], list[Any]]) -> Iterator[Any]:
    for entry in entries:
        yield entry
        yield from _all(children(entry), children)

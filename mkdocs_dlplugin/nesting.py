"""Nesting: which lines of a page superfences turns into fences, and which of those a reader gets to see as such."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from mkdocs_dlplugin.lines import TAB

_OPEN = re.compile(r"(`{3,}|~{3,})(.*)\Z")
_BEHIND_MARKER = re.compile(r" *(?:[*+-]|\d+\.) +(?=`{3}|~{3})")
_QUOTE = re.compile(r" {0,3}> ?")
_LIST = re.compile(r" {0,3}(?:[*+-]|\d+\.) +(?=\S)")
_DEFINITION = re.compile(r" {0,3}: {1,3}(?=\S|\Z)")
_FOOTNOTE = re.compile(r" {0,3}\[\^[^\]]*\]: *")
_CONTAINER = re.compile(r"!!! ?[\w-]|\?{3}\+? ?[\w\"-]|={3}(?:\+!?|!\+?)? +[\"']")
_REFERENCE = re.compile(r" {0,3}(?:\[[^\]^][^\]]*\]: *\S|\*\[[^\]]+\]: *\S)")
_BREAK = re.compile(r"#{1,6}[^#\s]|#{1,6} |/{3,}| {0,3}([-_*])(?: *\1){2,} *\Z")
_UNDERLINE = re.compile(r"(?:=+|-+) *\Z")
_BLOCK_TAGS = (
    "address|article|aside|blockquote|body|canvas|center|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer"
    "|form|h[1-6]|header|hgroup|hr|html|iframe|legend|li|main|map|math|menu|nav|noscript|object|ol|output|p|picture|pre"
    "|progress|script|section|style|summary|table|tbody|td|tfoot|th|thead|title|tr|ul|video"
)
_TAG = re.compile(rf" {{0,3}}</?({_BLOCK_TAGS})\b([^>]*)>?", re.IGNORECASE)
_COMMENT_BEGINS = re.compile(r" {0,3}<!--")
_COMMENT_ENDS = re.compile(r"--!?>")
_SPAN_OR_COMMENT = re.compile(r"(?<!\\)(`+)(?!`).+?(?<!`)\1(?!`)|<!--.*?-->", re.DOTALL)
_MARK = "\x02"


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence as superfences finds it, before anything else is known about the page."""

    start: int
    """Index of the line that opens it."""
    end: int
    """Index of the line that closes it; -1 where it is never closed."""
    prefix: str
    """White space and quote marks in front of it."""
    marks: str
    """Its backticks or tildes."""
    info: str
    """What follows the marks."""
    body: str = ""
    """The lines between, without the prefix."""
    listed: bool = False
    """Whether it stands on the line of a list marker, where superfences does not see it."""


@dataclass(slots=True)
class Structure:
    """What a page consists of, as far as fences and code spans ask."""

    fences: list[Fence] = field(default_factory=list)
    """All of them, in order."""
    hidden: set[int] = field(default_factory=set)
    """Opening lines of fences that are shown as part of an indented code block, or stand in an HTML comment."""
    swallowed: set[int] = field(default_factory=set)
    """Opening lines of fences that stand against an indented code block and come out as prose."""
    prose: list[list[tuple[int, str]]] = field(default_factory=list)
    """Paragraphs, headings, tables: per block of lines without a blank one the index and the text of each."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """A line, or a fence that stands for all of its lines."""

    index: int
    text: str
    fence: Fence | None = None


def structure(lines: Sequence[str], opens: Callable[[str], bool], ours: Callable[[str], bool]) -> Structure:
    """Find fences, indented code, comments and prose in the lines of a page.

    Args:
        lines: The Markdown, tabs expanded, snippets included.
        opens: Whether a fence may have such a header; what follows the marks is handed in.
        ours: Whether such a header is one of ours, also where it stands in the wrong place.
    """
    found = Structure(_fences(lines, opens, ours))
    units = _units(lines, found.fences)
    units = _without_comments(units, found)
    _Walk(found).all(units)
    return found


def _fences(lines: Sequence[str], opens: Callable[[str], bool], ours: Callable[[str], bool]) -> list[Fence]:
    """Pair opening and closing lines the way superfences does, which knows no structure but prefixes."""
    fences: list[Fence] = []
    open_: Fence | None = None
    body: list[str] = []
    empty = 0
    for index, line in enumerate(lines):
        if open_ is None:
            open_ = _opening(index, line, opens, ours)
            body, empty = [], 0
            continue
        prefix = _prefix(line, len(open_.prefix))
        content = line[len(prefix) :]
        quotes, quotes_there = open_.prefix.count(">"), prefix.count(">")
        blank = not content if quotes else not line.strip()
        if blank and quotes_there <= quotes:
            # A form feed is white space to us and stays in the code.
            body.append(line[len(open_.prefix) :])
            empty += 1
        elif _leaves(open_, prefix, quotes_there, empty):
            fences.append(open_)
            open_ = None
        elif content.rstrip() == open_.marks:
            fences.append(replace(open_, end=index, body="\n".join(body)))
            open_ = None
        else:
            body.append(content)
            empty = 0
    if open_ is not None:
        fences.append(open_)
    return fences


def _opening(index: int, line: str, opens: Callable[[str], bool], ours: Callable[[str], bool]) -> Fence | None:
    rest = line.lstrip("> ")
    listed = _BEHIND_MARKER.match(line)
    if listed:
        rest = line[listed.end() :]
    found = _OPEN.match(rest) if rest[:3] in ("```", "~~~") else None
    info = found[2].rstrip() if found else ""
    if not found or not (ours if listed else opens)(info):
        return None
    prefix = " " * listed.end() if listed else line[: len(line) - len(rest)]
    return Fence(index, -1, prefix, found[1], info, listed=listed is not None)


def _leaves(fence: Fence, prefix: str, quotes: int, empty: int) -> bool:
    """Tell whether a line stands outside the place a fence was opened in, which abandons the fence."""
    own = fence.prefix.count(">")
    if not own:
        return quotes > 0 or len(prefix) != len(fence.prefix)
    return quotes > own or len(prefix) < len(fence.prefix) or (empty > 0 and quotes < own)


def _prefix(line: str, width: int) -> str:
    end = 0
    while end < min(width, len(line)) and line[end] in "> ":
        end += 1
    return line[:end]


def _units(lines: Sequence[str], fences: Sequence[Fence]) -> list[_Unit]:
    units: list[_Unit] = []
    at = 0
    for fence in fences:
        units += [_Unit(index, lines[index]) for index in range(at, fence.start)]
        text = lines[fence.start] if fence.listed else fence.prefix + _MARK
        units.append(_Unit(fence.start, text, fence))
        at = max(fence.end, fence.start) + 1
    return units + [_Unit(index, lines[index]) for index in range(at, len(lines))]


def _without_comments(units: list[_Unit], found: Structure) -> list[_Unit]:
    """Take out comments that begin a line; they reach over anything, fences included."""
    out: list[_Unit] = []
    at = 0
    while at < len(units):
        end = _comment_end(units, at)
        if end is None:
            out.append(units[at])
            at += 1
            continue
        found.hidden |= {inner.index for inner in units[at : end + 1] if inner.fence}
        # The comment's place is kept, for it ends lists and paragraphs as any HTML block does.
        out.append(_Unit(units[at].index, "<hr>"))
        at = end + 1
    return out


def _comment_end(units: list[_Unit], at: int) -> int | None:
    """Find the line on which a comment ends that begins line *at*; what follows it on that line is still HTML."""
    if units[at].fence or not _COMMENT_BEGINS.match(units[at].text):
        return None
    end, tail = None, units[at].text
    while (begin := tail.find("<!--")) >= 0:
        tail = tail[begin + 4 :]
        at = at if end is None else end
        for index in range(at, len(units)):
            text = tail if index == at else units[index].text
            if closing := _COMMENT_ENDS.search(text):
                end, tail = index, text[closing.end() :]
                break
        else:
            return end
    return end


class _Walk:
    """Follow lists, admonitions, tabs, quotes and the like line by line, as Python-Markdown nests them."""

    def __init__(self, found: Structure) -> None:
        self.found = found
        self.stack: list[str] = []
        """Open containers: `q` a quote, `l` a list item or footnote, `d` a definition, `a` an admonition or tab."""
        self.chunk = ""
        """What the lines since the last blank one are: `para`, `list` or `code`; empty at their start."""
        self.length = 0
        """How many lines of prose it has."""
        self.before = ""
        """What the chunk before this one was."""
        self.reverts = False
        """Whether indented code began since the last blank line: superfences takes back all fences up to the next."""
        self.raw = ""
        """The tag whose end raw HTML waits for."""
        self.level = 0
        """How often that tag is open."""
        self.enclosing = 0
        """How many HTML blocks are open whose content is Markdown."""
        self.block: list[_Unit] = []
        """The prose of the chunk so far."""

    def all(self, units: Sequence[_Unit]) -> None:
        """Walk over the page."""
        for unit in units:
            if self.raw:
                self._raw(unit)
            elif not self._tag(unit):
                self._line(unit)
        self._flush()

    def _line(self, unit: _Unit) -> None:
        if not self.chunk and "ld" in "".join(self.stack):
            # Python-Markdown loses a definition inside a list item at its first blank line.
            del self.stack["".join(self.stack).index("ld") + 1 :]
        rest, depth = self._match(unit.text)
        if not rest.strip(" >" if "q" in self.stack else " "):
            self._end()
            self.reverts = False
            return
        if not self.chunk and _REFERENCE.match(rest):
            return
        if depth < len(self.stack):
            marker = self.chunk == "list" and _LIST.match(rest)
            if not self.chunk or marker or "a" in self.stack[depth:]:
                if not marker:
                    self._end()
                del self.stack[depth:]
        self._starts(_Unit(unit.index, rest, unit.fence))

    def _starts(self, unit: _Unit) -> None:
        rest = unit.text
        if self.chunk == "code" and not rest.startswith(" " * TAB):
            self._end()
        while self.chunk != "code":
            if found := _QUOTE.match(rest):
                self._push("q", "")
            elif self.chunk == "list":
                break
            elif _CONTAINER.match(rest):
                self._push("a", "")
                self.reverts = False
                self._prose(_Unit(unit.index, rest))
                self._flush()
                return
            elif found := _FOOTNOTE.match(rest) or (
                _DEFINITION.match(rest) if self.chunk or self.before in ("para", "list") else None
            ):
                self._push("d" if rest.lstrip().startswith(":") else "l", "para" if rest[found.end() :] else "")
                self._prose(_Unit(unit.index, rest[found.end() :]))
                return
            else:
                break
            rest = rest[found.end() :]
            if not rest:
                return
        if self.chunk in ("", "list") and (found := _LIST.match(rest)) and not _BREAK.match(rest):
            self._push("l", "list")
            self._prose(_Unit(unit.index, rest[found.end() :]))
            return
        self._plain(_Unit(unit.index, rest, unit.fence))

    def _plain(self, unit: _Unit) -> None:
        rest = unit.text
        if self.chunk != "list" and (_BREAK.match(rest) or (self.length == 1 and _UNDERLINE.match(rest))):
            if self.chunk != "code":
                self._prose(unit)
            self._end()
            self.before = ""
            return
        if rest.startswith(" " * TAB) and self.chunk in ("", "code"):
            self.chunk, self.reverts = "code", True
            if unit.fence:
                self.found.hidden.add(unit.index)
            return
        if self.reverts and unit.fence:
            self.found.swallowed.add(unit.index)
        self.chunk = self.chunk or "para"
        self._prose(unit)

    def _push(self, container: str, chunk: str) -> None:
        if not chunk or chunk == "list":
            self._flush()
        self.stack.append(container)
        self.chunk, self.length = chunk, 0

    def _match(self, text: str) -> tuple[str, int]:
        """Strip what the open containers ask for; returns the rest and how many of them it was enough for."""
        for depth, container in enumerate(self.stack):
            if container == "q":
                found = _QUOTE.match(text)
                if not found:
                    return text, depth
                text = text[found.end() :]
            elif text.startswith(" " * TAB):
                text = text[TAB:]
            else:
                return text, depth
        return text, len(self.stack)

    def _prose(self, unit: _Unit) -> None:
        self.block.append(unit)
        self.length += 1

    def _end(self) -> None:
        self._flush()
        if self.chunk:
            self.before = self.chunk
        self.chunk, self.length = "", 0

    def _flush(self) -> None:
        """Hand over a block of prose; a comment in its midst hides the fences inside it."""
        block, self.block = self.block, []
        if any(unit.fence for unit in block) and any("<!--" in unit.text for unit in block):
            block = self._uncomment(block)
        text = [(unit.index, unit.text) for unit in block if not unit.fence]
        if text:
            self.found.prose.append(text)

    def _uncomment(self, block: list[_Unit]) -> list[_Unit]:
        text = "\n".join(unit.text for unit in block)
        spans = [found.span() for found in _SPAN_OR_COMMENT.finditer(text) if found[0].startswith("<!--")]
        position, kept = 0, []
        for unit in block:
            if unit.fence and any(start < position < end for start, end in spans):
                self.found.hidden.add(unit.index)
            else:
                kept.append(unit)
            position += len(unit.text) + 1
        return kept

    def _tag(self, unit: _Unit) -> bool:
        """Take a line that begins with a block's tag; what that encloses is no Markdown, unless it says `markdown`."""
        if unit.fence or (self.stack and unit.text.startswith(" " * TAB)) or not (found := _TAG.match(unit.text)):
            return False
        closes = unit.text.lstrip().startswith("</")
        if closes and not self.enclosing:
            return False
        self._end()
        self.stack, self.before, self.reverts = [], "", False
        if closes or re.search(r"\bmarkdown\b", found[2]) or found[1].lower() == "hr":
            self.enclosing += -1 if closes else found[1].lower() != "hr"
            self._prose(unit)
            self._flush()
            return True
        self.raw, self.level = found[1].lower(), 0
        self._raw(unit)
        return True

    def _raw(self, unit: _Unit) -> None:
        """Wait for the end of raw HTML; fences in it are found all the same, whatever their indentation."""
        if unit.fence:
            return
        self.level += len(re.findall(rf"<{self.raw}\b", unit.text, re.IGNORECASE)) - unit.text.lower().count(
            f"</{self.raw}>"
        )
        if self.level <= 0:
            self.raw = ""

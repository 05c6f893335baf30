"""Lines: a page's lines with the place each comes from, front matter set aside and snippets included."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from mkdocs_dlplugin.model import Where

TAB = 4
"""Columns of a tab and of one level of nesting, as Python-Markdown counts."""

_FRONT = re.compile(r"---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_INCLUDE = re.compile(r"([ \t]*)(;*)-+8<-+[ \t]+(\"[^\"]+\"|'[^']+')[ \t]*\Z")
_FENCED_INCLUDES = re.compile(r"[ \t]*(;*)-+8<-+[ \t]*\Z")
_SECTION = re.compile(r"(?i)(?<!-)(;*)-+8<-+[ \t]+\[[ \t]*(start|end)[ \t]*:[ \t]*([a-z][-_0-9a-z]*)[ \t]*\]")
_TARGET = re.compile(r"(?i)(.+?)(?::([a-z][-_0-9a-z]*)|:((?:-?\d*)(?::-?\d*)?(?:,-?\d*(?::-?\d*)?)*))?\Z")


class Line(NamedTuple):
    """One line as Markdown sees it, and where an author finds it."""

    text: str
    """Tabs expanded, white space alone emptied, without its line end."""
    path: str
    """The file it stands in, relative to the root."""
    number: int
    """Its line there, counted from 1."""

    @property
    def where(self) -> Where:
        """The place as messages name it."""
        return Where(self.path, self.number)


@dataclass(frozen=True)
class SnippetPaths:
    """Where `--8<-- "file"` looks, as the site configured `pymdownx.snippets`."""

    base: tuple[str, ...] = ()
    """Folders or single files, absolute or relative to the root, in order; none when the site includes no snippets."""
    dedent: bool = False
    """Whether sections and line ranges lose their common indentation (`dedent_subsections`)."""
    encoding: str = "utf-8"
    """Encoding of the included files."""
    tried: set[Path] = field(default_factory=set, compare=False)
    """Files that were looked for, whether they are there or not; filled in while pages are read."""


def title_of(text: str) -> str:
    """Find a page's title: that of its front matter, else its first heading, as plain text; empty without either."""
    front, markdown, _ = split(text)
    written = re.search(r"(?m)^title:[ \t]*(\S.*)$", front)
    before = re.split(r"(?m)^[ \t]*(?:```|~~~)", markdown)[0]
    heading = re.search(r"(?m)^#[ \t]+(.+?)(?:[ \t]+#+|[ \t]*\{[^}]*\})?[ \t]*$", before)
    title = written[1].strip().strip("\"'") if written else heading[1] if heading else ""
    # What stands for a number is not known yet.
    return "" if "{run}" in title else re.sub(r"[*`]", "", title).strip()


def url_of(name: str, *, folders: bool) -> str:
    """Return the URL that generators give a page, relative to the site's root.

    Args:
        name: The page, as in `compare/mnist1d.md`.
        folders: Whether pages are folders (`use_directory_urls`).
    """
    folder, _, file = name.rpartition("/")
    stem = file.rpartition(".")[0]
    index = stem in ("index", "README")
    if not folders:
        return f"{folder}/{'index' if index else stem}.html".lstrip("/")
    return "/".join(part for part in (folder, "" if index else stem, "") if part) + "/" if folder or not index else "./"


def split(text: str) -> tuple[str, str, int]:
    """Part a page into front matter, Markdown, and the line the Markdown begins at."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    found = _FRONT.match(text)
    if not found:
        return "", text, 1
    return found[1], text[found.end() :], text.count("\n", 0, found.end()) + 1


def read(markdown: str, path: str, first: int, *, root: Path, snippets: SnippetPaths) -> list[Line]:
    """Return the lines of a page's Markdown in the order a reader meets them, included files in their places."""
    lines = [Line(text, path, first + index) for index, text in enumerate(markdown.split("\n"))]
    if snippets.base and "8<-" in markdown:
        lines = _include(lines, root, snippets, (path,), section=False)
    return [
        line if line.text.isprintable() and line.text.strip() else line._replace(text=clean(line.text))
        for line in lines
    ]


def clean(text: str) -> str:
    """Expand tabs and empty lines of white space, which Python-Markdown does before it looks for fences."""
    text = text.rstrip("\r").replace("\x02", "").replace("\x03", "").expandtabs(TAB)
    return text if text.strip(" ") else ""


def section(lines: Sequence[str], name: str) -> range | None:
    """Find the lines between `--8<-- [start:name]` and its end (or the end of the file); `None` when there is none."""
    start = None
    for index, text in enumerate(lines):
        found = _SECTION.search(text) if "8<-" in text else None
        if not found or found[1] or found[3] != name:
            continue
        if found[2].lower() == "start" and start is None:
            start = index + 1
        elif found[2].lower() == "end" and start is not None:
            return range(start, index)
        elif found[2].lower() == "end":
            return None
    return None if start is None else range(start, len(lines))


def sections(lines: Sequence[str]) -> list[str]:
    """Name the sections a file marks, in order."""
    found = (_SECTION.search(text) for text in lines if "8<-" in text)
    return list(dict.fromkeys(match[3] for match in found if match and match[2].lower() == "start"))


def is_marker(text: str) -> bool:
    """Tell whether a line marks where a section begins or ends, which readers do not see."""
    found = _SECTION.search(text) if "8<-" in text else None
    return bool(found and not found[1])


def _include(
    lines: Sequence[Line], root: Path, snippets: SnippetPaths, stack: tuple[str, ...], *, section: bool
) -> list[Line]:
    out: list[Line] = []
    listing = False
    for line in lines:
        if "8<-" not in line.text and not listing:
            out.append(line)
            continue
        one, many = _INCLUDE.match(line.text), _FENCED_INCLUDES.match(line.text)
        if (one and one[2]) or (many and many[1]):
            out.append(line._replace(text=line.text.replace(";", "", 1)))
        elif many:
            listing = not listing
        elif one and not listing:
            out += _file(one[3][1:-1].strip(), one[1], root, snippets, stack)
        elif listing:
            if line.text.strip() and not one:
                out += _file(
                    line.text.strip(), line.text[: len(line.text) - len(line.text.lstrip())], root, snippets, stack
                )
        elif section or not is_marker(line.text):
            out.append(line)
    return out


def _file(target: str, indent: str, root: Path, snippets: SnippetPaths, stack: tuple[str, ...]) -> list[Line]:
    """Include one file; what cannot be found or read is left to the snippets extension to complain about."""
    found = _TARGET.match(target)
    if not found or target.startswith((";", "http://", "https://")):
        return []
    file = _locate(found[1].strip(), root, snippets)
    if file is None:
        return []
    path = Path(os.path.relpath(file, root)).as_posix()
    if path in stack:
        return []
    try:
        text = file.read_text(encoding=snippets.encoding)
    except (OSError, UnicodeError):
        return []
    lines = [Line(part, path, index + 1) for index, part in enumerate(text.split("\n"))] if text else []
    if found[2] or found[3]:
        lines = _part(lines, found[2], found[3], snippets.dedent)
    inner = _include(lines, root, snippets, (*stack, path), section=bool(found[2]))
    spaces = indent.expandtabs(TAB)
    return [line._replace(text=spaces + line.text) for line in inner]


def _part(lines: list[Line], name: str | None, ranges: str | None, dedent: bool) -> list[Line]:
    if name:
        span = section([line.text for line in lines], name)
        chosen = [lines[index] for index in span if not is_marker(lines[index].text)] if span is not None else []
    else:
        chosen = [line for part in (ranges or "").split(",") for line in _range(lines, part)]
    if dedent:
        texts = textwrap.dedent("\n".join(line.text for line in chosen)).split("\n")
        chosen = [line._replace(text=text) for line, text in zip(chosen, texts, strict=False)]
    return chosen


def _range(lines: list[Line], part: str) -> list[Line]:
    """Take lines `3:5` (both ends included), `3:`, `:5` or, counted from the end, `-3:`."""
    total = len(lines)
    start, _, stop = part.partition(":")
    first = int(start) if start.strip("-") else 0
    last = int(stop) if stop.strip("-") else total
    return lines[max(0, total + first if first < 0 else first - 1) : total + 1 + last if last < 0 else last]


def _locate(name: str, root: Path, snippets: SnippetPaths) -> Path | None:
    for base in snippets.base:
        folder = (root / base).resolve()
        file = ((folder if folder.is_dir() else folder.parent) / name).resolve()
        snippets.tried.add(file)
        inside = file.is_relative_to(folder) if folder.is_dir() else file == folder
        if inside and file.is_file():
            return file
    return None

"""Manuscript: a page of the reference site as its author wrote it, without what the plugin reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).parent.parent / "docs"
SECTIONS = ("start", "terms", "how", "compare", "use", "evidence")
"""Folders of the reference site; `plugin` tells of the plugin and is not among them."""

_FENCE = re.compile(r"^( *)(`{3,}|~{3,})([^\n]*)\n(.*?)^\1\2`*[ ]*$\n?", re.MULTILINE | re.DOTALL)
_FRONT = re.compile(r"\A---\n(.*?)^---\n", re.MULTILINE | re.DOTALL)
_VALUE = re.compile(r"`\{run\} [^`]+`")
_END = re.compile(
    r"\n\s*\n|\n\s*(?:[-*+]|\d+\.) |\|"  # paragraphs, items, cells
    r"|(?<=[.!?:;])[\"')*_]*\s+(?=[A-Z\[(*_\"'…])"
)
_FOOTNOTE = re.compile(r"^\[\^([^\]]+)\]:(.*(?:\n(?: {4}.*|(?=\n {4})))*)", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block that the plugin reads."""

    kind: str
    """`claim`, `chart`, `comparison`, `run` …"""
    name: str
    body: str

    @property
    def options(self) -> dict[str, Any]:
        """Its YAML body."""
        return yaml.safe_load(self.body) or {}


@dataclass(frozen=True)
class Manuscript:
    """One page as it was written."""

    path: str
    """Relative to `docs/`."""
    text: str

    @cached_property
    def front(self) -> dict[str, Any]:
        """Its front matter."""
        found = _FRONT.match(self.text)
        return (yaml.safe_load(found[1]) or {}) if found else {}

    @cached_property
    def blocks(self) -> list[Block]:
        """Its blocks, in order."""
        found = (re.search(r'(\w+)="([^"]+)"', match[3]) for match in _FENCE.finditer(self.text))
        bodies = (match[4] for match in _FENCE.finditer(self.text))
        return [Block(one[1], one[2], body) for one, body in zip(found, bodies, strict=True) if one]

    def of(self, kind: str) -> list[Block]:
        """Return its blocks of one kind."""
        return [block for block in self.blocks if block.kind == kind]

    @cached_property
    def prose(self) -> str:
        """Its text without front matter, code, scripts of drawings and footnotes; inline values stay as they are."""
        text = _FENCE.sub("\n", _FRONT.sub("", self.text))
        text = re.sub(r"<(svg|style)\b.*?</\1>|<!--.*?-->", "", text, flags=re.DOTALL)
        return _FOOTNOTE.sub("", text)

    @cached_property
    def footnotes(self) -> dict[str, str]:
        """What its footnotes say, by name."""
        return {match[1]: " ".join(match[2].split()) for match in _FOOTNOTE.finditer(_FENCE.sub("\n", self.text))}

    @cached_property
    def headings(self) -> list[str]:
        """Its headings of the second level."""
        return re.findall(r"^## +(.+?)(?: +\{.*\})?$", self.prose, re.MULTILINE)

    @cached_property
    def opening(self) -> str:
        """The first paragraph below its main heading."""
        return re.split(r"\n\s*\n", self.prose.partition("\n# ")[2].partition("\n")[2].strip())[0]

    @cached_property
    def sentences(self) -> list[str]:
        """Its prose in sentences, items and cells of tables among them, with `…` where a measured value stands."""
        text = re.sub(r"^#+ .*$|^\s*\|[-:| ]+\|\s*$", "", self.prose, flags=re.MULTILINE)
        text = re.sub(r"\]\([^)]*\)", "]", _VALUE.sub("…", text))
        return [" ".join(part.split()) for part in _END.split(text) if part.strip()]


def pages() -> list[Manuscript]:
    """Read all pages of the reference site, the first one first."""
    paths = [DOCS / "index.md", *(path for name in SECTIONS for path in sorted((DOCS / name).glob("*.md")))]
    return [Manuscript(path.relative_to(DOCS).as_posix(), path.read_text("utf-8")) for path in paths]

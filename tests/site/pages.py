"""The built site as data: its files, and its pages as trees; a copy may differ in a file, for seeded defects."""

from __future__ import annotations

import gc
import gzip
import json
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

REPO = Path(__file__).parents[2]


@dataclass
class Site:
    """A built site."""

    root: Path
    changed: dict[str, bytes | None] = field(default_factory=dict)
    """Files that differ from those on the disk, by path; `None` for one that is missing."""
    _soups: dict[str, BeautifulSoup] = field(default_factory=dict, repr=False)
    _sizes: dict[str, int] = field(default_factory=dict, repr=False)
    """Those of the files on the disk, once it was looked at."""

    def but(self, name: str, content: str | bytes | None) -> Site:
        """Return this site with another content of one file."""
        raw = content.encode() if isinstance(content, str) else content
        same = {page: soup for page, soup in self._soups.items() if page != name}
        return Site(self.root, {**self.changed, name: raw}, same, self._sizes)

    @cached_property
    def files(self) -> dict[str, int]:
        """Sizes in bytes, by path."""
        if not self._sizes:
            found = [path for path in sorted(self.root.rglob("*")) if path.is_file()]
            self._sizes.update({path.relative_to(self.root).as_posix(): path.stat().st_size for path in found})
        sizes = {**self._sizes, **{name: len(raw or b"") for name, raw in self.changed.items()}}
        return {name: size for name, size in sizes.items() if self.changed.get(name, b"") is not None}

    def read(self, name: str) -> bytes:
        """Return a file's content."""
        raw = self.changed[name] if name in self.changed else (self.root / name).read_bytes()
        assert raw is not None, name
        return raw

    def text(self, name: str) -> str:
        """Return a file's text."""
        return self.read(name).decode("utf-8")

    def packed(self, name: str) -> int:
        """Return the size of a file as a host sends it, in bytes."""
        return len(gzip.compress(self.read(name), 6))

    @cached_property
    def pages(self) -> list[str]:
        """Name the HTML files that are pages, without the 404 page."""
        return [name for name in self.files if name.endswith(".html") and name != "404.html"]

    def soup(self, name: str) -> BeautifulSoup:
        """Return a page as a tree."""
        if name not in self._soups:
            self._soups[name] = BeautifulSoup(self.text(name), "html.parser")
            # Kept to the end: without this, half the time of reading a site goes into looking for what may be freed.
            gc.freeze()
        return self._soups[name]

    def body(self, name: str) -> Tag:
        """Return what a page says: its article."""
        soup = self.soup(name)
        return soup.find("article") or soup

    def bodies(self, selector: str) -> Iterator[tuple[str, Tag]]:
        """Yield the elements of all articles that a selector finds, each with its page."""
        for name in self.pages:
            for element in self.body(name).select(selector):
                yield name, element

    @cached_property
    def base(self) -> str:
        """The path of the site on its host: `/project/`."""
        link = self.soup("index.html").find("link", rel="canonical")
        return urlsplit(link["href"]).path if link else "/"

    @cached_property
    def origin(self) -> str:
        """The host of the site: `https://example.org`."""
        link = self.soup("index.html").find("link", rel="canonical")
        return "{}://{}".format(*urlsplit(link["href"])[:2]) if link else ""

    def target(self, page: str, url: str) -> str | None:
        """Find the file that an address on a page leads to; `None` for one outside the site."""
        parts = urlsplit(url)
        path = unquote(parts.path)
        if parts.netloc:
            if not url.startswith(self.origin + self.base):
                return None
            path = path.removeprefix(self.base)
        elif path.startswith("/"):
            path = path.removeprefix(self.base)
        else:
            path = posixpath.normpath(posixpath.join(posixpath.dirname(page), path)) if path else page
        path = path.removesuffix("/")
        path = "" if path == "." else path
        return path if path in self.files else f"{path}/index.html".removeprefix("/")

    @cached_property
    def records(self) -> dict[str, dict[str, Any]]:
        """The published records: files with a list of `records`, by path; an empty one where it is not strict JSON."""
        names = [name for name in self.files if re.fullmatch(r"assets/dl/[^/]+\.json", name) and ".vl-" not in name]
        return {name: held for name in names if "records" in (held := self._strict(name))}

    def _strict(self, name: str) -> dict[str, Any]:
        def refuse(word: str) -> None:
            raise ValueError(f"{word} is not JSON")

        try:
            held = json.loads(self.text(name), parse_constant=refuse)
        except ValueError as error:
            return {"records": [], "broken": str(error)}
        return held if isinstance(held, dict) else {}


def runs(named: str) -> list[str]:
    """Split the addresses of runs that a number rests on: `cnn mlp(n=100, hidden=16)`."""
    return re.findall(r"[^\s(]+(?:\([^)]*\))?", named)


def short(name: str) -> str:
    """Return the address of a page as readers know it."""
    return name.removesuffix("index.html") or "/"


def words(element: Tag) -> str:
    """Return the text of an element, one space between words."""
    return " ".join(element.get_text(" ").split())

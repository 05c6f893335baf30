"""Sources: who says something and where, as an author names it, and as readers see it cited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from mkdocs_dlplugin.declared import read
from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.words import say


@dataclass(frozen=True)
class Source:
    """An article, a book, a talk."""

    title: str = ""
    """Its title."""
    url: str = ""
    """Where it is found; begins with https:// or http://."""
    author: str = ""
    """Who wrote it."""
    year: str = ""
    """When it appeared; a year or a date."""
    accessed: str = ""
    """When it was read, for what may change: `2026-11-29`."""
    place: str = ""
    """Where in it: a section, a page."""

    @property
    def name(self) -> str:
        """What it is called where there is room for one name only."""
        return self.title or self.author or self.url

    def html(self) -> str:
        """Cite it: who, what, where in it, when, and when it was read."""
        text = escape(self.title or self.url)
        cited = f"<cite>{text}</cite>" if self.title else text
        linked = f'<a href="{escape(self.url)}">{cited}</a>' if self.url else cited
        read_on = say("accessed", date=self.accessed) if self.accessed else ""
        parts = [escape(self.author), linked if text else "", escape(self.place), escape(self.year), escape(read_on)]
        return ", ".join(part for part in parts if part)

    def data(self) -> dict[str, str]:
        """Return what is known of it, for downloads."""
        return {name: value for name, value in asdict(self).items() if value}


def read_sources(said: Any, where: Where, option: str) -> tuple[Source, ...]:
    """Read the sources an author names: a title, a mapping, or a list of these.

    Raises:
        DLError: something else stands there, or names nothing, or its address is none of the web.
    """
    entries: Sequence[Any] = said if isinstance(said, list) else [said] if said else []
    return tuple(_source(entry, where, option) for entry in entries)


def named(said: Any, known: Mapping[str, Any], where: Where, option: str) -> Any:
    """Put sources that the site declares once in place of their names.

    Args:
        said: What an author wrote; `ibm` and `{source: ibm, place: intro}` name a declared source.
        known: The declared sources, each a mapping, by name.
        where: The block, for messages.
        option: Where it was written: `said_by`, `citation`.

    Returns:
        The same with names replaced; what is said beside a name (`place`, `accessed`) goes before what is declared.

    Raises:
        DLError: no source has that name.
    """

    def one(entry: Any) -> Any:
        if isinstance(entry, str) and entry in known:
            return dict(known[entry])
        if not isinstance(entry, Mapping) or "source" not in entry:
            return entry
        name = str(entry["source"])
        if name not in known:
            hint = suggest(name, known) if known else "Declare it under `sources` of dlplugin in mkdocs.yml."
            raise DLError(where, f"'{name}' in {option} is no source that this site declares.", hint)
        return {**known[name], **{key: value for key, value in entry.items() if key != "source"}}

    return [one(entry) for entry in said] if isinstance(said, list) else one(said)


def _source(entry: Any, where: Where, option: str) -> Source:
    if isinstance(entry, str):
        entry = {"url" if entry.startswith(("https://", "http://")) else "title": entry}
    if not isinstance(entry, Mapping):
        hint = f"Write: {option}: {{title: …, url: …}}, or a list of such."
        raise DLError(where, f"{entry!r} in {option} names no source.", hint)
    source = read(Source, entry, where, what=f"known in {option}")
    if not source.name:
        raise DLError(where, f"a source in {option} has no title.", f"Write: {option}: {{title: …, url: …}}.")
    if source.url and not source.url.startswith(("https://", "http://")):
        raise DLError(where, f"the url '{source.url}' of {option} is no web address.", "It begins with https://.")
    return source

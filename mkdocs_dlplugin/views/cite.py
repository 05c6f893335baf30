"""Cite: a page as a reference: in plain words, as BibTeX, and as `citation_*` metadata that reference managers read."""

from __future__ import annotations

import re
from html import unescape

from mkdocs_dlplugin.scene import Facts
from mkdocs_dlplugin.words import say

_BIBTEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "#$%&_"},
}


def title_of(facts: Facts) -> str:
    """Return the title of a page as text; a title with measured values holds references to characters."""
    return " ".join(unescape(facts.title).split())


def author_of(facts: Facts) -> str:
    """Name who wrote a page; where nobody says, the site."""
    return facts.author or facts.site_name


def plain(facts: Facts, day: str) -> str:
    """Write a page as a reference in words.

    Args:
        facts: The page.
        day: When the newest of its numbers was measured, `2026-11-29`; empty where it has none.
    """
    known = {"author": author_of(facts), "day": day, "title": title_of(facts), "site": facts.site_name}
    text = say("cite-dated" if day else "cite-undated", url=facts.canonical, **known)
    return re.sub(r"\s+", " ", text).strip()


def bibtex(facts: Facts, day: str) -> str:
    """Write a page as an entry of BibTeX, whose key stays as long as the names of the site and the page do."""
    fields = {
        # Braces inside the quotes keep one name one name, and capitals as they are.
        "author": f'"{{{_escaped(author_of(facts))}}}"',
        "title": f'"{{{_escaped(title_of(facts))}}}"',
        "year": day[:4],
        "month": str(int(day[5:7])) if day else "",
        "note": f"{{{_escaped(say('cite-note', site=facts.site_name, day=day) if day else facts.site_name)}}}",
        "url": f"{{{facts.canonical}}}" if facts.canonical else "",
    }
    lines = [f"  {name} = {value}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key(facts)},", *lines, "}"])


def key(facts: Facts) -> str:
    """Name the entry: `measured-not-quoted-compare-mnist1d`."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{facts.site_name} {facts.url.removesuffix('.html')}".lower())
    return words.strip("-") or "page"


def metadata(facts: Facts, day: str) -> list[tuple[str, str]]:
    """List the names and contents of the `meta` elements; what is not known is left out."""
    said = (
        ("citation_title", title_of(facts)),
        ("citation_author", facts.author),
        ("citation_publication_date", day.replace("-", "/")),
        ("citation_journal_title", facts.site_name),
        ("citation_public_url", facts.canonical),
        ("citation_language", facts.language),
    )
    return [(name, content) for name, content in said if content]


def _escaped(text: str) -> str:
    return "".join(_BIBTEX.get(sign, sign) for sign in text)

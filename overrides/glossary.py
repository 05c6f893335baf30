"""Hook of this site: the first use of a term on a page leads to the glossary and says there and then what it means.

The glossary page is the only place where terms are written. Abbreviations of Markdown (`*[CNN]: …`) would mark every
use, in headings and tables, too, and tell nothing to a finger or the keyboard; a link does.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url

PAGE = "start/glossary.md"
SECTIONS = ("start/", "terms/", "how/", "compare/", "use/", "evidence/")
"""Where terms are explained. Authors of pages, who read about the plugin, know what a seed is."""
NAMES = "evidence/references.md"
"""A page of names and titles, in which no term is used."""

_ENTRY = re.compile(r"^### (?P<name>[^{\n]+?) \{ (?P<attributes>[^}]*)\}\n\n(?P<text>.+?)\n\n", re.M | re.S)
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_POINTER = re.compile(r"(?:^|(?<=\. ))See [^.]*\.")
_TOKEN = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-zA-Z][\w-]*)")
_VOID = {"br", "img", "input", "hr", "wbr", "source", "path", "circle", "line", "rect"}
_PROSE = {"p", "li", "dd"}
_TABOO = set("a abbr button code em figure label pre script section span strong style summary svg sup table".split())  # noqa: SIM905
_TABOO |= {f"h{level}" for level in range(1, 7)}
"""Where no term is marked: what leads elsewhere already, what is not prose, and what the plugin draws."""


@dataclass(frozen=True)
class Term:
    """A word of the trade."""

    name: str
    """As its heading has it."""
    id: str
    """Its place on the glossary's page."""
    says: str
    """What it means, in plain text."""
    words: tuple[str, ...]
    """How it is written on other pages; none for words that everyone uses."""


def read(text: str) -> tuple[Term, ...]:
    """Read the terms from the source of the glossary's page."""
    terms = []
    for entry in _ENTRY.finditer(text):
        attributes = entry["attributes"]
        also = re.search(r'data-also="([^"]*)"', attributes)
        others = [word.strip() for word in also[1].split(",")] if also else []
        names = [] if ".plain" in attributes.split() else [entry["name"]]
        said = " ".join(_POINTER.sub("", _LINK.sub(r"\1", " ".join(entry["text"].split()))).replace("*", "").split())
        place = re.search(r"#([\w-]+)", attributes)
        terms.append(Term(entry["name"], place[1] if place else "", said, tuple(names + others)))
    return tuple(terms)


def _pattern(terms: tuple[Term, ...]) -> tuple[re.Pattern[str] | None, dict[str, Term]]:
    """Make the pattern that finds a term, and what each spelling stands for; the longest spelling wins."""
    known = {}
    for term in terms:
        for word in term.words:
            known[word if word.isupper() else word.lower()] = term
    spelt = sorted(known, key=len, reverse=True)
    if not spelt:
        return None, known
    # Capitals must be capitals: "ai" and "ml" occur inside addresses and names.
    either = "|".join(re.escape(word) if word.isupper() else f"(?i:{re.escape(word)})" for word in spelt)
    return re.compile(rf"(?<![\w-])({either})(s?)(?![\w-])"), known


def mark(page: str, terms: tuple[Term, ...], address: str) -> str:
    """Turn the first use of each term in the prose of a page into a link to its meaning.

    Args:
        page: HTML of the page's content.
        terms: What may be found in it.
        address: Of the glossary, as seen from the page.
    """
    pattern, known = _pattern(terms)
    if pattern is None:
        return page
    done: set[str] = set()

    def linked(match: re.Match[str]) -> str:
        word = match[1]
        term = known[word if word in known else word.lower()]
        if term.id in done:
            return match[0]
        done.add(term.id)
        title = html.escape(f"{term.name}: {term.says}")
        return f'<a class="term" href="{address}#{term.id}" title="{title}">{match[0]}</a>'

    out, stack, at = [], list[str](), 0
    for token in _TOKEN.finditer(page):
        text = page[at : token.start()]
        prose = bool(_PROSE & set(stack)) and not _TABOO & set(stack) and "footnote" not in stack
        out += [pattern.sub(linked, text) if prose else text, token[0]]
        at = token.end()
        tag = _TAG.match(token[0])
        if not tag or tag[2].lower() in _VOID or token[0].endswith("/>"):
            continue
        name = "footnote" if 'class="footnote"' in token[0] else tag[2].lower()
        if not tag[1]:
            stack.append(name)
        elif stack:
            stack.pop()
    return "".join([*out, page[at:]])


_terms: list[Term] = []


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Read the glossary, once a build."""
    _terms[:] = read((Path(config.docs_dir) / PAGE).read_text(encoding="utf-8"))
    return files


def on_page_content(page_html: str, *, page: Page, files: Files, **_: object) -> str:
    """Mark the terms of a page."""
    source = page.file.src_uri
    glossary = files.get_file_from_path(PAGE)
    explained = source == "index.md" or source.startswith(SECTIONS)
    if source in (PAGE, NAMES) or glossary is None or not explained:
        return page_html
    return mark(page_html, tuple(_terms), get_relative_url(glossary.url, page.url))

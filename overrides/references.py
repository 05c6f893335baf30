"""Hook of this site: the page of references lists what the other pages cite, and where.

A work is written where it is cited: in a footnote, or under `citation` of a claim. The list cannot lack one, nor keep
one that nobody cites any more.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from mkdocs_dlplugin import yamlcore
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Where

PAGE = "evidence/references.md"
EXAMPLES = ("plugin/blocks.md", "plugin/charts.md", "plugin/gallery.md")
"""Pages whose claims show how claims look."""
PLACE = "<!-- What the pages cite stands here. -->"

_FOOTNOTE = re.compile(r"^\[\^[^\]\n]+\]:[ \t]*(?P<text>\S.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_CLAIM = re.compile(r"^```yaml \{claim=[^\n]*\}\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<url>[^)]*)\)")
_ITALIC = re.compile(r"(?<!\*)\*(?P<text>[^*]+)\*(?!\*)|[\"“](?P<quoted>[^\"”]+?),?[\"”]")
_YEAR = re.compile(r"\b(?:1[89]|20)\d\d\b")
_SURNAME = re.compile(r"^(?:[A-Z]\.[-~ ]?)*(?P<name>[^,\[*“\"]+?)(?: and | et al|,|\s*[\[*“\"]|$)")
_TITLE = re.compile(r"^title:\s*[\"']?(?P<title>.+?)[\"']?\s*$", re.MULTILINE)


@dataclass
class Work:
    """Something cited."""

    text: str
    """The reference, as Markdown."""
    title: str
    """What the work is called, to tell that two references mean the same."""
    url: str
    """Its address; empty for what has none."""
    pages: list[str] = field(default_factory=list)
    """Sources of the pages that cite it."""

    @property
    def order(self) -> tuple[str, str]:
        """Sort by the first author's surname, then by year."""
        name, year = _SURNAME.match(self.text), _YEAR.search(self.text)
        return (name["name"] if name else self.text).lower(), year[0] if year else ""


def _footnotes(markdown: str) -> Iterator[Work]:
    """Read the works that a page's footnotes name; what names no year is a remark."""
    for found in _FOOTNOTE.finditer(markdown):
        text = " ".join(found["text"].split())
        if not _YEAR.search(text) or "`" in text:
            continue
        text = _LINK.sub(lambda link: link[0] if link["url"].startswith("http") else link["text"], text)
        link, italic = _LINK.search(text), _ITALIC.search(text)
        title = link["text"] if link else (italic["text"] or italic["quoted"]) if italic else text
        yield Work(text, title, link["url"] if link else "")


def _citations(markdown: str) -> Iterator[Work]:
    """Read the works that a page's claims cite, but not those that mkdocs.yml declares."""
    for found in _CLAIM.finditer(markdown):
        try:
            cited: Any = yamlcore.load(found["body"], Where(PAGE), key="citation") or []
        except DLError:
            continue  # The plugin says so, at the line of the claim.
        for one in cited if isinstance(cited, list) else [cited]:
            if not isinstance(one, dict) or not one.get("title"):
                continue
            title, url = str(one["title"]), str(one.get("url", ""))
            parts = [one.get("author"), f"[{title}]({url})" if url else f"*{title}*", one.get("year")]
            seen = f" Read: {one['place']}." if one.get("place") and one.get("accessed") else ""
            place = str(one.get("place") or "")
            # Only its first letter: `capitalize` makes Cvpr of CVPR.
            unseen = f" {place[:1].upper()}{place[1:]}." if place and not one.get("accessed") else ""
            yield Work(", ".join(str(part) for part in parts if part) + "." + seen + unseen, title, url)


def _plain(title: str) -> str:
    return re.sub(r"\W+", "", title.lower())


def collect(pages: Iterable[tuple[str, str]]) -> list[Work]:
    """Gather what pages cite: one entry per work, sorted, with all pages that cite it.

    Args:
        pages: Path and Markdown of each.
    """
    works: list[Work] = []
    known: dict[str, Work] = {}
    pages = list(pages)
    # Footnotes first, of all pages: they are written to be read, so where one exists it is the entry.
    for read in (_footnotes, _citations):
        for path, work in ((path, work) for path, markdown in pages for work in read(markdown)):
            keys = [key for key in (work.url, f"{_plain(work.title)} by {work.order[0]}") if key]
            same = next((known[key] for key in keys if key in known), None)
            if same is None:
                works.append(work)
                same = work
            for key in keys:
                known.setdefault(key, same)
            if path not in same.pages:
                same.pages.append(path)
    return sorted(works, key=lambda work: work.order)


def listed(works: list[Work], titles: dict[str, str]) -> str:
    """Write the list as Markdown, each work with links to the pages that cite it."""
    lines = []
    for work in works:
        links = (f"[{titles[path]}]({posixpath.relpath(path, posixpath.dirname(PAGE))})" for path in work.pages)
        lines.append(f"- {work.text.rstrip('.')}.<br>Cited in {'; '.join(links)}.")
    return "\n".join(lines)


def on_page_markdown(markdown: str, *, page: Page, files: Files, **_: object) -> str:
    """Put the list in its place."""
    if page.file.src_uri != PAGE:
        return markdown
    sources = [
        (file.src_uri, file.content_string) for file in files.documentation_pages() if file.src_uri.endswith(".md")
    ]
    titles = {path: found["title"] if (found := _TITLE.search(text)) else path for path, text in sources}
    works = collect((path, text) for path, text in sources if path not in (PAGE, *EXAMPLES))
    return markdown.replace(PLACE, listed(works, titles))

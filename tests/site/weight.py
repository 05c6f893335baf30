"""Weight and safety: pages stay light, call nobody, and hold nothing that could run for a stranger."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.site.criteria import Book
from tests.site.pages import Site, short, words

book = Book()

HTML, IMAGE, INDEX, BADGE = 60_000, 200_000, 500_000, 3_000
"""Most bytes: a page's HTML as sent, an image, the search index as sent, a badge."""
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
FETCHED |= {"object": "data", "embed": "src", "use": "href", "image": "href"}
LOADED = {"stylesheet", "preload", "preconnect", "dns-prefetch", "prefetch", "modulepreload", "icon"}


@book.must("R02", f"The HTML of a page is at most {HTML // 1000} kB as sent")
def light(site: Site) -> Iterator[str]:
    for page in site.pages:
        if site.packed(page) > HTML:
            yield f"{short(page)}: {site.packed(page) / 1000:.0f} kB"


@book.must("R05", f"No image is larger than {IMAGE // 1000} kB")
def small(site: Site) -> Iterator[str]:
    for name, size in site.files.items():
        if name.endswith((".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif")) and size > IMAGE:
            yield f"{name}: {size / 1000:.0f} kB"


@book.must("R06", f"The search index is at most {INDEX // 1000} kB as sent")
def searchable(site: Site) -> Iterator[str]:
    if site.packed("search/search_index.json") > INDEX:
        yield f"{site.packed('search/search_index.json') / 1000:.0f} kB"


@book.must("R07", "No page takes anything from another site")
def alone(site: Site) -> Iterator[str]:
    for page in [*site.pages, "404.html"] if "404.html" in site.files else site.pages:
        for element in site.soup(page).find_all([*FETCHED, "link"]):
            url = str(element.get("href" if element.name == "link" else FETCHED[element.name]) or "")
            if element.name == "link" and not LOADED & set(element.get("rel") or []):
                continue
            if re.match(r"(https?:)?//", url) and not url.startswith(site.origin + site.base):
                yield f"{short(page)}: {url}"
    for name in site.files:
        if name.endswith(".css") and (
            found := re.search(r"(?:url\(|@import)\s*['\"]?(https?:)?//[^)\s]+", site.text(name))
        ):
            yield f"{name}: {found[0]}"


@book.must("R63", "No element has an event handler of its own")
def inert(site: Site) -> Iterator[str]:
    for page in site.pages:
        for element in site.soup(page).find_all(True):
            for key in element.attrs:
                if key.lower().startswith("on"):
                    yield f"{short(page)}: {element.name}[{key}]"


@book.must("R64", "No link runs a script")
def harmless(site: Site) -> Iterator[str]:
    for page in site.pages:
        for link in site.soup(page).find_all("a", href=re.compile(r"^\s*(javascript|data|vbscript):", re.IGNORECASE)):
            yield f"{short(page)}: {link['href'][:60]}"


@book.should("R75", "Every claim has a badge with its verdict, of at most 3 kB, at an address that stays")
def badged(site: Site) -> Iterator[str]:
    for page, claim in site.bodies("section.dl-claim[id]"):
        name = f"badges/{claim['id']}.svg"
        verdict = claim.select_one(".dl-badge")
        if name not in site.files:
            yield f"{short(page)}#{claim['id']}: no badge"
        elif site.files[name] > BADGE:
            yield f"{name}: {site.files[name]} bytes"
        elif verdict and words(verdict).lower() not in site.text(name).lower():
            yield f"{name}: does not say '{words(verdict)}'"

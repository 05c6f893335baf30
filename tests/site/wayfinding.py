"""Finding one's way: links, heads, search index, sitemap, and what others show of a page."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.site.criteria import Book
from tests.site.pages import REPO, Site, short, words

book = Book()
FOREIGN = re.compile(r"(?i)(https?:)?//|mailto:|tel:|data:|javascript:")
SOCIAL = ("og:title", "og:description", "og:url", "og:image", "twitter:card")


@book.must("R56", "Measured numbers are searchable, and no drawing or escape code is in the index")
def indexed(site: Site) -> Iterator[str]:
    index = site.text("search/search_index.json")
    for leak in sorted(set(re.findall(r"<svg|vega-lite|data:image/\w+;|\\u001b|\\ue000|translate\(", index))):
        yield f"the index holds {leak}"
    said = " ".join(entry["text"] for entry in json.loads(index)["docs"])
    shown = [
        number for name in site.pages if not name.startswith("runs/") for number in site.body(name).select(".dl-num")
    ]
    for number in shown[:3]:
        if words(number).split()[0] not in said:
            yield f"{words(number)} is not in the index"


@book.should("R58", "Every page of the navigation leads on or back")
def chained(site: Site) -> Iterator[str]:
    for page in site.pages:
        if not page.startswith("runs/") and not site.soup(page).select("a.md-footer__link, a[rel=prev], a[rel=next]"):
            yield short(page)


@book.should("R59", "Every page with results has a social card whose image exists")
def carded(site: Site) -> Iterator[str]:
    for page in measured(site):
        metas = {str(m.get("property") or m.get("name")): str(m.get("content")) for m in site.soup(page).select("meta")}
        if missing := [name for name in SOCIAL if not metas.get(name)]:
            yield f"{short(page)}: no {', '.join(missing)}"
        elif site.target(page, metas["og:image"]) not in site.files:
            yield f"{short(page)}: {metas['og:image']} does not exist"


def measured(site: Site) -> list[str]:
    """Name the pages that authors wrote and that show a measured number."""
    return [page for page in site.pages if not page.startswith("runs/") and site.body(page).select_one(".dl-num")]


@book.must("R60", "Every page names its own address")
def canonical(site: Site) -> Iterator[str]:
    for page in site.pages:
        link = site.soup(page).find("link", rel="canonical")
        if not link or site.target(page, str(link["href"])) != page:
            yield f"{short(page)}: {link and link['href']}"


@book.must("R61", "No link and no anchor within the site is dead")
def alive(site: Site) -> Iterator[str]:
    ids = {
        page: {str(e["id"]) for e in site.soup(page).select("[id]")}
        | {str(e["name"]) for e in site.soup(page).select("a[name]")}
        for page in site.pages
    }
    for page in [*site.pages, *(["404.html"] if "404.html" in site.files else [])]:
        for element in site.soup(page).find_all(["a", "img", "link", "script", "source"]):
            url = str(element.get("href") or element.get("src") or "")
            if not url or FOREIGN.match(url) or "canonical" in (element.get("rel") or []):
                continue
            target, fragment = site.target(page, url), urlsplit(url).fragment
            if target not in site.files:
                yield f"{short(page)}: {url}"
            elif fragment and target in ids and fragment not in ids[target] and not fragment.startswith((":~:", "__")):
                yield f"{short(page)}: {url} has no such place"


@book.must("R62", "There is a 404 page")
def excused(site: Site) -> Iterator[str]:
    if "404.html" not in site.files:
        yield "404.html"


@book.should("R65", "Every page has a description of 50 to 300 characters")
def introduced(site: Site) -> Iterator[str]:
    for page in site.pages:
        meta = site.soup(page).find("meta", attrs={"name": "description"})
        if not 50 <= len(str(meta["content"]) if meta else "") <= 300:
            yield f"{short(page)}: {len(str(meta['content'])) if meta else 0} characters"


@book.must("R66", "The sitemap lists every page")
def mapped(site: Site) -> Iterator[str]:
    if "sitemap.xml" not in site.files:
        yield "no sitemap"
        return
    found = [str(e.text) for e in ET.fromstring(site.text("sitemap.xml")).iter() if e.tag.endswith("loc")]
    listed = {site.target("index.html", url) for url in found}
    yield from sorted(set(site.pages) ^ {str(page) for page in listed})


ATOM = "{http://www.w3.org/2005/Atom}"
FEED = "changes.xml"


@book.should("R67", "A feed tells of new and changed results, and pages with results name it")
def fed(site: Site) -> Iterator[str]:
    if FEED not in site.files:
        yield f"no {FEED}"
        return
    try:
        feed = ET.fromstring(site.text(FEED))
    except ET.ParseError as error:
        yield f"{FEED}: {error}"
        return
    for one in (feed, *feed.findall(f"{ATOM}entry")):
        if missing := [name for name in ("id", "title", "updated") if not (one.findtext(ATOM + name) or "").strip()]:
            yield f"{FEED}: {one.tag.removeprefix(ATOM)} without {', '.join(missing)}"
        for link in one.findall(f"{ATOM}link"):
            if site.target("index.html", link.get("href", "")) not in site.files:
                yield f"{FEED}: {link.get('href')} leads nowhere"
    if not feed.findall(f"{ATOM}entry"):
        yield f"{FEED}: no entry"
    for page in measured(site):
        link = site.soup(page).select_one('link[rel=alternate][type="application/atom+xml"]')
        if not link or site.target(page, str(link["href"])) != FEED:
            yield f"{short(page)}: does not name the feed"


@book.should("R53", "Every page with results can be cited, by machines and by people")
def citable(site: Site) -> Iterator[str]:
    if not (REPO / "CITATION.cff").is_file():
        yield "no CITATION.cff"
    for page in measured(site):
        names = {str(m.get("name")) for m in site.soup(page).select("meta[name^=citation_]")}
        if missing := {"citation_title", "citation_author", "citation_public_url"} - names:
            yield f"{short(page)}: no {', '.join(sorted(missing))}"
        if not any(re.match(r"@\w+\{", pre.get_text()) for pre in site.body(page).select(".dl-about pre")):
            yield f"{short(page)}: no BibTeX"


@book.should("R54", "Long pages say how long reading takes")
def timed(site: Site) -> Iterator[str]:
    for page in site.pages:
        said = words(site.body(page))
        if len(said.split()) > 1500 and not re.search(r"\d+ min", said[:600]):
            yield short(page)

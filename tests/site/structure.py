"""Structure: what browsers, screen readers and validators expect of every page."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from tests.site.criteria import Book
from tests.site.pages import REPO, Site, short, words

book = Book()


@book.must("R20", "Every page has a language, one main heading and a title")
def named(site: Site) -> Iterator[str]:
    for page in site.pages:
        soup = site.soup(page)
        if not (soup.html and soup.html.get("lang")):
            yield f"{short(page)}: no language"
        if len(soup.select("h1")) != 1:
            yield f"{short(page)}: {len(soup.select('h1'))} main headings"
        if not (soup.title and soup.title.get_text(strip=True)):
            yield f"{short(page)}: no title"


@book.must("R21", "Every image has a text in its place")
def described(site: Site) -> Iterator[str]:
    for page in site.pages:
        for image in site.soup(page).select("img:not([alt])"):
            yield f"{short(page)}: {str(image.get('src'))[:80]}"


@book.must("R22", "No level of headings is skipped")
def stepped(site: Site) -> Iterator[str]:
    for page in site.pages:
        levels = [int(heading.name[1]) for heading in site.body(page).find_all(re.compile(r"^h[1-6]$"))]
        for above, below in itertools.pairwise(levels):
            if below > above + 1:
                yield f"{short(page)}: h{above} is followed by h{below}"


@book.must("R46", "Every table of results has headed columns and a caption")
def tabulated(site: Site) -> Iterator[str]:
    for page, table in site.bodies("table:not(.highlighttable)"):
        if not table.select_one("thead th, th[scope=col]"):
            yield f"{short(page)}: no headed columns in '{words(table)[:60]}'"
        figure = table.find_parent(["figure", "section", "details"])
        region = table.find_parent(attrs={"aria-labelledby": True}) or table.find_parent(attrs={"aria-label": True})
        measured = table.select_one("[data-run]") and table.find_parent(attrs={"class": re.compile("^dl-")})
        if measured and not (table.find("caption") or region or (figure and figure.find("figcaption"))):
            yield f"{short(page)}: no caption for '{words(table)[:60]}'"


@book.must("R48", "The licence of text, data and code is stated on every page and in the repository")
def licensed(site: Site) -> Iterator[str]:
    if not (REPO / "LICENSE").is_file():
        yield "no LICENSE"
    for page in site.pages:
        foot = site.soup(page).select_one(".md-copyright, footer")
        said = words(foot).lower() if foot else ""
        if missing := [word for word in ("text", "data", "code", "licen") if word not in said]:
            yield f"{short(page)}: the footer does not name {', '.join(missing)}"
        if site.soup(page).select_one(".dl-about") and not site.soup(page).select_one(".dl-about a[rel=license]"):
            yield f"{short(page)}: no link to a licence below the results"

"""The checks have teeth: a defect put into a copy of the site is found by the criterion that is there for it."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tests.site import evidence, structure, usable, wayfinding, weight
from tests.site.criteria import Criterion
from tests.site.pages import Site

PAGE, BADGE = "compare/accuracy/index.html", "badges/dl-more-accurate.svg"
Change = Callable[[Site], Site]


@dataclass(frozen=True)
class Defect:
    """What is broken, and who must notice."""

    name: str
    criterion: Criterion
    change: Change


def swap(pattern: str, new: str | Callable[[re.Match[str]], str], *, page: str = PAGE) -> Change:
    """Change the first place of a page that a pattern finds."""

    def changed(site: Site) -> Site:
        old = site.text(page)
        text = re.sub(pattern, new, old, count=1, flags=re.DOTALL)
        assert text != old, f"{pattern!r} is nowhere in {page}"
        return site.but(page, text)

    return changed


def insert(html: str) -> Change:
    """Put HTML before the second heading of a page."""
    return swap(r"<h2 ", html.replace("\\", "\\\\") + "<h2 ")


def record(edit: Callable[[dict[str, Any]], object], *, text: Callable[[str], str] = str) -> Change:
    """Change a published record, as data and then as text."""

    def changed(site: Site) -> Site:
        name = next(name for name in site.records if name.startswith("assets/dl/cnn-"))
        held = json.loads(site.text(name))
        edit(held["records"][0])
        return site.but(name, text(json.dumps(held)))

    return changed


def no_code(claim: re.Match[str]) -> str:
    """Take the code out of a claim."""
    return re.sub(r"<code>.*?</code>", "", claim[0], flags=re.DOTALL)


def noise(size: int) -> str:
    """Return text that does not compress, the same each time."""
    return "".join(random.Random(0).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=size))


DEFECTS = [
    Defect("a page too heavy", weight.light, insert(f"<!-- {noise(120_000)} -->")),
    Defect("an image too heavy", weight.small, lambda site: site.but("assets/big.png", b"x" * 300_000)),
    Defect(
        "an index too heavy",
        weight.searchable,
        lambda site: site.but("search/search_index.json", json.dumps({"docs": [], "x": noise(1_000_000)})),
    ),
    Defect(
        "a font from elsewhere", weight.alone, swap("</head>", '<link rel="stylesheet" href="https://x.test/f"></head>')
    ),
    Defect("an image from elsewhere", weight.alone, insert('<img src="//x.test/i.png" alt="">')),
    Defect(
        "a font from elsewhere in a style sheet", weight.alone, lambda s: s.but("a.css", "@import 'https://x.test/';")
    ),
    Defect("an event handler", weight.inert, insert('<img src="x" alt="" onerror="alert(1)">')),
    Defect("a link that runs a script", weight.harmless, insert('<a href=" javascript:alert(1)">x</a>')),
    Defect("an image without text", structure.described, swap(r'(<img\b[^>]*?) alt="[^"]*"', r"\1")),
    Defect("a heading skipped", structure.stepped, swap(r"<h2\b(.*?)</h2>", r"<h4\1</h4>")),
    Defect("two main headings", structure.named, insert("<h1>another</h1>")),
    Defect("no language", structure.named, swap('<html lang="en"', "<html")),
    Defect("a table without headed columns", structure.tabulated, swap(r"<thead>.*?</thead>", "")),
    Defect("a footer without licence", structure.licensed, swap(r"Text, data and code under the MIT licence\.", "")),
    Defect("a number without record", evidence.published, swap(r'data-run="cnn"', 'data-run="nobody"')),
    Defect(
        "a number that is no link",
        evidence.linked,
        swap(r'<a class="dl-num"([^>]*?) href="[^"]*">(.*?)</a>', r'<span class="dl-num"\1>\2</span>'),
    ),
    Defect(
        "a number that leads nowhere", evidence.linked, swap(r'(data-run="cnn"[^>]*? href=")[^"]*', r"\1../nowhere/")
    ),
    Defect("a chart without data", evidence.charted, swap(r"<details class=\"dl-data\".*?</details>", "")),
    Defect("a chart without caption", evidence.charted, swap(r"(dl-chart.*?)<figcaption.*?</figcaption>", r"\1")),
    Defect(
        "a number without interval",
        evidence.sure,
        swap(r' title="mean of[^"]*"([^>]*>[\d.\s%]+)<span class="dl-ci">.*?</span>', r"\1"),
    ),
    Defect("false precision", evidence.rounded, swap(r'(class="dl-num"[^>]*>)[\d.]+', r"\g<1>97.12345678")),
    Defect("false precision of an interval", evidence.rounded, swap(r"±\s0\.5", "± 0.5123")),
    Defect("something pending", evidence.finished, insert('<div class="dl-pending">…</div>')),
    Defect("a nan", evidence.clean, insert("<p>accuracy nan ± nan</p>")),
    Defect("a traceback", evidence.clean, insert("<p>Traceback (most recent call last)</p>")),
    Defect("a verdict that does not exist", evidence.claimed, swap(r'data-verdict="\w+"', 'data-verdict="sure"')),
    Defect("a claim without its check", evidence.claimed, swap(r'(class="dl-claim".*?)</section>', no_code)),
    Defect("a claim without source", evidence.quoted, swap(r'(<p class="dl-source">.*?</p>)+', "")),
    Defect("a record that is not strict", evidence.complete, record(lambda r: r.update(x=float("nan")))),
    Defect("a record without seed", evidence.complete, record(lambda r: r.pop("seed"))),
    Defect("a record without duration", evidence.complete, record(lambda r: r["provenance"].pop("wall"))),
    Defect("a home path in a record", evidence.private, record(lambda r: r.update(x="/home/me/x"))),
    Defect(
        "another number elsewhere",
        evidence.agreed,
        swap(r'(data-run="cnn" data-metric="test_acc"[^>]*>)\d\d', r"\g<1>11"),
    ),
    Defect("other code than what ran", usable.same, swap(r'(<span class="nf">)\w+', r"\1other")),
    Defect(
        "a run that says nothing of itself", usable.told, swap(r'<p class="dl-ran">.*?</p>', '<p class="dl-ran"></p>')
    ),
    Defect("a script that does not parse", usable.parses, lambda site: site.but("assets/x.py", "def f(:")),
    Defect("a notebook that is none", usable.valid, lambda site: site.but("assets/x.ipynb", "{")),
    Defect(
        "no date",
        usable.dated,
        lambda site: site.but("x/index.html", '<article><a class="dl-num" data-run="cnn">1</a>'),
    ),
    Defect("no canonical address", wayfinding.canonical, swap(r'<link rel="canonical"[^>]*>', "")),
    Defect("a dead link", wayfinding.alive, insert('<a href="../nowhere/">x</a>')),
    Defect("a dead anchor", wayfinding.alive, insert('<a href="#nothing">x</a>')),
    Defect("no 404 page", wayfinding.excused, lambda site: site.but("404.html", None)),
    Defect("a page that no sitemap lists", wayfinding.mapped, swap(r"<url>.*?</url>", "", page="sitemap.xml")),
    Defect("no description", wayfinding.introduced, swap(r'<meta name="description"[^>]*>', "")),
    Defect("no way on", wayfinding.chained, swap(r'<nav class="md-footer__inner.*?</nav>', "")),
    Defect("a badge too heavy", weight.badged, lambda site: site.but(BADGE, b"It depends" + b"x" * 4000)),
    Defect("no badge", weight.badged, lambda site: site.but(BADGE, None)),
    Defect("a badge that says something else", weight.badged, lambda site: site.but(BADGE, "<svg>Supported</svg>")),
    Defect("no feed", wayfinding.fed, lambda site: site.but("changes.xml", None)),
    Defect("a feed that nobody can read", wayfinding.fed, lambda site: site.but("changes.xml", "<feed>")),
    Defect(
        "an entry without title", wayfinding.fed, swap(r"(<entry>.*?)<title>.*?</title>", r"\1", page="changes.xml")
    ),
    Defect("no card", wayfinding.carded, swap(r'<meta property="og:image"[^>]*>', "")),
    Defect("no BibTeX", wayfinding.citable, swap(r"@misc\{", "")),
    Defect("no author to cite", wayfinding.citable, swap(r'<meta name="citation_author"[^>]*>', "")),
    Defect("no way to report", usable.reported, swap(r"/issues/new\?", "/")),
    Defect("no script to take along", usable.offered, swap(r'<a [^>]*\.py"', "<a", page="runs/cnn/index.html")),
    Defect("no notebook", usable.noted, swap(r'<a [^>]*\.ipynb"', "<a", page="runs/cnn/index.html")),
    Defect("a run without duration", usable.told, swap("<dt>Took</dt>", "<dt>?</dt>", page="runs/cnn/index.html")),
    Defect("results without licence", structure.licensed, swap(r'rel="license"', "")),
    Defect(
        "a drawing in the search index",
        wayfinding.indexed,
        lambda site: site.but(
            "search/search_index.json", site.text("search/search_index.json").replace('"text":"', '"text":"<svg', 1)
        ),
    ),
]


@pytest.fixture(scope="module")
def few(site):
    """The site with some of its pages only, which is enough to break."""
    kept = {"index.html", PAGE, "runs/cnn/index.html"}
    return Site(site.root, dict.fromkeys(set(site.pages) - kept))


@pytest.fixture(scope="module")
def known(few):
    """Finds what a criterion finds before anything is broken, once for each."""
    return cache(lambda criterion: set(criterion.faults(few)))


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: f"{defect.criterion.id} {defect.name}")
def test_a_defect_is_found(defect, few, known):
    assert set(defect.criterion.faults(defect.change(few))) - known(defect.criterion)

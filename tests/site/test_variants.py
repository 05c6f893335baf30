"""What must hold for other builds of the site: from right to left, from disk, with instant navigation, repeated."""

from __future__ import annotations

import json
import re

import pytest

from tests.browser import WINDOWED, program
from tests.site import scripts, usable
from tests.site.chromium import Chromium
from tests.site.host import hosted
from tests.site.pages import Site
from tests.site.reading import NARROW, Reader
from tests.site.tab import Tab
from tests.site.variants import DAY

CHARTS = "compare/accuracy/"
ANOTHER = {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
ARTICLE = re.compile(r"<article\b.*</article>", re.DOTALL)
TAG, ATTRIBUTE = re.compile(r'<([\w-]+)((?:\s+[\w:@.-]+(?:="[^"]*")?)*)\s*/?>'), re.compile(r'([\w:@.-]+)="([^"]*)"')
STATE = """
() => ({
  drawings: [...document.querySelectorAll('.dl-plot > svg')].filter(e => e.getClientRects().length).length,
  ready: document.querySelectorAll('[data-dl-ready], .dl-ready').length, title: document.title,
  styled: [...document.styleSheets].some(e => (e.href || '').includes('dl.css')),
  ours: [...document.scripts].filter(e => /assets\\/dl\\//.test(e.src)).length,
})
"""


def told(tab: Tab) -> str:
    """Read a value out of the first chart with a key, and return what is said."""
    tab.evaluate("document.querySelector('.dl-chart .dl-pad').focus()")
    tab.press("End", 35)
    tab.until("document.querySelector('.dl-chart .dl-told').textContent")
    return str(tab.evaluate("document.querySelector('.dl-chart .dl-told').textContent"))


def sorts(tab: Tab) -> bool:
    """Press the head of a column, and tell whether the table is sorted now."""
    tab.evaluate("[...document.querySelectorAll('.dl-table .dl-sort')].at(-1).click()")
    return bool(tab.evaluate("!!document.querySelector('.dl-table th[aria-sort]')"))


def test_r69_the_same_commit_gives_the_same_bytes(built, request):
    again = built("again", env={**DAY, **ANOTHER})
    # After that one, so that another worker can build this one at the same time.
    site = request.getfixturevalue("site")

    assert sorted(again.files) == sorted(site.files)
    assert [name for name in site.files if site.read(name) != again.read(name)] == []


def ids(site: Site) -> dict[str, list[str]]:
    """List the ids of what we put on pages, read from tags: trees of all pages take long."""
    found: dict[str, list[str]] = {}
    for page in site.pages:
        text = site.text(page)
        body = ARTICLE.search(text)
        named = [(tag, dict(ATTRIBUTE.findall(said))) for tag, said in TAG.findall(body[0] if body else text)]
        found[page] = [
            held["id"]
            for tag, held in named
            if held.get("id", "").startswith("dl-")
            or ("id" in held and tag in ("figure", "section", "details") and held.get("class", "").startswith("dl-"))
        ]
    return found


@pytest.fixture(scope="module")
def mirrored(built, site):
    """The site from right to left, with instant navigation, and with one page edited.

    What the plugin says is in the language for tests: longer, and never English.
    """
    arabic = {"  name: material\n": "  name: material\n  language: ar\n"}
    pseudo = {"  - dlplugin:\n": "  - dlplugin:\n      language: xx-pseudo\n"}
    instant = {"  features:\n": "  features:\n    - navigation.instant\n"}
    edited = {"docs/plugin/blocks.md": "\n\nA paragraph more.\n"}
    return built("mirrored", changes={**arabic, **pseudo, **instant}, files=edited, drawn=site.root)


def test_r68_ids_stay_when_something_else_is_edited(site, mirrored):
    assert sum(map(len, ids(site).values())) > 20
    assert ids(mirrored) == ids(site)


@pytest.mark.parametrize("page", ["", CHARTS, "runs/cnn/", "plugin/charts/", "plugin/gallery/"])
def test_r25_from_right_to_left_and_in_longer_words_nothing_stands_out(page, mirrored, browser):
    with hosted(mirrored.root, mirrored.base) as url:
        assert 'dir="rtl"' in mirrored.text(f"{page}index.html")
        with Reader(browser, url).open(page, NARROW) as tab:
            assert tab.ask(scripts.OVERFLOW) == []


def test_r30_what_the_plugin_says_comes_from_its_catalogue(mirrored, judge):
    judge(usable.catalogued, mirrored)


def test_r29_pages_opened_from_disk_are_styled_and_drawn(built, site, browser):
    plugins = {"plugins:\n  - search\n": "plugins:\n  - search\n  - offline\n"}
    offline = built("offline", changes=plugins, drawn=site.root)

    with browser.tab() as tab:
        tab.open((offline.root / "compare/accuracy.html").as_uri())
        state = tab.ask(STATE)

    assert state["styled"]
    assert state["drawings"] >= 2
    foreign = {url for url in tab.asked.values() if not url.startswith(("file:", "data:", "blob:"))}
    # What the search needs on a disk, Material takes from there; without a network all but the search works.
    assert {url for url in foreign if "iframe-worker" not in url} == set()


def test_r34_charts_are_there_after_instant_navigation_and_back(mirrored, browser):
    moved: dict[str, bytes | None] = {}
    with hosted(mirrored.root, mirrored.base, moved) as url, browser.tab() as tab:
        # Only pages of the sitemap are exchanged, so it must name the host that it is served from.
        moved["sitemap.xml"] = mirrored.text("sitemap.xml").replace(mirrored.origin + mirrored.base, url).encode()
        tab.open(url + "plugin/quickstart/")
        tab.evaluate("window.here = true")
        for step in (f"document.querySelector('a[href$=\"{CHARTS}\"]').click()", "history.back()", "history.forward()"):
            was = tab.evaluate("document.title")
            tab.evaluate(step)
            tab.until(f"document.title !== {json.dumps(was)}")
            tab.pause(0.3)
        state = tab.ask(STATE)

        assert tab.evaluate("window.here"), "the page was loaded anew"
        assert re.match("Five families", state["title"])
        assert state["drawings"] >= 2
        assert "%" in told(tab)
        assert sorts(tab)
        assert tab.errors == []


@pytest.fixture
def windowed(site, lacking, tmp_path):
    """A reader with a whole browser: only such a one keeps pages as they were, to come back to."""
    if program(WINDOWED) is None:
        lacking("a Chromium with windows, which .ci/browser brings")
    chromium = Chromium(tmp_path / "chromium", WINDOWED)
    with hosted(site.root, site.base) as url:
        yield Reader(chromium, url)
    chromium.close()


def test_r34_pages_come_back_from_the_browsers_history(windowed):
    with windowed.open(CHARTS) as tab:
        before = tab.ask(STATE)
        tab.open(windowed.url + "plugin/quickstart/")
        tab.evaluate("history.back()")
        tab.until(f"document.title === {json.dumps(before['title'])} && document.readyState === 'complete'")
        tab.settle()

        assert tab.ask(STATE) == before
        assert "%" in told(tab)
        assert sorts(tab)

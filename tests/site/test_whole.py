"""What holds for the site as a whole in the browser: search, the 404 page, the palette, valid HTML."""

from __future__ import annotations

import json
import subprocess

from tests.site.pages import Site, words
from tests.site.reading import VALIDATOR, Reader, node
from tests.site.seen import LIBRARY

FIELD = "input.md-search__input"
TYPE = """
async (query, wanted, among) => {
  const field = document.querySelector('input.md-search__input');
  const hits = () => [...document.querySelectorAll('.md-search-result__item > a.md-search-result__link')]
    .slice(0, among).map(e => e.href.split(/[?#]/)[0]);
  field.value = query;
  field.dispatchEvent(new Event('input', {bubbles: true}));
  field.dispatchEvent(new KeyboardEvent('keyup', {bubbles: true}));
  for (let tries = 0; tries < 80; tries++) {
    await new Promise(done => setTimeout(done, 50));
    if (hits().some(hit => wanted.includes(hit))) return [];
  }
  return hits();
}
"""
"""Searches, and returns what is found first when it is none of the wanted."""


def missed(reader: Reader, queries: dict[str, list[str]], among: int = 1) -> list[str]:
    """Search for each text and list what does not find one of its pages among the first."""
    lost = []
    with reader.open("") as tab:
        tab.evaluate(f"document.querySelector('#__search').click(), document.querySelector('{FIELD}').focus()")
        tab.settle()
        for query, pages in queries.items():
            if hits := tab.ask(TYPE, query, [reader.url + page for page in pages], among):
                lost.append(f"{query!r} finds {[hit.removeprefix(reader.url) for hit in hits]}, not {pages}")
    return lost


def heading(site: Site, page: str) -> str:
    """Return the main heading of a page, without its link to itself."""
    main = site.body(page).find("h1")
    assert main is not None, page
    return words(main).removesuffix("¶").strip()


def test_r55_the_title_of_every_page_finds_it_first(site, reader):
    pages = [page for page in site.pages if not page.startswith("runs/")]
    titles = {heading(site, page)[:60]: [page.removesuffix("index.html")] for page in pages}

    assert missed(reader, titles) == []


def file(entry: dict[str, str]) -> str:
    """Return the file of the page that an entry of the search index belongs to."""
    return entry["location"].split("#")[0] + "index.html"


def test_r55_the_name_of_a_metric_finds_a_page_that_measures_it(site, reader):
    index = json.loads(site.text("search/search_index.json"))["docs"]
    named = [entry for entry in index if "test accuracy" in f"{entry['title']} {entry['text']}".lower()]
    pages = {entry["location"].split("#")[0] for entry in named if site.body(file(entry)).select_one(".dl-num")}

    assert pages
    assert missed(reader, {"Test accuracy": sorted(pages)}, among=5) == []


def test_r26_the_palette_stays_as_it_was_chosen(reader):
    shade = "() => getComputedStyle(document.body).backgroundColor"
    with reader.open("plugin/quickstart/") as tab:
        before = tab.ask(shade)
        tab.ask("() => [...document.querySelectorAll('label[for^=__palette]')].find(e => !e.hidden).click()")
        tab.settle()
        chosen = tab.ask(shade)
        tab.open(reader.url + "plugin/blocks/")

        assert chosen != before
        assert tab.ask(shade) == chosen


VIEW = """
() => [document.querySelector('#fig-accuracy .dl-told').textContent,
  [...document.querySelectorAll('#tbl-mnist1d tbody th')].map(e => e.textContent).join('|')]
"""
"""What a reader of the measured comparison has chosen: a value of a chart, and the order of a table."""


def test_r72_what_a_reader_sees_has_an_address(reader):
    page = "compare/accuracy/"
    with reader.open(page) as tab:
        plain = tab.ask(VIEW)
        tab.evaluate("document.querySelector('#fig-accuracy .dl-pad').focus()")
        tab.press("End", 35)
        tab.until("document.querySelector('#fig-accuracy .dl-told').textContent")
        tab.evaluate("[...document.querySelectorAll('#tbl-mnist1d .dl-sort')].at(-1).click()")
        tab.until("location.hash.includes('fig-accuracy=r') && location.hash.includes('tbl-mnist1d')")
        seen, address = tab.ask(VIEW), tab.evaluate("location.hash")

    with reader.open(page + address) as tab:
        tab.until("document.querySelector('#fig-accuracy .dl-told').textContent")

        assert tab.ask(VIEW) == seen
        assert [now != then for now, then in zip(seen, plain, strict=True)] == [True, True]


def test_r09b_what_charts_are_explored_with_comes_when_a_reader_asks(reader):
    explore = "[...document.querySelectorAll('#fig-accuracy .dl-tools button')].find(e => e.textContent === 'Explore')"
    with reader.open("compare/accuracy/") as tab:
        before = tab.bytes
        tab.evaluate(f"{explore}.click()")
        tab.until("!!document.querySelector('#fig-accuracy .dl-stage svg')", 30)
        tab.settle()

        assert any(url.endswith(f"/{LIBRARY}") for url in tab.asked.values())
        assert tab.bytes - before <= 300_000
        assert tab.errors == []


def test_r62_a_wrong_address_leads_to_a_page_that_helps(reader):
    with reader.open("no/such/page/") as tab:
        said = tab.ask(
            "() => [document.querySelectorAll('nav a[href]').length, getComputedStyle(document.body).fontFamily,"
            " !!document.querySelector('input.md-search__input'), document.querySelector('h1')?.textContent]"
        )

    assert tab.status == 404
    assert [error for error in tab.errors if "no/such/page/" not in error] == []
    assert said[0] > 5
    assert said[2]
    assert "404" in said[3]


def test_r70_the_html_of_every_page_is_valid(site, lacking, tmp_path):
    if node() is None or not VALIDATOR.is_file():
        lacking("html-validate, which .ci/browser brings")
    config = str((VALIDATOR.parents[2] / "../../tests/site/htmlvalidate.json").resolve())
    pages = [str(site.root / page) for page in [*site.pages, "404.html"]]

    # Into a file: it ends before a pipe is empty.
    report = tmp_path / "report.json"
    with report.open("wb") as told:
        subprocess.run([str(VALIDATOR), "-c", config, "-f", "json", *pages], stdout=told, check=False)
    faults = [
        f"{page['filePath'].removeprefix(str(site.root))}:{one['line']}: {one['ruleId']}: {one['message']}"
        for page in json.loads(report.read_text("utf-8"))
        for one in page["messages"]
    ]

    assert faults == []

"""The slider over training sizes reads the table of the chart, says who leads, and keeps its place in the address."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.browser import program
from tests.site.chromium import Chromium
from tests.site.host import hosted
from tests.site.tab import Mode

pytestmark = pytest.mark.skipif(program() is None, reason="no Chromium is installed")

ASSETS = Path(__file__).parents[2] / "docs" / "assets"
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sizes</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="play.css"><body class="md-typeset">
<figure id="fig-signals"><table><thead><tr><th>training signals</th><th>Forest</th><th>CNN</th></tr></thead><tbody>
<tr><th data-sort="100">100</th><td data-sort="0.25">25.0 % ± 2.0</td><td data-sort="0.26">26.0 % ± 3.0</td></tr>
<tr><th data-sort="1000">1,000</th><td data-sort="0.5">50.0 % ± 1.0</td><td data-sort="0.99">99 % [97, 100]</td></tr>
<tr><th data-sort="32000">32,000</th><td data-sort="0.8">80.0 % ± 1.0</td><td></td></tr>
</tbody></table></figure>
<div class="play" data-play="size"><p>The chart says the same.</p></div>
<script src="play.js"></script><script src="play-size.js"></script></html>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    (folder / "index.html").write_text(PAGE, encoding="utf-8")
    for name in ("play.css", "play.js", "play-size.js"):
        shutil.copy(ASSETS / name, folder)
    browser = Chromium(tmp_path_factory.mktemp("browser"))
    with hosted(folder) as url:
        yield browser, url
    browser.close()


def opened(site, address=""):
    browser, url = site
    tab = browser.tab(Mode(width=360, height=780, dark=False))
    page = tab.__enter__()
    page.open(url + address)
    return tab, page


SAID = "document.querySelector('.play-said').textContent"
SLIDE = (
    "(i => { const one = document.querySelector('input'); one.value = i; one.dispatchEvent(new Event('input')); })(%d)"
)


def test_the_slider_says_who_leads_and_whether_that_is_clear(site):
    tab, page = opened(site)
    page.evaluate(SLIDE % 0)
    overlapping = page.evaluate(SAID)
    page.evaluate(SLIDE % 1)
    clear = page.evaluate(SAID)
    tab.__exit__(None, None, None)

    assert overlapping == "With 100 signals: CNN leads with 26.0 %; its interval overlaps with that of Forest."
    assert clear == "With 1,000 signals: CNN leads with 99.0 %, its interval clear of all others."


def test_what_was_chosen_stands_in_the_address_and_is_read_from_it(site):
    tab, page = opened(site, "?signals=32000&other=1")
    label = page.evaluate("document.querySelector('output').textContent")
    missing = page.evaluate("document.querySelector('.play svg').textContent")
    page.evaluate(SLIDE % 0)
    address = page.evaluate("location.search")
    tab.__exit__(None, None, None)

    assert label == "32,000 signals"
    assert "not measured" in missing
    assert address == "?signals=100&other=1"


def test_the_page_is_no_wider_than_a_phone(site):
    tab, page = opened(site)
    width = page.evaluate("document.documentElement.scrollWidth")
    tab.__exit__(None, None, None)

    assert width <= 360

"""On a page from right to left numbers still read from left to right, and tables go on to the left."""

from __future__ import annotations

import pytest

from tests.browser import Browser, program, served

pytestmark = pytest.mark.skipif(program() is None, reason="no Chromium is installed")

PAGE = """
    # B

    ```python {run="net"}
    #| params: {n: [1, 2]}
    #| seeds: 3
    #| varies: [data]
    from mkdocs_dlplugin import run

    for name in ("first", "second", "third", "fourth", "fifth"):
        run.summary[f"{name}_metric"] = 10 + (run.seed + run.config.n) / 3
        run.log({"loss": 2.0}, step=0)
        run.log({"loss": 1.0}, step=1)
    ```

    ```yaml {comparison="tbl-wide"}
    runs: ["net(n=*)"]
    metrics: [first_metric, second_metric, third_metric, fourth_metric, fifth_metric]
    ```

    ```yaml {claim="one"}
    statement: One is more.
    settings:
      all: net(n=2).first_metric > net(n=1).first_metric
    ```
    """

LEFTS = """
[...document.querySelectorAll(%r)].map(cell => {
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT), range = document.createRange(), found = [];
  for (let text = walker.nextNode(); text; text = walker.nextNode())
    for (let at = 0; at < text.data.length; at += 1)
      if (/[0-9±+−]/.test(text.data[at])) {
        range.setStart(text, at);
        range.setEnd(text, at + 1);
        found.push(range.getBoundingClientRect().left);
      }
  return found;
})
"""
"""Where the digits and signs of numbers stand, in the order in which they are written."""


@pytest.fixture
def mirrored(site, tmp_path):
    """A browser on a site whose pages are from right to left, on a phone."""
    built = site(PAGE)
    for file in (built.root / "site").rglob("*.html"):
        file.write_text(file.read_text("utf-8").replace("<html>", '<html dir="rtl">', 1), "utf-8")
    browser = Browser(tmp_path / "profile")
    with served(built.root / "site") as address:
        browser.resize(360)
        yield browser, address
    browser.close()


def test_numbers_are_read_from_left_to_right(mirrored):
    browser, address = mirrored
    browser.go(address)
    told = browser.evaluate(LEFTS % "#tbl-wide .dl-num, .dl-diff")
    browser.go(f"{address.rstrip('/')}/runs/net/")
    told += browser.evaluate(LEFTS % "td.dl-number")

    assert len(told) > 20
    assert [places for places in told if places != sorted(places)] == []


def test_a_wide_table_says_on_its_left_that_it_goes_on_and_keeps_its_names_at_the_right(mirrored):
    browser, address = mirrored
    browser.go(address)
    box = "document.querySelector('#tbl-wide .dl-scroll')"
    arrow = browser.evaluate(f"getComputedStyle({box}).backgroundPosition.split(', ')[2]")
    browser.evaluate(f"{box}.scrollLeft = -200")
    ends = browser.evaluate(f"[{box}, {box}.querySelector('tbody th')].map(e => e.getBoundingClientRect().right)")

    assert arrow.startswith("2px")
    assert browser.evaluate(f"{box}.scrollLeft") < -100
    assert ends[0] == pytest.approx(ends[1], abs=1)

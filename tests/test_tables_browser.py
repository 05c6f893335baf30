"""What a browser makes of our tables: on a phone the names stay, and an arrow says that there is more to the right."""

from __future__ import annotations

import pytest

from tests.faults.hostile_browser import Browser, program, served

pytestmark = pytest.mark.skipif(program() is None, reason="no Chromium is installed")

PAGE = """
    # Tables

    ```python {run="net"}
    #| params: {n: [1, 2, 3]}
    #| seeds: 3
    #| varies: [data]
    from mkdocs_dlplugin import run

    n = run.config.n
    for name in ("first", "second", "third", "fourth", "fifth"):
        run.summary[f"{name}_metric"] = 10 ** (2 * n) + (run.seed + 1) / 3
    run.confusion([0, 1] * 20, [0, 1, 1, 1] * 10)
    run.images("unit", [[[0.0, 0.5], [1.0, 0.2]]] * 4)
    ```

    ```yaml {comparison="tbl-wide"}
    runs: ["net(n=*)"]
    metrics: [first_metric, second_metric, third_metric, fourth_metric, fifth_metric]
    ```

    ```yaml {comparison="tbl-narrow"}
    runs: ["net(n=*)"]
    metrics: [first_metric]
    ```

    ```yaml {chart="fig-taken"}
    kind: confusion
    runs: net(n=1)
    ```

    ```yaml {chart="fig-units"}
    kind: images
    runs: net(n=1)
    images: unit
    columns: 12
    ```
    """

BOX = "document.querySelector('#{} .dl-scroll')"

SHOWN = """
(async () => {
  const picture = new Image();
  picture.src = 'data:image/png;base64,%s';
  await picture.decode();
  const canvas = new OffscreenCanvas(picture.width, picture.height), pen = canvas.getContext('2d');
  pen.drawImage(picture, 0, 0);
  const all = pen.getImageData(0, 0, picture.width, picture.height).data;
  let found = 0;
  for (let at = 0; at < all.length; at += 4)
    if (Math.abs(all[at] - all[0]) + Math.abs(all[at + 1] - all[1]) + Math.abs(all[at + 2] - all[2]) > 60) found += 1;
  return found;
})()
"""
"""Counts the pixels of a picture that stand out from its first one."""

POINTS = """
[...document.querySelectorAll('#tbl-wide tbody tr td:nth-child(2) .dl-num')].map(number => {
  const text = number.firstChild, range = document.createRange(), at = text.data.indexOf('.');
  range.setStart(text, at);
  range.setEnd(text, at + 1);
  return range.getBoundingClientRect().left;
})
"""
"""Places of the decimal signs in a column."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = Browser(tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture(params=["light", "dark"])
def phone(site, browser, request):
    """A page open on a phone, in both schemes."""
    palette = [
        {
            "media": f"(prefers-color-scheme: {name})",
            "scheme": scheme,
            "toggle": {"icon": "material/weather-night", "name": "Switch"},
        }
        for name, scheme in (("light", "default"), ("dark", "slate"))
    ]
    site.config = {"theme": {"name": "material", "font": False, "palette": palette}}
    built = site(PAGE)
    assert (built.code, built.said) == (0, "")
    scheme = [{"name": "prefers-color-scheme", "value": request.param}]
    browser.call("Emulation.setEmulatedMedia", features=scheme)
    browser.call("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=True)
    with served(built.root / "site") as url:
        browser.open(url)
        yield browser


def scroll(browser, table, to):
    """Scroll a table sideways, and the page to it."""
    browser.evaluate(
        f"(async () => {{ const box = {BOX.format(table)}; box.scrollLeft = {to};"
        " box.scrollIntoView({block: 'center'});"
        " await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))); })()"
    )


def arrow(browser, table):
    """Count the pixels that are drawn in the strip below the right end of a table."""
    place = browser.evaluate(
        f"(() => {{ const box = {BOX.format(table)}.getBoundingClientRect();"
        " return {x: box.right - 22, y: box.bottom + scrollY - 12, width: 8, height: 10}; })()"
    )
    taken = browser.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip={**place, "scale": 1})
    return browser.evaluate(SHOWN % taken["data"])


def test_an_arrow_says_that_there_is_more_to_the_right(phone):
    scroll(phone, "tbl-wide", 0)
    begun = arrow(phone, "tbl-wide")
    scroll(phone, "tbl-wide", 9999)

    assert begun >= 12
    assert arrow(phone, "tbl-wide") == 0
    assert arrow(phone, "tbl-narrow") == 0


def test_the_first_column_stays(phone):
    scroll(phone, "tbl-wide", 9999)
    seen = phone.evaluate(
        f"(() => {{ const box = {BOX.format('tbl-wide')}, cell = box.querySelector('tbody th');"
        " const at = cell.getBoundingClientRect(), left = box.getBoundingClientRect().left;"
        " return [box.scrollLeft > 50, at.left - left,"
        " document.elementFromPoint(at.left + 3, at.top + 8) === cell]; })()"
    )

    assert seen == [True, 0, True]


def test_the_page_itself_does_not_scroll_sideways(phone):
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360


def test_numbers_of_a_column_stand_below_each_other_at_their_decimal_sign(phone):
    places = phone.evaluate(POINTS)

    assert len(places) == 3
    assert max(places) - min(places) < 1


def test_a_confusion_matrix_scrolls_in_its_own_box_and_pictures_share_a_row(phone):
    rows = phone.evaluate(
        "[...document.querySelectorAll('#fig-units li')].map(item => item.getBoundingClientRect().top)"
    )

    assert len(set(rows)) == 1
    assert phone.evaluate(f"{BOX.format('fig-taken')}.getBoundingClientRect().right <= 360")


def test_cells_of_a_confusion_matrix_are_tinted_by_their_share(phone):
    tints = phone.evaluate(
        "[...document.querySelectorAll('#fig-taken td[class*=dl-q]')]"
        ".map(cell => [cell.className.match(/dl-q\\d/)[0], getComputedStyle(cell).backgroundColor])"
    )
    shown = dict(tints)

    assert "dl-q4" in shown
    assert len(set(shown.values())) == len(shown)
    assert all(colour != "rgba(0, 0, 0, 0)" for name, colour in shown.items() if name != "dl-q0")

"""What readers do in a real browser: read values out, sort, explore, share what they see; and all of it without."""

from __future__ import annotations

import gzip
import re
import time
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlsplit

import pytest

from mkdocs_dlplugin.engines.inline import Inline
from tests.browser import Browser, program, served
from tests.conftest import Sites

pytestmark = pytest.mark.skipif(program() is None, reason="no browser here")

POLICY = {"Content-Security-Policy": "script-src 'self'; style-src 'self'; img-src 'self' data:"}

RUNS = dedent("""
    ```python {run="svm"}
    #| name: SVM
    #| tags: {family: classical}
    #| params: {n: [100, 300, 1000]}
    #| seeds: 3
    #| varies: [data]
    from mkdocs_dlplugin import run

    run.summary["acc"] = 0.2 + run.config["n"] / 2000 + run.seed / 100
    run.summary["size"] = run.config["n"] * 2
    ```

    ```python {run="net"}
    #| name: Network
    #| params: {n: [100, 300, 1000]}
    #| seeds: 3
    #| varies: [data]
    from mkdocs_dlplugin import run

    run.summary["acc"] = 0.1 + run.config["n"] / 1300 + run.seed / 90
    run.summary["size"] = run.config["n"] * 3
    ```

    ```python {run="words"}
    #| params: {act: [tanh, relu, elu]}
    #| seeds: 3
    #| varies: [init]
    from mkdocs_dlplugin import run

    run.summary["acc"] = len(run.config["act"]) / 9 + run.seed / 100
    ```

    ```python {run="long"}
    #| seeds: 3
    #| varies: [init]
    from mkdocs_dlplugin import run

    for step in range(60):
        run.log({"loss": 2 / (step + 2) + run.seed / 200}, step=step)
    ```
    """)
KINDS = dedent("""
    ```yaml {chart="kind-bar"}
    runs: ["svm(n=*)", "net(n=*)"]
    kind: bar
    y: acc
    ```

    ```yaml {chart="kind-upright"}
    runs: ["svm(n=*)", "net(n=*)"]
    kind: bar
    x: n
    y: acc
    ```

    ```yaml {chart="kind-scatter"}
    runs: ["svm(n=*)", "net(n=*)"]
    kind: scatter
    x: size
    y: acc
    ```

    ```yaml {chart="kind-heat"}
    runs: ["grid(n=*, hidden=*)"]
    kind: heatmap
    x: n
    y: hidden
    color: acc
    ```

    ```yaml {chart="kind-hist"}
    runs: ["svm(n=*)", "net(n=*)"]
    kind: hist
    x: acc
    bins: 4
    ```

    ```yaml {chart="kind-panels"}
    runs: ["grid(n=*, hidden=*)", "svm(n=*)"]
    x: n
    y: acc
    facet: family
    ```

    ```yaml {chart="kind-rows"}
    runs: ["grid(n=*, hidden=*)"]
    y: acc
    facet: hidden
    ```

    ```yaml {chart="kind-own"}
    runs: ["svm(n=*)", "net(n=*)"]
    spec:
      data: {name: runs}
      mark: point
      encoding:
        x: {field: n, type: quantitative}
        y: {field: acc, type: quantitative}
        color: {field: run, type: nominal}
    fig-cap: Of my own
    fig-alt: Accuracy of each seed by n, from 0.2 to 0.9
    ```

    ```yaml {chart="kind-own-bar"}
    runs: ["svm(n=*)"]
    spec:
      data: {name: runs}
      mark: bar
      encoding:
        x: {field: n, type: ordinal}
        y: {field: acc, type: quantitative, aggregate: mean}
    fig-cap: Bars of my own
    fig-alt: Mean accuracy by n, from 0.25 to 0.7
    ```

    ```python {run="grid"}
    #| params: {n: [100, 300], hidden: [4, 16]}
    #| seeds: 3
    #| varies: [data]
    #| name: Grid
    #| tags: {family: deep}
    from mkdocs_dlplugin import run

    run.summary["acc"] = 0.1 + run.config["n"] / 1000 + run.config["hidden"] / 100 + run.seed / 100
    ```
    """)
CHARTS = dedent("""
    ```yaml {chart="fig-n"}
    runs: ["svm(n=*)", "net(n=*)"]
    x: {field: n, scale: log}
    y: acc
    reference: {value: 0.3, label: Chance}
    ```

    ```yaml {chart="fig-dots"}
    runs: ["svm(n=*)", "net(n=*)"]
    y: acc
    reference: {value: 0.3, label: Chance}
    ```

    ```yaml {chart="fig-words"}
    runs: ["words(act=*)"]
    x: act
    y: acc
    ```

    ```yaml {chart="fig-long"}
    runs: [long]
    kind: line
    y: loss
    ```
    """)
TABLE = dedent("""
    <table class="dl-values" data-sortable id="by-hand"><thead><tr><th scope="col">Run</th><th scope="col">Accuracy</th>
    <th scope="col"></th></tr></thead>
    <tbody><tr class="dl-group"><th scope="rowgroup" colspan="3">Trees</th></tr>
    <tr><th scope="row">b</th><td data-sort="0.9">90 %</td><td></td></tr>
    <tr><th scope="row">a</th><td>–</td><td></td></tr>
    <tr><th scope="row">c</th><td data-sort="0.1">10 %</td><td></td></tr></tbody>
    <tbody><tr class="dl-group"><th scope="rowgroup" colspan="3">Networks</th></tr>
    <tr><th scope="row">e 10</th><td data-sort="0.05">5 %</td><td></td></tr>
    <tr><th scope="row">e 9</th><td data-sort="1e-3">0.1 %</td><td></td></tr></tbody></table>

    ## Far below
    """)

LOOK = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{{ page.title }}</title></head><body><main>{{ page.content }}</main></body></html>"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def window(browser):
    browser.resize(1280, 900)
    browser.prefer(color_scheme="light")


def sites(root, **config):
    return Sites(root, config={"markdown_extensions": ["md_in_html"], **config})


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A site without any script of its own, served under a strict policy."""
    pytest.importorskip("vl_convert")
    root = tmp_path_factory.mktemp("plain")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("DLPLUGIN_EXECUTION", raising=False)
        patch.setattr("mkdocs_dlplugin.build.start_engine", lambda *_: Inline(root / "jobs"))
        (root / "look").mkdir()
        (root / "look" / "main.html").write_text(LOOK)
        theme = {"name": None, "custom_dir": "look"}
        built = sites(root, theme=theme)(
            {"index": f"{RUNS}{CHARTS}{TABLE}", "other": "# Other\n\nNothing of ours.", "kinds": f"# Kinds\n{KINDS}"}
        )
    assert built.said == ""
    with served(root / "site", POLICY) as url:
        yield url


@pytest.fixture(scope="module")
def themed(tmp_path_factory):
    """A site with Material's instant navigation and palette."""
    pytest.importorskip("vl_convert")
    pytest.importorskip("material")
    root = tmp_path_factory.mktemp("themed")
    (root / "site").mkdir()
    palette = [
        {"scheme": "default", "toggle": {"icon": "material/weather-night", "name": "Dark"}},
        {"scheme": "slate", "toggle": {"icon": "material/weather-sunny", "name": "Light"}},
    ]
    theme = {"name": "material", "font": False, "features": ["navigation.instant"], "palette": palette}
    with served(root / "site") as url, pytest.MonkeyPatch.context() as patch:
        patch.delenv("DLPLUGIN_EXECUTION", raising=False)
        patch.setattr("mkdocs_dlplugin.build.start_engine", lambda *_: Inline(root / "jobs"))
        pages = {
            "index": "# Start\n\nNothing of ours. [Charts](charts.md)",
            "charts": f"# Charts\n{RUNS}{CHARTS}{TABLE}",
        }
        built = sites(root, theme=theme, site_url=url, nav=[{"Start": "index.md"}, {"Charts": "charts.md"}])(pages)
        assert built.said == ""
        yield url


def inside(browser, selector, at=(0.5, 0.5)):
    """Scroll to an element and return a place in it, as shares of its width and height."""
    x, y, width, height = browser.evaluate(
        f"""(() => {{
          const found = document.querySelector({selector!r});
          found.scrollIntoView({{block: 'center', behavior: 'instant'}});
          const {{x, y, width, height}} = found.getBoundingClientRect();
          return [x, y, width, height];
        }})()"""
    )
    return x + at[0] * width, y + at[1] * height


def named(browser, name):
    """Return the place of a name at the end of its line."""
    inside(browser, "#fig-n")
    return browser.evaluate(
        f"""(() => {{
          const texts = [...document.querySelectorAll('#fig-n .dl-wide text')];
          const {{x, y, width, height}} = texts.find(e => e.textContent === {name!r}).getBoundingClientRect();
          return [x + width / 2, y + height / 2];
        }})()"""
    )


def read_out(browser, figure):
    """Wait for a read-out and return it."""
    return browser.until(f"document.querySelector('#{figure} .dl-told').textContent").replace("\N{NO-BREAK SPACE}", " ")


def focus(browser, figure):
    inside(browser, f"#{figure} .dl-pad")
    browser.evaluate(f"document.querySelector('#{figure} .dl-pad').focus()")


def keys(browser, figure, *names):
    """Press keys one by one and return what is read out after each."""
    said = []
    for name in names:
        before = browser.evaluate(f"document.querySelector('#{figure} .dl-told').textContent")
        browser.press(name)
        browser.until(f"document.querySelector('#{figure} .dl-told').textContent !== {before!r}", 1)
        said.append(read_out(browser, figure))
    return said


def column(browser, number):
    """Return a column of the table written by hand, group by group."""
    return browser.evaluate(
        f"[...document.querySelectorAll('#by-hand tbody tr')].map(r => r.cells[{number}]?.innerText)"
    )


def visible(browser, selector):
    """Return the classes of the elements that a reader can see."""
    seen = f"[...document.querySelectorAll({selector!r})].filter(e => e.checkVisibility()).map(e => e.className)"
    return browser.evaluate(seen)


def explore(browser, figure):
    x, y = inside(browser, f"#{figure} .dl-tools button")
    browser.click(x, y)
    assert browser.until(f"!!document.querySelector('#{figure} .dl-stage svg .read_marks path')")
    assert browser.until(f"document.querySelector('#{figure} .dl-tools button').innerText.startsWith('Back')")


# Reading values out.


def test_the_nearest_mark_is_read_out_as_the_table_writes_it(browser, plain):
    browser.go(plain)
    # On the name at the end of the upper line.
    browser.mouse("mouseMoved", *named(browser, "Network"))

    said = read_out(browser, "fig-n")
    cell = browser.evaluate("document.querySelector('#fig-n tbody tr:last-child td:last-child').textContent")
    assert said == f"Network, n 1,000: {cell}".replace("\N{NO-BREAK SPACE}", " ")
    assert browser.evaluate("document.querySelector('#fig-n .dl-told').ariaLive") == "off"
    assert browser.until("location.hash === ''")


@pytest.mark.parametrize("figure", ["fig-n", "fig-dots", "fig-words", "fig-long"])
@pytest.mark.parametrize("width", [1280, 360])
def test_the_marker_stands_on_the_mark_that_is_read_out(browser, plain, figure, width):
    browser.resize(width)
    browser.go(plain)
    focus(browser, figure)
    keys(browser, figure, "Home")

    away = browser.evaluate(
        f"""(() => {{
          const middle = ({{x, y, width, height}}) => [x + width / 2, y + height / 2];
          const begin = path => {{
            const at = path.getPointAtLength(0).matrixTransform(path.getScreenCTM());
            return [at.x, at.y];
          }};
          const [x, y] = middle(document.querySelector('#{figure} .dl-dot').getBoundingClientRect());
          const shown = [...document.querySelectorAll('#{figure} .dl-svg')].find(e => e.getClientRects().length);
          const round = [...shown.querySelectorAll('path[d*=A][fill], [fill] > path[d*=A]')];
          // Before the six means their eighteen seeds are drawn.
          const first = round[{18 if figure == "fig-dots" else 0}];
          const ends = first ? [middle(first.getBoundingClientRect())] : [];
          const lines = [...shown.querySelectorAll('[data-read=line] path')].map(begin);
          return Math.min(...[...ends, ...lines].map(([a, b]) => Math.hypot(a - x, b - y)));
        }})()"""
    )
    assert away < 1


def test_words_along_x_are_read_from_left_to_right(browser, plain):
    browser.go(plain)
    focus(browser, "fig-words")
    places = []
    said = []
    for key in ("Home", "ArrowRight", "ArrowRight"):
        said += keys(browser, "fig-words", key)
        places.append(browser.evaluate("document.querySelector('#fig-words .dl-dot').offsetLeft"))

    assert [re.search(r"act (\w+)", one)[1] for one in said] == ["tanh", "relu", "elu"]
    assert places == sorted(set(places))


def test_keys_walk_along_lines_and_from_line_to_line(browser, plain):
    browser.go(plain)
    focus(browser, "fig-n")
    walked = keys(browser, "fig-n", "Home", "ArrowRight", "ArrowDown", "End", "ArrowUp", "ArrowLeft")

    assert [one.partition(":")[0] for one in walked] == [
        "SVM, n 100", "SVM, n 300", "Network, n 300", "Network, n 1,000", "SVM, n 1,000", "SVM, n 300",
    ]  # fmt: skip
    assert browser.evaluate("document.querySelector('#fig-n .dl-told').ariaLive") == "polite"
    browser.press("Escape")
    assert browser.until("document.querySelector('#fig-n .dl-told').textContent === '' && location.hash === ''")


def test_a_page_of_a_long_line_is_a_tenth(browser, plain):
    browser.go(plain)
    focus(browser, "fig-long")
    walked = keys(browser, "fig-long", "Home", "PageDown", "PageDown", "PageUp")

    assert [re.search(r"step (\d+)", one)[1] for one in walked] == ["0", "6", "12", "6"]


def test_rows_are_walked_up_and_down(browser, plain):
    browser.go(plain)
    focus(browser, "fig-dots")
    walked = keys(browser, "fig-dots", "ArrowDown", "ArrowDown", "End", "ArrowUp")

    assert [one.partition(":")[0] for one in walked] == [
        "SVM (n=100)", "SVM (n=300)", "Network (n=1000)", "Network (n=300)",
    ]  # fmt: skip


def test_a_touch_reads_out_and_stays(browser, plain):
    browser.go(plain)
    browser.tap(*named(browser, "Network"))

    assert read_out(browser, "fig-n").startswith("Network, n 1,000:")
    assert browser.until("location.hash") == "#dl?fig-n=r5"


def test_a_chart_can_be_reached_and_shows_that_it_is(browser, plain):
    browser.go(plain)
    inside(browser, "#fig-n")
    browser.evaluate("document.querySelector('#fig-n .dl-pad').previousElementSibling.scrollIntoView()")
    for _ in range(60):
        browser.press("Tab")
        if browser.evaluate("document.activeElement.matches('#fig-n .dl-pad')"):
            break

    assert browser.evaluate(
        "getComputedStyle(document.activeElement).outlineStyle + document.activeElement.ariaLabel"
    ) == ("solidRead values with the arrow keys")


def test_opened_from_a_disk_the_table_stands_in_for_what_cannot_be_fetched(browser, plain, tmp_path_factory):
    root = next(path for path in tmp_path_factory.getbasetemp().iterdir() if path.name.startswith("plain"))
    browser.go((root / "site" / "index.html").as_uri())
    focus(browser, "fig-n")
    walked = keys(browser, "fig-n", "End", "ArrowDown")
    focus(browser, "fig-dots")
    dots = keys(browser, "fig-dots", "End")
    focus(browser, "fig-long")
    long = keys(browser, "fig-long", "Home", "ArrowRight", "End")

    assert [one.partition(":")[0] for one in walked] == ["SVM, n 1,000", "Network, n 1,000"]
    assert dots[0].startswith("Network (n=1000):")
    # Of sixty steps the table holds every third, counted from the end.
    assert [re.search(r"step (\d+)", one)[1] for one in long] == ["2", "5", "59"]


def test_in_a_page_from_right_to_left_the_marker_stands_right(browser, plain):
    browser.go(plain)
    browser.evaluate("document.documentElement.dir = 'rtl'")
    focus(browser, "fig-n")
    keys(browser, "fig-n", "Home")
    lefts = [browser.evaluate("document.querySelector('#fig-n .dl-dot').getBoundingClientRect().x")]
    keys(browser, "fig-n", "ArrowRight")
    lefts.append(browser.evaluate("document.querySelector('#fig-n .dl-dot').getBoundingClientRect().x"))

    assert lefts[0] < lefts[1]
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")


# Every kind.

READ = {
    "kind-bar": (["SVM (n=100)", "SVM (n=300)", "SVM (n=1000)"], "Network (n=1000)"),
    "kind-upright": (["SVM, n 100", "SVM, n 300", "SVM, n 1,000"], "SVM, n 1,000"),
    "kind-scatter": (["SVM (n=100), size 200", "SVM (n=300), size 600", "SVM (n=1000), size 2,000"],
                     "Network (n=1000), size 3,000"),
    "kind-heat": (["hidden 16, n 100", "hidden 16, n 300"], "hidden 16, n 300"),
    "kind-hist": (["SVM, acc 0.176923 to 0.355556"], "SVM, acc"),
    "kind-panels": (["Grid (hidden=4), deep, n 100", "Grid (hidden=4), deep, n 300"], "Grid (hidden=4), deep, n 300"),
    "kind-rows": (["Grid (n=100), hidden = 4", "Grid (n=300), hidden = 4"], "Grid (n=300), hidden = 16"),
}  # fmt: skip
"""What the first marks of a chart and its last one within reach of the End key are called."""


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("figure", READ)
def test_every_kind_is_read_out_by_keys_and_by_the_pointer(browser, plain, figure, width):
    browser.resize(width)
    browser.go(f"{plain}kinds/")
    wide = browser.evaluate("document.documentElement.scrollWidth")
    focus(browser, figure)
    begin, end = READ[figure]
    walked = keys(browser, figure, "Home", *["ArrowRight"] * (len(begin) - 1))
    said = keys(browser, figure, "End") if len(begin) > 1 else walked

    assert [one.rpartition(": ")[0] for one in walked] == begin
    assert said[-1].startswith(end)
    # The pointer in the middle of the ring finds the same mark.
    x, y = inside(browser, f"#{figure} .dl-dot")
    browser.press("Escape")
    browser.mouse("mouseMoved", x, y)
    assert read_out(browser, figure) == said[-1]
    assert browser.evaluate("document.documentElement.scrollWidth") == wide
    assert browser.complaints() == []


def test_what_is_read_out_of_a_panel_or_a_cell_is_what_the_table_says(browser, plain):
    browser.go(f"{plain}kinds/")
    said = {}
    for figure in ("kind-heat", "kind-panels", "kind-bar", "kind-hist"):
        focus(browser, figure)
        said[figure] = keys(browser, figure, "Home")[0].rpartition(": ")[2]
    cells = {
        figure: browser.evaluate(
            f"[...document.querySelectorAll('#{figure} tbody tr:first-child td')].map(e => e.textContent)"
        )
        for figure in said
    }

    for figure, one in said.items():
        assert one in [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in cells[figure]]


def test_keys_walk_through_cells_by_row_and_column_and_from_panel_to_panel(browser, plain):
    browser.go(f"{plain}kinds/")
    focus(browser, "kind-heat")
    cells = keys(browser, "kind-heat", "Home", "ArrowDown", "ArrowRight", "ArrowUp")
    focus(browser, "kind-panels")
    panels = keys(browser, "kind-panels", "Home", "ArrowRight", "ArrowDown", "ArrowDown")

    assert [one.rpartition(": ")[0] for one in cells] == [
        "hidden 16, n 100", "hidden 4, n 100", "hidden 4, n 300", "hidden 16, n 300",
    ]  # fmt: skip
    assert [one.rpartition(": ")[0] for one in panels] == [
        "Grid (hidden=4), deep, n 100", "Grid (hidden=4), deep, n 300", "Grid (hidden=16), deep, n 300",
        "SVM, classical, n 300",
    ]  # fmt: skip


@pytest.mark.parametrize("figure", ["kind-bar", "kind-scatter", "kind-rows"])
def test_opened_from_a_disk_no_kind_says_the_number_of_another_mark(browser, plain, tmp_path_factory, figure):
    browser.go(f"{plain}kinds/")
    focus(browser, figure)
    online = keys(browser, figure, "Home", "ArrowDown", "End")
    root = next(path for path in tmp_path_factory.getbasetemp().iterdir() if path.name.startswith("plain"))
    browser.go((root / "site" / "kinds" / "index.html").as_uri())
    focus(browser, figure)

    # The table also says so where the number along x has no interval.
    offline = [said.replace(" all agree", "") for said in keys(browser, figure, "Home", "ArrowDown", "End")]
    assert offline == online


EXPLORED = {"kind-upright": False, "kind-scatter": True, "kind-heat": False, "kind-own": True}
"""Kinds that can be explored, and whether there is something to zoom."""


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("figure", EXPLORED)
def test_a_kind_is_explored_and_left_as_it_was(browser, plain, figure, width):
    browser.resize(width)
    browser.go(f"{plain}kinds/")
    inside(browser, f"#{figure}")
    shown = f"document.querySelector('#{figure} .dl-plot').innerHTML.replace(/ (disabled|style|aria-live)=\\S+/g, '')"
    before, height = browser.evaluate(shown), browser.evaluate(f"document.querySelector('#{figure}').offsetHeight")
    press(browser, figure)

    assert browser.until(f"document.querySelector('#{figure} .dl-stage svg path')?.getClientRects().length")
    hint = browser.until(f"document.querySelector('#{figure} .dl-hint')?.textContent")
    assert ("zoom" in hint) is EXPLORED[figure]
    drawing = browser.evaluate(f"document.querySelector('#{figure} .dl-stage svg').getBoundingClientRect().width")
    assert 280 < drawing <= browser.evaluate(f"document.querySelector('#{figure} .dl-plot').offsetWidth")
    press(browser, figure)
    assert browser.until(f"!document.querySelector('#{figure} .dl-stage')")
    assert browser.evaluate(shown) == before
    assert browser.evaluate(f"document.querySelector('#{figure}').offsetHeight") == height
    assert browser.complaints() == []


def press(browser, figure):
    browser.click(*inside(browser, f"#{figure} .dl-tools button"))


def test_where_there_is_nothing_to_explore_there_is_no_button(browser, plain):
    browser.go(f"{plain}kinds/")

    explorable = browser.evaluate("[...document.querySelectorAll('.dl-plot[data-vg]')].map(e => e.parentNode.id)")
    assert explorable == list(EXPLORED)


@pytest.mark.parametrize("figure", ["kind-upright", "kind-heat"])
def test_a_name_picked_in_a_legend_lets_bars_and_cells_of_others_step_back(browser, plain, figure):
    browser.go(f"{plain}kinds/")
    press(browser, figure)
    paths = f"[...document.querySelectorAll('#{figure} .dl-stage .read_marks path')]"
    browser.until(f"{paths}.length")
    browser.click(*inside(browser, f"#{figure} .dl-stage .role-legend-label text"))

    seen = f"new Set({paths}.map(e => e.getAttribute('opacity') ?? '1')).size === 2"
    assert browser.until(seen, 3)


def test_a_chart_of_an_authors_own_says_what_its_marks_show(browser, plain):
    browser.go(f"{plain}kinds/")
    press(browser, "kind-own")
    browser.until("!!document.querySelector('#kind-own .dl-stage svg .mark-symbol.role-mark path')")
    browser.mouse("mouseMoved", *inside(browser, "#kind-own .dl-stage svg .mark-symbol.role-mark path"))

    assert re.fullmatch(r"n: 100, acc: 0\.\d+, run: \w+", read_out(browser, "kind-own"))


# Sorting.


def test_a_table_sorts_up_then_down_then_as_it_was_within_its_groups(browser, plain):
    browser.go(plain)
    written = column(browser, 0)
    seen = []
    for _ in range(3):
        browser.click(*inside(browser, "#by-hand th:nth-child(2) button"))
        seen.append((column(browser, 0), browser.evaluate("document.querySelector('#by-hand [aria-sort]')?.ariaSort")))

    # What is missing comes last either way.
    assert seen == [
        (["Trees", "c", "b", "a", "Networks", "e 9", "e 10"], "ascending"),
        (["Trees", "b", "c", "a", "Networks", "e 10", "e 9"], "descending"),
        (written, None),
    ]


def test_names_sort_as_people_count_and_by_keyboard(browser, plain):
    browser.go(plain)
    browser.evaluate("document.querySelector('#by-hand th button').focus()")
    browser.press("Enter")

    assert column(browser, 0) == ["Trees", "a", "b", "c", "Networks", "e 9", "e 10"]
    assert browser.evaluate("document.querySelectorAll('#by-hand th button').length") == 2


def test_the_data_of_a_chart_sort_by_number(browser, plain):
    browser.go(plain)
    browser.evaluate("document.querySelector('#fig-n details').open = true")
    for _ in range(2):
        browser.click(*inside(browser, "#fig-n thead th button"))

    assert browser.evaluate("[...document.querySelectorAll('#fig-n tbody th')].map(e => e.innerText)") == [
        "1,000", "300", "100",
    ]  # fmt: skip


# The address.


def test_what_a_reader_sees_is_kept_in_the_address(browser, plain):
    browser.go(plain)
    focus(browser, "fig-n")
    said = keys(browser, "fig-n", "Home")[0]
    browser.click(*inside(browser, "#by-hand th:nth-child(2) button"))
    address = browser.until("/r0.*s1/.test(location.hash) && location.href")
    browser.reload()

    assert read_out(browser, "fig-n") == said
    assert browser.evaluate("document.querySelector('#by-hand [aria-sort]').ariaSort") == "ascending"
    browser.go(f"{plain}other/")
    browser.evaluate("history.back()")
    assert browser.until(f"location.href === {address!r} && document.querySelector('#fig-n .dl-told')?.textContent")


def test_an_address_leads_to_the_chart_it_is_about(browser, plain):
    browser.go("about:blank")
    browser.go(f"{plain}#dl?fig-long=r3")

    assert read_out(browser, "fig-long").startswith("long, step 3:")
    assert 0 <= browser.evaluate("document.querySelector('#fig-long').getBoundingClientRect().y") < 900


def test_an_anchor_stays_an_anchor(browser, plain):
    browser.go("about:blank")
    browser.go(f"{plain}#far-below")

    assert browser.evaluate("document.querySelector('#far-below').getBoundingClientRect().y < innerHeight")
    focus(browser, "fig-n")
    browser.press("Escape")
    # Longer than the address takes to be written.
    time.sleep(0.3)
    assert browser.evaluate("location.hash") == "#far-below"


@pytest.mark.parametrize("hash_", ["#dl?fig-n=r999", "#dl?fig-n=xyz&by=s9", "#dl?0%2Ft=s99", "#dl?", "#dl?%%%"])
def test_an_address_that_means_nothing_does_no_harm(browser, plain, hash_):
    browser.go("about:blank")
    browser.go(plain + hash_)

    focus(browser, "fig-n")
    assert keys(browser, "fig-n", "Home")[0].startswith("SVM, n 100")
    assert browser.complaints() == []


# Exploring.


def test_nothing_of_vega_is_loaded_before_a_reader_asks(browser, plain):
    browser.go(plain)
    browser.mouse("mouseMoved", *inside(browser, "#fig-n .dl-pad"))
    read_out(browser, "fig-n")

    assert [url for url in browser.requests() if "vega" in url or ".vg-" in url] == []
    explore(browser, "fig-n")
    loaded = [Path(urlsplit(url).path).name for url in browser.requests() if "vega" in url or ".vg-" in url]
    assert [re.sub(r"-\w{8}\.", ".", name) for name in sorted(loaded)] == ["fig-n.vg.json", "vega-runtime.js"]


@pytest.mark.parametrize("figure", ["fig-n", "fig-dots", "fig-words", "fig-long"])
@pytest.mark.parametrize("width", [1280, 360])
def test_every_kind_is_explored_under_a_strict_policy_without_a_complaint(browser, plain, figure, width):
    browser.resize(width)
    browser.go(plain)
    explore(browser, figure)

    assert visible(browser, f"#{figure} .dl-plot > *")[0] == "dl-stage"
    assert browser.complaints() == []
    measured = "document.querySelector('#{} {}').getBoundingClientRect().width"
    plot, drawing = (browser.evaluate(measured.format(figure, part)) for part in (".dl-plot", ".dl-stage svg"))
    assert 300 < drawing <= plot


def test_an_explored_mark_says_its_number(browser, plain):
    browser.go(plain)
    focus(browser, "fig-n")
    said = keys(browser, "fig-n", "End")[0]
    explore(browser, "fig-n")
    browser.mouse("mouseMoved", *inside(browser, "#fig-n .dl-stage .dl-stage, #fig-n .dl-stage"))
    x, y = browser.evaluate(
        """(() => {
          const marks = [...document.querySelectorAll('#fig-n .dl-stage .mark-symbol.role-mark')].at(-1).children;
          const {x, y, width, height} = marks[2].getBoundingClientRect();
          return [x + width / 2, y + height / 2];
        })()"""
    )
    browser.mouse("mouseMoved", x, y)

    assert read_out(browser, "fig-n") == said


def test_an_explored_chart_is_zoomed_moved_and_put_back_by_keys(browser, plain):
    browser.go(plain)
    explore(browser, "fig-n")
    line = "document.querySelector('#fig-n .dl-stage .mark-line.role-mark path').getAttribute('d')"
    first = browser.evaluate(line)
    browser.evaluate("document.querySelector('#fig-n .dl-stage').focus()")
    for key in ("+", "ArrowRight", "ArrowUp", "-"):
        before = browser.evaluate(line)
        browser.press(key)
        assert browser.until(f"{line} !== {before!r}", 3), key
    browser.press("0")

    assert browser.until(f"{line} === {first!r}", 3)


def test_an_explored_chart_is_zoomed_by_the_wheel(browser, plain):
    browser.go(plain)
    explore(browser, "fig-dots")
    labels = (
        "[...document.querySelectorAll('#fig-dots .dl-stage .role-axis-label text')].map(e => e.textContent).join()"
    )
    first = browser.evaluate(labels)
    x, y = inside(browser, "#fig-dots .dl-stage svg", (0.7, 0.5))
    browser.mouse("mouseMoved", x, y)
    for _ in range(4):
        browser.mouse("mouseWheel", x, y, deltaX=0, deltaY=-120)

    assert browser.until(f"{labels} !== {first!r}", 3)


def test_a_name_in_the_legend_is_picked(browser, plain):
    browser.go(plain)
    explore(browser, "fig-n")
    faded = "e => e.getAttribute('opacity') ?? '1'"
    lines = "[...document.querySelectorAll('#fig-n .dl-stage .mark-line.role-mark path')]"
    opacities = f"{lines}.map({faded}).join()"
    x, y = inside(browser, "#fig-n .dl-stage .role-legend-label text")
    browser.click(x, y)

    assert browser.until(f"{opacities} === '1,0.15'", 3), browser.evaluate(opacities)


def test_the_static_chart_comes_back(browser, plain):
    browser.go(plain)
    explore(browser, "fig-n")
    assert browser.until("location.hash === '#dl?fig-n=x'")
    browser.click(*inside(browser, "#fig-n .dl-tools button"))

    assert browser.until("document.querySelector('#fig-n .dl-wide').checkVisibility()")
    assert browser.evaluate("document.querySelectorAll('.dl-stage').length") == 0
    assert browser.until("location.hash === ''")


def test_escape_brings_the_static_chart_back_and_the_focus_to_its_button(browser, plain):
    browser.go(plain)
    explore(browser, "fig-n")
    browser.evaluate("document.querySelector('#fig-n .dl-stage').focus()")
    browser.press("Escape")

    assert browser.until("document.querySelector('#fig-n .dl-wide').checkVisibility()")
    assert browser.evaluate("document.activeElement.textContent") == "Explore"


def test_an_explored_chart_is_explored_again_after_a_reload(browser, plain):
    browser.go(plain)
    explore(browser, "fig-n")
    browser.until("location.hash")
    browser.reload()

    assert browser.until("!!document.querySelector('#fig-n .dl-stage svg .read_marks')")


def test_where_the_runtime_cannot_be_had_the_chart_stays_and_that_is_said(browser, plain):
    browser.go(plain)
    browser.call("Network.setBlockedURLs", urls=["*vega-runtime.js"])
    try:
        browser.click(*inside(browser, "#fig-n .dl-tools button"))
        assert read_out(browser, "fig-n") == "This chart cannot be explored here."
        assert browser.evaluate("document.querySelector('#fig-n .dl-wide').checkVisibility()")
    finally:
        browser.call("Network.setBlockedURLs", urls=[])


# Around it.


def test_without_scripts_everything_is_there_and_nothing_stops_the_tab_key_in_vain(browser, plain):
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.go(plain)
        shown = len(visible(browser, ".dl-svg"))
        left = browser.evaluate("document.querySelectorAll('.dl-pad, .dl-tools, .dl-chart button, th button').length")
        kept = browser.evaluate("getComputedStyle(document.querySelector('.dl-plot')).paddingBottom")
        rows = browser.evaluate("document.querySelectorAll('#fig-n tbody tr').length")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)

    assert (shown, left, rows) == (4, 0, 3)
    assert kept == "0px"


def test_nothing_moves_when_the_script_comes(browser, plain):
    heights = []
    for blocked in (["*dl.js"], []):
        browser.call("Network.setBlockedURLs", urls=blocked)
        browser.go(plain)
        heights.append(browser.evaluate("[...document.querySelectorAll('figure, #by-hand')].map(e => e.offsetHeight)"))

    assert heights[0] == heights[1]


def test_on_paper_there_are_no_buttons_and_no_read_out(browser, plain):
    browser.go(plain)
    focus(browser, "fig-n")
    keys(browser, "fig-n", "Home")
    browser.call("Emulation.setEmulatedMedia", media="print")
    try:
        seen = visible(browser, ".dl-tools, .dl-told, .dl-dot")
    finally:
        browser.call("Emulation.setEmulatedMedia", media="")

    assert seen == []


def test_links_to_a_chart_are_copied(browser, plain):
    browser.call("Browser.grantPermissions", permissions=["clipboardReadWrite", "clipboardSanitizedWrite"])
    browser.go(plain)
    focus(browser, "fig-n")
    keys(browser, "fig-n", "Home")
    for figure in ("fig-n", "fig-dots"):
        browser.click(*inside(browser, f"#{figure} .dl-tools button:last-child"))
        assert browser.until(f"document.querySelector('#{figure} .dl-tools').innerText.includes('Link copied')")
        said = browser.evaluate("navigator.clipboard.readText()")
        assert said == plain + {"fig-n": "#dl?fig-n=r0", "fig-dots": "#fig-dots"}[figure]


def test_a_page_loaded_without_reloading_has_everything(browser, themed):
    browser.go(themed)
    assert not browser.evaluate("!!window.dlplugin")
    link = "article a[href*=charts]"
    browser.until("document.querySelectorAll('.md-tabs, .md-nav').length")
    browser.evaluate("window.stayed = true")
    # Until the theme has read the sitemap it leaves clicks to the browser; here they do nothing and are repeated.
    browser.evaluate("addEventListener('click', e => e.preventDefault())")
    browser.until(f"document.querySelector('{link}')?.click() || !!document.querySelector('#fig-n .dl-pad')")

    assert browser.evaluate("window.stayed"), "the theme loaded the page anew"
    focus(browser, "fig-n")
    assert keys(browser, "fig-n", "Home")[0].startswith("SVM, n 100")
    browser.evaluate("history.back()")
    assert browser.until("!document.querySelector('#fig-n')")
    browser.evaluate("history.forward()")
    assert browser.until("!!document.querySelector('#fig-n .dl-pad')")
    focus(browser, "fig-n")
    assert keys(browser, "fig-n", "End")[0].startswith("SVM, n 1,000")
    assert browser.evaluate("document.querySelectorAll('#fig-n .dl-pad').length") == 1
    assert browser.complaints() == []


def test_an_explored_chart_follows_the_palette(browser, themed):
    browser.go(f"{themed}charts/")
    explore(browser, "fig-n")
    stroke = "getComputedStyle(document.querySelector('#fig-n .dl-stage .mark-line.role-mark path')).stroke"
    light = browser.evaluate(stroke)
    browser.evaluate("document.body.setAttribute('data-md-color-scheme', 'slate')")

    assert light == "rgb(47, 122, 214)"
    assert browser.until(f"{stroke} === 'rgb(165, 211, 240)'", 3)
    assert browser.complaints() == []


def test_six_charts_weigh_little(browser, themed, tmp_path_factory):
    root = next(path for path in tmp_path_factory.getbasetemp().iterdir() if path.name.startswith("themed"))
    again = CHARTS.replace("fig-", "more-")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mkdocs_dlplugin.build.start_engine", lambda *_: Inline(root / "jobs"))
        sites(root, theme={"name": "material", "font": False})({"charts": f"# Charts\n{RUNS}{CHARTS}{again}"})
    browser.go(f"{themed}charts/")
    parts = {url: root / "site" / urlsplit(url).path.lstrip("/") for url in browser.requests()}
    files = [path / "index.html" if path.is_dir() else path for path in parts.values()]

    assert browser.evaluate("document.querySelectorAll('.dl-chart').length") == 8
    assert sum(len(gzip.compress(file.read_bytes(), 9)) for file in files if file.is_file()) <= 150 * 1024

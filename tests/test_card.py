"""A link to a page is shown with a picture of what the page found, drawn by ourselves."""

from __future__ import annotations

import re
import textwrap

import pytest

from mkdocs_dlplugin.kept import png_size
from mkdocs_dlplugin.stats import Estimate
from mkdocs_dlplugin.vega import Failed, Renderer
from mkdocs_dlplugin.views import card

vl_convert = pytest.importorskip("vl_convert")

PAGE = textwrap.dedent("""
    # Two <families> & more

    ```python {run="a" seeds=3}
    #| name: A <b>forest</b>
    #| varies: [data]
    from mkdocs_dlplugin import run
    run.summary["acc"] = 0.9 + run.seed / 100
    ```

    ```python {run="b" seeds=3}
    #| varies: [data]
    from mkdocs_dlplugin import run
    run.summary["acc"] = 0.5 + run.seed / 100
    ```

    ```yaml {comparison="t"}
    runs: [a, b]
    metrics: [acc]
    ```
    """)
METRICS = {"acc": {"name": "Accuracy", "better": "higher"}}
ROWS = [
    card.Row(f"Run {n}", f"{n}.0 ± 1", Estimate(n, n - 1.0, n + 1.0, 3, "t", "over seeds"))  # type: ignore[arg-type]
    for n in range(5)
]


@pytest.fixture
def pictured(site):
    site.config = {"site_url": "https://example.org/x/"}
    return site


def test_the_page_names_its_picture_and_the_picture_is_there(pictured):
    built = pictured(PAGE, cards=True, metrics=METRICS)
    url = re.search(r'<meta property="og:image" content="https://example.org/x/([^"]+)">', built.html())[1]
    content = (built.root / "site" / url).read_bytes()

    assert png_size(content) == (card.WIDTH, card.HEIGHT)
    assert len(content) < 100_000
    assert '<meta name="twitter:card" content="summary_large_image">' in built.html()


@pytest.mark.parametrize("settings", [{}, {"cards": True, "page_head": ["citation"]}])
def test_there_is_none_that_nobody_asked_for(pictured, settings):
    assert "og:image" not in pictured(PAGE, **settings).html()


def test_without_an_address_of_the_site_there_is_none(site):
    assert "og:image" not in site(PAGE, cards=True).html()


def test_an_unchanged_site_shows_the_same_picture_without_drawing(pictured, monkeypatch):
    monkeypatch.setattr("mkdocs_dlplugin.inputs.TICK", 0)
    first = pictured(PAGE, cards=True).html()
    monkeypatch.setattr(Renderer, "picture", None)

    assert pictured(cards=True).html() == first
    assert len(list((pictured.root / "site/assets/dl").glob("card-*.png"))) == 1


def test_where_nothing_can_draw_the_page_comes_without_and_the_build_says_so(pictured, monkeypatch):
    def fail(self, svg):
        raise Failed("it is broken.")

    monkeypatch.setattr(Renderer, "picture", fail)
    built = pictured(PAGE, cards=True)

    assert built.code == 0
    assert built.said == "docs/index.md: no picture for previews: it is broken."
    assert "og:image" not in built.html()


def test_the_same_card_has_the_same_bytes():
    svg = card.draw("Site", "Title", "", "3 results", "Accuracy", ROWS)
    with Renderer() as one, Renderer() as other:
        assert one.picture(svg) == other.picture(svg)


def test_what_is_written_on_it_is_text_and_fits():
    svg = card.draw("S", "<b>A & B</b> " + "long " * 60, "words " * 200, "", "", [])

    assert "&lt;b&gt;A &amp; B" in svg
    assert svg.count("<text") <= 1 + 2 + 6 + 1
    assert max(int(y) for y in re.findall(r'<text x="80" y="(\d+)"', svg)) <= card.HEIGHT


def test_all_rows_stand_above_the_last_line_below_a_title_of_two_lines():
    svg = card.draw("S", "A title that is so long that it needs a second line", "", "x", "Accuracy", ROWS)
    dots = [float(y) for y in re.findall(r'cy="([\d.]+)"', svg)]

    assert len(dots) == 5
    assert max(dots) < card.HEIGHT - 40 - 24


def test_a_kept_file_that_is_no_picture_is_not_shown(tmp_path):
    svg = card.draw("S", "T", "", "", "", [])
    with Renderer(tmp_path) as renderer:
        first = renderer.picture(svg)
        (kept,) = tmp_path.glob("*.png")
        kept.write_bytes(b"<script>alert(1)</script>")

        assert renderer.picture(svg) == first

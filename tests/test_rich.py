"""What a run shows: values as richly as a page allows, where they were shown, and text where nothing better is safe."""

from __future__ import annotations

import json
import re
import textwrap

import pytest

from mkdocs_dlplugin import rich
from tests.faults.hostile_support import png


def run(code: str, options: str = "") -> str:
    return f'```python {{run="a"}}\n{options}{textwrap.dedent(code).strip()}\n```\n'


def shown(built, seed: int = 0) -> list[dict]:
    return json.loads((built.root / f"records/a/_/{seed}.json").read_bytes())["outputs"]


KINDS = f"""
PNG = {png(3, 2)!r}


class Html:
    def _repr_html_(self):
        return "<p>rich</p>"

    def __repr__(self):
        return "plain"


class Markdown:
    def _repr_markdown_(self):
        return "# Said\\n\\n| a | b |\\n| - | -: |\\n| x | 1 |"


class Svg:
    def _repr_svg_(self):
        return '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><rect width="9" height="9"/></svg>'


class Png:
    def _repr_png_(self):
        return PNG


class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return dict([("text/plain", "poor"), ("text/html", "<p>from the bundle</p>"), ("application/x", 1)]), dict()
"""


@pytest.mark.parametrize(
    ("value", "kind", "html"),
    [
        ("Html()", "html", '<div class="dl-html mathjax_ignore tex2jax_ignore"><p>rich</p></div>'),
        ("Markdown()", "markdown", '<td class="dl-number">1</td>'),
        ("Svg()", "svg", r'<img src="assets/dl/a-0-fig-1-\w{8}\.svg" alt="[^"]+" width="20" height="10"'),
        ("Png()", "png", r'<img src="assets/dl/a-0-fig-1-\w{8}\.png" alt="[^"]+" width="3" height="2"'),
        ("Png()._repr_png_()", "png", r'width="3" height="2"'),
        ("Bundle()", "html", "<p>from the bundle</p>"),
        ("[1, 2]", "text", r'<pre class="dl-text"><code>\[1, 2\]</code></pre>'),
    ],
)
def test_the_last_value_is_shown_as_richly_as_a_page_allows(site, value, kind, html):
    built = site(run(f"{KINDS}\n{value}"))

    assert built.said == ""
    assert [output["kind"] for output in shown(built)] == [kind]
    assert re.search(html, built.html())


def test_what_is_shown_in_the_middle_stands_between_what_is_printed(site):
    shows = "print('one')\nrun.show(Html())\nprint('two')\nrun.show('three')\nSvg()"
    code = f"{KINDS}\nfrom mkdocs_dlplugin import run\n{shows}"
    built = site(run(code))

    assert [output["kind"] for output in shown(built)] == ["text", "html", "text", "svg"]
    assert re.search(r"one.*<p>rich</p>.*two\n&#x27;three&#x27;.*<img ", built.html(), re.DOTALL)


def test_each_block_of_a_session_shows_its_own_in_order(real_site):
    blocks = ["from mkdocs_dlplugin import run\n" + KINDS, "print(1)\nrun.show(Html())\nprint(2)", "print(3)\nSvg()"]
    built = real_site("\n\ntext\n\n".join(f'```python {{session="a"}}\n{block}\n```\n' for block in blocks))

    assert built.code == 0
    assert [(output["kind"], output.get("part", 0)) for output in shown(built)] == [
        ("text", 1),
        ("html", 1),
        ("text", 1),
        ("text", 2),
        ("svg", 2),
    ]


def test_what_stands_in_output_that_was_cut_is_shown_where_the_cut_is(real_site):
    code = f"{KINDS}\nfrom mkdocs_dlplugin import run\nprint('a' * 2000)\nrun.show(Html())\nprint('b' * 2000)"
    built = real_site(run(code, "#| output: 1000 B\n"))
    kinds = [output["kind"] for output in shown(built)]

    assert kinds == ["text", "html", "text"]
    assert "not kept" in shown(built)[0]["text"]
    assert set(shown(built)[2]["text"]) <= {"b", "\n"}


def test_a_figure_that_was_shown_is_not_shown_again(site):
    code = """
        import matplotlib.pyplot as plt
        from mkdocs_dlplugin import run

        figure = plt.figure()
        run.show(figure)
        print("after")
        plt.figure()
        """
    built = site(run(code))

    assert [output["kind"] for output in shown(built)] == ["png", "text", "png"]


FRAME = """
import pandas as pd

frame = pd.DataFrame({"n": range(100), "share": [i / 100 for i in range(100)], "word": ["<b>x</b>"] * 100})
"""


def test_a_data_frame_is_a_table_of_ours_with_what_was_left_out(site):
    built = site(run(f"{FRAME}\nframe", "#| tbl-cap: Some rows\n"))
    html = built.html()

    assert html.count("<tr>") == 1 + 12 + 1
    assert "… 88 more rows …" in html
    assert '<td class="dl-number">0.07</td><td>&lt;b&gt;x&lt;/b&gt;</td>' in html
    assert "Some rows. 100 rows × 3 columns.</figcaption>" in html
    assert 'aria-label="Some rows"' in html


def test_row_names_missing_values_and_two_levels_come_along(site):
    code = """
        import pandas as pd

        rows = pd.MultiIndex.from_tuples([("a", 1), ("a", 2)], names=["letter", None])
        pd.DataFrame({("x", "mean"): [1.5, None], ("x", "n"): [1, 20000]}, index=rows)
        """
    html = site(run(code)).html()

    assert '<th scope="col">letter</th>' in html
    assert '<th scope="row">a</th><th scope="row">1</th><td class="dl-number">1.5</td>' in html
    assert "x / mean" in html
    assert '<span class="dl-absent">–</span></td><td class="dl-number">20,000</td>' in html


def test_polars_and_series_are_tables_too(site):
    code = """
        import pandas as pd
        import polars as pl
        from mkdocs_dlplugin import run

        run.show(pl.DataFrame({"x": [1, None], "day": [None, "2026-01-01"]}))
        run.show(pl.Series("s", [1.0, 2.5]))
        pd.Series([1, 2], name="t", index=["p", "q"])
        """
    built = site(run(code))

    assert [output["kind"] for output in shown(built)] == ["table"] * 3
    assert '<th scope="row">p</th><td class="dl-number">1</td>' in built.html()


def test_of_many_columns_the_first_and_the_last_are_kept(site):
    built = site(run("import pandas as pd\npd.DataFrame([range(50)], columns=[f'c{i}' for i in range(50)])"))

    assert "c11" in built.page()
    assert "c12" not in built.page()
    assert "c49" in built.page()
    assert "1 row × 50 columns" in built.page()


ALTAIR = """
import altair
import pandas as pd

chart = altair.Chart(pd.DataFrame({"x": [1, 2], "y": [3, 4]})).mark_line().encode(x="x", y="y")
"""


@pytest.mark.parametrize(
    "last", ["chart", "chart.interactive()", "chart.to_dict() | {'datasets': chart.to_dict()['datasets']}"]
)
def test_an_altair_chart_is_drawn_as_ours_are(site, last):
    built = site(run(f"{ALTAIR}\n{last}", "#| fig-cap: A line\n#| fig-alt: It rises\n"))
    html = built.html()

    assert built.said == ""
    assert html.count("<svg") == 2
    assert 'class="dl-svg dl-wide" role="img" aria-label="It rises"' in html
    assert "var(--dl-c1," in html
    assert "<figcaption>A line</figcaption>" in html
    assert '<th scope="col" class="dl-number">x</th>' in html


@pytest.mark.parametrize(
    ("more", "alt"),
    [("", "Line chart: y by x"), (".properties(title='A title')", "A title"), (".properties(description='D')", "D")],
)
def test_a_chart_without_a_caption_says_what_it_shows(site, more, alt):
    assert f'aria-label="{alt}"' in site(run(f"{ALTAIR}\nchart{more}")).html()


def test_what_is_laid_out_in_parts_keeps_its_width_and_scrolls(site):
    html = site(run(f"{ALTAIR}\nchart | chart")).html()

    assert html.count("<svg") == 1
    assert re.search(r'<div class="dl-scroll" tabindex="0" role="region" aria-label="[^"]+"><svg', html)


def test_a_frame_without_columns_is_text(site):
    assert "Empty DataFrame" in site(run("import pandas as pd\npd.DataFrame()")).page()


def test_a_chart_that_computes_what_it_may_not_is_a_table_and_a_message_at_its_line(site):
    built = site(run(f"{ALTAIR}\nchart.transform_calculate(z='sequence(1e9)')"))

    assert built.code == 0
    assert built.said.startswith(
        "docs/index.md:1: the chart it shows is drawn as a table: the expression 'sequence(1e9)' is"
    )
    assert "Compute it in the code" in built.said
    assert "<svg" not in built.html()
    assert '<td class="dl-number">3</td>' in built.html()


def test_what_needs_scripts_is_text_and_a_warning_says_what_to_do(site):
    code = """
        class Figure:
            def _repr_html_(self):
                return "<div></div><script>draw()</script>"

            def __repr__(self):
                return "Figure with 3 lines"

        Figure.__module__ = "plotly.graph_objs"
        Figure()
        """
    built = site(run(code))

    assert [output["kind"] for output in shown(built)] == ["text"]
    assert "Figure with 3 lines" in built.page()
    assert "a value of type Figure is shown as text, for it draws with scripts" in built.said
    assert "hand `run.show` the bytes of a PNG" in built.said


def test_a_value_that_cannot_draw_itself_loses_nothing_else(site):
    code = "class Broken:\n    def _repr_html_(self):\n        raise KeyError('x')\n\n\nv = 1\nBroken()"
    built = site(run(code, "#| metrics: v\n"))

    assert built.code == 0
    assert "its drawing raised KeyError" in built.said
    assert "Broken object" in built.page()


@pytest.mark.parametrize("value", ["Html", "type(Html())", "__import__('unittest.mock').mock.MagicMock"])
def test_a_class_is_named_and_not_asked(site, value):
    built = site(run(f"{KINDS}\n{value}"))

    assert [output["kind"] for output in shown(built)] == ["text"]


def test_only_text_is_shown_where_only_text_is_wanted_and_nothing_runs_again(site):
    site(run(f"{KINDS}\nHtml()"))
    built = site(run(f"{KINDS}\nHtml()", "#| result: text\n"))

    assert built.executed == []
    assert '<pre class="dl-text"><code>plain</code></pre>' in built.html()
    assert "<p>rich</p>" not in built.html()


def test_more_than_may_be_shown_is_counted_and_said(site):
    code = f"{KINDS}\nfrom mkdocs_dlplugin import run\nfor _ in range(5):\n    run.show(Html())"
    built = site(run(code, "#| outputs: 2\n"))

    assert [output["kind"] for output in shown(built)] == ["html"] * 2
    assert "showed 5 figures or tables; the first 2 are kept" in built.said


def test_html_that_is_too_large_is_text(site):
    code = f"class Big:\n    def _repr_html_(self):\n        return '<p>' * {rich.LARGEST}\n\n\nBig()"
    built = site(run(code))

    assert [output["kind"] for output in shown(built)] == ["text"]
    assert "more than the 500 kB of a page" in built.said


def test_outside_a_build_a_value_is_printed(capsys):
    from mkdocs_dlplugin import run as recorder

    recorder.show([1, 2])

    assert capsys.readouterr().out == "[1, 2]\n"


def test_a_secret_is_masked_in_tables_and_html_too(real_site, monkeypatch):
    monkeypatch.setenv("MY_TOKEN", 'pa"ss<&>wörd')
    code = """
        import html
        import os

        import pandas as pd
        from mkdocs_dlplugin import run

        run.show(pd.DataFrame({"t": [os.environ["MY_TOKEN"]]}))


        class Html:
            def _repr_html_(self):
                return f"<p>{html.escape(os.environ['MY_TOKEN'])}</p>"


        Html()
        """
    built = real_site(run(code, "#| secrets: MY_TOKEN\n"))

    assert [output["kind"] for output in shown(built)] == ["table", "html"]
    assert "wörd" not in (built.root / "records/a/_/0.json").read_text("utf-8")
    assert "masked" in built.said


def test_colours_of_printed_text_are_classes(site):
    built = site(
        run(r"print('\x1b[31mred\x1b[0m \x1b[1;92mgreen\x1b[39m bold\x1b[m \x1b[48;5;1;38;5;208mx\x1b[0m <b>')")
    )

    assert (
        '<code><span class="dl-ansi-1">red</span> <span class="dl-ansi-10 dl-ansi-b">green</span>'
        '<span class="dl-ansi-b"> bold</span> <span class="dl-ansi-11">x</span> &lt;b&gt;</code>'
    ) in built.html()


def test_a_text_of_more_colours_than_a_page_can_hold_has_none(site):
    built = site(run(r"print('\x1b[31ma\x1b[0m' * 15000)", "#| output: 1 MB\n"))

    assert "<code>aaaa" in built.html()

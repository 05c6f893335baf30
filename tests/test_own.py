"""Authors draw specs of their own with the rows of runs; what a spec must not say is refused at its line."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from mkdocs_dlplugin import formulas, options, yamlcore
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Block, Where
from mkdocs_dlplugin.views import chart, grammar, own
from mkdocs_dlplugin.views.chart import Options
from tests.charting import a_run, learning, show, text

SPEC = """
runs: [mlp, knn]
fig-cap: Accuracy of each seed
fig-alt: Points for two runs.
spec:
  mark: point
  encoding:
    x: {field: test_acc, type: quantitative}
    y: {field: label, type: nominal}
"""


def read(body, root=Path(), line=10):
    """Read a block as a build does."""
    block = Block("chart", "fig-a", Where("docs/p.md", line), "p", body.strip("\n"))
    raw = options.read_body(block)
    chosen, _ = chart.load(options.read(Options, raw, block.where, what="an option of chart"), block, root)
    return chosen, block.where


def drawn(body, *groups, root=Path()):
    chosen, where = read(body, root)
    chart.references(chosen, where)
    return show(chosen, *(groups or (a_run("mlp", 0.8, 0.9, label="MLP", family="deep"), a_run("knn", 0.7))))


def refused(body, *groups, root=Path()):
    with pytest.raises(DLError) as caught:
        drawn(body, *groups, root=root)
    return str(caught.value)


def with_spec(more, fields="fig-cap: C\nfig-alt: A"):
    return f"runs: [mlp, knn]\n{fields}\nspec:\n" + "\n".join(f"  {line}" for line in more.strip("\n").split("\n"))


# The data.


def test_a_spec_without_data_draws_a_row_per_run_and_seed():
    html, shipped, paper = drawn(SPEC)
    spec = paper.specs[0]

    assert spec["data"] == {"name": "runs"}
    assert spec["datasets"]["runs"][0] == {
        "run": "mlp", "label": "MLP", "seed": 0, "family": "deep", "n_params": 30.0, "test_acc": 0.8,
    }  # fmt: skip
    assert [(row["label"], row["seed"]) for row in spec["datasets"]["runs"]] == [("MLP", 0), ("MLP", 1), ("knn", 0)]
    assert (
        "Accuracy of each seed. Drawn from 3 rows, one per run, point and seed: MLP, knn (1 to 2 seeds each)."
        in text(html)
    )
    assert len(list(csv.DictReader(io.StringIO(shipped["fig-a.csv"].decode())))) == 3


def test_series_have_a_row_per_step():
    _, _, paper = drawn(with_spec("data: {name: series}\nmark: line"), learning("mlp"), a_run("knn", 0.7))
    rows = paper.specs[0]["datasets"]["series"]

    assert len(rows) == 15
    assert rows[1] == {"run": "mlp", "label": "mlp", "seed": 0, "step": 10.0, "test_acc": pytest.approx(0.35)}


def test_parameters_are_columns():
    points = ({"n": 1}, {"n": 2})
    groups = [a_run("mlp", 0.8, params=point, points=points) for point in points]
    _, _, paper = drawn(SPEC.replace("[mlp, knn]", '["mlp(n=*)"]'), *groups)

    assert [row["n"] for row in paper.specs[0]["datasets"]["runs"]] == [1, 2]


def test_a_run_that_lacks_a_seed_has_no_rows_and_is_noted():
    html, _, paper = drawn(SPEC, a_run("mlp", 0.8, seeds=(0, 1)), a_run("knn", 0.7))

    assert {row["run"] for row in paper.specs[0]["datasets"]["runs"]} == {"knn"}
    assert "mlp is not shown: no result for seed 1." in text(html)


def test_two_columns_of_one_name_are_an_error():
    said = refused(SPEC, a_run("mlp", 0.8, test_acc="high"), a_run("knn", 0.7))

    assert said.startswith("docs/p.md:3: the metric 'test_acc' has the name of another column of the data.")


def test_a_spec_may_bring_rows_of_its_own():
    body = "fig-cap: C\nfig-alt: A\nspec:\n  data: {values: [{a: 1, href: x}, {a: 2, filter: y}]}\n  mark: point"
    html, shipped, paper = drawn(body)

    assert "datasets" not in paper.specs[0]
    assert shipped["fig-a.csv"] == b"a,href,filter\n1,x,\n2,,y\n"
    assert "<td>y</td>" in html


def test_a_misspelt_column_offers_the_right_one():
    assert refused(SPEC.replace("field: test_acc", "field: tst_acc")) == (
        "docs/p.md:17: 'tst_acc' is no column of the data.\n  Did you mean 'test_acc'?"
    )


def test_columns_that_a_transform_makes_are_columns():
    more = """
        transform:
          - {calculate: "datum.test_acc * 100", as: percent}
          - {aggregate: [{op: mean, field: percent, as: mid}], groupby: [label]}
        mark: bar
        encoding: {x: {field: mid, type: quantitative}, y: {field: label, type: nominal}}
    """
    _, _, paper = drawn(with_spec(re.sub(r"(?m)^ {8}", "", more)))

    assert paper.specs[0]["transform"][0]["as"] == "percent"


def test_the_table_shows_the_first_rows_and_the_file_all_of_them():
    html, shipped, _ = drawn(SPEC.replace("[mlp, knn]", "mlp"), a_run("mlp", *(i / 100 for i in range(60))))

    assert html.count("<tr>") == 1 + 25
    assert "25 of 60 rows; the CSV file holds all." in html
    assert shipped["fig-a.csv"].count(b"\n") == 61


# Around the drawing.


def test_every_width_has_a_layout_of_its_own():
    views = "{mark: point, encoding: {x: {field: seed, type: quantitative}}}"
    _, _, paper = drawn(with_spec(f"hconcat: [{views}, {views}]"))
    wide, narrow = paper.specs

    assert [view["width"] for view in wide["hconcat"]] == [274, 274]
    assert [view["width"] for view in narrow["vconcat"]] == [243, 243]


def test_a_spec_needs_a_caption():
    assert "needs `fig-cap`" in refused(with_spec("mark: point", fields="fig-alt: A"))


def test_a_spec_without_alternative_text_is_a_warning():
    _, _, paper = drawn(with_spec("mark: point", fields="fig-cap: C"))

    assert paper.warnings == ["docs/p.md:3: the chart has no `fig-alt`: say in it what the drawing shows."]


def test_what_a_spec_says_itself_has_no_place_beside_it():
    assert refused(with_spec("mark: point", fields="fig-cap: C\ny: test_acc")) == (
        "docs/p.md:10: `y` has no place beside a `spec`, which says that itself.\n  Remove it."
    )


def test_a_real_drawing_of_filters_windows_and_fits():
    pytest.importorskip("vl_convert")
    from mkdocs_dlplugin.vega import Renderer

    more = """
        data: {name: series}
        transform:
          - filter: datum.step > 0 && isValid(datum.test_acc)
          - {window: [{op: mean, field: test_acc, as: smooth}], frame: [-1, 1], groupby: [seed]}
        layer:
          - {mark: line, encoding: {y: {field: smooth, type: quantitative}, detail: {field: seed}}}
          - transform: [{regression: test_acc, on: step}]
            mark: {type: line, color: black}
            encoding: {y: {field: test_acc, type: quantitative}}
          - {mark: bar, encoding: {y: {aggregate: count}, x: {field: test_acc, bin: {maxbins: 5}}}}
        encoding: {x: {field: step, type: quantitative}}
    """
    chosen, _ = read(with_spec(re.sub(r"(?m)^ {8}", "", more)).replace("[mlp, knn]", "mlp"))
    with Renderer() as renderer:
        html, _, _ = show(chosen, learning("mlp", steps=range(20)), paper=renderer)

    assert html.count("<svg") == 2
    assert "var(--dl-c1,#2f7ad6)" in html


# What is refused, and where.


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("data: {url: 'https://example.org/a.csv'}", "'url' is refused in a chart, nothing may be fetched or linked."),
        ("data: {url: 'file:///etc/passwd'}", "'url' is refused in a chart"),
        ("encoding: {href: {value: 'javascript:alert(1)'}}", "'href' is not a channel of Vega-Lite."),
        ("encoding: {url: {field: address}}", "'url' is not a channel of Vega-Lite."),
        ("data: {name: run}", "there are no data called 'run'.\n  Did you mean 'runs'?"),
        ("data: {values: 'a,b'}", ""),
        ("data: {sequence: {start: 0, stop: 1000000000}}", "'sequence' is refused in a chart"),
        ("params: [{name: p, select: point}]", "'select' is refused in a chart, a still picture selects nothing."),
        ("transform: [{sample: 5}]", "'sample' is refused in a chart, the same data must give the same drawing."),
        ("transform: [{filter: 'now() > 1'}]", "the expression 'now() > 1' is refused: it calls now()."),
        ("usermeta: {a: 1}", "'usermeta' is not a key of a Vega-Lite spec."),
        ("encodng: {}", "'encodng' is not a key of a Vega-Lite spec.\n  Did you mean 'encoding'?"),
        ("encoding: {colr: {field: seed}}", "'colr' is not a channel of Vega-Lite.\n  Did you mean 'color'?"),
        ("encoding: {x: {field: seed, type: quantitive}}", "'quantitive' is not a type of Vega-Lite."),
        ("encoding: {x: {field: seed, aggregate: avrage}}", "'avrage' is not an aggregate of Vega-Lite."),
    ],
)
@pytest.mark.parametrize("altair", [True, False])
def test_a_mistake_in_a_spec_is_told_at_its_line(line, said, altair, monkeypatch):
    if not altair:
        monkeypatch.setattr(grammar, "_validator", lambda: None)

    # The fence stands in line 10, its body begins in line 11, and the mistake is its sixth.
    assert refused(with_spec(f"mark: point\n{line}")).startswith(f"docs/p.md:16: {said}")


def test_a_misspelt_mark_offers_the_right_one():
    assert refused(with_spec("mark: {type: pont}")) == (
        "docs/p.md:15: 'pont' is not a mark of Vega-Lite.\n  Did you mean 'point'?"
    )


def test_a_spec_that_draws_nothing_says_what_it_needs():
    assert "a spec needs `mark` and `encoding`" in refused(with_spec("title: x"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("encoding: {x: {field: seed, axis: {titel: a}}}", "'titel' is no option of `axis`.\n  Did you mean 'title'?"),
        ("encoding: {x: {field: seed, scale: {type: lag}}}", "`type` cannot be 'lag'.\n  Did you mean 'log'?"),
        ("transform: [{aggregte: []}]", "'aggregte' is no option of what stands there.\n  Did you mean 'aggregate'?"),
    ],
)
def test_with_altair_installed_every_word_of_a_spec_is_checked(line, said):
    pytest.importorskip("altair")

    assert refused(with_spec(f"mark: point\n{line}")).startswith(f"docs/p.md:16: {said}")


@pytest.mark.parametrize(
    "text_",
    [
        "datum.loss > 0.5 && datum['test_acc'] <= 1e-3",
        "log(datum.loss) / LN10",
        "if(isValid(datum.a), format(datum.a, '.2f'), 'none')",
        "slice(datum.value, 0, 1) === '§' ? slice(datum.value, 1) : datum.value",
        "!(datum.n == 100) || inrange(datum.n, [1, 5])",
        "-datum.a + limit",
    ],
)
def test_expressions_that_compute_with_their_row_get_through(text_):
    formulas.check(text_, ["limit"])


@pytest.mark.parametrize(
    "text_",
    [
        "fetch('https://example.org')", "window.alert(1)", "event.view", "data('source')", "now()", "random()",
        "datum.constructor", "datum['__proto__']", "datum.a.toString()", "datum['a']('b')", "('a')('b')", "[1](2)",
        "replace(datum.a, regexp('(a+)+$'), '')", "pad('a', 1000000000)", "sequence(1e9)", "{a: 1}", "a => a",
        "datum.a = 1", "`a`", r"'\\u0061'", "limit", "1 " * 400, "scale('x', 1)", "modify('a')", 7,
        "lassoAppend([], 1, 2)", "vlSelectionTest('a', datum)", "datum.a; alert(1)",
    ],
)  # fmt: skip
def test_expressions_that_reach_further_are_refused(text_):
    with pytest.raises(ValueError, match="expression"):
        formulas.check(text_)


def test_a_doubling_text_ends_the_renderer_and_not_the_build():
    pytest.importorskip("vl_convert")
    from mkdocs_dlplugin.vega import Failed, Renderer

    doubled = [{"calculate": "datum.a + datum.a", "as": "a"} for _ in range(24)]
    bomb = {"data": {"values": [{"a": "0123456789" * 3}]}, "mark": "text", "encoding": {"text": {"field": "a"}}}
    small = {"data": {"values": [{"a": "x"}]}, "mark": "text", "encoding": {"text": {"field": "a"}}}
    with Renderer() as renderer:
        with pytest.raises(Failed):
            renderer.render({**bomb, "transform": [*doubled, {"calculate": "upper(datum.a)", "as": "a"}]}, (300,))

        assert ">x<" in renderer.render(small, (300,))[0]


# Files.


def test_a_spec_may_stand_in_a_file(tmp_path):
    (tmp_path / "charts").mkdir()
    spec = {"mark": "point", "encoding": {"x": {"field": "seed", "type": "nominal"}}}
    (tmp_path / "charts/a.vl.json").write_text(json.dumps(spec))
    _, _, paper = drawn("runs: [mlp, knn]\nfig-cap: C\nfig-alt: A\nspec: charts/a.vl.json", root=tmp_path)

    assert paper.specs[0]["encoding"]["x"]["field"] == "seed"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"mark": "point",\n "encoding": {\n  "href": {"value": "x"}}}', "a.vl.json:3: 'href' is not a channel"),
        ('{"mark": "point",\n "data": {"url": "x"}}', "a.vl.json:2: 'url' is refused in a chart"),
        ('{"mark": \n', "a.vl.json:2: this is not JSON: Expecting value."),
        ("[1]", "a.vl.json:1: a Vega-Lite spec is a mapping."),
        (b"\xff", "docs/p.md:10: the spec 'a.vl.json' is not read: it is not UTF-8."),
        (None, "docs/p.md:10: there is no file 'a.vl.json'.\n  It is looked for beside mkdocs.yml."),
    ],
)
def test_a_mistake_in_a_file_is_told_at_its_line(tmp_path, content, said):
    if content is not None:
        (tmp_path / "a.vl.json").write_bytes(content if isinstance(content, bytes) else content.encode())

    assert refused("runs: mlp\nfig-cap: C\nspec: a.vl.json", root=tmp_path).startswith(said)


@pytest.mark.parametrize("name", ["../secret.vl.json", "/etc/passwd", "link.vl.json"])
def test_a_spec_is_read_from_the_project_only(tmp_path, name):
    (tmp_path / "secret.vl.json").write_text("{}")
    root = tmp_path / "site"
    root.mkdir()
    (root / "link.vl.json").symlink_to(tmp_path / "secret.vl.json")

    assert "is not read: it " in refused(f"fig-cap: C\nspec: {name}", root=root)


def test_yaml_files_are_read_as_blocks_are(tmp_path):
    (tmp_path / "a.yml").write_text("mark: point\nencoding:\n  x: {feld: seed}\n")
    pytest.importorskip("altair")

    assert refused("runs: mlp\nfig-cap: C\nspec: a.yml", root=tmp_path).startswith(
        "a.yml:3: 'feld' is no option of `x`."
    )


def test_a_page_follows_the_file_of_its_spec(site):
    page = """
        ```python {run="a" seeds=2}
        from mkdocs_dlplugin import run

        run.summary["acc"] = 0.5 + run.seed / 10
        ```

        ```yaml {chart="fig-a"}
        runs: a
        fig-cap: Mine
        fig-alt: Two points.
        spec: charts/a.vl.json
        ```
        """
    spec = {"mark": "point", "title": "Before", "encoding": {"x": {"field": "acc", "type": "quantitative"}}}
    site.write("charts/a.vl.json", json.dumps(spec))
    before = site(page).html()
    site.write("charts/a.vl.json", json.dumps({**spec, "title": "After"}))
    after = site()

    assert ">Before<" in before
    assert ">After<" in after.html()
    assert after.executed == []


def test_the_lines_of_keys_are_found_in_yaml_and_json():
    yaml_ = yamlcore.places("a:\n  - b: 1\n    c: {d: 2}\n")
    json_ = yamlcore.places('{"a": [\n {"b": 1,\n "c": {"d": 2}}]}')

    assert yaml_ == {("a",): 0, ("a", 0, "b"): 1, ("a", 0, "c"): 2, ("a", 0, "c", "d"): 2}
    assert json_ == {("a",): 0, ("a", 0, "b"): 1, ("a", 0, "c"): 2, ("a", 0, "c", "d"): 2}
    assert yamlcore.places("a: [") == {}


def test_the_nearest_known_line_stands_for_a_key_without_one():
    spec = own.Own({}, Where("docs/p.md", 5), {("layer",): 2})

    assert str(spec.at(("layer", 0, "mark"))) == "docs/p.md:7"
    assert str(spec.at(())) == "docs/p.md:5"


def test_negative_numbers_stay_numbers_in_the_file_and_formulas_become_words():
    body = 'fig-cap: C\nfig-alt: A\nspec:\n  data: {values: [{a: -1.5, b: "=1+1"}]}\n  mark: point'
    _, shipped, _ = drawn(body)

    assert shipped["fig-a.csv"] == b"a,b\n-1.5,'=1+1\n"


@pytest.mark.parametrize("value", ["5", "x", "[1]", "[[]]", "{a: 1}", "null", "true", "-1", "{name: [1]}"])
@pytest.mark.parametrize("key", grammar.TOP)
def test_whatever_stands_at_a_key_the_message_is_ours(key, value, monkeypatch):
    monkeypatch.setattr(grammar, "_validator", lambda: None)
    body = with_spec(f"{key}: {value}" if key == "mark" else f"mark: point\n{key}: {value}")
    said = ""
    try:
        drawn(body)
    except DLError as problem:
        said = str(problem)

    assert not said or re.match(r"docs/p\.md:1[0-6]: .", said)


def test_a_spec_nested_without_end_is_refused():
    assert "nested so deeply is refused" in refused(with_spec(f"mark: point\ntitle: {'{a: ' * 40}1{'}' * 40}"))

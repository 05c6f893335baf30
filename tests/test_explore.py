"""What a chart is given for those who read values out of it or explore it, and what it is not."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from mkdocs_dlplugin import explore
from mkdocs_dlplugin.results import Results
from mkdocs_dlplugin.vega import Failed, Renderer, Unavailable
from mkdocs_dlplugin.views import chart, reading
from mkdocs_dlplugin.views.chart import Options
from tests.charting import METRICS, WHERE
from tests.test_chart import ACCURACIES, Paper, a_run, along_n, learning, show
from tests.test_kinds import a_grid, rows_of

NBSP = "\N{NO-BREAK SPACE}"


def spoken(shipped):
    return json.loads(next(content for name, content in shipped.items() if name.endswith(".read.json")))


def show_figure(options):
    return chart._read(chart.check(options, WHERE), Results(a_grid(), METRICS), WHERE)


def named(spec):
    return next(layer for layer in spec["layer"] if layer.get("name") == "read")


@pytest.fixture(scope="module")
def renderer():
    pytest.importorskip("vl_convert")
    with Renderer() as renderer:
        yield renderer


def compiled(options, *groups, renderer):
    _, shipped, _ = show(options, *groups, paper=renderer)
    return json.loads(next(content for name, content in shipped.items() if name.endswith(".vg.json")))


# What is read out.


def test_lines_are_read_out_point_by_point_as_the_page_writes_them():
    groups = [*along_n("svm", {300: 0.8, 30: 0.5}, "SVM"), *along_n("cnn", {30: 0.2, 300: 0.9}, "CNN")]
    html, shipped, _ = show(
        Options(["svm(n=*)", "cnn(n=*)"], x={"field": "n", "title": "Signals"}, y="test_acc"), *groups
    )

    assert spoken(shipped) == {
        "x": "signals",
        "s": [
            ["SVM", [["30", f"50{NBSP}%{NBSP}±{NBSP}2"], ["300", f"80{NBSP}%{NBSP}±{NBSP}2"]]],
            ["CNN", [["30", f"20{NBSP}%{NBSP}±{NBSP}2"], ["300", f"90{NBSP}%{NBSP}±{NBSP}2"]]],
        ],
    }
    assert 'data-read="../../assets/dl/fig-a.read.json" data-vg="../../assets/dl/fig-a.vg.json"' in html


def test_rows_are_read_out_by_their_name_alone():
    _, shipped, _ = show(Options(["b", "a"], y="test_acc"), a_run("b", *ACCURACIES), a_run("a", 0.5))

    assert spoken(shipped)["s"] == [
        ["b", [["", f"81.0{NBSP}%{NBSP}±{NBSP}1.2"]]],
        ["a", [["", f"50.0{NBSP}% single run"]]],
    ]


def test_along_a_series_points_are_read_out_in_the_order_they_are_drawn_in():
    def series(_):
        steps = (0.0, 1.0, 2.0)
        return {"test_acc": (steps, (0.1, 0.2, 0.3)), "cost": (steps, (9.0, 4.0, 6.0))}

    _, shipped, _ = show(Options("mlp", x="cost", y="test_acc"), a_run("mlp", *ACCURACIES, series=series))

    assert [place for place, _ in spoken(shipped)["s"][0][1]] == ["4", "6", "9"]


def test_of_the_layers_the_one_that_draws_the_means_is_read():
    # One run has two seeds and the other one, so there are as many small dots as means.
    _, _, paper = show(Options(["a", "b"], y="test_acc"), a_run("a", 0.5, 0.6), a_run("b", 0.7))

    assert [row["told_name"] for row in named(paper.specs[0])["data"]["values"]] == ["a", "b"]


def test_what_is_taken_along_says_nothing_of_scripts():
    _, shipped, _ = show(Options("mlp", y="test_acc"), a_run("mlp", *ACCURACIES))

    assert b"told" not in next(content for name, content in shipped.items() if name.endswith(".vl.json"))


def test_where_no_files_are_shipped_nothing_is_promised():
    html, _, _ = show(Options("mlp", y="test_acc"), a_run("mlp", 0.9), ships_files=False)

    assert '<div class="dl-plot"><svg' in html


def test_without_the_runtime_there_is_a_read_out_and_nothing_to_explore(monkeypatch):
    monkeypatch.setattr("mkdocs_dlplugin.views.reading.script", lambda _: b"")
    html, _, _ = show(Options("mlp", y="test_acc"), a_run("mlp", 0.9))

    assert "data-read=" in html
    assert "data-vg=" not in html


@pytest.mark.parametrize("problem", [Unavailable("no vl-convert."), Failed("too long.")])
def test_what_cannot_be_compiled_is_drawn_all_the_same(problem):
    class Half(Paper):
        def explorable(self, spec, along=""):
            raise problem

    html, _, paper = show(Options("mlp", y="test_acc"), a_run("mlp", 0.9), paper=Half())

    assert "data-read=" in html
    assert "data-vg=" not in html
    assert paper.warnings == [f"docs/p.md:3: the chart cannot be explored: {problem}"]


def test_cells_carry_the_number_they_are_sorted_by():
    html, _, _ = show(Options("svm(n=*)", x="n", y="test_acc"), *along_n("svm", {1000: 0.8, 30: 0.5}))

    assert re.findall(r'data-sort="([^"]+)"', html) == ["30", "0.5", "1000", "0.8"]


@pytest.mark.parametrize("kind", ["line", "dot", "bar", "scatter"])
def test_panels_are_read_out_in_the_order_of_the_file(kind):
    options = Options("net(n=*, hidden=*)", kind=kind, y="test_acc", facet="hidden")
    options = replace(options, x={"line": "n", "scatter": "n_params"}.get(kind))
    _, shipped, paper = show(options, *a_grid())
    means = [row["mean"] for row in rows_of(shipped, "csv")]

    named = [layer for spec in paper.specs[0]["concat"] for layer in spec["layer"] if "name" in layer]
    assert [layer["name"] for layer in named] == ["read", "read_1"]
    drawn = [
        row["x" if kind == "dot" or options.x is None else "y"] for layer in named for row in layer["data"]["values"]
    ]
    assert [f"{mean:.10g}" for mean in drawn] == means
    said = [point for _, points in spoken(shipped)["s"] for point in points]
    assert [f"{float(mean) * 100:.0f}{NBSP}%{NBSP}±{NBSP}2" for mean in means] == [value for _, value in said]


def test_a_cell_is_read_out_with_its_row_and_column_and_a_bin_with_its_ends():
    heat = Options("net(n=*, hidden=*)", kind="heatmap", x="n", y="hidden", color="test_acc")
    hist = Options("net(n=*, hidden=*)", kind="hist", x="test_acc", bins=2)
    cells, bins = (spoken(show(options, *a_grid())[1]) for options in (heat, hist))

    assert [[name, [at for at, _ in points]] for name, points in cells["s"]] == [
        ["hidden 16", ["10", "100"]],
        ["hidden 4", ["10", "100"]],
    ]
    assert cells["s"][0][1][1][1] == f"48{NBSP}%{NBSP}±{NBSP}2"
    assert bins["x"] == "test accuracy"
    assert bins["s"] == [["Net", [[f"22{NBSP}% to 36{NBSP}%", "10"], [f"36{NBSP}% to 50{NBSP}%", "10"]]]]


def test_a_spec_of_which_a_panel_draws_no_means_is_not_read_out():
    figure = show_figure(Options("net(n=*, hidden=*)", x="n", y="test_acc", facet="hidden"))
    told = reading.readable(figure, lambda _: {"concat": [{"layer": [{"mark": "text"}]}] * 2})

    assert told(688) == {"concat": [{"layer": [{"mark": "text"}]}] * 2}


# What is explored.


def test_lines_named_at_their_ends_have_a_legend_to_pick_from(renderer):
    groups = [*along_n("svm", {30: 0.5, 300: 0.8}, "SVM"), *along_n("cnn", {30: 0.2, 300: 0.6}, "CNN")]
    options = Options(["svm(n=*)", "cnn(n=*)"], x="n", y="test_acc")
    found = compiled(options, *groups, renderer=renderer)["widths"]
    _, _, paper = show(options, *groups)

    assert [layer["mark"]["type"] for layer in paper.specs[0]["layer"]].count("text") == 1
    assert [len(spec["legends"]) for spec in found.values()] == [1, 1]
    assert '"SVM"' in json.dumps(found)


@pytest.mark.parametrize(
    ("options", "signals"),
    [
        (Options("net(n=*, hidden=*)", kind="bar", x="n", y="test_acc"), {"dl_pick"}),
        (Options("net(n=*, hidden=*)", kind="heatmap", x="n", y="hidden", color="test_acc"), {"dl_pick"}),
        (Options("net(n=*, hidden=*)", kind="scatter", x="n_params", y="test_acc"), {"dl_zoom_x", "dl_zoom_y"}),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_only_axes_of_values_without_a_base_are_zoomed(renderer, options, signals):
    found = compiled(options, *a_grid(), renderer=renderer)

    names = {signal["name"] for signal in found["widths"]["688"]["signals"]}
    assert names & {"dl_zoom_x", "dl_zoom_y", "dl_pick"} == signals
    assert found["zooms"] is ("dl_zoom_x" in signals)


@pytest.mark.parametrize(
    "options",
    [
        Options("net(n=*, hidden=*)", kind="bar", y="test_acc"),
        Options("net(n=*, hidden=*)", kind="hist", x="test_acc"),
        Options("net(n=*, hidden=*)", x="n", y="test_acc", facet="hidden"),
    ],
    ids=["bar", "hist", "panels"],
)
def test_where_there_is_nothing_to_do_there_is_nothing_to_explore(renderer, options):
    html, shipped, _ = show(options, *a_grid(), paper=renderer)

    assert "data-read=" in html
    assert "data-vg=" not in html
    assert not any(name.endswith(".vg.json") for name in shipped)


def test_a_spec_of_an_authors_own_is_explored_where_its_marks_stand_at_values():
    values = {"x": {"field": "a", "type": "quantitative"}, "y": {"field": "b", "type": "nominal"}}
    binned = {"x": {"field": "a", "type": "quantitative", "bin": True}}
    found = explore.interactive({"data": {"values": []}, "mark": "point", "encoding": values})

    assert found["params"] == [
        {"name": "dl_zoom", "select": {"type": "interval", "encodings": ["x"]}, "bind": "scales"}
    ]
    assert found["mark"] == {"type": "point", "clip": True, "tooltip": {"content": "encoding"}}
    for spec in ({"mark": "point", "encoding": binned}, {"mark": "bar", "encoding": values}, {"hconcat": []}):
        assert explore.interactive(spec) == spec
        assert not explore.offers(spec)


def test_a_chart_is_compiled_for_both_widths_without_an_address(renderer):
    found = compiled(Options("mlp", kind="line", y="test_acc"), learning("mlp"), renderer=renderer)

    assert list(found["widths"]) == ["328", "688"]
    assert found["x"] == "step"
    assert "http" not in json.dumps(found)
    assert "var(--dl-c1,#2f7ad6)" in json.dumps(found)


def test_a_compiled_chart_is_the_same_every_time(renderer):
    options = Options(["svm(n=*)"], x="n", y="test_acc")
    groups = along_n("svm", {30: 0.5, 300: 0.8})
    with Renderer() as other:
        first, second = (compiled(options, *groups, renderer=one) for one in (renderer, other))

    assert first == second


def test_lines_zoom_along_both_axes_and_rows_along_one(renderer):
    groups = [*along_n("svm", {30: 0.5, 300: 0.8}), *along_n("cnn", {30: 0.2, 300: 0.9})]
    lines = compiled(Options(["svm(n=*)", "cnn(n=*)"], x="n", y="test_acc"), *groups, renderer=renderer)
    rows = compiled(Options(["svm(n=*)", "cnn(n=*)"], y="test_acc"), *groups, renderer=renderer)

    signals = [{signal["name"] for signal in one["widths"]["688"]["signals"]} for one in (lines, rows)]
    assert {"dl_zoom_x", "dl_zoom_y", "dl_pick"} <= signals[0]
    assert signals[1] & {"dl_zoom_x", "dl_zoom_y", "dl_pick"} == {"dl_zoom_x"}


def test_a_spec_without_a_layer_to_read_stays_as_it_is():
    spec = {"layer": [{"mark": "bar"}], "width": 3}

    assert explore.interactive(spec) == spec


def test_what_the_runtime_lacks_is_not_offered():
    def using(kind):
        return {"data": [{"name": "a", "transform": [{"type": kind}]}], "marks": []}

    assert explore.runs(using("formula"))
    assert not explore.runs(using("loess"))


def test_a_compiled_chart_is_kept_and_one_that_is_damaged_is_made_anew(tmp_path, renderer):
    spec = {
        "layer": [
            {
                "name": "read",
                "mark": "point",
                "data": {"values": [{"x": 1, "y": 2, "told_name": "a", "told": "2"}]},
                "encoding": {axis: {"field": axis, "type": "quantitative"} for axis in "xy"},
            }
        ]
    }
    with Renderer(tmp_path) as first:
        made = first.explorable(lambda _: spec)
    with Renderer(tmp_path, command=("/nonexistent",)) as second:
        assert second.explorable(lambda _: spec) == made
        for file in tmp_path.glob("*.vega"):
            file.write_text('["damaged"]')
        with pytest.raises(Failed, match="cannot be started"):
            second.explorable(lambda _: spec)


@pytest.mark.parametrize(
    "part", [{"params": [{"name": "a", "select": "point"}]}, {"transform": [{"sample": 3}]}, {"data": {"url": "a.csv"}}]
)
def test_what_is_refused_in_a_drawing_is_refused_here(part):
    with pytest.raises(Failed, match="refused"):
        Renderer(command=("/nonexistent",), version="x").explorable(lambda _: {"mark": "bar", **part})

"""What a chart is given for those who read values out of it or explore it, and what it is not."""

from __future__ import annotations

import json
import re

import pytest

from mkdocs_dlplugin import explore
from mkdocs_dlplugin.vega import Failed, Renderer, Unavailable
from mkdocs_dlplugin.views.chart import Options
from tests.test_chart import ACCURACIES, Paper, a_run, along_n, learning, show

NBSP = "\N{NO-BREAK SPACE}"


def spoken(shipped):
    return json.loads(next(content for name, content in shipped.items() if name.endswith(".read.json")))


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


# What is explored.


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

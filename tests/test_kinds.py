"""Every kind of chart: what it reads, how it is laid out, what it says, and how its options are refused."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from mkdocs_dlplugin import words
from mkdocs_dlplugin.vega import COLORS
from mkdocs_dlplugin.views import labels
from mkdocs_dlplugin.views.chart import Options
from mkdocs_dlplugin.views.figures import Axis
from mkdocs_dlplugin.views.kinds import KINDS, heatmap, hist
from tests.charting import ACCURACIES, a_run, along_n, learning, marks, refused, show, text

LAYERED = ("line", "dot", "bar", "scatter", "heatmap", "hist")


def a_grid(means=None, name="net"):
    """A run at every point of n and hidden, five seeds each."""
    means = means or {(n, h): 0.2 + n / 500 + h / 200 for n in (10, 100) for h in (4, 16)}
    points = tuple({"n": n, "hidden": h} for n, h in means)
    spread = (-0.02, -0.01, 0, 0.01, 0.02)
    return [
        a_run(name, *(mean + d for d in spread), label="Net", params={"n": n, "hidden": h}, points=points, size="small")
        for (n, h), mean in means.items()
    ]


def rows_of(shipped, ending="csv"):
    (content,) = (content for name, content in shipped.items() if name.endswith(ending))
    return list(csv.DictReader(io.StringIO(content.decode())))


def options_of(kind):
    """Options with which each kind has something to show of `a_grid`."""
    return {
        "line": Options("net(n=*, hidden=*)", x="n", y="test_acc"),
        "dot": Options("net(n=*, hidden=*)", y="test_acc"),
        "bar": Options("net(n=*, hidden=*)", kind="bar", y="test_acc"),
        "scatter": Options("net(n=*, hidden=*)", kind="scatter", x="n_params", y="test_acc", color="hidden"),
        "heatmap": Options("net(n=*, hidden=*)", kind="heatmap", x="n", y="hidden", color="test_acc"),
        "hist": Options("net(n=*, hidden=*)", kind="hist", x="test_acc"),
    }[kind]


# All of them.


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_drawn_said_listed_and_to_be_taken_along(kind):
    html, shipped, _ = show(options_of(kind), *a_grid())
    said = text(html)

    assert html.startswith('<figure class="dl-chart" id="fig-a"><div class="dl-plot" data-form=')
    assert 'data-read="../../assets/dl/fig-a.read.json"' in html
    assert '<details class="dl-data" data-search-exclude><summary>Data</summary>' in html
    assert sorted(shipped) == ["fig-a.csv", "fig-a.read.json", "fig-a.vg.json", "fig-a.vl.json"]
    assert "Test accuracy" in said
    # n and what the interval is, or why there is none.
    assert re.search(r"means of 5 seeds; .*95 % interval|20 values, one for each seed.*no interval", said)


@pytest.mark.parametrize("kind", KINDS)
def test_every_alternative_text_says_kind_data_and_a_measured_number(kind):
    _, _, paper = show(options_of(kind), *a_grid())
    nouns = {"line": "Line chart", "dot": "Dot chart", "bar": "Bar chart", "scatter": "Scatter plot"}
    nouns |= {"heatmap": "Heat map", "hist": "Histogram"}

    assert paper.labels[0].startswith(f"{nouns[kind]} of test accuracy")
    assert re.search(r"\d\d", paper.labels[0])
    assert len(paper.labels[0]) >= 40


@pytest.mark.parametrize("kind", KINDS)
def test_the_file_of_a_spec_holds_colours_that_every_program_knows(kind):
    _, shipped, _ = show(options_of(kind), *a_grid())
    spec = json.loads(shipped["fig-a.vl.json"])

    assert "var(" not in json.dumps(spec)
    assert "color-mix" not in json.dumps(spec)
    assert spec["$schema"].endswith("/v6.json")


@pytest.mark.parametrize("kind", KINDS)
def test_real_drawings_are_as_wide_as_they_should_be(kind):
    pytest.importorskip("vl_convert")
    from mkdocs_dlplugin.vega import Renderer

    with Renderer() as renderer:
        html, _, _ = show(options_of(kind), *a_grid(), paper=renderer)

    assert re.findall(r'<svg[^>]* width="(\d+)"', html) == ["688", "328"]


@pytest.mark.parametrize("kind", KINDS)
def test_in_another_language_no_kind_says_an_english_word(kind):
    words.speak(words.PSEUDO)
    html, _, paper = show(options_of(kind), *a_grid())
    said = f"{text(html)} {paper.labels[0]}"

    for word in (
        "Data",
        "Run",
        "Seeds",
        "means",
        "interval",
        "Highest",
        "lowest",
        "chart",
        "value",
        "from",
        " at ",
        "by",
    ):
        assert word not in said


def test_an_option_of_another_kind_says_whose_it_is_and_what_to_do():
    assert refused(Options("a", kind="hist", x="acc", color="n")) == (
        "docs/p.md:3: `color` is an option of scatter and heatmap charts, and this is a hist chart.\n"
        "  Each run has a panel of its own."
    )
    assert refused(Options("a", y="acc", bins=3)).startswith("docs/p.md:3: `bins` is an option of hist charts,")


def test_an_unknown_kind_offers_the_right_one():
    assert refused(Options("a", kind="scater", y="acc")).endswith("Did you mean 'scatter'?")


# Lines.


def test_curves_are_named_at_their_ends_where_there_is_room():
    groups = [*along_n("svm", {30: 0.5, 300: 0.8}, "SVM"), *along_n("cnn", {30: 0.2, 300: 0.6}, "CNN")]
    _, _, paper = show(Options(["svm(n=*)", "cnn(n=*)"], x="n", y="test_acc"), *groups)
    (names,) = marks(paper.specs[0], "text")

    assert {row["t"]: row["x"] for row in names["data"]["values"]} == {"SVM": 300, "CNN": 300}
    assert marks(paper.specs[0], "line")[0]["encoding"]["color"]["legend"] is None


def test_names_that_would_lie_over_each_other_are_moved_a_little_apart():
    groups = [*along_n("svm", {30: 0.1, 300: 0.8}, "SVM"), *along_n("cnn", {30: 0.2, 300: 0.801}, "CNN")]
    _, _, paper = show(Options(["svm(n=*)", "cnn(n=*)"], x="n", y="test_acc"), *groups)
    (names,) = marks(paper.specs[0], "text")
    at = {row["t"]: row["y"] for row in names["data"]["values"]}

    assert 0.03 < at["CNN"] - at["SVM"] < 0.1


@pytest.mark.parametrize(
    "ends",
    [{"b": 0.81, "c": 0.815, "d": 0.82, "e": 0.825}, {"a name that is much too long to stand beside a plot": 0.2}],
)
def test_where_there_is_no_room_a_legend_names_the_curves(ends):
    groups = [
        group
        for number, (name, end) in enumerate({"a": 0.8, **ends}.items())
        for group in along_n(f"run{number}", {1: 0.1, 2: end}, name)
    ]
    _, _, paper = show(Options([f"run{number}(n=*)" for number in range(len(ends) + 1)], x="n", y="test_acc"), *groups)

    assert marks(paper.specs[0], "text") == []
    assert marks(paper.specs[0], "line")[0]["encoding"]["color"]["legend"]["columns"] >= 1


def test_names_keep_their_order_and_their_distance():
    placed = labels.spread([10, 11, 12, 100], 15)

    assert all(b - a >= 15 - 1e-9 for a, b in pairwise(placed))
    assert placed[3] == 100
    assert sum(placed[:3]) == pytest.approx(33)


def test_every_point_of_a_curve_is_a_vertex_and_a_row_of_the_file():
    pytest.importorskip("vl_convert")
    from mkdocs_dlplugin.vega import Renderer

    groups = [learning("mlp", steps=range(0, 60, 2), label="MLP"), learning("cnn", steps=range(0, 60, 2), label="CNN")]
    with Renderer() as renderer:
        html, shipped, _ = show(Options(["mlp", "cnn"], kind="line", y="test_acc"), *groups, paper=renderer)
    paths = re.findall(r'<path[^>]* d="(M[^"]*)"[^>]*>', html[: html.index("</svg>")])
    lines = [path for path in paths if path.count("L") == 29 and "Z" not in path]

    assert len(lines) == 2
    assert len(rows_of(shipped)) == 60


# Bars.


def test_bars_begin_at_zero_and_show_the_whole_interval_on_top():
    html, _, paper = show(
        Options(["mlp", "knn"], kind="bar", y="test_acc"), a_run("mlp", *ACCURACIES), a_run("knn", 0.7)
    )
    bars, halo, whisker = paper.specs[0]["layer"][:3]

    assert bars["encoding"]["x"]["scale"]["domain"][0] == 0
    assert (halo["mark"]["color"], whisker["mark"]["color"]) == ("var(--dl-bg,#fff)", "var(--dl-fg,#1c1e21)")
    low, mean = whisker["data"]["values"][0]["lo"], bars["data"]["values"][0]["x"]
    assert low < mean < whisker["data"]["values"][0]["hi"]
    assert len(whisker["data"]["values"]) == 1
    assert "Bars are means of 1 to 5 seeds; lines on them are 95 % intervals" in text(html)


def test_bars_stand_in_groups_along_a_parameter():
    groups = [*along_n("svm", {30: 0.5, 300: 0.8}, "SVM"), *along_n("cnn", {300: 0.9, 30: 0.2}, "CNN")]
    html, _, paper = show(Options(["svm(n=*)", "cnn(n=*)"], kind="bar", x="n", y="test_acc"), *groups)
    (bars,) = marks(paper.specs[0], "bar")

    assert bars["encoding"]["x"]["sort"] == [30, 300]
    assert bars["encoding"]["xOffset"]["scale"]["domain"] == ["SVM", "CNN"]
    looks = [bars["encoding"][channel]["scale"]["range"] for channel in ("stroke", "fill", "strokeDash")]
    assert all(len(set(map(str, look))) == 2 for look in looks)
    assert "At n 300: SVM 80 % ± 2; CNN 90 % ± 2." in text(html)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options("a", kind="bar", y={"field": "acc", "scale": "log"}), "bars begin at zero, which a logarithmic axis"),
        (Options("a", kind="bar", y={"field": "acc", "domain": [0.5, 1]}), "bars begin at zero, not at 0.5."),
        (Options("a", kind="bar", x="n", y="acc", group="f"), "`group` gathers bars without an `x`."),
        (Options("a", kind="bar"), "a chart needs `y`"),
    ],
)
def test_bars_that_would_mislead_are_refused(options, said):
    assert refused(options).startswith(f"docs/p.md:3: {said}")


def test_bars_stand_along_a_parameter_only():
    said = refused(Options(["mlp"], kind="bar", x="n_params", y="test_acc"), a_run("mlp", *ACCURACIES))

    assert said == "docs/p.md:3: bars stand along a parameter, and 'n_params' is none.\n  Use kind: line."


# Scatter.


def test_a_scatter_plot_has_intervals_both_ways_and_names_beside_the_marks():
    groups = [a_run("mlp", 0.8, 0.82, label="MLP"), a_run("forest", 0.5, 0.6, label="Forest")]
    groups[0].records[0].metrics["n_params"] = 20.0
    html, shipped, paper = show(Options(["mlp", "forest"], kind="scatter", x="n_params", y="test_acc"), *groups)
    up, across = marks(paper.specs[0], "rule")

    assert len(up["data"]["values"]) == 2
    assert [row["t"] for row in across["data"]["values"]] == ["MLP"]
    assert {row["t"] for layer in marks(paper.specs[0], "text") for row in layer["data"]["values"]} == {"MLP", "Forest"}
    assert "Test accuracy against n_params. MLP 81 % ± 13 at n_params 25 ± 64; Forest" in text(html)
    assert [row["run"] for row in rows_of(shipped)] == ["MLP", "Forest"]
    assert set(rows_of(shipped)[0]) >= {"n_params", "x_low", "x_high", "mean", "low", "high", "seeds"}


@pytest.mark.parametrize("option", ["color", "group"])
def test_marks_are_coloured_by_tag_or_parameter_and_differ_in_shape(option):
    options = Options("net(n=*, hidden=*)", kind="scatter", x="n_params", y="test_acc", **{option: "hidden"})
    _, _, paper = show(options, *a_grid())
    (points,) = marks(paper.specs[0], "point")

    assert points["encoding"]["color"]["scale"]["domain"] == ["hidden = 4", "hidden = 16"]
    assert points["encoding"]["color"]["scale"]["range"] == list(COLORS[:2])
    assert len(set(points["encoding"]["shape"]["scale"]["range"])) == 2


def test_a_crowd_of_marks_has_a_legend_and_no_names():
    groups = [a_run(f"r{i}", 0.5 + i / 100, 0.51 + i / 100, label=f"Run {i}") for i in range(20)]
    _, _, paper = show(Options("r*", kind="scatter", x="n_params", y="test_acc"), *groups)

    assert marks(paper.specs[0], "text") == []
    assert marks(paper.specs[0], "point")[0]["encoding"]["color"]["legend"]


def test_names_beside_marks_meet_neither_each_other_nor_a_mark():
    points = [(100.0, 100.0), (110.0, 104.0), (300.0, 100.0)]
    sides = labels.beside(points, ["one name", "another", "third"], 400, 200)
    boxes = [labels._boxes(x, y, 8 * labels.LETTER)[side] for (x, y), side in zip(points, sides, strict=True)]

    assert not any(labels._meet(a, b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert labels.beside([(x, x) for x in (100.0, 101.0, 102.0, 103.0, 104.0, 105.0)], ["name"] * 6, 120, 120) is None


def test_a_logarithmic_axis_has_round_ticks():
    options = Options("net(n=*, hidden=*)", kind="scatter", x={"field": "n", "scale": "log"}, y="test_acc")
    _, _, paper = show(options, *a_grid())
    (points,) = marks(paper.specs[0], "point")

    assert points["encoding"]["x"]["axis"]["values"] == [10, 20, 50, 100]


def test_a_scatter_plot_needs_both_axes():
    said = "docs/p.md:3: a scatter chart needs `x` and `y`: two metrics.\n  For example x: n_params"

    assert refused(Options("a", kind="scatter", y="acc")) == said
    assert "mean the same" in refused(Options("a", kind="scatter", x="b", y="acc", color="n", group="f"))


def test_an_unknown_colour_offers_the_right_one():
    options = Options("net(n=*, hidden=*)", kind="scatter", x="n_params", y="test_acc", color="hiden")

    assert refused(options, *a_grid()).endswith("has neither a parameter nor a tag 'hiden'.\n  Did you mean 'hidden'?")


# Heat maps.


def test_a_heat_map_has_a_value_in_every_cell_and_its_classes_in_words():
    html, shipped, paper = show(options_of("heatmap"), *a_grid())
    rect, texts = paper.specs[0]["layer"]

    assert {row["t"] for row in paper.specs[0]["data"]["values"]} == {"24", "30", "42", "48"}
    scale = rect["encoding"]["color"]["scale"]
    assert [text(name) for name in scale["domain"]][::5] == ["20–25 %", "45–50 %"]
    assert all(tint.startswith("color-mix(in srgb, var(--dl-seq") for tint in scale["range"])
    assert texts["mark"]["color"].startswith("var(--dl-on")
    assert "Highest 48 % ± 2 at n 100 and hidden 16; lowest 24 % ± 2 at n 10 and hidden 4." in text(html)
    assert [(row["n"], row["hidden"]) for row in rows_of(shipped)] == [
        ("10", "16"),
        ("100", "16"),
        ("10", "4"),
        ("100", "4"),
    ]


def test_the_greatest_row_stands_at_the_top_and_words_in_the_order_of_the_grid():
    points = tuple({"act": act, "n": n} for act in ("tanh", "relu") for n in (1, 2))
    groups = [a_run("net", *ACCURACIES, params=point, points=points) for point in points]
    options = Options("net(act=*, n=*)", kind="heatmap", x="n", y="act", color="test_acc")
    _, _, paper = show(options, *groups)

    assert list(dict.fromkeys(row["k"] for row in paper.specs[0]["data"]["values"])) == ["tanh", "relu"]


def test_a_cell_with_two_runs_is_an_error_that_names_both():
    options = Options(
        ["net(n=*, hidden=*)", "other(n=*, hidden=*)"], kind="heatmap", x="n", y="hidden", color="test_acc"
    )

    assert "'net(hidden=4, n=10)' and 'other(hidden=4, n=10)' stand in the same cell." in refused(
        options, *a_grid(), *a_grid(name="other")
    )


@pytest.mark.parametrize(
    ("values", "axis", "bounds"),
    [
        ([0.24, 0.964], Axis(), [0.2, 0.4, 0.6, 0.8, 1.0]),
        ([3, 3], Axis(), [3, 3]),
        ([1, 100_000], Axis(scale="log"), [1, 10, 100, 1000, 10_000, 100_000]),
        ([0.5], Axis(domain=(0.0, 1.0)), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
    ],
)
def test_classes_are_round_numbers_or_equal_ratios(values, axis, bounds):
    assert heatmap.classes(values, axis) == pytest.approx(bounds)


def test_cells_too_narrow_for_their_values_show_colours_only():
    points = tuple({"n": n, "hidden": h} for n in range(60) for h in (1, 2))
    groups = [a_run("net", *ACCURACIES, params=point, points=points) for point in points]
    _, _, paper = show(Options("net(n=*, hidden=*)", kind="heatmap", x="n", y="hidden", color="test_acc"), *groups)

    assert {row["t"] for row in paper.specs[0]["data"]["values"]} == {""}


def test_a_heat_map_says_what_it_needs():
    assert "a heat map needs `color`: a metric." in refused(Options("a", kind="heatmap", x="n", y="h"))
    assert "both are 'n'" in refused(Options("a", kind="heatmap", x="n", y="n", color="acc"))


# Histograms.


def test_a_histogram_counts_every_seed_once():
    html, shipped, _ = show(options_of("hist"), *a_grid())

    assert sum(int(row["count"]) for row in rows_of(shipped)) == 20
    assert '<a href="../../runs/net/">Net</a>: 20 values' in html
    assert "Net: 20 values, one for each seed, median 36 %, from 22 % to 50 %." in text(html)


def test_a_histogram_may_count_points_or_the_values_of_a_series():
    _, points, _ = show(Options("net(n=*, hidden=*)", kind="hist", x="test_acc", of="points"), *a_grid())
    html, series, _ = show(Options("mlp", kind="hist", x="test_acc", of="series"), learning("mlp"))

    assert sum(int(row["count"]) for row in rows_of(points)) == 4
    assert sum(int(row["count"]) for row in rows_of(series)) == 15
    assert "15 logged values" in text(html)


def test_runs_stand_above_each_other_with_the_same_bins():
    groups = [a_run("a", 0.1, 0.2, 0.9), a_run("b", 0.3, 0.4)]
    _, shipped, paper = show(Options(["a", "b"], kind="hist", x="test_acc", bins=4), *groups)

    assert [len(view["data"]["values"]) for view in paper.specs[0]["vconcat"]] == [4, 4]
    assert [row["count"] for row in rows_of(shipped)] == ["2", "0", "0", "1", "1", "1", "0", "0"]


def test_bins_follow_freedman_and_diaconis():
    # The quartiles of 0 … 999 are 249.75 and 749.25: 2 · 499.5 / 1000^(1/3) = 99.9, rounded to 100.
    edges = hist.bins(range(1000))

    assert edges == [100 * index for index in range(11)]
    assert hist.bins([1.0] * 9 + [5.0])[0] <= 1.0
    assert hist.bins([2.0, 2.0]) == [1.9, 2.1]
    assert len(hist.bins([0.0, 1.0, 7.0], 7)) == 8


def test_bins_beyond_reason_are_refused():
    assert "`bins` must be from 1 to 60" in refused(Options("a", kind="hist", x="acc", bins=1000))


# Small multiples.


@pytest.mark.parametrize(
    "options",
    [
        Options("net(n=*, hidden=*)", x="n", y="test_acc", facet="hidden"),
        Options("net(n=*, hidden=*)", y="test_acc", facet="n"),
        Options("net(n=*, hidden=*)", kind="bar", y="test_acc", facet="n"),
        Options("net(n=*, hidden=*)", kind="bar", x="n", y="test_acc", facet="hidden"),
        Options("net(n=*, hidden=*)", kind="scatter", x="n_params", y="test_acc", facet="n"),
    ],
    ids=lambda options: options.kind or "line",
)
def test_panels_share_their_axis_and_stand_in_one_column_on_a_phone(options):
    _, shipped, paper = show(options, *a_grid())
    wide, narrow = paper.specs

    assert (wide["columns"], narrow["columns"]) == (2, 1)
    assert len({view["width"] for view in wide["concat"]}) == 1
    domains = {json.dumps(_values_of(view, options)["scale"]) for view in wide["concat"]}
    assert len(domains) == 1
    assert options.facet in rows_of(shipped)[0]


def _values_of(view, options):
    """The channel of the measured values; of rows it lies across."""
    encoding = next(
        layer["encoding"] for layer in view["layer"] if "y" in layer["encoding"] and "field" in layer["encoding"]["y"]
    )
    return encoding["x" if options.x is None else "y"]


def test_a_panel_is_named_and_its_runs_are_not_named_after_it():
    html, _, paper = show(Options("net(n=*, hidden=*)", x="n", y="test_acc", facet="hidden"), *a_grid())
    names = [view["layer"][-1]["encoding"]["text"]["value"] for view in paper.specs[0]["concat"]]

    assert names == ["hidden = 4", "hidden = 16"]
    assert {row["s"] for view in paper.specs[0]["concat"] for row in view["data"]["values"]} == {"Net"}
    assert "At n 100: hidden = 4: 42 % ± 2; hidden = 16: 48 % ± 2." in text(html)


def test_panels_may_stand_for_a_tag():
    groups = [a_run("mlp", *ACCURACIES, family="deep"), a_run("svm", *ACCURACIES, family="classical")]
    _, _, paper = show(Options(["mlp", "svm"], y="test_acc", facet="family"), *groups)

    assert [view["layer"][-1]["encoding"]["text"]["value"] for view in paper.specs[0]["concat"]] == [
        "deep",
        "classical",
    ]


def test_an_unknown_facet_offers_the_right_one():
    said = refused(Options("net(n=*, hidden=*)", y="test_acc", facet="hiden"), *a_grid())

    assert said.endswith("has neither a parameter nor a tag 'hiden'.\n  Did you mean 'hidden'?")


def test_real_panels_fill_the_width_and_no_more():
    pytest.importorskip("vl_convert")
    from mkdocs_dlplugin.vega import Renderer

    with Renderer() as renderer:
        for options in (
            Options("net(n=*, hidden=*)", x="n", y="test_acc", facet="hidden"),
            Options("net(n=*, hidden=*)", y="test_acc", facet="n"),
            Options("net(n=*, hidden=*)", kind="scatter", x="n_params", y="test_acc", facet="n"),
        ):
            html, _, _ = show(options, *a_grid(), paper=renderer)
            wide, narrow = (float(width) for width in re.findall(r'<svg[^>]* viewBox="0 0 ([\d.]+)', html))

            assert (wide, narrow) == (688, 328)
            assert re.findall(r'<svg[^>]* width="(\d+)"', html) == ["688", "328"]


def test_the_names_of_references_stand_in_the_caption_of_panels():
    options = Options("net(n=*, hidden=*)", y="test_acc", facet="n", reference={"value": 0.1, "label": "Chance"})
    html, _, paper = show(options, *a_grid())

    assert "Dashed line: Chance, 10 %." in text(html)
    assert "Chance" not in json.dumps(paper.specs[0])


def test_a_scatter_plot_along_words_is_an_error():
    points = ({"act": "tanh"}, {"act": "relu"})
    groups = [a_run("mlp", *ACCURACIES, params=point, points=points) for point in points]
    said = refused(Options("mlp(act=*)", kind="scatter", x="act", y="test_acc"), *groups)

    assert said == "docs/p.md:3: a scatter chart stands along numbers, not 'tanh'.\n  Use kind: dot."


@pytest.mark.parametrize(
    ("low", "high", "span"),
    [(0.243, 0.96, (0.2, 1.0)), (0, 0, (-1, 1)), (5, 5, (4.4, 5.6)), (0, 5e-324, (-1, 1)), (1, 1 + 1e-16, (0.9, 1.1))],
)
def test_axes_begin_and_end_at_round_numbers(low, high, span):
    from mkdocs_dlplugin.views.drawing import nice

    assert nice(low, high, 6) == pytest.approx(span, abs=0.11)
    assert nice(low, high, 6)[0] <= low <= high <= nice(low, high, 6)[1]


def test_a_reference_does_not_lie_on_the_axis():
    groups = along_n("svm", {1: 0.2, 2: 0.78})
    _, _, paper = show(Options("svm(n=*)", x="n", y="test_acc", reference={"value": 0.1}), *groups)
    domain = marks(paper.specs[0], "line")[0]["encoding"]["y"]["scale"]["domain"]

    assert domain[0] < 0.1


@pytest.mark.parametrize("kind", ["dot", "bar", "scatter"])
def test_what_lies_outside_the_axis_an_author_chose_is_not_drawn(kind):
    options = Options("net(n=*, hidden=*)", kind=kind, x="n" if kind == "scatter" else None)
    _, _, paper = show(replace(options, y={"field": "test_acc", "domain": [0, 0.3]}), *a_grid())
    drawn = [layer["mark"] for layer in paper.specs[0]["layer"] if layer["mark"]["type"] in ("point", "rule", "bar")]

    assert drawn
    assert all(mark["clip"] for mark in drawn)


def test_a_reference_outside_the_axis_is_an_error():
    options = Options("a", y={"field": "acc", "domain": [0, 1]}, reference={"value": 2})

    assert refused(options) == "docs/p.md:3: the reference 2 is not on an axis from 0 to 1.\n  Widen `domain`."


@pytest.mark.parametrize("kind", ["dot", "bar"])
def test_no_reference_crosses_the_names_above_rows(kind):
    options = Options("net(n=*, hidden=*)", kind=kind, y="test_acc", reference={"value": 0.1, "label": "Chance"})
    _, _, paper = show(options, *a_grid())
    last, ruled = paper.specs[1]["layer"][-1], [layer["mark"] for layer in paper.specs[1]["layer"]]

    assert last["data"]["values"][0]["t"] == "Net (hidden=4, n=10)"
    assert any("strokeDash" in mark for mark in ruled[:-2])

"""A chart block shows measured curves or means: drawn, said in a sentence, listed in a table."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from mkdocs_dlplugin.vega import Failed, Unavailable
from mkdocs_dlplugin.views import chart, curves, drawing
from mkdocs_dlplugin.views.chart import Options
from mkdocs_dlplugin.views.figures import Axis
from tests.charting import ACCURACIES, METRICS, WHERE, Paper, a_run, along_n, learning, marks, refused, show, text

# Means as dots.


def test_a_dot_chart_names_every_mean_with_its_interval():
    html, _, _ = show(Options(["mlp", "knn"], y="test_acc"), a_run("mlp", *ACCURACIES, label="MLP"), a_run("knn", 0.7))

    assert "Test accuracy. MLP 81.0 % ± 1.2; knn 70.0 % single run." in text(html)
    assert "Dots are means of 1 to 5 seeds; bars are 95 % intervals (over seeds, data drawn anew)" in text(html)


def test_the_numbers_of_the_caption_lead_to_their_runs():
    html, _, _ = show(Options("mlp", y="test_acc"), a_run("mlp", *ACCURACIES))

    assert re.search(
        r'<a class="dl-num" data-run="mlp" data-metric="test_acc" data-n="5"[^>]* href="../../runs/mlp/">', html
    )


def test_each_seed_is_a_faint_dot_behind_the_mean():
    _, _, paper = show(Options("mlp", y="test_acc"), a_run("mlp", *ACCURACIES))
    seeds, means = marks(paper.specs[0], "point")

    assert [row["x"] for row in seeds["data"]["values"]] == list(ACCURACIES)
    assert seeds["mark"]["opacity"] < 1
    assert [round(row["x"], 3) for row in means["data"]["values"]] == [0.81]


def test_rows_stand_by_tag_in_the_order_of_the_page():
    groups = [
        a_run("cnn", 0.9, 0.91, family="deep"),
        a_run("svm", 0.8, 0.81, family="classical"),
        a_run("mlp", 0.85, 0.86, family="deep"),
    ]
    _, _, paper = show(Options(["cnn", "svm", "mlp"], y="test_acc", group="family"), *groups)
    _, means = marks(paper.specs[0], "point")

    assert means["encoding"]["y"]["scale"]["domain"] == ["§deep", "cnn", "mlp", "§classical", "svm"]
    assert len({(row["c"], row["m"]) for row in means["data"]["values"]}) == 2


def test_of_many_runs_the_caption_tells_the_highest_and_the_lowest():
    groups = [a_run(f"run-{letter}", 0.5 + i / 20, 0.51 + i / 20) for i, letter in enumerate("abcdefgh")]
    html, _, _ = show(Options("run-*", y="test_acc"), *groups)

    assert "Test accuracy. Highest run-h 86 % ± 6; lowest run-a 50 % ± 6. Dots" in text(html)
    assert "run-d" not in text(html[html.index("<figcaption") : html.index("</figcaption>")])


def test_a_later_entry_renames_what_a_glob_found():
    html, _, _ = show(
        Options(["digits-*", {"digits-mlp": "MLP & co"}], y="test_acc"),
        a_run("digits-svm", 0.8),
        a_run("digits-mlp", 0.9),
    )

    assert "digits-svm 80.0 % single run; MLP & co 90.0 % single run." in text(html)
    assert "MLP &amp; co " in html


def test_an_axis_says_unit_and_direction():
    assert drawing.title_of(METRICS["seconds"], Axis()) == "Training time (s), lower is better"
    assert drawing.title_of(METRICS["seconds"], Axis(title="Mine")) == "Mine"


@pytest.mark.parametrize(("values", "form"), [((0.2, 0.9), ".0%"), ((0.80, 0.82, 0.81, 0.80, 0.82), ".1%")])
def test_percent_have_as_many_digits_as_their_span_needs(values, form):
    _, _, paper = show(Options("mlp", y="test_acc"), a_run("mlp", *values))

    assert marks(paper.specs[0], "point")[1]["encoding"]["x"]["axis"]["format"] == form


# Curves along a parameter.


def test_runs_of_a_grid_become_a_line_along_their_parameter():
    groups = [*along_n("svm", {30: 0.5, 300: 0.8}, "SVM"), *along_n("cnn", {300: 0.9, 30: 0.2}, "CNN")]
    options = Options(
        ["svm(n=*)", "cnn(n=*)"], x={"field": "n", "scale": "log", "title": "Training signals"}, y="test_acc"
    )
    html, _, paper = show(options, *groups)
    spec = paper.specs[0]

    assert "At training signals 300: SVM 80 % ± 2; CNN 90 % ± 2. Lines are means of 5 seeds; bands are" in text(html)
    assert [row["x"] for row in spec["data"]["values"]] == [30, 300, 30, 300]
    x = spec["layer"][0]["encoding"]["x"]
    assert (x["scale"]["type"], x["axis"]["values"], x["axis"]["title"]) == ("log", [30, 300], "Training signals")


def test_lines_differ_in_colour_and_in_dash_and_shape():
    groups = [group for letter in "abcdefghij" for group in along_n(f"run-{letter}", {1: 0.5, 2: 0.6})]
    _, _, paper = show(Options([f"run-{letter}(n=*)" for letter in "abcdefghij"], x="n", y="test_acc"), *groups)
    encoding = marks(paper.specs[0], "line")[0]["encoding"]
    looks = list(
        zip(encoding["color"]["scale"]["range"], map(str, encoding["strokeDash"]["scale"]["range"]), strict=True)
    )

    assert len(looks) == len(set(looks)) == 10


def test_words_stand_along_the_axis_in_the_order_of_the_grid():
    points = ({"act": "tanh"}, {"act": "relu"})
    groups = [a_run("mlp", *ACCURACIES, params=point, points=points) for point in points]
    _, _, paper = show(Options("mlp(act=*)", x="act", y="test_acc"), *groups)

    assert paper.specs[0]["layer"][0]["encoding"]["x"]["sort"] == ["tanh", "relu"]


def test_other_parameters_make_lines_of_their_own():
    points = tuple({"n": n, "lr": lr} for lr in (0.1, 0.01) for n in (1, 2))
    groups = [a_run("mlp", *ACCURACIES, label="MLP", params=point, points=points) for point in points]
    html, _, _ = show(Options("mlp(n=*, lr=*)", x="n", y="test_acc"), *groups)

    assert "MLP (lr=0.1) 81.0 % ± 1.2; MLP (lr=0.01) 81.0 % ± 1.2." in text(html)


def test_a_metric_can_be_the_x_axis():
    _, _, paper = show(
        Options(["a", "bbb"], x="n_params", y="test_acc"), a_run("a", *ACCURACIES), a_run("bbb", *ACCURACIES)
    )

    assert [row["x"] for row in paper.specs[0]["data"]["values"]] == [10.0, 30.0]


# Learning curves.


def test_a_learning_curve_averages_the_steps_that_all_seeds_have():
    html, _, paper = show(Options("mlp", kind="line", y="test_acc"), learning("mlp", skip=(2, 10)))

    assert [(row["x"], round(row["y"], 3)) for row in paper.specs[0]["data"]["values"]] == [(0.0, 0.12), (20.0, 0.62)]
    assert "At step 20: mlp 62 % ± 2." in text(html)
    band = marks(paper.specs[0], "area")[0]["data"]["values"][0]
    assert band["lo"] < 0.12 < band["hi"]


def test_long_series_are_thinned_and_keep_their_ends():
    _, _, paper = show(Options("mlp", kind="line", y="test_acc"), learning("mlp", steps=range(1000)))
    steps = [row["x"] for row in paper.specs[0]["data"]["values"]]

    assert len(steps) == curves.MOST_POINTS
    assert (steps[0], steps[-1]) == (0, 999)


def test_the_table_of_a_long_series_keeps_the_end_and_the_file_keeps_all():
    html, shipped, _ = show(Options("mlp", kind="line", y="test_acc"), learning("mlp", steps=range(60)))

    assert html.count("<tr>") == 1 + 20
    assert '<th scope="row" data-sort="59.0">59</th>' in html
    assert next(iter(shipped.values())).count(b"\n") == 1 + 60


def test_seeds_that_share_no_step_are_noted():
    def series(seed):
        return {"test_acc": ((float(seed),), (0.5,))}

    html, _, _ = show(Options("mlp", kind="line", y="test_acc"), a_run("mlp", *ACCURACIES, series=series))

    assert text(html) == "Test accuracy by step. mlp is not shown: its seeds share no step."


def test_on_a_logarithmic_axis_an_interval_that_reaches_zero_ends_at_the_bottom():
    groups = [a_run("a", 0.001, 0.5), a_run("b", 0.4, 0.41)]
    _, _, paper = show(Options(["a", "b"], y={"field": "loss", "scale": "log"}), *[_as_loss(g) for g in groups])
    lows = [row["lo"] for row in marks(paper.specs[0], "rule")[0]["data"]["values"]]

    assert min(lows) > 0


def _as_loss(group):
    return replace(group, records=tuple(replace(r, metrics={"loss": r.metrics["test_acc"]}) for r in group.records))


def test_a_single_run_has_a_line_and_no_band():
    def series(_):
        return {"loss": ((0.0, 1.0), (2.0, 1.5))}

    html, _, paper = show(Options("one", kind="line", y="loss"), a_run("one", 0.9, series=series))

    assert marks(paper.specs[0], "area")[0]["data"]["values"] == []
    assert "At step 1: one 1.5 single run. Lines are single runs (seed 0), without interval." in text(html)


# Around the drawing.


def test_the_figure_has_a_drawing_a_caption_a_table_and_files():
    html, shipped, _ = show(Options("mlp", y="test_acc", fig_cap="Fig <1>"), a_run("mlp", *ACCURACIES))

    assert re.match('<figure class="dl-chart" id="fig-a"><div class="dl-plot"[^>]*><svg', html)
    assert '<figcaption id="dl-fig-a-caption"><strong>Fig &lt;1&gt;.</strong>' in html
    assert '<details class="dl-data" data-search-exclude><summary>Data</summary>' in html
    # HTML allows a caption as the first or the last child only.
    assert html.endswith("</figcaption></figure>")
    assert re.search(r'<a href="../../assets/dl/fig-a\.csv" download="fig-a.csv">CSV</a>', html)
    table, spec, *_ = shipped.values()
    assert table.startswith(b"run,mean,low,high,seeds,values\nmlp,0.81")
    assert b"#2f7ad6" in spec
    assert b"var(--" not in spec


def test_the_alternative_text_says_kind_subject_and_finding():
    _, _, paper = show(Options("mlp", kind="line", y="test_acc"), learning("mlp"))

    said = paper.labels[0].replace("\N{NO-BREAK SPACE}", " ")
    assert said == "Line chart of test accuracy by step from 0 to 20 for mlp. At step 20: mlp 62 % ± 2 (5 seeds)."


def test_an_authors_alternative_text_is_taken_as_it_is():
    _, _, paper = show(Options("mlp", y="test_acc", fig_alt="Mine"), a_run("mlp", 0.9))

    assert paper.labels == ["Mine"]


def test_references_are_drawn_named_and_linked():
    options = Options(
        "mlp", y="test_acc", reference={"value": 0.94, "label": "G & K", "source": "https://example.org/?a&b"}
    )
    html, _, paper = show(options, a_run("mlp", *ACCURACIES))

    assert 'Dashed line: <a href="https://example.org/?a&amp;b">G &amp; K</a>, 94\N{NO-BREAK SPACE}%.' in html
    assert {"datum": 0.94} in [layer["encoding"]["x"] for layer in paper.specs[0]["layer"]]


def test_a_source_that_is_no_web_address_is_no_link():
    options = Options("mlp", y="test_acc", reference={"value": 0.94, "label": "G", "source": "javascript:alert(1)"})
    html, _, _ = show(options, a_run("mlp", 0.9))

    assert "javascript" in html
    assert 'href="javascript' not in html


def test_what_is_missing_is_noted_and_does_not_fail():
    groups = [a_run("mlp", *ACCURACIES), a_run("vit", seeds=(0, 1)), a_run("rnn", 0.5, 0.6, seeds=(0, 1, 2))]
    html, _, _ = show(Options(["mlp", "vit", "rnn"], y="test_acc"), *groups)

    assert "vit is not shown: no results yet. rnn is not shown: no result for seed 2." in text(html)


def test_without_any_result_there_is_a_note_and_nothing_is_drawn():
    html, shipped, paper = show(Options("vit", y="test_acc"), a_run("vit", seeds=(0, 1)))

    assert text(html) == "Test accuracy. vit is not shown: no results yet."
    assert (shipped, paper.specs) == ({}, [])


@pytest.mark.parametrize("problem", [Unavailable("no vl-convert."), Failed("too long.")])
def test_where_nothing_can_draw_the_table_stands_open_and_a_warning_is_given(problem):
    html, _, paper = show(Options("mlp", y="test_acc"), a_run("mlp", *ACCURACIES), paper=Paper(problem))

    assert "dl-plot" not in html
    assert '<details class="dl-data" data-search-exclude open>' in html
    assert paper.warnings == [f"docs/p.md:3: the chart is shown as a table: {problem}"]


def test_labels_are_escaped_everywhere():
    html, _, _ = show(Options("mlp", y="test_acc", fig_cap="<script>"), a_run("mlp", 0.9, label='<img src="x">'))

    assert "<script>" not in html
    assert "<img" not in html


def test_a_chart_without_an_id_gets_one_that_stays():
    first, _, _ = show(Options("mlp", y="test_acc"), a_run("mlp", 0.9), place_id="")
    again, _, _ = show(Options("mlp", y="test_acc"), a_run("mlp", 0.8), place_id="")

    ids = [re.search(r'id="(dl-chart-[0-9a-f]{8})"', html)[1] for html in (first, again)]
    assert ids[0] == ids[1]


def test_a_spreadsheet_takes_no_name_for_a_formula():
    _, shipped, _ = show(Options([{"mlp": "=1+1"}], y="test_acc"), a_run("mlp", 0.9))

    assert b"\n'=1+1,0.9" in next(iter(shipped.values()))


@pytest.mark.parametrize("kind", ["line", "dot"])
def test_real_drawings_hold_variables_and_labels(kind):
    pytest.importorskip("vl_convert")
    from mkdocs_dlplugin.vega import Renderer

    groups = [learning("mlp", label="MLP"), learning("cnn", label="CNN")]
    options = Options(["mlp", "cnn"], kind=kind, y="test_acc", reference={"value": 0.5, "label": "Chance"})
    with Renderer() as renderer:
        html, _, _ = show(options, *groups, paper=renderer)
    drawings = re.findall(r"<svg.*?</svg>", html, re.S)

    assert len(drawings) == 2
    for drawing_ in drawings:
        assert "var(--dl-c1,#2f7ad6)" in drawing_
        assert drawing_.count(">Chance<") == 2
        for said in (">MLP<", ">CNN<", ">Test accuracy, higher is better<"):
            assert said in drawing_


# What is refused, and how.


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (Options(["a"]), "docs/p.md:3: a chart needs `y`: the metric or series it shows.\n  For example y: test_acc"),
        (Options(y="acc"), "docs/p.md:3: a chart needs `runs`: the names of the runs it shows."),
        (Options(["a"], kind="lines", y="acc"), "docs/p.md:3: 'lines' is not a kind of chart.\n  Did you mean 'line'?"),
        (Options(["a"], kind="dot", x="n", y="acc"), "docs/p.md:3: a dot chart shows one metric"),
        (
            Options(["a"], kind="line", y="acc", group="f"),
            "docs/p.md:3: `group` is an option of dot, bar and scatter charts",
        ),
        (Options([{"a": "A", "b": "B"}], y="acc"), "docs/p.md:3: `runs` takes names and `name: label`, got"),
        (
            Options(["a"], x={"feld": "n"}, y="acc"),
            "docs/p.md:3: 'feld' is not an option of `x`.\n  Did you mean 'field'?",
        ),
        (Options(["a"], x={"scale": "lg"}, y="acc"), "docs/p.md:3: `x.scale` must be linear or log, got 'lg'."),
        (Options(["a"], y={"field": "acc", "zero": "yes"}), "docs/p.md:3: `y.zero` must be true or false, got 'yes'."),
        (Options(["a"], y={"field": "acc", "domain": [1]}), "docs/p.md:3: `y.domain` must be two numbers, got [1]."),
        (Options(["a"], y={"field": "acc", "domain": [1, 0]}), "docs/p.md:3: `y.domain` must begin below its end"),
        (Options(["a"], y=7), "docs/p.md:3: `y` must be a name or {field, title, scale, zero, domain}, got 7."),
        (
            Options(["a"], y="acc", reference={"label": "x"}),
            "docs/p.md:3: `reference.value` must be a number, got None.",
        ),
        (
            Options(["a"], y={"field": "acc", "scale": "log"}, reference={"value": 0}),
            "docs/p.md:3: a logarithmic axis cannot show 0.",
        ),
        (Options(["a"], y="acc", reference=3), "docs/p.md:3: `reference` must be {value, label, source}, got 3."),
    ],
)
def test_a_mistake_in_the_options_is_explained(options, said):
    assert refused(options).startswith(said)


def test_an_unknown_metric_offers_the_right_one():
    assert refused(Options("mlp", y="test_ac"), a_run("mlp", 0.9)) == (
        "docs/p.md:3: 'test_ac' is not a metric of run 'mlp'.\n  Did you mean 'test_acc'?"
    )


def test_an_unknown_series_offers_the_right_one():
    assert refused(Options("mlp", kind="line", y="test_ac"), learning("mlp")) == (
        "docs/p.md:3: 'test_ac' is not a series of run 'mlp'.\n  Did you mean 'test_acc'?"
    )


def test_an_unknown_x_axis_names_what_there_is():
    said = refused(Options("svm(n=*)", x="m", y="test_acc"), *along_n("svm", {1: 0.5, 2: 0.6}))

    assert said.startswith("docs/p.md:3: 'm' is neither a parameter nor a metric nor a series of these runs.")
    assert "'n'" in said


def test_a_parameter_that_is_also_a_metric_is_an_error():
    group = a_run("svm", 0.9, params={"n_params": 3}, points=({"n_params": 3},))

    assert "is a parameter and also a metric" in refused(Options("svm(n_params=*)", x="n_params", y="test_acc"), group)


def test_a_run_without_the_parameter_is_an_error():
    groups = [*along_n("svm", {1: 0.5, 2: 0.6}), a_run("knn", 0.7)]

    assert "run 'knn' has no parameter 'n'." in refused(Options(["svm(n=*)", "knn"], x="n", y="test_acc"), *groups)


def test_a_logarithmic_axis_that_cannot_show_a_value_is_an_error():
    options = Options("svm(n=*)", x={"field": "n", "scale": "log"}, y="test_acc")

    assert "cannot show 0" in refused(options, *along_n("svm", {0: 0.5, 2: 0.6}))


def test_an_unknown_tag_offers_the_right_one():
    said = refused(Options("mlp", y="test_acc", group="famly"), a_run("mlp", 0.9, family="deep"))

    assert said.endswith("none of these runs has the tag 'famly'.\n  Did you mean 'family'?")


def test_a_misspelt_run_is_found_before_anything_runs():
    (ref,) = chart.references(Options(["svm(n=*)"], y="test_acc"), WHERE)

    assert ref.run == "svm"


# What is the same for all of them.


def test_what_all_lines_share_is_said_once():
    points = tuple({"n": 100, "hidden": hidden} for hidden in (4, 16))
    groups = [learning("net", label="Net", params=point, points=points) for point in points]
    html, _, paper = show(Options("net(n=*, hidden=*)", kind="line", y="test_acc"), *groups)

    assert {row["s"] for row in paper.specs[0]["data"]["values"]} == {"Net (hidden=4)", "Net (hidden=16)"}
    assert text(html).count("n = 100") == 1
    assert "All with n = 100." in text(html)


def test_a_run_alone_keeps_its_point():
    points = ({"n": 100}, {"n": 300})
    html, _, _ = show(Options("net(n=100)", y="test_acc"), a_run("net", 0.5, 0.6, params=points[0], points=points))

    assert "net (n=100)" in text(html) or "net(n=100)" in text(html)
    assert "All with" not in text(html)


@pytest.mark.parametrize("kind", ["line", "dot", "bar"])
def test_every_number_of_a_caption_is_a_link_to_its_run_and_names_are_none(kind):
    html, _, _ = show(Options(["mlp", "cnn"], kind=kind, y="test_acc"), learning("mlp"), learning("cnn"))
    said = html.partition("<figcaption")[2].partition("</figcaption>")[0]

    links = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>(.*?)</a>', said)
    assert [href for href, _ in links] == ["../../runs/mlp/", "../../runs/cnn/"]
    assert all(re.match(r"\d\d", number) for _, number in links)


def test_a_chart_without_results_says_which_runs_and_series_it_waits_for():
    html, _, _ = show(
        Options(["mlp", "cnn"], kind="line", y="test_acc"), a_run("mlp", seeds=(0,)), a_run("cnn", seeds=(0,))
    )

    assert '<figure class="dl-chart" id="fig-a" data-dl-run="mlp cnn" data-dl-series="test_acc">' in html

"""A comparison block shows means with their intervals: the best marked, what is missing explained, in three layouts."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from mkdocs_dlplugin import words
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Metric, Record, Run, Where
from mkdocs_dlplugin.results import Group, Place, Results
from mkdocs_dlplugin.views import comparison
from mkdocs_dlplugin.views.comparison import Options

WHERE = Where("docs/p.md", 3)
METRICS = {
    "acc": Metric("acc", "Accuracy", style="percent", better="higher", range=(0.0, 1.0)),
    "loss": Metric("loss", "Loss", better="lower"),
    "n_params": Metric("n_params", "Parameters", kind="exact", better="lower"),
    "n_test": Metric("n_test", "Test items", kind="exact"),
    "train_s": Metric("train_s", "Training", unit="s", kind="timing", better="lower"),
}
GOOD = (0.95, 0.96, 0.955, 0.952, 0.958)
SAME = (0.95, 0.965, 0.955, 0.951, 0.954)
BAD = (0.70, 0.72, 0.71, 0.70, 0.73)


def a_run(name, values, *, label="", params=None, seeds=None, series=None, timed=None, device=("cpu", "A CPU"), **more):
    """One run at one point with a value of `acc` per seed; *more* are metrics, the same for every seed, or tags."""
    metrics = {key: value for key, value in more.items() if not isinstance(value, str)}
    tags = {key: value for key, value in more.items() if isinstance(value, str)}
    seeds = tuple(range(len(values))) if seeds is None else seeds
    run = Run(name, "", WHERE, 1, "docs/p.md", "p.md", label, tags, seeds, gridded=bool(params), varies=("data",))
    records = tuple(
        Record(
            "k",
            name,
            params or {},
            seed,
            {"acc": value, **metrics},
            {key: ((0.0, 1.0, 2.0), points) for key, points in (series or {}).items()},
            timings={"train_s": {"cpu": timed + seed / 10, "wall": timed / 2 + seed / 10}} if timed else {},
            provenance={"device": device[0], "device_name": device[1], "started": "2026-11-29T10:00:00"},
        )
        for seed, value in enumerate(values)
    )
    point = ", ".join(f"{key}={value}" for key, value in (params or {}).items())
    shown = f"{label or name} ({point})" if point else label or name
    return Group(run, params or {}, shown, records, tuple(seed for seed in seeds if seed >= len(values)))


def grid(name, means, label="", **more):
    return [
        a_run(name, tuple(mean + d for d in (-0.01, 0, 0.01)), label=label, params={"n": n, **more})
        for n, mean in means.items()
    ]


def show(options, *groups, metrics=METRICS):
    shipped = {}
    keep = lambda name, content: shipped.setdefault(name, content) and f"assets/dl/{name}"  # noqa: E731
    html = comparison.render(options, Results(groups, metrics), Place(WHERE, "tbl-a", "compare/p/", keep))
    return html, shipped


def text(html):
    found = re.sub(r'<span class="dl-sr">.*?</span>|<svg.*?</svg>', "", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found)).split())


def rows(html):
    """Return the cells of each row of the body, as plain text."""
    body = html[html.index("<tbody>") :]
    return [
        [text(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body, flags=re.DOTALL)
    ]


def heads(html):
    return re.findall(r'<th scope="(col|colgroup)"[^>]*>(.*?)</th>', html[: html.index("<tbody>")])


def caption(html):
    return text(html[html.index("<figcaption") : html.index("</figcaption>")])


def notes(html):
    return [text(note).removesuffix(" ↩") for note in re.findall(r"<li.*?</li>", html)]


def refused(options, *groups):
    with pytest.raises(DLError) as caught:
        show(options, *groups)
    return str(caught.value)


BOTH = Options(("svm", "mlp", "knn"), ("acc",))


def three(**more):
    return a_run("svm", GOOD, **more), a_run("mlp", SAME), a_run("knn", BAD)


# What is marked.


def test_the_best_is_bold_and_what_is_not_told_apart_from_it_carries_a_sign():
    html, _ = show(BOTH, *three())

    assert re.search(r'<td class="dl-best"[^>]*><a [^>]*data-run="svm"', html)
    assert [row[1].endswith("≈") for row in rows(html)] == [False, True, False]
    assert "Bold: the best mean of its column; ≈: not told apart from it." in caption(html)


def test_marks_are_said_to_those_who_do_not_see_them():
    html, _ = show(BOTH, *three())

    assert re.findall(r'<span class="dl-sr"> \((.*?)\)</span>', html) == ["best", "not told apart from the best"]


def test_nothing_looks_like_a_link_only_to_say_that_it_is_tied():
    html, _ = show(BOTH, *three())

    assert "dl-tied" not in html
    assert "underline" not in caption(html)


def test_single_runs_are_not_ranked():
    html, _ = show(BOTH, a_run("svm", (0.9,)), a_run("mlp", (0.8,)), a_run("knn", (0.7,)))

    assert "dl-best" not in html
    assert "Single runs (seed 0), no intervals." in caption(html)


def test_equal_counts_are_equally_good_and_none_is_best_when_all_are_equal():
    two = Options(("a", "b", "c"), ("acc", "n_params"))
    html, _ = show(two, a_run("a", GOOD, n_params=10), a_run("b", GOOD, n_params=10), a_run("c", GOOD, n_params=20))
    same, _ = show(two, a_run("a", GOOD, n_params=10), a_run("b", GOOD, n_params=10), a_run("c", GOOD))

    assert len(re.findall(r'"dl-best"[^>]*>[^<]*<a [^>]*data-metric="n_params"', html)) == 2
    assert not re.search(r'"dl-best"[^>]*>[^<]*<a [^>]*data-metric="n_params"', same)


# How a column reads.


def test_numbers_of_a_column_stand_at_their_decimal_sign():
    html, _ = show(
        Options(("a", "b", "c"), ("n_params",)),
        a_run("a", GOOD, n_params=5),
        a_run("b", GOOD, n_params=123),
        a_run("c", GOOD, n_params=12_345),
    )
    before = re.findall(r"<td[^>]*>([^<]*)<a ", html)

    # One digit against "12,345": four digits and a comma less.
    assert [len(pad) for pad in before] == [5, 3, 0]
    assert before[0] == "\N{FIGURE SPACE}\N{FIGURE SPACE}\N{PUNCTUATION SPACE}\N{FIGURE SPACE}\N{FIGURE SPACE}"


def test_the_room_before_a_number_is_no_part_of_its_link():
    html, _ = show(Options(("a", "b"), ("n_params",)), a_run("a", GOOD, n_params=5), a_run("b", GOOD, n_params=50))

    assert ">5</a>" in html


def test_cells_carry_what_a_script_sorts_by():
    html, _ = show(BOTH, *three())

    assert 'class="dl-values" data-sortable' in html
    assert [round(float(value), 3) for value in re.findall(r'<td[^>]* data-sort="([^"]+)"', html)] == [
        0.955, 0.955, 0.712,
    ]  # fmt: skip


def test_a_count_that_is_the_same_everywhere_goes_to_the_caption():
    options = Options(("svm", "mlp"), ("acc", "n_test"))
    html, shipped = show(options, a_run("svm", GOOD, n_test=500), a_run("mlp", BAD, n_test=500))
    other, _ = show(options, a_run("svm", GOOD, n_test=500), a_run("mlp", BAD, n_test=400))

    assert "The same in every run: Test items 500 ." in caption(html)
    assert len(heads(html)) == 2
    assert len(heads(other)) == 3
    assert b"n_test_mean" in shipped["tbl-a.csv"]


def test_a_table_never_loses_its_last_column():
    html, _ = show(Options(("svm", "mlp"), ("n_test",)), a_run("svm", GOOD, n_test=5), a_run("mlp", BAD, n_test=5))

    assert len(heads(html)) == 2


# What is missing.


def test_a_metric_that_a_run_lacks_has_a_footnote_that_leads_there_and_back():
    html, _ = show(Options(("svm", "mlp"), ("acc", "n_params")), a_run("svm", GOOD), a_run("mlp", BAD, n_params=9))
    to = re.search(r'<a id="([^"]+)" href="#([^"]+)" role="doc-noteref" aria-label="note 1">1</a>', html)
    back = re.search(r'<li id="([^"]+)">Not reported by this run\. <a href="#([^"]+)" role="doc-backlink"', html)

    assert (to[1], to[2]) == (back[2], back[1])
    assert rows(html)[0][2] == "– 1"


def test_the_same_reason_has_one_number():
    html, _ = show(
        Options(("a", "b", "c"), ("acc", "n_params")), a_run("a", GOOD), a_run("b", GOOD), a_run("c", GOOD, n_params=9)
    )

    assert notes(html) == ["Not reported by this run. ↩"]
    assert [row[2] for row in rows(html)] == ["– 1", "– 1", "9"]


def test_a_run_without_all_its_seeds_has_no_mean_and_says_which_are_missing():
    html, _ = show(Options(("svm", "mlp"), ("acc",)), a_run("svm", GOOD, seeds=tuple(range(7))), a_run("mlp", BAD))

    assert rows(html)[0][1] == "– 1"
    assert notes(html) == ["No mean: there is no result for seeds 5-6."]


def test_a_run_that_may_lack_seeds_is_shown_and_says_so():
    group = a_run("svm", GOOD, seeds=tuple(range(6)))
    html, _ = show(Options(("svm",), ("acc",)), replace(group, run=replace(group.run, min_seeds=3)))

    assert rows(html)[0][0] == "svm 1"
    assert notes(html) == ["Without seed 5, which has no result."]


def test_no_mean_is_made_of_the_seeds_that_got_far():
    group = a_run("svm", GOOD, n_params=9)
    records = (group.records[0], *(replace(record, metrics={"acc": 0.5}) for record in group.records[1:]))
    html, _ = show(Options(("svm",), ("acc", "n_params")), replace(group, records=records))

    assert rows(html)[0][2] == "– 1"
    assert notes(html) == ["No mean: seeds 1-4 do not report it."]


def test_seconds_of_two_clocks_are_not_ranked_and_say_what_they_are():
    on_gpu = a_run("cnn", GOOD, timed=1.0, device=("cuda", "A GPU"))
    html, _ = show(
        Options(("a", "b", "cnn"), ("train_s",)), a_run("a", GOOD, timed=2.0), a_run("b", BAD, timed=3.0), on_gpu
    )

    assert "dl-best" not in html
    assert rows(html)[2][1].endswith("1")
    assert notes(html) == ["In wall seconds, where most are in CPU seconds; the column is not ranked."]
    assert "Training in CPU seconds." in caption(html)


def test_seconds_of_two_machines_are_not_ranked():
    other = a_run("c", GOOD, timed=1.0, device=("cpu", "Another CPU"))
    html, _ = show(
        Options(("a", "b", "c"), ("train_s",)), a_run("a", GOOD, timed=2.0), a_run("b", BAD, timed=3.0), other
    )

    assert "dl-best" not in html
    assert "Timed on Another CPU (CPU, 1 thread), where most were not" in notes(html)[0]


def test_a_number_that_was_logged_is_not_ranked_among_seconds_that_were_timed():
    undeclared = {"acc": METRICS["acc"]}
    html, _ = show(
        Options(("a", "b", "c"), ("train_s",)),
        a_run("a", GOOD, timed=2.0),
        a_run("b", BAD, timed=3.0),
        a_run("c", BAD, train_s=2_000.0),
        metrics=undeclared,
    )

    assert notes(html) == ["In numbers without a unit, where most are in CPU seconds; the column is not ranked."]


# Layouts.


def test_rows_of_a_tag_stand_together_in_a_body_of_their_own():
    html, _ = show(
        replace(BOTH, group="family"), a_run("svm", GOOD, family="Kernel"), a_run("mlp", SAME, family="Net"),
        a_run("knn", BAD, family="Kernel"),
    )  # fmt: skip

    assert html.count("<tbody>") == 2
    assert re.findall(r'<th scope="rowgroup" colspan="2">(\w+)</th>', html) == ["Kernel", "Net"]
    assert [row[0] for row in rows(html)] == ["Kernel", "svm", "knn", "Net", "mlp"]


def test_metrics_may_be_the_rows():
    html, _ = show(
        Options(("svm", "mlp"), ("acc", "loss"), transpose=True),
        a_run("svm", GOOD, loss=1.0),
        a_run("mlp", BAD, loss=2.0),
    )

    assert [head for _, head in heads(html)] == ["Metric", "svm", "mlp"]
    assert [row[0] for row in rows(html)] == ["Accuracy ↑", "Loss ↓"]
    assert "Bold: the best mean of its row." in caption(html)
    assert "data-sortable" not in html


def test_turned_around_a_group_is_a_heading_over_its_runs():
    html, _ = show(
        replace(BOTH, group="family", transpose=True), a_run("svm", GOOD, family="Kernel"),
        a_run("mlp", SAME, family="Net"), a_run("knn", BAD, family="Kernel"),
    )  # fmt: skip

    assert '<th scope="colgroup" colspan="2">Kernel</th><th scope="colgroup" colspan="1">Net</th>' in html
    assert html.count("<colgroup ") == 3


def test_turned_around_the_points_of_one_run_are_headed_by_their_values():
    options = Options(({"svm(n=*)": "SVM"},), ("acc",), transpose=True)
    html, _ = show(options, *grid("svm", {100: 0.8, 300: 0.9}))

    assert heads(html)[1:] == [("colgroup", "SVM by n"), ("col", "100"), ("col", "300")]
    assert '<th scope="col" rowspan="2">Metric</th>' in html


def test_turned_around_points_of_two_runs_are_headed_by_both():
    options = Options(("svm(n=*)", "mlp(n=*)"), ("acc",), transpose=True)
    html, _ = show(options, *grid("svm", {100: 0.8, 300: 0.9}), *grid("mlp", {100: 0.8, 300: 0.9}))

    assert [head for scope, head in heads(html) if scope == "col"][1:3] == ["svm (n=100)", "svm (n=300)"]


def test_a_parameter_may_be_the_columns():
    options = Options(("svm(n=*)", "mlp(n=*)"), ("acc",), columns="n")
    html, _ = show(options, *grid("svm", {300: 0.9, 100: 0.8}, "SVM"), *grid("mlp", {100: 0.5, 300: 0.95}))

    assert [head for scope, head in heads(html) if scope == "col"] == ["Run", "100", "300"]
    assert [head.partition("<")[0] for scope, head in heads(html) if scope == "colgroup"] == ["Accuracy by n"]
    assert [row[0] for row in rows(html)] == ["SVM", "mlp"]
    assert [re.findall(r"^\S+", cell)[0] for cell in rows(html)[0][1:]] == ["80", "90"]


def test_the_best_of_a_grid_is_that_of_its_column():
    options = Options(("svm(n=*)", "mlp(n=*)"), ("acc",), columns="n")
    html, _ = show(options, *grid("svm", {100: 0.8, 300: 0.9}), *grid("mlp", {100: 0.5, 300: 0.99}))

    assert re.findall(r'"dl-best"[^>]*>[^<]*<a class="dl-num" data-run="([^"]+)"', html) == ["svm(n=100)", "mlp(n=300)"]


def test_several_metrics_of_a_grid_have_a_heading_each():
    options = Options(("svm(n=*)",), ("acc", "loss"), columns="n")
    groups = [a_run("svm", GOOD, params={"n": n}, loss=1.0 / n) for n in (100, 300)]
    html, _ = show(options, *groups)

    over = [head.partition("<")[0] for scope, head in heads(html) if scope == "colgroup"]
    assert over == ["Accuracy by n", "Loss by n"]
    assert '<colgroup span="1"></colgroup><colgroup span="2"></colgroup><colgroup span="2"></colgroup>' in html


def test_the_other_parameters_of_a_grid_are_rows():
    options = Options(("svm(n=*, c=*)",), ("acc",), columns="n")
    groups = [a_run("svm", GOOD, params={"c": c, "n": n}) for n in (100, 300) for c in (1, 10)]
    html, _ = show(options, *groups)

    assert [row[0] for row in rows(html)] == ["svm (c=1)", "svm (c=10)"]


def test_a_point_that_was_not_run_says_so():
    options = Options(("svm(n=*)", "mlp(n=*)"), ("acc",), columns="n")
    html, _ = show(options, *grid("svm", {100: 0.8, 300: 0.9}), *grid("mlp", {100: 0.5}))

    assert notes(html) == ["Not run at this point."]


def test_a_run_without_the_parameter_is_refused():
    said = refused(Options(("svm(n=*)", "knn"), ("acc",), columns="n"), *grid("svm", {100: 0.8}), a_run("knn", BAD))

    assert said == "docs/p.md:3: run 'knn' has no parameter 'n', which `columns` names.\n  Leave it out of this table."


@pytest.mark.parametrize("more", [{"transpose": True}, {"sparkline": "loss"}])
def test_options_that_contradict_each_other_are_refused_before_anything_runs(more):
    with pytest.raises(DLError, match="cannot go together"):
        comparison.references(Options(("svm",), ("acc",), columns="n", **more), WHERE)


# Curves.


def test_a_sparkline_is_said_in_words():
    html, _ = show(
        Options(("a", "b"), ("acc",), sparkline="loss"),
        a_run("a", GOOD, series={"loss": (0.72, 0.3, 0.1)}),
        a_run("b", BAD),
    )

    assert '<span class="dl-sr">from 0.72 to 0.1</span>' in html
    assert html.count("<polyline") == 1
    assert notes(html) == ["This run logs no such series."]
    assert "Curves: Loss by step, mean over the seeds, all on one scale." in caption(html)


def test_a_misspelt_series_is_refused():
    said = refused(Options(("a",), ("acc",), sparkline="los"), a_run("a", GOOD, series={"loss": (1.0, 0.5, 0.1)}))

    assert said.endswith("no run here has a series 'los'.\n  Did you mean 'loss'?")


def test_a_misspelt_metric_is_refused():
    assert refused(Options(("a",), ("ac",)), a_run("a", GOOD)).endswith("a metric 'ac'.\n  Did you mean 'acc'?")


# What the author calls things.


def test_a_row_is_renamed_and_keeps_its_place():
    html, _ = show(Options(("svm", "mlp", {"svm": "Our SVM"}), ("acc",)), a_run("svm", GOOD), a_run("mlp", BAD))

    assert [row[0] for row in rows(html)] == ["Our SVM", "mlp"]


def test_points_of_a_renamed_grid_are_told_apart():
    html, _ = show(Options(({"svm(n=*)": "SVM"},), ("acc",)), *grid("svm", {100: 0.8, 300: 0.9}))

    assert [row[0] for row in rows(html)] == ["SVM (n=100)", "SVM (n=300)"]


def test_names_of_all_kinds_are_escaped():
    html, _ = show(
        Options(({"svm": "<b>x</b>"},), ("acc",), group="family", tbl_cap="<i>"), a_run("svm", GOOD, family="<u>")
    )

    assert not re.search(r"<[biu]>", html)


# Languages.


@pytest.mark.parametrize("more", [{}, {"transpose": True}, {"sparkline": "loss"}, {"group": "family"}])
def test_in_another_language_a_table_says_nothing_in_english(more):
    words.speak(words.PSEUDO)
    groups = [
        a_run("a", GOOD, n_test=5, timed=1.0, family="x", series={"loss": (1.0, 0.5, 0.1)}),
        a_run("b", SAME, n_test=5, timed=2.0, device=("cuda", "A GPU")),
        a_run("c", BAD, n_test=5, timed=3.0, seeds=tuple(range(7))),
    ]
    options = Options(("a", "b", "c", "d"), ("acc", "n_params", "n_test", "train_s"), **more)
    html, _ = show(options, *groups, a_run("d", BAD, n_params=3))
    said = " ".join(re.findall(r'aria-label="([^"]*)"', html)) + " ".join(re.sub(r"<[^>]+>", " ", html).split())

    english = "Run Metric Mean Bold better Curves same Measured Not No seconds note back from told other"
    assert [word for word in english.split() if re.search(rf"\b{word}\b", said)] == []

"""A run keeps which class it took for which, and a chart of the kind `confusion` shows it as a table."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape

import pytest

from mkdocs_dlplugin import matrices
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Record, Run, Where
from mkdocs_dlplugin.results import Group, Place, Results
from mkdocs_dlplugin.snippet import Recorder, Session
from mkdocs_dlplugin.views import chart
from mkdocs_dlplugin.views.chart import Options

WHERE = Where("docs/p.md", 3)
CATS = {"labels": ["cat", "dog"], "counts": [[8, 2], [1, 9]]}
DOGS = {"labels": ["cat", "dog"], "counts": [[6, 4], [1, 9]]}
ASKED = Options("pets", kind="confusion")


def a_run(*kept, name="pets", file="confusion.json", label="Pets"):
    """One run with a file of these bytes, or of this JSON, per seed."""
    run = Run(name, "", WHERE, 1, "docs/p.md", "p.md", label, seeds=tuple(range(len(kept))), varies=("data",))
    contents = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in kept]
    records = tuple(
        Record("k", name, {}, seed, {}, assets={file: "0" * 64}, blobs={file: content})
        for seed, content in enumerate(contents)
    )
    return Group(run, {}, label, records)


def show(options, *groups):
    shipped = {}
    keep = lambda name, content: shipped.setdefault(name, content) and f"assets/dl/{name}"  # noqa: E731
    asset = lambda record, name: record.blobs[name]  # noqa: E731
    place = Place(WHERE, "fig-a", "compare/p/", keep, asset=asset)
    chart.references(options, WHERE)
    return chart.render(options, Results(groups, {}), place, None), shipped


def text(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).replace("\N{NO-BREAK SPACE}", " ").split())


def cells(html):
    """Return class, share and count of each cell that is tinted."""
    found = re.findall(r'<td class="(dl-q\d(?: dl-right)?)">(.*?)</td>', html)
    return [(look, text(re.sub(r'<span class="dl-sr">.*?</span>', "", inner))) for look, inner in found]


def refused(options, *groups):
    with pytest.raises(DLError) as caught:
        show(options, *groups)
    return str(caught.value)


# What a run keeps.


def counted(*given, **more):
    run = Recorder()
    run.session = Session(tell=lambda *_: None)
    run.confusion(*given, **more)
    (name, content), *_ = run.session.assets.items()
    return name, json.loads(content)


class Array(list):
    """Looks like an array of another library."""

    def tolist(self):
        return list(self)


def test_pairs_of_classes_are_counted():
    assert counted([0, 0, 1, 1], [0, 1, 1, 1]) == (
        "confusion.json",
        {"labels": ["0", "1"], "counts": [[1, 1], [0, 2]]},
    )


def test_arrays_words_and_whole_floats_are_classes_too():
    assert counted(Array([1.0, 0.0]), Array([1, 0]))[1]["counts"] == [[1, 0], [0, 1]]
    assert counted(["b", "a"], ["a", "a"])[1] == {"labels": ["a", "b"], "counts": [[1, 0], [1, 0]]}


def test_labels_name_the_classes_or_order_them():
    assert counted([0, 1], [1, 1], ["cat", "dog"])[1] == {"labels": ["cat", "dog"], "counts": [[0, 1], [0, 1]]}
    assert counted([3, 5], [3, 3], [5, 3])[1] == {"labels": ["5", "3"], "counts": [[0, 1], [0, 1]]}


def test_a_class_that_does_not_occur_keeps_its_row():
    assert counted([0], [0], ["cat", "dog"])[1]["counts"] == [[1, 0], [0, 0]]


def test_a_second_matrix_has_a_name_of_its_own():
    assert counted([0], [0], name="before")[0] == "before.json"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (([0, 1], [0]), "there are 2 true classes and 1 predicted ones"),
        (([], []), "there are no items to count"),
        (([0.5], [0]), "a true class is 0.5; give one whole number or word per item"),
        (([0], [[0.1, 0.9]]), "a predicted class is [0.1, 0.9]; give one whole number or word per item"),
        ((["cat"], ["cow"], ["cat", "dog"]), "'cow' is not one of the labels ['cat', 'dog']"),
        (([0, 7], [0, 0], ["cat", "dog"]), "7 is not one of the labels ['cat', 'dog']"),
        ((range(60), range(60)), "there are 60 classes, more than the 50 a table can show"),
        (([1, "1"], [1, "1"]), "two classes have the same name: ['1', '1']"),
    ],
)
def test_what_is_no_list_of_classes_is_refused(given, said):
    with pytest.raises(ValueError, match="^" + re.escape(f"run.confusion: {said}")):
        counted(*given)


# What a reader sees.


def test_a_cell_shows_the_share_of_its_row_and_the_mean_count():
    html, _ = show(ASKED, a_run(CATS, DOGS))

    assert cells(html) == [
        ("dl-q3 dl-right", "70 % 7.0"), ("dl-q3", "30 % 3.0"), ("dl-q2", "10 % 1.0"), ("dl-q4 dl-right", "90 % 9.0"),
    ]  # fmt: skip


def test_rows_are_true_and_columns_predicted():
    html, _ = show(ASKED, a_run(CATS))
    heads = re.findall(r'<th scope="(\w+)"[^>]*>(.*?)</th>', html)

    assert [(scope, text(head)) for scope, head in heads] == [
        ("col", "True"), ("colgroup", "Predicted"), ("col", "Recall"), ("col", "cat"), ("col", "dog"), ("row", "cat"),
        ("row", "dog"),
    ]  # fmt: skip


def test_the_diagonal_is_told_to_those_who_do_not_see_it():
    html, _ = show(ASKED, a_run(CATS))

    assert html.count('<span class="dl-sr"> (correct)</span>') == 2


def test_each_class_has_its_recall_with_an_interval():
    html, _ = show(ASKED, a_run(CATS, DOGS, CATS, CATS))

    assert re.search(r'<td class="dl-recall">75', html)
    assert (
        "Recall is the share of a class that was recognised. ± or the range in brackets is its 95 % interval"
        in text(html)
    )


def test_the_caption_says_what_was_found_over_which_seeds():
    html, _ = show(replace(ASKED, fig_cap="Cats and dogs"), a_run(CATS, DOGS))

    assert "Cats and dogs. In each cell the share of the items of its row, and their number, mean over the seeds." in (
        text(html)
    )
    assert re.search(r"Pets: 80 % .* of 20 test items lie on the diagonal \(2 seeds\)", text(html))
    assert "Most often mistaken: cat for dog, 30 % of its row." in text(html)
    assert "varies by up to 10.0 percentage points" in text(html)


def test_the_caption_of_a_single_run_says_that_it_is_one():
    assert "(seed 0)" in text(show(ASKED, a_run(CATS))[0])


def test_numbers_of_items_may_be_shown_alone():
    html, _ = show(replace(ASKED, normalize="none"), a_run(CATS))

    assert [inner for _, inner in cells(html)] == ["8", "2", "1", "9"]


def test_the_share_of_few_items_is_not_nothing():
    html, _ = show(ASKED, a_run({"labels": ["a", "b"], "counts": [[999, 1], [0, 10]]}))

    assert [inner for _, inner in cells(html)] == ["100 % 999", "<1 % 1", "0", "100 % 10"]


def test_a_class_without_items_has_no_recall():
    html, _ = show(ASKED, a_run({"labels": ["a", "b"], "counts": [[5, 1], [0, 0]]}))

    assert '<td class="dl-recall">–</td>' in html


def test_the_counts_of_every_seed_can_be_taken_along():
    _, shipped = show(ASKED, a_run(CATS, DOGS))

    assert b"pets,1,cat,dog,4\n" in shipped["fig-a.csv"]
    assert [one["seed"] for one in json.loads(shipped["fig-a.json"])] == [0, 1]


def test_several_runs_have_a_table_each():
    html, _ = show(Options(["pets", "zoo"], kind="confusion"), a_run(CATS), a_run(DOGS, name="zoo", label="Zoo"))

    assert html.count("<table") == 2
    assert '<p class="dl-over"><strong>Zoo</strong></p>' in html


def test_a_run_without_results_is_named():
    empty = replace(a_run(CATS), records=(), absent=(0,))

    assert "Pets is not shown: no results yet." in text(show(ASKED, empty)[0])


# Mistakes.


def test_a_run_that_kept_no_matrix_says_how_to_keep_one():
    said = refused(ASKED, a_run(CATS, file="other.json"))

    assert said == (
        "docs/p.md:3: run 'pets' kept no 'confusion.json' with seed 0.\n  Keep it by `run.confusion(true, predicted)`."
    )


def test_seeds_with_other_classes_are_refused():
    said = refused(ASKED, a_run(CATS, {"labels": ["cat", "cow"], "counts": [[1, 0], [0, 1]]}))

    assert "the seeds of run 'pets' have other classes" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (replace(ASKED, x="n"), "`x` is not an option of kind: confusion.\n  It takes `matrix`, `normalize`."),
        (replace(ASKED, normalize="all"), "`normalize` must be true or none, got 'all'."),
        (Options("pets", y="acc", normalize="none"), "`normalize` is not an option of a drawn chart."),
        (Options((), kind="confusion"), "a chart needs `runs`"),
    ],
)
def test_options_are_checked_before_anything_runs(options, said):
    with pytest.raises(DLError, match=re.escape(said)):
        chart.references(options, WHERE)


def test_true_as_yaml_reads_it_is_meant_as_the_word():
    assert "70 %" in text(show(replace(ASKED, normalize=True), a_run(CATS, DOGS))[0])


# Files that a stranger wrote.

EVIL = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[" * 100_000,
        b"null",
        b"[]",
        b"{}",
        b'{"labels": 3, "counts": 3}',
        {"labels": [], "counts": []},
        {"labels": ["a"] * 2, "counts": [[1, 0], [0, 1]]},
        {"labels": ["a", 3], "counts": [[1, 0], [0, 1]]},
        {"labels": ["a", "b" * 1000], "counts": [[1, 0], [0, 1]]},
        {"labels": ["a", "b"], "counts": [[1, 0]]},
        {"labels": ["a", "b"], "counts": [[1, 0], [0]]},
        {"labels": ["a", "b"], "counts": [[1, 0], {"0": 1}]},
        {"labels": ["a", "b"], "counts": [[1, 0], [0, -1]]},
        {"labels": ["a", "b"], "counts": [[1, 0], [0, 0.5]]},
        {"labels": ["a", "b"], "counts": [[1, 0], [0, True]]},
        {"labels": ["a", "b"], "counts": [[1, 0], [0, 10**400]]},
        {"labels": ["a", "b"], "counts": [[0, 0], [0, 0]]},
        b'{"labels": ["a"], "counts": [[NaN]]}',
        {"labels": [str(n) for n in range(51)], "counts": [[1] * 51] * 51},
        {"labels": ["a"], "counts": [[1]], "more": "x" * 1_000_000},
    ],
)
def test_a_file_that_is_no_matrix_is_an_error_with_its_place(content):
    said = refused(ASKED, a_run(content))

    assert said.startswith("docs/p.md:3: run 'pets' seed 0: 'confusion.json' ")


def test_names_of_classes_are_only_text():
    html, shipped = show(ASKED, a_run({"labels": [EVIL, "=1+1"], "counts": [[1, 2], [3, 4]]}))

    assert "<img" not in html
    assert b"'=1+1" in shipped["fig-a.csv"]
    assert "mathjax_ignore" in html


def test_signs_that_turn_text_around_are_left_out():
    html, _ = show(ASKED, a_run({"labels": ["a\u202eb", "c\x1b[31m"], "counts": [[1, 2], [3, 4]]}))

    assert "\u202e" not in html
    assert "\x1b" not in html


def test_what_is_written_is_read_as_it_was():
    matrix = matrices.count([0, 1, 1], [0, 1, 0])

    assert matrices.read(matrices.as_text(matrix).encode()) == matrix
    assert json.loads(matrices.as_text(matrix)) == matrices.as_json(matrix)

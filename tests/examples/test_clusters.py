"""Groups are found without labels, nothing is found where nothing is, and no seed shares digits with another."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from examples import clusters  # noqa: E402 - only where torch is
from examples.recorder import PlainRun  # noqa: E402

torch.set_num_threads(1)


def grouped(way, seen, seed=0):
    run = PlainRun(seed=seed, config={"steps": 3})
    clusters.measure_groups(run, way, seen=seen)
    return run.summary


@pytest.mark.parametrize(
    ("way", "seen"), [("kmeans", "pixels"), ("gmm", "components"), ("ward", "pixels"), ("kmeans", "code")]
)
def test_each_way_of_grouping_reports_what_the_page_shows_and_repeats_itself(way, seen):
    summary = grouped(way, seen)

    assert 0 <= summary["test_purity"] <= 1
    assert (summary["n_train"], summary["n_test"]) == (1257, 540)
    assert summary == grouped(way, seen)


def test_nothing_is_found_in_scrambled_digits():
    assert grouped("kmeans", "scrambled")["test_purity"] < 0.2
    assert grouped("kmeans", "pixels")["test_purity"] > 0.6


def test_no_two_seeds_share_labelled_or_test_digits():
    rows = [
        {row.tobytes() for row in np.concatenate([data.x, data.x_test])}
        for data in (clusters.load(seed, 20) for seed in range(clusters.PARTS))
    ]

    for one in range(clusters.PARTS):
        for other in range(one):
            assert not rows[one] & rows[other]


def test_unlabelled_digits_are_neither_labelled_nor_tested():
    data = clusters.load(1, 2)
    kept = [{row.tobytes() for row in part} for part in (data.x, data.x_plain, data.x_test)]

    assert (len(data.x), np.bincount(data.y).tolist()) == (20, [2] * 10)
    assert sum(map(len, kept)) == 1797
    assert not kept[1] & kept[2]


def test_more_labels_keep_the_test_digits_and_the_labels_there_were():
    few, more = clusters.load(0, 2), clusters.load(0, 20)

    assert (few.x_test == more.x_test).all()
    assert {row.tobytes() for row in few.x} <= {row.tobytes() for row in more.x}


@pytest.mark.parametrize("way", ["logreg", "svm", "mlp", "spread", "selftrain", "mlp-selftrain", "code"])
def test_each_way_of_learning_from_few_labels_repeats_itself(way):
    runs = [PlainRun(config={"k": 2, "steps": 3, "code_steps": 3}) for _ in range(2)]
    for run in runs:
        clusters.measure_labels(run, way)

    assert 0 <= runs[0].summary["test_acc"] <= 1
    assert runs[0].summary == runs[1].summary

"""Canvases hold two whole digits, the cut finds them again, and every way of adding reports what the page shows."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

from examples import digits, two_digits  # noqa: E402 - only where torch is
from examples.recorder import PlainRun  # noqa: E402

torch.set_num_threads(1)


def run_of(measure, *arguments, seed=0):
    run = PlainRun(seed=seed, config={"n": 40, "n_sums": 50, "steps": 3})
    measure(run, *arguments)
    return run.summary


def test_a_canvas_holds_both_digits():
    data = digits.load(0)
    sums = two_digits.place(data.x_test, data.y_test, 30, np.random.default_rng(0))

    assert sums.canvas.shape == (30, 10, 20)
    assert (sums.total == sums.left + sums.right).all()
    assert np.isclose(sums.canvas.max(), 1)


def test_a_full_digit_is_cut_out_where_it_was_put():
    full = np.random.default_rng(0).uniform(0.5, 1, (5, 64))
    sums = two_digits.place(full, np.arange(5), 20, np.random.default_rng(1))

    for half, digit in zip(two_digits.halves(sums), (sums.left, sums.right), strict=True):
        assert np.allclose(two_digits.cut(half), full[digit])


@pytest.mark.parametrize(
    "way", [(two_digits.measure_parts,), (two_digits.measure_whole, "sum"), (two_digits.measure_whole, "digits")]
)
def test_each_way_reports_what_the_page_shows_and_repeats_itself(way):
    summary = run_of(*way)

    assert 0 <= summary["test_acc"] <= 1
    assert (summary["n_train"], summary["n_test"]) == (1077, 540)
    assert summary == run_of(*way)


def test_all_ways_are_asked_the_same_sums_and_each_seed_asks_others():
    _, one = two_digits.test_sums(PlainRun(seed=0))
    _, again = two_digits.test_sums(PlainRun(seed=0))
    _, other = two_digits.test_sums(PlainRun(seed=1))

    assert (one.canvas == again.canvas).all()
    assert not (one.canvas == other.canvas).all()


def test_labels_are_counted():
    assert run_of(two_digits.measure_whole, "sum")["n_labels"] == 40
    assert run_of(two_digits.measure_whole, "digits")["n_labels"] == 80
    assert run_of(two_digits.measure_parts)["n_labels"] == 1077

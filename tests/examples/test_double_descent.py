"""The signals of the double descent are drawn anew and spoilt as said; two families fit them as expected."""

from __future__ import annotations

import functools

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("mnist1d")

from examples import double_descent  # noqa: E402 - only where signals can be drawn
from examples.double_descent import draw, train_both, train_random  # noqa: E402


@pytest.fixture(autouse=True)
def once(monkeypatch):
    """Draw each data set once."""
    monkeypatch.setattr(double_descent, "draw", functools.lru_cache(draw))


def train(how, width, seed=0, **config):
    if how is train_both:
        pytest.importorskip("torch").set_num_threads(1)
    run = PlainRun(seed=seed, config={"width": width, "n": 40, "n_test": 60, "steps": 8, **config})
    how(run)
    return run.summary


def test_a_data_set_has_the_sizes_asked_for_and_fifteen_per_cent_wrong_labels(monkeypatch):
    data = draw(0, 100, 50)
    monkeypatch.setattr(double_descent, "WRONG", 0.0)
    clean = draw(0, 100, 50)

    assert data.x_train.shape == (100, 40)
    assert data.x_test.shape == (50, 40)
    assert (data.y_train != clean.y_train).sum() == 15
    assert (data.y_test == clean.y_test).all()


def test_two_seeds_share_no_signal():
    one, other = draw(0, 40, 20), draw(1, 40, 20)

    assert not {signal.tobytes() for signal in one.x_train} & {signal.tobytes() for signal in other.x_train}


@pytest.mark.parametrize("how", [train_random, train_both])
def test_the_same_seed_gives_the_same_numbers_and_another_one_others(how):
    assert train(how, 8) == train(how, 8)
    assert train(how, 8) != train(how, 8, seed=1)


def test_with_more_random_units_than_labels_every_label_is_fitted():
    assert train(train_random, 80)["train_acc"] == 1
    assert train(train_random, 10)["train_acc"] < 1


def test_the_solution_is_longest_where_units_and_labels_are_as_many():
    lengths = [train(train_random, width)["weight_norm"] for width in (10, 40, 400)]

    assert lengths[1] == max(lengths)


def test_parameters_are_counted_as_the_width_says():
    assert train(train_random, 7)["n_params"] == 70
    assert train(train_both, 7)["n_params"] == 40 * 7 + 7 + 7 * 10 + 10

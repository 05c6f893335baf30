"""Rounds through the data are counted as the page says, and one layer is one layer."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
pytest.importorskip("mnist1d")
torch = pytest.importorskip("torch")
torch.set_num_threads(1)

from examples import epochs, mnist1d, one_layer  # noqa: E402 - only where networks can be trained


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Draw few signals."""
    chance = np.random.default_rng(0)

    def load(seed, n=4000):
        x = np.random.default_rng(seed).standard_normal((200, 40))
        y = (x[:, 0] > 0).astype(int)
        return mnist1d.Signals(x, y, chance.standard_normal((40, 40)), chance.integers(0, 2, 40))

    monkeypatch.setattr(mnist1d, "load", load)
    monkeypatch.setattr(one_layer, "load", load)


def test_the_rounds_needed_are_counted_from_one_up_to_the_first_that_is_near_the_best():
    assert epochs.needed([0.5, 0.9, 0.985, 0.99, 0.98]) == 3
    assert epochs.needed([0.99, 0.5]) == 1
    assert epochs.needed([0.1, 0.2, 0.3]) == 3


@pytest.mark.parametrize("name", epochs.NETS)
def test_training_is_watched_once_a_round_and_repeats_itself_exactly(name):
    first, again = PlainRun(config={"rounds": 2}), PlainRun(config={"rounds": 2})
    epochs.train_epochs(first, name)
    epochs.train_epochs(again, name)

    assert [step for step, _ in first.series["val_acc"]] == [1, 2]
    assert first.series == again.series
    assert first.summary["train_acc"] == again.summary["train_acc"]
    assert first.summary["rounds"] == 2
    assert 1 <= first.summary["n_epochs"] <= 2


def test_the_parts_of_the_digits_share_none():
    parts = epochs.load("digits", 0)

    assert [len(part[0]) for part in (parts.train, parts.valid, parts.test)] == [1077, 180, 540]


def test_one_layer_has_a_weight_per_value_and_digit_and_an_offset_per_digit():
    run = PlainRun(config={"steps": 3})
    one_layer.train_one_layer(run)

    assert run.summary["n_params"] == 40 * 10 + 10
    assert 0 <= run.summary["test_acc"] <= 1


def test_a_tree_without_limit_knows_each_training_signal_by_heart():
    run = PlainRun()
    one_layer.train_tree(run)

    assert run.summary["train_acc"] == 1
    assert run.summary["n_leaves"] >= 2

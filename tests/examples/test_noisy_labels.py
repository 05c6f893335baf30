"""Wrong labels are as many as asked for, nested, and never among the test digits; every model reports on them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from examples import digits, noisy_labels  # noqa: E402 - only where there are digits
from examples.noisy_labels import (  # noqa: E402
    CHOICES,
    EPOCHS,
    TRIES,
    choose,
    corrupt,
    load,
    train_classical,
    train_network,
    train_regularised,
    train_tuned,
)

CLASSICAL = ["tree", "tree-depth8", "forest", "logreg", "svm", "1nn", "15nn"]


def train(how, *names, seed=0, **config):
    """Measure on 60 digits, networks for one epoch, and return the run."""
    if how in (train_network, train_regularised):
        pytest.importorskip("torch").set_num_threads(1)
    run = PlainRun(seed=seed, config={"wrong": 40, "n": 60, "epochs": 5, **config})
    how(run, *names)
    return run


def test_as_many_labels_are_wrong_as_asked_and_all_others_are_kept():
    true = np.arange(200) % 10
    given = corrupt(true, 40, np.random.default_rng(0))

    assert (given != true).sum() == 80
    assert set(given) <= set(range(10))


def test_a_fifth_of_wrong_labels_is_a_part_of_two_fifths():
    few, many = load(3, 20), load(3, 40)
    spoilt = few.given != few.true

    assert (few.given[spoilt] == many.given[spoilt]).all()
    assert (few.x_train == many.x_train).all()


def test_test_labels_are_true_and_validation_labels_are_as_wrong_as_those_for_training():
    noisy, clean = load(5, 40), digits.load(5, noisy_labels.N_TRAIN)

    assert (noisy.y_test == clean.y_test).all()
    assert (noisy.true == clean.y_train).all()
    assert np.mean(noisy.y_valid != clean.y_valid) == 0.4


def test_another_seed_is_another_split_with_other_wrong_labels():
    one, other = load(0, 20), load(1, 20)

    assert not (one.x_train == other.x_train).all()
    assert not ((one.given != one.true) == (other.given != other.true)).all()


@pytest.mark.parametrize("name", CLASSICAL)
def test_a_classical_model_reports_what_the_page_shows(name):
    run = train(train_classical, name)

    assert 0 <= run.summary["memorised"] <= 1
    assert run.summary["n_resisted"] == round(60 * (1 - run.summary["train_acc"]))
    assert (run.summary["n_train"], run.summary["n_test"]) == (60, 540)


def test_a_full_tree_and_a_nearest_neighbour_repeat_every_wrong_label():
    assert [train(train_classical, name).summary["memorised"] for name in ("tree", "1nn")] == [1, 1]


def test_clean_labels_have_none_to_memorise():
    assert "memorised" not in train(train_classical, "tree", wrong=0).summary


@pytest.mark.parametrize("name", EPOCHS)
def test_a_network_watches_its_test_accuracy_without_being_stopped_by_it(name):
    run = train(train_network, name)

    steps, curve = zip(*run.series["test_curve"], strict=True)
    assert steps[-1] == 5
    assert curve[-1] == run.summary["test_acc"]
    assert run.series["memory_curve"][-1][1] == run.summary["memorised"]


@pytest.mark.parametrize(
    ("how", "name"), [(train_classical, "forest"), (train_tuned, "svm"), (train_network, "cnn-short")]
)
def test_the_same_seed_gives_the_same_numbers(how, name):
    assert train(how, name, seed=2).summary == train(how, name, seed=2).summary


def test_the_grid_without_restraint_is_the_plain_network():
    plain = train(train_network, "mlp-long")
    cell = train(train_regularised, dropout=0.0, decay=0)

    assert cell.summary == plain.summary


def test_every_family_that_may_choose_has_as_many_tries():
    assert {len(choices) for choices in CHOICES.values()} == {TRIES}
    assert train(train_tuned, "knn").summary["trials"] == TRIES


def test_the_validation_labels_choose_not_the_test_digits():
    numbers = {"train_acc": 1, "memorised": 1, "n_train": 60, "n_test": 540, "n_params": 9}
    cells = [
        SimpleNamespace(seed=seed, params={"decay": decay}, summary={**numbers, "val_acc": val, "test_acc": test})
        for seed, decay, val, test in [(0, 0, 0.5, 0.9), (0, 1, 0.6, 0.8), (1, 0, 0.7, 0.1)]
    ]
    run = PlainRun(seed=0)
    choose(run, cells)

    assert run.summary["test_acc"] == 0.8
    assert run.summary["trials"] == 2

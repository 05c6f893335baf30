"""Frauds are ordinary value by value, and every detector is judged by the same rows."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from examples import anomaly  # noqa: E402 - only where scikit-learn is


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(anomaly, "STEPS", 6)


def detect(name, table="payments", seed=0):
    if name in ("autoencoder", "told-network"):
        pytest.importorskip("torch").set_num_threads(1)
    run = PlainRun(seed=seed, config={"n": 400, "n_test": 400})
    anomaly.detect(run, name, table)
    return run.summary


@pytest.mark.parametrize("name", anomaly.DETECTORS)
def test_the_same_seed_gives_the_same_numbers_and_another_one_others(name):
    assert detect(name, seed=3) == detect(name, seed=3)
    assert detect(name, seed=3)["auc"] != detect(name, seed=4)["auc"]


def test_frauds_are_as_many_as_said_and_differ_in_five_values():
    x, y = anomaly.payments(200, 0.05, np.random.default_rng(0), 0)
    honest = anomaly.habits(200, np.random.default_rng(0), 0)

    assert y.sum() == 10
    assert ((x != honest).sum(axis=1) == np.where(y == 1, anomaly.BROKEN, 0)).all()


def test_values_of_frauds_are_ordinary_one_by_one():
    run = PlainRun()
    anomaly.spread(run)

    assert run.summary["outside_fraud"] == pytest.approx(run.summary["outside_honest"], abs=0.01)


def test_two_seeds_live_in_different_worlds_and_share_no_payment():
    one, other = anomaly.load("payments", 0, 100, 100), anomaly.load("payments", 1, 100, 100)

    assert not {row.tobytes() for row in one.x_train} & {row.tobytes() for row in other.x_train}


def test_training_and_test_follow_the_same_rule():
    """A flat surface fitted to the one describes the other as well, so nothing but the draw differs."""
    watch = anomaly.load("payments", 0)
    score = anomaly.flat(watch, 0)

    kept = score(watch.x_test[watch.y_test == 0]).mean() / score(watch.x_train[watch.y_train == 0]).mean()
    assert kept == pytest.approx(1, abs=0.1)


def test_the_unknown_digit_is_in_no_training_row():
    watch = anomaly.load("digits", 7)

    assert watch.y_train.sum() == 0
    assert watch.y_test.sum() == 179
    assert len(watch.x_train) + len(watch.x_test) == 1797


def test_only_those_who_are_told_look_at_labels():
    watch = anomaly.load("payments", 0, 300, 100)
    hidden = anomaly.Watch(watch.x_train, np.full(300, -1), watch.x_test, watch.y_test, watch.inner)

    for name in ("isolation", "flat", "neighbours", "local"):
        one, other = (anomaly.DETECTORS[name](rows, 0)(watch.x_test) for rows in (watch, hidden))
        assert (one == other).all()

"""The derivatives written by hand are right, and the ways to learn are compared fairly."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from examples import backprop  # noqa: E402 - only where the digits are


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Train for a moment, with all passes in proportion."""
    monkeypatch.setattr(backprop, "STEPS", 32)
    monkeypatch.setattr(backprop, "PASSES", 3 * 32 * backprop.BATCH)


@pytest.fixture
def digits():
    return backprop.load(0)


def train(way, seed=0):
    run = PlainRun(seed=seed)
    backprop.train(run, way)
    return run


def test_derivatives_by_hand_are_those_measured_with_small_moves(digits):
    w = backprop.first(0, hidden=3)
    x, y = digits.x_train[:8], digits.y_train[:8]

    assert backprop.apart(backprop.backward(w, x, y), backprop.numeric(w, x, y)) < 1e-8


def test_a_wrong_derivative_is_noticed(digits):
    w = backprop.first(0, hidden=3)
    x, y = digits.x_train[:8], digits.y_train[:8]
    right = backprop.backward(w, x, y)
    wrong = backprop.Weights(right.w1 * 1.01, *right.parts()[1:])

    assert backprop.apart(wrong, backprop.numeric(w, x, y)) > 1e-5


def test_derivatives_by_hand_are_those_of_automatic_differentiation(digits):
    pytest.importorskip("torch").set_num_threads(1)
    w = backprop.first(1)
    x, y = digits.x_train[:8], digits.y_train[:8]

    assert backprop.apart(backprop.backward(w, x, y), backprop.automatic(w, x, y)) < 1e-12


def test_measuring_a_derivative_leaves_the_weights_as_they_were(digits):
    w = backprop.first(0, hidden=2)
    before = [part.copy() for part in w.parts()]
    backprop.numeric(w, digits.x_train[:4], digits.y_train[:4])

    assert all(np.array_equal(a, b) for a, b in zip(before, w.parts(), strict=True))


@pytest.mark.parametrize("way", ["backprop", "last-layer", "climb"])
def test_a_way_to_learn_repeats_itself_exactly(way):
    first, again, other = train(way), train(way), train(way, seed=1)

    assert (first.summary, first.series) == (again.summary, again.series)
    assert first.series != other.series
    assert (first.summary["n_train"], first.summary["n_test"], first.summary["trials"]) == (1077, 540, 3)


def test_every_way_spends_the_same_passes():
    ends = {way: train(way).series["val_acc"][-1][0] for way in ("backprop", "last-layer", "climb")}

    assert set(ends.values()) == {backprop.PASSES}


def test_the_last_layer_alone_leaves_the_first_as_it_was_drawn(digits):
    w, _ = backprop.descend(digits, 0, 0.3, all_layers=False)

    assert np.array_equal(w.w1, backprop.first(0).w1)
    assert not np.array_equal(w.w2, backprop.first(0).w2)


def test_the_smallest_network_has_the_gradients_that_small_moves_measure():
    found = backprop.one_pass(backprop.EDGES)

    for edge, weight in backprop.EDGES.items():
        above = backprop.one_pass({**backprop.EDGES, edge: weight + 1e-6}).error
        below = backprop.one_pass({**backprop.EDGES, edge: weight - 1e-6}).error
        assert abs((above - below) / 2e-6 - found.gradients[edge]) < 1e-9


def test_an_update_makes_the_error_of_the_smallest_network_smaller():
    shown = []

    class Shower(PlainRun):
        def show(self, table):
            shown.append(table)

    run = Shower()
    backprop.show_steps(run)

    assert run.summary["error_after"] < run.summary["error_before"]
    assert [len(table.rows) for table in shown] == [6, 6]
    assert "| x1 → h1 | 0.6000 |" in shown[1]._repr_markdown_()

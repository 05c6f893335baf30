"""Depth of a CNN: equal parameters, pictures drawn anew, and as many layers as its name says."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

pytest.importorskip("sklearn")
torch = pytest.importorskip("torch")

from examples import cnn_depth, training  # noqa: E402 - only where it can be trained

torch.set_num_threads(1)


def train(convs, seed=0):
    """Train on 24 pictures for two steps and return what was recorded."""
    run = PlainRun(seed=seed, config={"convs": convs, "n": 24, "steps": 2})
    (cnn_depth.train_cnn if convs else cnn_depth.train_mlp)(run)
    return run


@pytest.mark.parametrize("convs", [0, 3])
def test_each_depth_reports_what_the_page_shows_and_repeats_itself(convs):
    run = train(convs)

    assert 0 <= run.summary["test_acc"] <= 1
    assert (run.summary["n_train"], run.summary["n_test"]) == (24, 1000)
    assert train(convs).summary == run.summary


def test_another_seed_gives_other_numbers():
    assert train(4, seed=1).summary != train(4, seed=2).summary


@pytest.mark.parametrize("convs", range(5))
def test_all_depths_have_about_the_same_number_of_parameters(convs):
    model = cnn_depth.network(convs, cnn_depth.width_of(convs))

    assert training.count(model) == pytest.approx(cnn_depth.BUDGET, rel=0.08)
    assert sum(isinstance(layer, torch.nn.Conv2d) for layer in model) == convs
    assert model(torch.zeros(2, 24, 24)).shape == (2, 8)


def test_a_search_draws_pictures_of_its_own(monkeypatch):
    drawn = []
    load = cnn_depth.shapes.load
    monkeypatch.setattr(cnn_depth.shapes, "load", lambda seed, n: drawn.append(seed) or load(seed, n, 40))
    run = PlainRun(config={"convs": 0, "n": 24, "steps": 2})
    cnn_depth.tune(run)

    assert drawn == [cnn_depth.SEARCH_SEED]
    assert run.summary["trials"] == len(cnn_depth.RATES)

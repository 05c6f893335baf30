"""Ratings to learn from, to choose with and to test on are apart, and each method finds what was put in."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")

from examples import recommend  # noqa: E402 - only where networks can be trained
from examples.recorder import PlainRun  # noqa: E402

torch.set_num_threads(1)
MODELS = {
    "averages": recommend.train_averages,
    "neighbours": recommend.train_neighbours,
    "factors": recommend.train_factors,
    "network": recommend.train_network,
}


def train(model, seed=0):
    """Let a method guess for 60 viewers and 30 films, and return what was recorded."""
    run = PlainRun(seed=seed, config={"viewers": 60, "films": 30, "steps": 6})
    MODELS[model](run)
    return run.summary


def test_stars_are_one_to_five_and_no_star_serves_twice():
    ratings = recommend.load(0, 60, 30)

    assert set(np.unique(ratings.stars)) <= {1, 2, 3, 4, 5}
    assert (ratings.known.astype(int) + ratings.valid + ratings.test).max() == 1
    assert min(ratings.known.sum(), ratings.valid.sum(), ratings.test.sum()) > 0


def test_each_seed_draws_other_ratings_and_the_same_seed_the_same():
    one, again, other = (recommend.load(seed, 60, 30).stars for seed in (0, 0, 1))

    assert (one == again).all()
    assert not (one == other).all()


@pytest.mark.parametrize("guess", [recommend.averages, recommend.neighbours, recommend.factors])
def test_what_is_not_known_has_no_part_in_a_guess(guess):
    setting = {recommend.averages: 3.0, recommend.neighbours: (10, 5.0), recommend.factors: (2, 3.0)}[guess]
    ratings = recommend.load(0, 60, 30)
    hidden = recommend.Ratings(np.where(ratings.known, ratings.stars, 5), ratings.known, ratings.valid, ratings.test)

    assert np.allclose(guess(setting, ratings), guess(setting, hidden))


def test_factors_find_tastes_that_averages_cannot():
    ratings = recommend.load(0, 200, 100)
    error = {
        name: recommend.rmse(guess, ratings.stars, ratings.test)
        for name, guess in (
            ("averages", recommend.averages(3.0, ratings)),
            ("factors", recommend.factors((4, 3.0), ratings)),
        )
    }

    assert error["factors"] < error["averages"]


@pytest.mark.parametrize("model", MODELS)
def test_the_same_seed_gives_the_same_numbers_and_another_seed_others(model):
    assert train(model) == train(model)
    assert train(model) != train(model, seed=1)


def test_every_method_has_as_many_trials():
    assert {train(model)["trials"] for model in MODELS} == {3}

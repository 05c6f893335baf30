"""The two groups are mirror images, and only their shares differ."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")
torch = pytest.importorskip("torch")

from examples import bias  # noqa: E402 - only where torch is
from tests.examples.keeping import KeepingRun  # noqa: E402


def train(learn=bias.train_cnn, *arguments, seed=0, share=0.1, **config):
    torch.set_num_threads(1)
    run = KeepingRun(seed=seed, config={"share": share, "n": 60, "n_test": 40, "steps": 6, **config})
    learn(run, *arguments)
    return run.summary


@pytest.mark.parametrize("learn", [bias.train_cnn, bias.train_forest])
def test_the_same_seed_gives_the_same_numbers_and_another_one_others(learn):
    assert train(learn, seed=3) == train(learn, seed=3)
    assert train(learn, seed=3) != train(learn, seed=4)


def test_a_picture_of_one_group_is_an_inverted_one_of_the_other():
    one, other = (bias.draw(20, np.random.default_rng(5), inverted=inverted) for inverted in (False, True))

    assert (one.x == -other.x).all()
    assert (one.y == other.y).all()


def nearest(train, test):
    """Return the error of a model that treats light and dark alike: the class of the nearest training picture."""
    flat = [group.x.reshape(len(group.x), -1) for group in (train, test)]
    distance = (flat[1] ** 2).sum(1)[:, None] - 2 * flat[1] @ flat[0].T + (flat[0] ** 2).sum(1)
    return float((train.y[distance.argmin(1)] != test.y).mean())


def test_what_has_seen_both_sides_of_everything_errs_equally_in_mirrored_tests():
    train, _, _ = bias.prepare(0, 0.5, "copies", 200)
    test = bias.draw(100, np.random.default_rng(9), inverted=False)

    assert 0 < nearest(train, test) < 0.8
    assert nearest(train, test) == nearest(train, bias.Group(-test.x, test.y))


def test_with_equal_shares_the_groups_are_equally_hard():
    people = [bias.load(seed, 0.5, 400, 400) for seed in range(3)]
    gaps = [nearest(drawn.train, drawn.test_minority) - nearest(drawn.train, drawn.test_majority) for drawn in people]

    assert abs(np.mean(gaps)) < 0.04


def test_with_few_of_them_the_smaller_group_is_harder():
    people = [bias.load(seed, 0.02, 400, 400) for seed in range(3)]

    assert all(nearest(one.train, one.test_minority) > nearest(one.train, one.test_majority) + 0.1 for one in people)


def test_the_share_is_that_of_the_training_and_the_tests_stay():
    few, many = bias.load(0, 0.1, 100, 30), bias.load(0, 0.5, 100, 30)

    assert (few.minority.sum(), many.minority.sum()) == (10, 50)
    assert (few.test_minority.x == many.test_minority.x).all()
    assert len(few.train.x) == len(many.train.x) == 100


def test_two_seeds_share_no_picture():
    one, other = bias.load(0, 0.5, 30, 5), bias.load(1, 0.5, 30, 5)

    assert not {picture.tobytes() for picture in one.train.x} & {picture.tobytes() for picture in other.train.x}


def test_weights_make_both_groups_count_as_much():
    _, minority, weight = bias.prepare(0, 0.05, "weights", 200)

    assert weight[minority].sum() == pytest.approx(weight[~minority].sum())


def test_copies_make_the_groups_equal_and_more_quadruples_the_smaller():
    _, copied, _ = bias.prepare(0, 0.05, "copies", 200)
    train, more, _ = bias.prepare(0, 0.05, "more", 200)

    assert copied.mean() == 0.5
    assert (more.sum(), len(train.x)) == (40, 200)


@pytest.mark.parametrize("remedy", bias.REMEDIES)
def test_each_remedy_is_tested_on_the_same_pictures(remedy):
    summary = train(bias.train_cnn, remedy)

    assert summary["n_test"] == 40
    share = 0.1
    expected = (1 - share) * summary["majority_err"] + share * summary["minority_err"]
    assert summary["overall_err"] == pytest.approx(expected)


def test_edges_do_not_tell_light_from_dark():
    x = bias.draw(5, np.random.default_rng(0), inverted=False).x

    assert np.allclose(bias.described(x), bias.described(-x), atol=1e-4)


def test_the_sample_shows_each_figure_of_each_group():
    run = KeepingRun()
    bias.show(run)

    assert next(iter(run.pictures.values()))[0].shape == (2 * len(bias.KINDS), 24, 24)
    assert run.summary["chance"] == 1 / len(bias.KINDS)

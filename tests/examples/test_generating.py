"""The parts of the digits stay apart, the yardsticks say what they are called, and each model makes pictures."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")
pytest.importorskip("sklearn")

from examples import generating  # noqa: E402 - only where there are digits
from examples.generating import (  # noqa: E402
    EACH,
    WANTED,
    copy,
    draw_pixels,
    judge,
    load,
    show_real,
    train_classical,
    train_vae,
)


@pytest.fixture
def quick(monkeypatch):
    """Try one small setting for each model."""
    monkeypatch.setattr(generating, "CHOICES", {"mixture": (1,), "kernel": (0.25,), "vae": (4,)})


def measured(how, *names, seed=0, steps=6):
    run = PlainRun(seed=seed, config={"steps": steps})
    how(run, *names)
    return run.summary


def test_the_parts_share_no_picture_and_are_all_digits_together():
    parts = load(0)
    sizes = [len(x) for x in (parts.x, parts.x_fresh, parts.x_valid, parts.x_judge)]

    assert sizes == [777, 300, 180, 540]
    assert sum(sizes) == 1797


def test_another_seed_is_another_split():
    assert not (load(0).x == load(1).x).all()


def test_a_copier_is_recognised_and_never_new():
    found = measured(copy)

    assert found["novelty"] == found["closest"] == 0
    assert found["recognised"] > 0.9


def test_real_digits_are_new_and_as_many_as_made_ones():
    found = measured(show_real)

    assert found["novelty"] > 0.5
    assert found["n_made"] == len(WANTED) == 10 * EACH


def test_grey_squares_are_neither_recognised_nor_varied():
    run, parts = PlainRun(), load(0)
    judge(run, parts, np.full((300, 64), 0.5))

    assert run.summary["recognised"] == 0.1
    assert run.summary["variety"] == 0


@pytest.mark.parametrize(
    ("how", "names"), [(draw_pixels, ()), (train_classical, ("mixture",)), (train_classical, ("kernel",))]
)
def test_the_same_seed_makes_the_same_pictures(quick, how, names):
    assert measured(how, *names) == measured(how, *names)
    assert measured(how, *names)["recognised"] > 0.5


def test_the_network_repeats_itself_and_learns(quick):
    pytest.importorskip("torch").set_num_threads(1)

    assert measured(train_vae) == measured(train_vae)
    assert measured(train_vae, steps=80)["recognised"] > measured(train_vae, steps=6)["recognised"]


def test_every_model_may_choose_among_three_settings():
    assert {len(choices) for choices in generating.CHOICES.values()} == {3}

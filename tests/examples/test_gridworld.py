"""The world keeps its rules, planning beats chance, and a learner that only sees rewards comes close to it."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")

from examples import gridworld  # noqa: E402 - only where NumPy is
from examples.recorder import PlainRun  # noqa: E402


def test_walls_and_edges_stop_the_walker():
    assert gridworld.follow(0, 1) == (0, -0.01, False)  # left, over the edge
    assert gridworld.follow(1, 2) == (1, -0.01, False)  # down, into the wall at row 1, column 1
    assert gridworld.follow(0, 2) == (6, -0.01, False)


def test_goal_and_pit_end_the_walk():
    assert gridworld.follow(34, 0) == (35, 1.0, True)
    assert gridworld.follow(13, 0) == (14, -1.0, True)


def test_one_step_in_ten_slips():
    chance = np.random.default_rng(0)
    strayed = sum(gridworld.step(30, 3, chance)[0] != gridworld.follow(30, 3)[0] for _ in range(4000))

    # A slip goes another way in three of four cases, and one of these is stopped by the edge as well.
    assert 0.04 < strayed / 4000 < 0.1


def test_planning_and_learning_beat_chance():
    def reached(way):
        run = PlainRun()
        gridworld.measure(run, way)
        return run.summary["mean_return"]

    assert reached("random") < 0 < reached("table") <= reached("rules") + 0.1


@pytest.mark.parametrize("way", ["random", "table", "network", "rules"])
def test_each_walker_repeats_itself(way):
    if way == "network":
        pytest.importorskip("torch").set_num_threads(1)
    runs = [PlainRun(seed=1, config={"episodes": 12}) for _ in range(2)]
    worths = [gridworld.measure(run, way) for run in runs]

    assert runs[0].summary == runs[1].summary
    assert way == "random" or np.array_equal(*worths)


def test_each_seed_walks_other_walks():
    returns = []
    for seed in (0, 1):
        run = PlainRun(seed=seed, config={"episodes": 20})
        gridworld.measure(run, "table")
        returns.append(run.series["walk_return"])

    assert returns[0] != returns[1]

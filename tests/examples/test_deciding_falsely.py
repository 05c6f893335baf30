"""Comparing two equally good models decides falsely, more often the more a shared test set is asked."""

from __future__ import annotations

import pytest

np = pytest.importorskip("numpy")

from examples.false_decisions import differences, false_rate, simulate  # noqa: E402 - only where numpy is
from examples.recorder import PlainRun  # noqa: E402

SMALL = {"experiments": 300, "items": 200}


def test_differences_are_one_per_repetition_and_experiment():
    assert differences(0, 3, fresh=True, experiments=7, items=20).shape == (3, 7)


def test_the_seed_decides_everything():
    first, again = (differences(1, 3, fresh=True, **SMALL) for _ in range(2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, differences(2, 3, fresh=True, **SMALL))


def test_neither_model_is_better():
    found = differences(0, 5, fresh=True, **SMALL)

    assert abs(found.mean()) < 0.01


def test_fresh_data_keep_the_promise_of_the_interval_and_a_shared_test_set_breaks_it():
    fresh, shared = (false_rate(differences(0, 10, fresh=how, **SMALL)) for how in (True, False))

    assert fresh < 0.1
    assert shared > 0.2


def test_what_differs_by_chance_alone_is_never_decided_by_equal_numbers():
    assert false_rate(np.zeros((5, 4))) == 0.0


def test_a_run_records_the_rate():
    run = PlainRun(config={"repeats": 3, **SMALL})

    simulate(run, fresh=True)

    assert 0 <= run.summary["false_rate"] <= 1

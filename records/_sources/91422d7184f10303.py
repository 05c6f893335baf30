"""False decisions: how often a comparison of two equally good models is decided all the same.

Both models name each item correctly with the same chance, so every decision is false. What differs is what another
seed repeats: all of it, or only the training, on one set of test items.
"""

from __future__ import annotations

import math

import numpy as np

from examples.recorder import Run

ITEMS = 1000
"""Test items of one experiment."""
EASY = 2.0
"""How far the mean item lies on the side of being named correctly, in standard deviations of what is easy for all."""
OWN = 0.7
"""Spread of what one kind of model finds easy and the other does not, item by item, in the same unit."""
AGAIN = 0.7
"""Spread of what changes for an item when the same model is trained once more, in the same unit."""
EXPERIMENTS = 500
"""Experiments per run."""

# 97.5 % points of Student's t for S - 1 degrees of freedom: as printed in tables, so that nothing more is needed.
STUDENT = {3: 4.303, 5: 2.776, 10: 2.262, 20: 2.093}


# --8<-- [start:simulate]
def accuracies(chance: np.random.Generator, easy: np.ndarray) -> np.ndarray:
    """Train a model once more and test it.

    Args:
        chance: Decides the training.
        easy: How easy each test item is for this kind of model; shape `(experiments, items)`.

    Returns:
        Share of items named correctly, shape `(experiments,)`.
    """
    return np.asarray((easy + chance.normal(0, AGAIN, easy.shape) > 0).mean(axis=1))


def differences(
    seed: int, repeats: int, *, fresh: bool, experiments: int = EXPERIMENTS, items: int = ITEMS
) -> np.ndarray:
    """Compare two equally good models in many experiments.

    Args:
        seed: Decides everything.
        repeats: Seeds of each experiment.
        fresh: Whether every one of them draws its own test items; else all of an experiment share them.
        experiments: How many experiments.
        items: Test items in each.

    Returns:
        Difference of the two accuracies, shape `(repeats, experiments)`.
    """
    chance = np.random.default_rng(seed)

    def drawn() -> list[np.ndarray]:
        common = chance.normal(EASY, 1.0, (experiments, items))
        return [common + chance.normal(0, OWN, common.shape) for _ in range(2)]

    shared = drawn()
    found = []
    for _ in range(repeats):
        one, other = drawn() if fresh else shared
        found.append(accuracies(chance, one) - accuracies(chance, other))
    return np.array(found)


def false_rate(found: np.ndarray) -> float:
    """Count how often Student's interval over the seeds leaves out zero, though nothing differs.

    Args:
        found: Differences, shape `(seeds, experiments)`.

    Source:
        Student, The probable error of a mean, Biometrika 6(1), 1908.
    """
    half = STUDENT[len(found)] * found.std(axis=0, ddof=1) / math.sqrt(len(found))
    return float((np.abs(found.mean(axis=0)) > half).mean())


# --8<-- [end:simulate]


def simulate(run: Run, *, fresh: bool) -> None:
    """Measure the share of false decisions for a number of seeds."""
    found = differences(
        run.seed,
        run.config.get("repeats", 5),
        fresh=fresh,
        experiments=run.config.get("experiments", EXPERIMENTS),
        items=run.config.get("items", ITEMS),
    )
    run.summary["false_rate"] = false_rate(found)

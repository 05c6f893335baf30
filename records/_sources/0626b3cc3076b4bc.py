"""Contest: train models of shapes with the settings their search found, test them once, and record what came out.

The networks that take part stand in `contest_nets.py`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from examples.features import Reader, Settings
from examples.recorder import Run
from examples.shapes import N_TRAIN, NOISE, Shapes, load

# What `python -m examples.features_tuning` found; a test compares this with the recorded search.
SETTINGS: dict[str, Settings] = {
    "pixels-logreg": {"C": 0.03},
    "pixels-svm": {"C": 30.0, "gamma": 1.0},
    "pixels-forest": {"max_features": "log2", "leaf": 4},
    "hog-logreg": {"cell": 8, "directions": 8, "C": 0.01},
    "hog-svm": {"cell": 6, "directions": 6, "C": 10.0, "gamma": 3.0},
    "hog-forest": {"cell": 8, "directions": 6, "max_features": 0.1, "leaf": 1},
    "descriptors-logreg": {"cut": 0.4, "C": 0.3},
    "descriptors-svm": {"cut": 0.5, "C": 30.0, "gamma": 0.3},
    "descriptors-forest": {"cut": 0.5, "max_features": "sqrt", "leaf": 2},
}

N_TEST = 500
"""Pictures to be tested on; training accuracy is that of as many training pictures."""
NOISES = (0.12, 0.2, 0.3, 0.4, 0.5)
"""Noise of the test pictures on which finished models are tried."""
ENDURING = ("pixels-cnn", "hog-svm", "descriptors-forest")
"""The models that are tried so: one per way to come by features."""

Score = Callable[[np.ndarray, np.ndarray], float]
"""Takes pictures and classes, returns the share of pictures that are named."""


def drawn(run: Run) -> Shapes:
    """Draw the data of a run: its parameters may say `n`, `n_test` and `noise`."""
    config = run.config
    return load(run.seed, config.get("n", N_TRAIN), config.get("n_test", N_TEST), noise=config.get("noise", NOISE))


# --8<-- [start:read]
def read(run: Run, view: str) -> None:
    """Train the classical model named in the run's parameters on one view of the pictures.

    Args:
        run: Its parameter `model` is `logreg`, `svm` or `forest`.
        view: How it sees pictures: `pixels`, `hog` or `descriptors`.
    """
    data, name = drawn(run), f"{view}-{run.config['model']}"
    reader = Reader(view, run.config["model"], SETTINGS[name], run.seed)
    with run.timer("train_s"):
        reader.fit(data.train.x, data.train.y)
    run.summary["n_features"] = reader.columns
    report(run, name, data, reader.score)


# --8<-- [end:read]


# --8<-- [start:report]
def report(run: Run, name: str, data: Shapes, score: Score) -> None:
    """Record how many pictures a finished model names; try some models on noisier pictures as well.

    Only a model that learned from as many pictures, and as quiet ones, as usual is tried so.
    """
    few = len(data.test.x)
    run.summary["test_acc"] = score(data.test.x, data.test.y)
    run.summary["train_acc"] = score(data.train.x[:few], data.train.y[:few])
    run.summary["n_train"] = len(data.train.x)
    run.summary["n_test"] = len(data.test.x)
    if name in ENDURING and run.config.get("n", N_TRAIN) == N_TRAIN and run.config.get("noise", NOISE) == NOISE:
        for step, noise in enumerate(NOISES):
            test = load(run.seed, 0, len(data.test.x), noise=noise).test
            surprised = score(test.x, test.y)
            run.log({"test_noise": noise, "surprised_acc": surprised}, step=step)


# --8<-- [end:report]

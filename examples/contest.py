"""Contest: train each model of shapes with the settings its search found, test it once, and record what came out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from examples import recorder
from examples.features import Reader, Settings
from examples.shapes import N_TEST, N_TRAIN, NOISE, SIZE, Shapes, load

# What `python -m examples.features_tuning` found; a test compares this with the recorded search.
SETTINGS: dict[str, Settings] = {}

NOISES = (0.12, 0.2, 0.3, 0.4, 0.5)
"""Noise of the test pictures on which finished models are tried."""
ENDURING = ("pixels-cnn", "hog-svm", "descriptors-forest")
"""The models that are tried so: one per way to come by features."""

Score = Callable[[np.ndarray, np.ndarray], float]
"""Takes pictures and classes, returns the share of pictures that are named."""


class Run(recorder.Run, Protocol):
    """The part of `mkdocs_dlplugin.run` that the contest uses."""

    def save(self, name: str, data: Any = None) -> None:
        """Keep a file."""


def drawn(run: recorder.Run) -> Shapes:
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


# --8<-- [start:train]
def train(run: Run, name: str) -> None:
    """Train a network on the pixels, and keep its weights: other pages look into it and build on it.

    Args:
        run: Gets the weights as `weights.npz` where the pictures are as quiet as usual.
        name: `mlp` or `cnn`.
    """
    from examples import shapenets, training  # noqa: PLC0415 - classical models do not wait for torch

    data, settings = drawn(run), SETTINGS[f"pixels-{name}"]
    steps = run.config.get("steps", shapenets.STEPS)
    with run.timer("train_s"):
        model = shapenets.learn(name, settings, data.train.x, data.train.y, seed=run.seed, steps=steps)
    run.summary["n_features"] = SIZE * SIZE
    run.summary["n_params"] = training.count(model)
    if name == "cnn" and run.config.get("noise", NOISE) == NOISE:
        run.save("weights.npz", model.state_dict())
    report(
        run, f"pixels-{name}", data,
        lambda x, y: training.accuracy(model, *training.tensors(shapenets.centred(x), y)),
    )  # fmt: skip


# --8<-- [end:train]


# --8<-- [start:report]
def report(run: Run, name: str, data: Shapes, score: Score) -> None:
    """Record how many pictures a finished model names; try some models on noisier pictures as well.

    Only a model that learned from as many pictures, and as quiet ones, as usual is tried so.
    """
    run.summary["test_acc"] = score(data.test.x, data.test.y)
    run.summary["train_acc"] = score(data.train.x, data.train.y)
    run.summary["n_train"] = len(data.train.x)
    run.summary["n_test"] = len(data.test.x)
    if name in ENDURING and run.config.get("n", N_TRAIN) == N_TRAIN and run.config.get("noise", NOISE) == NOISE:
        for step, noise in enumerate(NOISES):
            test = load(run.seed, 0, len(data.test.x), noise=noise).test
            surprised = score(test.x, test.y)
            run.log({"test_noise": noise, "surprised_acc": surprised}, step=step)


# --8<-- [end:report]

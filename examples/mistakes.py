"""What a small network takes for what, which digits it gets wrong, and what its first layer looks at; for the gallery.

The data are those of `examples.gallery`: 8 × 8 pictures of handwritten digits.
"""

from __future__ import annotations

import warnings
from typing import Any, Protocol

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from examples import gallery

SHOWN = 12
"""Mistakes and units that are kept as pictures."""


class Run(gallery.Run, Protocol):
    """The part of `mkdocs_dlplugin.run` that this model uses."""

    def confusion(self, true: Any, predicted: Any) -> None:
        """Record which class was taken for which."""

    def images(self, name: str, array: Any, labels: Any = None) -> None:
        """Keep arrays as pictures."""


def fit(run: Run, hidden: int = 16, n: int = 300) -> MLPClassifier:
    """Train a network on a few pictures, record its accuracy, its confusion matrix, its mistakes and its weights.

    Returns:
        The network; its first layer has weights of shape ``(64, hidden)``.
    """
    train, test, train_y, test_y = gallery.split(run.seed, n)
    network = MLPClassifier((hidden,), learning_rate_init=0.01, max_iter=60, random_state=run.seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(train, train_y)
    predicted = network.predict(test)
    run.correct(predicted == test_y)
    run.summary["test_acc"] = network.score(test, test_y)
    run.summary.update({"n_train": len(train), "n_test": len(test)})
    run.confusion(test_y, predicted)
    if run.seed == 0:
        wrong = np.flatnonzero(predicted != test_y)[:SHOWN]
        labels = [f"{test_y[place]} taken for {predicted[place]}" for place in wrong]
        run.images("mistake", 1 - test[wrong].reshape(-1, 8, 8), labels)
        run.images("unit", coloured(network.coefs_[0].T[:SHOWN].reshape(-1, 8, 8)))
    return network


def coloured(weights: np.ndarray) -> np.ndarray:
    """Colour weights, shape ``(n, 8, 8)``: blue above zero, red below, white at zero, each picture on its own scale.

    Returns:
        Shares of red, green and blue, shape ``(n, 8, 8, 3)``.
    """
    share = weights / np.abs(weights).max(axis=(1, 2), keepdims=True)
    blue, red = np.array([0.13, 0.4, 0.67]), np.array([0.7, 0.09, 0.17])
    end = np.where(share[..., None] > 0, blue, red)
    return 1 - np.abs(share)[..., None] * (1 - end)

"""Small models on the digits that come with scikit-learn, for the gallery of what a page can show.

1,797 pictures of handwritten digits, 8 × 8 pixels each, from E. Alpaydin and C. Kaynak, Optical recognition of
handwritten digits (1998), UCI Machine Learning Repository. Each seed splits them anew.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from examples import recorder


class Run(recorder.Run, Protocol):
    """The part of `mkdocs_dlplugin.run` that these models use."""

    def correct(self, mask: Iterable[Any]) -> None:
        """Say of each test picture, in order, whether it was named correctly."""


MODELS: dict[str, Callable[[int], Any]] = {
    "logreg": lambda seed: LogisticRegression(max_iter=300, random_state=seed),
    "forest": lambda seed: RandomForestClassifier(n_estimators=60, random_state=seed),
    "svm": lambda seed: SVC(gamma=0.02, random_state=seed),
}
"""Makes a model from a seed."""

EPOCHS = 30
"""Passes of the network over its training pictures."""

TEST = 500
"""Pictures that no model learns from."""


def split(seed: int, n: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Split the digits.

    Args:
        seed: Seed of the split.
        n: How many pictures to learn from; all that are not for testing when 0.

    Returns:
        Training pictures, shape ``(n, 64)``, values from 0 to 1; test pictures, shape ``(500, 64)``; training
        labels and test labels, integers from 0 to 9.
    """
    x, y = load_digits(return_X_y=True)
    train, test, train_y, test_y = train_test_split(x / 16, y, test_size=TEST, random_state=seed, stratify=y)
    n = n or len(train)
    return train[:n], test, train_y[:n], test_y


def fit(run: Run, model: str) -> Any:
    """Fit one of `MODELS` on a fresh split, record how well it does, and return it.

    Records ``test_acc`` and ``train_acc`` (shares from 0 to 1), ``train_s`` (seconds), ``n_train`` and ``n_test``.
    """
    train, test, train_y, test_y = split(run.seed, int(run.config.get("n", 0)))
    made = MODELS[model](run.seed)
    with run.timer("train_s"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        made.fit(train, train_y)
    run.correct(made.predict(test) == test_y)
    run.summary["test_acc"] = made.score(test, test_y)
    run.summary["train_acc"] = made.score(train, train_y)
    run.summary.update({"n_train": len(train), "n_test": len(test)})
    return made


def fit_network(run: Run, hidden: int = 32) -> MLPClassifier:
    """Train a network with one hidden layer, record its accuracy and loss after each epoch, and return it.

    Records the series ``loss``, ``train_acc`` and ``test_acc``, and ``n_params``, ``n_train`` and ``n_test``.
    """
    train, test, train_y, test_y = split(run.seed, int(run.config.get("n", 0)))
    network = MLPClassifier((int(run.config.get("hidden", hidden)),), learning_rate_init=0.005, random_state=run.seed)
    with run.timer("train_s"):
        for epoch in range(1, EPOCHS + 1):
            network.partial_fit(train, train_y, classes=range(10))
            accuracy = {"train_acc": network.score(train, train_y), "test_acc": network.score(test, test_y)}
            run.log({"loss": network.loss_, **accuracy}, step=epoch)
    run.correct(network.predict(test) == test_y)
    run.summary["n_params"] = sum(array.size for array in (*network.coefs_, *network.intercepts_))
    run.summary.update({"n_train": len(train), "n_test": len(test)})
    return network

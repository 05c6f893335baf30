"""Learners: six models under one roof, for signals and for handwritten digits, and the digits themselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from examples import mnist1d
from examples.settings import Settings

MODELS = ("logreg", "forest", "svm", "knn", "mlp", "cnn")
"""Two that draw lines or ask questions, two that compare with what they keep, two networks."""
RESERVED = 297
"""Digits that serve the search for settings and nothing else."""


# --8<-- [start:fitted]
def fitted(
    name: str,
    settings: Settings,
    seed: int,
    train: tuple[np.ndarray, np.ndarray],
    *,
    steps: int,
    device: str = "cpu",
) -> Any:
    """Train a model and return the function that names the class of examples.

    Args:
        name: One of `MODELS`; the networks know signals (40 values) from digits (64) by the width.
        settings: Its hyper-parameters.
        seed: Decides whatever the model leaves to chance.
        train: Examples, shape `(n, width)`, and their classes, shape `(n,)`.
        steps: Updates of a network's weights.
        device: Where a network trains.
    """
    if name in mnist1d.CLASSICAL:
        return mnist1d.build(name, settings, seed).fit(*train).predict
    import torch  # noqa: PLC0415 - classical models do not wait for torch

    from examples import training  # noqa: PLC0415

    torch.manual_seed(seed)
    model = network(name, train[0].shape[1], settings).to(device)
    learning = {"learning_rate": settings["learning_rate"], "weight_decay": settings["weight_decay"]}
    training.fit(model, *training.tensors(*train, device), seed=seed, steps=steps, **learning)

    def names(x: np.ndarray) -> np.ndarray:
        inputs = torch.as_tensor(x, dtype=torch.float32, device=device)
        return np.asarray(training.scores(model, inputs).argmax(1).cpu().numpy())

    return names


# --8<-- [end:fitted]


def share(said: np.ndarray, true: np.ndarray) -> float:
    """Return the share of right answers, between 0 and 1."""
    return float((said == true).mean())


# --8<-- [start:networks]
def network(name: str, width: int, settings: Settings) -> Any:
    """Make an untrained network for signals or digits: one hidden layer, or three layers of filters."""
    from torch import nn  # noqa: PLC0415

    if name == "mlp":
        hidden = settings["hidden"]
        return nn.Sequential(
            nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(settings["dropout"]), nn.Linear(hidden, 10)
        )
    if width == 40:
        from examples import networks  # noqa: PLC0415

        return networks.cnn(settings)
    channels = settings["channels"]
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, channels, kernel_size=3, padding=1), nn.ReLU(),
        nn.Conv2d(channels, channels, kernel_size=3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(channels, channels, kernel_size=3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Dropout(settings["dropout"]), nn.Linear(4 * channels, 10),
    )  # fmt: skip


# --8<-- [end:networks]


# --8<-- [start:digits]
def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return all 1,797 digits in one fixed random order: pixels from 0 to 1, shape `(1797, 64)`, and classes.

    Source:
        E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998),
        https://doi.org/10.24432/C50P49; the part of it that comes with scikit-learn.
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return x[order] / 16, y[order]


# --8<-- [end:digits]

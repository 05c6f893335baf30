"""Autoencoder: squeeze a digit into a few numbers and rebuild it from them, without being told which digit it is.

Principal components, the best straight-line compression, get equally many numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from torch import nn

from examples import digits, recorder, training

STEPS = 400
"""Updates of the weights."""
PER_CLASS = 20
"""Labelled digits of each class that the judge of a code learns from."""
RATES = (0.003, 0.01)
"""Learning rates that are tried; the digits held out choose, by how well they are rebuilt."""


class Run(recorder.Run, Protocol):
    """The part of `mkdocs_dlplugin.run` that showing pictures takes."""

    def images(self, name: str, array: np.ndarray, labels: Sequence[str] | None = None) -> None:
        """Keep arrays as pictures."""


Code = Callable[[np.ndarray], np.ndarray]
"""Turns digits into a few numbers, or back."""


# --8<-- [start:network]
class Autoencoder(nn.Module):  # type: ignore[misc]
    """Narrows from 64 pixels to a few numbers, the code, and widens again."""

    def __init__(self, numbers: int) -> None:
        super().__init__()
        self.squeeze = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, numbers))
        self.rebuild = nn.Sequential(nn.Linear(numbers, 64), nn.ReLU(), nn.Linear(64, 64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return digits rebuilt from their code, shape `(n, 64)`."""
        out: torch.Tensor = self.rebuild(self.squeeze(x))
        return out


# --8<-- [end:network]


def fit_autoencoder(data: digits.Digits, numbers: int, seed: int, steps: int) -> tuple[Code, Code, int]:
    """Train with each learning rate and keep the network that rebuilds held-out digits best.

    Returns:
        What squeezes, what rebuilds, and how many parameters both have.
    """
    x, _ = training.tensors(data.x_train, data.y_train)
    held, _ = training.tensors(data.x_valid, data.y_valid)
    best: tuple[float, Autoencoder] | None = None
    for rate in RATES:
        torch.manual_seed(seed)
        model = Autoencoder(numbers)
        training.fit(model, x, x, seed=seed, steps=steps, learning_rate=rate, loss=nn.functional.mse_loss)
        error = float((training.scores(model, held) - held).square().mean())
        if best is None or error < best[0]:
            best = error, model
    assert best is not None  # noqa: S101 - there are rates to try
    model = best[1]

    def apply(part: nn.Module) -> Code:
        return lambda a: training.scores(part, torch.as_tensor(a, dtype=torch.float32)).numpy().astype(float)

    return apply(model.squeeze), apply(model.rebuild), training.count(model)


def fit_pca(data: digits.Digits, numbers: int) -> tuple[Code, Code, int]:
    """Find the principal components of the training digits."""
    model = PCA(numbers).fit(data.x_train)
    return model.transform, model.inverse_transform, int(model.components_.size + model.mean_.size)


# --8<-- [start:measure]
def measure(run: Run, kind: str) -> None:
    """Compress the run's digits to as many numbers as its parameter says; record what is lost and what is kept.

    No label is used to compress.  Labels come in afterwards, 20 per class, to ask whether the code still tells the
    digits apart.
    """
    numbers = run.config["numbers"]
    data = digits.load(run.seed)
    with run.timer("train_s"):
        if kind == "pca":
            squeeze, rebuild, n_params = fit_pca(data, numbers)
        else:
            squeeze, rebuild, n_params = fit_autoencoder(data, numbers, run.seed, run.config.get("steps", STEPS))
    rebuilt = rebuild(squeeze(data.x_test))
    run.summary["rebuild_error"] = float(np.square(rebuilt - data.x_test).mean())
    run.summary["rebuild_error_train"] = float(np.square(rebuild(squeeze(data.x_train)) - data.x_train).mean())
    few = np.concatenate([np.flatnonzero(data.y_train == digit)[:PER_CLASS] for digit in range(10)])
    code = squeeze(data.x_train[few])
    middle, spread = code.mean(0), code.std(0) + 1e-9
    judge = LogisticRegression(max_iter=2000).fit((code - middle) / spread, data.y_train[few])
    run.summary["test_acc"] = float(judge.score((squeeze(data.x_test) - middle) / spread, data.y_test))
    run.summary["train_acc"] = float(judge.score((code - middle) / spread, data.y_train[few]))
    run.summary["n_params"] = n_params
    run.summary["n_train"], run.summary["n_test"] = len(data.x_train), len(data.x_test)
    run.summary["n_labels"] = len(few)
    if run.seed == 0:
        shown = [int(np.flatnonzero(data.y_test == digit)[0]) for digit in range(10)]
        pictures = np.concatenate([data.x_test[shown], rebuilt[shown]]).reshape(-1, 8, 8)
        names = [f"{digit}" for digit in range(10)] + [f"{digit}, rebuilt" for digit in range(10)]
        run.images("digit", np.clip(pictures, 0, 1), names)


# --8<-- [end:measure]


def train_autoencoder(run: Run) -> None:
    """Measure the autoencoder."""
    measure(run, "autoencoder")


def train_pca(run: Run) -> None:
    """Measure principal components with as many numbers."""
    measure(run, "pca")

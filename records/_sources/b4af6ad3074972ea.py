"""Two digits: add the two numbers on a picture, in hand-made steps or with one network that sees the whole picture.

The steps are: cut the picture in two, find the digit in each half, name it, add.  The networks get the picture and the
sum; one of them is told both digits as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from examples import digits, trials
from examples.recorder import Run
from examples.training import count, fit, scores, tensors
from examples.trials import Settings

HEIGHT, WIDTH = 10, 20
"""Pixels of a canvas; each half of it holds one digit of 8x8 pixels, anywhere in it."""
N_SUMS = 5000
"""Canvases to learn from; each training digit stands on about nine of them."""
N_TEST_SUMS = 1000
STEPS = 800
"""Updates of every network."""
BATCH = 32
CANDIDATES: Mapping[str, Sequence[Settings]] = {
    "svm": [{"C": c, "gamma": g} for c in (1.0, 10.0) for g in (0.02, 0.05)],
    "whole": [{"learning_rate": r, "weight_decay": w} for r in (0.003, 0.01) for w in (0.01, 0.1)],
}
"""Four trials each, written down before any was tried; judged on the validation digits of a split of their own."""

# The winners of `search`, copied here.
SETTINGS: Mapping[str, Settings] = {
    "svm": {"C": 10.0, "gamma": 0.05},
    "whole": {"learning_rate": 0.01, "weight_decay": 0.1},
}


# --8<-- [start:canvas]
@dataclass(frozen=True)
class Sums:
    """Pictures of two digits each."""

    canvas: np.ndarray
    """Brightness, 0 to 1, shape `(n, 10, 20)`."""
    left: np.ndarray
    """The digit in the left half, shape `(n,)`."""
    right: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """The sum of the two, 0 to 18, shape `(n,)`."""
        return self.left + self.right


def place(pixels: np.ndarray, digit: np.ndarray, n: int, chance: np.random.Generator) -> Sums:
    """Put two random digits on each of *n* canvases, one in each half, at a random place.

    Args:
        pixels: Digits to choose from, shape `(digits, 64)`.
        digit: Their names, shape `(digits,)`.
        n: How many canvases.
        chance: Decides which and where.
    """
    canvas = np.zeros((n, HEIGHT, WIDTH), dtype=np.float32)
    chosen = chance.integers(len(pixels), size=(n, 2))
    for half in range(2):
        top, start = chance.integers(HEIGHT - 7, size=n), chance.integers(3, size=n) + half * WIDTH // 2
        for k in range(n):
            square = canvas[k, top[k] : top[k] + 8, start[k] : start[k] + 8]
            square[:] = pixels[chosen[k, half]].reshape(8, 8)
    return Sums(canvas, digit[chosen[:, 0]], digit[chosen[:, 1]])


# --8<-- [end:canvas]


# --8<-- [start:parts]
def cut(halves: np.ndarray) -> np.ndarray:
    """Find the digit in each half: the 8x8 window with most ink, and of equally full ones the middle one.

    Args:
        halves: Shape `(n, 10, 10)`.

    Returns:
        Shape `(n, 64)`.
    """
    windows = np.lib.stride_tricks.sliding_window_view(halves, (8, 8), axis=(1, 2))  # n, 3, 3, 8, 8
    ink = windows.sum(axis=(3, 4)).reshape(len(halves), 9)
    full = ink >= ink.max(axis=1, keepdims=True) - 1e-4
    rows, columns = np.divmod(np.arange(9), 3)
    down, across = (np.rint((full * place).sum(axis=1) / full.sum(axis=1)).astype(int) for place in (rows, columns))
    return windows[np.arange(len(halves)), down, across].reshape(len(halves), 64)


def halves(sums: Sums) -> list[np.ndarray]:
    """Cut each canvas down the middle, two arrays of shape `(n, 10, 10)`."""
    return [sums.canvas[:, :, : WIDTH // 2], sums.canvas[:, :, WIDTH // 2 :]]


# --8<-- [end:parts]


# --8<-- [start:networks]
def whole(seed: int, outputs: int) -> nn.Module:
    """Make a convolutional network that sees the whole canvas; the last layers may combine both halves."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Unflatten(1, (1, HEIGHT)),
        nn.Conv2d(1, 12, 3, padding=1), nn.BatchNorm2d(12), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(12, 24, 3, padding=1), nn.BatchNorm2d(24), nn.ReLU(), nn.MaxPool2d((1, 2)),
        nn.Flatten(), nn.Linear(24 * 25, 64), nn.ReLU(), nn.Linear(64, outputs),
    )  # fmt: skip


def both(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Judge a network that names both digits: outputs `(n, 20)`, targets `(n, 2)`."""
    return nn.functional.cross_entropy(outputs[:, :10], targets[:, 0]) + nn.functional.cross_entropy(
        outputs[:, 10:], targets[:, 1]
    )


# --8<-- [end:networks]


# --8<-- [start:answer]
def train_parts(x: np.ndarray, y: np.ndarray, settings: Settings) -> Any:
    """Train the part that names one digit on single digits, shape `(n, 64)`."""
    from sklearn.svm import SVC  # noqa: PLC0415 - a run loads only what it trains

    return SVC(**settings).fit(x, y)


def add_parts(model: Any, sums: Sums) -> np.ndarray:
    """Cut, name, add; returns the sums that come out, shape `(n,)`."""
    left, right = (model.predict(cut(half)) for half in halves(sums))
    total: np.ndarray = left + right
    return total


def train_whole(sums: Sums, *, told: str, seed: int, steps: int, settings: Settings) -> nn.Module:
    """Train the network that sees the whole canvas, told the sum of each canvas or both of its digits."""
    common = {"seed": seed, "steps": steps, "batch": BATCH, **settings}
    if told == "sum":
        return fit(whole(seed, 19), *tensors(sums.canvas, sums.total), **common)
    targets = np.stack([sums.left, sums.right], axis=1)
    return fit(whole(seed, 20), *tensors(sums.canvas, targets), loss=both, **common)


def add_whole(model: nn.Module, sums: Sums, *, told: str) -> np.ndarray:
    """Ask the network for the sums, shape `(n,)`; from two digits it takes one addition."""
    out = scores(model, torch.as_tensor(sums.canvas))
    return (out.argmax(1) if told == "sum" else out[:, :10].argmax(1) + out[:, 10:].argmax(1)).numpy()


# --8<-- [end:answer]


# --8<-- [start:measure]
def measure_parts(run: Run) -> None:
    """Measure the hand-made steps; the part that names digits learns from each training digit once."""
    data, test = test_sums(run)
    with run.timer("train_s"):
        model = train_parts(data.x_train, data.y_train, SETTINGS["svm"])
    run.summary["test_acc"] = float((add_parts(model, test) == test.total).mean())
    seen = canvases(run, data)
    run.summary["train_acc"] = float((add_parts(model, seen) == seen.total).mean())
    run.summary["digit_acc"] = float(model.score(data.x_test, data.y_test))
    run.summary["n_labels"] = len(data.x_train)
    run.summary["n_train"], run.summary["n_test"] = len(data.x_train), len(data.x_test)


def measure_whole(run: Run, told: str = "sum") -> None:
    """Measure the network that sees whole canvases and is told the sum of each, or both of its digits."""
    data, test = test_sums(run)
    sums = canvases(run, data)
    with run.timer("train_s"):
        steps = run.config.get("steps", STEPS)
        model = train_whole(sums, told=told, seed=run.seed, steps=steps, settings=SETTINGS["whole"])
    run.summary["test_acc"] = float((add_whole(model, test, told=told) == test.total).mean())
    run.summary["train_acc"] = float((add_whole(model, sums, told=told) == sums.total).mean())
    run.summary["n_labels"] = len(sums.canvas) * (1 if told == "sum" else 2)
    run.summary["n_train"], run.summary["n_test"] = len(data.x_train), len(data.x_test)
    run.summary["n_params"] = count(model)


# --8<-- [end:measure]


def canvases(run: Run, data: digits.Digits) -> Sums:
    """Put training digits on the canvases that networks learn from."""
    return place(data.x_train, data.y_train, run.config.get("n", N_SUMS), np.random.default_rng([26, run.seed, 2]))


def test_sums(run: Run) -> tuple[digits.Digits, Sums]:
    """Split the digits for the run's seed and put test digits on the canvases that every model is judged on."""
    data = digits.load(run.seed)
    n = run.config.get("n_sums", N_TEST_SUMS)
    return data, place(data.x_test, data.y_test, n, np.random.default_rng([26, run.seed]))


test_sums.__test__ = False  # type: ignore[attr-defined] # pytest would take it for a test


def search(run: Run) -> None:
    """Try the four candidates of one part on a split of its own, judged by the sums of validation digits."""
    name = run.config["model"]
    data = digits.load(1000)
    valid = place(data.x_valid, data.y_valid, N_TEST_SUMS, np.random.default_rng([26, 1000]))
    sums = place(data.x_train, data.y_train, N_SUMS, np.random.default_rng([26, 1001]))
    steps = run.config.get("steps", STEPS)

    def score(settings: Settings) -> float:
        if name == "whole":
            network = train_whole(sums, told="sum", seed=0, steps=steps, settings=settings)
            answers = add_whole(network, valid, told="sum")
        else:
            answers = add_parts(train_parts(data.x_train, data.y_train, settings), valid)
        return float((answers == valid.total).mean())

    trials.search(run, CANDIDATES[name], score, SETTINGS[name])


# --8<-- [start:draw]
def draw(run: Any) -> None:
    """Keep pictures of eight canvases with their sums, and say how often always guessing the commonest sum is right."""
    data = digits.load(run.seed)
    sums = place(data.x_test, data.y_test, N_TEST_SUMS, np.random.default_rng([26, run.seed]))
    labels = [f"{a} + {b} = {a + b}" for a, b in zip(sums.left[:8], sums.right[:8], strict=True)]
    run.images("canvas", sums.canvas[:8].astype(float), labels)
    run.summary["chance"] = float(np.bincount(sums.total).max() / len(sums.total))
    run.summary["n_train"], run.summary["n_test"] = len(data.x_train), len(data.x_test)


# --8<-- [end:draw]

"""Epochs: how often networks see their training data until more rounds hardly help.

An epoch is one round through all training examples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from examples import digits, mnist1d
from examples.recorder import Run
from examples.training import BATCH, accuracy, count, fit, tensors

ROUNDS: Mapping[str, int] = {"digits": 20, "mnist1d": 30}
"""Epochs of each training; the learning rate rises and falls over all of them."""
NEAR = 0.01
"""Within this of the best accuracy on held-out examples, a network counts as there."""
RATES = (0.01, 0.03)
"""Peaks of the learning rate that are tried."""
TUNING_SEED = 10_000
"""The split, or data set, on which rates are searched."""
# The winners of `search`.
IN_USE: Mapping[str, float] = {"digits-mlp": 0.03, "digits-cnn": 0.03, "signals-cnn": 0.03}


# --8<-- [start:nets]
def digits_mlp() -> nn.Module:
    """Make a network with one hidden layer of 100 units for 8x8 pixels."""
    return nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Linear(100, 10))


def digits_cnn() -> nn.Module:
    """Make two layers of small filters for 8x8 pixels: pictures of 8x8, then 4x4, then 2x2."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(128, 10),
    )  # fmt: skip


def signals_cnn() -> nn.Module:
    """Make three layers of filters that slide along a signal of 40 values: 40, 20, 10, 5."""
    return nn.Sequential(
        nn.Unflatten(1, (1, 40)),
        nn.Conv1d(1, 25, 5, stride=2, padding=2), nn.ReLU(),
        nn.Conv1d(25, 25, 3, stride=2, padding=1), nn.ReLU(),
        nn.Conv1d(25, 25, 3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(125, 10),
    )  # fmt: skip


NETS = {"digits-mlp": digits_mlp, "digits-cnn": digits_cnn, "signals-cnn": signals_cnn}


# --8<-- [end:nets]


@dataclass(frozen=True)
class Parts:
    """Examples to learn from, to watch, and to be tested on."""

    train: tuple[Any, Any]
    valid: tuple[Any, Any]
    test: tuple[Any, Any]


def load(source: str, seed: int) -> Parts:
    """Split the digits, or draw signals of which the first quarter is held out."""
    if source == "digits":
        d = digits.load(seed)
        return Parts(tensors(d.x_train, d.y_train), tensors(d.x_valid, d.y_valid), tensors(d.x_test, d.y_test))
    s = mnist1d.load(seed)
    x, y = tensors(s.x_train, s.y_train)
    held_out = len(x) // 4
    return Parts((x[held_out:], y[held_out:]), (x[:held_out], y[:held_out]), tensors(s.x_test, s.y_test))


# --8<-- [start:measure]
def learn(name: str, data: Parts, seed: int, rounds: int, rate: float) -> tuple[nn.Module, list[float]]:
    """Train, and look after each round how large a share of the held-out examples is named."""
    torch.manual_seed(seed)
    net = NETS[name]()
    per_round = -(-len(data.train[0]) // BATCH)
    curve: list[float] = []

    def watch(_step: int, _loss: float) -> None:
        curve.append(accuracy(net, *data.valid))

    fit(net, *data.train, seed=seed, steps=rounds * per_round, learning_rate=rate, watch=watch, every=per_round)
    return net, curve


def needed(held_out: list[float], near: float = NEAR) -> int:
    """Return the first round, counted from 1, after which the accuracy is near its best.

    Args:
        held_out: Accuracy on held-out examples after each round.
        near: How near is near enough.
    """
    return 1 + int(np.argmax(np.array(held_out) >= max(held_out) - near - 1e-12))


def train_epochs(run: Run, name: str) -> None:
    """Measure how many epochs a network needs; test examples choose nothing."""
    source = "digits" if name.startswith("digits") else "mnist1d"
    data = load(source, run.seed)
    net, curve = learn(name, data, run.seed, run.config.get("rounds", ROUNDS[source]), IN_USE[name])
    for number, held_out in enumerate(curve, 1):
        run.log({"val_acc": held_out}, step=number)
    run.summary["n_epochs"] = float(needed(curve))
    run.summary["train_acc"] = accuracy(net, *data.train)
    run.summary["rounds"] = len(curve)
    run.summary["test_acc"] = accuracy(net, *data.test)
    run.summary["n_params"] = count(net)
    run.summary["n_train"], run.summary["n_test"] = len(data.train[0]), len(data.test[0])


# --8<-- [end:measure]


def search(name: str) -> float:
    """Try two learning rates on a split or data set of its own; return the best, the lowest of equals."""
    source = "digits" if name.startswith("digits") else "mnist1d"
    data = load(source, TUNING_SEED)
    found = {}
    for rate in RATES:
        net, _ = learn(name, data, TUNING_SEED, ROUNDS[source], rate)
        found[rate] = accuracy(net, *data.valid)
    return max(RATES, key=lambda rate: found[rate])


def tune_epochs(run: Run) -> None:
    """Search the learning rates, and record whether those in use are those found."""
    with run.timer("search_s"):
        agree = [search(name) == rate for name, rate in IN_USE.items()]
    run.summary["trials"] = len(RATES)
    run.summary["in_use"] = int(all(agree))

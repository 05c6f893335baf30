"""Depth: what becomes of the gradient on its way back through 1 to 40 layers, and whether the network still learns.

Four plain recipes for a hidden layer, the same width, the same number of updates, 180 handwritten digits to learn from.
Try one at the terminal: `python -m examples.depth relu 20`.
"""

from __future__ import annotations

import argparse
import copy
import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn

from examples import training
from examples.chosen import chosen
from examples.recorder import PlainRun, Run
from examples.trials import Settings, search

WIDTH = 32
"""Units of each hidden layer."""
STEPS = 200
"""Updates of the weights, whatever the depth."""
N_TRAIN = 180
"""Digits to learn from."""
N_TEST = 119
"""Digits to be tested on."""
PARTS = 6
"""Disjoint parts of the 1,797 digits: one for each of five seeds, the last for choosing learning rates."""
GREY = 0.3
"""About the mean of all pixels; it is taken off, so that inputs lie around 0."""


# --8<-- [start:data]
def part(number: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Cut the digits into six parts that share none, and return one of them.

    Returns:
        Pixels to learn from, shape `(180, 64)`, their digits, and the same for testing, 119 of them.

    Source:
        E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998),
        https://doi.org/10.24432/C50P49, as bundled with scikit-learn.
    """
    if not 0 <= number < PARTS:
        raise ValueError(f"there are {PARTS} parts, counted from 0; {number} is none of them")
    pixels, digit = load_digits(return_X_y=True)
    size = N_TRAIN + N_TEST
    mine = np.random.default_rng(4).permutation(len(pixels))[number * size : (number + 1) * size]
    x, y = training.tensors(pixels[mine] / 16 - GREY, digit[mine])
    return x[:N_TRAIN], y[:N_TRAIN], x[N_TRAIN:], y[N_TRAIN:]


# --8<-- [end:data]


# --8<-- [start:network]
class Shortcut(nn.Module):  # type: ignore[misc]
    """Adds what a layer computes to what it was given, so that a gradient can pass by it unchanged."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return input plus output of the layer, shape `(n, WIDTH)`."""
        out: torch.Tensor = x + self.inner(x)
        return out


def layer(kind: str, inputs: int, layers: int) -> nn.Module:
    """Make one hidden layer.

    Args:
        kind: `sigmoid`, `relu`, `residual` (ReLU with a shortcut) or `batchnorm` (ReLU after batch norm).
        inputs: Numbers that come in; only a layer that gets as many as it gives can have a shortcut.
        layers: Hidden layers of the whole network; the more shortcuts add up, the smaller each begins.
    """
    linear = nn.Linear(inputs, WIDTH)
    if kind == "sigmoid":
        nn.init.xavier_normal_(linear.weight)
    else:
        nn.init.kaiming_normal_(linear.weight, nonlinearity="relu")
    nn.init.zeros_(linear.bias)
    if kind == "batchnorm":
        return nn.Sequential(linear, nn.BatchNorm1d(WIDTH), nn.ReLU())
    activation = nn.Sigmoid() if kind == "sigmoid" else nn.ReLU()
    if kind == "residual" and inputs == WIDTH:
        with torch.no_grad():
            linear.weight /= math.sqrt(layers)
        return Shortcut(nn.Sequential(linear, activation))
    return nn.Sequential(linear, activation)


def network(kind: str, layers: int, seed: int) -> nn.Sequential:
    """Make a network of equal hidden layers and one that answers; the seed decides its first weights."""
    torch.manual_seed(seed)
    hidden = [layer(kind, 64 if place == 0 else WIDTH, layers) for place in range(layers)]
    return nn.Sequential(*hidden, nn.Linear(WIDTH, 10))


# --8<-- [end:network]


# --8<-- [start:gradients]
def gradients(model: nn.Sequential, x: torch.Tensor, y: torch.Tensor) -> np.ndarray:
    """Measure how strongly the error asks each hidden layer to change, before any training.

    Computed with 64-bit numbers, since what comes back through 40 sigmoids is too small for 32.

    Returns:
        Root mean square of the gradient over the weights of each hidden layer, first to last, shape `(layers,)`.
    """
    exact = copy.deepcopy(model).double().train()
    nn.functional.cross_entropy(exact(x.double()), y).backward()
    linears = [inner for inner in exact.modules() if isinstance(inner, nn.Linear)][:-1]
    return np.array([float(linear.weight.grad.square().mean().sqrt()) for linear in linears])


# --8<-- [end:gradients]

KINDS = ("sigmoid", "relu", "residual", "batchnorm")
RATES: Sequence[Settings] = [{"learning_rate": rate} for rate in (0.001, 0.003, 0.01)]
"""Three trials for every recipe, at 5, 20 and 40 layers."""


def searched(layers: int) -> int:
    """Say at which depth the learning rate for so many layers was searched: the next of 5, 20 and 40."""
    return 5 if layers <= 5 else 20 if layers <= 20 else 40


# --8<-- [start:measure]
def measure(run: Run, kind: str) -> None:
    """Look at the gradients of a fresh network, train it, and record how well it names digits.

    Gradients are told as powers of ten relative to the last hidden layer: -2 is a hundredth of it, 0 is equal.
    """
    layers = run.config["layers"]
    x, y, x_test, y_test = part(run.seed)
    model = network(kind, layers, run.seed)
    found = gradients(model, x, y)
    powers = np.log10(found / found[-1])
    for place, power in enumerate(powers, 1):
        run.log({"grad": float(power)}, step=place)
    run.summary["grad_ratio"] = float(found[0] / found[-1])
    # Five places along the way back, the same for every depth.
    for name, share in (("first", 0), ("quarter", 0.25), ("half", 0.5), ("three_quarters", 0.75), ("last", 1)):
        run.summary[f"grad_{name}"] = float(powers[round(share * (layers - 1))])
    rate = chosen(run, "depth-tune", {"kind": kind, "layers": searched(layers)}, RATES)["learning_rate"]
    with run.timer("train_s"):
        training.fit(model, x, y, seed=run.seed, steps=run.config.get("steps", STEPS), learning_rate=rate)
    run.summary["test_acc"] = training.accuracy(model, x_test, y_test)
    run.summary["train_acc"] = training.accuracy(model, x, y)
    run.summary["n_params"] = training.count(model)
    run.summary["n_train"], run.summary["n_test"] = len(x), len(x_test)


# --8<-- [end:measure]


# --8<-- [start:tune]
def tune(run: Run) -> None:
    """Choose the learning rate of a recipe at a depth, on the part of the digits that no measurement uses."""
    kind, layers = run.config["kind"], run.config["layers"]
    x, y, x_held, y_held = part(PARTS - 1)
    steps = run.config.get("steps", STEPS)

    def score(settings: Settings) -> float:
        model = network(kind, layers, run.seed)
        training.fit(model, x, y, seed=run.seed, steps=steps, learning_rate=settings["learning_rate"])
        return training.accuracy(model, x_held, y_held)

    search(run, RATES, score)


# --8<-- [end:tune]


def trainer(kind: str) -> Callable[[Run], None]:
    """Make the function that measures one recipe."""

    def train(run: Run) -> None:
        measure(run, kind)

    return train


train_sigmoid, train_relu, train_residual, train_batchnorm = map(trainer, KINDS)


def main() -> None:
    """Train one network at the terminal and print what was measured."""
    parser = argparse.ArgumentParser(description="Train a network of a given depth and print what was measured.")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("layers", type=int)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    run = PlainRun(seed=given.seed, config={"layers": given.layers})
    measure(run, given.kind)
    run.tell()


if __name__ == "__main__":
    main()

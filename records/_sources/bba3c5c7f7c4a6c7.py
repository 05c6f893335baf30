"""Depth of a CNN: no, one, two, three or four layers of filters, with about the same number of parameters.

A network with more layers gets fewer filters in each.  Try one at the terminal: `python -m examples.cnn_depth 3`.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import torch
from torch import nn

from examples import shapes, training
from examples.chosen import chosen
from examples.recorder import PlainRun, Run
from examples.trials import Settings, search

BUDGET = 6500
"""Parameters that every network should have, as nearly as whole filters allow."""
STEPS = 200
"""Updates of the weights, the same for every depth."""
BATCH = 50
"""Pictures per update."""
WEIGHT_DECAY = 0.01
"""How strongly weights are pulled towards zero."""
SEARCH_SEED = 1000
"""Draws the pictures on which settings are chosen."""


# --8<-- [start:network]
def network(convs: int, width: int) -> nn.Sequential:
    """Make a network with so many layers of filters.

    Every layer of filters is followed by batch norm and ReLU, the first three also halve the picture: 24, 12, 6, 3.
    What is left is averaged to 3 by 3 places.

    Args:
        convs: Layers of filters; with none, a network with one hidden layer that sees all pixels at once.
        width: Filters in each, or hidden units.
    """
    if convs == 0:
        return nn.Sequential(nn.Flatten(), nn.Linear(shapes.SIZE**2, width), nn.ReLU(), nn.Linear(width, 8))
    layers: list[nn.Module] = [nn.Unflatten(1, (1, shapes.SIZE))]
    for place in range(convs):
        inputs, size = (1, 5) if place == 0 else (width, 3)
        layers += [nn.Conv2d(inputs, width, size, padding=size // 2), nn.BatchNorm2d(width), nn.ReLU()]
        if place < 3:
            layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(9 * width, 8))


def width_of(convs: int, budget: int = BUDGET) -> int:
    """Find the number of filters with which a network comes nearest to the budget of parameters."""
    return min(range(2, 100), key=lambda width: abs(training.count(network(convs, width)) - budget))


# --8<-- [end:network]

RATES: Sequence[Settings] = [{"learning_rate": rate} for rate in (0.01, 0.03)]
"""Two trials for every depth, written down beforehand."""


def prepare(pictures: shapes.Pictures, train: shapes.Pictures) -> tuple[torch.Tensor, torch.Tensor]:
    """Centre and scale pictures with mean and spread of those to learn from; shapes `(n, 24, 24)` and `(n,)`."""
    return training.tensors((pictures.x - train.x.mean()) / train.x.std(), pictures.y)


def fit(convs: int, settings: Settings, train: shapes.Pictures, seed: int, steps: int = STEPS) -> nn.Module:
    """Train a network of the given depth on pictures."""
    torch.manual_seed(seed)
    x, y = prepare(train, train)
    rate = settings["learning_rate"]
    options = {"steps": steps, "batch": BATCH, "learning_rate": rate, "weight_decay": WEIGHT_DECAY}
    return training.fit(network(convs, width_of(convs)), x, y, seed=seed, **options)


# --8<-- [start:measure]
def measure(run: Run, convs: int) -> None:
    """Train a network of the given depth on the run's pictures, test it once, and record what came out."""
    data = shapes.load(run.seed, run.config.get("n", shapes.N_TRAIN))
    settings = chosen(run, "cnn-depth-tune", {"convs": convs}, RATES)
    with run.timer("train_s"):
        model = fit(convs, settings, data.train, run.seed, run.config.get("steps", STEPS))
    run.summary["test_acc"] = training.accuracy(model, *prepare(data.test, data.train))
    run.summary["train_acc"] = training.accuracy(model, *prepare(data.train, data.train))
    run.summary["n_params"] = training.count(model)
    run.summary["n_filters"] = len(model[1].weight)
    run.summary["n_train"], run.summary["n_test"] = len(data.train.x), len(data.test.x)


def train_mlp(run: Run) -> None:
    """Measure the network without filters."""
    measure(run, 0)


def train_cnn(run: Run) -> None:
    """Measure a network with as many layers of filters as the run's parameter says."""
    measure(run, run.config["convs"])


# --8<-- [end:measure]


# --8<-- [start:tune]
def tune(run: Run) -> None:
    """Choose the learning rate of a depth, on pictures of their own."""
    convs = run.config["convs"]
    data = shapes.load(SEARCH_SEED + run.seed, run.config.get("n", shapes.N_TRAIN))

    def score(settings: Settings) -> float:
        model = fit(convs, settings, data.train, run.seed, run.config.get("steps", STEPS))
        return training.accuracy(model, *prepare(data.test, data.train))

    search(run, RATES, score)


# --8<-- [end:tune]


def main() -> None:
    """Train one network at the terminal and print what was measured."""
    parser = argparse.ArgumentParser(description="Train a network with so many layers of filters.")
    parser.add_argument("convs", type=int, choices=range(5))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    run = PlainRun(seed=given.seed)
    measure(run, given.convs)
    run.tell()


if __name__ == "__main__":
    main()

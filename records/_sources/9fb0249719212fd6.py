"""Cost: what more layers add to the time of training, and what fewer updates take away from accuracy.

Times are CPU seconds of one core, taken while nothing else of the site runs.  `python -m examples.cost` prints both.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import nn

from examples import networks, training
from examples.mnist1d import load
from examples.recorder import PlainRun, Run
from examples.settings import settings_of

STEPS = 250
"""Updates where only the time of an update matters."""
WIDTH = 64
"""Units of each hidden layer, where the width is kept."""
BUDGET = 8000
"""Parameters of each network, about, where the size is kept."""


# --8<-- [start:layers]
def perceptron(layers: int, width: int) -> nn.Module:
    """Make a network with so many hidden layers of so many units, for signals of 40 values."""
    sizes = [40] + [width] * layers
    hidden = [part for a, b in pairwise(sizes) for part in (nn.Linear(a, b), nn.ReLU())]
    return nn.Sequential(*hidden, nn.Linear(width, 10))


def convolutional(layers: int, channels: int) -> nn.Module:
    """Make so many layers of filters of width five that keep the signal's length, and average over positions last."""
    sizes = [1] + [channels] * layers
    parts: list[nn.Module] = [nn.Unflatten(1, (1, 40))]
    for a, b in pairwise(sizes):
        parts += [nn.Conv1d(a, b, kernel_size=5, padding=2), nn.ReLU()]
    return nn.Sequential(*parts, nn.AvgPool1d(4), nn.Flatten(), nn.Linear(channels * 10, 10))


def widest(make: Any, layers: int, budget: int = BUDGET) -> int:
    """Find the largest width with which a network of so many layers stays within the budget of parameters."""
    width = 1
    while training.count(make(layers, width + 1)) <= budget:
        width += 1
    return width


MAKERS = {"perceptron": perceptron, "convolutional": convolutional}


def layers(run: Run) -> None:
    """Train a network of `run.config["layers"]` layers for a fixed number of updates and take the time.

    The parameter `kind` says which network, `kept` what all depths have in common: `width` or `parameters`.
    """
    make, depth = MAKERS[run.config["kind"]], run.config["layers"]
    data = load(run.seed)
    torch.manual_seed(run.seed)
    model = make(depth, WIDTH if run.config["kept"] == "width" else widest(make, depth))
    time_training(run, model, data, run.config.get("steps", STEPS), {"learning_rate": 0.003})


# --8<-- [end:layers]


# --8<-- [start:brief]
def brief(run: Run) -> None:
    """Train a tuned network for `run.config["steps"]` updates only: how good is it, and how long did that take?"""
    name = run.config["model"]
    settings = settings_of(name, 4000)
    model = networks.build(name, settings, run.seed)
    learning = {"learning_rate": settings["learning_rate"], "weight_decay": settings["weight_decay"]}
    time_training(run, model, load(run.seed), run.config["steps"], learning)


def time_training(run: Run, model: nn.Module, data: Any, steps: int, learning: dict[str, float]) -> None:
    """Train for so many updates, timed, and test once, untimed."""
    x, y = training.tensors(data.x_train, data.y_train)
    # The first updates of a process are slower: memory is handed out, code is loaded.
    training.fit(networks.build("mlp", {"hidden": 8, "dropout": 0.0}, 0), x, y, seed=0, steps=3)
    with run.timer("train_s"):
        training.fit(model, x, y, seed=run.seed, steps=steps, **learning)
    run.summary["test_acc"] = training.accuracy(model, *training.tensors(data.x_test, data.y_test))
    run.summary["train_acc"] = training.accuracy(model, x, y)
    run.summary["n_params"] = training.count(model)
    run.summary["n_train"] = len(x)
    run.summary["n_test"] = len(data.x_test)


# --8<-- [end:brief]


def main() -> None:
    """Print the time of shallow and deep networks at the terminal."""
    for kind in MAKERS:
        for depth in (1, 4):
            run = PlainRun(config={"kind": kind, "layers": depth, "kept": "parameters"})
            layers(run)
            print(kind, depth, f"{run.summary['n_params']:,} parameters", f"{run.timings['train_s']:.2f} s")


if __name__ == "__main__":
    main()

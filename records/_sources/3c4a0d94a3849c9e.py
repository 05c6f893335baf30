"""Hidden layers: five puzzles that no straight line solves, and two functions on which width and depth compete.

The puzzles are drawn anew for each seed; classical models and small networks try the same ones.  Try one at the
terminal: `python -m examples.hidden_layers deep spirals --seed 0`.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from examples.recorder import PlainRun, Run

Settings = Mapping[str, Any]
"""What a person chooses before training starts."""

N_TRAIN = 1000
"""Points to learn from."""
N_TEST = 2000
"""Points to be tested on, drawn afterwards from the same source."""
N_VALID = 1000
"""Points on which settings are compared in the search."""
STEPS = 400
"""Updates of the weights of each network on a puzzle, with 100 points each."""
TUNING_SEED = 10_000
"""The data set on which settings are searched; no measurement uses it."""


# --8<-- [start:data]
def xor(n: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw points in a square; a class owns two opposite quarters: the sign of one coordinate times the other."""
    x = chance.uniform(-1, 1, (n, 2))
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


def circles(n: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a ring inside another, radius a half and one, each blurred by 0.08."""
    y = chance.integers(0, 2, n)
    angle, radius = chance.uniform(0, 2 * math.pi, n), np.where(y == 1, 0.5, 1.0)
    x = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return x + 0.08 * chance.standard_normal((n, 2)), y


def moons(n: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw two half moons that reach into each other, blurred by 0.15."""
    y = chance.integers(0, 2, n)
    angle = chance.uniform(0, math.pi, n)
    x = np.column_stack([np.where(y == 1, 1 - np.cos(angle), np.cos(angle)) - 0.5,
                         np.where(y == 1, 0.5 - np.sin(angle), np.sin(angle)) - 0.25])  # fmt: skip
    return x + 0.15 * chance.standard_normal((n, 2)), y


def spirals(n: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw two spirals of one and a half turns each, one half a turn behind the other, blurred by 0.03."""
    y = chance.integers(0, 2, n)
    angle = 3 * math.pi * np.sqrt(chance.uniform(0, 1, n))
    x = np.column_stack([angle * np.cos(angle + math.pi * y), angle * np.sin(angle + math.pi * y)]) / 10
    return x + 0.03 * chance.standard_normal((n, 2)), y


def parity(n: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw six bits, as -1 and 1 blurred by 0.35; the class is whether the number of ones is odd."""
    bits = chance.integers(0, 2, (n, 6))
    return 2.0 * bits - 1 + 0.35 * chance.standard_normal((n, 6)), bits.sum(1) % 2


PUZZLES: Mapping[str, Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]] = {
    "xor": xor, "circles": circles, "moons": moons, "spirals": spirals, "parity": parity,
}  # fmt: skip


@dataclass(frozen=True)
class Points:
    """One draw of a puzzle."""

    x_train: np.ndarray
    """Coordinates, shape `(n, 2)`, or `(n, 6)` for parity; without a unit."""
    y_train: np.ndarray
    """The class of each, 0 or 1, shape `(n,)`."""
    x_test: np.ndarray
    y_test: np.ndarray


def load(puzzle: str, seed: int, n: int = N_TRAIN, n_test: int = N_TEST) -> Points:
    """Draw training and test points anew for each seed; two seeds share none."""
    chance = np.random.default_rng([seed, list(PUZZLES).index(puzzle)])
    return Points(*PUZZLES[puzzle](n, chance), *PUZZLES[puzzle](n_test, chance))


# --8<-- [end:data]

# The best of three trials each, found by `search` on a draw of its own; copied here so that no page searches again
# for each seed.
SETTINGS: Mapping[str, Mapping[str, Settings]] = {
    "perceptron": {
        "xor": {"alpha": 0.0},
        "circles": {"alpha": 0.0001},
        "moons": {"alpha": 0.001},
        "spirals": {"alpha": 0.0},
        "parity": {"alpha": 0.0001},
    },
    "logreg": {
        "xor": {"C": 0.01},
        "circles": {"C": 1.0},
        "moons": {"C": 1.0},
        "spirals": {"C": 1.0},
        "parity": {"C": 0.01},
    },
    "knn": {
        "xor": {"k": 1},
        "circles": {"k": 25},
        "moons": {"k": 5},
        "spirals": {"k": 5},
        "parity": {"k": 5},
    },
    "tree": {
        "xor": {"leaf": 1},
        "circles": {"leaf": 1},
        "moons": {"leaf": 5},
        "spirals": {"leaf": 1},
        "parity": {"leaf": 25},
    },
    "forest": {
        "xor": {"features": 1, "leaf": 5},
        "circles": {"features": 1, "leaf": 1},
        "moons": {"features": 1, "leaf": 1},
        "spirals": {"features": 1, "leaf": 1},
        "parity": {"features": 1, "leaf": 1},
    },
    "svm": {
        "xor": {"C": 100.0, "gamma": 8.0},
        "circles": {"C": 1.0, "gamma": 0.5},
        "moons": {"C": 1.0, "gamma": 8.0},
        "spirals": {"C": 100.0, "gamma": 8.0},
        "parity": {"C": 1.0, "gamma": 0.5},
    },
    "shallow": {
        "xor": {"learning_rate": 0.1},
        "circles": {"learning_rate": 0.01},
        "moons": {"learning_rate": 0.03},
        "spirals": {"learning_rate": 0.1},
        "parity": {"learning_rate": 0.03},
    },
    "deep": {
        "xor": {"learning_rate": 0.1},
        "circles": {"learning_rate": 0.1},
        "moons": {"learning_rate": 0.01},
        "spirals": {"learning_rate": 0.03},
        "parity": {"learning_rate": 0.01},
    },
}

TRIALS: Mapping[str, Sequence[Settings]] = {
    "perceptron": [{"alpha": alpha} for alpha in (0.0, 1e-4, 1e-3)],
    "logreg": [{"C": c} for c in (0.01, 1.0, 100.0)],
    "knn": [{"k": k} for k in (1, 5, 25)],
    "tree": [{"leaf": leaf} for leaf in (1, 5, 25)],
    "forest": [{"features": f, "leaf": leaf} for f, leaf in ((1, 1), (1, 5), (None, 1))],
    "svm": [{"C": c, "gamma": gamma} for c, gamma in ((1.0, 0.5), (1.0, 8.0), (100.0, 8.0))],
    "shallow": [{"learning_rate": rate} for rate in (0.01, 0.03, 0.1)],
    "deep": [{"learning_rate": rate} for rate in (0.01, 0.03, 0.1)],
}
"""Three settings per model, written down before any was tried."""


# --8<-- [start:networks]
def layered(sizes: Sequence[int], seed: int) -> Any:
    """Make a network of fully connected layers with ReLU between them.

    Args:
        sizes: Inputs, units of each hidden layer, outputs: `[2, 16, 2]` has one hidden layer.
        seed: Decides the first weights.
    """
    import torch  # noqa: PLC0415 - only networks need it
    from torch import nn  # noqa: PLC0415

    torch.manual_seed(seed)
    layers: list[Any] = []
    for number, (size, units) in enumerate(pairwise(sizes)):
        layers += [*([nn.ReLU()] if number else []), nn.Linear(size, units)]
    return nn.Sequential(*layers)


HIDDEN: Mapping[str, list[int]] = {"shallow": [16], "deep": [32, 32, 32]}
"""Units of the hidden layers."""


class Network:
    """A small network with the manners of scikit-learn."""

    def __init__(self, hidden: list[int], seed: int, learning_rate: float, steps: int = STEPS) -> None:
        self.hidden, self.seed, self.learning_rate, self.steps = hidden, seed, learning_rate, steps

    def fit(self, x: np.ndarray, y: np.ndarray) -> Network:
        """Train on points, shape `(n, d)`, and classes, shape `(n,)`."""
        from examples.training import fit, tensors  # noqa: PLC0415

        self.net = layered([x.shape[1], *self.hidden, 2], self.seed)
        fit(self.net, *tensors(x, y), seed=self.seed, steps=self.steps, learning_rate=self.learning_rate)
        return self

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        """Return how likely each class is, shape `(n, 2)`."""
        import torch  # noqa: PLC0415

        from examples.training import scores  # noqa: PLC0415

        return np.asarray(scores(self.net, torch.as_tensor(x, dtype=torch.float32)).softmax(1))

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the likelier class, shape `(n,)`."""
        return np.asarray(self.predict_proba(x).argmax(1))


# --8<-- [end:networks]


def build(model: str, settings: Settings, seed: int) -> Any:
    """Make an untrained model: classical ones of scikit-learn, or a network."""
    if model in HIDDEN:
        return Network(HIDDEN[model], seed, settings["learning_rate"])
    return classical(model, settings, seed)


# --8<-- [start:classical]
def classical(model: str, settings: Settings, seed: int) -> Any:
    """Make an untrained classical model."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression, Perceptron  # noqa: PLC0415
    from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415
    from sklearn.svm import SVC  # noqa: PLC0415
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415

    if model == "perceptron":
        # Rosenblatt's rule: whenever a point lies on the wrong side, move the line towards it.
        return Perceptron(penalty="l2", alpha=settings["alpha"], random_state=seed)
    if model == "logreg":
        return LogisticRegression(C=settings["C"])
    if model == "knn":
        return KNeighborsClassifier(settings["k"])
    if model == "tree":
        return DecisionTreeClassifier(min_samples_leaf=settings["leaf"], random_state=seed)
    if model == "forest":
        return RandomForestClassifier(100, max_features=settings["features"], min_samples_leaf=settings["leaf"],
                                      random_state=seed)  # fmt: skip
    return SVC(C=settings["C"], gamma=settings["gamma"])


# --8<-- [end:classical]


# --8<-- [start:measure]
def train_puzzle(run: Run, model: str) -> None:
    """Train a model on the run's puzzle, test it once on points it has not seen, and record what came out."""
    puzzle = run.config["puzzle"]
    data = load(puzzle, run.seed)
    trained = build(model, SETTINGS[model][puzzle], run.seed).fit(data.x_train, data.y_train)
    run.summary["test_acc"] = float(np.mean(trained.predict(data.x_test) == data.y_test))
    run.summary["train_acc"] = float(np.mean(trained.predict(data.x_train) == data.y_train))
    run.summary["n_train"] = len(data.x_train)
    run.summary["n_test"] = len(data.x_test)


# --8<-- [end:measure]


# --8<-- [start:search]
def search(model: str, puzzle: str) -> tuple[Settings, list[float]]:
    """Try three settings on a draw that nothing else uses.

    Returns:
        The settings that name most of the held-out points, the first of equals; and the accuracy of each trial.
    """
    data = load(puzzle, TUNING_SEED, n_test=N_VALID)
    found = []
    for settings in TRIALS[model]:
        trained = build(model, settings, TUNING_SEED).fit(data.x_train, data.y_train)
        found.append(float(np.mean(trained.predict(data.x_test) == data.y_test)))
    return TRIALS[model][int(np.argmax(found))], found


def tune_puzzle(run: Run) -> None:
    """Search one model's settings on each puzzle, and record whether the ones in use are those found."""
    model = run.config["model"]
    best, worst, agree = [], [], 0
    with run.timer("search_s"):
        for puzzle in PUZZLES:
            settings, found = search(model, puzzle)
            agree += settings == SETTINGS[model][puzzle]
            best.append(max(found))
            worst.append(min(found))
    run.summary["trials"] = len(TRIALS[model])
    run.summary["best_val_acc"] = float(np.mean(best))
    run.summary["worst_val_acc"] = float(np.mean(worst))
    run.summary["in_use"] = int(agree == len(PUZZLES))


# --8<-- [end:search]


# --8<-- [start:functions]
def sawtooth(n: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw points of a line of four teeth: the fold "up to one and down again", applied three times.

    Returns:
        Places between -1 and 1, shape `(n, 1)`, and heights with mean 0 and spread 1, shape `(n, 1)`.

    Source:
        Telgarsky (2016), Benefits of depth in neural networks, https://arxiv.org/abs/1602.04485.
    """
    place = chance.uniform(0, 1, (n, 1))
    height = place
    for _ in range(3):
        height = 1 - np.abs(2 * height - 1)
    return 2 * place - 1, (height - 0.5) * math.sqrt(12)


def product(n: int, chance: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw six numbers between -1 and 1 and their product, of which the signed fourth root is taken.

    Without the root nearly all products would be close to zero.

    Returns:
        Numbers, shape `(n, 6)`, and roots of products, shape `(n, 1)`, scaled to spread 1.

    Source:
        Rolnick and Tegmark (2018), The power of deeper networks for expressing natural functions,
        https://arxiv.org/abs/1705.05502.
    """
    x = chance.uniform(-1, 1, (n, 6))
    whole = np.prod(x, axis=1, keepdims=True)
    # The mean square of a fourth root of a number between 0 and 1 is two thirds.
    return x, np.sign(whole) * np.abs(whole) ** 0.25 / (2 / 3) ** 3


FUNCTIONS = {"sawtooth": sawtooth, "product": product}
UNITS: Mapping[str, Mapping[int, int]] = {
    "sawtooth": {1: 400, 2: 33, 3: 23},
    "product": {1: 290, 2: 44, 4: 26},
}
"""Per function and number of hidden layers, the units of each that make about equally many weights."""
RATES = (0.01, 0.03)
"""Peaks of the learning rate that are tried for each depth."""
CURVE_STEPS, CURVE_BATCH, N_CURVE = 800, 128, 4000
"""Updates, points per update, points to learn from; equal for all depths."""
# The winners of `search_depth`.
DEPTH_RATES: Mapping[str, Mapping[int, float]] = {
    "sawtooth": {1: 0.03, 2: 0.03, 3: 0.03},
    "product": {1: 0.03, 2: 0.01, 4: 0.01},
}


def regress(function: str, layers: int, seed: int, rate: float) -> tuple[float, float, int]:
    """Train a network of the given depth to draw a function, and see how far it is off on new points.

    Returns:
        Root of the mean squared error on test and on training points, in spreads of the function (1 is as bad as
        always saying its mean); and how many weights the network has.
    """
    from torch import nn  # noqa: PLC0415

    from examples.training import count, fit, scores, tensors  # noqa: PLC0415

    chance = np.random.default_rng([seed, 100 + list(FUNCTIONS).index(function)])
    x, y = tensors(*FUNCTIONS[function](N_CURVE, chance))
    x_test, y_test = tensors(*FUNCTIONS[function](N_CURVE, chance))
    net = layered([x.shape[1], *[UNITS[function][layers]] * layers, 1], seed)
    fit(net, x, y, seed=seed, steps=CURVE_STEPS, batch=CURVE_BATCH, learning_rate=rate, loss=nn.functional.mse_loss)

    def error(points: Any, heights: Any) -> float:
        return float((scores(net, points) - heights).square().mean().sqrt())

    return error(x_test, y_test), error(x, y), count(net)


def train_depth(run: Run, function: str) -> None:
    """Measure one depth; the number of weights is about the same for all."""
    layers = run.config["layers"]
    test, train, weights = regress(function, layers, run.seed, DEPTH_RATES[function][layers])
    run.summary["test_rmse"], run.summary["train_rmse"] = test, train
    run.summary["n_params"] = weights
    run.summary["n_train"] = run.summary["n_test"] = N_CURVE


# --8<-- [end:functions]


def search_depth(function: str, layers: int) -> float:
    """Try two learning rates on a draw that nothing else uses, and return the one with the smallest error."""
    return min(RATES, key=lambda rate: regress(function, layers, TUNING_SEED, rate)[0])


def tune_depth(run: Run) -> None:
    """Search the learning rate for each depth, and record whether those in use are those found."""
    with run.timer("search_s"):
        agree = [search_depth(function, layers) == rate for function, rates in DEPTH_RATES.items()
                 for layers, rate in rates.items()]  # fmt: skip
    run.summary["trials"] = len(RATES)
    run.summary["in_use"] = int(all(agree))


def main() -> None:
    """Train one model on one puzzle at the terminal and print what was measured."""
    parser = argparse.ArgumentParser(description="Train one model on one puzzle and print what was measured.")
    parser.add_argument("model", choices=list(TRIALS))
    parser.add_argument("puzzle", choices=list(PUZZLES))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    run = PlainRun(seed=given.seed, config={"puzzle": given.puzzle})
    train_puzzle(run, given.model)
    run.tell()


if __name__ == "__main__":
    main()

"""MNIST-1D: one small data set drawn anew for each seed, and the classical models that learn it.

The networks stand in `networks.py`, the search for good settings in `tuning.py`.  Try one at the terminal:
`python -m examples.mnist1d cnn --seed 0`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np

from examples import serving
from examples.recorder import PlainRun, Run
from examples.settings import Settings, settings_of

N_TRAIN = 4000
"""Signals to learn from, as in the paper."""
N_TEST = 1000
"""Signals to be tested on, never seen in training."""
CLASSICAL = ("logreg", "tree", "forest", "boosting", "svm", "knn")
"""The models of this module; the others are networks."""


# --8<-- [start:data]
@dataclass(frozen=True)
class Signals:
    """One data set: training signals to learn from, test signals to be judged on."""

    x_train: np.ndarray
    """Signals, shape `(n, 40)`."""
    y_train: np.ndarray
    """The digit each one stands for, 0 to 9, shape `(n,)`."""
    x_test: np.ndarray
    y_test: np.ndarray


def load(seed: int, n: int = N_TRAIN, *, shuffled: bool = False) -> Signals:
    """Draw a data set of its own for each seed.

    Args:
        seed: Decides every signal; two seeds share none.
        n: How many training signals to draw.  Fewer are the first of many, and the test signals do not change with it.
        shuffled: Put the 40 positions into another order, the same for all signals.  Nothing is lost, but
            neighbours are no longer neighbours.

    Source:
        Greydanus and Kobak, Scaling Down Deep Learning with MNIST-1D, https://arxiv.org/abs/2011.14439.
    """
    parts = [part(seed, number) for number in range(1 + -(-n // N_TEST))]
    (x_test, y_test), x, y = parts[0], *(np.concatenate(each) for each in zip(*parts[1:], strict=True))
    order = np.random.default_rng(seed).permutation(40) if shuffled else np.arange(40)
    return Signals(x[:n, order], y[:n], x_test[:, order], y_test)


def part(seed: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw 1,000 signals, 100 of each digit in random order; part 0 of a seed is its test.

    Returns:
        Signals, shape `(1000, 40)`, and digits, shape `(1000,)`.
    """
    chance = np.random.default_rng([seed, number])
    digits = chance.permutation(np.repeat(np.arange(10), N_TEST // 10))
    middle, spread = scale()
    return (transform(digits, **draws(len(digits), chance)) - middle) / spread, digits


@cache
def scale() -> tuple[float, float]:
    """Return mean and spread of the raw signals, from 10,000 that serve no other purpose."""
    digits = np.repeat(np.arange(10), 1000)
    x = transform(digits, **draws(len(digits), np.random.default_rng(2011_14439)))
    return float(x.mean()), float(x.std())


def draws(count: int, chance: np.random.Generator) -> dict[str, np.ndarray]:
    """Leave to chance what the recipe leaves to chance: padding, size, place, noise and tilt of each signal."""
    return {
        "padding": chance.integers(36, 61, count),
        "size": 1 + 0.4 * (chance.random(count) - 0.5),
        "place": chance.integers(0, 48, count),
        "rough": 0.25 * chance.standard_normal((count, 72)),
        "fine": 0.02 * chance.standard_normal((count, 72)),
        "tilt": 0.75 * (chance.random(count) - 0.5),
    }


def transform(
    digits: np.ndarray,
    *,
    padding: np.ndarray,
    size: np.ndarray,
    place: np.ndarray,
    rough: np.ndarray,
    fine: np.ndarray,
    tilt: np.ndarray,
) -> np.ndarray:
    """Make signals from templates by the published recipe, all at once where the `mnist1d` package makes one by one.

    Args:
        digits: Whose template each signal is made from, shape `(n,)`.
        padding: Zeros behind the template, 36 to 60; the more, the narrower the shape, shape `(n,)`.
        size: Factor of its height, shape `(n,)`.
        place: By how many of 72 positions it moves, shape `(n,)`.
        rough: Noise that is smoothed and fills the places without a shape, shape `(n, 72)`.
        fine: Noise that is added everywhere, shape `(n, 72)`.
        tilt: How much lower the end lies than the beginning, shape `(n,)`.

    Returns:
        Raw signals, not yet centred, shape `(n, 40)`.
    """
    from mnist1d.data import get_templates  # type: ignore[import-untyped] # noqa: PLC0415 - slow to import
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415

    # A hair above zero, so that only the padding is exactly zero.
    shapes = get_templates()["x"] + 1e-8
    stretched = np.array([[stretch(np.pad(shape, (0, p)), 72) for p in range(36, 61)] for shape in shapes])
    x = stretched[digits, padding - 36] * size[:, None]
    x = np.take_along_axis(x, (np.arange(72) - place[:, None]) % 72, axis=1)
    x = np.where(x != 0, x, gaussian_filter1d(rough, 2, axis=1)) + fine
    x = x - tilt[:, None] * np.linspace(-0.5, 0.5, 72)
    at = np.linspace(0, 71, 40)
    before = np.minimum(at.astype(int), 70)
    return x[:, before] + (x[:, before + 1] - x[:, before]) * (at - before)


def stretch(values: np.ndarray, length: int) -> np.ndarray:
    """Draw a line through the values and read it at *length* evenly spaced places."""
    return np.interp(np.linspace(0, 1, length), np.linspace(0, 1, len(values)), values)


# --8<-- [end:data]


# --8<-- [start:measure]
def measure(run: Run, name: str, *, shuffled: bool = False) -> Any:
    """Train a classical model on the run's data, test it once, and record what came out."""
    n = run.config.get("n", N_TRAIN)
    data = load(run.seed, n, shuffled=shuffled)
    model = build(name, settings_of(name, n), run.seed)
    with run.timer("train_s"):
        model.fit(data.x_train, data.y_train)
    run.summary["test_acc"] = float(model.score(data.x_test, data.y_test))
    run.summary["train_acc"] = float(model.score(data.x_train, data.y_train))
    run.summary["n_train"] = len(data.x_train)
    run.summary["n_test"] = len(data.x_test)
    run.summary["n_bytes"] = serving.stored(model)
    serving.answer(run, model.predict, data.x_test)
    return model


# --8<-- [end:measure]


def build(name: str, settings: Settings, seed: int) -> Any:
    """Make the untrained classical model called *name*."""
    makers = {"logreg": logreg, "tree": tree, "forest": forest, "boosting": boosting, "svm": svm, "knn": knn}
    return makers[name](settings, seed)


# --8<-- [start:logreg]
def logreg(settings: Settings, seed: int) -> Any:
    """Make logistic regression: ten weighted sums of the 40 values, the largest wins."""
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a run loads only what it trains

    return LogisticRegression(C=settings["C"], max_iter=2000, random_state=seed)


def train_logreg(run: Run) -> None:
    """Measure logistic regression; its parameters are the weights and one offset per digit."""
    model = measure(run, "logreg")
    run.summary["n_params"] = int(model.coef_.size + model.intercept_.size)


# --8<-- [end:logreg]


# --8<-- [start:tree]
def tree(settings: Settings, seed: int) -> Any:
    """Make one decision tree: a question about one position after the other, until it answers."""
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415

    return DecisionTreeClassifier(
        criterion=settings["criterion"],
        max_depth=settings["max_depth"],
        min_samples_leaf=settings["min_samples_leaf"],
        random_state=seed,
    )


def train_tree(run: Run) -> None:
    """Measure a single tree."""
    run.summary["n_nodes"] = int(measure(run, "tree").tree_.node_count)


# --8<-- [end:tree]


# --8<-- [start:forest]
def forest(settings: Settings, seed: int) -> Any:
    """Make a random forest: 100 decision trees, unless the settings say otherwise, that differ by chance and vote."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415

    return RandomForestClassifier(
        n_estimators=settings.get("trees", 100),
        max_features=settings["max_features"],
        min_samples_leaf=settings["min_samples_leaf"],
        bootstrap=settings["bootstrap"],
        random_state=seed,
    )


def train_forest(run: Run, *, shuffled: bool = False) -> None:
    """Measure the forest; it has no fixed number of parameters, so its questions and answers are counted."""
    model = measure(run, "forest", shuffled=shuffled)
    run.summary["n_nodes"] = sum(tree.tree_.node_count for tree in model.estimators_)


# --8<-- [end:forest]


# --8<-- [start:boosting]
def boosting(settings: Settings, seed: int) -> Any:
    """Make boosted trees: each round adds small trees that mend what the sum so far gets wrong."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    return HistGradientBoostingClassifier(
        max_iter=settings["rounds"],
        learning_rate=settings["learning_rate"],
        max_leaf_nodes=settings["max_leaf_nodes"],
        l2_regularization=settings["l2"],
        early_stopping=False,
        random_state=seed,
    )


def train_boosting(run: Run) -> None:
    """Measure boosted trees."""
    measure(run, "boosting")


# --8<-- [end:boosting]


# --8<-- [start:svm]
def svm(settings: Settings, seed: int) -> Any:
    """Make a kernel machine: a new signal is compared with stored ones, and the similar ones decide."""
    from sklearn.svm import SVC  # noqa: PLC0415

    return SVC(C=settings["C"], gamma=settings["gamma"], kernel="rbf", random_state=seed)


def train_svm(run: Run) -> None:
    """Measure the kernel machine; it grows with the data, so the signals it stores are counted."""
    model = measure(run, "svm")
    run.summary["n_support"] = int(model.n_support_.sum())


# --8<-- [end:svm]


# --8<-- [start:knn]
def knn(settings: Settings, _: int) -> Any:
    """Make nearest neighbours: keep all training signals; the ones most like a new one vote."""
    from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415

    return KNeighborsClassifier(settings["neighbours"], weights=settings["weights"], p=settings["power"])


def train_knn(run: Run) -> None:
    """Measure nearest neighbours; training only stores the signals."""
    measure(run, "knn")


# --8<-- [end:knn]


# --8<-- [start:draw]
def draw(run: Run, rows: int = 3) -> Any:
    """Draw the first signals of each digit and count the data.

    Returns:
        A matplotlib figure: one column per digit; above its template, below it what became of it.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415
    from mnist1d.data import get_templates  # noqa: PLC0415

    data = load(run.seed)
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    grid = figure.subplots(rows + 1, 10, sharey="row")
    for digit in range(10):
        shapes = [get_templates()["x"][digit], *data.x_train[data.y_train == digit][:rows]]
        for row, shape in enumerate(shapes):
            axes = grid[row, digit]
            axes.plot(shape, color="#b3261e" if row == 0 else "#1f4e79", linewidth=1.4)
            axes.set(xticks=[], yticks=[])
            axes.set_frame_on(False)
        grid[0, digit].set_title(str(digit))
    grid[0, 0].set_ylabel("template")
    for row in range(1, rows + 1):
        grid[row, 0].set_ylabel(f"signal {row}")
    run.summary["n_train"] = len(data.x_train)
    run.summary["n_test"] = len(data.x_test)
    run.summary["n_positions"] = data.x_train.shape[1]
    run.summary["n_classes"] = len(np.unique(data.y_train))
    # Guessing always the commonest digit of the test signals; ten even classes make it a little over a tenth.
    run.summary["chance"] = float(np.bincount(data.y_test).max() / len(data.y_test))
    return figure


# --8<-- [end:draw]


def main() -> None:
    """Train one model at the terminal and print what was measured."""
    parser = argparse.ArgumentParser(description="Train one model on MNIST-1D and print what was measured.")
    parser.add_argument("model", choices=[*CLASSICAL, "mlp", "mlp-deep", "cnn", "gru"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n", type=int, default=N_TRAIN, help="training signals")
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    run = PlainRun(seed=given.seed, device=given.device, config={"n": given.n})
    classical = given.model in CLASSICAL
    module = import_module("examples.mnist1d" if classical else "examples.networks")
    getattr(module, "train_" + given.model.replace("-", "_"))(run)
    run.tell()


if __name__ == "__main__":
    main()

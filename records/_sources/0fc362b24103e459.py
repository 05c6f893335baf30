"""MNIST-1D: one small data set drawn anew for each seed, and the classical models that learn it.

The networks stand in `networks.py`, the search for good settings in `tuning.py`.  Try one at the terminal:
`python -m examples.mnist1d cnn --seed 0`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from examples.recorder import PlainRun, Run

Settings = Mapping[str, Any]
"""Hyper-parameters of one model: what a person chooses before training starts."""

N_TRAIN = 4000
"""Signals to learn from, as in the paper."""
N_TEST = 1000
"""Signals to be tested on, never seen in training."""
FEW = 1000
"""Up to this many training signals the settings tuned on few signals apply."""

# The winners of `python -m examples.tuning`, copied here so that a page need not search again for each seed.
SETTINGS: Mapping[str, Settings] = {
    "logreg": {"C": 0.1},
    "forest": {"max_features": 12, "min_samples_leaf": 1, "bootstrap": True},
    "forest-few": {"max_features": 2, "min_samples_leaf": 2, "bootstrap": False},
    "boosting": {"rounds": 100, "learning_rate": 0.1, "max_leaf_nodes": 31, "l2": 0.0},
    "svm": {"C": 10.0, "gamma": 0.1},
    "svm-few": {"C": 3.0, "gamma": 0.01},
    "mlp": {"hidden": 512, "learning_rate": 0.03, "weight_decay": 0.01, "dropout": 0.2},
    "mlp-deep": {"hidden": 512, "learning_rate": 0.003, "weight_decay": 0.01, "dropout": 0.4},
    "cnn": {"channels": 40, "learning_rate": 0.03, "weight_decay": 0.1, "dropout": 0.2},
    "cnn-few": {"channels": 16, "learning_rate": 0.01, "weight_decay": 0.1, "dropout": 0.4},
    "gru": {"hidden": 12, "learning_rate": 0.01, "weight_decay": 0.0, "dropout": 0.2},
}


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
        n: How many of the training signals to keep.  The test signals do not change with it.
        shuffled: Put the 40 positions into another order, the same for all signals.  Nothing is lost, but
            neighbours are no longer neighbours.

    Source:
        Greydanus and Kobak, Scaling Down Deep Learning with MNIST-1D, https://arxiv.org/abs/2011.14439.
    """
    from mnist1d.data import get_dataset_args, make_dataset  # type: ignore[import-untyped] # noqa: PLC0415 - slow to import

    args = get_dataset_args()
    args.seed = seed
    data = make_dataset(args)
    order = np.random.default_rng(seed).permutation(40) if shuffled else np.arange(40)
    return Signals(data["x"][:n, order], data["y"][:n], data["x_test"][:, order], data["y_test"])


# --8<-- [end:data]


def settings_of(model: str, n: int) -> Settings:
    """Look up the tuned settings of a model: those found on few signals where there are few."""
    return SETTINGS[f"{model}-few" if n <= FEW and f"{model}-few" in SETTINGS else model]


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
    return model


# --8<-- [end:measure]


def build(name: str, settings: Settings, seed: int) -> Any:
    """Make the untrained classical model called *name*."""
    return {"logreg": logreg, "forest": forest, "boosting": boosting, "svm": svm}[name](settings, seed)


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


# --8<-- [start:forest]
def forest(settings: Settings, seed: int) -> Any:
    """Make a random forest: 200 decision trees that differ by chance and vote."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415

    return RandomForestClassifier(
        n_estimators=200,
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
    parser.add_argument("model", choices=sorted(name for name in SETTINGS if not name.endswith("-few")))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n", type=int, default=N_TRAIN, help="training signals")
    parser.add_argument("--device", default="cpu")
    given = parser.parse_args()
    run = PlainRun(seed=given.seed, device=given.device, config={"n": given.n})
    classical = given.model in ("logreg", "forest", "boosting", "svm")
    module = import_module("examples.mnist1d" if classical else "examples.networks")
    getattr(module, "train_" + given.model.replace("-", "_"))(run)
    for name, value in {**run.summary, **run.timings}.items():
        print(f"{name:12} {value:.4g}" if isinstance(value, float) else f"{name:12} {value:,}")


if __name__ == "__main__":
    main()

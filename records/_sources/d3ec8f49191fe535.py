"""Tuning: search good settings with the same number of trials for every model, on data used for nothing else.

`python -m examples.tuning svm` searches one model, without a name all of them, and prints the winners;
`python -m examples.winners` writes those that were recorded into `settings.json`.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from examples.learners import MODELS as CURVES
from examples.learners import RESERVED, digits, fitted, share
from examples.mnist1d import CLASSICAL, N_TRAIN, build, load
from examples.recorder import PlainRun, Run
from examples.settings import Settings
from examples.trials import told

TRIALS = 5
"""Settings tried per model."""
FIRST_SEED = 1000
"""Searches draw their data from this seed on, measurements from 0 on, so that they share no signal."""
FEW = 300
"""Training signals in a search for a model that will learn from few."""
DIGIT_STEPS = 400
"""Updates of a network that learns digits."""
HELD_OUT = 97
"""Digits that judge the settings of a search on digits; the other 200 of the reserved ones are learnt from."""

# --8<-- [start:space]
DENSE = {
    "hidden": (64, 128, 256),
    "learning_rate": (0.001, 0.003, 0.01, 0.03),
    "weight_decay": (0.0, 0.01, 0.1, 1.0),
    "dropout": (0.0, 0.2, 0.4),
}
SPACE: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "logreg": {"C": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)},
    "tree": {"criterion": ("gini", "entropy"), "max_depth": (6, 10, 15, None), "min_samples_leaf": (1, 2, 5, 10)},
    "forest": {"max_features": (2, 3, 4, 6), "min_samples_leaf": (1, 2, 4), "bootstrap": (True, False)},
    "boosting": {
        "rounds": (50, 100),
        "learning_rate": (0.03, 0.1, 0.3),
        "max_leaf_nodes": (8, 16, 24),
        "l2": (0.0, 1.0, 10.0),
    },
    "svm": {"C": (0.3, 1.0, 3.0, 10.0, 30.0, 100.0), "gamma": (0.003, 0.01, 0.03, 0.1, 0.3)},
    "knn": {"neighbours": (1, 2, 3, 5, 8, 12, 20), "weights": ("uniform", "distance"), "power": (1, 2)},
    "mlp": DENSE,
    "mlp-deep": DENSE,
    "cnn": {
        "channels": (12, 16, 25),
        "learning_rate": (0.001, 0.003, 0.01, 0.03),
        "weight_decay": (0.0, 0.01, 0.1, 1.0),
        "dropout": (0.0, 0.2, 0.4),
    },
    "gru": {
        "hidden": (6, 9),
        "learning_rate": (0.003, 0.01, 0.03),
        "weight_decay": (0.0, 0.01, 0.1, 1.0),
        "dropout": (0.0, 0.2, 0.4),
    },
}
# --8<-- [end:space]


# --8<-- [start:search]
Part = tuple[np.ndarray, np.ndarray]
"""Examples and their classes."""


@dataclass(frozen=True)
class Trial:
    """One set of settings and how it did."""

    settings: Settings
    val_acc: float
    """Accuracy on held-out signals of the search's own data set."""


def candidates(model: str, trials: int = TRIALS) -> list[Settings]:
    """Draw different settings from a model's space, always the same ones for the same model."""
    space = SPACE[model.removesuffix("-few").removesuffix("-digits")]
    every = [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]
    return random.Random(f"mnist1d {model}").sample(every, min(trials, len(every)))


def search(model: str, seed: int = 0, *, trials: int = TRIALS, n: int | None = None, **options: Any) -> Iterator[Trial]:
    """Try settings one after the other: train on one part of the search's data, judge on the other.

    Args:
        model: A key of `SPACE`; with `-few` behind it, the search trains on 300 signals, with `-digits` on 200 digits.
        seed: Counts from `FIRST_SEED`, so that no search sees a signal of a measurement.
        trials: How many settings to try.
        n: Training signals, when not those the model will have.
        options: Passed on to the training of networks, such as `steps` and `device`.
    """
    name = model.removesuffix("-few").removesuffix("-digits")
    train, held_out = reserved_digits() if model.endswith("-digits") else signals(seed, n or scale(model))
    for settings in candidates(model, trials):
        if name in CLASSICAL:
            yield Trial(settings, build(name, settings, seed).fit(*train).score(*held_out))
        elif model.endswith("-digits"):
            said = fitted(name, settings, seed, train, **{"steps": DIGIT_STEPS, **options})(held_out[0])
            yield Trial(settings, share(said, held_out[1]))
        else:
            from examples import networks  # noqa: PLC0415 - classical models do not wait for torch

            yield Trial(settings, networks.score(name, settings, seed, train, held_out, **options))


def scale(model: str) -> int:
    """Say on how many signals a search trains."""
    return FEW if model.endswith("-few") else N_TRAIN


def signals(seed: int, n: int) -> tuple[Part, Part]:
    """Draw signals to learn from and to judge on, from seeds that no measurement has."""
    data = load(FIRST_SEED + seed, n)
    return (data.x_train, data.y_train), (data.x_test, data.y_test)


def reserved_digits() -> tuple[Part, Part]:
    """Cut the digits that no measurement uses into some to learn from and some to judge on."""
    x, y = (values[:RESERVED] for values in digits())
    return (x[HELD_OUT:], y[HELD_OUT:]), (x[:HELD_OUT], y[:HELD_OUT])


def best(trials: Sequence[Trial]) -> Trial:
    """Return the trial with the highest accuracy, the first of several."""
    return max(trials, key=lambda trial: trial.val_acc)


# --8<-- [end:search]


# --8<-- [start:tune]
def tune(run: Run) -> None:
    """Record the search for the model named in the run's parameters."""
    model = run.config["model"]
    options = {"device": run.device, **{k: run.config[k] for k in ("steps",) if k in run.config}}
    trials: list[Trial] = []
    with run.timer("search_s"):
        for trial in search(model, run.seed, trials=run.config.get("trials", TRIALS), n=run.config.get("n"), **options):
            trials.append(trial)
            run.log({"val_acc": trial.val_acc}, step=len(trials))
    winner = best(trials)
    run.summary["trials"] = len(trials)
    run.summary["best_val_acc"] = winner.val_acc
    run.summary["worst_val_acc"] = min(trial.val_acc for trial in trials)
    run.summary["winner"] = trials.index(winner) + 1
    print(f"{model}: {told(winner.settings)}")


# --8<-- [end:tune]


MODELS = (*SPACE, *(f"{model}-few" for model in CURVES), *(f"{model}-digits" for model in CURVES))
"""Everything a page measures."""


def main() -> None:
    """Search at the terminal."""
    parser = argparse.ArgumentParser(description="Search good settings on data of their own.")
    parser.add_argument("models", nargs="*", choices=[*MODELS, []], default=list(MODELS))
    for model in parser.parse_args().models:
        run = PlainRun(config={"model": model})
        tune(run)
        curve = ", ".join(f"{value:.3f}" for _, value in run.series["val_acc"])
        print(f"  {run.summary['best_val_acc']:.3f} of [{curve}], {run.timings['search_s']:.0f} CPU seconds")


if __name__ == "__main__":
    main()

"""Tuning: search good settings with the same number of trials for every model, on data used for nothing else.

`python -m examples.tuning svm` searches one model, without a name all of them, and prints the table that
`mnist1d.SETTINGS` holds.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from examples import mnist1d
from examples.mnist1d import N_TRAIN, SETTINGS, Settings, load
from examples.recorder import PlainRun, Run

TRIALS = 10
"""Settings tried per model."""
FIRST_SEED = 1000
"""Searches draw their data from this seed on, measurements from 0 on, so that they share no signal."""
FEW = 300
"""Training signals in a search for a model that will learn from few."""
CLASSICAL = ("logreg", "forest", "boosting", "svm")

# --8<-- [start:space]
DENSE = {
    "hidden": (64, 128, 256, 512),
    "learning_rate": (0.001, 0.003, 0.01, 0.03),
    "weight_decay": (0.0, 0.01, 0.1, 1.0),
    "dropout": (0.0, 0.2, 0.4),
}
SPACE: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "logreg": {"C": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0)},
    "forest": {"max_features": (2, 4, 6, 9, 12), "min_samples_leaf": (1, 2, 4), "bootstrap": (True, False)},
    "boosting": {
        "rounds": (50, 100, 200),
        "learning_rate": (0.03, 0.1, 0.3),
        "max_leaf_nodes": (8, 16, 31),
        "l2": (0.0, 1.0, 10.0),
    },
    "svm": {"C": (0.3, 1.0, 3.0, 10.0, 30.0, 100.0), "gamma": (0.003, 0.01, 0.03, 0.1, 0.3)},
    "mlp": DENSE,
    "mlp-deep": DENSE,
    "cnn": {
        "channels": (16, 25, 40),
        "learning_rate": (0.001, 0.003, 0.01, 0.03),
        "weight_decay": (0.0, 0.01, 0.1, 1.0),
        "dropout": (0.0, 0.2, 0.4),
    },
    "gru": {
        "hidden": (6, 9, 12),
        "learning_rate": (0.003, 0.01, 0.03),
        "weight_decay": (0.0, 0.01, 0.1, 1.0),
        "dropout": (0.0, 0.2, 0.4),
    },
}
# --8<-- [end:space]


# --8<-- [start:search]
@dataclass(frozen=True)
class Trial:
    """One set of settings and how it did."""

    settings: Settings
    val_acc: float
    """Accuracy on held-out signals of the search's own data set."""


def candidates(model: str, trials: int = TRIALS) -> list[Settings]:
    """Draw different settings from a model's space, always the same ones for the same model."""
    space = SPACE[model.removesuffix("-few")]
    every = [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]
    return random.Random(f"mnist1d {model}").sample(every, min(trials, len(every)))


def search(model: str, seed: int = 0, *, trials: int = TRIALS, n: int | None = None, **options: Any) -> Iterator[Trial]:
    """Try settings one after the other: train on one part of the search's data, judge on the other.

    Args:
        model: A key of `SPACE`; with `-few` behind it, the search trains on 300 signals.
        seed: Counts from `FIRST_SEED`, so that no search sees a signal of a measurement.
        trials: How many settings to try.
        n: Training signals, when not those the model will have.
        options: Passed on to the training of networks, such as `steps` and `device`.
    """
    name, few = model.removesuffix("-few"), model.endswith("-few")
    data = load(FIRST_SEED + seed, n or (FEW if few else N_TRAIN))
    train, held_out = (data.x_train, data.y_train), (data.x_test, data.y_test)
    for settings in candidates(model, trials):
        if name in CLASSICAL:
            yield Trial(settings, mnist1d.build(name, settings, seed).fit(*train).score(*held_out))
        else:
            from examples import networks  # noqa: PLC0415 - classical models do not wait for torch

            yield Trial(settings, networks.score(name, settings, seed, train, held_out, **options))


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
    run.summary["in_use"] = int(winner.settings == SETTINGS.get(model))
    print(model, "->", ", ".join(f"{name} {value}" for name, value in winner.settings.items()))


# --8<-- [end:tune]


MODELS = (*SPACE, "svm-few", "forest-few", "cnn-few")
"""Everything a page measures; the `-few` ones learn from few signals and are tuned on few."""


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

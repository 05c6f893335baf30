"""Search good settings for the models of shapes: equally many trials each, on pictures used for nothing else.

`python -m examples.features_tuning hog-svm` searches one, without a name all, and prints what
`contest.SETTINGS` holds.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from examples.features import Reader, Settings
from examples.recorder import PlainRun, Run
from examples.shapes import load
from examples.trials import told

TRIALS = 6
"""Settings tried per model."""
FIRST_SEED = 1000
"""Searches draw their pictures from this seed on, measurements from 0 on, so that they share none."""
N_TRAIN = 1000
"""Pictures a trial learns from: between the fewest and the most of the measurements, which use the same settings."""
N_VALID = 1000
"""Pictures a trial is judged on."""

# --8<-- [start:space]
VIEW: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "pixels": {},
    "hog": {"cell": (4, 6, 8), "directions": (6, 8, 12)},
    "descriptors": {"cut": (0.4, 0.5, 0.6)},
}
MODEL: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "logreg": {"C": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)},
    "svm": {"C": (0.3, 1.0, 3.0, 10.0, 30.0), "gamma": (0.1, 0.3, 1.0, 3.0)},
    "forest": {"max_features": ("log2", "sqrt", 0.1), "leaf": (1, 2, 4)},
}
RATES = {"learning_rate": (0.003, 0.01, 0.03), "weight_decay": (0.01, 0.1, 1.0), "dropout": (0.0, 0.2)}
SPACE: Mapping[str, Mapping[str, Sequence[Any]]] = {
    **{f"{view}-{model}": {**VIEW[view], **MODEL[model]} for view in VIEW for model in MODEL},
    "pixels-mlp": {"hidden": (64, 128, 256), **RATES},
    "pixels-cnn": {"channels": (8, 12), **RATES},
}
# --8<-- [end:space]


# --8<-- [start:search]
@dataclass(frozen=True)
class Trial:
    """One set of settings and how it did."""

    settings: Settings
    val_acc: float
    """Share of held-out pictures of the search that were named."""


def candidates(model: str, trials: int = TRIALS) -> list[Settings]:
    """Draw different settings from a model's space, always the same ones for the same model."""
    space = SPACE[model]
    every = [dict(zip(space, values, strict=True)) for values in itertools.product(*space.values())]
    return random.Random(f"shapes {model}").sample(every, trials)


def search(model: str, seed: int = 0, *, trials: int = TRIALS, n: int = N_TRAIN, **options: Any) -> Iterator[Trial]:
    """Try settings one after the other: train on one part of the search's pictures, judge on the other.

    Args:
        model: A key of `SPACE`.
        seed: Counts from `FIRST_SEED`, so that no search sees a picture of a measurement.
        trials: How many settings to try.
        n: Pictures to learn from.
        options: Passed on to the training of networks, such as `steps`.
    """
    data = load(FIRST_SEED + seed, n, 0, N_VALID)
    view, name = model.split("-")
    for settings in candidates(model, trials):
        if name in MODEL:
            reader = Reader(view, name, settings, seed).fit(data.train.x, data.train.y)
            yield Trial(settings, reader.score(data.valid.x, data.valid.y))
        else:
            from examples import shapenets, training  # noqa: PLC0415 - classical models do not wait for torch

            net = shapenets.learn(name, settings, data.train.x, data.train.y, seed=seed, **options)
            valid = training.tensors(shapenets.centred(data.valid.x), data.valid.y)
            yield Trial(settings, training.accuracy(net, *valid))


# --8<-- [end:search]


# --8<-- [start:tune]
def tune(run: Run) -> None:
    """Record the search for the model named in the run's parameters."""
    model = run.config["model"]
    options = {key: run.config[key] for key in ("steps", "n", "trials") if key in run.config}
    found: list[Trial] = []
    with run.timer("search_s"):
        for trial in search(model, run.seed, **options):
            found.append(trial)
            run.log({"val_acc": trial.val_acc}, step=len(found))
    winner = max(found, key=lambda trial: trial.val_acc)
    run.summary["trials"] = len(found)
    run.summary["n_train"] = options.get("n", N_TRAIN)
    run.summary["best_val_acc"] = winner.val_acc
    run.summary["worst_val_acc"] = min(trial.val_acc for trial in found)
    print(f"{model}: {told(winner.settings)}")


# --8<-- [end:tune]


def main() -> None:
    """Search at the terminal."""
    parser = argparse.ArgumentParser(description="Search good settings on pictures of their own.")
    parser.add_argument("models", nargs="*", choices=[*SPACE, []], default=[])
    for model in parser.parse_args().models or SPACE:
        run = PlainRun(config={"model": model})
        tune(run)
        curve = ", ".join(f"{value:.3f}" for _, value in run.series["val_acc"])
        print(
            f"  # {run.summary['best_val_acc']:.3f} of [{curve}], {run.timings['search_s']:.0f} CPU seconds", flush=True
        )


if __name__ == "__main__":
    main()

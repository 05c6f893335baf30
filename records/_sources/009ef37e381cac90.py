"""Learning curves: how much better does each model get with more examples, on signals and on digits?

Six models, from 100 to 32,000 signals of MNIST-1D and from 30 to 1,100 handwritten digits.
`python -m examples.learning_curves cnn --n 300` trains one on signals.
"""

from __future__ import annotations

import argparse

import numpy as np

from examples import mnist1d
from examples.learners import MODELS, RESERVED, digits, fitted, share
from examples.recorder import PlainRun, Run
from examples.settings import Settings, settings_of, winners

STEPS = 1000
"""Updates of a network's weights, the same however many signals there are."""
DIGIT_STEPS = 400
"""The same for digits, which are easier."""
TREES = 25
"""Trees of the forest, fewer than elsewhere on this site, so that 32,000 signals take seconds."""


# --8<-- [start:measure]
def measure(run: Run, name: str) -> None:
    """Train the model called *name* on `run.config["n"]` fresh signals and record how well it does.

    Every seed draws its own signals, and all models of a seed see the same ones.
    """
    n = run.config["n"]
    data = mnist1d.load(run.seed, n)
    settings = {**settings_of(name, n), "trees": TREES}
    score(run, name, settings, (data.x_train, data.y_train), (data.x_test, data.y_test))


def score(
    run: Run,
    name: str,
    settings: Settings,
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    *,
    steps: int = STEPS,
) -> None:
    """Train once, test once, and record both accuracies beside the number of examples."""
    with run.timer("train_s"):
        names = fitted(name, settings, run.seed, train, steps=run.config.get("steps", steps), device=run.device)
    run.summary["test_acc"] = share(names(test[0]), test[1])
    run.summary["test_err"] = 1 - run.summary["test_acc"]
    run.summary["train_acc"] = share(names(train[0]), train[1])
    run.summary["n_train"] = len(train[0])
    run.summary["n_test"] = len(test[0])


# --8<-- [end:measure]


# --8<-- [start:digits]
PART = 300
"""Digits of one seed when few are learnt from: five seeds share none."""
ALL = 1100
"""Digits to learn from where nearly all are used; the other 400 are the test."""


def measure_digits(run: Run, name: str) -> None:
    """Train on few digits that no other seed has, three times, and record the means.

    Each of five seeds has 300 digits of its own.  In three rounds each third of them is the test once, and the first
    `n` of the other 200 are learnt from, so that a seed's accuracy rests on 300 tests.
    """
    x, y = (values[RESERVED:] for values in digits())
    own = slice(run.seed % 5 * PART, (run.seed % 5 + 1) * PART)
    x, y = x[own], y[own]
    rounds = []
    for third in np.split(np.arange(PART), 3):
        learnt = np.setdiff1d(np.arange(PART), third)[: run.config["n"]]
        one = PlainRun(seed=run.seed, device=run.device, config=dict(run.config))
        score(one, name, winners()[f"{name}-digits"], (x[learnt], y[learnt]), (x[third], y[third]), steps=DIGIT_STEPS)
        rounds.append(one.summary)
    for metric in ("test_acc", "train_acc"):
        run.summary[metric] = float(np.mean([each[metric] for each in rounds]))
    run.summary["n_train"] = rounds[0]["n_train"]
    run.summary["n_test"] = PART


def measure_all_digits(run: Run, name: str) -> None:
    """Train on 1,100 digits and test on the other 400 of a split that the seed decides."""
    x, y = (values[RESERVED:] for values in digits())
    order = np.random.default_rng(run.seed).permutation(len(x))
    learnt, asked = order[:ALL], order[ALL:]
    learnt_from, asked_about = (x[learnt], y[learnt]), (x[asked], y[asked])
    score(run, name, winners()[f"{name}-digits"], learnt_from, asked_about, steps=DIGIT_STEPS)


# --8<-- [end:digits]


def show_digits(run: Run) -> None:
    """Keep a picture of one digit of each class, and count the data."""
    x, y = digits()
    first = [int(np.flatnonzero(y == digit)[0]) for digit in range(10)]
    run.images("digit", x[first].reshape(10, 8, 8), [str(digit) for digit in range(10)])  # type: ignore[attr-defined]
    run.summary["n_classes"] = len(np.unique(y))
    run.summary["n_digits"] = len(x)


def main() -> None:
    """Train one model at the terminal and print what was measured."""
    parser = argparse.ArgumentParser(description="Train one model on so many signals.")
    parser.add_argument("model", choices=MODELS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--n", type=int, default=1000, help="training signals")
    given = parser.parse_args()
    run = PlainRun(seed=given.seed, config={"n": given.n})
    measure(run, given.model)
    run.tell()


if __name__ == "__main__":
    main()

"""Learning curves: how much better does each model get with more examples, on signals and on digits?

Six models, from 100 to 32,000 signals of MNIST-1D and from 30 to 1,100 handwritten digits.
`python -m examples.learning_curves cnn --n 300` trains one on signals.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from examples import mnist1d
from examples.recorder import PlainRun, Run
from examples.settings import Settings, settings_of, winners

MODELS = ("logreg", "forest", "svm", "knn", "mlp", "cnn")
"""Two that draw lines or ask questions, two that compare with what they keep, two networks."""
MANY = 4000
"""Above this many signals networks take twice as many steps."""
STEPS = 1000
"""Updates of a network's weights, whatever the number of examples up to `MANY`."""


# --8<-- [start:measure]
def measure(run: Run, name: str) -> None:
    """Train the model called *name* on `run.config["n"]` fresh signals and record how well it does.

    Every seed draws its own signals, and all models of a seed see the same ones.
    """
    n = run.config["n"]
    data = mnist1d.load(run.seed, n)
    score(run, name, settings_of(name, n), (data.x_train, data.y_train), (data.x_test, data.y_test), steps=steps_for(n))


def steps_for(n: int) -> int:
    """Say how many updates a network takes: the same up to 4,000 signals, twice as many beyond."""
    return STEPS if n <= MANY else 2 * STEPS


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
    run.summary["train_acc"] = share(names(train[0]), train[1])
    run.summary["n_train"] = len(train[0])
    run.summary["n_test"] = len(test[0])


def share(said: np.ndarray, true: np.ndarray) -> float:
    """Return the share of right answers, between 0 and 1."""
    return float((said == true).mean())


# --8<-- [end:measure]


# --8<-- [start:fitted]
def fitted(
    name: str,
    settings: Settings,
    seed: int,
    train: tuple[np.ndarray, np.ndarray],
    *,
    steps: int = STEPS,
    device: str = "cpu",
) -> Any:
    """Train a model and return the function that names the class of examples.

    Args:
        name: One of `MODELS`; the networks know signals (40 values) from digits (64) by the width.
        settings: Its hyper-parameters.
        seed: Decides whatever the model leaves to chance.
        train: Examples, shape `(n, width)`, and their classes, shape `(n,)`.
        steps: Updates of a network's weights.
        device: Where a network trains.
    """
    if name in mnist1d.CLASSICAL:
        return mnist1d.build(name, settings, seed).fit(*train).predict
    import torch  # noqa: PLC0415 - classical models do not wait for torch

    from examples import training  # noqa: PLC0415

    torch.manual_seed(seed)
    model = network(name, train[0].shape[1], settings).to(device)
    learning = {"learning_rate": settings["learning_rate"], "weight_decay": settings["weight_decay"]}
    training.fit(model, *training.tensors(*train, device), seed=seed, steps=steps, **learning)

    def names(x: np.ndarray) -> np.ndarray:
        inputs = torch.as_tensor(x, dtype=torch.float32, device=device)
        return np.asarray(training.scores(model, inputs).argmax(1).cpu().numpy())

    return names


# --8<-- [end:fitted]


# --8<-- [start:networks]
def network(name: str, width: int, settings: Settings) -> Any:
    """Make an untrained network for signals or digits: one hidden layer, or three layers of filters."""
    from torch import nn  # noqa: PLC0415

    if name == "mlp":
        hidden = settings["hidden"]
        return nn.Sequential(
            nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(settings["dropout"]), nn.Linear(hidden, 10)
        )
    if width == 40:
        from examples import networks  # noqa: PLC0415

        return networks.cnn(settings)
    channels = settings["channels"]
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, channels, kernel_size=3, padding=1), nn.ReLU(),
        nn.Conv2d(channels, channels, kernel_size=3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(channels, channels, kernel_size=3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Dropout(settings["dropout"]), nn.Linear(4 * channels, 10),
    )  # fmt: skip


# --8<-- [end:networks]


# --8<-- [start:digits]
RESERVED = 297
"""Digits that serve the search for settings and nothing else."""
PART = 300
"""Digits of one seed when few are learnt from: five seeds share none."""
ALL = 1100
"""Digits to learn from where nearly all are used; the other 400 are the test."""


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return all 1,797 digits in one fixed random order: pixels from 0 to 1, shape `(1797, 64)`, and classes.

    Source:
        E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998),
        https://doi.org/10.24432/C50P49; the part of it that comes with scikit-learn.
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    return x[order] / 16, y[order]


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
        score(one, name, winners()[f"{name}-digits"], (x[learnt], y[learnt]), (x[third], y[third]))
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
    score(run, name, winners()[f"{name}-digits"], (x[learnt], y[learnt]), (x[asked], y[asked]))


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
    for name, value in run.summary.items():
        print(f"{name:12} {value:.4g}" if isinstance(value, float) else f"{name:12} {value:,}")


if __name__ == "__main__":
    main()

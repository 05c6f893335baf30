"""Learning on: networks learn the digits 0 to 4, then 5 to 9, and are asked what is left of the first.

Controls: the same network with a few old digits to rehearse, with all digits at once, and going on with more digits of
the kinds it knows.  Naive Bayes and nearest neighbours learn in the same two stages.

Source:
    M. McCloskey and N. J. Cohen, Catastrophic interference in connectionist networks, Psychology of Learning and
    Motivation 24 (1989), https://doi.org/10.1016/S0079-7421(08)60536-8.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from examples import digits
from examples.recorder import Run

STEPS = 200
"""Updates of a network in each of the two stages; learning all at once gets as many as both together."""
BATCH = 50
"""Digits per update."""
KEPT = 50
"""Old digits that a network may keep to rehearse."""


# --8<-- [start:data]
@dataclass(frozen=True)
class Stages:
    """Digits in the order in which a model meets them."""

    first: np.ndarray
    """Which of the training digits come first: 0 to 4, or one half of all; true or false, shape `(n,)`."""
    x: np.ndarray
    """Training digits, pixels between 0 and 1, shape `(n, 64)`."""
    y: np.ndarray
    old: np.ndarray
    """Which of the test digits ask about the first stage."""
    x_test: np.ndarray
    y_test: np.ndarray


def load(seed: int, *, mixed: bool = False) -> Stages:
    """Split the digits anew for each seed, and put them into two stages.

    Args:
        seed: Decides the split.
        mixed: Both stages hold all ten digits, half of the pictures each; then every test digit asks about the first.
    """
    d = digits.load(seed)
    first = np.arange(len(d.y_train)) % 2 == 0 if mixed else d.y_train < 5
    old = np.ones(len(d.y_test), bool) if mixed else d.y_test < 5
    return Stages(first, d.x_train, d.y_train, old, d.x_test, d.y_test)


# --8<-- [end:data]


# --8<-- [start:train]
def train_network(run: Run, kind: str, *, kept: int = 0, mixed: bool = False) -> None:
    """Measure a network that learns in two stages.

    Args:
        run: Records the accuracy on old and new test digits along the way.
        kind: `mlp` or `cnn`.
        kept: Old digits to rehearse in the second stage; they make up half of what it sees.
        mixed: The second stage brings more of the same ten digits in place of new ones.
    """
    from examples.digitnets import network  # noqa: PLC0415 - classical models do not wait for torch
    from examples.training import fit, scores, tensors  # noqa: PLC0415

    data = load(run.seed, mixed=mixed)
    model = network(kind, run.seed)
    x, y = tensors(data.x, data.y)
    x_test, _ = tensors(data.x_test, data.y_test)
    steps = run.config.get("steps", STEPS)
    chance = np.random.default_rng(run.seed)

    def shares() -> dict[str, float]:
        named = scores(model, x_test).argmax(1).numpy() == data.y_test
        news = {} if mixed else {"new_acc": float(named[~data.old].mean())}
        return {"old_acc": float(named[data.old].mean()), **news}

    def learn(chosen: np.ndarray, since: int) -> None:
        fit(
            model, x[chosen], y[chosen],
            seed=run.seed + since, steps=steps, batch=BATCH, learning_rate=0.003,
            watch=lambda step, _: run.log(shares(), step=since + step), every=max(1, steps // 10),
        )  # fmt: skip

    first, second = np.flatnonzero(data.first), np.flatnonzero(~data.first)
    with run.timer("train_s"):
        learn(first, 0)
        before = shares()["old_acc"]
        if kept:
            rehearsed = chance.choice(first, kept, replace=False)
            second = np.concatenate([second, np.resize(rehearsed, len(second))])
        learn(second, steps)
    run.summary["before_acc"] = before
    weights = [parameter.clone() for parameter in model.parameters()]
    answers = scores(model, x_test)
    run.summary["n_moved"] = sum(int((a != b).sum()) for a, b in zip(weights, model.parameters(), strict=True))
    if not mixed:
        # Asked which of the five old digits it is, a network need not rule out the new ones.
        among = answers[:, :5].argmax(1).numpy()[data.old] == data.y_test[data.old]
        run.summary["among_old_acc"] = float(among.mean())
    close(run, data, answers.argmax(1).numpy(), scores(model, x).argmax(1).numpy())


# --8<-- [end:train]


def close(run: Run, data: Stages, named: np.ndarray, named_train: np.ndarray) -> None:
    """Record how a model ends, on old, new and all test digits, beside the training digits."""
    right = named == data.y_test
    run.summary["old_acc"] = float(right[data.old].mean())
    # A network may name none of the old digits whatever the seed; then the digits alone say how sure that is.
    run.correct(right[data.old].tolist())
    if not data.old.all():
        run.summary["new_acc"] = float(right[~data.old].mean())
    run.summary["test_acc"] = float(right.mean())
    run.summary["train_acc"] = float(np.mean(named_train == data.y))
    run.summary["n_train"], run.summary["n_test"] = len(data.x), len(data.x_test)


# --8<-- [start:joint]
def train_joint(run: Run, kind: str) -> None:
    """Measure the same network when it meets all ten digits together, with as many updates as both stages have."""
    from examples.digitnets import network  # noqa: PLC0415
    from examples.training import fit, scores, tensors  # noqa: PLC0415

    data = load(run.seed)
    model = network(kind, run.seed)
    x, y = tensors(data.x, data.y)
    with run.timer("train_s"):
        fit(model, x, y, seed=run.seed, steps=2 * run.config.get("steps", STEPS), batch=BATCH, learning_rate=0.003)
    x_test, _ = tensors(data.x_test, data.y_test)
    close(run, data, scores(model, x_test).argmax(1).numpy(), scores(model, x).argmax(1).numpy())


# --8<-- [end:joint]


# --8<-- [start:classical]
def train_classical(run: Run, name: str) -> None:
    """Measure a classical model in the same two stages.

    Naive Bayes (`bayes`) keeps a mean and a spread per pixel and digit, so new digits leave the old ones alone;
    three nearest neighbours (`neighbours`) keep every picture; a linear model (`linear`) is pulled about.
    """
    from sklearn.linear_model import SGDClassifier  # noqa: PLC0415
    from sklearn.naive_bayes import GaussianNB  # noqa: PLC0415
    from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415

    data = load(run.seed)
    x, y, first = data.x, data.y, data.first
    model: Any = {
        "bayes": lambda: GaussianNB(var_smoothing=0.03),
        "linear": lambda: SGDClassifier(random_state=run.seed),
        "neighbours": lambda: KNeighborsClassifier(3),
    }[name]()
    # Naive Bayes knows of ten digits before it has seen five of them, whose share is still 0: that logarithm is meant.
    with run.timer("train_s"), np.errstate(divide="ignore"):
        for stage in (first, ~first):
            if name == "neighbours":
                model.fit(x[stage | first], y[stage | first])
            # The linear model passes over its digits twenty times; naive Bayes has counted them after one pass.
            for _ in range({"bayes": 1, "linear": 20, "neighbours": 0}[name]):
                model.partial_fit(x[stage], y[stage], classes=np.arange(10))
            if stage is first:
                run.summary["before_acc"] = float(model.score(data.x_test[data.old], data.y_test[data.old]))
    close(run, data, model.predict(data.x_test), model.predict(x))


# --8<-- [end:classical]

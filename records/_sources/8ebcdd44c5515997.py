"""Transfer: learn three new shapes from a handful of pictures, after training on five others or from nothing."""

from __future__ import annotations

import copy
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from examples import shapes, trials
from examples.recorder import Run
from examples.training import accuracy, count, fit, scores, tensors
from examples.trials import Settings

OLD = ("disc", "square", "cross", "moon", "bars")
"""Shapes that the network is trained on first, with plenty of pictures."""
NEW = ("ring", "triangle", "star")
"""Shapes that it must then learn from few."""
N_OLD = 2500
N_TEST = 900
STEPS_OLD = 500
"""Updates of the first training."""
STEPS = 150
"""Updates with the new pictures, from nothing or from trained weights alike."""
BATCH = 32

# --8<-- [start:settings]
CANDIDATES: Mapping[str, Sequence[Settings]] = {
    "scratch": [{"learning_rate": r} for r in (0.001, 0.003, 0.01, 0.03)],
    "tuned": [{"learning_rate": r} for r in (0.0003, 0.001, 0.003, 0.01)],
    "frozen": [{"C": c} for c in (0.03, 0.3, 3.0, 30.0)],
    "random": [{"C": c} for c in (0.03, 0.3, 3.0, 30.0)],
    "svm": [{"C": c, "gamma": g} for c in (1.0, 10.0) for g in (0.0003, 0.003)],
}
"""Four trials for each way of learning, with 20 pictures of each new shape, written down before any was tried."""
# --8<-- [end:settings]

# The winners of `search`, copied here so that no page searches again for each seed.
SETTINGS: Mapping[str, Settings] = {
    "scratch": {"learning_rate": 0.03},
    "tuned": {"learning_rate": 0.001},
    "frozen": {"C": 0.03},
    "random": {"C": 0.3},
    "svm": {"C": 10.0, "gamma": 0.003},
}


# --8<-- [start:network]
def network(classes: int, seed: int) -> nn.Module:
    """Make three layers of filters, then one layer that weighs what they found; only that layer knows the classes."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Unflatten(1, (1, shapes.SIZE)),
        nn.Conv2d(1, 8, 5, stride=2, padding=2), nn.BatchNorm2d(8), nn.ReLU(),
        nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(),
        nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(128, classes),
    )  # fmt: skip


# --8<-- [end:network]


def pictures(seed: int, kinds: tuple[str, ...], n: int, part: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw pictures of their own for each seed and part (0 old, 1 new, 2 test).

    Returns:
        Grey values around zero, shape `(n, 24, 24)`, and classes, shape `(n,)`.
    """
    drawn = shapes.draw(n, np.random.default_rng([11, seed, part]), kinds=kinds)
    return (drawn.x - 0.5) * 4, drawn.y


# --8<-- [start:pretrain]
def pretrain(seed: int, *, n: int = N_OLD, steps: int = STEPS_OLD) -> nn.Module:
    """Train a network on the old shapes."""
    x, y = pictures(seed, OLD, n, 0)
    model = network(len(OLD), seed)
    return fit(model, *tensors(x, y), seed=seed, steps=steps, batch=BATCH, learning_rate=0.01, weight_decay=0.01)


def measure_pretraining(run: Any) -> None:
    """Train on the old shapes and keep the weights for the runs that start from them."""
    with run.timer("train_s"):
        n, steps = run.config.get("n", N_OLD), run.config.get("steps", STEPS_OLD)
        model = pretrain(run.seed, n=n, steps=steps)
    run.summary["train_acc"] = accuracy(model, *tensors(*pictures(run.seed, OLD, n, 0)))
    run.summary["test_acc"] = accuracy(model, *tensors(*pictures(run.seed, OLD, N_TEST, 2)))
    run.summary["n_train"], run.summary["n_test"], run.summary["n_params"] = n, N_TEST, count(model)
    run.summary["n_classes"] = len(OLD)
    run.save("weights.npz", {name: value.numpy() for name, value in model.state_dict().items()})


def trained(weights: Mapping[str, np.ndarray]) -> nn.Module:
    """Make the network that has the given weights."""
    model = network(len(OLD), 0)
    model.load_state_dict({name: torch.as_tensor(value) for name, value in weights.items()})
    return model.eval()


def upstream(run: Any) -> nn.Module:
    """Read the network that was trained on the old shapes with this run's seed."""
    with np.load(io.BytesIO(run.inputs["transfer-pretrain"].open("weights.npz").read())) as weights:
        return trained(dict(weights))


# --8<-- [end:pretrain]


# --8<-- [start:ways]
def learn(
    way: str, x: np.ndarray, y: np.ndarray, *, seed: int, settings: Settings, old: nn.Module | None = None
) -> Any:
    """Learn the new shapes from `x`, shape `(n, 24, 24)`, and classes `y`.

    Args:
        way: `scratch` trains a new network; `tuned` goes on with the trained one, all of it, with a new last layer;
            `frozen` leaves its filters alone and fits logistic regression to what they say; `random` does the same with
            filters that were never trained; `svm` looks at pixels.
        x: Pictures.
        y: Classes.
        seed: Decides first weights and order.
        settings: One of the candidates.
        old: The trained network, for the ways that start from it.

    Returns:
        A function that names pictures.
    """
    if way == "svm":
        from sklearn.svm import SVC  # noqa: PLC0415 - a run loads only what it trains

        machine = SVC(**settings).fit(x.reshape(len(x), -1), y)
        return lambda new: machine.predict(new.reshape(len(new), -1))
    if way in ("frozen", "random"):
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
        from sklearn.pipeline import make_pipeline  # noqa: PLC0415
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

        filters = (old if way == "frozen" else unlearnt(seed))[:-1]
        head = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, **settings)).fit(said(filters, x), y)
        return lambda new: head.predict(said(filters, new))
    model = network(len(NEW), seed)
    if way == "tuned":
        model = nn.Sequential(*old[:-1], model[-1])
    rate = settings["learning_rate"]
    fit(model, *tensors(x, y), seed=seed, steps=STEPS, batch=BATCH, learning_rate=rate, weight_decay=0.01)
    return lambda new: said(model, new).argmax(axis=1)


def unlearnt(seed: int) -> nn.Module:
    """Make a network whose filters stay as chance made them; it only sees how bright and varied pictures are."""
    model = network(len(OLD), seed).train()
    x, _ = pictures(seed, OLD, 500, 0)
    with torch.no_grad():
        for _ in range(20):  # sets the averages that normalisation subtracts; no weight is touched
            model(torch.as_tensor(x))
    return model.eval()


def said(model: nn.Module, x: np.ndarray) -> np.ndarray:
    """Return what a network, or the filters of one, says to pictures: shape `(n, outputs)`."""
    return scores(model, torch.as_tensor(x, dtype=torch.float32)).numpy()


# --8<-- [end:ways]


# --8<-- [start:measure]
def measure(run: Any, way: str) -> None:
    """Learn three new shapes in one way from `k` pictures each, and name new ones."""
    k = run.config.get("k", 20)
    x, y = pictures(run.seed, NEW, len(NEW) * k, 1)
    x_test, y_test = pictures(run.seed, NEW, run.config.get("n_test", N_TEST), 2)
    old = upstream(run) if way in ("tuned", "frozen") else None
    with run.timer("train_s"):
        names = learn(way, x, y, seed=run.seed, settings=SETTINGS[way], old=old)
    run.summary["test_acc"] = float((names(x_test) == y_test).mean())
    run.summary["train_acc"] = float((names(x) == y).mean())
    run.summary["n_train"], run.summary["n_test"], run.summary["n_classes"] = len(x), len(x_test), len(NEW)


# --8<-- [end:measure]


def search(run: Run) -> None:
    """Try the four candidates of one way, on pictures of their own, and say which is best and whether it is in use."""
    way = run.config["model"]
    x, y = pictures(1000, NEW, 60, 1)
    x_valid, y_valid = pictures(1000, NEW, N_TEST, 2)
    with run.timer("search_s"):
        old = pretrain(1000, steps=run.config.get("steps", STEPS_OLD)) if way in ("tuned", "frozen") else None

    def score(settings: Settings) -> float:
        # Going on with training changes the network, so each trial begins with a copy.
        names = learn(way, x, y, seed=1000, settings=settings, old=copy.deepcopy(old))
        return float((names(x_valid) == y_valid).mean())

    trials.search(run, CANDIDATES[way], score, SETTINGS[way])


# --8<-- [start:draw]
def draw(run: Any) -> None:
    """Keep one picture of each old and each new shape."""
    found, labels = [], []
    for part, (kinds, age) in enumerate(((OLD, "old"), (NEW, "new"))):
        drawn = shapes.draw(60, np.random.default_rng([11, 2000, part]), kinds=kinds)
        for number, kind in enumerate(kinds):
            found.append(np.clip(drawn.x[drawn.y == number][0], 0, 1))
            labels.append(f"{kind} ({age})")
    run.images("shape", np.array(found), labels)
    run.summary["n_train"], run.summary["n_test"] = N_OLD, N_TEST


# --8<-- [end:draw]

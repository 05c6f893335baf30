"""Noisy labels: wrong answers among the training digits, and which models learn them by heart.

Some training digits get a wrong label on purpose; the test digits keep their true ones.  So memory and insight
come apart: whoever repeats a wrong label has memorised it, whoever names test digits has understood something.

Source:
    C. Zhang et al., Understanding deep learning requires rethinking generalization, ICLR 2017,
    https://arxiv.org/abs/1611.03530, trained networks on random labels; this is the small and partial case of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from examples import digits
from examples.recorder import Run
from examples.trials import told

N_TRAIN = 600
"""Digits to learn from."""
BATCH = 50
"""Digits per update of a network, so an epoch of 600 digits is twelve updates."""
EPOCHS = {"mlp-short": 10, "mlp-long": 100, "cnn-short": 8, "cnn-long": 50}
"""How often a network sees every training digit; short is about a hundred updates."""
POINTS = 20
"""Points of a learning curve."""
TRIES = 6
"""Settings that every family may try where it may choose."""


# --8<-- [start:data]
@dataclass(frozen=True)
class Noisy:
    """One split of the digits whose training and validation labels are partly wrong."""

    x_train: np.ndarray
    """Pixels between 0 and 1, shape `(600, 64)`."""
    given: np.ndarray
    """The labels to learn from, shape `(600,)`."""
    true: np.ndarray
    """What the training digits really show; no model sees it."""
    x_valid: np.ndarray
    y_valid: np.ndarray
    """Labels of the digits for choices, as often wrong as those for training: who has wrong labels has them everywhere."""  # noqa: E501
    x_test: np.ndarray
    y_test: np.ndarray
    """True labels of the test digits."""


def corrupt(labels: np.ndarray, wrong: int, chance: np.random.Generator) -> np.ndarray:
    """Replace a share of the labels by one of the nine other digits.

    Args:
        labels: Digits 0 to 9, shape `(n,)`.
        wrong: Per cent of the labels to replace.
        chance: Decides which ones and by what; with the same state, fewer wrong labels are a part of more.
    """
    order, shift = chance.permutation(len(labels)), chance.integers(1, 10, len(labels))
    chosen = order[: round(len(labels) * wrong / 100)]
    spoilt = labels.copy()
    spoilt[chosen] = (labels[chosen] + shift[chosen]) % 10
    return spoilt


def load(seed: int, wrong: int, n: int = N_TRAIN) -> Noisy:
    """Split the digits anew for each seed and spoil *wrong* per cent of the training and validation labels."""
    data, chance = digits.load(seed, n), np.random.default_rng(seed)
    given, checked = (corrupt(labels, wrong, chance) for labels in (data.y_train, data.y_valid))
    return Noisy(data.x_train, given, data.y_train, data.x_valid, checked, data.x_test, data.y_test)


# --8<-- [end:data]


# --8<-- [start:report]
Names = Callable[[np.ndarray], np.ndarray]
"""Names the digits in pictures: `(n, 64)` to `(n,)`."""


def report(run: Run, data: Noisy, name: Names) -> None:
    """Record how a trained model does on what it was given, on the wrong labels alone, and on test digits."""
    named = name(data.x_train)
    spoilt = data.given != data.true
    run.summary["train_acc"] = float(np.mean(named == data.given))
    # An exact count beside the share: it can be checked although every seed may give the same.
    run.summary["n_resisted"] = int(np.sum(named != data.given))
    if spoilt.any():
        run.summary["memorised"] = float(np.mean(named[spoilt] == data.given[spoilt]))
    run.summary["test_acc"] = float(np.mean(name(data.x_test) == data.y_test))
    run.summary["n_train"] = len(data.x_train)
    run.summary["n_test"] = len(data.x_test)


# --8<-- [end:report]


# --8<-- [start:classical]
def classical(name: str, seed: int, **settings: Any) -> Any:
    """Make the untrained classical model called *name*, in settings that are usual for clean labels."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415 - a run loads only what it trains
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415
    from sklearn.svm import SVC  # noqa: PLC0415
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415

    makers: Mapping[str, Callable[[], Any]] = {
        "tree": lambda: DecisionTreeClassifier(random_state=seed, **settings),
        "tree-depth8": lambda: DecisionTreeClassifier(max_depth=8, random_state=seed),
        "forest": lambda: RandomForestClassifier(50, random_state=seed, **settings),
        "logreg": lambda: LogisticRegression(C=0.1, max_iter=500),
        "svm": lambda: SVC(**settings),
        "knn": lambda: KNeighborsClassifier(**settings),
        "1nn": lambda: KNeighborsClassifier(1),
        "15nn": lambda: KNeighborsClassifier(15),
    }
    return makers[name]()


def train_classical(run: Run, name: str) -> None:
    """Measure a classical model on labels of which `wrong` per cent are wrong."""
    data = load(run.seed, run.config["wrong"], run.config.get("n", N_TRAIN))
    model = classical(name, run.seed)
    with run.timer("train_s"):
        model.fit(data.x_train, data.given)
    report(run, data, model.predict)


# --8<-- [end:classical]


# --8<-- [start:tuned]
CHOICES: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "tree": [{"ccp_alpha": a} for a in (0.0, 0.001, 0.002, 0.004, 0.007, 0.012)],
    "forest": [{"min_samples_leaf": n} for n in (1, 2, 4, 8, 12, 20)],
    "svm": [{"C": c, "gamma": g} for c in (0.3, 1.0, 3.0) for g in (0.03, 0.1)],
    "knn": [{"n_neighbors": k} for k in (1, 5, 10, 15, 25, 40)],
}
"""Six settings for each model that may choose, as many as the grid of networks has cells."""


def train_tuned(run: Run, name: str) -> None:
    """Try six settings, keep the one that agrees best with the validation labels, and measure it."""
    data = load(run.seed, run.config["wrong"], run.config.get("n", N_TRAIN))
    with run.timer("train_s"):
        models = [classical(name, run.seed, **one).fit(data.x_train, data.given) for one in CHOICES[name]]
        agreement = [float(model.score(data.x_valid, data.y_valid)) for model in models]
    best = int(np.argmax(agreement))
    report(run, data, models[best].predict)
    run.summary["val_acc"] = agreement[best]
    run.summary["trials"] = len(models)
    print("chosen:", told(CHOICES[name][best]))


# --8<-- [end:tuned]


# --8<-- [start:networks]
def train_network(run: Run, name: str) -> None:
    """Measure a network trained for few or many epochs: `mlp-short`, `mlp-long`, `cnn-short`, `cnn-long`."""
    learn(run, name.split("-")[0], EPOCHS[name])  # noqa: PLC0207 - a name has one hyphen


def train_regularised(run: Run) -> None:
    """Measure one cell of the grid: an MLP with the `dropout` and the weight `decay` of the run."""
    learn(run, "mlp", EPOCHS["mlp-long"], dropout=run.config["dropout"], decay=run.config["decay"])


def learn(run: Run, kind: str, epochs: int, *, dropout: float = 0.0, decay: float = 0.0) -> None:
    """Train a network, with its test accuracy and the wrong labels it repeats along the way.

    The curves only watch: nothing stops the training, and its last state is the one that counts.
    """
    import torch  # noqa: PLC0415 - classical models do not wait for torch

    from examples.digitnets import network  # noqa: PLC0415
    from examples.training import count, fit, scores, tensors  # noqa: PLC0415

    data = load(run.seed, run.config["wrong"], run.config.get("n", N_TRAIN))
    model = network(kind, run.seed, dropout)
    x, y = tensors(data.x_train, data.given)
    spoilt = data.given != data.true
    steps = max(1, run.config.get("epochs", epochs) * len(x) // BATCH)

    def name(pictures: np.ndarray) -> np.ndarray:
        named: np.ndarray = scores(model, torch.as_tensor(pictures, dtype=torch.float32)).argmax(1).numpy()
        return named

    def watch(step: int, loss: float) -> None:
        point = {"loss": loss, "test_curve": float(np.mean(name(data.x_test) == data.y_test))}
        if spoilt.any():
            point["memory_curve"] = float(np.mean(name(data.x_train[spoilt]) == data.given[spoilt]))
        run.log(point, step=round(step * BATCH / len(x)))

    with run.timer("train_s"):
        fit(
            model, x, y,
            seed=run.seed, steps=steps, batch=BATCH, learning_rate=0.003, weight_decay=decay,
            watch=watch, every=max(1, steps // POINTS),
        )  # fmt: skip
    report(run, data, name)
    run.summary["val_acc"] = float(np.mean(name(data.x_valid) == data.y_valid))
    run.summary["n_params"] = count(model)


# --8<-- [end:networks]


# --8<-- [start:choose]
def choose(run: Run, grid: Sequence[Any]) -> None:
    """Keep, of the networks in the grid with this seed, the one that agrees best with the validation labels.

    Args:
        run: Records how the chosen one does.
        grid: Results of the grid, one per cell and seed, each with its `seed`, `params` and `summary`.
    """
    cells = [cell for cell in grid if cell.seed == run.seed]
    best = max(cells, key=lambda cell: cell.summary["val_acc"])
    for metric in ("test_acc", "train_acc", "memorised", "val_acc", "n_train", "n_test", "n_params"):
        run.summary[metric] = best.summary[metric]
    run.summary["trials"] = len(cells)
    print("chosen:", told(best.params))


# --8<-- [end:choose]

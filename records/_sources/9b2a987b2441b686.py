"""Interpretability: score explanations of models where the truth is known, because we planted it.

Three questions, each with data whose answer nobody has to guess: which columns cause the outcome, whether two fits
tell the same story, and where in a picture the evidence lies.  Try one: `python -m examples.interpret cause`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier, export_text

from examples import recorder, shapes
from examples.recorder import PlainRun

Answer = Callable[[np.ndarray], np.ndarray]
"""A model as a function from rows, shape `(n, columns)`, to the probability of class 1, shape `(n,)`."""

CAUSES = np.array([3.0, -2.0, 1.5, 1.0, -0.75, 0.0, 0.0, 0.0, 0.0, 0.0])
"""The planted weight of each of ten columns; five columns have nothing to do with the outcome."""
N_CAUSES = 2000
"""Rows to learn the planted weights from, and as many to be tested on."""

N_HALF = 500
"""Rows of each of the two samples, where rows are drawn."""
N_CANCER = 200
"""Rows of each of the two samples of the real table; the rest is for testing."""
MAX_LEAVES = 8
"""Leaves of a tree that a person can still read."""
STEPS = 300
"""Updates of a network on rows."""
REPEATS = 2
"""How often each column is shuffled."""


class Run(recorder.Run, Protocol):
    """The part of `mkdocs_dlplugin.run` that showing pictures takes."""

    def images(self, name: str, array: np.ndarray, labels: Sequence[str] | None = None) -> None:
        """Keep arrays as pictures."""


# --8<-- [start:models]
HIDDEN = {"shallow": 1, "mlp": 2}
"""Hidden layers of the networks."""


@dataclass(frozen=True)
class Fitted:
    """A model that has learnt, and what can be read from it."""

    answer: Answer
    importance: Callable[[np.ndarray], np.ndarray]
    """Its own account: from rows, shape `(n, columns)`, how much each column counts, shape `(columns,)`."""


def fit(model: str, x: np.ndarray, y: np.ndarray, seed: int) -> Fitted:
    """Fit a model to rows, shape `(n, columns)`, and classes 0 and 1, shape `(n,)`.

    Its own account of the columns is what people usually read: the size of the weights of logistic regression, the
    impurity that a tree or forest removes with a column, and for a network the size of gradient times input.
    """
    if model in HIDDEN:
        net, answer = network(x, y, seed, HIDDEN[model])
        return Fitted(answer, lambda rows: np.asarray(np.abs(slopes(net, rows) * rows).mean(0)))
    made = {
        "logreg": LogisticRegression(max_iter=1000),
        "tree": DecisionTreeClassifier(max_leaf_nodes=MAX_LEAVES, random_state=seed),
        "forest": RandomForestClassifier(60, random_state=seed),
    }[model].fit(x, y)
    told = np.abs(made.coef_[0]) if model == "logreg" else made.feature_importances_
    return Fitted(lambda rows: made.predict_proba(rows)[:, 1], lambda _: told)


def network(x: np.ndarray, y: np.ndarray, seed: int, hidden: int = 2) -> tuple[Any, Answer]:
    """Fit a network with hidden layers of 64 units; return it and what it answers."""
    import torch  # noqa: PLC0415 - classical models do not wait for torch

    from examples import training  # noqa: PLC0415

    net = small_network(x.shape[1], seed, hidden)
    training.fit(net, *training.tensors(x, y), seed=seed, steps=STEPS, learning_rate=0.003, weight_decay=0.01)

    def answer(rows: np.ndarray) -> np.ndarray:
        said: np.ndarray = training.scores(net, torch.as_tensor(rows, dtype=torch.float32)).softmax(1)[:, 1].numpy()
        return said

    return net, answer


def small_network(columns: int, seed: int, hidden: int = 2) -> Any:
    """Make the untrained network; the seed decides its first weights."""
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    torch.manual_seed(seed)
    layers: list[Any] = [nn.Linear(columns, 64), nn.ReLU()]
    for _ in range(hidden - 1):
        layers += [nn.Linear(64, 64), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(64, 2))


def slopes(net: Any, rows: np.ndarray) -> np.ndarray:
    """Return how fast the score of class 1 over class 0 rises with each column at each row, shape `(n, columns)`."""
    import torch  # noqa: PLC0415

    x = torch.as_tensor(rows, dtype=torch.float32).requires_grad_()
    said = net(x)
    (said[:, 1] - said[:, 0]).sum().backward()
    return np.asarray(x.grad.numpy())


def accuracy(answer: Answer, x: np.ndarray, y: np.ndarray) -> float:
    """Return the share of rows whose class is named."""
    return float(((answer(x) > 0.5) == y).mean())


def shuffled_loss(answer: Answer, x: np.ndarray, y: np.ndarray, seed: int) -> np.ndarray:
    """Ask any model which columns it uses: shuffle one at a time and see how much worse its answers get.

    Returns:
        Rise of the mean squared error of the probability, shape `(columns,)`; about 0 for a column that is not used.

    Source:
        Breiman (2001), Random forests, Machine Learning 45; there with accuracy in place of the squared error.
    """
    chance = np.random.default_rng(seed)
    before = ((answer(x) - y) ** 2).mean()
    rise = np.zeros(x.shape[1])
    for column in range(x.shape[1]):
        for _ in range(REPEATS):
            broken = x.copy()
            broken[:, column] = chance.permutation(broken[:, column])
            rise[column] += (((answer(broken) - y) ** 2).mean() - before) / REPEATS
    return rise


# --8<-- [end:models]


# --8<-- [start:cause]
def planted(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows whose outcome follows the planted weights.

    Returns:
        Independent columns with mean 0 and spread 1, shape `(n, 10)`, and classes drawn with the probability that the
        weighted sum stands for, shape `(n,)`.
    """
    chance = np.random.default_rng(seed)
    x = chance.normal(size=(n, len(CAUSES)))
    return x, (chance.random(n) < 1 / (1 + np.exp(-x @ CAUSES))).astype(int)


def ordered(told: np.ndarray, truth: np.ndarray) -> float:
    """Return the share of pairs of columns, among those that truly differ, that *told* puts in the right order.

    1 is a perfect ranking, 0.5 is chance.  Columns with the same true weight have no right order and do not count.
    """
    first, second = np.triu_indices(len(truth), 1)
    true, said = truth[first] - truth[second], told[first] - told[second]
    differs = true != 0
    return float((np.sign(true) == np.sign(said))[differs].mean())


def cause(run: Run, model: str) -> None:
    """Fit a model to rows with planted weights and ask it for the weights.

    Records how well each reading orders the columns: ``own_right`` its own account, ``shuffled_right`` by shuffling
    columns and, for the network, ``entrance_right``, by the size of the weights at its entrance.  ``coef_corr`` is
    the correlation of signed weights (for the network: mean slopes) with the planted ones.
    """
    n = run.config.get("n", N_CAUSES)
    x, y = planted(run.seed, 2 * n)
    x, x_test, y, y_test = x[:n], x[n:], y[:n], y[n:]
    truth = np.abs(CAUSES)
    if model == "logreg":
        fitted = LogisticRegression(max_iter=1000).fit(x, y)
        answer, signed = lambda rows: fitted.predict_proba(rows)[:, 1], fitted.coef_[0]
        own = np.abs(signed)
    else:
        net, answer = network(x, y, run.seed)
        signed = slopes(net, x_test).mean(0)
        own = np.abs(slopes(net, x_test) * x_test).mean(0)
        entrance = net[0].weight.detach().norm(dim=0).numpy()
        run.summary["entrance_right"] = ordered(entrance, truth)
    run.summary["coef_corr"] = float(np.corrcoef(signed, CAUSES)[0, 1])
    run.summary["own_right"] = ordered(own, truth)
    run.summary["shuffled_right"] = ordered(shuffled_loss(answer, x_test, y_test, run.seed), truth)
    run.summary["test_acc"] = accuracy(answer, x_test, y_test)
    run.summary["train_acc"] = accuracy(answer, x, y)
    run.summary["best_possible"] = float(((x_test @ CAUSES > 0) == y_test).mean())
    run.summary["n_train"] = len(x)
    run.summary["n_test"] = len(x_test)


# --8<-- [end:cause]


# --8<-- [start:agree]
def related(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw rows whose columns come in five families of four that resemble each other, as in most real tables.

    One column of each family decides; its relatives know nearly as much.

    Returns:
        Columns with mean 0 and spread 1, correlated by 0.8 inside a family, shape `(n, 20)`, and classes 0 and 1,
        shape `(n,)`.
    """
    chance = np.random.default_rng(seed)
    shared = np.repeat(chance.normal(size=(n, 5)), 4, axis=1)
    x = np.sqrt(0.8) * shared + np.sqrt(0.2) * chance.normal(size=(n, 20))
    push = x[:, ::4] @ np.array([2.0, -1.5, 1.0, -0.75, 0.5])
    return x, (chance.random(n) < 1 / (1 + np.exp(-push))).astype(int)


def two_samples(table: str, seed: int, n: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return two samples without a common row, and a third one for testing.

    Args:
        table: `made` draws them anew; `cancer` splits the 569 rows of the real table anew.
        seed: Decides.
        n: Rows of each made sample.
    """
    if table == "made":
        x, y = related(seed, 3 * n)
        return [(x[:n], y[:n]), (x[n : 2 * n], y[n : 2 * n]), (x[2 * n :], y[2 * n :])]
    x, y = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    x, x_test, y, y_test = train_test_split(x, y, train_size=2 * N_CANCER, stratify=y, random_state=seed)
    x, x_other, y, y_other = train_test_split(x, y, train_size=N_CANCER, stratify=y, random_state=seed)
    return [(x, y), (x_other, y_other), (x_test, y_test)]


def agree(run: Run, model: str, table: str) -> None:
    """Fit the same model to two samples of the same world and compare what the two say about the columns.

    Records ``agreement`` of their own accounts and ``agreement_shuffled`` of the answers to shuffled columns, both as
    rank correlation: 1 is the same order, 0 is none in common.
    """
    from scipy.stats import spearmanr  # noqa: PLC0415

    one, other, (x_test, y_test) = two_samples(table, run.seed, run.config.get("n", N_HALF))
    # The two fits of a network start from other weights, as two people's would.
    fits = [fit(model, x, y, 2 * run.seed + place) for place, (x, y) in enumerate((one, other))]
    own = [fitted.importance(x_test) for fitted in fits]
    shuffled = [shuffled_loss(fitted.answer, x_test, y_test, run.seed) for fitted in fits]
    run.summary["agreement"] = float(spearmanr(*own).statistic)
    run.summary["agreement_shuffled"] = float(spearmanr(*shuffled).statistic)
    run.summary["test_acc"] = float(np.mean([accuracy(fitted.answer, x_test, y_test) for fitted in fits]))
    run.summary["train_acc"] = float(np.mean([accuracy(f.answer, *s) for f, s in zip(fits, (one, other), strict=True)]))
    said = [fitted.answer(x_test) > 0.5 for fitted in fits]
    run.summary["same_answer"] = float((said[0] == said[1]).mean())
    run.summary["n_train"] = len(one[0])
    run.summary["n_test"] = len(x_test)


# --8<-- [end:agree]


# --8<-- [start:saliency]
KINDS = shapes.FIVE
"""The figures to be told apart."""
PICTURES = 2000
"""Pictures that the network learns from."""
TOLD = 120
"""Test pictures that are explained."""
PATCH = 3
"""Height and width in pixels of the patch that covers a part of the picture."""


def slope_map(net: Any, x: Any, y: Any) -> np.ndarray:
    """Ask how much each pixel would move the score of the true class (a saliency map), smoothed over 3 x 3 pixels.

    Args:
        net: A network, trained or not.
        x: Pictures, shape `(n, 24, 24)`.
        y: Their classes, shape `(n,)`.

    Returns:
        Size of the gradient, shape `(n, 24, 24)`.

    Source:
        Simonyan, Vedaldi and Zisserman (2013), Deep inside convolutional networks, https://arxiv.org/abs/1312.6034.
    """
    from torch import nn  # noqa: PLC0415

    x = x.clone().requires_grad_()
    net(x).gather(1, y[:, None]).sum().backward()
    return np.asarray(nn.functional.avg_pool2d(x.grad.abs()[:, None], 3, 1, 1)[:, 0])


def cover_map(net: Any, x: Any, y: Any) -> np.ndarray:
    """Ask how much the probability of the true class falls when a patch is painted in the picture's middle grey.

    Returns:
        Fall of the probability, one value per patch put back on its pixels, 0 where it rises, shape `(n, 24, 24)`.

    Source:
        Zeiler and Fergus (2014), Visualizing and understanding convolutional networks, https://arxiv.org/abs/1311.2901.
    """
    import torch  # noqa: PLC0415

    from examples import training  # noqa: PLC0415

    def sure(pictures: Any) -> Any:
        return training.scores(net, pictures).softmax(1).gather(1, y[:, None])[:, 0]

    fall, before = torch.zeros_like(x), sure(x)
    grey = x.flatten(1).median(1).values[:, None, None]
    for top in range(0, x.shape[1], PATCH):
        for left in range(0, x.shape[2], PATCH):
            covered = x.clone()
            covered[:, top : top + PATCH, left : left + PATCH] = grey
            fall[:, top : top + PATCH, left : left + PATCH] = (before - sure(covered))[:, None, None]
    return np.asarray(fall.clamp(min=0))


def near_figure(covered: np.ndarray) -> np.ndarray:
    """Say of each pixel whether it belongs to the figure or to the rim of one pixel around it, shape `(n, 24, 24)`."""
    there = np.pad(covered > 0.05, ((0, 0), (1, 1), (1, 1)))
    size = covered.shape[1]
    moved = [there[:, i : i + size, j : j + size] for i in range(3) for j in range(3)]
    return np.asarray(np.any(moved, axis=0))


def points_at(maps: np.ndarray, near: np.ndarray) -> float:
    """Return how often the brightest place of a map lies where it should; both of shape `(n, 24, 24)`."""
    brightest = maps.reshape(len(maps), -1).argmax(1)
    return float(near.reshape(len(near), -1)[np.arange(len(near)), brightest].mean())


def look(run: Run, trained: bool = True) -> None:
    """Train a network to name figures and score where its explanations point, since we know where each figure is.

    Records ``pointing`` of slopes and ``pointing_cover`` of covering: how often the brightest place lies on the figure
    or within a pixel of it.  ``area`` is the share of the picture that this is, which a blind guess would hit.

    Args:
        run: Where to record.
        trained: Whether the network has learnt anything; if not, it is the control.
    """
    from examples import training  # noqa: PLC0415
    from examples.eye import TRAINING, eye  # noqa: PLC0415

    kind_of_picture = {"kinds": KINDS, "radius": (5.5, 7.0), "noise": 0.08, "turn": 0.4, "inverted": 0.0}
    data = shapes.load(run.seed, run.config.get("n", PICTURES), TOLD, **kind_of_picture)
    middle, spread = data.train.x.mean(), data.train.x.std()
    net = eye(run.seed).eval()
    x, y = training.tensors((data.train.x - middle) / spread, data.train.y)
    x_test, y_test = training.tensors((data.test.x - middle) / spread, data.test.y)
    if trained:
        steps = run.config.get("steps", 300)
        training.fit(net, x, y, seed=run.seed, steps=steps, **TRAINING)
    near = near_figure(data.test.covered)
    slope, cover = slope_map(net, x_test, y_test), cover_map(net, x_test, y_test)
    run.summary["pointing"] = points_at(slope, near)
    run.summary["pointing_cover"] = points_at(cover, near)
    run.summary["area"] = float(near.mean())
    run.summary["test_acc"] = training.accuracy(net, x_test, y_test)
    run.summary["train_acc"] = training.accuracy(net, x[:500], y[:500])
    run.summary["n_train"] = len(x)
    run.summary["n_test"] = len(x_test)
    if run.seed == 0:
        first = [int(np.flatnonzero(data.test.y == kind)[0]) for kind in range(len(KINDS))]
        shown = [np.clip(data.test.x[first], 0, 1)]
        shown += [maps[first] / (maps[first].max(axis=(1, 2), keepdims=True) + 1e-9) for maps in (slope, cover)]
        run.images(
            "map", np.concatenate(shown), [f"{kind}{what}" for what in ("", ", slope", ", cover") for kind in KINDS]
        )


# --8<-- [end:saliency]


# --8<-- [start:distil]
QUESTIONS = 5000
"""Fresh rows that the teacher answers, and the pupil learns from."""


def distil(run: Run, teacher: str) -> None:
    """Let a tree that a person can read learn to answer like a model that nobody can.

    Records ``fidelity``, how often the pupil answers as its teacher does; ``test_acc`` of the pupil, ``teacher_acc``,
    and ``plain_acc`` of a tree of the same size that learns from the records themselves.

    Source:
        Craven and Shavlik (1995), Extracting tree-structured representations of trained networks, NeurIPS 8.
    """
    from examples import tables  # noqa: PLC0415

    n, questions = run.config.get("n", 3000), run.config.get("questions", QUESTIONS)
    x, y = tables.credit(n + questions + 2000, run.seed)
    raw, x = x, tables.standard(x, x[:n])
    fitted = fit(teacher, x[:n], y[:n], run.seed)
    asked, test = slice(n, n + questions), slice(n + questions, None)
    pupil = DecisionTreeClassifier(max_leaf_nodes=2 * MAX_LEAVES, random_state=run.seed)
    plain = DecisionTreeClassifier(max_leaf_nodes=2 * MAX_LEAVES, random_state=run.seed)
    # Trees do not mind the scale of a column, and a person reads years and money more easily than spreads.
    pupil.fit(raw[asked], fitted.answer(x[asked]) > 0.5)
    plain.fit(raw[:n], y[:n])
    run.summary["fidelity"] = float((pupil.predict(raw[test]) == (fitted.answer(x[test]) > 0.5)).mean())
    run.summary["test_acc"] = float((pupil.predict(raw[test]) == y[test]).mean())
    run.summary["teacher_acc"] = accuracy(fitted.answer, x[test], y[test])
    run.summary["plain_acc"] = float((plain.predict(raw[test]) == y[test]).mean())
    run.summary["n_leaves"] = int(pupil.get_n_leaves())
    run.summary["n_train"] = n
    run.summary["n_test"] = 2000
    if run.seed == 0:
        print(export_text(pupil, feature_names=list(tables.COLUMNS), class_names=["pays back", "does not"], decimals=1))


# --8<-- [end:distil]


def main() -> None:
    """Ask one question at the terminal and print what was measured."""
    questions: dict[str, Callable[[Run], None]] = {
        "cause": lambda run: cause(run, "mlp"),
        "agree": lambda run: agree(run, "mlp", "made"),
        "distil": lambda run: distil(run, "forest"),
    }
    parser = argparse.ArgumentParser(description="Score an explanation whose truth is known.")
    parser.add_argument("question", choices=sorted(questions))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    run = PlainRun(seed=given.seed)
    questions[given.question](run)  # type: ignore[arg-type]
    run.tell()


if __name__ == "__main__":
    main()

"""Bias: two groups of pictures that are equally hard by construction; only how often each is seen differs.

Pictures of the larger group show a light figure on a dark ground, those of the smaller group the same kinds dark on
light.  Try one at the terminal: `python -m examples.bias --share 0.05`.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from examples import recorder, shapes
from examples.recorder import PlainRun

KINDS = shapes.FIVE
"""The figures to be named."""
N = 1200
"""Pictures to learn from, both groups together, whatever the shares."""
N_TEST = 600
"""Test pictures of each group, whatever the shares."""
STEPS = 250
"""Updates of every network, whatever the shares and the remedy."""
REMEDIES = ("none", "weights", "copies", "more")
"""What is done for the smaller group: nothing, larger weights, inverted copies of all pictures, four times as many."""


# --8<-- [start:groups]
@dataclass(frozen=True)
class Group:
    """Pictures of one group."""

    x: np.ndarray
    """Grey values around 0, shape `(n, 24, 24)`: above 0 lighter, below 0 darker than middle grey."""
    y: np.ndarray
    """The figure, a place in `KINDS`, shape `(n,)`."""


def draw(n: int, chance: np.random.Generator, *, inverted: bool) -> Group:
    """Draw pictures of one group.

    The groups are mirror images: inverting a picture of one gives a picture that is as likely in the other.  So
    neither is harder, and whatever differs afterwards comes from the training.

    Args:
        n: How many; all kinds about equally common.
        chance: Decides everything.
        inverted: The smaller group: dark figures on light ground.
    """
    pictures = shapes.draw(n, chance, kinds=KINDS, radius=(6.5, 9.5), noise=0.08, turn=0.4, inverted=0.0)
    x = pictures.x - 0.5
    return Group(-x if inverted else x, pictures.y)


@dataclass(frozen=True)
class People:
    """What one seed draws."""

    train: Group
    minority: np.ndarray
    """Which training pictures belong to the smaller group, shape `(n,)`."""
    test_majority: Group
    test_minority: Group


def load(seed: int, share: float, n: int = N, n_test: int = N_TEST) -> People:
    """Draw training pictures with a given share of the smaller group, and test pictures of both.

    Args:
        seed: Decides every picture; test pictures do not change with the share.
        share: Of the smaller group among the training pictures, 0 to 0.5.
        n: Training pictures of both groups together.
        n_test: Test pictures of each group.
    """
    few = round(n * share)
    one, other, *tests = np.random.default_rng([seed, 12]).spawn(4)
    majority, minority = draw(n - few, one, inverted=False), draw(few, other, inverted=True)
    train = Group(np.concatenate([majority.x, minority.x]), np.concatenate([majority.y, minority.y]))
    belongs = np.arange(n) >= n - few
    return People(train, belongs, draw(n_test, tests[0], inverted=False), draw(n_test, tests[1], inverted=True))


# --8<-- [end:groups]


# --8<-- [start:remedies]
def prepare(seed: int, share: float, remedy: str, n: int) -> tuple[Group, np.ndarray, np.ndarray]:
    """Draw the training pictures and do what the remedy says.

    Returns:
        Pictures to learn from, which of them belong to the smaller group, shape `(n,)`, and how often each should be
        dealt compared with others, shape `(n,)`.
    """
    people = load(seed, 4 * share if remedy == "more" else share, n, 1)
    train, minority = people.train, people.minority
    if remedy == "copies":
        # A dark figure made from a light one: knowledge about how the groups differ, put into the data.
        train = Group(np.concatenate([train.x, -train.x]), np.tile(train.y, 2))
        minority = np.concatenate([minority, ~minority])
    weight = np.ones(len(minority))
    if remedy == "weights":
        # Both groups count as much in sum, so a picture of the smaller one counts more.
        weight[minority] = (~minority).sum() / minority.sum()
    return train, minority, weight


# --8<-- [end:remedies]


# --8<-- [start:train]
def train_cnn(run: Run, remedy: str = "none") -> None:
    """Train a network on both groups together and record how often it errs in each.

    Records ``majority_err`` and ``minority_err``, errors on test pictures of each group, ``overall_err``, the error of
    a public in which the groups have the shares of the training, and ``train_acc``.
    """
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    from examples import training  # noqa: PLC0415
    from examples.eye import TRAINING, eye  # noqa: PLC0415

    share, n = run.config["share"], run.config.get("n", N)
    train, minority, weight = prepare(run.seed, share, remedy, n)
    x, y = training.tensors(4 * train.x, train.y)
    # The weight of a picture travels with its class: a second column that only the loss looks at.
    target = torch.stack([y.float(), torch.as_tensor(weight, dtype=torch.float32)], 1)

    def loss(said: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
        each = nn.functional.cross_entropy(said, wanted[:, 0].long(), reduction="none")
        return (each * wanted[:, 1]).sum() / wanted[:, 1].sum()

    net = eye(run.seed)
    steps = run.config.get("steps", STEPS)
    training.fit(net, x, target, seed=run.seed, steps=steps, loss=loss, **TRAINING)

    def name(pictures: np.ndarray) -> np.ndarray:
        return np.asarray(training.scores(net, torch.as_tensor(4 * pictures, dtype=torch.float32)).argmax(1))

    record(run, name, share)
    run.summary["train_acc"] = float((name(train.x) == train.y).mean())
    run.summary["n_minority"] = int(minority.sum())
    run.summary["n_train"] = len(train.x)


def train_forest(run: Run) -> None:
    """Train a random forest on pixels, a model without filters, and record the same."""
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415

    share, n = run.config["share"], run.config.get("n", N)
    train, minority, _ = prepare(run.seed, share, "none", n)
    forest = RandomForestClassifier(80, min_samples_leaf=2, random_state=run.seed)
    forest.fit(described(train.x), train.y)
    record(run, lambda pictures: forest.predict(described(pictures)), share)
    run.summary["train_acc"] = float(forest.score(described(train.x), train.y))
    run.summary["n_minority"] = int(minority.sum())
    run.summary["n_train"] = len(train.x)


def described(x: np.ndarray) -> np.ndarray:
    """Describe pictures by the direction of their edges, which is the same for light on dark and dark on light.

    Args:
        x: Shape `(n, 24, 24)`.

    Returns:
        For each of 4 x 4 cells how strong edges of each of eight directions are, shape `(n, 128)`.

    Source:
        Dalal and Triggs (2005), Histograms of oriented gradients for human detection, CVPR.
    """
    across, down = np.gradient(x, axis=2), np.gradient(x, axis=1)
    strength, angle = np.hypot(across, down), np.mod(np.arctan2(down, across), np.pi) / np.pi * 8
    bins = np.floor(angle).astype(int) % 8
    cells = [np.where(bins == b, strength, 0).reshape(len(x), 4, 6, 4, 6).sum((2, 4)) for b in range(8)]
    out = np.stack(cells, -1).reshape(len(x), -1)
    return np.asarray(out / (np.linalg.norm(out, axis=1, keepdims=True) + 1e-9))


def record(run: Run, name: Any, share: float) -> None:
    """Test both groups and record their errors; *name* turns pictures into classes."""
    # Test pictures are the same however many there are to learn from, and none of those are needed here.
    people = load(run.seed, share, 0, run.config.get("n_test", N_TEST))
    errors = [float((name(g.x) != g.y).mean()) for g in (people.test_majority, people.test_minority)]
    run.summary["majority_err"], run.summary["minority_err"] = errors
    run.summary["overall_err"] = (1 - share) * errors[0] + share * errors[1]
    run.summary["n_test"] = len(people.test_majority.x)


# --8<-- [end:train]


class Run(recorder.Run, Protocol):
    """The part of `mkdocs_dlplugin.run` that showing pictures takes."""

    def images(self, name: str, array: np.ndarray, labels: Any = None) -> None:
        """Keep arrays as pictures."""


def show(run: Run) -> None:
    """Keep two pictures of each figure, one of each group, and count the classes."""
    people = load(run.seed, 0.5, 120, 1)
    groups = (~people.minority, people.minority)
    first = [int(np.flatnonzero(group & (people.train.y == kind))[0]) for group in groups for kind in range(len(KINDS))]
    names = [f"{KINDS[people.train.y[i]]}, {'smaller' if people.minority[i] else 'larger'} group" for i in first]
    run.images("group", np.clip(people.train.x[first] + 0.5, 0, 1), names)
    run.summary["n_classes"] = len(KINDS)
    run.summary["n_pixels"] = people.train.x[0].size
    run.summary["chance"] = 1 / len(KINDS)


def main() -> None:
    """Train one network at the terminal and print what was measured."""
    parser = argparse.ArgumentParser(description="Train on two groups of unequal share and print both errors.")
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--remedy", choices=REMEDIES, default="none")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    run = PlainRun(seed=given.seed, config={"share": given.share})
    train_cnn(run, given.remedy)  # type: ignore[arg-type]
    run.tell()


if __name__ == "__main__":
    main()

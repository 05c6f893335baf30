"""Double descent: networks of growing width learn noisy signals; past the width that fits every label, errors fall again.

Two families of networks with one hidden layer, on the same data: one whose first layer stays as chance made it,
solved exactly by linear algebra, and one whose layers are both trained by gradient descent.

Source:
    M. Belkin et al., Reconciling modern machine-learning practice and the classical bias-variance trade-off,
    PNAS 116 (2019), https://arxiv.org/abs/1812.11118; P. Nakkiran et al., Deep Double Descent, ICLR 2020,
    https://arxiv.org/abs/1912.02292, whose networks see 15 % wrong labels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from examples.recorder import Run

N_TRAIN = 300
"""Signals to learn from; few, so that a small network can already fit them all."""
N_TEST = 500
WRONG = 0.15
"""Share of the training labels that are replaced by another digit."""
STEPS = 2000
"""Updates of the trained network, so that wide ones fit every label."""


# --8<-- [start:data]
@dataclass(frozen=True)
class Signals:
    """Signals with some wrong training labels, drawn anew for each seed."""

    x_train: np.ndarray
    """Shape `(300, 40)`."""
    y_train: np.ndarray
    """Labels 0 to 9, of which 15 % are wrong, shape `(300,)`."""
    x_test: np.ndarray
    y_test: np.ndarray
    """True labels, shape `(500,)`."""


def draw(seed: int, n_train: int = N_TRAIN, n_test: int = N_TEST) -> Signals:
    """Draw MNIST-1D signals and spoil the training labels.

    Source:
        S. Greydanus and D. Kobak, Scaling Down Deep Learning with MNIST-1D, https://arxiv.org/abs/2011.14439.
    """
    from mnist1d.data import get_dataset_args, make_dataset  # type: ignore[import-untyped] # noqa: PLC0415 - slow to import

    args = get_dataset_args()
    # No signal more than needed: drawing them takes longer than learning them.
    args.seed, args.num_samples = seed, n_train + n_test
    data = make_dataset(args)
    x, y = np.concatenate([data["x"], data["x_test"]]), np.concatenate([data["y"], data["y_test"]])
    given, chance = y[:n_train].copy(), np.random.default_rng(seed)
    spoilt = chance.permutation(n_train)[: round(WRONG * n_train)]
    given[spoilt] = (given[spoilt] + chance.integers(1, 10, len(spoilt))) % 10
    return Signals(x[:n_train], given, x[n_train:], y[n_train:])


# --8<-- [end:data]


def report(run: Run, data: Signals, train: np.ndarray, test: np.ndarray) -> None:
    """Record the accuracy on given and on true labels, from the digits that a network names."""
    run.summary["train_acc"] = float(np.mean(train == data.y_train))
    run.summary["test_acc"] = float(np.mean(test == data.y_test))
    run.summary["n_train"] = len(data.x_train)
    run.summary["n_test"] = len(data.x_test)


# --8<-- [start:random]
def train_random(run: Run) -> None:
    """Measure a network whose hidden units stay random: only their `width` outgoing weights per digit are solved for.

    Of all solutions that fit the labels equally well the shortest is taken, as `lstsq` does; that choice is what
    lets the error fall again beyond 300 units, where there are more unknowns than labels.
    """
    width = run.config["width"]
    data = draw(run.seed, run.config.get("n", N_TRAIN), run.config.get("n_test", N_TEST))
    chance = np.random.default_rng([run.seed, width])
    into = chance.standard_normal((data.x_train.shape[1], width)) / np.sqrt(data.x_train.shape[1])
    hidden, hidden_test = (np.maximum(x @ into, 0) for x in (data.x_train, data.x_test))
    with run.timer("train_s"):
        weights, *_ = np.linalg.lstsq(hidden, np.eye(10)[data.y_train], rcond=None)
    report(run, data, (hidden @ weights).argmax(1), (hidden_test @ weights).argmax(1))
    run.summary["n_params"] = weights.size
    run.summary["weight_norm"] = float(np.linalg.norm(weights))


# --8<-- [end:random]


# --8<-- [start:trained]
def train_both(run: Run) -> None:
    """Measure a network both of whose layers are trained, without weight decay and without stopping early."""
    import torch  # noqa: PLC0415 - the other family does without it
    from torch import nn  # noqa: PLC0415

    from examples.training import count, fit, scores, tensors  # noqa: PLC0415

    width = run.config["width"]
    data = draw(run.seed, run.config.get("n", N_TRAIN), run.config.get("n_test", N_TEST))
    x, y = tensors(data.x_train, data.y_train)
    x_test, _ = tensors(data.x_test, data.y_test)
    torch.manual_seed(run.seed)
    model = nn.Sequential(nn.Linear(x.shape[1], width), nn.ReLU(), nn.Linear(width, 10))
    with run.timer("train_s"):
        fit(model, x, y, seed=run.seed, steps=run.config.get("steps", STEPS), learning_rate=0.01)
    report(run, data, scores(model, x).argmax(1).numpy(), scores(model, x_test).argmax(1).numpy())
    run.summary["n_params"] = count(model)


# --8<-- [end:trained]

"""One layer: a network without hidden layers beside logistic regression, and a tree that learns signals by heart.

Both learn the signals of `mnist1d.py`, so that they can be compared with the models there.
"""

from __future__ import annotations

from typing import Any

from examples.mnist1d import Signals, load
from examples.recorder import Run

STEPS = 600
"""Updates of the weights; without hidden layers, more hardly move them."""
RATES = (0.01, 0.03)
"""Learning rates that are tried on signals held out of the training set."""


# --8<-- [start:network]
def train_one_layer(run: Run) -> None:
    """Measure ten neurons, one per digit, without anything between signal and answer.

    Of two learning rates the better one is kept, judged on 1,000 signals held out from the training signals; with
    it the neurons learn from all of them.
    """
    from examples.training import accuracy, count, tensors  # noqa: PLC0415 - the tree below needs no torch

    data = load(run.seed, run.config.get("n", 4000))
    x, y = tensors(data.x_train, data.y_train, run.device)
    held_out = len(x) // 4
    found = {
        rate: accuracy(_trained(x[held_out:], y[held_out:], run, rate), x[:held_out], y[:held_out]) for rate in RATES
    }
    model = _trained(x, y, run, max(RATES, key=lambda rate: found[rate]))
    run.summary["test_acc"] = accuracy(model, *tensors(data.x_test, data.y_test, run.device))
    run.summary["train_acc"] = accuracy(model, x, y)
    run.summary["n_params"] = count(model)
    _sizes(run, data)


def _trained(x: Any, y: Any, run: Run, rate: float) -> Any:
    """Train ten neurons on signals, shape `(n, 40)`, and their digits, shape `(n,)`."""
    import torch  # noqa: PLC0415

    from examples.training import fit  # noqa: PLC0415

    torch.manual_seed(run.seed)
    model = torch.nn.Linear(40, 10).to(run.device)
    return fit(model, x, y, seed=run.seed, steps=run.config.get("steps", STEPS), learning_rate=rate)


# --8<-- [end:network]


def _sizes(run: Run, data: Signals) -> None:
    run.summary["n_train"] = len(data.x_train)
    run.summary["n_test"] = len(data.x_test)


# --8<-- [start:tree]
def train_tree(run: Run) -> None:
    """Measure one decision tree that goes on asking until each training signal is named."""
    from sklearn.tree import DecisionTreeClassifier  # noqa: PLC0415

    data = load(run.seed, run.config.get("n", 4000))
    model = DecisionTreeClassifier(random_state=run.seed).fit(data.x_train, data.y_train)
    run.summary["test_acc"] = float(model.score(data.x_test, data.y_test))
    run.summary["train_acc"] = float(model.score(data.x_train, data.y_train))
    run.summary["n_leaves"] = int(model.get_n_leaves())
    _sizes(run, data)


# --8<-- [end:tree]

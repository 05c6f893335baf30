"""Networks: a shallow one, a deeper one, a convolutional and a recurrent one, all trained by the same loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from examples import serving, training
from examples.mnist1d import N_TRAIN, load
from examples.recorder import Run
from examples.settings import Settings, settings_of

STEPS = 1000
"""Updates of the weights, the same for every network, so that nobody learns longer."""
SNAPSHOTS = 30
"""Points of a learning curve."""


# --8<-- [start:train]
@dataclass(frozen=True)
class Snapshot:
    """A network as it was at one moment of training."""

    step: int
    loss: float
    """Mean cross-entropy on the training batches since the snapshot before."""
    weights: dict[str, torch.Tensor]


def fit(
    model: nn.Module, x: torch.Tensor, y: torch.Tensor, settings: Settings, *, seed: int, steps: int = STEPS
) -> list[Snapshot]:
    """Train by the loop of `training.py` and keep a copy of the weights thirty times on the way.

    Test signals are not even passed in: the copies are judged afterwards, so that the test can neither stop the
    training nor slow it down.

    Args:
        model: Trained in place.
        x: Training signals, shape `(n, 40)`, on the model's device.
        y: Their digits, shape `(n,)`.
        settings: Say the peak of the learning rate and the weight decay.
        seed: Decides the order of the signals.
        steps: Updates of the weights.
    """
    kept: list[Snapshot] = []

    def keep(step: int, loss: float) -> None:
        kept.append(Snapshot(step, loss, {name: value.clone() for name, value in model.state_dict().items()}))

    learning = {"learning_rate": settings["learning_rate"], "weight_decay": settings["weight_decay"]}
    training.fit(model, x, y, seed=seed, steps=steps, watch=keep, every=max(1, steps // SNAPSHOTS), **learning)
    return kept


# --8<-- [end:train]


# --8<-- [start:measure]
def measure(run: Run, name: str, *, shuffled: bool = False) -> None:
    """Train a network on the run's data and record its curve, its size and how well it ends."""
    n = run.config.get("n", N_TRAIN)
    settings = settings_of(name, n)
    data = load(run.seed, n, shuffled=shuffled)
    x, y = training.tensors(data.x_train, data.y_train, run.device)
    x_test, y_test = training.tensors(data.x_test, data.y_test, run.device)
    model = build(name, settings, run.seed).to(run.device)
    with run.timer("train_s"):
        snapshots = fit(model, x, y, settings, seed=run.seed, steps=run.config.get("steps", STEPS))
    for snapshot in snapshots:
        model.load_state_dict(snapshot.weights)
        run.log({"loss": snapshot.loss, "test_acc": training.accuracy(model, x_test, y_test)}, step=snapshot.step)
    # The last snapshot counts, whether or not an earlier one did better on the test signals.
    run.summary["train_acc"] = training.accuracy(model, x, y)
    run.summary["n_params"] = training.count(model)
    run.summary["n_train"] = len(x)
    run.summary["n_test"] = len(x_test)
    run.summary["n_bytes"] = serving.BYTES_PER_PARAMETER * training.count(model)

    def ask(signal: np.ndarray) -> torch.Tensor:
        return training.scores(model, torch.as_tensor(signal, dtype=torch.float32, device=run.device))

    serving.answer(run, ask, data.x_test)


# --8<-- [end:measure]


def build(name: str, settings: Settings, seed: int) -> nn.Module:
    """Make the untrained network called *name*; the seed decides its first weights, on any device the same."""
    torch.manual_seed(seed)
    return {"mlp": mlp, "mlp-deep": mlp_deep, "cnn": cnn, "gru": gru}[name](settings)


# --8<-- [start:mlp]
def mlp(settings: Settings) -> nn.Module:
    """Make a network with one hidden layer: every unit looks at all 40 values at once."""
    hidden = settings["hidden"]
    return nn.Sequential(nn.Linear(40, hidden), nn.ReLU(), nn.Dropout(settings["dropout"]), nn.Linear(hidden, 10))


def train_mlp(run: Run, *, shuffled: bool = False) -> None:
    """Measure the shallow network."""
    measure(run, "mlp", shuffled=shuffled)


# --8<-- [end:mlp]


# --8<-- [start:mlp-deep]
def mlp_deep(settings: Settings) -> nn.Module:
    """Make the same network with three hidden layers in place of one."""
    layers: list[nn.Module] = []
    size = 40
    for _ in range(3):
        layers += [nn.Linear(size, settings["hidden"]), nn.ReLU(), nn.Dropout(settings["dropout"])]
        size = settings["hidden"]
    return nn.Sequential(*layers, nn.Linear(size, 10))


def train_mlp_deep(run: Run) -> None:
    """Measure the deeper network."""
    measure(run, "mlp-deep")


# --8<-- [end:mlp-deep]


# --8<-- [start:cnn]
def cnn(settings: Settings) -> nn.Module:
    """Make three layers of small filters that slide along the signal, halving its length each time: 40, 20, 10, 5."""
    channels = settings["channels"]
    return nn.Sequential(
        nn.Unflatten(1, (1, 40)),
        nn.Conv1d(1, channels, kernel_size=5, stride=2, padding=2), nn.ReLU(),
        nn.Conv1d(channels, channels, kernel_size=3, stride=2, padding=1), nn.ReLU(),
        nn.Conv1d(channels, channels, kernel_size=3, stride=2, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Dropout(settings["dropout"]), nn.Linear(5 * channels, 10),
    )  # fmt: skip


def train_cnn(run: Run, *, shuffled: bool = False) -> None:
    """Measure the convolutional network."""
    measure(run, "cnn", shuffled=shuffled)


# --8<-- [end:cnn]


# --8<-- [start:gru]
class Gru(nn.Module):  # type: ignore[misc]
    """Reads the signal value by value, forwards and backwards, and keeps a memory of what it has read."""

    def __init__(self, hidden: int, dropout: float) -> None:
        super().__init__()
        self.read = nn.GRU(1, hidden, batch_first=True, bidirectional=True)
        self.answer = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(2 * hidden * 40, 10))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Turn signals, shape `(n, 40)`, into a score per digit, shape `(n, 10)`."""
        memories, _ = self.read(x.unsqueeze(-1))
        scores: torch.Tensor = self.answer(memories)
        return scores


def gru(settings: Settings) -> nn.Module:
    """Make a recurrent network."""
    return Gru(settings["hidden"], settings["dropout"])


def train_gru(run: Run) -> None:
    """Measure the recurrent network."""
    measure(run, "gru")


# --8<-- [end:gru]


def score(
    name: str,
    settings: Settings,
    seed: int,
    train: tuple[np.ndarray, np.ndarray],
    held_out: tuple[np.ndarray, np.ndarray],
    *,
    steps: int = STEPS,
    device: str = "cpu",
) -> float:
    """Train with the given settings and return the accuracy on held-out signals: one trial of a search."""
    model = build(name, settings, seed).to(device)
    fit(model, *training.tensors(*train, device), settings, seed=seed, steps=steps)
    return training.accuracy(model, *training.tensors(*held_out, device))

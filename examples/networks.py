"""Networks: a shallow one, a deeper one, a convolutional and a recurrent one, all trained by the same loop."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from examples.mnist1d import N_TRAIN, Settings, load, settings_of
from examples.recorder import Run

STEPS = 1500
"""Updates of the weights.  The same for every network and every amount of data, so that nobody learns longer."""
BATCH = 100
"""Signals per update."""
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
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    seed: int,
    learning_rate: float,
    weight_decay: float,
    steps: int = STEPS,
) -> list[Snapshot]:
    """Train on batches in random order, with a learning rate that rises, then falls to nothing.

    Test signals are not even passed in: snapshots are kept on the way and judged afterwards, so that the test
    can neither stop the training nor slow it down.

    Args:
        model: Trained in place.
        x: Training signals, shape `(n, 40)`, on the model's device.
        y: Their digits, shape `(n,)`.
        seed: Decides the order of the signals.
        learning_rate: Its peak, reached after a fifth of the steps.
        weight_decay: How strongly weights are pulled towards zero.
        steps: Updates of the weights.
    """
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps, pct_start=0.2)
    chance = torch.Generator().manual_seed(seed)
    size, every = min(BATCH, len(x)), max(1, steps // SNAPSHOTS)
    waiting = torch.empty(0, dtype=torch.long)
    losses: list[torch.Tensor] = []
    snapshots: list[Snapshot] = []
    model.train()
    for step in range(1, steps + 1):
        if len(waiting) < size:
            waiting = torch.randperm(len(x), generator=chance)
        batch, waiting = waiting[:size].to(x.device), waiting[size:]
        loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(loss.detach())
        if step % every == 0 or step == steps:
            weights = {name: value.clone() for name, value in model.state_dict().items()}
            snapshots.append(Snapshot(step, torch.stack(losses).mean().item(), weights))
            losses.clear()
    return snapshots


# --8<-- [end:train]


def accuracy(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Return the share of signals whose digit the model names."""
    model.eval()
    with torch.no_grad():
        return float((model(x).argmax(1) == y).double().mean().item())


# --8<-- [start:measure]
def measure(run: Run, name: str, *, shuffled: bool = False) -> None:
    """Train a network on the run's data and record its curve, its size and how well it ends."""
    n = run.config.get("n", N_TRAIN)
    settings = settings_of(name, n)
    data = load(run.seed, n, shuffled=shuffled)
    x, x_test = (torch.as_tensor(a, dtype=torch.float32, device=run.device) for a in (data.x_train, data.x_test))
    y, y_test = (torch.as_tensor(a, dtype=torch.long, device=run.device) for a in (data.y_train, data.y_test))
    model = build(name, settings, run.seed).to(run.device)
    with run.timer("train_s"):
        snapshots = fit(
            model, x, y,
            seed=run.seed,
            learning_rate=settings["learning_rate"],
            weight_decay=settings["weight_decay"],
            steps=run.config.get("steps", STEPS),
        )  # fmt: skip
    for snapshot in snapshots:
        model.load_state_dict(snapshot.weights)
        run.log({"loss": snapshot.loss, "test_acc": accuracy(model, x_test, y_test)}, step=snapshot.step)
    # The last snapshot counts, whether or not an earlier one did better on the test signals.
    run.summary["train_acc"] = accuracy(model, x, y)
    run.summary["n_params"] = sum(parameter.numel() for parameter in model.parameters())
    run.summary["n_train"] = len(x)
    run.summary["n_test"] = len(x_test)


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
    (x, y), (x_out, y_out) = (
        (torch.as_tensor(a, dtype=torch.float32, device=device), torch.as_tensor(b, dtype=torch.long, device=device))
        for a, b in (train, held_out)
    )
    model = build(name, settings, seed).to(device)
    learning = {"learning_rate": settings["learning_rate"], "weight_decay": settings["weight_decay"]}
    fit(model, x, y, seed=seed, steps=steps, **learning)
    return accuracy(model, x_out, y_out)

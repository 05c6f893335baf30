"""Training: the one loop that all small networks of this site learn with, and how well they then do.

`networks.py` holds the networks for signals; whoever brings another network hands it to `fit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

BATCH = 100
"""Examples per update, unless said."""

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Turns outputs and targets of a batch into one number to make small."""


def tensors(x: np.ndarray, y: np.ndarray, device: str = "cpu") -> tuple[torch.Tensor, torch.Tensor]:
    """Hand arrays over to torch.

    Args:
        x: Examples, shape `(n, ...)`.
        y: Classes (whole numbers) or targets (real ones), shape `(n,)` or `(n, outputs)`.
        device: `cpu`, `cuda` or `mps`.

    Returns:
        Both on the device; classes as 64-bit integers, all else as 32-bit reals.
    """
    kind = torch.long if np.issubdtype(np.asarray(y).dtype, np.integer) else torch.float32
    return torch.as_tensor(x, dtype=torch.float32, device=device), torch.as_tensor(y, dtype=kind, device=device)


def count(model: nn.Module) -> int:
    """Count the numbers that training adjusts."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def batches(n: int, *, seed: int, steps: int, batch: int = BATCH) -> Iterator[torch.Tensor]:
    """Deal out examples in random order, and shuffle again when all had their turn.

    Args:
        n: How many examples there are.
        seed: Decides the order.
        steps: How many batches to deal.
        batch: Examples in each; all of them where there are fewer.

    Yields:
        Positions of one batch, shape `(min(batch, n),)`.
    """
    chance = torch.Generator().manual_seed(seed)
    waiting = torch.empty(0, dtype=torch.long)
    for _ in range(steps):
        if len(waiting) < min(batch, n):
            waiting = torch.randperm(n, generator=chance)
        yield waiting[: min(batch, n)]
        waiting = waiting[min(batch, n) :]


# --8<-- [start:fit]
def fit(
    model: nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    *,
    seed: int,
    steps: int,
    learning_rate: float = 0.003,
    weight_decay: float = 0.0,
    batch: int = BATCH,
    loss: Loss = nn.functional.cross_entropy,
    watch: Callable[[int, float], None] | None = None,
    every: int = 50,
) -> nn.Module:
    """Train a network with AdamW and a learning rate that rises over a fifth of the steps, then falls to nothing.

    Args:
        model: Trained in place.
        x: Examples, shape `(n, ...)`, on the model's device.
        y: Their classes or targets, shape `(n,)` or `(n, outputs)`.
        seed: Decides the order of the examples; the first weights are the caller's.
        steps: Updates of the weights.  Give every rival the same number, not the same number of epochs.
        learning_rate: Its peak.
        weight_decay: How strongly weights are pulled towards zero.
        batch: Examples per update.
        loss: What is made small; cross-entropy between scores and classes unless said.
        watch: Told the step and the mean loss since the last call, after each *every* steps and the last one.
        every: Steps between two calls of *watch*.

    Returns:
        The same network, ready to be asked.
    """
    optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, learning_rate, total_steps=steps, pct_start=0.2)
    losses: list[torch.Tensor] = []
    model.train()
    for step, chosen in enumerate(batches(len(x), seed=seed, steps=steps, batch=batch), 1):
        error = loss(model(x[chosen]), y[chosen])
        optimiser.zero_grad()
        error.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
        losses.append(error.detach())
        if watch and (step % every == 0 or step == steps):
            watch(step, torch.stack(losses).mean().item())
            losses.clear()
            model.train()
    return model.eval()


# --8<-- [end:fit]


def scores(model: nn.Module, x: torch.Tensor, batch: int = 1000) -> torch.Tensor:
    """Ask a network about many examples, some at a time.

    Returns:
        What it says, shape `(n, outputs)`; the network is left in the state of being asked (`eval`).
    """
    model.eval()
    with torch.no_grad():
        return torch.cat([model(part) for part in x.split(batch)])


def accuracy(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Return the share of examples whose class the network names, between 0 and 1."""
    return float((scores(model, x).argmax(1) == y).double().mean().item())

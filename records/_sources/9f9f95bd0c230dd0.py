"""Networks for digits of 8x8 pixels: one looks at all pixels at once, one has small filters that slide over them."""

from __future__ import annotations

import torch
from torch import nn


# --8<-- [start:network]
def network(kind: str, seed: int, dropout: float = 0.0) -> nn.Module:
    """Make an untrained network with ten answers: one hidden layer of 100 units, or three layers of small filters.

    Args:
        kind: `mlp` or `cnn`.
        seed: Decides the first weights.
        dropout: Share of the hidden units of the `mlp` that are switched off by chance in each update.
    """
    torch.manual_seed(seed)
    if kind == "mlp":
        return nn.Sequential(nn.Linear(64, 100), nn.ReLU(), nn.Dropout(dropout), nn.Linear(100, 10))
    return nn.Sequential(
        nn.Unflatten(1, (1, 8, 8)),
        nn.Conv2d(1, 8, kernel_size=3, padding=1), nn.ReLU(),
        nn.Conv2d(8, 16, kernel_size=3, stride=2, padding=1), nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=3, padding=1), nn.ReLU(),
        nn.Flatten(), nn.Linear(32 * 16, 10),
    )  # fmt: skip


# --8<-- [end:network]

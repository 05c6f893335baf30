"""Eye: a small convolutional network that tells five figures apart, and how it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from examples.shapes import FIVE

TRAINING: Mapping[str, Any] = {"batch": 64, "learning_rate": 0.004, "weight_decay": 0.01}
"""How it learns, whatever it is trained for."""


# --8<-- [start:network]
def eye(seed: int) -> nn.Module:
    """Make the untrained network for pictures of 24 x 24 pixels; the seed decides its first weights."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Unflatten(1, (1, 24)),
        nn.Conv2d(1, 16, 5, stride=2, padding=2), nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(32 * 36, 48), nn.ReLU(), nn.Linear(48, len(FIVE)),
    )  # fmt: skip


# --8<-- [end:network]

"""Networks for the shapes: one that looks at all pixels at once, one whose small filters slide over the picture."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from examples.features import Settings
from examples.shapes import SIZE
from examples.training import fit, tensors

STEPS = 400
"""Updates of the weights, for both networks and any number of pictures."""
BATCH = 50
"""Pictures per update."""


# --8<-- [start:mlp]
def mlp(settings: Settings, classes: int = 8) -> nn.Module:
    """Make a network with one hidden layer: every unit has a weight for each of the 576 pixels."""
    hidden = settings["hidden"]
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(SIZE * SIZE, hidden), nn.BatchNorm1d(hidden), nn.ReLU(), nn.Dropout(settings["dropout"]),
        nn.Linear(hidden, classes),
    )  # fmt: skip


# --8<-- [end:mlp]


# --8<-- [start:cnn]
def cnn(settings: Settings, classes: int = 8) -> nn.Module:
    """Make three blocks of filters that slide over the picture; each asks "is it here?" everywhere.

    The first two blocks halve height and width by keeping the largest of four neighbours; behind the third only the
    strongest answer of each filter is kept, wherever it stood.  Shapes: `(n, 24, 24)`, `(n, c, 12, 12)`,
    `(n, 2c, 6, 6)`, `(n, 4c, 6, 6)`, `(n, 4c)`, `(n, classes)`.
    """
    c = settings["channels"]

    def block(before: int, after: int, side: int, pool: nn.Module) -> nn.Module:
        """Filters of side by side pixels, then the pooling, then a common scale, then the ramp."""
        filters = nn.Conv2d(before, after, side, padding=side // 2)
        return nn.Sequential(filters, pool, nn.BatchNorm2d(after), nn.ReLU())

    return nn.Sequential(
        nn.Unflatten(1, (1, SIZE)),
        block(1, c, 5, nn.MaxPool2d(2)),
        block(c, 2 * c, 3, nn.MaxPool2d(2)),
        block(2 * c, 4 * c, 3, nn.Identity()),
        nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(settings["dropout"]),
        nn.Linear(4 * c, classes),
    )  # fmt: skip


# --8<-- [end:cnn]


def build(name: str, settings: Settings, seed: int, classes: int = 8) -> nn.Module:
    """Make the untrained network called *name*; the seed decides its first weights."""
    torch.manual_seed(seed)
    return {"mlp": mlp, "cnn": cnn}[name](settings, classes)


def centred(x: np.ndarray) -> np.ndarray:
    """Shift and scale grey values so that they lie around 0, with two numbers fixed beforehand."""
    return (x - 0.5) / 0.25


# --8<-- [start:learn]
def learn(name: str, settings: Settings, x: np.ndarray, y: np.ndarray, *, seed: int, steps: int = STEPS) -> nn.Module:
    """Train the network called *name* on pictures, shape `(n, 24, 24)`, and their classes, shape `(n,)`."""
    model = build(name, settings, seed)
    rates = {key: settings[key] for key in ("learning_rate", "weight_decay")}
    return fit(model, *tensors(centred(x), y), seed=seed, steps=steps, batch=BATCH, **rates)


# --8<-- [end:learn]

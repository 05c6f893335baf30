"""Surfaces: how each model divides the plane, drawn as small pictures.

A picture asks a trained model about every spot of a grid and colours the spot by the answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from examples.hidden_layers import SETTINGS, build, load

MODELS = {
    "logreg": "Logistic regression",
    "knn": "Nearest neighbours",
    "tree": "Decision tree",
    "forest": "Random forest",
    "svm": "RBF SVM",
    "shallow": "One hidden layer",
    "deep": "Three hidden layers",
}
"""Models in the order of the pictures, with the words below them."""

SIDE = 120
"""Pixels of a side of a picture."""
REACH = 1.3
"""The plane is drawn from minus this to plus this, in both directions."""
BANDS = 6
"""Shades from surely one class to surely the other."""
BLUE, ORANGE = np.array([31, 111, 180]), np.array([224, 122, 16])
"""Classes 1 and 0."""


# --8<-- [start:grid]
def grid(side: int = SIDE) -> np.ndarray:
    """Return the middle of each pixel, row by row from the top left, shape `(side * side, 2)`."""
    steps = (np.arange(side) + 0.5) / side * 2 * REACH - REACH
    right, up = np.meshgrid(steps, -steps)
    return np.column_stack([right.ravel(), up.ravel()])


def likely(model: Any, x: np.ndarray) -> np.ndarray:
    """Return how much a model leans to class 1, between 0 and 1, shape `(n,)`.

    A kernel machine gives no probabilities: its distance from the border, squeezed between 0 and 1, stands in.
    """
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(x)[:, 1])
    return np.asarray(1 / (1 + np.exp(-2 * np.clip(model.decision_function(x), -20, 20))))


# --8<-- [end:grid]


# --8<-- [start:picture]
def picture(model: Any, x: np.ndarray, y: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Draw the plane as a trained model sees it, with some points on it.

    Args:
        model: Trained on points of the plane.
        x: Points to draw, shape `(n, 2)`; those outside the picture are left out.
        y: Their classes, 0 or 1, shape `(n,)`.
        side: Pixels of a side.

    Returns:
        Red, green and blue of each pixel, whole numbers from 0 to 255, shape `(side, side, 3)`.
    """
    lean = likely(model, grid(side)).reshape(side, side)
    # Even bands with a border at one half, so that the colour changes where the answer does.
    band = (np.clip(np.floor(lean * BANDS), 0, BANDS - 1) + 0.5) / BANDS
    strength = 0.25 + 0.6 * np.abs(band - 0.5)[..., None]
    colour = np.where(band[..., None] > 0.5, BLUE, ORANGE)
    shown = 255 + strength * (colour - 255)
    place = np.floor((x + REACH) / (2 * REACH) * side).astype(int)
    for (right, up), kind in zip(place, y, strict=True):
        if 1 <= right < side - 1 and 1 <= up < side - 1:
            row = side - 1 - up
            shown[row - 1 : row + 1, right - 1 : right + 1] = (BLUE if kind else ORANGE) * 0.6
    return shown.round().astype(np.uint8)


# --8<-- [end:picture]


# --8<-- [start:draw]
def draw(run: Any, points: int = 120) -> None:
    """Train every model on the run's puzzle and keep a picture of each, with the first training points on it.

    Args:
        run: A run that can keep pictures; its parameter `puzzle` names the puzzle.
        points: How many training points to draw.
    """
    puzzle = run.config["puzzle"]
    data = load(puzzle, run.seed)
    pictures = []
    for name in MODELS:
        model = build(name, SETTINGS[name][puzzle], run.seed).fit(data.x_train, data.y_train)
        pictures.append(picture(model, data.x_train[:points], data.y_train[:points]))
    run.images("surface", np.stack(pictures), labels=list(MODELS.values()))
    run.summary["n_train"] = len(data.x_train)


# --8<-- [end:draw]

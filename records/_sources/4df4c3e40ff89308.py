"""Features: the same pictures as pixels, as gradient histograms, as what a person would measure; and who learns them.

The pictures are those of `shapes.py`, the networks that find features themselves stand in `shapenets.py`, the search
for good settings in `features_tuning.py`, the contest in `contest.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

Settings = Mapping[str, Any]
"""Hyper-parameters: what a person chooses before training starts."""


# --8<-- [start:pixels]
def pixels(x: np.ndarray, _: Settings) -> np.ndarray:
    """Leave pictures as they are, one value per pixel.

    Args:
        x: Pictures, shape `(n, 24, 24)`.
        _: No settings are needed.

    Returns:
        Shape `(n, 576)`.
    """
    return x.reshape(len(x), -1)


# --8<-- [end:pixels]


# --8<-- [start:hog]
def hog(x: np.ndarray, settings: Settings) -> np.ndarray:
    """Count which way brightness changes, cell by cell: histograms of oriented gradients.

    Each pixel votes for the direction in which brightness changes there, with the strength of the change, shared
    between the two nearest directions.  Light on dark counts as dark on light.  Blocks of two by two cells are scaled
    to length one, so that contrast plays no part.

    Args:
        x: Pictures, shape `(n, 24, 24)`.
        settings: `cell`, the side of a cell in pixels (it divides 24), and `directions`, how many are told apart.

    Returns:
        Shape `(n, blocks * 4 * directions)`, with `(24 / cell - 1) ** 2` blocks.

    Source:
        Dalal and Triggs, Histograms of oriented gradients for human detection, CVPR 2005.
    """
    cell, directions = settings["cell"], settings["directions"]
    down, across = np.gradient(x, axis=(1, 2))
    strength = np.hypot(across, down)
    place = np.mod(np.arctan2(down, across), np.pi) / np.pi * directions
    lower = np.floor(place)
    n, size, _ = x.shape
    cells = np.empty((n, size // cell, size // cell, directions), np.float32)
    for direction in range(directions):
        nearer = np.where(lower % directions == direction, 1 - (place - lower), 0)
        further = np.where((lower + 1) % directions == direction, place - lower, 0)
        votes = strength * (nearer + further)
        cells[..., direction] = votes.reshape(n, size // cell, cell, size // cell, cell).sum(axis=(2, 4))
    blocks = np.concatenate([cells[:, :-1, :-1], cells[:, 1:, :-1], cells[:, :-1, 1:], cells[:, 1:, 1:]], axis=-1)
    blocks /= np.linalg.norm(blocks, axis=-1, keepdims=True) + 1e-3
    return blocks.reshape(n, -1)


# --8<-- [end:hog]


def neighbours(x: np.ndarray) -> list[np.ndarray]:
    """Return the pictures moved by one pixel up, down, left and right; what moves in repeats the border."""
    wide = np.pad(x, ((0, 0), (1, 1), (1, 1)), mode="edge")
    return [wide[:, 2:, 1:-1], wide[:, :-2, 1:-1], wide[:, 1:-1, 2:], wide[:, 1:-1, :-2]]


def blur(x: np.ndarray) -> np.ndarray:
    """Average each pixel with its neighbours, the nearer the heavier: weights 1, 2, 1 down, then across."""
    up, down, _, _ = neighbours(x)
    x = (up + 2 * x + down) / 4
    _, _, left, right = neighbours(x)
    blurred: np.ndarray = (left + 2 * x + right) / 4
    return blurred


# --8<-- [start:find]
def find(x: np.ndarray, cut: float = 0.5) -> np.ndarray:
    """Find the figure: what differs from the ground by more than half of what the most different pixels do.

    The ground is the plane through the outermost pixels, since the light may fall from one side.

    Args:
        x: Pictures, shape `(n, 24, 24)`.
        cut: Where between ground and figure to cut.

    Returns:
        What belongs to the figure, specks of noise with it, shape `(n, 24, 24)`.
    """
    size = x.shape[1]
    smooth = blur(blur(x))
    row, column = (np.mgrid[0:size, 0:size].astype(np.float32) - (size - 1) / 2).reshape(2, -1)
    plane = np.stack([np.ones_like(row), row, column], axis=1)
    edge = np.maximum(np.abs(row), np.abs(column)) > size / 2 - 1
    fitted = smooth.reshape(len(x), -1)[:, edge] @ np.linalg.pinv(plane[edge]).T @ plane.T
    differs = np.abs(smooth - fitted.reshape(x.shape))
    most = np.percentile(differs, 97, axis=(1, 2), keepdims=True)
    return differs > cut * most


def pieces(mask: np.ndarray, least: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Drop pieces of fewer than *least* pixels, which noise makes, and count the others.

    Args:
        mask: Shape `(n, size, size)`.
        least: The smallest piece that stays, in pixels.

    Returns:
        What is left, shape `(n, size, size)`, and how many pieces that is, shape `(n,)`.
    """
    n = len(mask)
    name = np.where(mask, np.arange(1, mask.size + 1, dtype=np.int32).reshape(mask.shape), 0)
    while True:  # Each pixel takes the highest name around it, until a piece has one name.
        spread = np.maximum.reduce([name, *neighbours(name)]) * mask
        if (spread == name).all():
            break
        name = spread
    area = np.bincount(name.ravel(), minlength=mask.size + 1)
    area[0] = 0
    large = np.flatnonzero(area >= least)
    return area[name] >= least, np.bincount((large - 1) // mask[0].size, minlength=n)


def holes(mask: np.ndarray) -> np.ndarray:
    """Return the ground that cannot be reached from the border of the picture without crossing the figure."""
    ground = ~mask
    reached = ground.copy()
    reached[:, 1:-1, 1:-1] = False
    while True:
        wider = np.logical_or.reduce([reached, *neighbours(reached)]) & ground
        if (wider == reached).all():
            return ground & ~reached
        reached = wider


# --8<-- [end:find]


# --8<-- [start:describe]
DESCRIPTORS = (
    "share of the circle around it that it fills", "outline against area", "share of holes", "pieces",
    "narrowest against widest spread", "spread against area", "mean reach", "least reach", "unevenness of reach",
    "lopsidedness", "skewness",
    *(f"filled at ring {ring} of 6" for ring in range(1, 7)),
    *(f"waves of the outline, {waves} per turn" for waves in range(1, 8)),
)  # fmt: skip
"""What is measured of a figure: 24 numbers that stay the same when it moves, turns, grows or changes sides."""


def describe(x: np.ndarray, settings: Settings) -> np.ndarray:
    """Find the figure in each picture and measure it as a person would who knows what may change and what not.

    Args:
        x: Pictures, shape `(n, 24, 24)`.
        settings: `cut`, see `find`.

    Returns:
        The `DESCRIPTORS`, shape `(n, 24)`.
    """
    mask, count = pieces(find(x, settings["cut"]))
    empty = ~mask.any(axis=(1, 2))
    mask[empty, 11:13, 11:13] = True  # Nothing found: measure a speck rather than divide by nothing.
    size = mask.shape[1]
    row, column = np.mgrid[0:size, 0:size].astype(np.float32)
    area = mask.sum(axis=(1, 2)).astype(float)

    def mean(values: np.ndarray) -> np.ndarray:
        """Average over the pixels of each figure, shape `(n,)`."""
        averages: np.ndarray = (values * mask).sum(axis=(1, 2)) / area
        return averages

    across = column - mean(np.broadcast_to(column, mask.shape))[:, None, None]
    down = row - mean(np.broadcast_to(row, mask.shape))[:, None, None]
    away = np.hypot(across, down)
    reach = (away * mask).max(axis=(1, 2)) + 0.5
    outline = (mask & ~np.logical_and.reduce(neighbours(mask))).sum(axis=(1, 2))

    # The spread along the longest and the shortest direction: eigenvalues of the covariance.
    square, cross, other = across * across, across * down, down * down
    xx, yy, xy = mean(square), mean(other), mean(cross)
    root = np.sqrt((xx - yy) ** 2 + 4 * xy**2)
    widest, narrowest = (xx + yy + root) / 2 + 1e-6, (xx + yy - root) / 2

    # Two of Hu's invariants: third powers notice when one side is heavier.
    scale = area**1.5
    cubes = [mean(values) / scale for values in (square * across, square * down, other * across, other * down)]
    lopsided = (cubes[0] - 3 * cubes[2]) ** 2 + (3 * cubes[1] - cubes[3]) ** 2
    skewed = (cubes[0] + cubes[2]) ** 2 + (cubes[1] + cubes[3]) ** 2

    rings = np.minimum(away / reach[:, None, None] * 6, 6).astype(int)
    filled = [(mask & (rings == r)).sum(axis=(1, 2)) / np.maximum((rings == r).sum(axis=(1, 2)), 1) for r in range(6)]

    # How far the figure reaches in each of 24 directions, and how that rises and falls in one turn around it.
    sector = ((np.arctan2(down, across) / (2 * np.pi) + 0.5) * 24).astype(int) % 24
    far = np.stack([(away * (mask & (sector == s))).max(axis=(1, 2)) for s in range(24)], axis=1) / reach[:, None]
    waves = np.abs(np.fft.rfft(far, axis=1))[:, 1:8] / 24

    return np.column_stack(
        [
            area / (np.pi * reach**2), outline / np.sqrt(area), holes(mask).sum(axis=(1, 2)) / area, count,
            narrowest / widest, (xx + yy) / area, far.mean(axis=1), far.min(axis=1), far.std(axis=1),
            np.sqrt(lopsided), np.sqrt(skewed), *filled, waves,
        ]
    )  # fmt: skip


# --8<-- [end:describe]

VIEWS: Mapping[str, Callable[[np.ndarray, Settings], np.ndarray]] = {
    "pixels": pixels,
    "hog": hog,
    "descriptors": describe,
}
"""Ways to turn pictures, shape `(n, 24, 24)`, into rows of numbers, by name."""


# --8<-- [start:models]
def classifier(model: str, settings: Settings, seed: int) -> Any:
    """Make an untrained classical model; columns are centred and scaled by the training pictures."""
    if model == "logreg":
        made = LogisticRegression(C=settings["C"], max_iter=300, tol=1e-3)
    elif model == "svm":
        made = SVC(C=settings["C"], gamma=settings["gamma"] / settings["columns"])
    else:
        share = settings["max_features"]
        made = RandomForestClassifier(100, max_features=share, min_samples_leaf=settings["leaf"], random_state=seed)
    return make_pipeline(StandardScaler(), made)


# --8<-- [end:models]


# --8<-- [start:reader]
class Reader:
    """A view of pictures and a classical model that learns from it."""

    def __init__(self, view: str, model: str, settings: Settings, seed: int) -> None:
        self.view, self.model, self.settings, self.seed = view, model, settings, seed

    def see(self, x: np.ndarray) -> np.ndarray:
        """Turn pictures into rows of numbers."""
        return VIEWS[self.view](x, self.settings)

    def fit(self, x: np.ndarray, y: np.ndarray) -> Reader:
        """Learn from pictures, shape `(n, 24, 24)`, and their classes."""
        rows = self.see(x)
        self.columns = rows.shape[1]
        self.learned = classifier(self.model, {**self.settings, "columns": self.columns}, self.seed).fit(rows, y)
        return self

    def score(self, x: np.ndarray, y: np.ndarray) -> float:
        """Return the share of pictures whose class is named, between 0 and 1."""
        return float(self.learned.score(self.see(x), y))


# --8<-- [end:reader]

"""Shapes: small grey pictures of one figure each, drawn anew for each seed, with the place of the figure known.

Nothing is downloaded: a figure is a formula that says how far a point is from its outline.  It is turned, moved,
scaled, made lighter or darker than its ground, and covered with noise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from examples import recorder

SIZE = 24
"""Height and width of a picture in pixels."""
N_TRAIN = 2000
"""Pictures to learn from, unless said."""
N_TEST = 1000
"""Pictures to be tested on, never seen in training."""
NOISE = 0.12
"""Standard deviation of the noise, where black is 0 and white is 1."""
RADIUS = (5.5, 9.5)
"""Smallest and largest radius of a figure in pixels."""


# --8<-- [start:kinds]
def polygon(u: np.ndarray, v: np.ndarray, corners: Sequence[tuple[float, float]]) -> np.ndarray:
    """Return the signed distance of points to a polygon: negative inside.

    Args:
        u: Coordinates of the points, any shape, in radii of the figure.
        v: The same across.
        corners: In order around the polygon; the last is joined to the first.
    """
    inside, distance = np.zeros(u.shape, bool), np.full(u.shape, np.inf)
    for (x1, y1), (x2, y2) in zip(corners, [*corners[1:], corners[0]], strict=True):
        # A ray from the point to the right crosses this edge: an odd number of crossings means inside.
        inside ^= ((y1 > v) != (y2 > v)) & (u < (x2 - x1) * (v - y1) / (y2 - y1 + 1e-12) + x1)
        along = ((u - x1) * (x2 - x1) + (v - y1) * (y2 - y1)) / ((x2 - x1) ** 2 + (y2 - y1) ** 2)
        along = np.clip(along, 0, 1)
        distance = np.minimum(distance, np.hypot(u - x1 - along * (x2 - x1), v - y1 - along * (y2 - y1)))
    return np.where(inside, -distance, distance)


def box(u: np.ndarray, v: np.ndarray, width: float, height: float) -> np.ndarray:
    """Return the distance to an upright rectangle around the origin, in half widths and half heights."""
    return np.maximum(np.abs(u) - width, np.abs(v) - height)


def around(points: int, radii: Sequence[float]) -> list[tuple[float, float]]:
    """Return corners at equal angles around the origin, their distances taking turns."""
    angles = [2 * np.pi * i / points for i in range(points)]
    return [(radii[i % len(radii)] * np.sin(a), radii[i % len(radii)] * np.cos(a)) for i, a in enumerate(angles)]


Distance = Callable[[np.ndarray, np.ndarray], np.ndarray]

FIGURES: dict[str, Distance] = {
    "disc": lambda u, v: np.hypot(u, v) - 0.85,
    "ring": lambda u, v: np.abs(np.hypot(u, v) - 0.68) - 0.18,
    "square": lambda u, v: box(u, v, 0.7, 0.7),
    "triangle": lambda u, v: polygon(u, v, around(3, [1.0])),
    "cross": lambda u, v: np.minimum(box(u, v, 0.85, 0.26), box(u, v, 0.26, 0.85)),
    "star": lambda u, v: polygon(u, v, around(10, [1.0, 0.42])),
    "moon": lambda u, v: np.maximum(np.hypot(u, v) - 0.88, 0.62 - np.hypot(u - 0.42, v)),
    "bars": lambda u, v: np.minimum(box(u + 0.5, v, 0.2, 0.8), box(u - 0.5, v, 0.2, 0.8)),
}
"""Signed distance to each figure, in radii: negative inside, at most one radius from the origin."""
KINDS = tuple(FIGURES)
"""The classes, in the order of their numbers."""
FIVE = ("disc", "square", "triangle", "cross", "star")
"""Those for pages that need fewer."""
# --8<-- [end:kinds]


# --8<-- [start:stamp]
def stamp(
    kind: str, centre: np.ndarray, radius: np.ndarray, turn: np.ndarray, *, size: int = SIZE, edge: float = 1.2
) -> np.ndarray:
    """Draw one figure in several places, plain: no noise, no ground.

    Args:
        kind: One of `KINDS`.
        centre: Column and row of the middle in pixels, shape `(n, 2)`.
        radius: In pixels, shape `(n,)`.
        turn: Angle in radians, shape `(n,)`.
        size: Height and width of the picture.
        edge: Width of the soft edge in pixels.

    Returns:
        How much of each pixel the figure covers, 0 to 1, shape `(n, size, size)`.
    """
    row, column = np.mgrid[0:size, 0:size]
    x = (column - centre[:, 0, None, None]) / radius[:, None, None]
    y = (row - centre[:, 1, None, None]) / radius[:, None, None]
    cosine, sine = np.cos(turn)[:, None, None], np.sin(turn)[:, None, None]
    distance = FIGURES[kind](x * cosine - y * sine, x * sine + y * cosine) * radius[:, None, None]
    covered: np.ndarray = np.clip(0.5 - distance / edge, 0, 1)
    return covered


# --8<-- [end:stamp]


@dataclass(frozen=True)
class Pictures:
    """Pictures with one figure each, and what is known about them because we drew them."""

    x: np.ndarray
    """Grey values, about 0 (black) to 1 (white), shape `(n, size, size)`."""
    y: np.ndarray
    """The class, a place in the list of kinds, shape `(n,)`."""
    covered: np.ndarray
    """How much of each pixel belongs to the figure, 0 to 1, shape `(n, size, size)`; never shown to a model."""
    centre: np.ndarray
    """Column and row of the figure's middle, shape `(n, 2)`."""
    radius: np.ndarray
    """Its radius in pixels, shape `(n,)`."""
    turn: np.ndarray
    """Its angle in radians, shape `(n,)`."""

    @property
    def inside(self) -> np.ndarray:
        """Say of each pixel whether it belongs to the figure, shape `(n, size, size)`."""
        inside: np.ndarray = self.covered > 0.5
        return inside


# --8<-- [start:draw]
def draw(
    n: int,
    chance: np.random.Generator,
    *,
    kinds: Sequence[str] = KINDS,
    noise: float = NOISE,
    radius: tuple[float, float] = RADIUS,
    roam: float = 1.0,
    turn: float = np.pi,
    inverted: float = 0.5,
    size: int = SIZE,
) -> Pictures:
    """Draw pictures in which all kinds are equally common.

    The first pictures are the same however many are drawn, and the same figures stand in the same places whatever
    the noise.

    Args:
        n: How many.
        chance: Decides everything.
        kinds: Which figures; the class is the place in this list.
        noise: Standard deviation of what is added to each pixel.
        radius: Smallest and largest, in pixels.
        roam: How far the middle may leave that of the picture, as a share of the way on which the figure stays
            whole: 0 is always the middle, 1 anywhere.
        turn: Largest angle to either side in radians: 0 is upright, pi any way round.
        inverted: Share of figures that are darker than their ground.
        size: Height and width of a picture in pixels.
    """
    # One generator per purpose, each read in order: so neither the number of pictures nor the noise moves a figure.
    order, shape, dust = chance.spawn(3)
    y = order.permuted(np.tile(np.arange(len(kinds)), (n // len(kinds) + 1, 1)), axis=1).ravel()[:n]
    dice = shape.random((n, 9))
    radii = radius[0] + (radius[1] - radius[0]) * dice[:, 0]
    angle = turn * (2 * dice[:, 1] - 1)
    middle = (size - 1) / 2
    centre = middle + roam * (middle - radii)[:, None] * (2 * dice[:, 2:4] - 1)
    covered = np.empty((n, size, size), np.float32)
    for place, kind in enumerate(kinds):
        here = y == place
        covered[here] = stamp(kind, centre[here], radii[here], angle[here], size=size)
    sign = np.where(dice[:, 4] < inverted, -1, 1)
    contrast = sign * (0.3 + 0.2 * dice[:, 5])
    # The ground is not even: light falls from one side.
    row, column = (np.mgrid[0:size, 0:size] - middle) / size
    light = 0.3 * dice[:, 6] * np.exp(2j * np.pi * dice[:, 7])
    ground = 0.35 + 0.3 * dice[:, 8, None, None] + light.real[:, None, None] * column + light.imag[:, None, None] * row
    x = ground + contrast[:, None, None] * covered
    x += noise * dust.standard_normal((n, size, size), np.float32)
    return Pictures(x.astype(np.float32), y, covered, centre, radii, angle)


# --8<-- [end:draw]


@dataclass(frozen=True)
class Shapes:
    """One data set, drawn for one seed."""

    train: Pictures
    valid: Pictures
    """For choices that are not made on training pictures; empty unless asked for."""
    test: Pictures


# --8<-- [start:load]
def load(
    seed: int,
    n_train: int = N_TRAIN,
    n_test: int = N_TEST,
    n_valid: int = 0,
    *,
    kinds: Sequence[str] = KINDS,
    noise: float = NOISE,
    radius: tuple[float, float] = RADIUS,
    roam: float = 1.0,
    turn: float = np.pi,
    inverted: float = 0.5,
) -> Shapes:
    """Draw a data set of its own for each seed; the options are those of `draw`.

    The test pictures do not change with the number of training pictures, and fewer pictures are the first of many.
    """
    parts = np.random.default_rng(seed).spawn(3)
    drawn = [
        draw(n, chance, kinds=kinds, noise=noise, radius=radius, roam=roam, turn=turn, inverted=inverted)
        for n, chance in zip((n_train, n_valid, n_test), parts, strict=True)
    ]
    return Shapes(*drawn)


# --8<-- [end:load]


class Run(recorder.Run, Protocol):
    """The part of `mkdocs_dlplugin.run` that showing pictures takes."""

    def images(self, name: str, array: np.ndarray, labels: Sequence[str] | None = None) -> None:
        """Keep arrays as pictures."""


# --8<-- [start:show]
def show(run: Run, rows: int = 2, kinds: Sequence[str] = KINDS, noise: float = NOISE) -> None:
    """Keep the first training pictures of each kind as pictures `shape`, and count the data set."""
    pictures = load(run.seed, 40 * len(kinds), n_test=0, kinds=kinds, noise=noise).train
    first = [np.flatnonzero(pictures.y == kind)[row] for row in range(rows) for kind in range(len(kinds))]
    run.images("shape", np.clip(pictures.x[first], 0, 1), [kinds[kind] for kind in pictures.y[first]])
    run.summary["n_classes"] = len(kinds)
    run.summary["n_pixels"] = pictures.x[0].size
    run.summary["chance"] = 1 / len(kinds)


# --8<-- [end:show]

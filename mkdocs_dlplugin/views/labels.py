"""Labels: find places for names right beside what they name, or say that there is no room and a legend must do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mkdocs_dlplugin.views.drawing import LETTER, PHONE
from mkdocs_dlplugin.views.figures import Axis, Figure

LEADING = 15.0
"""Pixels between the middles of two names, one above the other."""

FARTHEST = 17.0
"""Pixels a name may stand above or below the end of its line; farther, it would name another."""

MOST = 8
"""Lines beyond which names at their ends are a crowd."""

TRIES = 20_000
"""Places that are tried for all names together."""

SIDES = {
    "above-right": ("left", 5, -12),
    "below-right": ("left", 5, 12),
    "above-left": ("right", -5, -12),
    "below-left": ("right", -5, 12),
    "right": ("left", 9, 0),
    "left": ("right", -9, 0),
    "above": ("center", 0, -14),
    "below": ("center", 0, 14),
}
"""How a name is aligned and moved from its mark, by its side; first those on which no interval runs."""

Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""


def at_ends(figure: Figure, domain: Sequence[float] | None, width: float, height: float) -> Mapping[str, float] | None:
    """Place the names of curves at their right ends.

    Args:
        figure: The curves.
        domain: Lowest and highest value of the y axis.
        width: Pixels of the whole drawing.
        height: Pixels of the plot.

    Returns:
        Per label the value at whose height it stands; `None` where there is one curve only, or no room.
    """
    lines = figure.lines
    widest = max(map(len, figure.labels)) * LETTER + 10
    crowd = not 1 < len(lines) <= (MOST if width >= PHONE else 5)
    if domain is None or crowd or widest > width * 0.32 or figure.x.domain or figure.y.domain:
        return None
    if {line.points[-1].x for line in lines} != {figure.xs[-1]}:
        return None
    at = sorted((share(line.points[-1].estimate.mean, domain, figure.y) * height, line.label) for line in lines)
    placed = spread([pixel for pixel, _ in at], LEADING)
    if any(abs(pixel - there) > FARTHEST for (pixel, _), there in zip(at, placed, strict=True)):
        return None
    return {label: _value(there / height, domain, figure.y) for (_, label), there in zip(at, placed, strict=True)}


def spread(at: Sequence[float], gap: float) -> list[float]:
    """Move ascending places apart to *gap*, each as little as the others allow.

    Neighbours that touch are joined and centred on the mean of where they want to be: the least squares solution, found
    by pooling adjacent violators.

    Source:
        M. Ayer et al. (1955), An empirical distribution function for sampling with incomplete information, Annals of
        Mathematical Statistics 26(4).
    """
    pools: list[list[float]] = []
    for index, place in enumerate(at):
        # Without the gaps in front of it, a place may be equal to its neighbour and must not be less.
        pools.append([place - index * gap, 1.0])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (mean, count), (other, others) = pools.pop(-2), pools.pop(-1)
            pools.append([(mean * count + other * others) / (count + others), count + others])
    flat = [mean for mean, count in pools for _ in range(int(count))]
    return [mean + index * gap for index, mean in enumerate(flat)]


def beside(
    points: Sequence[tuple[float, float]], names: Sequence[str], width: float, height: float
) -> list[str] | None:
    """Place a name beside each point of a scatter plot.

    Args:
        points: Where they stand, in pixels from the left and from the top.
        names: One per point.
        width: Pixels of the plot.
        height: Likewise.

    Returns:
        Per point the side on which its name stands, one of `SIDES`; `None` where one of them finds no room.
    """
    marks = [(x - 6, y - 6, x + 6, y + 6) for x, y in points]
    choices = []
    for number, ((x, y), name) in enumerate(zip(points, names, strict=True)):
        others = [mark for index, mark in enumerate(marks) if index != number]
        boxes = [item for item in _boxes(x, y, len(name) * LETTER).items() if _inside(item[1], width, height)]
        choices.append([(side, box) for side, box in boxes if not any(_meet(box, other) for other in others)])
    return _chosen(choices, [], [TRIES])


def _chosen(choices: Sequence[Sequence[tuple[str, Box]]], taken: list[Box], left: list[int]) -> list[str] | None:
    """Choose one box of each list so that none meet, the first that go together; gives up after so many tries."""
    if not choices:
        return []
    for side, box in choices[0]:
        left[0] -= 1
        if left[0] < 0:
            return None
        if not any(_meet(box, other) for other in taken):
            rest = _chosen(choices[1:], [*taken, box], left)
            if rest is not None:
                return [side, *rest]
    return None


def _inside(box: Box, width: float, height: float) -> bool:
    return box[0] >= 0 and box[2] <= width and box[1] >= -4 and box[3] <= height


def _boxes(x: float, y: float, size: float) -> dict[str, Box]:
    """List where a name may stand, in pixels, by its side."""
    boxes = {}
    for side, (align, right, down) in SIDES.items():
        left = x + right - {"left": 0.0, "center": size / 2, "right": size}[align]
        boxes[side] = (left, y + down - 7, left + size, y + down + 7)
    return boxes


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def share(value: float, domain: Sequence[float], axis: Axis) -> float:
    """Return how far along an axis a value stands, from 0 to 1."""
    low, high = domain
    if axis.scale == "log":
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def _value(part: float, domain: Sequence[float], axis: Axis) -> float:
    low, high = domain
    return low * (high / low) ** part if axis.scale == "log" else low + part * (high - low)

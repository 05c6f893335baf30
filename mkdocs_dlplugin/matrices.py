"""Matrices: count which class was taken for which, and read such counts from a file that anybody may have written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST = 50
"""Classes; a larger matrix is no table that anybody reads."""

LONGEST = 60
"""Letters in the name of a class."""

LARGEST = 400_000
"""Bytes of a file beyond which it is no matrix of so many classes."""

_COUNT = 2**53
"""Items beyond which a count is not exact, and is none."""


@dataclass(frozen=True)
class Matrix:
    """How often items of each class were taken for each class."""

    labels: tuple[str, ...]
    """Names of the classes, in order."""
    counts: tuple[tuple[int, ...], ...]
    """Per true class, in the order of `labels`, how many items were predicted to be each, shape (classes, classes)."""

    @property
    def totals(self) -> tuple[int, ...]:
        """How many items each true class has."""
        return tuple(map(sum, self.counts))

    @property
    def total(self) -> int:
        """How many items there are."""
        return sum(self.totals)

    @property
    def correct(self) -> int:
        """How many lie on the diagonal."""
        return sum(row[place] for place, row in enumerate(self.counts))


def count(true: Any, predicted: Any, labels: Iterable[Any] | None = None) -> Matrix:
    """Count pairs of classes.

    Args:
        true: The class of each item: whole numbers or words, as a list, an array or a tensor, shape ``(items,)``.
        predicted: What each was taken for, likewise.
        labels: The classes in the order to show them. Where the items are whole numbers and these are not, the names
            of the classes 0, 1, 2 and so on. All that occur, sorted, when left out.

    Raises:
        ValueError: the two differ in length or are empty, or a class is none of the labels.
    """
    ours, theirs = _classes(true, "true"), _classes(predicted, "predicted")
    if len(ours) != len(theirs):
        raise ValueError(f"there are {len(ours)} true classes and {len(theirs)} predicted ones")
    if not ours:
        raise ValueError("there are no items to count")
    pairs = list(zip(ours, theirs, strict=True))
    found = {one for pair in pairs for one in pair}
    names = sorted(found, key=lambda one: (isinstance(one, str), one)) if labels is None else _plain(labels)
    places = _places(names, found)
    if len(names) > MOST:
        raise ValueError(f"there are {len(names)} classes, more than the {MOST} a table can show")
    shown = tuple(str(name)[:LONGEST] for name in names)
    if len(set(shown)) < len(shown):
        raise ValueError(f"two classes have the same name: {list(shown)}")
    counts = [[0] * len(names) for _ in names]
    for one, other in pairs:
        counts[places[one]][places[other]] += 1
    return Matrix(shown, tuple(map(tuple, counts)))


def _places(names: Sequence[Any], found: Iterable[Any]) -> Mapping[Any, int]:
    """Find where each class stands among the labels."""
    known = {name: place for place, name in enumerate(names)}
    if not all(one in known for one in found) and all(isinstance(one, int) for one in found):
        known = {place: place for place in range(len(names))}
    for one in found:
        if one not in known:
            raise ValueError(f"{one!r} is not one of the labels {list(names)}")
    return known


def _classes(given: Any, what: str) -> list[int | str]:
    """Read the class of each item; numbers that are whole count as whole, whatever their type."""
    found: list[int | str] = []
    for one in _plain(given):
        if isinstance(one, float) and one.is_integer():
            found.append(int(one))
        elif isinstance(one, int | str):
            found.append(int(one) if isinstance(one, int) else one)
        else:
            raise ValueError(f"a {what} class is {one!r}; give one whole number or word per item")
    return found


def _plain(given: Any) -> list[Any]:
    """Turn an array or tensor of any library into a list."""
    found = given.tolist() if hasattr(given, "tolist") else list(given)
    return found if isinstance(found, list) else [found]


# As a file.


def as_json(matrix: Matrix) -> dict[str, Any]:
    """Return a matrix as JSON values."""
    return {"labels": list(matrix.labels), "counts": [list(row) for row in matrix.counts]}


def as_text(matrix: Matrix) -> str:
    """Write a matrix as a file: a line per true class, so that a change shows where it is."""
    rows = ",\n ".join(json.dumps(list(row)) for row in matrix.counts)
    return f'{{"counts": [\n {rows}\n], "labels": {json.dumps(list(matrix.labels))}}}\n'


def read(content: bytes) -> Matrix:
    """Read a matrix from a file; nothing of it is taken on trust.

    Raises:
        ValueError: it is none, or one that no table could show; says why, as the end of a sentence.
    """
    if len(content) > LARGEST:
        raise ValueError(f"has {len(content):,} bytes, more than a matrix takes")
    try:
        said = json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("is no JSON") from None
    labels, counts = (said.get("labels"), said.get("counts")) if isinstance(said, dict) else (None, None)
    if not isinstance(labels, list) or not all(isinstance(one, str) and len(one) <= LONGEST for one in labels):
        raise ValueError(f"has no `labels` that are words of at most {LONGEST} letters")
    if not 0 < len(labels) <= MOST or len(set(labels)) < len(labels):
        raise ValueError(f"needs 1 to {MOST} labels that differ")
    if not isinstance(counts, list) or len(counts) != len(labels):
        raise ValueError("needs a row of `counts` for each label")
    for row in counts:
        if not isinstance(row, list) or len(row) != len(labels):
            raise ValueError("needs as many counts in each row as there are labels")
        if not all(isinstance(one, int) and not isinstance(one, bool) and 0 <= one < _COUNT for one in row):
            raise ValueError("holds a count that is no whole number from 0 on")
    if not any(any(row) for row in counts):
        raise ValueError("counts no items")
    return Matrix(tuple(labels), tuple(map(tuple, counts)))

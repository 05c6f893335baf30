"""Grids: read the seeds and the parameter points of a run."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping
from typing import Any

from mkdocs_dlplugin import yamlcore
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Value, Where, address, place

_LONGEST = 200
"""Characters of a point, which file systems take as a name."""

MOST = 1000
"""Seeds one run may have, and points one grid may have."""


def read_seeds(value: Any, where: Where) -> tuple[int, ...]:
    """Read seeds: a count (`5`), a list (`"0 1 7"`, `[0, 1, 7]`) or a range (`"0-4"`, ends included).

    Raises:
        DLError: none of these, none at all, more than `MOST`, or one twice.
    """
    hint = 'Write a count (5), a list ("0 1 7") or a range ("0-4").'
    seeds: list[int] | range | None = None
    if isinstance(value, str):
        text = value.strip()
        if found := re.fullmatch(r"(\d{1,10})\s*-\s*(\d{1,10})", text):
            seeds = range(int(found[1]), int(found[2]) + 1)
        elif re.fullmatch(r"\d{1,10}", text):
            seeds = range(int(text))
        elif re.fullmatch(r"\d{1,10}(\s+\d{1,10})+", text):
            seeds = [int(part) for part in text.split()]
        elif isinstance(listed := yamlcore.scalar(text), list):
            value = listed
    elif isinstance(value, int) and not isinstance(value, bool):
        seeds = range(value)
    if isinstance(value, list) and all(
        isinstance(seed, int) and not isinstance(seed, bool) and seed >= 0 for seed in value
    ):
        seeds = value
    if seeds is None:
        raise DLError(where, f"seeds must be whole numbers, got {value!r}.", hint)
    if not 1 <= len(seeds) <= MOST:
        raise DLError(where, f"seeds must be 1 to {MOST}, got {value!r}.", hint)
    if len(set(seeds)) != len(seeds):
        twice = next(seed for seed in seeds if list(seeds).count(seed) > 1)
        raise DLError(where, f"seed {twice} stands twice in {value!r}.", "Each seed is one job.")
    if max(seeds) >= 2**32:
        raise DLError(where, f"seed {max(seeds)} is too large.", "Random generators take seeds below 2**32.")
    return tuple(seeds)


def read_params(value: Any, where: Where) -> tuple[Mapping[str, Value], ...]:
    """Read a grid: a mapping of lists is their product in the order written, a list of mappings its points.

    Raises:
        DLError: neither of these, a value no record can be named after, or a point twice.
    """
    hint = "Write `params: {n: [100, 1000], model: [svm, cnn]}`, or a list of mappings."
    points: list[Mapping[str, Any]]
    if isinstance(value, dict) and value:
        lists = [part if isinstance(part, list) else [part] for part in value.values()]
        if math.prod(len(part) for part in lists) > MOST:
            raise DLError(where, f"params make {math.prod(len(part) for part in lists)} points, more than {MOST}.")
        points = [dict(zip(value, chosen, strict=True)) for chosen in itertools.product(*lists)]
    elif isinstance(value, list) and value and all(isinstance(point, dict) and point for point in value):
        points = list(value)
    else:
        raise DLError(where, f"params must be a mapping of lists or a list of mappings, got {value!r}.", hint)
    if not points:
        raise DLError(where, "params has an empty list, so there is no point to run.", hint)
    for point in points:
        if set(point) != set(points[0]):
            raise DLError(
                where, f"every point of params names the same parameters, but {point!r} and {points[0]!r} differ.", hint
            )
        for name, chosen in point.items():
            _check_param(name, chosen, where)
        if (size := len(place("", point, 0))) > _LONGEST:
            problem = f"a point of params is {size:,} characters long, more than {_LONGEST}."
            raise DLError(where, problem, "Its record is named after it: use short words, and keep the rest in a file.")
    seen: dict[tuple[Any, ...], None] = {}
    for point in points:
        mark = tuple((name, isinstance(point[name], bool), point[name]) for name in sorted(point))
        if mark in seen:
            raise DLError(
                where,
                f"params has the point {address('', point)} twice.",
                "Points are compared by value, so 1 and 1.0 are one.",
            )
        seen[mark] = None
    return tuple(points)


def _check_param(name: Any, value: Any, where: Where) -> None:
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise DLError(
            where, f"{name!r} cannot be a parameter's name.", "Names are words such as `n` or `learning_rate`."
        )
    if name == "seed":
        raise DLError(where, "'seed' cannot be a parameter.", "Use `seeds`.")
    if not isinstance(value, int | float | str | bool) or value == "":
        raise DLError(where, f"parameter '{name}' must be a number, a word, true or false, got {repr(value)[:80]}.")
    if isinstance(value, float) and not math.isfinite(value):
        raise DLError(where, f"parameter '{name}' must be finite, got {value!r}.")

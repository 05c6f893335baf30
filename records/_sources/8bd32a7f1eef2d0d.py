"""Chosen: look up what a search found best, so that no winner is copied by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from examples.recorder import Run
from examples.trials import Settings


def chosen(run: Run, search: str, point: Mapping[str, Any], candidates: Sequence[Settings]) -> Settings:
    """Return the candidate with the highest held-out accuracy, the first of several.

    Args:
        run: Names the search in its option `uses`.  A plain run at a terminal has no search; it gets the middle
            candidate.
        search: Name of the run that searched.
        point: Parameters of the search that is asked for.
        candidates: What it tried, in its order.
    """
    inputs = getattr(run, "inputs", None)
    if inputs is None:
        return candidates[len(candidates) // 2]
    (found,) = (one for one in inputs.all(search) if dict(one.params) == dict(point))
    values = [value for _, value in sorted(found.series["val_acc"])]
    return candidates[values.index(max(values))]

"""Trials: a small search for settings, the same number of tries for every family, on data that serve nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from examples.recorder import Run

Settings = Mapping[str, Any]
"""What a person chooses before training starts, such as a learning rate."""


def search(
    run: Run, candidates: Sequence[Settings], score: Callable[[Settings], float], in_use: Settings | None = None
) -> Settings:
    """Try every candidate once and record how the search went.

    Args:
        run: Gets a curve of held-out accuracies, the number of trials, and the best and the worst of them.
        candidates: Written down beforehand.
        score: Trains with the given settings and returns the accuracy on held-out examples, between 0 and 1.
        in_use: The settings that the measurements are made with, where those are a copy: whether they are the best is
            recorded, too.  Measurements that look the best up with `chosen` have no copy.

    Returns:
        The settings that did best, the first of several.
    """
    results: list[float] = []
    with run.timer("search_s"):
        for settings in candidates:
            results.append(score(settings))
            run.log({"val_acc": results[-1]}, step=len(results))
    best = candidates[results.index(max(results))]
    run.summary["trials"] = len(results)
    run.summary["best_val_acc"] = max(results)
    run.summary["worst_val_acc"] = min(results)
    if in_use is not None:
        run.summary["in_use"] = int(dict(best) == dict(in_use))
    print(told(best))
    return best


def told(settings: Settings) -> str:
    """Put settings into a line that a person can read."""
    return ", ".join(f"{name} {value}" for name, value in settings.items())

"""Compare: hold what a job gives now against its record, bit for bit or within a tolerance."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from mkdocs_dlplugin.model import Record

ELSEWHERE = 1e-3
"""Relative tolerance on another machine, where the order of additions changes the last digits."""
_ZERO = 1e-9
"""Where anything is tolerated, metrics below this are zero."""
_MACHINE = ("cpu", "device", "device_name", "python", "packages")
"""What of a record's provenance must be the same for the same bits to be expected."""


@dataclass(frozen=True)
class Compared:
    """How the new results of one job stand to those recorded."""

    differences: tuple[str, ...]
    """What differs: `acc 0.91 != 0.93`, recorded first; empty when the record is reproduced."""
    metrics: int
    """How many metrics were compared."""
    series: int
    """How many series were compared, all values of each."""
    tolerance: float
    """Relative; 0 asks for the same bits."""
    elsewhere: tuple[str, ...] = ()
    """What of the machine is another than the recorded one: `cpu`, `packages`."""
    notes: tuple[str, ...] = ()
    """What differs and does not count, such as a kept file."""


def compare(then: Record, now: Record, *, tolerance: float | None, timings: Collection[str] = ()) -> Compared:
    """Compare metrics, series and correctness per item.

    Args:
        then: The record.
        now: What the same job gave when it was executed again.
        tolerance: Relative; unsaid, 0 on the same machine and `ELSEWHERE` on another.
        timings: Metrics that are seconds and never the same twice.
    """
    elsewhere = tuple(n for n in _MACHINE if (then.provenance.get(n) or "") != (now.provenance.get(n) or ""))
    allowed = tolerance if tolerance is not None else ELSEWHERE if elsewhere else 0.0
    metrics = [name for name in dict.fromkeys([*then.metrics, *now.metrics]) if name not in timings]
    series = [name for name in dict.fromkeys([*then.series, *now.series]) if name not in timings]
    found = [
        *_metrics(then, now, metrics, allowed),
        *(said for name in series if (said := _series(then, now, name, allowed))),
        *_correct(then, now, allowed),
    ]
    assets = dict.fromkeys([*then.assets, *now.assets])
    notes = tuple(f"the file '{name}' is another" for name in assets if then.assets.get(name) != now.assets.get(name))
    return Compared(tuple(found), len(metrics), len(series), allowed, elsewhere, notes)


def _metrics(then: Record, now: Record, names: Collection[str], allowed: float) -> Iterator[str]:
    for name in names:
        was, is_ = then.metrics.get(name), now.metrics.get(name)
        if not _same(was, is_, allowed, _ZERO if allowed else 0.0):
            yield f"{name} {_show(was)} != {_show(is_)}"


def _series(then: Record, now: Record, name: str, allowed: float) -> str:
    """Say where a series first differs; values are held against the largest of them, because many end near zero."""
    (steps, was), (steps_now, is_) = then.series.get(name, ((), ())), now.series.get(name, ((), ()))
    if steps != steps_now:
        return f"series {name} has other steps ({len(steps)} != {len(steps_now)} values)"
    scale = max((abs(value) for value in was if value is not None), default=0.0)
    differing = [i for i, (a, b) in enumerate(zip(was, is_, strict=True)) if not _same(a, b, 0.0, allowed * scale)]
    if not differing:
        return ""
    first = differing[0]
    more = f" and at {len(differing) - 1} more" if len(differing) > 1 else ""
    return f"series {name} {_show(was[first])} != {_show(is_[first])} at step {steps[first]:g}{more}"


def _correct(then: Record, now: Record, allowed: float) -> Iterator[str]:
    if len(then.correct) != len(now.correct):
        yield f"correctness of {len(then.correct)} items != {len(now.correct)} items"
        return
    others = sum(a != b for a, b in zip(then.correct, now.correct, strict=True))
    if others > allowed * len(then.correct):
        yield f"correctness of {others} of {len(then.correct)} items"


def _same(was: float | None, is_: float | None, relative: float, absolute: float) -> bool:
    if was is None or is_ is None:
        return was is is_
    return was == is_ or math.isclose(was, is_, rel_tol=relative, abs_tol=absolute)


def _show(value: float | None) -> str:
    return "nothing" if value is None else repr(value)

"""Progress: what runs at work have told so far, for pages that an author looks at meanwhile."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mkdocs_dlplugin.engines import Progress

MOST = 200
"""Points kept per curve; of more every second one goes, so that a curve keeps its shape at a known cost."""

FOREGOING = 2000
"""Jobs that are remembered; the oldest ones go."""


@dataclass
class Curve:
    """What one job logged under one name."""

    points: list[tuple[float, float]] = field(default_factory=list)
    """Steps and values in the order they came."""
    every: int = 1
    """How many values there are to one that is kept."""
    heard: int = 0

    def add(self, step: float, value: float) -> None:
        """Add a value; the last one is always there."""
        if self.heard and (self.heard - 1) % self.every and self.points:
            self.points.pop()
        self.points.append((step, value))
        self.heard += 1
        if len(self.points) > MOST:
            self.points, self.every = self.points[::2], self.every * 2


@dataclass
class Work:
    """One job at work, or done."""

    run: str
    label: str
    """What tells it from the other jobs of its run: `seed 3`, `n=100 seed 3`."""
    event: str = "started"
    seconds: float = 0.0
    curves: dict[str, Curve] = field(default_factory=dict)
    version: int = 0
    """When it was told of last."""


class Journal:
    """All that was heard in one `serve`; heard from the engine's thread, read by those of the server."""

    def __init__(self) -> None:
        self._works: dict[str, Work] = {}
        self._version = 0
        self._lock = threading.Lock()

    def hear(self, progress: Progress) -> None:
        """Note what an engine tells; a job that starts again begins anew."""
        job = progress.job
        with self._lock:
            self._version += 1
            if progress.event == "started" or job.place not in self._works:
                self._works.pop(job.place, None)
                self._works[job.place] = Work(job.run, job.title.removeprefix(job.run).strip())
                while len(self._works) > FOREGOING:
                    self._works.pop(next(iter(self._works)))
            work = self._works[job.place]
            work.event, work.seconds, work.version = progress.event, progress.seconds, self._version
            step = progress.values.get("step", math.nan)
            for name, value in progress.values.items():
                if name != "step" and math.isfinite(step):
                    work.curves.setdefault(name, Curve()).add(step, value)

    def since(self, version: int) -> bytes:
        """Write what is new since a version as JSON: that version, and per job its state and all its curves."""
        with self._lock:
            works = [_told(place, work) for place, work in self._works.items() if work.version > version]
            return json.dumps({"version": self._version, "jobs": works}, allow_nan=False).encode()


def _told(place: str, work: Work) -> Mapping[str, object]:
    curves = {
        name: {"step": [step for step, _ in curve.points], "value": list(_finite(curve))}
        for name, curve in work.curves.items()
    }
    return {
        "place": place,
        "run": work.run,
        "label": work.label,
        "event": work.event,
        "seconds": round(work.seconds, 1),
        "curves": curves,
    }


def _finite(curve: Curve) -> Iterator[float | None]:
    return (value if math.isfinite(value) else None for _, value in curve.points)

"""Seam: what the build asks of an engine, and what an engine tells while it works."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal, Protocol

from mkdocs_dlplugin.model import Job, Record


class Engine(Protocol):
    """A place where jobs run; values in, values out, so it may be another process or another machine."""

    def submit(self, job: Job) -> Future[Record]:
        """Queue a job and return at once.

        The future ends with a record or with `RunFailed`; `engines.wire` makes values of both.
        """

    def close(self) -> None:
        """End everything that runs and cancel what waits; may be called twice."""


@dataclass(frozen=True)
class Progress:
    """What an engine tells while a job runs."""

    job: Job
    event: Literal["started", "metric", "ended"]
    seconds: float
    """Wall time since the job started."""
    values: Mapping[str, float] = field(default_factory=dict)
    """What was logged and its `step`; empty for other events."""


OnProgress = Callable[[Progress], None]
"""Hears progress; called from the engine's own thread."""

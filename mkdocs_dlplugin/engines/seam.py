"""Seam: what the build asks of an engine, and what an engine tells while it works."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from mkdocs_dlplugin.model import Job, Record


@dataclass(frozen=True)
class Setup:
    """What an engine is made from; what it has no use for it ignores."""

    scratch: Path
    """Folder for what runs write; every job's part is removed when it ends."""
    root: Path = Path()
    """Folder of `mkdocs.yml`."""
    preload: tuple[str, ...] = ()
    """Modules worth loading once for all jobs, see `preload_for`."""
    slots: int = 0
    """Threads of work at once; 0 takes what the machine has."""
    on_progress: Callable[[Progress], None] | None = None
    """Hears what happens, from the engine's thread."""
    address: str = ""
    """Where the engine is found, when it is elsewhere."""
    isolation: Literal["auto", "ns", "group", "spawn"] = "auto"
    """How jobs are kept apart; the best there is with `auto`."""
    sandbox: Literal["auto", "required", "strict", "off"] = "auto"
    """Whether jobs are kept from writing and connecting."""


class Engine(Protocol):
    """A place where jobs run; values in, values out, so it may be another process or another machine."""

    def submit(self, job: Job) -> Future[Record]:
        """Queue a job and return at once.

        The future ends with a record or with `RunFailed`; `engines.wire` makes values of both.
        """

    def close(self) -> None:
        """End everything that runs and cancel what waits; may be called twice."""


@runtime_checkable
class Renewable(Protocol):
    """An engine that can be told between two builds what the next one needs; the others stay as they are."""

    def renew(self, preload: Sequence[str]) -> None:
        """Prepare for another build, which imports these modules; returns at once."""


@runtime_checkable
class Revocable(Protocol):
    """An engine that can end a job at work because nobody needs its result any more; others let it come to its end."""

    def revoke(self, future: Future[Record]) -> None:
        """End the job behind a promise of `submit`, which then fails as interrupted; returns at once."""


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

Factory = Callable[[Setup], Engine]
"""How an engine is made; it starts with its first job."""

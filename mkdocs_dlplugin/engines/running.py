"""Running: one job at work, what was heard of it so far, and what that makes of it in the end."""

from __future__ import annotations

import socket
from collections import defaultdict
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

from mkdocs_dlplugin.engines.printed import Printed
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.explain import clean, failure, frames_in, from_exit, from_signal, from_timeout
from mkdocs_dlplugin.model import Job, Output, Record
from mkdocs_dlplugin.sizes import decimal

AFTER_RESULT = 2.0
"""Seconds that exit handlers may take once the result is there."""


@dataclass
class Waiting:
    """A job in the queue, with the promise made for it."""

    job: Job
    future: Future[Record]
    attempts: int = 0
    """How often it was lost through no fault of ours or its own."""


@dataclass
class Running:
    """A job at work: its three lines to us and what came over them."""

    waiting: Waiting
    folder: Path
    gpu: str
    """Identifier of the GPU it holds; empty without one."""
    leash: socket.socket
    """To its shepherd; cutting it ends the job."""
    pipes: dict[str, int]
    """What is still open of its `channel` of messages and its `output`."""
    started: float
    deadline: float
    """When it is told to end, or when we stop waiting for it to do so."""
    printed: Printed
    buffers: dict[str, bytearray] = field(default_factory=lambda: defaultdict(bytearray))
    record: Record | None = None
    failed: RunFailed | None = None
    shepherd: int = 0
    """Process number of its shepherd."""
    killed: str = ""
    """Why we ended it: `timeout` or `close`."""
    status: int | None = None
    """Its exit status, negative for a signal; `None` while it runs, and for ever when its shepherd was killed."""
    left: list[str] = field(default_factory=list)
    """Commands of the processes it left behind."""

    @property
    def job(self) -> Job:
        """The job itself."""
        return self.waiting.job

    @property
    def lost(self) -> bool:
        """Whether it ended without a result, a status or an order of ours: something killed its shepherd."""
        return self.status is None and not (self.killed or self.record or self.failed)


def outcome(running: Running) -> Record | RunFailed:
    """Make of everything heard the record of a job, or the reason why it has none."""
    # The scratch folder first: it is inside the project, and named anew for every job.
    job, text = running.job, running.printed.text(str(running.folder), running.job.root)
    if running.record:
        outputs = (Output("text", text),) if text else ()
        notes = (*running.record.notes, *_notes(running))
        return replace(running.record, outputs=(*outputs, *running.record.outputs), notes=notes)
    failed = running.failed
    if failed is None:
        frames = frames_in(job, _read(running.folder / "trace"))
        if running.killed == "timeout":
            failed = from_timeout(job, frames)
        elif running.killed:
            failed = failure(job, "Interrupted: the build ended first", kind="Interrupted", frames=frames)
        elif (running.status or 0) < 0:
            failed = from_signal(job, -(running.status or 0), frames)
        else:
            failed = from_exit(job, running.status, frames)
    failed.output = text[-running.printed.kept :]
    return failed


def _notes(running: Running) -> list[str]:
    notes = []
    if running.left:
        number = "1 process" if len(running.left) == 1 else f"{len(running.left)} processes"
        notes.append(f"left {number} running ({', '.join(running.left)}), ended with the run")
    if running.killed == "timeout":
        notes.append(f"exit handlers did not finish within {AFTER_RESULT:g} s")
    if running.printed.dropped:
        notes.append(
            f"printed {decimal(running.printed.total)}; the first and the last {decimal(running.printed.kept)} are kept"
        )
    return [clean(note, running.job.root) for note in notes]


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""

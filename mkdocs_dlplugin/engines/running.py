"""Running: one job at work, what was heard of it so far, and what that makes of it in the end."""

from __future__ import annotations

import json
import os
import socket
from collections import defaultdict
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mkdocs_dlplugin.engines.masking import mask_failure, mask_record, secrets_of
from mkdocs_dlplugin.engines.parted import Parted
from mkdocs_dlplugin.engines.schedule import Device, Wish
from mkdocs_dlplugin.engines.wire import unpack, unpack_failure
from mkdocs_dlplugin.errors import DLError, RunFailed
from mkdocs_dlplugin.explain import (
    failure,
    frames_in,
    from_exit,
    from_limit,
    from_signal,
    from_silence,
    from_timeout,
)
from mkdocs_dlplugin.model import Job, Record
from mkdocs_dlplugin.sizes import decimal
from mkdocs_dlplugin.whereabouts import clean

AFTER_RESULT = 2.0
"""Seconds that exit handlers may take once the result is there."""


@dataclass
class Waiting:
    """A job in the queue, with the promise made for it."""

    job: Job
    future: Future[Record]
    wish: Wish
    """What it asks of this machine."""
    attempts: int = 0
    """How often it was lost through no fault of ours or its own, or was short of a GPU's memory."""


@dataclass(kw_only=True)
class Course:
    """A job at work, whatever process it is in: what came of it so far."""

    waiting: Waiting
    folder: Path
    """Its scratch folder."""
    started: float
    deadline: float
    """When it is told to end, or when we stop waiting for it to do so; by the monotonic clock."""
    heard: float
    """When it printed or logged last."""
    printed: Parted
    device: Device | None = None
    """The accelerator it holds; `None` on the CPU."""
    record: Record | None = None
    failed: RunFailed | None = None
    killed: str = ""
    """Why we ended it: `timeout`, `silence` or `close`."""
    status: int | None = None
    """Its exit status, negative for a signal; `None` while it runs, and for ever when nobody saw its end."""
    left: list[str] = field(default_factory=list)
    """Commands of the processes it left behind."""
    over: str = ""
    """The limit it broke, as its shepherd said it."""
    peak: int = 0
    """The most memory its processes were seen to have, in bytes."""

    @property
    def job(self) -> Job:
        """The job itself."""
        return self.waiting.job

    @property
    def patience(self) -> float:
        """When it is to be ended, for its time or for its silence; by the monotonic clock."""
        silence = self.job.limits.silence
        if not silence or self.killed or self.record or self.failed:
            return self.deadline
        return min(self.deadline, self.heard + silence)

    @property
    def lost(self) -> bool:
        """Whether it ended without a result, a status or an order of ours: something killed its shepherd."""
        return self.status is None and not (self.killed or self.record or self.failed or self.over)


@dataclass(kw_only=True)
class Running(Course):
    """A job forked by the zygote: its three lines to us."""

    leash: socket.socket
    """To its shepherd; cutting it ends the job."""
    pipes: dict[str, int]
    """What is still open of its `channel` of messages and its `output`."""
    buffers: dict[str, bytearray] = field(default_factory=lambda: defaultdict(bytearray))
    shepherd: int = 0
    """Process number of its shepherd; 0 where a signal could not stop it."""


def begin(waiting: Waiting, folder: Path, now: float) -> dict[str, Any]:
    """Make the scratch folder of a job; return what its course begins with."""
    for part in ("files", "home", "tmp", "cache"):
        (folder / part).mkdir(parents=True)
    job = waiting.job
    for name in job.write_to:
        Path(job.root, name).mkdir(parents=True, exist_ok=True)
    printed = Parted(job, job.limits.output // 2)
    times = {"started": now, "heard": now, "deadline": now + job.timeout}
    return {"waiting": waiting, "folder": folder, "printed": printed, **times}


def messages(buffer: bytearray, content: bytes) -> list[dict[str, Any]]:
    """Add to a buffer and take the complete messages out of it."""
    buffer += content
    if b"\n" not in content:
        return []
    *complete, rest = bytes(buffer).split(b"\n")
    buffer[:] = rest
    return [json.loads(line) for line in complete if line]


def hear(course: Course, message: dict[str, Any], now: float) -> dict[str, float] | None:
    """Take a message of a job; return the values it logged, if that is what it says."""
    course.heard = now
    if "values" in message:
        values: dict[str, float] = message["values"]
        return values
    if "record" in message:
        course.record = unpack(message["record"])
    elif "failed" in message:
        course.failed = unpack_failure(message["failed"])
    if course.record or course.failed:
        course.deadline = min(course.deadline, now + AFTER_RESULT)
    return None


def settle(future: Future[Record], result: Record | DLError) -> None:
    """Keep the promise made for a job, unless nobody waits for it any more."""
    if future.cancelled() or future.done():
        return
    if not future.running() and not future.set_running_or_notify_cancel():
        return
    if isinstance(result, DLError):
        future.set_exception(result)
    else:
        future.set_result(result)


def outcome(course: Course) -> Record | RunFailed:
    """Make of everything heard the record of a job, or the reason why it has none; secrets are hidden in both."""
    # The scratch folder first: it is inside the project, and named anew for every job.
    job, folders = course.job, (str(course.folder), course.job.root)
    secrets = secrets_of(os.environ, job.secrets)
    if course.record:
        record = replace(
            course.record,
            outputs=course.printed.among(course.record.outputs, *folders),
            notes=tuple(clean(note, *folders) for note in (*course.record.notes, *_notes(course))),
            provenance={**course.record.provenance, **_memory(course)},
        )
        return mask_record(record, secrets)
    failed = course.failed or _ended(course)
    # Inside the job the home folder is one of its own.
    failed.problem, failed.hint = clean(failed.problem, *folders), clean(failed.hint, *folders)
    failed.output = course.printed.text(*folders)[-course.printed.kept :]
    failed.part = course.printed.ended
    return mask_failure(failed, secrets)


def _ended(course: Course) -> RunFailed:
    """Tell how a job ended that could not tell it itself."""
    job, frames = course.job, frames_in(course.job, _read(course.folder / "trace"))
    if course.over:
        return from_limit(job, course.over, frames)
    if course.killed == "timeout":
        return from_timeout(job, frames)
    if course.killed == "silence":
        return from_silence(job, frames)
    if course.killed:
        return failure(job, "Interrupted: the build ended first", kind="Interrupted", frames=frames)
    if (course.status or 0) < 0:
        return from_signal(job, -(course.status or 0), frames)
    return from_exit(job, course.status, frames)


def _memory(course: Course) -> dict[str, int]:
    """Say how much memory the job and its processes took; the shepherd saw them all, the job itself between looks."""
    own = int((course.record.provenance if course.record else {}).get("peak_memory", 0))
    return {"peak_memory": max(own, course.peak)}


def _notes(course: Course) -> list[str]:
    notes = []
    if course.left:
        number = "1 process" if len(course.left) == 1 else f"{len(course.left)} processes"
        notes.append(f"left {number} running ({', '.join(course.left)}), ended with the run")
    if course.killed == "timeout":
        notes.append(f"exit handlers did not finish within {AFTER_RESULT:g} s")
    if course.printed.dropped:
        total, kept = decimal(course.printed.total), decimal(course.printed.kept)
        notes.append(f"printed {total}; the first and the last {kept} are kept")
    return notes


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace")
    except OSError:
        return ""

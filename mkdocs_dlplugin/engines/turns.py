"""Turns: the jobs that wait, and whose turn it is on which device, for every engine that runs jobs on this machine."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from mkdocs_dlplugin import accelerators
from mkdocs_dlplugin.engines.devices import Devices
from mkdocs_dlplugin.engines.preload import preload_for
from mkdocs_dlplugin.engines.running import Course, Waiting, settle
from mkdocs_dlplugin.engines.schedule import Device, Held, Machine, Refuse, Wish, choose, rank
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.model import Job, Record


class Turns:
    """A queue in which the longest job stands first; filled by the build's threads, emptied by the engine's."""

    def __init__(self, slots: int, say: Callable[[str], None]) -> None:
        """Start empty and without devices.

        Args:
            slots: Threads in use at once.
            say: Hears of devices that are given up.
        """
        self.devices = Devices(say)
        self._slots = slots
        self._waiting: list[Waiting] = []
        self._lock = threading.Lock()
        self._imports_torch: dict[str, bool] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, waiting: Waiting) -> None:
        """Put a job where it belongs."""
        with self._lock:
            bisect.insort(self._waiting, waiting, key=lambda one: rank(one.wish))

    def wait(self, job: Job) -> Waiting:
        """Make a promise for a job; without a word of its own on devices, it wants a GPU if it imports torch."""
        kinds = accelerators.kinds(job.device)
        if job.device == "auto":
            if job.code not in self._imports_torch:
                imported = preload_for([job.code], Path(job.root))
                self._imports_torch[job.code] = any(name.partition(".")[0] == "torch" for name in imported)
            kinds = kinds if self._imports_torch[job.code] else ()
        cpu = accelerators.falls_back(job.device)
        return Waiting(job, Future(), Wish(job.threads, job.exclusive, kinds, cpu, job.gpu_memory, job.expected))

    def next(self, running: Iterable[Course]) -> tuple[Waiting, Device | None] | None:
        """Take the job whose turn it is, and the device it is given; refuse those that no device here suits.

        Args:
            running: The jobs at work.

        Returns:
            The job, begun as far as its promise goes; `None` when all must wait.
        """
        held = [
            Held(one.job.threads, one.job.exclusive, one.device.name if one.device else "", one.waiting.wish.memory)
            for one in running
        ]
        while True:
            with self._lock:
                found = choose((one.wish for one in self._waiting), held, Machine(self._slots, self.devices.open))
                if found is None:
                    return None
                waiting = self._waiting.pop(found.place)
            if isinstance(found, Refuse):
                settle(waiting.future, self.devices.refusal(waiting.job))
            elif waiting.future.running() or waiting.future.set_running_or_notify_cancel():
                return waiting, found.device

    def once_more(self, course: Course, result: Record | RunFailed) -> bool:
        """Let a job wait again that was lost, or short of a GPU's memory, for the first time; tell whether it does."""
        short = False
        if course.device is not None and isinstance(result, RunFailed):
            short = self.devices.note(course.device, course.job, result)
        waiting = course.waiting
        if not (course.lost or short) or waiting.attempts >= 1:
            return False
        waiting.attempts += 1
        # What was too much for a GPU beside others may suffice alone.
        waiting.wish = replace(waiting.wish, again=True, memory=0 if short else waiting.wish.memory)
        self.add(waiting)
        return True

    def renew(self) -> None:
        """Forget what another build may find changed: what code imports, and which devices failed."""
        self._imports_torch.clear()
        self.devices.reopen()

    def clear(self) -> list[Waiting]:
        """Empty the queue; return what was in it."""
        with self._lock:
            left, self._waiting = self._waiting, []
        return left

"""Devices: find the accelerators of this machine without touching them, and give up those that fail."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from mkdocs_dlplugin import accelerators
from mkdocs_dlplugin.engines.schedule import Device
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.explain import ON_GPU, failure
from mkdocs_dlplugin.model import Job
from mkdocs_dlplugin.worker import without_gpu

FAILURES = 2
"""How often an accelerator may fail before no job of this build is given it any more."""

_PATIENCE = 20.0
"""Seconds that drivers may take to tell what there is; one that hangs must not keep the build."""


class Probe:
    """Asks torch for accelerators in a child, because whoever has started CUDA cannot fork any more."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Ask, and wait for the names alone; how large they are takes the drivers longer, see `finish`."""
        self._environ, self._child, self._said = environ, 0, b""
        self.names: list[str] = []
        """As torch numbers them here: `cuda:0`, `mps`."""
        if "torch" in sys.modules:
            self._reader, writer = os.pipe()
            self._child = os.fork()
            if self._child == 0:
                _answer(writer)
            os.close(writer)
            self.names = json.loads(self._line() or "[]")

    def finish(self) -> list[Device]:
        """Return the devices, and what is known of each."""
        if not self._child:
            return []
        line = self._line() if self.names else b""
        os.close(self._reader)
        if not line:
            os.kill(self._child, signal.SIGKILL)
        # One that hangs inside a driver does not even end then; it is not waited for.
        os.waitpid(self._child, 0 if line else os.WNOHANG)
        known = json.loads(line or "{}")
        found = []
        for name in self.names:
            model, memory = known.get(name, ("", 0))
            found.append(Device(name, memory, model, _identifier(name, self._environ)))
        return found

    def _line(self) -> bytes:
        """Read a line of the child's answer; what there is of it when the child ends or takes too long."""
        while b"\n" not in self._said and select.select([self._reader], [], [], _PATIENCE)[0]:
            content = os.read(self._reader, 1 << 16)
            if not content:
                break
            self._said += content
        line, _, self._said = self._said.partition(b"\n")
        return line


def here(environ: Mapping[str, str]) -> list[Device]:
    """List the devices by what can be known of them in a process that is to run a job itself: their names alone."""
    torch = sys.modules.get("torch")
    try:
        names = accelerators.present(torch) if torch is not None else []
    except Exception:
        names = []  # a driver that fails here fails in a job that insists, and tells of it there
    return [Device(name, identifier=_identifier(name, environ)) for name in names]


def _identifier(name: str, environ: Mapping[str, str]) -> str:
    """Say how CUDA_VISIBLE_DEVICES names a device that torch calls `cuda:1`; empty for other kinds."""
    number = name.partition(":")[2]
    visible = [one.strip() for one in environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if one.strip()]
    return visible[int(number)] if number and int(number) < len(visible) else number


def _answer(writer: int) -> None:
    """Write the names of all accelerators, then what is known of each; never return."""
    try:
        torch = sys.modules["torch"]
        names = accelerators.present(torch)
        os.write(writer, json.dumps(names).encode() + b"\n")
        known = {}
        for name in names:
            # A driver that fails here will fail in the jobs too, which tell of it with their place.
            with contextlib.suppress(Exception):
                known[name] = accelerators.describe(torch, name)
        os.write(writer, json.dumps(known).encode() + b"\n")
    finally:
        os._exit(0)


class Devices:
    """The accelerators of one build: those there are, and those that failed too often."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """Start without any; `say` tells the author when one is given up."""
        self._say = say
        self._found: tuple[Device, ...] = ()
        self._failures: dict[str, set[str]] = defaultdict(set)
        """By device, what failed there: a run, or a job where it was not the run's own doing."""

    def find(self, found: Sequence[Device]) -> None:
        """Take over what a probe found."""
        self._found = tuple(found)

    @property
    def open(self) -> tuple[Device, ...]:
        """Those that jobs may be given."""
        return tuple(one for one in self._found if len(self._failures[one.name]) < FAILURES)

    def reopen(self) -> None:
        """Forget what failed: another build may find it mended."""
        self._failures.clear()

    def note(self, device: Device, job: Job, failed: RunFailed) -> bool:
        """Take a job's failure for what it says of its device.

        A failure for want of memory is given the device's name.  One of the device itself is counted, and the second
        one closes it.

        Returns:
            Whether it was for want of memory, which the job may have alone.
        """
        if ON_GPU in failed.problem:
            failed.problem = failed.problem.replace(ON_GPU, f"OutOfMemory on {device.title}", 1)
            return True
        said = failed.problem if failed.kind == "Device" else failed.output if failed.kind == "Crashed" else ""
        if accelerators.broken(said) and len(self._failures[device.name]) < FAILURES:
            # An index out of range in the author's code reads like this too, and hits every seed.
            own = "device-side assert" in said
            self._failures[device.name].add(job.run if own else job.title)
            if len(self._failures[device.name]) >= FAILURES:
                why = next(line.strip() for line in said.splitlines() if accelerators.broken(line))
                why = why.partition(f"seed {job.seed}: ")[2] or why
                self._say(f"Device: {device.name} failed ({why}); not used any more in this build")
        return False

    def refusal(self, job: Job) -> RunFailed:
        """Say why a job that needs an accelerator gets none."""
        kinds = accelerators.kinds(job.device)
        there = [one for one in self._found if one.kind in kinds]
        usable = [one for one in self.open if one.kind in kinds]
        if usable:
            largest = max(usable, key=lambda device: device.memory)
            said = f"needs more memory than a GPU has here: the largest is {largest.title}"
            return failure(job, said, "Lower `gpu_memory`, or keep the recorded result.", kind="Device")
        if there:
            names, verb = " and ".join(one.name for one in there), "is" if len(there) == 1 else "are"
            said = f"{accelerators.needs(job.device)}; {names} failed before and {verb} not used any more"
            return failure(job, said, "See the message on the device; then build again.", kind="Device")
        return without_gpu(job)

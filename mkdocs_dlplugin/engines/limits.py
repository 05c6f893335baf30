"""Limits: what a job may take; some the kernel holds it to, the rest its shepherd watches."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mkdocs_dlplugin.model import Limits

if sys.platform != "win32":
    import resource

TICK = 0.1
"""Seconds between two looks at a job's processes."""

_PAGE = resource.getpagesize() if sys.platform != "win32" else 4096


def set_own(limits: Limits) -> None:
    """Have the kernel hold this process, and each of those it starts, to what one process alone can break.

    The limit on memory counts data beyond what was inherited at the fork, and not address space, of which CUDA
    reserves more than any machine has.
    """
    if sys.platform == "win32":
        return
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: limits.file_size,
        resource.RLIMIT_DATA: _status("VmData") + limits.memory,
    }
    for kind, asked in wanted.items():
        _, hard = resource.getrlimit(kind)
        most = asked if hard == resource.RLIM_INFINITY else min(asked, hard)
        # macOS has some of these in name only.
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def own_memory() -> int:
    """Count the bytes of this process that no file stands behind; at a fork, what it inherited."""
    return _anonymous(os.getpid())


@dataclass
class Watch:
    """What all processes of a job have together, held against its limits."""

    limits: Limits
    inherited: int = 0
    """Bytes each process of the job shares with the zygote, which are not the job's own."""
    peak: int = 0
    """The most bytes it had at any look."""

    def look(self, processes: Iterable[int]) -> str:
        """Look at a job's processes.

        Args:
            processes: All of them, as numbered here.

        Returns:
            Why it is to be ended, `memory 5000000000 3` (bytes and processes) or `processes 65`; empty while all is
            well.
        """
        found = list(processes)
        if len(found) > self.limits.processes:
            return f"processes {len(found)}"
        estimate = sum(max(0, _anonymous(pid) - self.inherited) for pid in found)
        if estimate > self.limits.memory:
            # Processes that a job forks share its memory, and the quick sum counts that for each.
            estimate = _exact(found, self.inherited)
        self.peak = max(self.peak, estimate)
        return f"memory {estimate} {len(found)}" if estimate > self.limits.memory else ""


def _anonymous(pid: int) -> int:
    """Count a process's resident bytes that are no part of a file; 0 when it is gone."""
    try:
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_bytes().split()
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * _PAGE


def _exact(processes: Iterable[int], inherited: int) -> int:
    """Count memory of a tree, each shared page once; slow, some 20 ms for a process that has torch loaded."""
    private = proportional = 0
    for pid in processes:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii", "replace")
        except OSError:
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in text.splitlines()[1:]}
        private += sizes.get("Private_Dirty", 0)
        proportional += sizes.get("Pss_Anon", 0) + sizes.get("Pss_Shmem", 0)
    return max(private, proportional - inherited)


def _status(name: str) -> int:
    """Read a size of this process that Linux keeps, in bytes; 0 elsewhere."""
    try:
        text = Path("/proc/self/status").read_text("ascii", "replace")
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(f"{name}:")), 0)

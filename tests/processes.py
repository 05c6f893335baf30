"""Processes: what tests ask about those that an engine starts, and how they wait for something to happen."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def until(true: Callable[[], object], seconds: float = 60.0) -> bool:
    """Wait for something, a generous time; tell whether it came."""
    limit = time.monotonic() + seconds
    while not true():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def below(pid: int) -> list[int]:
    """List the processes below one."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text("utf-8", "replace")
            except OSError:
                continue
            parents[int(entry.name)] = int(status.rpartition(")")[2].split()[1])
    found = [child for child, parent in parents.items() if parent == pid]
    return [*found, *(deeper for child in found for deeper in below(child))]


def gone(pids: list[int]) -> bool:
    """Tell whether processes have ended; those that nobody has waited for yet count as ended."""
    for pid in pids:
        try:
            if Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] != "Z":
                return False
        except OSError:
            pass
    return True

"""Measure: what a command takes, whatever processes it starts, and the median of repetitions that take turns."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ENV = {
    "NO_MKDOCS_2_WARNING": "1",
    "DISABLE_MKDOCS_2_WARNING": "true",
    # Two tools with as many threads each as there are cores would measure how they disturb each other.
    "OMP_NUM_THREADS": "1",
}
"""Set for everything that is measured."""

_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Spent:
    """What a command took."""

    cpu: float
    """Seconds of user and system time of all its processes."""
    wall: float
    """Seconds from its start to its end."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of what is measured: compiled modules are kept, as they are where a tool is installed."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}
    root = str(Path(__file__).parents[1])
    return {**kept, "PYTHONPATH": root, **ENV, **(extra or {})}


def adopt() -> None:
    """Become the parent of processes whose own parent ends first, so that what they take is counted too; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def spend(command: Sequence[str], folder: Path, extra: Mapping[str, str] | None = None) -> Spent:
    """Run a command to its end, and its children to theirs.

    The kernel adds up what processes took when somebody waits for them: each parent for its children, and we for those
    whose parent ended before them (see `adopt`). What a process leaves running for more than ten seconds is ended.

    Raises:
        RuntimeError: it failed; with the end of what it said.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment(extra), capture_output=True, text=True, check=False)
    wall = time.perf_counter() - began
    _reap(10)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")
    return Spent(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, wall)


def _reap(seconds: float) -> None:
    """Wait for adopted processes; what does not end in time is killed."""
    end = time.monotonic() + seconds
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            if time.monotonic() > end:
                for child in children(os.getpid()):
                    os.kill(child, signal.SIGKILL)
            time.sleep(0.01)


def python(code: str, folder: Path, *arguments: str) -> str:
    """Run some Python in a process of its own, with what a build has, and return what it printed."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True).stdout


def take_turns(repetitions: int, measured: Mapping[str, Callable[[], Spent]]) -> dict[str, list[Spent]]:
    """Measure several things in turns, so that a slow minute of the machine slows all of them.

    Returns:
        One `Spent` per repetition, by name; what the i-th ones are belongs together.
    """
    spent: dict[str, list[Spent]] = {name: [] for name in measured}
    for _ in range(repetitions):
        for name, take in measured.items():
            spent[name].append(take())
    return spent


def ratios(ours: Sequence[Spent], other: Sequence[Spent], clock: str) -> list[float]:
    """Divide turn by turn; *clock* is `cpu` or `wall`."""
    return [getattr(a, clock) / getattr(b, clock) for a, b in zip(ours, other, strict=True)]


def median(values: Sequence[float]) -> float:
    """Return the middle one."""
    return statistics.median(values)


def children(pid: int) -> list[int]:
    """Name the processes below one, all the way down; Linux only."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            try:
                below = [int(child) for child in task.read_text().split()]
            except OSError:
                continue
            found += below
            waiting += below
    return found


def pss(pid: int) -> float:
    """Measure the memory of a process in MB, shared pages divided among those who share them; 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith("Pss:")), 0.0)

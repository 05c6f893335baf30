"""Processes: find, name and end everything below a process, however fast it forks and whatever it hides behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

_GRACE = 0.2
"""Seconds in which processes that a job left may end by themselves, as those of finished pools do."""

_HELPERS = ("resource_tracker", "multiprocessing", "loky")
"""Words in the command lines of processes that Python's own libraries leave for a moment; ended without a note."""


def reap(pid: int) -> int | None:
    """Collect children that ended; return the exit status of `pid` when it is among them, negative for a signal."""
    status = None
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            if ended[0] == pid:
                status = os.waitstatus_to_exitcode(ended[1])
    return status


def end(find: Callable[[], list[int]], pid: int = 0) -> int | None:
    """Freeze and kill processes until none is found, however fast they fork; return the exit status of `pid`."""
    status, limit = None, time.monotonic() + 5
    while (found := find()) and time.monotonic() < limit:
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for one in found:
                with contextlib.suppress(OSError):
                    os.kill(one, number)
        time.sleep(0.002)
        ended = reap(pid)
        status = status if ended is None else ended
    return status


def left(find: Callable[[], list[int]], rest: Callable[[float], None] = time.sleep) -> list[str]:
    """Name the commands of processes that a job left and that do not end by themselves, resting between looks."""
    limit = time.monotonic() + _GRACE
    while (found := find()) and time.monotonic() < limit:
        reap(0)
        rest(0.01)
    commands = [_command(pid) for pid in found]
    return [command for command in commands if command and not any(word in command for word in _HELPERS)]


def _command(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        return ""
    # A fork of the job still carries the zygote's command line.
    return "a fork of the run" if "mkdocs_dlplugin.engines.zygote" in " ".join(words) else " ".join(words)[:80]


def below(pid: int) -> list[int]:
    """List all processes below one."""
    if pid == os.getpid() and _childless():
        return []
    parents = _parents()
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        below = [child for child, its in parents.items() if its == parent]
        found += below
        waiting += below
    return found


def family(pid: int) -> list[int]:
    """List the processes below one quickly; some may be missing while they change parents, so not for ending them."""
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        try:
            tasks = os.listdir(f"/proc/{parent}/task")  # noqa: PTH208
            born = [Path(f"/proc/{parent}/task/{task}/children").read_text("ascii").split() for task in tasks]
        except OSError:
            if parent == pid and not Path(f"/proc/{pid}/task/{pid}/children").exists():
                return below(pid)  # a kernel that keeps no such list
            continue
        children = [int(one) for ones in born for one in ones]
        found += children
        waiting += children
    return found


def _childless() -> bool:
    """Tell whether nothing is below this process; as it adopts all orphans, that is so when it has no child."""
    if not hasattr(os, "waitid"):  # macOS
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


def children(pid: int) -> set[int]:
    """List the processes directly below one."""
    return {child for child, parent in _parents().items() if parent == pid}


def _parents() -> dict[int, int]:
    """Map every process to its parent."""
    if not Path("/proc/self/stat").exists():
        table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=False).stdout  # noqa: S607
        own = {int(pid): int(parent) for pid, parent in (line.split() for line in table.splitlines())}
        return {pid: parent for pid, parent in own.items() if pid != os.getpid()}
    parents = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208 - thousands of names, none needed as a path
        if entry.isdigit():
            with contextlib.suppress(OSError):
                status = Path(f"/proc/{entry}/stat").read_bytes()
                parents[int(entry)] = int(status[status.rindex(b")") + 2 :].split()[1])
    return parents

"""Watch: run a command, end it at a hard limit, and say which processes it left behind.

A program of its own, because whoever adopts orphans adopts them for good: `watch.py REPORT LIMIT COMMAND…`.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

SETTLING = 1.5
"""Seconds after the command's end in which everything it started must be gone."""

_SUBREAPER = 36


def main(report: str, limit: str, *command: str) -> None:
    """Run the command; write its exit status, whether it hung, and the command lines of what it left."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    # Who starts the tests in the background of a script hands down a deaf ear for Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    Path(report).with_suffix(".pid").write_text(str(process.pid), "ascii")
    code, hung = None, False
    try:
        code = process.wait(float(limit))
    except subprocess.TimeoutExpired:
        hung = True
        _end()
    left = [] if hung else _remaining()
    _end()
    Path(report).write_text(json.dumps({"code": code, "hung": hung, "left": left}), "utf-8")


def _remaining() -> list[str]:
    limit = time.monotonic() + SETTLING
    while (found := _below()) and time.monotonic() < limit:
        _reap()
        time.sleep(0.02)
    return [name for pid in found if (name := _name(pid))]


def _end() -> None:
    while found := _below():
        for pid in found:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)
        _reap()


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _below() -> list[int]:
    """List everything below this process; all orphans are, for it adopts them."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                status = (entry / "stat").read_bytes()
                parents[int(entry.name)] = int(status[status.rindex(b")") + 2 :].split()[1])
    found, waiting = [], [os.getpid()]
    while waiting:
        parent = waiting.pop()
        children = [pid for pid, its in parents.items() if its == parent]
        found += children
        waiting += children
    return found


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").replace("\0", " ").strip()[:200]
    except OSError:
        return ""


if __name__ == "__main__":
    main(*sys.argv[1:])

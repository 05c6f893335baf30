"""Serve: how soon an edit's new number is there, how soon everything is gone, and what memory it takes meanwhile."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.measure import children, environment, pss
from benchmarks.tools import training

PAGE = """# Live

```python {{run="edited"}}
{training}
print("edition {edition}")
train(0)
```
"""
AT_WORK = "dl-at-work"
"""What a run that sleeps calls its process, so that it is found whatever the engine is made of."""
SLEEPERS = """# Memory

```python {{run="sleep" seeds={count} timeout=120}}
import ctypes, time, torch
kept = torch.ones(1000)
ctypes.CDLL(None).prctl(15, b"{name}", 0, 0, 0)
time.sleep(100)
```
"""


def measure(repetitions: int, folder: Path) -> list[Figure]:
    """Serve a page with one run, edit it, end it in two ways; then look at the memory of sleeping runs."""
    edit, stop, left, sizes = [], [], [], []
    for _ in range(repetitions):
        with serving(folder, PAGE.format(training=training(0), edition=0)) as (server, port):
            wait_for(port, "edition 0")
            edit += [_edit(folder, port, edition) for edition in (1, 2, 3)]
            began = time.perf_counter()
            server.send_signal(signal.SIGINT)
            server.wait(30)
            stop.append(time.perf_counter() - began)
        left.append(_killed(folder))
        sizes.append(_memory(folder))
    return [
        Figure("serve", "edit_s", "from saving an edit to its number, training apart", tuple(edit), "s", 0.6),
        Figure("serve", "stop_s", "from Ctrl-C to the end", tuple(stop), "s", 0.5),
        Figure("serve", "left", "processes left 0.2 s after a SIGKILL of the build", tuple(left), "", 0),
        Figure("serve", "helper_mb", "memory (PSS) of the engine without a run", tuple(a for a, _ in sizes), "MB", 360),
        Figure("serve", "run_mb", "memory (PSS) that each live run adds", tuple(b for _, b in sizes), "MB", 30),
    ]


@contextlib.contextmanager
def serving(folder: Path, page: str) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Serve a new site of one page until the block ends."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "docs").mkdir(parents=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = f"site_name: Live\ntheme: mkdocs\ndev_addr: 127.0.0.1:{port}\nplugins: [dlplugin]\n"
    (folder / "mkdocs.yml").write_text(said, "utf-8")
    (folder / "docs/index.md").write_text(page, "utf-8")
    command = [sys.executable, "-m", "mkdocs", "serve", "--livereload"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, env=environment(), stdout=log, stderr=log)
        try:
            yield server, port
        finally:
            for pid in (*children(server.pid), server.pid):
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            server.wait(30)


def wait_for(port: int, word: str, seconds: float = 120) -> None:
    """Wait until the page holds a word in what the run printed.

    Raises:
        TimeoutError: it does not come.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            html = answer.read().decode()
            # The code, which is there at once, holds it too, in quotes and in elements of its own.
            if re.search(rf"^(?:<[^>]*>)*{re.escape(word)}$", html, re.MULTILINE):
                return
        time.sleep(0.01)
    raise TimeoutError(f"the page did not show {word!r} in {seconds:g} s")


def _edit(folder: Path, port: int, edition: int) -> float:
    """Save an edit, wait for its number, and take off the seconds that the run itself took."""
    began = time.perf_counter()
    (folder / "docs/index.md").write_text(PAGE.format(training=training(0), edition=edition), "utf-8")
    wait_for(port, f"edition {edition}")
    took = time.perf_counter() - began
    record = (folder / "records/edited/_/0.json").read_text("utf-8")
    return took - float(re.search(r'"wall": ([\d.]+)\n', record)[1])  # type: ignore[index]


def _killed(folder: Path) -> float:
    """Kill a server while its runs are at work; count what is still there a fifth of a second later."""
    with serving(folder, SLEEPERS.format(count=2, name=AT_WORK)) as (server, _):
        below = _at_work(server.pid, 2)
        server.kill()
        server.wait(30)
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            # Orphans are ours here, see `adopt`; the system's own first process collects them as soon as they end.
            with contextlib.suppress(ChildProcessError):
                os.waitpid(-1, os.WNOHANG)
            time.sleep(0.005)
        return float(sum(_alive(pid) for pid in below))


def _memory(folder: Path) -> tuple[float, float]:
    """Measure all processes below a server with one run at work, then with two: MB without any, MB that each adds."""
    took = []
    for count in (1, 2):
        with serving(folder, SLEEPERS.format(count=count, name=AT_WORK)) as (server, _):
            _at_work(server.pid, count)
            time.sleep(1)
            took.append(sum(pss(pid) for pid in children(server.pid)))
    return took[0] - (took[1] - took[0]), took[1] - took[0]


def _at_work(pid: int, runs: int) -> list[int]:
    """Wait until so many runs are at work; returns all processes below the server.

    Raises:
        TimeoutError: they do not begin.
    """
    end = time.monotonic() + 60
    while time.monotonic() < end:
        below = children(pid)
        if sum(_name(child) == AT_WORK for child in below) >= runs:
            return below
        time.sleep(0.05)
    raise TimeoutError("the runs did not begin")


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

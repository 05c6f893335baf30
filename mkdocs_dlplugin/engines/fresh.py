"""Fresh: a process of its own for one job, on systems where none may be forked; it loads libraries, then waits."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict

from mkdocs_dlplugin.engines.child import Lines, become, rehearse
from mkdocs_dlplugin.engines.devices import here
from mkdocs_dlplugin.engines.linux import die_with_parent
from mkdocs_dlplugin.engines.preload import load, warm
from mkdocs_dlplugin.engines.wire import Channel, Order


def main(preload: Sequence[str]) -> None:
    """Load libraries, say that we are ready, take one order from standard input, and become its job.

    Args:
        preload: Modules to load.
    """
    if sys.platform != "win32":
        die_with_parent(signal.SIGKILL)
    orders, channel, output = os.dup(0), os.dup(1), os.dup(2)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):  # what libraries print while they load is no run's output
        os.dup2(nothing, number)
    os.close(nothing)
    failed, _ = load(preload)
    devices = here(os.environ)
    # A version of torch that this does not suit loses the warm-up and nothing else.
    with contextlib.suppress(Exception):
        warm(len(devices))
    rehearse()
    Channel(channel).send(ready=True, failed=failed, devices=[asdict(device) for device in devices])
    content = _read(orders, struct.unpack("!I", _read(orders, 4))[0])
    order = pickle.loads(content)  # noqa: S301 - written by the build, which is our parent
    if not isinstance(order, Order):
        return
    threading.Thread(target=_end_with, args=(orders,), daemon=True).start()
    become(order, Lines(channel, output), "spawn")


def write_order(order: Order) -> bytes:
    """Write an order as `main` reads it."""
    # Pickle goes from the build to its own process only, never back from the code of a page.
    content = pickle.dumps(order)
    return struct.pack("!I", len(content)) + content


def _read(descriptor: int, size: int) -> bytes:
    """Read that many bytes; the process ends when the build is gone."""
    content = b""
    while len(content) < size:
        piece = os.read(descriptor, size - len(content))
        if not piece:
            os._exit(0)
        content += piece
    return content


def _end_with(build: int) -> None:
    """Wait until the build is gone, and end everything here; code in C that never lets go of Python keeps this back."""
    with contextlib.suppress(OSError):
        while os.read(build, 1):
            pass
    if sys.platform != "win32" and os.getpid() == os.getpgid(0):
        os.killpg(0, signal.SIGKILL)
    os._exit(75)

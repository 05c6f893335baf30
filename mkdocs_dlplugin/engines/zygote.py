"""Zygote: the helper process that has the heavy imports behind it and forks one process for each job.

Beside each job is a *shepherd* that ends whatever the job leaves.  Where this machine allows it (`ns`), the shepherd is
the first process of namespaces made for the job; elsewhere (`group`) it is the job's parent and adopts its orphans.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import select
import signal
import socket
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import NoReturn

from mkdocs_dlplugin.engines import sandbox
from mkdocs_dlplugin.engines.child import Lines, become, flush, rehearse
from mkdocs_dlplugin.engines.devices import Probe
from mkdocs_dlplugin.engines.linux import adopt_orphans, call_myself, die_with_parent
from mkdocs_dlplugin.engines.namespaces import Fold, Launcher, nested, settle_in
from mkdocs_dlplugin.engines.preload import load, spoilt, warm
from mkdocs_dlplugin.engines.processes import below, children, end
from mkdocs_dlplugin.engines.shepherd import InGroup, Shepherd, deaf, hush, ring_on_end
from mkdocs_dlplugin.engines.wire import Order, receive_order


def main(descriptor: int, preload: Sequence[str], isolation: str) -> None:
    """Load libraries, say that we are ready, then fork for each order until the build is gone.

    Args:
        descriptor: The socket to the build.
        preload: Modules to load.
        isolation: `auto`, `ns` or `group`.
    """
    control = socket.socket(fileno=descriptor)
    die_with_parent(signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the build, which cuts the leashes
    launcher, why = _launcher(isolation)
    failed, spoiler = load(preload)
    probe = Probe(os.environ) if not spoiler else None
    # A version of torch that this does not suit loses the warm-up and nothing else.
    with contextlib.suppress(Exception):
        if probe is not None:
            warm(len(probe.names))
    rehearse()
    call_myself("dl-zygote")
    gc.collect()
    gc.freeze()
    adopt_orphans()
    greeting = {
        "devices": [asdict(device) for device in probe.finish()] if probe is not None else [],
        "failed": failed,
        "spoiler": spoiler,
        "spoilt": spoilt(),
        "isolation": "ns" if launcher else "group",
        "why": why,
        "landlock": sandbox.version(),
    }
    control.sendall(json.dumps(greeting).encode() + b"\n")
    _Zygote(control, launcher).serve()


def _launcher(isolation: str) -> tuple[Launcher | None, str]:
    """Start the maker of namespaces; `None` and the reason where that is not wanted or not possible."""
    if isolation == "group":
        return None, ""
    try:
        settle_in()
        return Launcher(), ""
    except OSError as error:
        return None, str(error)


class _Zygote:
    """Forks for each order, and collects what ends."""

    def __init__(self, control: socket.socket, launcher: Launcher | None) -> None:
        self._control, self._launcher = control, launcher
        self._bell = ring_on_end()
        self._shepherds: set[int] = set()
        self._lines: dict[int, socket.socket] = {}
        """To the shepherds of the jobs that are children of this process, as at level `ns`, to tell how they ended."""

    def serve(self) -> None:
        """Work until the build is gone."""
        while True:
            ready, _, _ = select.select([self._control.fileno(), self._bell], [], [])
            if self._bell in ready:
                hush(self._bell)
                self._collect()
            if self._control.fileno() in ready:
                received = receive_order(self._control)
                if received is None:
                    return
                order, descriptors = received
                with contextlib.suppress(OSError):  # its leash is cut by that, so the build tries it again
                    self._start(order, descriptors)
                for one in descriptors:
                    os.close(one)

    def _start(self, order: Order, descriptors: list[int]) -> None:
        leash, channel, output = descriptors
        theirs, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        lines = Lines(channel, output, ours)
        inside = nested()
        if self._launcher is None:
            shepherd = os.fork()
            if shepherd == 0:
                self._let_go()
                _guarded(lambda: _shepherd(order, leash, theirs, lines, inside=inside))
            self._shepherds.add(shepherd)
            ours.close()
        else:
            with theirs:
                fold = self._launcher.fold(order.job.limits, leash, theirs.fileno(), network=order.job.network)
            try:
                job = fold.fork()
                if job == 0:
                    self._let_go()
                    os.close(leash)
                    _guarded(lambda: _in_fold(order, lines, fold))
                self._lines[job] = ours
            finally:
                os.close(fold.shepherd)
        theirs.close()

    def _let_go(self) -> None:
        """Close in a child what is the zygote's own."""
        self._control.close()
        os.close(self._bell)
        if self._launcher is not None:
            self._launcher.close()
        for line in self._lines.values():
            line.close()

    def _collect(self) -> None:
        """Collect what ended, tell shepherds of their jobs, and when a shepherd was killed, end what it left."""
        abandoned = False
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                pid, status = ended
                if line := self._lines.pop(pid, None):
                    with contextlib.suppress(OSError), line:
                        line.send(json.dumps({"status": os.waitstatus_to_exitcode(status)}).encode())
                abandoned = abandoned or (pid in self._shepherds and os.WIFSIGNALED(status))
                self._shepherds.discard(pid)
        if abandoned:
            end(lambda: [pid for child in children(os.getpid()) - self._shepherds for pid in (child, *below(child))])


def _in_fold(order: Order, lines: Lines, fold: Fold) -> None:
    """Be a job in namespaces of its own."""
    fold.enter()
    os.setsid()
    become(order, lines, "ns")


def _shepherd(order: Order, leash_end: int, line: socket.socket, lines: Lines, *, inside: bool) -> None:
    """Start the job's process below this one, and look after it; `inside` a namespace the build knows other numbers."""
    os.setsid()
    deaf()
    adopt_orphans()
    call_myself("dl-shepherd")
    leash = socket.socket(fileno=leash_end)
    bell = ring_on_end()
    me = os.getpid()
    job = os.fork()
    if job == 0:
        leash.detach()
        line.close()
        for one in (leash_end, bell):
            os.close(one)
        _guarded(lambda: _below(order, lines, me))
    for one in (lines.channel, lines.output):
        os.close(one)
    if lines.shepherd:
        lines.shepherd.close()
    shepherd = Shepherd(leash, line, InGroup(job), order.job.limits, bell)
    if not inside:
        shepherd.tell(pid=me)
    shepherd.stay()


def _below(order: Order, lines: Lines, shepherd: int) -> None:
    """Be a job below its shepherd, and end with it."""
    die_with_parent(signal.SIGKILL)
    if os.getppid() != shepherd:
        return
    os.setsid()
    become(order, lines, "group")


def _guarded(act: Callable[[], None]) -> NoReturn:
    """Run the rest of a forked process, which must never return into the loop it was forked from."""
    try:
        act()
    except BaseException:
        traceback.print_exc()
    finally:
        flush()
        os._exit(70)

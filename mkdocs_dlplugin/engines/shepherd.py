"""Shepherd: the small process beside each job that waits for its end, holds it to its limits and leaves nothing behind.

The build holds a shepherd on a leash, a socket.  `T` on it means that time is up and the job may still say where it
was; anything else, and the end of the build, mean to end it at once.  With the job it shares a line of messages.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from mkdocs_dlplugin.engines import notify
from mkdocs_dlplugin.engines.limits import TICK, Watch
from mkdocs_dlplugin.engines.processes import below, end, family, left, reap
from mkdocs_dlplugin.model import Limits

DUMP = signal.SIGUSR2 if sys.platform != "win32" else None
"""Makes a job write its Python stack to its trace file, even inside a loop of C; Windows has nothing like it."""

LONGEST = 1 << 16
"""Bytes of the longest message on a line."""

_SAYS = 0.1
"""Seconds a job that takes too much has to write its stack before it is ended."""

_SAYS_LATE = 0.4
"""The same for one whose time is over, which harms nobody meanwhile, on a machine that is busy."""

_NEWS = 1.0
"""Seconds in which the zygote tells how a job ended that it must collect."""


class Flock(Protocol):
    """A job with everything it started."""

    def members(self) -> list[int]:
        """List the processes, as numbered here."""

    def watched(self) -> list[int]:
        """List them quickly, for a look many times a second; some may be missing for a moment."""

    def end(self) -> int | None:
        """End them all; return the exit status of the job where this process collects it."""

    def collect(self) -> int | None:
        """Return the exit status of the job, negative for a signal, when it has ended and is collected here."""


class InGroup:
    """The job is a child of this process, which adopts whatever the job leaves."""

    def __init__(self, job: int) -> None:
        self._job = job

    def members(self) -> list[int]:
        """List everything below this process."""
        return below(os.getpid())

    def watched(self) -> list[int]:
        """List everything below this process, from the lists the kernel keeps."""
        return family(os.getpid())

    def end(self) -> int | None:
        """Freeze and kill until nothing is left."""
        return end(self.members, self._job)

    def collect(self) -> int | None:
        """Collect children that ended; the job may be among them."""
        return reap(self._job)


class InNamespace:
    """This process is the first of a namespace of process numbers, so one signal reaches everything in it."""

    def members(self) -> list[int]:
        """List everything in the namespace but this process."""
        return [int(name) for name in os.listdir("/proc") if name.isdigit() and name != "1"]  # noqa: PTH208

    def watched(self) -> list[int]:
        """List the same, for there are only few."""
        return self.members()

    def end(self) -> int | None:
        """Kill all at once; the zygote, whose child the job is, tells its status."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        reap(0)
        return None

    def collect(self) -> int | None:
        """Collect what the job left and this process adopted."""
        reap(0)
        return None


class Shepherd:
    """Looks after one job until nothing of it is left."""

    def __init__(self, leash: socket.socket, line: socket.socket, flock: Flock, limits: Limits, bell: int) -> None:
        """Prepare.

        Args:
            leash: To the build.
            line: To the job, and at level `ns` to the zygote; one message per packet.
            flock: The job with everything it started.
            limits: What it may take.
            bell: Becomes readable when a child ends.
        """
        self._leash, self._line, self._flock, self._bell = leash, line, flock, bell
        self._watch = Watch(limits)
        self._acts: dict[int, Callable[[], None]] = {}
        self._witness: tuple[notify.Witness, int] | None = None
        """Looks at the files the job opens, and where it hears of them."""
        self._invited = False
        """Whether the job said already if it can be watched; from then on the code of an author may be talking."""
        self._looked = 0.0
        self._job = 0
        self._over = ""
        self._ended: float | None = None
        """When the job was seen to end without a status, which the zygote will tell."""
        self._tree_ended = self._unheard = False
        self.status: int | None = None

    def listen(self, descriptor: int, act: Callable[[], None]) -> None:
        """Call a function whenever there is something to read."""
        self._acts[descriptor] = act

    def forget(self, descriptor: int) -> None:
        """Listen no more."""
        self._acts.pop(descriptor, None)

    def answer(self, **message: Any) -> None:
        """Say something to the job."""
        with contextlib.suppress(OSError):
            self._line.send(json.dumps(message).encode())

    def stay(self) -> None:
        """Stay until the job has ended, end what it left, and tell the build."""
        self.listen(self._leash.fileno(), self._obey)
        self.listen(self._line.fileno(), self._hear)
        self.listen(self._bell, self._collect)
        while self.status is None and not self._given_up():
            ready, _, _ = select.select(list(self._acts), [], [], TICK)
            for descriptor in ready:
                if descriptor in self._acts:
                    self._acts[descriptor]()
            # What the job opens wakes this process up thousands of times; its memory is not worth that many looks.
            if self.status is None and not self._over and time.monotonic() - self._looked >= TICK:
                self._looked = time.monotonic()
                self._hold_to_limits()
        remains = [] if self._tree_ended else left(self._flock.members, self._rest)
        self._flock.end()
        self.tell(status=self.status, left=remains, peak=self._watch.peak, over=self._over)

    def tell(self, **message: object) -> None:
        """Say something to the build."""
        with contextlib.suppress(OSError):
            self._leash.sendall(json.dumps(message).encode() + b"\n")

    def _given_up(self) -> bool:
        # With the build gone there is nobody to tell how it ended.
        return self._ended is not None and (self._unheard or time.monotonic() - self._ended > _NEWS)

    def _obey(self) -> None:
        try:
            word = self._leash.recv(1)
        except ConnectionError:
            word = b""
        if word == b"T":
            self._let_speak(_SAYS_LATE)
        self._end_all()
        if not word:
            self._unheard = True
            self.forget(self._leash.fileno())

    def _let_speak(self, seconds: float = _SAYS) -> None:
        if self._job and DUMP is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._job, DUMP)
                self._rest(seconds)

    def _end_all(self) -> None:
        status = self._flock.end()
        self._tree_ended = True
        if status is not None:
            self.status = status
        elif self._ended is None:
            self._ended = time.monotonic()

    def _hear(self) -> None:
        try:
            content, descriptors, _, _ = socket.recv_fds(self._line, LONGEST, 4)
        except ConnectionError:
            content, descriptors = b"", []
        if not content:
            # Nobody holds the other end: the zygote went before there was a job, or all is over.
            self.forget(self._line.fileno())
            if self._ended is None and isinstance(self._flock, InNamespace):
                self._ended = time.monotonic()
            return
        self.take(json.loads(content), descriptors)

    def take(self, message: dict[str, Any], descriptors: list[int]) -> None:
        """Take a message of the job or the zygote, with the descriptors that came along."""
        if "status" in message and isinstance(self._flock, InNamespace):
            self.status = int(message["status"])
        elif "pid" in message:
            self._job = int(message["pid"])
            self._watch.inherited = int(message["inherited"])
            self._follow()
        elif "watch" in message and not self._invited:
            self._invited = True
            if descriptors:
                listener = descriptors.pop()
                self._witness = notify.come(message["watch"]), listener
                self.listen(listener, self._look_on)
        for descriptor in descriptors:
            os.close(descriptor)

    def _follow(self) -> None:
        """Notice the end of a job that is nobody's child here."""
        if not isinstance(self._flock, InNamespace):
            return
        try:
            end_of_job = os.pidfd_open(self._job)
        except OSError:
            self._ended = time.monotonic()
            return

        def note() -> None:
            self.forget(end_of_job)
            self._ended = self._ended or time.monotonic()

        self.listen(end_of_job, note)

    def _look_on(self) -> None:
        """Let the job go on with what it opens."""
        if self._witness is not None and not self._witness[0].handle(self._witness[1]):
            self.forget(self._witness[1])
            os.close(self._witness[1])
            self._witness = None

    def _rest(self, seconds: float) -> None:
        """Wait, while the job, or what is left of it, goes on opening files."""
        limit = time.monotonic() + seconds
        while (remaining := limit - time.monotonic()) > 0:
            listeners = [self._witness[1]] if self._witness else []
            if select.select(listeners, [], [], remaining)[0]:
                self._look_on()

    def _collect(self) -> None:
        hush(self._bell)
        status = self._flock.collect()
        if status is not None:
            self.status = status

    def _hold_to_limits(self) -> None:
        self._over = self._watch.look(self._flock.watched())
        if self._over:
            self._let_speak()
            self._end_all()


def ring_on_end() -> int:
    """Return a descriptor that becomes readable when a child of this process ends."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader


def hush(bell: int) -> None:
    """Read away what rang."""
    with contextlib.suppress(BlockingIOError):
        while os.read(bell, 4096):
            pass


def deaf() -> None:
    """Leave signals that are meant for a whole terminal to the build."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)

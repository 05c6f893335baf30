"""Spawned: the engine for systems where no process may be forked: a fresh one for each job, started ahead of its need.

Slower than the zygote by the libraries each process loads, and with less hold on what a job does: memory is limited per
process where the system can, processes are not counted, and what a job leaves in a session of its own stays.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mkdocs_dlplugin.engines.fresh import write_order
from mkdocs_dlplugin.engines.host import for_zygote, usable_cores
from mkdocs_dlplugin.engines.preload import ordered
from mkdocs_dlplugin.engines.processes import below
from mkdocs_dlplugin.engines.running import Course, Waiting, begin, hear, messages, outcome, settle
from mkdocs_dlplugin.engines.sandbox import Mode, refusal
from mkdocs_dlplugin.engines.schedule import Device
from mkdocs_dlplugin.engines.seam import OnProgress, Progress
from mkdocs_dlplugin.engines.turns import Turns
from mkdocs_dlplugin.engines.wire import Order
from mkdocs_dlplugin.explain import failure
from mkdocs_dlplugin.model import Job, Record

_DRAIN = 0.3
"""Seconds in which the last output of a process that has ended arrives."""

_SAYS = 0.2
"""Seconds a job has to write its stack before it is ended."""

_BOOTSTRAP = """
import sys
sys.path.append({path!r})
from mkdocs_dlplugin.engines.fresh import main
main({preload!r})
"""

_log = logging.getLogger(__name__)


@dataclass
class _Fresh:
    """A process, first without a job and then with one."""

    process: subprocess.Popen[bytes]
    preload: tuple[str, ...]
    """What it loads before its job."""
    course: Course | None = None
    ready: bool = False
    buffer: bytearray = field(default_factory=bytearray)
    streams: int = 2
    """How many of its outputs are still open."""
    ended: float | None = None
    """When its process was seen to end."""

    @property
    def over(self) -> bool:
        """Whether its process has ended and all that it said has arrived, or will not arrive any more."""
        return self.ended is not None and (not self.streams or time.monotonic() - self.ended >= _DRAIN)


class Spawned:
    """Runs jobs on this machine, each in a process that was started for it."""

    def __init__(
        self,
        scratch: Path,
        preload: Sequence[str] = (),
        slots: int | None = None,
        on_progress: OnProgress | None = None,
        *,
        sandbox: Mode = "auto",
    ) -> None:
        """Prepare; processes start with the first job, or with `warm_up`.

        Args:
            scratch: Folder for what runs write; every job's part is removed when it ends.
            preload: Modules that each process loads while it waits for its job, see `preload_for`.
            slots: Threads in use at once; the cores this process may use when left out.
            on_progress: Hears what happens, from the engine's thread.
            sandbox: Whether jobs are kept from writing and connecting.
        """
        self.slots = slots or usable_cores()
        self.isolation = "spawn"
        self._scratch, self._preload, self._on_progress, self._sandbox = scratch, tuple(preload), on_progress, sandbox
        self._turns = Turns(self.slots, _log.warning)
        self._all: list[_Fresh] = []
        self._news: queue.Queue[Callable[[], None]] = queue.Queue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._revoked: list[Future[Record]] = []
        self._number = 0

    # -- for the build's threads ----------------------------------------------------------------------------------

    def submit(self, job: Job) -> Future[Record]:
        """Queue a job and return at once; the future ends with its record, or with `RunFailed`."""
        waiting = self._turns.wait(job)
        if refused := refusal(self._sandbox):
            settle(waiting.future, refused)
            return waiting.future
        with self._lock:
            if self._closing:
                raise RuntimeError("BUG: a job was submitted to an engine that is closed")
            self._turns.add(waiting)
        self.warm_up()
        return waiting.future

    def warm_up(self) -> None:
        """Start a process that loads libraries, before there is a job; returns at once."""
        with self._lock:
            if self._thread is None and not self._closing:
                self._scratch.mkdir(parents=True, exist_ok=True)
                self._home = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self._scratch.resolve()))
                self._thread = threading.Thread(target=self._work, name="dlplugin-engine", daemon=True)
                self._thread.start()
        self._news.put(_nothing)

    def renew(self, preload: Sequence[str]) -> None:
        """Prepare for another build: load ahead what it imports too, and give devices that failed another chance."""
        self._turns.renew()
        if not set(preload) <= set(self._preload):
            self._preload = ordered([*self._preload, *preload])

    def revoke(self, future: Future[Record]) -> None:
        """End the job behind a promise, which then fails as interrupted; returns at once."""
        if not future.cancel():
            self._revoked.append(future)
            self._news.put(_nothing)

    def close(self) -> None:
        """End what runs, cancel what waits, remove what was written; may be called twice."""
        with self._lock:
            self._closing = True
            for waiting in self._turns.clear():
                waiting.future.cancel()
        self._news.put(_nothing)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(6)

    # -- the engine's own thread ----------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            while not self._closing:
                self._end_overdue()
                self._finish_ended()
                self._start_jobs()
                self._keep_spares()
                with contextlib.suppress(queue.Empty):
                    self._news.get(timeout=self._patience())()
        except BaseException as error:
            self._give_up(error)
            raise
        finally:
            with self._lock:
                self._closing = True
            self._give_up(None)
            shutil.rmtree(self._home, ignore_errors=True)

    def _give_up(self, error: BaseException | None) -> None:
        """End every process; jobs that had one were interrupted, by the build's end or a mistake of ours."""
        for one in list(self._all):
            if one.course is not None:
                one.course.killed = one.course.killed or "close"
            _end(one.process)
            self._all.remove(one)
            if one.course is None:
                continue
            if error is not None and not one.course.waiting.future.done():
                one.course.waiting.future.set_exception(error)
            settle(one.course.waiting.future, outcome(one.course))
        for left in self._turns.clear():
            settle(left.future, failure(left.job, "Interrupted: the build ended first", kind="Interrupted"))

    def _keep_spares(self) -> None:
        """Have a process load libraries for each job that could start, and one for the next."""
        spares = sum(one.course is None for one in self._all)
        for _ in range(min(len(self._turns) + (not self._all), self.slots) - spares):
            self._spawn()

    def _spawn(self) -> None:
        shared = self._scratch.resolve() / "zygote"
        shared.mkdir(exist_ok=True)
        preload = self._preload
        code = _BOOTSTRAP.format(path=str(Path(__file__).parents[2]), preload=preload)
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=for_zygote(os.environ, shared),
            cwd=shared,
            start_new_session=True,
            bufsize=0,
        )
        one = _Fresh(process, preload)
        self._all.append(one)
        for act in (lambda: self._follow(one, "stdout"), lambda: self._follow(one, "stderr"), lambda: self._wait(one)):
            threading.Thread(target=act, daemon=True).start()

    def _follow(self, one: _Fresh, name: Literal["stdout", "stderr"]) -> None:
        """Read what a process says, in a thread of its own: pipes cannot be waited for together everywhere."""
        stream = one.process.stdout if name == "stdout" else one.process.stderr
        take = self._hear if name == "stdout" else self._print
        with contextlib.suppress(OSError, ValueError):
            while stream is not None and (content := os.read(stream.fileno(), 1 << 16)):
                self._news.put(lambda content=content: take(one, content))  # type: ignore[misc]
        if stream is not None:
            stream.close()
        self._news.put(lambda: self._close_one(one))

    def _close_one(self, one: _Fresh) -> None:
        one.streams -= 1

    def _wait(self, one: _Fresh) -> None:
        one.process.wait()
        one.ended = time.monotonic()
        self._news.put(_nothing)

    def _hear(self, one: _Fresh, content: bytes) -> None:
        for message in messages(one.buffer, content):
            if "ready" in message:
                one.ready = True
                self._turns.devices.find([Device(**device) for device in message["devices"]])
                for name, why in message["failed"].items():
                    _log.info("%s could not be loaded ahead (%s)", name, why)
            elif one.course is not None:
                values = hear(one.course, message, time.monotonic())
                if values is not None:
                    self._report(one.course, "metric", values)

    def _print(self, one: _Fresh, content: bytes) -> None:
        if one.course is not None:
            one.course.printed.add(content)
            one.course.heard = time.monotonic()

    def _start_jobs(self) -> None:
        for one in [one for one in self._all if one.course is None and one.preload != self._preload]:
            self._all.remove(one)  # another takes its place, with the modules that are asked for by now
            _end(one.process)
        for one in [one for one in self._all if one.ready and one.course is None and one.ended is None]:
            if (found := self._turns.next(other.course for other in self._all if other.course is not None)) is None:
                return
            self._start(one, *found)

    def _start(self, one: _Fresh, waiting: Waiting, device: Device | None) -> None:
        job = waiting.job
        self._number += 1
        folder = self._home / str(self._number)
        one.course = Course(device=device, **begin(waiting, folder, time.monotonic()))
        order = Order(job, str(folder), str(self._scratch.resolve()), device, self._sandbox)
        with contextlib.suppress(OSError):  # it ended in this moment, which shows at once
            _send(one.process, write_order(order))
        self._report(one.course, "started")

    def _end_overdue(self) -> None:
        now = time.monotonic()
        revoked, self._revoked = self._revoked, []
        for one in self._all:
            if one.course is not None and one.course.waiting.future in revoked and not one.course.killed:
                one.course.killed = "close"
                _end(one.process)
        for one in self._all:
            if one.course is not None and not one.course.killed and one.course.patience <= now:
                one.course.killed = "timeout" if one.course.deadline <= now else "silence"
                if not (one.course.record or one.course.failed):
                    _let_speak(one.process)
                _end(one.process)

    def _finish_ended(self) -> None:
        for one in [one for one in self._all if one.over]:
            self._all.remove(one)
            left = _end(one.process)
            if one.course is None:
                if not one.ready and one.preload == self._preload:
                    self._refuse_all()
                continue
            one.course.status = one.process.returncode
            one.course.left = ["of its group"] if left else []
            result = outcome(one.course)
            if not self._turns.once_more(one.course, result):
                settle(one.course.waiting.future, result)
                self._report(one.course, "ended")
            shutil.rmtree(one.course.folder, ignore_errors=True)

    def _refuse_all(self) -> None:
        """Give up on what waits: Python, or a library that is loaded ahead, ends the process."""
        if self._preload:
            _log.warning("loading %s ahead fails; every run loads what it needs itself", ", ".join(self._preload))
            self._preload = ()
            return
        for waiting in self._turns.clear():
            hint = "Python itself does not start, or it is killed from outside."
            settle(waiting.future, failure(waiting.job, "Engine: no process could be started", hint, kind="Engine"))

    def _patience(self) -> float | None:
        """Say how long nothing will be due, in seconds."""
        due = [one.course.patience for one in self._all if one.course is not None and not one.course.killed]
        due += [one.ended + _DRAIN for one in self._all if one.ended is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _report(
        self, course: Course, event: Literal["started", "metric", "ended"], values: dict[str, float] | None = None
    ) -> None:
        if self._on_progress is not None:
            self._on_progress(Progress(course.job, event, time.monotonic() - course.started, values or {}))


def _nothing() -> None:
    """Only wake the engine's thread."""


def _send(process: subprocess.Popen[bytes], content: bytes) -> None:
    view: Any = memoryview(content)
    while view and process.stdin is not None:
        view = view[process.stdin.write(view) :]


def _let_speak(process: subprocess.Popen[bytes]) -> None:
    """Have a job write its Python stack to its trace file."""
    if sys.platform != "win32":
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGUSR2)
            time.sleep(_SAYS)


def _end(process: subprocess.Popen[bytes]) -> bool:
    """End a process with everything it started, as far as it can be found; tell whether something was left of it."""
    if sys.platform == "win32":
        with contextlib.suppress(OSError):
            command = ["taskkill", "/T", "/F", "/PID", str(process.pid)]
            subprocess.run(command, capture_output=True, check=False)
        with contextlib.suppress(OSError):
            process.kill()
        process.wait()
        return False
    ended = process.poll() is not None
    for pid in [] if ended else below(process.pid):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    left = True
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        left = False
    process.wait()
    if process.stdin is not None:
        process.stdin.close()
    return left and ended

"""Local: the supervisor in the build's process, which gives jobs to a zygote and outlives whatever they do."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from mkdocs_dlplugin.engines import sandbox as sandboxes
from mkdocs_dlplugin.engines.host import for_zygote, usable_cores
from mkdocs_dlplugin.engines.linux import hide_memory
from mkdocs_dlplugin.engines.preload import ordered
from mkdocs_dlplugin.engines.running import Running, Waiting, begin, hear, messages, outcome, settle
from mkdocs_dlplugin.engines.schedule import Device
from mkdocs_dlplugin.engines.seam import OnProgress, Progress
from mkdocs_dlplugin.engines.turns import Turns
from mkdocs_dlplugin.engines.wire import Order, send_order
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.explain import failure
from mkdocs_dlplugin.model import Job, Record

_ANSWER = 3.0
"""Seconds a shepherd has to end its job when told to; it may have been stopped by the job."""

_BOOTSTRAP = """
import sys
sys.path.append({path!r})
from mkdocs_dlplugin.engines.zygote import main
main({fd}, {preload!r}, {isolation!r})
"""

_log = logging.getLogger(__name__)


class Local:
    """Runs jobs on this machine, each in a process of its own, as many at once as there are cores."""

    def __init__(
        self,
        scratch: Path,
        preload: Sequence[str] = (),
        slots: int | None = None,
        on_progress: OnProgress | None = None,
        *,
        isolation: Literal["auto", "ns", "group"] = "auto",
        sandbox: sandboxes.Mode = "auto",
    ) -> None:
        """Prepare; the helper process starts with the first job, or with `warm_up`.

        Args:
            scratch: Folder for what runs write; every job's part is removed when it ends.
            preload: Modules to load once for all jobs, see `preload_for`.
            slots: Threads in use at once; the cores this process may use when left out.
            on_progress: Hears what happens, from the engine's thread.
            isolation: How jobs are kept apart: in namespaces (`ns`) or in process trees (`group`); the better that
                this machine can when it is `auto`.
            sandbox: Whether they are kept from writing and connecting.
        """
        self.slots = slots or usable_cores()
        self._scratch, self._preload, self._on_progress = scratch, tuple(preload), on_progress
        self._wanted, self._sandbox = isolation, sandbox
        self.isolation = ""
        """How jobs are kept apart, once that is known."""
        self._turns = Turns(self.slots, _log.warning)
        self._live: list[Running] = []
        self._ready = False
        """Whether the helper process has loaded everything and takes orders."""
        self._more: set[str] = set()
        """Modules to load ahead as well, once nothing runs."""
        self._spoilers: set[str] = set()
        """Modules that are never loaded ahead, because forks would not work then."""
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closing = False
        self._revoked: list[Future[Record]] = []
        self._deaths = 0
        self._number = 0

    # -- for the build's threads ----------------------------------------------------------------------------------

    def submit(self, job: Job) -> Future[Record]:
        """Queue a job and return at once; the future ends with its record, or with `RunFailed`."""
        waiting = self._turns.wait(job)
        if refused := sandboxes.refusal(self._sandbox):
            settle(waiting.future, refused)
            return waiting.future
        with self._lock:
            if self._closing:
                raise RuntimeError("BUG: a job was submitted to an engine that is closed")
            self._turns.add(waiting)
        self.warm_up()
        return waiting.future

    def warm_up(self) -> None:
        """Start loading libraries now, before there is a job; returns at once."""
        with self._lock:
            if self._thread is None and not self._closing:
                self._open()
                self._thread = threading.Thread(target=self._work, name="dlplugin-engine", daemon=True)
                self._thread.start()
                return
        if self._thread is not None:
            self._wake()

    def renew(self, preload: Sequence[str]) -> None:
        """Prepare for another build: load ahead what it imports too, and give devices that failed another chance."""
        self._turns.renew()
        with self._lock:
            self._more = {*self._more, *preload} - {*self._preload, *self._spoilers}

    def revoke(self, future: Future[Record]) -> None:
        """End the job behind a promise, which then fails as interrupted; returns at once."""
        if not future.cancel():
            self._revoked.append(future)
            if self._thread is not None:
                self._wake()

    def close(self) -> None:
        """End what runs, cancel what waits, remove what was written; may be called twice."""
        with self._lock:
            self._closing = True
            for waiting in self._turns.clear():
                waiting.future.cancel()
        if self._thread is not None:
            self._wake()
            if self._thread is not threading.current_thread():
                self._thread.join(2 * _ANSWER)

    @property
    def zygote(self) -> int:
        """Process number of the helper process; 0 when there is none."""
        return self._process.pid if self._process is not None else 0

    # -- the engine's own thread ----------------------------------------------------------------------------------

    def _open(self) -> None:
        if self._sandbox != "off" and not sandboxes.version():
            hide_memory()  # with Landlock jobs cannot look into other processes anyway
        _remove_abandoned(self._scratch)
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._home = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self._scratch.resolve()))
        self._selector = selectors.DefaultSelector()
        self._wake_reader, self._wake_writer = os.pipe()
        os.set_blocking(self._wake_writer, False)
        self._listen(self._wake_reader, lambda: os.read(self._wake_reader, 4096))

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full: it will wake up anyway; closed: it has ended
            os.write(self._wake_writer, b"x")

    def _listen(self, descriptor: int, act: Callable[[], object]) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, act)

    def _work(self) -> None:
        try:
            self._start_zygote()
            while not self._closing:
                for key, _ in self._selector.select(self._patience()):
                    if self._selector.get_map().get(key.fd) is key:  # not closed by an earlier one of this round
                        key.data()
                self._end_overdue()
                self._start_jobs()
            self._stop()
        except BaseException as error:
            self._fail_all(error)
        finally:
            self._tear_down()

    def _start_zygote(self) -> None:
        self._control, theirs = socket.socketpair()
        # This folder stays, so that matplotlib looks for fonts once and not in every build.
        shared = self._scratch.resolve() / "zygote"
        shared.mkdir(exist_ok=True)
        path = str(Path(__file__).parents[2])
        code = _BOOTSTRAP.format(path=path, fd=theirs.fileno(), preload=self._preload, isolation=self._wanted)
        with (self._home / "zygote.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                pass_fds=[theirs.fileno()],
                env=for_zygote(os.environ, shared),
                cwd=shared,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        theirs.close()
        self._ready, self._greeting = False, bytearray()
        self._listen(self._control.fileno(), self._hear_zygote)

    def _hear_zygote(self) -> None:
        content = _receive(self._control)
        if not content:
            self._bury_zygote()
            return
        self._greeting += content
        if self._greeting.endswith(b"\n"):
            told = json.loads(self._greeting)
            self._deaths = 0
            self.isolation = told["isolation"]
            if told["why"] and self._wanted == "ns":
                _log.warning("jobs are kept apart as process trees, because namespaces fail here: %s", told["why"])
            for name, why in told["failed"].items():
                _log.info("%s could not be loaded ahead (%s)", name, why)
            if told["spoilt"] and self._preload:
                self._do_without(told["spoiler"], told["spoilt"])
                return
            self._turns.devices.find([Device(**device) for device in told["devices"]])
            self._ready = True

    def _do_without(self, name: str, why: str) -> None:
        """Start another helper process, without the module that made this one unfit for forking."""
        dropped = {name} if name else set(self._preload)
        what = f"importing {name}" if name else "preparing torch"
        _log.warning("%s %s, which no fork survives; runs that use it load it themselves", what, why)
        self._spoilers |= dropped
        self._restart([one for one in self._preload if one not in dropped])

    def _restart(self, preload: Sequence[str]) -> None:
        """Exchange the helper process, which has no job, for one that loads these modules."""
        with self._lock:
            self._preload, self._more = ordered([*preload, *self._more]), set()
        if self._process is not None:
            self._process.kill()
        self._part()
        self._start_zygote()

    def _part(self) -> None:
        self._selector.unregister(self._control)
        self._control.close()
        if self._process is not None:
            self._process.wait()

    def _bury_zygote(self) -> None:
        """Start another one; jobs at work have their shepherds and go on."""
        self._part()
        self._deaths += 1
        if self._deaths == 2 and self._preload:
            _log.warning("loading %s ahead fails; every run loads what it needs itself", ", ".join(self._preload))
            self._preload = ()
        elif self._deaths > 2:
            for waiting in self._turns.clear():
                settle(waiting.future, self._no_engine(waiting.job))
            time.sleep(1.0)  # whatever ends it would otherwise be met thousands of times
        self._start_zygote()

    def _no_engine(self, job: Job) -> RunFailed:
        said = (self._home / "zygote.log").read_text("utf-8", "replace").strip().rpartition("\n")[2]
        hint = "Its processes are killed from outside, or Python itself does not start" + (f": {said}" if said else ".")
        return failure(job, "Engine: the process that runs it was lost twice", hint, kind="Engine")

    def _start_jobs(self) -> None:
        while self._ready and not self._closing:
            if self._more and not self._live:
                self._restart(self._preload)
                return
            if (found := self._turns.next(self._live)) is None:
                return
            self._start(*found)

    def _start(self, waiting: Waiting, device: Device | None) -> None:
        job = waiting.job
        self._number += 1
        folder = self._home / str(self._number)
        course = begin(waiting, folder, time.monotonic())
        leash, shepherds_end = socket.socketpair()
        channel, channels_end = os.pipe()
        output, outputs_end = os.pipe()
        live = Running(device=device, leash=leash, pipes={"channel": channel, "output": output}, **course)
        share = replace(job, gpu_memory=waiting.wish.memory)  # all there is when it is tried again alone
        order = Order(share, str(folder), str(self._scratch.resolve()), device, self._sandbox)
        try:
            send_order(self._control, order, [shepherds_end.fileno(), channels_end, outputs_end])
        except OSError:
            waiting.attempts -= 1  # the zygote has just died: the leash has no other end, so the job is tried again
        finally:
            shepherds_end.close()
            os.close(channels_end)
            os.close(outputs_end)
        self._live.append(live)
        for descriptor in live.pipes.values():
            os.set_blocking(descriptor, False)
        self._listen(leash.fileno(), lambda: self._hear_shepherd(live))
        self._listen(channel, lambda: self._drain(live, "channel"))
        self._listen(output, lambda: self._drain(live, "output"))
        self._report(live, "started")

    def _drain(self, live: Running, name: str) -> bool:
        """Read once from a pipe of a job; tell whether there may be more."""
        descriptor = live.pipes[name]
        try:
            content = os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return False
        if not content:
            self._selector.unregister(descriptor)
            os.close(live.pipes.pop(name))
            return False
        if name == "output":
            live.printed.add(content)
            live.heard = time.monotonic()
        else:
            for message in messages(live.buffers["channel"], content):
                self._hear_job(live, message)
        return True

    def _hear_job(self, live: Running, message: dict[str, Any]) -> None:
        values = hear(live, message, time.monotonic())
        if values is not None:
            self._report(live, "metric", values)

    def _hear_shepherd(self, live: Running) -> None:
        content = _receive(live.leash)
        for message in messages(live.buffers["leash"], content):
            live.shepherd = message.get("pid", live.shepherd)
            live.status = message.get("status", live.status)
            live.left = message.get("left", live.left)
            live.over = message.get("over", live.over)
            live.peak = message.get("peak", live.peak)
        if not content:
            self._finish(live)

    def _finish(self, live: Running) -> None:
        """Take leave of a job whose shepherd has gone, and settle its future."""
        for name in list(live.pipes):
            while self._drain(live, name):
                pass
        for descriptor in (live.leash.fileno(), *live.pipes.values()):
            self._selector.unregister(descriptor)
        for descriptor in live.pipes.values():
            os.close(descriptor)
        live.leash.close()
        self._live.remove(live)
        result = self._no_engine(live.job) if live.lost else outcome(live)
        if not self._closing and self._turns.once_more(live, result):
            if self._process is not None and self._process.poll() is not None:
                self._ready = False  # the zygote died too, and nothing may be sent to it until there is another
        else:
            settle(live.waiting.future, result)
            self._report(live, "ended")
        shutil.rmtree(live.folder, ignore_errors=True)

    def _patience(self) -> float | None:
        nearest = min((live.patience for live in self._live), default=None)
        return None if nearest is None else max(0.0, nearest - time.monotonic())

    def _end_overdue(self) -> None:
        now = time.monotonic()
        revoked, self._revoked = self._revoked, []
        for live in [live for live in self._live if live.waiting.future in revoked and not live.killed]:
            self._kill(live, "close")
        for live in [live for live in self._live if live.patience <= now]:
            if live.killed:
                # It did not answer: the job may have stopped it. The zygote ends what it leaves.
                with contextlib.suppress(OSError):
                    if live.shepherd:
                        os.kill(live.shepherd, signal.SIGKILL)
                live.deadline = now + _ANSWER
            else:
                self._kill(live, "timeout" if live.deadline <= now else "silence")

    def _kill(self, live: Running, why: str) -> None:
        live.killed, live.deadline = why, time.monotonic() + _ANSWER
        with contextlib.suppress(OSError):
            live.leash.send(b"K" if why == "close" else b"T")

    def _stop(self) -> None:
        """End all jobs and wait for their shepherds, which leave nothing behind."""
        for live in self._live:
            self._kill(live, "close")
        limit = time.monotonic() + _ANSWER
        while self._live and time.monotonic() < limit:
            for key, _ in self._selector.select(0.1):
                if self._selector.get_map().get(key.fd) is key:
                    key.data()
        self._fail_all(None)

    def _fail_all(self, error: BaseException | None) -> None:
        with self._lock:
            self._closing = True
        waiting = [*(live.waiting for live in self._live), *self._turns.clear()]
        for one in waiting:
            if error is None or isinstance(error, RunFailed):
                settle(one.future, failure(one.job, "Interrupted: the build ended first", kind="Interrupted"))
            elif not one.future.done():
                one.future.set_exception(error)

    def _tear_down(self) -> None:
        for live in self._live:
            live.leash.close()
        self._control.close()
        if self._process is not None:
            if not self._ready:
                self._process.kill()  # it still imports, has no job, and would not hear us for seconds
            try:
                self._process.wait(_ANSWER)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._selector.close()
        os.close(self._wake_reader)
        os.close(self._wake_writer)
        shutil.rmtree(self._home, ignore_errors=True)

    def _report(
        self, live: Running, event: Literal["started", "metric", "ended"], values: dict[str, float] | None = None
    ) -> None:
        if self._on_progress is not None:
            self._on_progress(Progress(live.job, event, time.monotonic() - live.started, values or {}))


def _receive(connection: socket.socket) -> bytes:
    """Receive what is there; nothing when the other end is gone."""
    try:
        return connection.recv(1 << 16)
    except ConnectionError:
        return b""


def _remove_abandoned(scratch: Path) -> None:
    """Remove what builds left that were killed before they could clean up."""
    for folder in scratch.glob("*-*"):
        number = folder.name.partition("-")[0]
        if number.isdigit() and not _alive(int(number)):
            shutil.rmtree(folder, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True

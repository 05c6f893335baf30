"""Away: an engine whose jobs run in other processes or on other machines, reached by some way there."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from mkdocs_dlplugin import __version__
from mkdocs_dlplugin.engines.bundle import LARGEST, Bundle, Contents, contents, gather, missed
from mkdocs_dlplugin.engines.outpost import Parcel
from mkdocs_dlplugin.engines.seam import Factory, OnProgress, Progress, Setup
from mkdocs_dlplugin.engines.wire import unpack, unpack_failure
from mkdocs_dlplugin.errors import DLError, RunFailed
from mkdocs_dlplugin.explain import failure
from mkdocs_dlplugin.model import Job, Record, Where
from mkdocs_dlplugin.sizes import show

_ROUNDS = 5
"""How often a job runs again because it has turned out to read more of the project than was sent."""

_SENDINGS = 20
"""How often a job is sent to places that do not have its files yet."""

_LATE = 1.0
"""Seconds that news may arrive after the result."""

_ABSENT = ("FileNotFoundError", "ModuleNotFoundError")

_PATIENCE = 10.0
"""Seconds until `close` stops waiting for the other end."""


class Stranded(Exception):
    """A job cannot get there, or not back; says why, and what to do."""

    def __init__(self, said: str, hint: str = "", *, kind: str = "Engine") -> None:
        super().__init__(said)
        self.said, self.hint, self.kind = f"{kind}: {said}", hint, kind


class CutOff(Stranded):
    """The way itself is gone; the next job opens it again."""


@dataclass
class Errand:
    """One job under way."""

    job: Job
    promise: Future[Record]
    report: OnProgress
    bundle: str = ""
    """Digest of the bundle it needs."""
    near: str = ""
    """The worker that asked for its files."""
    asked: set[str] = field(default_factory=set)
    """All that did, this one not yet among them the first time."""
    heard: int = 0
    """Pieces of news that came while it ran."""
    since: float = 0.0
    """When it was first heard of; 0 before."""

    def begin(self) -> bool:
        """Note that it runs; tell whether it is still wanted."""
        self.since = self.since or time.monotonic()
        return _awaited(self.promise)

    def hear(self, news: Sequence[dict[str, Any]]) -> None:
        """Pass news on."""
        self.heard += len(news)
        for one in news:
            self.report(Progress(self.job, one["event"], one["seconds"], one["values"]))

    async def catch_up(self, answer: Mapping[str, Any]) -> None:
        """Wait a moment for news that the answer has overtaken, then take those that came with it."""
        limit = time.monotonic() + _LATE
        while self.heard < answer["told"] and time.monotonic() < limit:
            await asyncio.sleep(0.01)
        self.hear(answer["news"])


class Way(Protocol):
    """How jobs get to another place and back; all its methods are called in one thread, that of an event loop."""

    async def open(self) -> None:
        """Connect; called again with the next job when it failed.

        Raises:
            Stranded: there is nobody.
        """

    async def carry(self, errand: Errand, parcel: bytes, files: Contents | None) -> dict[str, Any]:
        """Let `outpost.run` have a parcel and return the answer; try once more elsewhere when it is lost.

        Args:
            errand: The job; it wants to hear when it begins, and its news.
            parcel: For `outpost.run`.
            files: The files of its bundle, when `errand.near` has asked for them.

        Raises:
            Stranded: it was lost twice, or cannot be sent.
        """

    async def close(self, build: str) -> None:
        """Call back what runs for a build, and disconnect."""


class Away:
    """Runs jobs elsewhere, with what they need of the project sent along and everything back inside the record."""

    def __init__(self, setup: Setup, way: Way, make: Factory) -> None:
        """Prepare; the way there is opened with the first job.

        Args:
            setup: What the build asks for; the other end gets it too.
            way: How to get there.
            make: Makes the engine that runs the jobs there; a function that can be imported there too.
        """
        self._way, self._make, self._report = way, make, setup.on_progress or _nobody
        # Folders of this machine mean nothing there.
        self._setup = replace(setup, scratch=Path(), root=Path(), on_progress=None)
        self._build = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._end: asyncio.Event
        self._opening: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._read: tuple[str, Contents] | None = None
        self._more: dict[str, set[str]] = {}
        """What code has turned out to look for, for its other seeds and points."""
        self._closing = False

    # -- for the build's threads ----------------------------------------------------------------------------------

    def submit(self, job: Job) -> Future[Record]:
        """Send a job on its way and return at once; the future ends with its record, or with `RunFailed`."""
        promise: Future[Record] = Future()
        with self._lock:
            if self._closing:
                raise RuntimeError("BUG: a job was submitted to an engine that is closed")
            if self._thread is None:
                self._thread = threading.Thread(
                    target=asyncio.run, args=(self._work(),), name="dlplugin-away", daemon=True
                )
                self._thread.start()
                self._ready.wait()
            self._loop.call_soon_threadsafe(self._set_out, job, promise)
        return promise

    def renew(self, preload: Sequence[str]) -> None:
        """Prepare for another build, which imports these modules; returns at once."""
        self._setup = replace(self._setup, preload=tuple(preload))

    def close(self) -> None:
        """Call back what runs, cancel what waits, disconnect; may be called twice."""
        with self._lock:
            first, self._closing = not self._closing, True
        if first and self._thread is not None:
            self._loop.call_soon_threadsafe(self._end.set)
            self._thread.join(2 * _PATIENCE)

    # -- in the event loop ----------------------------------------------------------------------------------------

    async def _work(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._end.wait()
        for task in list(self._under_way):
            task.cancel()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_PATIENCE):
                await asyncio.gather(*self._under_way, return_exceptions=True)
                if self._opening is not None:
                    self._opening.cancel()
                    await asyncio.gather(self._opening, return_exceptions=True)
        with contextlib.suppress(Exception):
            async with asyncio.timeout(_PATIENCE):
                await self._way.close(self._build)

    def _set_out(self, job: Job, promise: Future[Record]) -> None:
        task = asyncio.ensure_future(self._see_through(Errand(job, promise, self._report)))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        promise.add_done_callback(lambda done: done.cancelled() and self._loop.call_soon_threadsafe(task.cancel))

    async def _see_through(self, errand: Errand) -> None:
        """Take a job there and back, and settle its future, whatever happens."""
        job, result = errand.job, None
        try:
            result = await self._accompany(errand)
        except asyncio.CancelledError:
            problem: BaseException = failure(job, "Interrupted: the build ended first", kind="Interrupted")
        except Stranded as stranded:
            if isinstance(stranded, CutOff):
                self._opening = None
            problem = failure(job, stranded.said, stranded.hint, kind=stranded.kind)
        except BaseException as error:  # a failed run, or a mistake of ours
            problem = error
        if errand.begin():
            if result is not None:
                errand.promise.set_result(result)
            else:
                errand.promise.set_exception(problem)
        self._report(Progress(job, "ended", time.monotonic() - errand.since if errand.since else 0.0))

    async def _accompany(self, errand: Errand) -> Record:
        await self._opened()
        job = errand.job
        more = set(self._more.get(job.code, ()))
        for _ in range(_ROUNDS):
            answer = await self._carry(errand, _gathered(job, more))
            if "declined" in answer:
                where, problem, hint = answer["declined"]
                raise DLError(Where(**where), f"worker {answer['worker']}: {problem}", hint)
            if "failed" in answer:
                raise _failed(answer)
            record = unpack(answer["record"])
            new = missed(record.observed, Path(job.root)) - more
            if not new:
                return record
            more |= new
            self._more.setdefault(job.code, set()).update(new)
        return record

    async def _opened(self) -> None:
        """Wait for the way to be open; jobs that come together share one attempt."""
        if self._opening is None or (self._opening.done() and self._opening.exception()):
            self._opening = asyncio.ensure_future(self._way.open())
        await asyncio.shield(self._opening)

    async def _carry(self, errand: Errand, bundle: Bundle) -> dict[str, Any]:
        """Send a job until it has come to its end, with its files only where they are not yet."""
        job = errand.job
        errand.bundle, errand.near, errand.asked = bundle.digest, "", set()
        parcel = pickle.dumps(Parcel(self._build, job, bundle, self._setup, self._make))
        files: Contents | None = None
        lost = 0
        for _ in range(_SENDINGS):
            answer = await self._way.carry(errand, parcel, files)
            if "refused" in answer:
                raise refused(answer["worker"], answer["refused"])
            if "changed" in answer:
                hint = "Run it again when nothing writes to the project."
                raise Stranded("a project file changed while it was being sent", hint, kind="Changed")
            if "needs" in answer:
                files = self._files(bundle, Path(job.root))
                errand.near = answer["worker"]
            elif "left" not in answer and answer.get("failed", {}).get("kind") != "Interrupted":
                await errand.catch_up(answer)
                return answer
            else:  # its worker was closed under it
                lost += 1
                if lost > 1:
                    raise lost_twice(answer["worker"])
        raise Stranded("no worker keeps its files", "Their disks may be full: see the workers' logs.")

    def _files(self, bundle: Bundle, root: Path) -> Contents:
        """Read the files of a bundle; jobs that wait for the same ones share them."""
        if self._read is None or self._read[0] != bundle.digest:
            try:
                self._read = bundle.digest, contents(bundle, root)
            except OSError as error:
                raise _unreadable(error) from error
        return self._read[1]


def refused(worker: str, version: str) -> Stranded:
    """Tell that a worker has another version of this plugin."""
    said = f"worker {worker} has mkdocs-dlplugin {version}, this build has {__version__}"
    return Stranded(said, f"Install the same where the workers run: pip install mkdocs-dlplugin=={__version__}")


def lost_twice(worker: str) -> Stranded:
    """Tell that a job was lost, also when it was tried again."""
    hint = "Something ended it while the job ran, often a lack of memory: its log may tell."
    return Stranded(f"worker {worker} lost; retried once", hint)


def _gathered(job: Job, more: set[str]) -> Bundle:
    try:
        bundle = gather(job, more)
    except OSError as error:
        raise _unreadable(error) from error
    if bundle.size > LARGEST:
        said = f"the project files it reads have {show(bundle.size)}, more than the {show(LARGEST)} that are sent"
        raise Stranded(said, "Put large data where the workers see them, and name them by an absolute path.")
    return bundle


def _unreadable(error: OSError) -> Stranded:
    return Stranded(f"a project file cannot be read: {error.strerror}: {error.filename}")


def _failed(answer: dict[str, Any]) -> RunFailed:
    failed = unpack_failure(answer["failed"])
    failed.output = answer["output"]
    if any(name in failed.problem for name in _ABSENT):
        sent = "the modules it imports, the files it names, and what `depends` adds"
        failed.hint += f"\nIt ran on worker {answer['worker']}, which has of the project {sent}."
    return failed


def _awaited(promise: Future[Record]) -> bool:
    """Tell whether a promise can still be kept, and begin to keep it."""
    return not promise.done() and (promise.running() or promise.set_running_or_notify_cancel())


def _nobody(progress: Progress) -> None:
    """Hear progress that nobody asked for."""

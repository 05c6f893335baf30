"""Outpost: the far end of an engine elsewhere, per build and process: the same local engine in a copied project."""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import asdict, dataclass, field, replace
from multiprocessing.util import Finalize
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import __version__
from mkdocs_dlplugin.engines.bundle import Bundle, Contents, unpack
from mkdocs_dlplugin.engines.seam import Engine, Factory, Progress, Renewable, Revocable, Setup
from mkdocs_dlplugin.engines.wire import pack, pack_failure
from mkdocs_dlplugin.errors import DLError, RunFailed
from mkdocs_dlplugin.model import Job, Record

Tell = Callable[[dict[str, Any]], None]
"""Takes one piece of news of a job to the build: what `Progress` says, as plain values."""

_GLANCE = 0.25
"""Seconds between two looks at whether a job is still wanted."""

_IDLE = 300.0
"""Seconds after the last job until a build is taken to be gone; its next job would begin anew."""


@dataclass(frozen=True)
class Parcel:
    """All that a job needs elsewhere; values only, so that no disk is shared."""

    build: str
    """Identity of the engine that sends it; its jobs share a local engine and copies of the project."""
    job: Job
    bundle: Bundle
    setup: Setup
    """As the build made it; folders and slots are those of the place."""
    make: Factory
    """Makes the engine that runs it there."""


@dataclass(frozen=True)
class Here:
    """What a place gives to its outposts."""

    name: str
    """What messages call it."""
    folder: Path
    """Where they may write."""
    slots: int = 0
    """Threads of work at once; 0 takes what the machine has."""
    tell: Tell | None = None
    """Takes news to the build while the job runs; where there is no way for that, they come with the answer."""
    wanted: Callable[[], bool] = lambda: True
    """Whether anyone still waits for the job."""


def run(version: str, content: bytes, files: Contents | None, here: Here) -> dict[str, Any]:
    """Run one job and return what came out, as plain values.

    Args:
        version: The plugin's version where the build runs.
        content: The pickled `Parcel`; another version could not read it.
        files: The files of its bundle, when they were asked for.
        here: Where we are.

    Returns:
        `refused` with our version, `needs` when the files are not here, `changed` when they are not those of the
        bundle, `left` when nobody waits any more, `declined` when nothing may run here, or `record`, or `failed` with
        its `output`.  `told` is how much was told while it ran, `news` what was not.
    """
    if version != __version__:
        return {"worker": here.name, "refused": __version__}
    parcel = pickle.loads(content)  # noqa: S301 - who may send jobs may run code here anyway
    return {"worker": here.name, **_post(parcel.build, here.folder).run(parcel, files, here)}


def keep(version: str, content: bytes, files: Contents, here: Here) -> bool:
    """Unpack the files of a parcel that will come; tell whether they are its own."""
    parcel = pickle.loads(content) if version == __version__ else None  # noqa: S301 - likewise
    return parcel is not None and _post(parcel.build, here.folder).unpack(parcel.bundle, files)


def close(build: str = "") -> None:
    """End what runs here for a build, or for all, and remove its files."""
    with _lock:
        posts = [_posts.pop(name) for name in list(_posts) if not build or name == build]
    for post in posts:
        post.close()


def sweep(folder: Path) -> None:
    """Remove what processes left that were killed."""
    for left in folder.glob("*-*"):
        number = left.name.partition("-")[0]
        if number.isdigit() and Path("/proc/self").exists() and not Path("/proc", number).exists():
            shutil.rmtree(left, ignore_errors=True)


@dataclass
class _Post:
    """What one build has in this process."""

    build: str
    folder: Path
    engine: Engine | None = None
    preload: tuple[str, ...] = ()
    """What the engine loads ahead."""
    projects: set[str] = field(default_factory=set)
    """Digests of the bundles that are unpacked."""
    errands: dict[int, _Teller] = field(default_factory=dict)
    """Jobs at work, by identity."""
    timer: threading.Timer | None = None
    closed: bool = False

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.home = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self.folder))

    def run(self, parcel: Parcel, files: Contents | None, here: Here) -> dict[str, Any]:
        """Run a job in this process's engine and wait for it."""
        if parcel.bundle.digest not in self.projects:
            if files is None and parcel.bundle.files:
                return {"needs": True}
            if not self.unpack(parcel.bundle, files or {}):
                return {"changed": True}
        with self._project(parcel) as root:
            job, teller = replace(parcel.job, root=str(root)), _Teller(here.tell)
            try:
                promise = self._submit(job, teller, parcel, here)
                while not wait([promise], _GLANCE).done:
                    if not here.wanted():
                        self._leave(promise)
                        return {"left": True}
                return {**_outcome(promise), "news": teller.kept, "told": teller.told}
            finally:
                self._forget(job)

    def unpack(self, bundle: Bundle, files: Contents) -> bool:
        """Make a project of a bundle, once; tell whether the files are its own."""
        with self._lock:
            if bundle.digest not in self.projects and unpack(bundle, files, self.home / bundle.digest):
                self.projects.add(bundle.digest)
            return bundle.digest in self.projects

    @contextlib.contextmanager
    def _project(self, parcel: Parcel) -> Iterator[Path]:
        """Lend a copy of the project to a job; one of its own, if it may write there."""
        project = self.home / parcel.bundle.digest
        if not parcel.job.write_to:
            yield project
            return
        own = Path(tempfile.mkdtemp(dir=self.home))
        shutil.copytree(project, own, dirs_exist_ok=True)
        try:
            yield own
        finally:
            shutil.rmtree(own, ignore_errors=True)

    def _submit(self, job: Job, teller: _Teller, parcel: Parcel, here: Here) -> Future[Record]:
        with self._lock:
            if self.timer is not None:
                self.timer.cancel()
            self.errands[id(job)] = teller
            if self.closed:
                gone: Future[Record] = Future()
                gone.cancel()
                return gone
            if self.engine is None:
                scratch, root = self.home / "jobs", Path(job.root)
                setup = replace(parcel.setup, scratch=scratch, root=root, slots=here.slots, on_progress=self._hear)
                self.engine = parcel.make(setup)
            elif self.preload != parcel.setup.preload and isinstance(self.engine, Renewable):
                self.engine.renew(parcel.setup.preload)
            self.preload = parcel.setup.preload
            return self.engine.submit(job)

    def _hear(self, progress: Progress) -> None:
        teller = self.errands.get(id(progress.job))
        if teller is not None and progress.event != "ended":
            teller.add({"event": progress.event, "seconds": progress.seconds, "values": dict(progress.values)})

    def _forget(self, job: Job) -> None:
        with self._lock:
            self.errands.pop(id(job), None)
            if not self.errands and not self.closed:
                self.timer = threading.Timer(_IDLE, close, (self.build,))
                self.timer.daemon = True
                self.timer.start()

    def _leave(self, promise: Future[Record]) -> None:
        """End a job that nobody waits for."""
        with self._lock:
            engine = self.engine
        if engine is not None and isinstance(engine, Revocable):
            engine.revoke(promise)

    def close(self) -> None:
        """End what runs and remove what was unpacked."""
        with self._lock:
            self.closed = True
            if self.timer is not None:
                self.timer.cancel()
            engine, self.engine = self.engine, None
        if engine is not None:
            engine.close()
        shutil.rmtree(self.home, ignore_errors=True)


class _Teller:
    """Sends what a job tells, or keeps it where there is no way to."""

    def __init__(self, tell: Tell | None) -> None:
        self.told = 0
        """How many pieces of news were sent."""
        self.kept: list[dict[str, Any]] = []
        self._tell = tell

    def add(self, news: dict[str, Any]) -> None:
        """Take one piece of news."""
        if self._tell is None:
            self.kept.append(news)
        else:
            self._tell(news)
            self.told += 1


def _outcome(promise: Future[Record]) -> dict[str, Any]:
    if promise.cancelled():
        return {"left": True}
    error = promise.exception()
    if isinstance(error, RunFailed):
        return {"failed": pack_failure(error), "output": error.output}
    if isinstance(error, DLError):
        return {"declined": (asdict(error.where), error.problem, error.hint)}
    if error is not None:
        raise error
    return {"record": pack(promise.result())}


@functools.cache
def _at_exit() -> None:
    # Unlike `atexit` this is also called where a process of `multiprocessing` ends.
    Finalize(None, close, exitpriority=10)


def _post(build: str, folder: Path) -> _Post:
    with _lock:
        if not _posts:
            _at_exit()
            sweep(folder)
        if build not in _posts:
            _posts[build] = _Post(build, folder)
        return _posts[build]


_posts: dict[str, _Post] = {}
_lock = threading.Lock()

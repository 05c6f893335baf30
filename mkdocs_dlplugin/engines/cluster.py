"""Cluster: the way to Dask workers, on machines elsewhere or as processes on this one."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import logging
import os
import platform
import shutil
import time
import uuid
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from distributed import CancelledError, Client, KilledWorker, LocalCluster, get_worker
from distributed.comm import connect as connect_to
from distributed.versions import VersionMismatchWarning

from mkdocs_dlplugin import __version__, accelerators
from mkdocs_dlplugin.engines import outpost
from mkdocs_dlplugin.engines.away import Away, CutOff, Errand, Stranded, lost_twice, refused
from mkdocs_dlplugin.engines.bundle import Contents
from mkdocs_dlplugin.engines.host import usable_cores
from mkdocs_dlplugin.engines.preload import preload_for
from mkdocs_dlplugin.engines.seam import Engine, Factory, Setup
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.explain import failure
from mkdocs_dlplugin.model import Job

REACH = 5.0
"""Seconds a scheduler has to answer."""

JOIN = 60.0
"""Seconds to wait for a worker while there is none."""

_PULSE = 1.0
"""Seconds between two looks at which workers there are."""

_GOODBYE = 2.0
"""Seconds to wait for workers that end our jobs, and for the scheduler to let us go."""

_STRIKES = 3
"""Looks in a row that fail before the scheduler counts as lost."""

_OVERTIME = 60.0
"""Seconds beyond a job's own time limit after which its worker counts as lost, though it is still connected."""

_PROCESSES = 4
"""Workers of a cluster on this machine, at most; each loads the libraries for itself and runs several jobs at once."""

_DEAF = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)"
"""Run in our own workers: Ctrl-C belongs to the build, which ends them."""

_TOPIC = "mkdocs-dlplugin"
"""Where workers tell how jobs go on; one topic for all builds, because a scheduler never forgets one."""

_SEE_LOG = "Its log may tell why. Jobs that were at work there have ended; build again when it is back."

_SAME = f"Scheduler and workers need this version: pip install 'mkdocs-dlplugin[dask]=={__version__}'"

_log = logging.getLogger(__name__)


def connect(setup: Setup, make: Factory) -> Engine:
    """Make an engine of the Dask cluster at `address`, or of one of our own on this machine when that is empty.

    Args:
        setup: What the build asks for.
        make: Makes the engine that runs the jobs inside a worker.
    """
    return Away(setup, Cluster(setup), make)


class Cluster:
    """A scheduler, its workers, and the jobs we have there."""

    def __init__(self, setup: Setup) -> None:
        """Prepare; nothing is started or connected before `open`."""
        self._setup = setup
        self._name = f"at {setup.address}" if setup.address else "on this machine"
        self._client: Any = None
        self._own: Any = None
        """Our own cluster, if it is one."""
        self._folder = setup.scratch.absolute() / f"{os.getpid()}-dask"
        self._workers: dict[str, dict[str, float]] = {}
        """Addresses of the workers, with their resources."""
        self._seen = 0.0
        """When there was a worker last."""
        self._watch: asyncio.Task[None] | None = None
        self._gone = False
        """Whether the scheduler cannot be asked any more."""
        self._carried: dict[str, _Carried] = {}
        self._sending: dict[str, asyncio.Lock] = {}
        self._sent: set[tuple[str, str]] = set()
        """Workers with the bundles they were sent; they may have let go of one and ask again."""
        self._used: set[str] = set()
        """Addresses of the workers that had a job of ours."""

    async def open(self) -> None:
        """Connect to the scheduler, begin to watch its workers, and compare their versions with ours."""
        # What Dask prints about lost workers, connections and versions, we say with page and line.
        for name in [name for name in logging.root.manager.loggerDict if name.startswith("distributed")]:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        warnings.filterwarnings("ignore", category=VersionMismatchWarning)
        await self._disconnect()
        try:
            async with asyncio.timeout(2 * REACH if self._setup.address else JOIN):
                self._client = Client(await self._scheduler(), asynchronous=True, timeout=REACH, set_as_default=False)
                await self._client
                self._client.subscribe_topic(_TOPIC, self._hear)
                self._client.subscribe_topic("all", self._hear_scheduler)
                await self._look()
            async with asyncio.timeout(JOIN):
                await self._compare()
        except Stranded:
            raise
        except Exception as error:
            hint = "Start one there (`dask scheduler`), or correct `address` in mkdocs.yml (`tcp://host:8786`)."
            raise Stranded(f"no Dask scheduler answers {self._name} ({_line(error)})", hint) from error
        self._gone, self._seen = False, time.monotonic()
        if not self._workers:
            _log.warning("no worker has joined the Dask cluster %s; waiting for one, up to %g s", self._name, JOIN)
        self._watch = asyncio.ensure_future(self._keep_looking())

    async def carry(self, errand: Errand, parcel: bytes, files: Contents | None) -> dict[str, Any]:
        """Hand a job to the scheduler and wait for the answer; Dask itself tries again when a worker is lost."""
        if self._client.status != "running":
            raise self._cut_off()
        try:
            if files is not None and not await self._send(errand, parcel, files):
                return {"worker": errand.near, "changed": True}
            return await self._carry(errand, parcel)
        except OSError as error:
            raise self._cut_off() from error

    async def _carry(self, errand: Errand, parcel: bytes) -> dict[str, Any]:
        needs = {"GPU": 1.0} if self._takes_gpu(errand.job) else None
        near = {"workers": [errand.near], "allow_other_workers": True} if errand.near in self._workers else {}
        name = f"mkdocs-dlplugin-{uuid.uuid4().hex}"
        carried = self._carried[name] = _Carried(errand, bool(needs))
        task = self._client.submit(_run, __version__, parcel, key=name, pure=False, retries=0, resources=needs, **near)
        answer = asyncio.ensure_future(self._answer(task))
        try:
            while not answer.done():
                either: set[asyncio.Future[Any]] = {answer, carried.lost}
                await asyncio.wait(either, timeout=_PULSE, return_when="FIRST_COMPLETED")
                if not answer.done():
                    self._check(carried)
            return answer.result()
        finally:
            del self._carried[name]
            if not answer.done():
                answer.cancel()
                with contextlib.suppress(Exception):
                    async with asyncio.timeout(REACH):
                        await task.cancel()

    async def close(self, build: str) -> None:
        """End what runs for a build on all workers it was on, and disconnect."""
        if self._own is None:  # else they end anyway
            with contextlib.suppress(Exception):
                async with asyncio.timeout(_GOODBYE):
                    workers = [address for address in self._used if address in self._workers]
                    await self._client.run(_close, build, workers=workers, on_error="ignore")
        await self._disconnect()

    async def _disconnect(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        if self._client is not None:
            for topic in (_TOPIC, "all"):
                with contextlib.suppress(Exception):
                    self._client.unsubscribe_topic(topic)
            with contextlib.suppress(Exception):
                await self._client.close(timeout=_GOODBYE)
        if self._own is not None:
            with contextlib.suppress(Exception):
                await self._own.close(timeout=REACH)
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
        self._client = self._own = self._watch = None

    async def _scheduler(self) -> Any:
        """Find the scheduler elsewhere, or start one and workers on this machine."""
        if self._setup.address:
            # A client takes longer to give up, and leaves more behind.
            await (await connect_to(self._setup.address, timeout=REACH)).close()
            return self._setup.address
        slots = self._setup.slots or usable_cores()
        self._folder.mkdir(parents=True, exist_ok=True)
        workers = min(slots, _PROCESSES)
        self._own = LocalCluster(
            n_workers=workers,
            threads_per_worker=-(-slots // workers),
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            local_directory=str(self._folder),
            memory_limit=0,  # jobs have limits of their own
            preload=[_DEAF],
            silence_logs=logging.CRITICAL,
            asynchronous=True,
        )
        return await self._own

    async def _answer(self, task: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = await task
        except KilledWorker as killed:
            raise lost_twice(killed.last_worker.address) from killed
        except CancelledError as cancelled:
            raise self._cut_off() from cancelled
        except Exception as error:
            raise Stranded(f"the cluster cannot run it: {_line(error)}", _SAME) from error
        return answer

    def _check(self, carried: _Carried) -> None:
        """Look whether a job may still come to its end.

        Raises:
            Stranded: it will not.
            RunFailed: it waits for a GPU that nobody has.
        """
        job, now = carried.errand.job, time.monotonic()
        if carried.lost.done():
            carried.lost.result()
        if self._gone:
            raise self._cut_off()
        if carried.worker:
            if carried.started and now - carried.started > job.timeout + _OVERTIME:
                raise Stranded(f"worker {carried.worker} did not answer in time", _SEE_LOG)
        elif not self._workers and now - self._seen > JOIN:
            said = f"worker {carried.last} lost, and no other joined" if carried.last else "no worker joined"
            hint = f"Start one: dask worker {self._setup.address}" if self._setup.address else _SEE_LOG
            raise Stranded(f"{said} the cluster {self._name} within {JOIN:g} s", hint)
        elif carried.gpu and self._workers and not self._gpus():
            raise _without_gpu(job)

    def _cut_off(self) -> CutOff:
        return CutOff(f"the Dask scheduler {self._name} was lost", _SEE_LOG)

    def _takes_gpu(self, job: Job) -> bool:
        if not accelerators.kinds(job.device) or (accelerators.falls_back(job.device) and not self._gpus()):
            return False
        return job.device != "auto" or "torch" in preload_for([job.code], Path(job.root))

    def _gpus(self) -> bool:
        return any(resources.get("GPU") for resources in self._workers.values())

    async def _send(self, errand: Errand, parcel: bytes, files: Contents) -> bool:
        """Send files to the worker that asked, unless another job has sent them since; tell whether they are there."""
        sent = errand.near, errand.bundle
        async with self._sending.setdefault(errand.near, asyncio.Lock()):
            if sent in self._sent and errand.near not in errand.asked:
                errand.asked.add(errand.near)
                return True
            there = {"workers": [errand.near], "on_error": "ignore"}
            kept = await self._client.run(_keep, __version__, parcel, files, **there)
            self._sent.add(sent)
        # A worker that is gone meanwhile is no mistake: another one will ask.
        return all(kept.values())

    async def _compare(self) -> None:
        """Compare the versions of the workers with ours: the plugin's must be the same, others should be.

        Raises:
            Stranded: naming a worker and its version.
        """
        names = sorted({name.partition(".")[0] for name in self._setup.preload})
        ours, warned = _versions(names), set[str]()
        for worker, theirs in (await self._client.run(_versions, names, on_error="return")).items():
            if isinstance(theirs, OSError):  # it has just left
                continue
            if isinstance(theirs, Exception):
                raise Stranded(f"worker {worker} cannot load mkdocs-dlplugin: {_line(theirs)}", _SAME)
            if theirs["mkdocs-dlplugin"] != __version__:
                raise refused(worker, theirs["mkdocs-dlplugin"])
            for name in ours:
                if theirs[name] != ours[name] and name not in warned:
                    warned.add(name)
                    there = theirs[name] or "none"
                    _log.warning("worker %s has %s %s, this machine %s", worker, name, there, ours[name] or "none")

    async def _keep_looking(self) -> None:
        failures = 0
        while failures < _STRIKES:
            await asyncio.sleep(_PULSE)
            try:
                async with asyncio.timeout(REACH):
                    await self._look()
                failures = 0
            except Exception:
                failures += 1
        self._gone = True

    async def _look(self) -> None:
        known = await self._client.scheduler.identity()
        self._workers = {address: dict(worker["resources"]) for address, worker in known["workers"].items()}
        if self._workers:
            self._seen = time.monotonic()

    def _hear(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Take news of a job; the first of each attempt, which is empty, says where it is."""
        said = event[1]
        carried = self._carried.get(said["name"])
        if carried is None:
            return
        if not said["news"]:
            carried.arrive(said["worker"])
            self._used.add(said["worker"])
        elif carried.errand.begin():
            carried.started = carried.started or time.monotonic()
            carried.errand.hear([said["news"]])

    def _hear_scheduler(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Hear of workers that come and go."""
        said = event[1]
        if said.get("action") == "remove-worker":
            self._workers.pop(said["worker"], None)
            for carried in list(self._carried.values()):
                if carried.worker == said["worker"]:
                    carried.lose()


@dataclass
class _Carried:
    """A job that the scheduler has."""

    errand: Errand
    gpu: bool
    """Whether it waits for a GPU."""
    worker: str = ""
    """Where it is now; empty before and between."""
    last: str = ""
    """The worker that was lost with it."""
    started: float = 0.0
    """When its code began; 0 before."""
    losses: int = 0
    lost: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Ends when it was lost for good."""

    def arrive(self, worker: str) -> None:
        """Note that a worker has it."""
        if self.worker and self.worker != worker:  # we did not hear of its end
            self.lose()
        self.worker, self.started, self.errand.heard = worker, 0.0, 0

    def lose(self) -> None:
        """Note that its worker is gone; Dask gives it to another one, which is right once."""
        self.worker, self.last = "", self.worker
        self.losses += 1
        if self.losses > 1 and not self.lost.done():
            self.lost.set_exception(lost_twice(self.last))
            self.lost.exception()  # seen, also when nobody waits


def _run(version: str, parcel: bytes) -> dict[str, Any]:
    """Run a job; called in a thread of a worker."""
    worker = get_worker()
    name = str(worker.get_current_task())

    def tell(news: dict[str, Any]) -> None:
        worker.log_event(_TOPIC, {"name": name, "worker": worker.address, "news": news})

    def wanted() -> bool:
        task = worker.state.tasks.get(name)
        return task is not None and task.state != "cancelled" and worker.status.name not in {"closing", "closed"}

    tell({})
    return outpost.run(version, parcel, None, replace(_here(worker), tell=tell, wanted=wanted))


async def _keep(version: str, parcel: bytes, files: Contents, dask_worker: Any) -> bool:
    """Unpack files; called in a worker's event loop."""
    return await asyncio.to_thread(outpost.keep, version, parcel, files, _here(dask_worker))


async def _close(build: str) -> None:
    """End what runs for a build; likewise."""
    await asyncio.to_thread(outpost.close, build)


def _here(worker: Any) -> outpost.Here:
    return outpost.Here(worker.address, Path(worker.local_directory, "mkdocs-dlplugin"), worker.state.nthreads)


def _versions(names: Sequence[str]) -> dict[str, str]:
    """Name the versions that results may depend on; called here and in workers."""
    found = {"mkdocs-dlplugin": __version__, "Python": platform.python_version()}
    provided = importlib.metadata.packages_distributions() if names else {}
    for name in names:
        found[name] = next((importlib.metadata.version(package) for package in provided.get(name, ())), "")
    return found


def _without_gpu(job: Job) -> RunFailed:
    said = f"{accelerators.needs(job.device)}, and no worker of the cluster offers a GPU"
    return failure(job, said, 'Start workers with `--resources "GPU=1"`, or keep the recorded result.', kind="Device")


def _line(error: BaseException) -> str:
    """Tell of an error in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__

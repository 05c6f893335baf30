"""Conduct: take a plan from what is recorded to what is measured, each job as soon as those it needs are done."""

from __future__ import annotations

import contextlib
import math
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path

from mkdocs_dlplugin.engines import Engine, Progress, Revocable
from mkdocs_dlplugin.errors import DLError, Failure, Missing, RunFailed, StoreError
from mkdocs_dlplugin.fingerprint import Files, digest_names, results_digest
from mkdocs_dlplugin.freshness import State, input_digests, origin, state
from mkdocs_dlplugin.model import Input, Job, Record, address
from mkdocs_dlplugin.parts import statements
from mkdocs_dlplugin.plan import Plan, Task
from mkdocs_dlplugin.reporting import Reporter, clock
from mkdocs_dlplugin.store import Damaged, Store

HEARTBEAT = 30.0
"""Seconds without news after which the terminal says what is still running."""

PATIENCE = 5.0
"""Seconds after which the terminal says that another build is waited for."""

GATHERING = 0.2
"""Seconds for which the first job that must run waits for others that are longer, and for all their imports."""


@dataclass
class Conductor:
    """What became of each job of a plan."""

    plan: Plan
    store: Store
    engine: Callable[[Sequence[Task]], Engine]
    """Starts the engine; called at most once, with the tasks that may run, and only when one must; what is known to be
    fresh is not among them, so that nothing is loaded for it."""
    reporter: Reporter
    root: Path
    frozen: bool = False
    """Whether nothing may run, whatever the store holds."""
    forced: frozenset[str] = frozenset()
    """Places of the jobs that execute even when their record is fresh."""
    only: frozenset[str] | None = None
    """Places of the jobs that may execute; `None` allows all."""
    records: dict[str, Record] = field(default_factory=dict)
    """What stands for each job now, by place."""
    failures: dict[str, DLError] = field(default_factory=dict)
    """Why a job has no result, by place."""
    states: dict[str, State] = field(default_factory=dict)
    """How each job's record stood before anything ran."""
    executed: list[str] = field(default_factory=list)
    """Places of the jobs that ran and were recorded."""

    def __post_init__(self) -> None:
        self.files = Files(self.root)
        """The project's files as this build met them."""
        self._news: queue.Queue[tuple[str, Future[Record]]] = queue.Queue()
        self._running: dict[str, float] = {}
        """When each job that is at work began; jobs that wait for a free core stand here with 0."""
        self._due: list[tuple[Task, Job]] = []
        """What must run and was not given to the engine yet."""
        self._due_since = 0.0
        self._seconds: dict[str, float] = {}
        """How long jobs took when they were measured last, by place; 0 for those that never were."""
        self._promised: dict[str, Future[Record]] = {}
        """What the engine was given and has not ended."""
        self._held: dict[str, contextlib.ExitStack] = {}
        self._started: Engine | None = None
        self._thread: threading.Thread | None = None
        self._broken: BaseException | None = None
        self._stop = self._retired = False
        self._commit: Mapping[str, object] | None = None
        self._caught_up, self._idle = threading.Event(), threading.Event()
        self._digests: dict[str, str] = {}
        self._listed: dict[str, set[str]] = {}
        """Places that have a record, per run that others use."""
        self._used = {used for task in self.plan.tasks.values() for used in task.run.uses}

    # -- reading only ---------------------------------------------------------------------------------------------

    def look(self) -> None:
        """Read every record and say how it stands, without executing anything."""
        # Whoever only looks leaves a damaged record where it is.
        damaged: dict[str, DLError] = {}
        found = {place: self._read(task, damaged) for place, task in self.plan.tasks.items()}
        inputs = input_digests(record for record in found.values() if record and record.run in self._used)
        doubtful: set[str] = set()
        for place, task in self.plan.tasks.items():
            record = found[place]
            how = state(task, record, self.files, inputs)
            if place in damaged:
                how = State("stale", (damaged[place].problem.rstrip("."),))
            waiting = sorted({where.split("/")[0] for where in task.waits_for if where in doubtful})
            if (
                how.word == "fresh"
                and waiting
                and record
                and any(w.split("/")[0] in waiting for w in record.observed.inputs)
            ):
                how = State("stale", tuple(f"run {name} is to run again" for name in waiting))
            self.states[place] = how
            if how.word != "fresh":
                doubtful.add(place)
            if record:
                self.records[place] = record
        if self.frozen:
            self.failures |= damaged

    def recall(self) -> None:
        """Show what is fresh and execute nothing, because a page must be mended first."""
        self.look()
        self.records = {place: record for place, record in self.records.items() if self.states[place].word == "fresh"}

    def refuse(self) -> None:
        """Report all that is missing or stale where nothing may run."""
        for place, how in self.states.items():
            if how.word != "fresh" and not (how.word == "missing" and self.spared(place)):
                task = self.plan.tasks[place]
                problem = (
                    f"run '{task.run.name}' has no recorded result"
                    if how.word == "missing"
                    else (f"the recorded result of run '{task.run.name}' is stale: {'; '.join(how.reasons)}")
                )
                hint = "Nothing may run here. Run `mkdocs-dlplugin run` where it may, and commit the records."
                self.failures.setdefault(place, Missing(task.run.where, f"{problem}.", hint))

    # -- executing ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin with everything that can start now; returns at once."""
        self._thread = threading.Thread(target=self._work, name="dlplugin-conductor", daemon=True)
        self._thread.start()

    @property
    def busy(self) -> bool:
        """Whether jobs are still at work or waiting."""
        return self._thread is not None and not self._idle.is_set()

    @property
    def settled(self) -> tuple[frozenset[str], frozenset[str]]:
        """Places of the jobs that have a record now, and of those that have a reason why not."""
        return frozenset(self.records), frozenset(self.failures)

    def catch_up(self, seconds: float) -> None:
        """Wait until all that is recorded is known and the rest has begun, but not longer than some seconds."""
        if self._thread is not None:
            self._caught_up.wait(seconds)

    def remembered(self, plan: Plan) -> dict[str, DLError]:
        """Name the failures that jobs of another plan would meet again, because they are the same jobs."""
        tasks = plan.tasks
        return {
            place: error
            for place, error in self.failures.items()
            if place in tasks and tasks[place].job.key == self.plan.tasks[place].job.key
        }

    def spared(self, place: str) -> bool:
        """Tell whether a job may lack a result, because as many other seeds of its run have one as `min_seeds` asks."""
        task = self.plan.tasks[place]
        others = (replace(task.job, seed=seed).place for seed in task.run.seeds)
        return 0 < task.run.min_seeds <= sum(other in self.records for other in others)

    def failed(self, places: Iterable[str]) -> list[Failure]:
        """Group what failed among some jobs by its cause."""
        grouped: dict[str, list[tuple[Task, DLError]]] = {}
        for place in places:
            if (error := self.failures.get(place)) is not None:
                task = self.plan.tasks[place]
                cause = f"{error.where} {error.problem.replace(f'seed {task.job.seed}:', 'seed')}"
                grouped.setdefault(cause, []).append((task, error))
        return [
            Failure(hits[0][1], tuple(task.job.seed for task, _ in hits), len(hits[0][0].run.seeds))
            for hits in grouped.values()
        ]

    def hear(self, progress: Progress) -> None:
        """Note what the engine tells while it works."""
        if progress.event == "started" and progress.job.place in self._running:
            self._running[progress.job.place] = time.monotonic()

    def finish(self) -> None:
        """Wait until every job has a record or a reason why it has none."""
        while self._thread is not None and self._thread.is_alive():
            self._thread.join(0.2)  # in slices, so that Ctrl-C is heard
        if self._broken:
            said = f"BUG: {type(self._broken).__name__}: {self._broken}; please report this with the lines above"
            raise RuntimeError(said) from self._broken

    def retire(self) -> None:
        """Start nothing more, take back what the engine has not begun, and let what runs come to its end."""
        self._retired = True
        for future in list(self._promised.values()):
            future.cancel()

    def give_way(self, plan: Plan) -> None:
        """End what is at work for code that another plan no longer has, so that its cores are free."""
        wanted = {task.job.key for task in plan.tasks.values()}
        engine = self._started
        if engine is not None and isinstance(engine, Revocable):
            for place, future in list(self._promised.items()):
                if self.plan.tasks[place].job.key not in wanted:
                    engine.revoke(future)

    def close(self) -> None:
        """Stop: end what runs, give locks back."""
        self._stop = True
        if self._started is not None:
            self._started.close()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(2)
        for place in list(self._held):
            self._release(place)

    def _work(self) -> None:
        try:
            waiting = self._take(list(self.plan.tasks.values()))
            if not waiting and not self._running:
                self._idle.set()
            self._caught_up.set()
            last = time.monotonic()
            while (waiting or self._running) and not self._stop:
                if self._retired:
                    waiting = []
                try:
                    place, future = self._news.get(timeout=0.25)
                except queue.Empty:
                    if time.monotonic() - last > HEARTBEAT and self._running:
                        last = time.monotonic()
                        self._heartbeat()
                    if not self._running:  # all that is left is being measured by another build
                        waiting = self._take(waiting)
                        if waiting and not self._running and time.monotonic() - last > PATIENCE:
                            last = math.inf  # said once
                            self._wait_for(waiting)
                    continue
                last = time.monotonic()
                self._done(place, future)
                waiting = self._take(waiting)
        except BaseException as error:
            if not self._stop:  # an engine that was closed meanwhile refuses what it is given
                self._broken = error
        finally:
            self._idle.set()
            self._caught_up.set()
            # After a mistake of ours some are left, and would keep other builds waiting.
            for place in list(self._held):
                self._release(place)

    def _take(self, waiting: list[Task]) -> list[Task]:
        """Start or settle what can be; return what must still wait."""
        again = True
        while again:
            again = False
            left: list[Task] = []
            for number, task in enumerate(waiting):
                if self._stop or self._retired:
                    self._drop_due()
                    return []
                settled = self._settle(task)
                again = again or settled
                if not settled:
                    left.append(task)
                if self._due and time.monotonic() > self._due_since + GATHERING:
                    self._hand_over([*left, *waiting[number + 1 :]])
            waiting = left
        self._hand_over(waiting)
        return waiting

    def _hand_over(self, waiting: Sequence[Task]) -> None:
        """Give the engine what must run, the longest first, in case it starts at once with what comes first.

        Args:
            waiting: What may have to run later, and may have imports of its own.
        """
        if not self._due:
            return
        due, self._due = sorted(self._due, key=lambda one: (one[1].expected > 0, -one[1].expected)), []
        if self._started is None:
            later = [task for task in waiting if self.only is None or task.place in self.only]
            self._started = self.engine([*(task for task, _ in due), *later])
        for task, job in due:
            self._submit(self._started, task, job)

    def _drop_due(self) -> None:
        for task, _ in self._due:
            self._running.pop(task.place)
            self._release(task.place)
        self._due.clear()

    def _settle(self, task: Task) -> bool:
        """Settle one job: from its record, by starting it, or because one it needs has failed; tell whether it was."""
        place = task.place
        if place in self.failures:  # known from the build before, which failed the same way a moment ago
            return True
        if self.only is not None and place not in self.only:  # not asked for, so neither executed nor missed
            if record := self._read(task):
                self._keep(record)
            return True
        failed = [where for where in task.waits_for if where in self.failures]
        if failed:
            needed = failed[0].split("/")[0]
            name = address(task.run.name, task.job.params)
            problem = f"run '{name}' seed {task.job.seed}: Skipped: run '{needed}', which it uses, has no result."
            self._fail(task, RunFailed(task.run.where, problem, kind="Skipped", job=name, seed=task.job.seed))
            return True
        if any(where not in self.records or where in self._running for where in task.waits_for):
            return False
        if self._stands(task):
            return True
        if not self._claim(task):
            return False
        if self._stands(task):  # another build recorded it between our look and our claim
            self._release(place)
        else:
            self._prepare(task)
        return True

    def _stands(self, task: Task) -> bool:
        """Tell whether a job need not run: its record is fresh, or cannot be read at all."""
        record = self._read(task)
        how = state(task, record, self.files, self._digests)
        self.states[task.place] = how
        if record and how.word == "fresh" and task.place not in self.forced:
            self._keep(record)
            return True
        return task.place in self.failures

    def _claim(self, task: Task) -> bool:
        lock = contextlib.ExitStack()
        if not self.store.claim(task.job.key, lock):
            return False
        self._held[task.place] = lock
        return True

    def _release(self, place: str) -> None:
        if lock := self._held.pop(place, None):
            lock.close()

    def _prepare(self, task: Task) -> None:
        """Note that a job must run; it is given to the engine with all others that are found now."""
        try:
            job = replace(task.job, inputs=self.inputs(task), reads=self._reads(task), expected=self._expected(task))
        except StoreError as unreadable:
            self._fail(task, unreadable)
            self._release(task.place)
            return
        self._due_since = self._due_since if self._due else time.monotonic()
        self._due.append((task, job))
        self._running[task.place] = 0.0

    def _expected(self, task: Task) -> float:
        """Say how long a job took when it was measured last, or else another seed of it; 0 when none ever was."""
        point, _, seed = task.place.rpartition("/")
        for place in (f"{point}/{one}" for one in (seed, *task.run.seeds)):
            if place not in self._seconds:
                self._seconds[place] = self._took(place)
            if self._seconds[place]:
                return self._seconds[place]
        return 0.0

    def _took(self, place: str) -> float:
        try:
            record = self.store.read(place)
        except (Damaged, StoreError):
            return 0.0
        return float(record.provenance.get("wall", 0.0)) if record else 0.0

    def _submit(self, engine: Engine, task: Task, job: Job) -> None:
        if self._stop:  # `close` came before there was an engine to close
            engine.close()
            return
        future = self._promised[task.place] = engine.submit(job)
        future.add_done_callback(lambda done: self._news.put((task.place, done)))
        if self._retired:  # since we looked; `retire` has not seen this one
            future.cancel()

    def inputs(self, task: Task) -> dict[str, tuple[Input, ...]]:
        """Gather the results of a job's upstream runs, every point and seed, from their records.

        Raises:
            StoreError: one of their files cannot be read.
        """
        inputs: dict[str, list[Input]] = {used: [] for used in task.run.uses}
        for where in task.waits_for:
            record = self.records[where]
            assets = {name: self.store.asset(record, name) for name in record.assets}
            inputs[record.run].append(
                Input(
                    record.run,
                    record.params,
                    record.seed,
                    record.metrics,
                    record.series,
                    assets,
                    results_digest(record),
                )
            )
        return {used: tuple(found) for used, found in inputs.items()}

    def _reads(self, task: Task) -> tuple[str, ...]:
        """Name what a job was seen to read when it was measured last, for engines that must send it along."""
        record = self._read(task)
        return (*record.observed.files, *record.observed.modules, *record.observed.folders) if record else ()

    def _done(self, place: str, future: Future[Record]) -> None:
        task = self.plan.tasks[place]
        self._running.pop(place)
        self._promised.pop(place)
        try:
            if future.cancelled():
                return
            error = future.exception()
            if self._retired and isinstance(error, RunFailed) and error.kind == "Interrupted":
                return  # it gave way to another build
            if isinstance(error, DLError):
                self._fail(task, error)
                return
            if error is not None:
                raise error
            record = self._with_origin(task, future.result())
            self._keep(record)
            self.executed.append(place)
            try:
                self.store.write(record, task.job.code)
                self.store.keep_sources(record.observed.modules, self.root)
            except StoreError as unwritable:
                self.reporter.fail(str(unwritable), unwritable.code)
            settled = len(self.records) + len(self.failures)
            seconds = clock(float(record.provenance.get("wall", 0.0)))
            self.reporter.info(
                f"ran {task.job.title} ({task.run.where}) in {seconds}, {settled} of {len(self.plan.tasks)}"
            )
        finally:
            self._release(place)

    def _keep(self, record: Record) -> None:
        self.records[record.place] = record
        if record.run in self._used:
            listed = self._listed.setdefault(record.run, set())
            listed.add(record.place)
            self._digests |= {record.place: results_digest(record), f"{record.run}/*": digest_names(listed)}

    def _fail(self, task: Task, error: DLError) -> None:
        self.failures[task.place] = error
        self.records.pop(task.place, None)

    def _with_origin(self, task: Task, record: Record) -> Record:
        """Add to a record where its code comes from, and what `why` will want to know."""
        if self._commit is None:
            self._commit = commit(self.root)
        made_from = origin(self.plan, task)
        for name, version in made_from.get("strict", {}).items():
            if not version:
                self.reporter.warning(f"{task.run.where}: `strict` names '{name}', which is not installed here.")
        blocks = {"blocks": split} if (split := statements(task.job)) else {}
        return replace(record, provenance={**record.provenance, **made_from, **blocks, **self._commit})

    def _wait_for(self, waiting: Sequence[Task]) -> None:
        """Say which build is measuring what this one waits for."""
        held = next((task for task in waiting if self.store.holder(task.job.key)), waiting[0])
        who = self.store.holder(held.job.key)
        other = f"the build of process {who}" if who else "another build"
        self.reporter.info(f"waiting for {other}, which measures {held.job.title} ({held.run.where})")

    def _heartbeat(self) -> None:
        now = time.monotonic()
        for place, since in list(self._running.items()):
            if not since:
                continue
            task = self.plan.tasks[place]
            self.reporter.info(f"running: {task.job.title} ({task.run.where}) {clock(now - since)}")

    def _read(self, task: Task, damaged: dict[str, DLError] | None = None) -> Record | None:
        """Read a job's record; a damaged one is moved aside, so that it is measured again.

        Args:
            task: The job.
            damaged: Where to note what is damaged instead, for whoever only looks.
        """
        try:
            record = self.store.read(task.place)
            if record is None:
                return None
            # The path is the index: a record that was moved along with its run's name is that run's.
            if record.place != task.place:
                record = replace(record, run=task.job.run, params=task.job.params, seed=task.job.seed)
            return self.store.complete(record)
        except StoreError as unreadable:
            (self.failures if damaged is None else damaged)[task.place] = unreadable
        except Damaged as damage:
            problem = Missing(task.run.where, f"the record {self.store.folder.name}/{task.place}.json {damage}.")
            if damaged is not None:
                damaged[task.place] = problem
            else:
                self.reporter.warning(f"{task.run.where}: {problem.problem.rstrip('.')}: measured again.")
                try:
                    self.store.set_aside(task.place)
                except StoreError as stuck:
                    self.reporter.fail(str(stuck), stuck.code)
        return None


def commit(root: Path) -> dict[str, object]:
    """Name the git commit the project is at, and whether anything else than it was in the folder; empty without git."""
    try:
        said = [
            subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
            for command in (["git", "rev-parse", "HEAD"], ["git", "status", "--porcelain", "--untracked-files=no"])
        ]
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"commit": said[0][:12], "dirty": bool(said[1])}

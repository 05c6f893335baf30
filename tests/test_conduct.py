"""Conduct: every job gets a record or a reason, whoever else is at work, and whatever comes between."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin.conduct import Conductor
from mkdocs_dlplugin.model import Job, Record, Run, Where
from mkdocs_dlplugin.plan import Task, plan
from mkdocs_dlplugin.plugin import DLPlugin
from mkdocs_dlplugin.reporting import Reporter
from mkdocs_dlplugin.store import Store


class ByHand:
    """An engine whose jobs end when a test says so."""

    def __init__(self) -> None:
        self.given: list[tuple[Job, Future[Record]]] = []
        self.closed = False

    def submit(self, job: Job) -> Future[Record]:
        if self.closed:
            raise RuntimeError("BUG: a job was submitted to an engine that is closed")
        future: Future[Record] = Future()
        self.given.append((job, future))
        return future

    def begin(self, number: int = 0) -> None:
        """Start a job, so that it cannot be taken back."""
        assert self.given[number][1].set_running_or_notify_cancel()

    def end(self, number: int = 0) -> None:
        job, future = self.given[number]
        future.set_result(Record(job.key, job.run, job.params, job.seed, {"v": 1.0}))

    def close(self) -> None:
        self.closed = True
        for _, future in self.given:
            future.cancel()


@pytest.fixture
def conduct(tmp_path: Path):
    """Make a conductor over runs of a page, all with one store."""
    made: list[Conductor] = []

    def conduct(engine: ByHand | Callable[[Sequence[Task]], ByHand], *runs: Run, **options: object) -> Conductor:
        start = (lambda _: engine) if isinstance(engine, ByHand) else engine
        store = Store(tmp_path / "records", tmp_path / ".dlplugin")
        conductor = Conductor(plan(runs, tmp_path), store, start, Reporter(), tmp_path, **options)  # type: ignore[arg-type]
        made.append(conductor)
        return conductor

    yield conduct
    for conductor in made:
        conductor.close()


def run(name: str, code: str = "x = 1", **options: object) -> Run:
    return Run(name, code, Where("docs/p.md", 3), 4, "docs/p.md", "p.md", **options)  # type: ignore[arg-type]


def soon(true: Callable[[], object]) -> None:
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def test_what_was_not_asked_for_waits_for_nothing(conduct):
    engine = ByHand()
    asked = run("asked", "x = 0")
    conductor = conduct(engine, asked, run("up"), run("down", uses=("up",)), only=frozenset({"asked/_/0"}))
    conductor.start()
    soon(lambda: engine.given)
    engine.end()
    conductor.finish()

    assert conductor.executed == ["asked/_/0"]
    assert conductor.failures == {}


def test_two_builds_measure_a_job_once(conduct):
    first, second = ByHand(), ByHand()
    one, other = conduct(first, run("a")), conduct(second, run("a"))
    one.start()
    soon(lambda: first.given)
    other.start()
    other.catch_up(5)
    first.end()
    other.finish()

    assert (one.executed, other.executed) == (["a/_/0"], [])
    assert other.records["a/_/0"].metrics == {"v": 1.0}
    assert second.given == []


def test_a_record_that_came_between_the_look_and_the_claim_is_taken(conduct, monkeypatch):
    first, second = ByHand(), ByHand()
    one, other = conduct(first, run("a")), conduct(second, run("a"))
    claim = other.store.claim

    def late(key: str, until: contextlib.ExitStack) -> bool:
        one.start()
        soon(lambda: first.given)
        first.end()
        one.finish()
        return claim(key, until)

    monkeypatch.setattr(other.store, "claim", late)
    other.start()
    other.finish()

    assert second.given == []
    assert one.store.claim(other.plan.tasks["a/_/0"].job.key, contextlib.ExitStack())


def test_a_build_that_gives_way_takes_back_what_had_not_begun(conduct):
    engine = ByHand()
    old = conduct(engine, run("a"), run("b", "y = 1"))
    old.start()
    soon(lambda: len(engine.given) == 2)
    engine.begin(0)
    old.retire()
    new = conduct(engine, run("a"), run("b", "y = 1"))
    new.start()
    soon(lambda: len(engine.given) == 3)
    engine.end(2)
    engine.end(0)
    new.finish()
    old.finish()

    assert (old.executed, new.executed) == (["a/_/0"], ["b/_/0"])
    assert sorted(new.records) == ["a/_/0", "b/_/0"]


def test_failures_are_remembered_of_the_same_code_only(conduct):
    engine = ByHand()
    old = conduct(engine, run("a"), run("b", "y = 1"))
    old.refuse()
    old.look()
    old.refuse()

    assert sorted(old.failures) == ["a/_/0", "b/_/0"]
    assert sorted(old.remembered(conduct(engine, run("a"), run("b", "y = 2")).plan)) == ["a/_/0"]


def test_a_run_that_was_renamed_with_its_records_need_not_run(conduct, tmp_path):
    engine = ByHand()
    before = conduct(engine, run("old"))
    before.start()
    soon(lambda: engine.given)
    engine.end()
    before.finish()
    (tmp_path / "records/old").rename(tmp_path / "records/new")
    after = conduct(ByHand(), run("new"))
    after.start()
    after.finish()

    assert after.executed == []
    assert after.records["new/_/0"].run == "new"


def test_a_record_that_cannot_be_read_costs_its_job_and_no_other(conduct, tmp_path):
    engine = ByHand()
    (tmp_path / "records/a/_/0.json").mkdir(parents=True)
    conductor = conduct(engine, run("a"), run("b", "y = 1"))
    conductor.start()
    soon(lambda: engine.given)
    engine.end()
    conductor.finish()

    assert conductor.executed == ["b/_/0"]
    assert str(conductor.failures["a/_/0"]) == "records/a/_/0.json: it cannot be read: Is a directory."
    assert conductor.failures["a/_/0"].code == 5


def test_only_a_build_moves_a_damaged_record(conduct, tmp_path):
    file = tmp_path / "records/a/_/0.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"schema": 1}))
    conductor = conduct(ByHand(), run("a"))
    conductor.look()

    assert file.is_file()
    assert conductor.states["a/_/0"].word == "stale"


def test_our_own_mistake_is_named_so_and_ends_the_wait(conduct):
    def broken(tasks: Sequence[Task]) -> ByHand:
        raise KeyError("ours")

    conductor = conduct(broken, run("a"))
    conductor.start()
    with pytest.raises(RuntimeError, match="BUG: KeyError: 'ours'"):
        conductor.finish()

    assert conductor.store.claim(conductor.plan.tasks["a/_/0"].job.key, contextlib.ExitStack())


def test_an_engine_that_starts_while_the_build_ends_is_closed(conduct):
    engine, starting, go = ByHand(), threading.Event(), threading.Event()

    def slow(tasks: Sequence[Task]) -> ByHand:
        starting.set()
        go.wait(5)
        return engine

    conductor = conduct(slow, run("a"))
    conductor.start()
    starting.wait(5)
    threading.Timer(0.1, go.set).start()
    conductor.close()

    soon(lambda: engine.closed)
    assert engine.given == []
    conductor.finish()


# -- the longest first --------------------------------------------------------------------------------------------


def measure(conduct, wall: dict[int, float], *runs: Run) -> None:
    """Record jobs of runs as having taken so many seconds, by seed."""
    engine = ByHand()
    conductor = conduct(engine, *runs)
    conductor.start()
    for number in range(sum(len(one.seeds) for one in runs)):
        soon(lambda number=number: len(engine.given) > number)
        job, future = engine.given[number]
        how = {"wall": wall[job.seed]}
        future.set_result(Record(job.key, job.run, job.params, job.seed, {"v": 1.0}, provenance=how))
    conductor.finish()


def test_the_engine_hears_how_long_each_job_took_before_and_gets_the_longest_first(conduct):
    measure(conduct, {0: 2.0, 1: 7.0, 2: 5.0}, run("a", seeds=(0, 1, 2)))
    engine = ByHand()
    conductor = conduct(engine, run("a", "x = 2", seeds=(0, 1, 2, 3)), run("new", "y = 1"))
    conductor.start()
    soon(lambda: len(engine.given) == 5)

    # The first one was never measured; the fourth seed of `a` will take about as long as another seed of it.
    assert [(job.run, job.seed, job.expected) for job, _ in engine.given] == [
        ("new", 0, 0.0),
        ("a", 1, 7.0),
        ("a", 2, 5.0),
        ("a", 0, 2.0),
        ("a", 3, 2.0),
    ]


def test_what_a_job_takes_is_no_part_of_what_it_is(conduct):
    measure(conduct, {0: 2.0}, run("a"))
    engine = ByHand()
    again = conduct(engine, run("a"), forced=frozenset({"a/_/0"}))
    again.start()
    soon(lambda: engine.given)

    assert engine.given[0][0].expected == 2.0
    assert engine.given[0][0].key == again.plan.tasks["a/_/0"].job.key


def test_nothing_is_loaded_ahead_for_what_is_fresh(conduct):
    measure(conduct, {0: 1.0}, run("fresh"), run("up"), run("down", "z = 1", uses=("up",)))
    asked: list[str] = []

    def start(tasks: Sequence[Task]) -> ByHand:
        asked.extend(task.place for task in tasks)
        return ByHand()

    conductor = conduct(start, run("fresh"), run("up", "x = 2"), run("down", "z = 1", uses=("up",)))
    conductor.start()
    soon(lambda: asked)

    assert asked == ["up/_/0", "down/_/0"]


def test_a_job_does_not_wait_for_a_long_look_at_the_others(conduct, monkeypatch):
    measure(conduct, {0: 1.0}, *(run(f"fresh-{i}", f"x = {i}") for i in range(9)))
    monkeypatch.setattr("mkdocs_dlplugin.conduct.GATHERING", 0.0)
    engine = ByHand()
    conductor = conduct(engine, run("new", "y = 1"), *(run(f"fresh-{i}", f"x = {i}") for i in range(9)))
    settle, looked = conductor._settle, []

    def slow(task: Task) -> bool:
        looked.append((task.place, len(engine.given)))
        return settle(task)

    monkeypatch.setattr(conductor, "_settle", slow)
    conductor.start()
    conductor.catch_up(5)

    assert looked[0] == ("new/_/0", 0)
    assert looked[1] == ("fresh-0/_/0", 1)


def test_a_build_that_gives_way_while_it_looks_starts_nothing(conduct, monkeypatch):
    engine = ByHand()
    conductor = conduct(engine, run("a"), run("b", "y = 1"))
    prepare = conductor._prepare

    def give_way(task: Task) -> None:
        prepare(task)
        conductor.retire()

    monkeypatch.setattr(conductor, "_prepare", give_way)
    conductor.start()
    conductor.finish()

    assert engine.given == []
    assert conductor.store.claim(conductor.plan.tasks["a/_/0"].job.key, contextlib.ExitStack())


def test_the_engine_has_its_jobs_before_the_first_page_is_rendered(site, monkeypatch):
    order: list[str] = []

    def start(*_: object) -> ByHand:
        engine = ByHand()
        submit = engine.submit

        def note(job: Job) -> Future[Record]:
            order.append(job.place)
            future = submit(job)
            engine.end(len(engine.given) - 1)
            return future

        engine.submit = note  # type: ignore[method-assign]
        return engine

    markdown = DLPlugin.on_page_markdown

    def rendering(self: DLPlugin, text: str, **more: Any) -> None:
        order.append(more["page"].file.src_uri)
        markdown(self, text, **more)

    monkeypatch.setattr("mkdocs_dlplugin.build.start_engine", start)
    monkeypatch.setattr(DLPlugin, "on_page_markdown", rendering)
    site({"index": "A page.", "p": '```python {run="net" seeds=2}\nx = 1\n```\n'}, run_pages=False)

    assert order == ["net/_/0", "net/_/1", "index.md", "p.md"]

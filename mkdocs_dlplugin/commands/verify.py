"""`verify`: execute again, without writing anything, and compare with what is recorded."""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing
from dataclasses import asdict, replace
from typing import Any

from mkdocs_dlplugin.build import Build
from mkdocs_dlplugin.commands.common import Answer, looked, selected
from mkdocs_dlplugin.commands.compare import Compared, compare
from mkdocs_dlplugin.conduct import HEARTBEAT
from mkdocs_dlplugin.errors import DLError, Missing, NotReproducible
from mkdocs_dlplugin.model import Record, Where, address
from mkdocs_dlplugin.plan import Task
from mkdocs_dlplugin.reporting import Reporter, counted

_SHOWN = 3
"""Differences of one job that a message names."""


def verify(chosen: argparse.Namespace, reporter: Reporter) -> Answer:
    """Execute the named runs, all, or a random sample of their jobs again, and compare each with its record.

    Raises:
        DLError: nothing may run here.
    """
    if chosen.tolerance is not None and chosen.tolerance < 0:
        raise DLError(Where("command line"), f"'--tolerance' must be 0 or more, got {chosen.tolerance:g}.")
    made = looked(chosen, reporter)
    if made.site.settings.execution == "never":
        raise DLError(Where(chosen.config_file.name), "nothing may run here: execution is 'never'.")
    plan = made.asked.plan
    tasks = _recorded(made, selected(plan, chosen.names) if chosen.names else plan.tasks.keys(), reporter)
    if 0 < chosen.sample < len(tasks):
        # Whoever forged a result must not know which one is looked at.
        drawn = set(random.SystemRandom().sample([task.place for task in tasks], chosen.sample))
        tasks = [task for task in tasks if task.place in drawn]
    rows = []
    for task, ended in _again(made, tasks, reporter):
        row = _judge(made, task, ended, chosen.tolerance, reporter)
        rows.append(row)
        reporter.info(f"{len(rows)} of {len(tasks)}: {_told(row)}")
    return Answer({"verified": rows, "problems": reporter.said}, [_summary(rows)], reporter.code)


def _recorded(made: Build, places: Collection[str], reporter: Reporter) -> list[Task]:
    """Choose the jobs that can be verified; report those whose record does not stand for the code."""
    found = []
    for place, task in made.asked.plan.tasks.items():
        if place in places:
            how = made.conductor.states[place]
            if how.word == "fresh" and all(up in made.conductor.records for up in task.waits_for):
                found.append(task)
            elif not (how.word == "missing" and made.conductor.spared(place)):
                reason = "it is stale" if how.word == "stale" else "it was never measured"
                problem = f"run '{address(task.run.name, task.job.params)}' cannot be verified: {reason}."
                hint = "Run `mkdocs-dlplugin run` first."
                reporter.fail(str(Missing(task.run.where, problem, hint)), Missing.code)
    return found


def _again(made: Build, tasks: Sequence[Task], reporter: Reporter) -> Iterator[tuple[Task, Future[Record]]]:
    """Execute jobs on what is recorded of their upstream runs, so that one that differs does not make others differ."""
    if not tasks:
        return
    with closing(made.conductor.engine(tasks)) as engine:
        at_work = {engine.submit(replace(t.job, inputs=made.conductor.inputs(t))): t for t in tasks}
        last = time.monotonic()
        while at_work:
            ended, _ = wait(at_work, timeout=0.5, return_when=FIRST_COMPLETED)
            for future in ended:
                yield at_work.pop(future), future
            if ended:
                last = time.monotonic()
            elif time.monotonic() - last > HEARTBEAT:
                last = time.monotonic()
                reporter.info(f"running: {counted(len(at_work), 'job')} left")


def _judge(
    made: Build, task: Task, ended: Future[Record], tolerance: float | None, reporter: Reporter
) -> dict[str, Any]:
    """Compare one job with its record, and report what differs."""
    row = {"run": task.job.title, "where": str(task.run.where)}
    error = ended.exception()
    if isinstance(error, DLError):
        reporter.fail(str(error), error.code)
        return {**row, "reproduced": False, "failed": str(error)}
    now, then = ended.result(), made.conductor.records[task.place]
    metrics = made.asked.page(task.run.page).metrics
    timings = [name for name, metric in metrics.items() if metric.kind == "timing"]
    found = compare(then, now, tolerance=tolerance, timings=timings)
    if found.differences:
        shown, more = found.differences[:_SHOWN], len(found.differences) - _SHOWN
        listed = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
        problem = f"run '{address(task.run.name, task.job.params)}': NotReproducible: {listed} (seed {task.job.seed})."
        reporter.fail(str(NotReproducible(task.run.where, problem, _hint(found, then, now))), NotReproducible.code)
    return {**row, "reproduced": not found.differences, **asdict(found)}


def _hint(found: Compared, then: Record, now: Record) -> str:
    if not found.elsewhere:
        return "Same machine, same versions: something in it is not seeded, or the record was changed."
    both = [(name, _say(then.provenance.get(name)), _say(now.provenance.get(name))) for name in found.elsewhere]
    return f"Measured with {'; '.join(f'{n} {a}, now {b}' for n, a, b in both)}; compared within {found.tolerance:g}."


def _say(value: Any) -> str:
    return " ".join(f"{n} {v}" for n, v in value.items()) if isinstance(value, Mapping) else str(value or "unknown")


def _told(row: Mapping[str, Any]) -> str:
    title = f"{row['run']} ({row['where']})"
    if "failed" in row:
        return f"{title} failed"
    how = f"within {row['tolerance']:g}" if row["tolerance"] else "bit for bit"
    word = f"same, {how}" if row["reproduced"] else "differs"
    compared = f"{counted(row['metrics'], 'metric')}, {row['series']} series"
    return f"{title} {word}: {compared}" + "".join(f"; {note}" for note in row["notes"])


def _summary(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "nothing to compare"
    good = sum(row["reproduced"] for row in rows)
    compared = [row for row in rows if "failed" not in row]
    metrics, series = (sum(row[name] for row in compared) for name in ("metrics", "series"))
    bits = sum(not row["tolerance"] for row in compared)
    ways = [f"{bits} bit for bit"] * (bits > 0) + [
        f"{sum(row['tolerance'] == t for row in compared)} within {t:g}"
        for t in sorted({row["tolerance"] for row in compared} - {0.0})
    ]
    return f"{good} of {counted(len(rows), 'result')} reproduced" + (
        f": compared {counted(metrics, 'metric')} and {series} series, {', '.join(ways)}" if compared else ""
    )

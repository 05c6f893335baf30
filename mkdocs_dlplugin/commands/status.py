"""`status`: list page by page what is fresh, stale, missing, or measured with other versions than are installed."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mkdocs_dlplugin.build import Build
from mkdocs_dlplugin.commands.common import Answer, looked, titles
from mkdocs_dlplugin.model import Run
from mkdocs_dlplugin.plan import Task
from mkdocs_dlplugin.reporting import Reporter, counted
from mkdocs_dlplugin.versions import drift

WORDS = ("fresh", "stale", "missing")


def status(chosen: argparse.Namespace, reporter: Reporter) -> Answer:
    """Say how every job's record stands."""
    made = looked(chosen, reporter)
    tasks: dict[str, list[Task]] = {}
    for task in made.asked.plan.tasks.values():
        tasks.setdefault(task.run.name, []).append(task)
    pages: dict[str, list[Run]] = {}
    for run in made.asked.runs.values():
        pages.setdefault(run.where.path, []).append(run)
    lines, rows, told = [], [], []
    for page, runs in pages.items():
        jobs = {run.name: [_described(made, task) for task in tasks.get(run.name, ())] for run in runs}
        found = [job for run in runs for job in jobs[run.name]]
        if found:
            lines.append(f"{page}: {_counts(found)}")
            lines += [line for run in runs if jobs[run.name] for line in _lines(made, run, jobs[run.name])]
            told.append({"page": page, **{word: sum(job["state"] == word for job in found) for word in WORDS}})
            rows += found
    counts = {word: sum(row["state"] == word for row in rows) for word in WORDS}
    lines.append(", ".join(f"{count:,} {word}" for word, count in counts.items()) + f" of {counted(len(rows), 'job')}")
    jobs_told = [{name: value for name, value in row.items() if name != "place"} for row in rows]
    return Answer({"pages": told, "jobs": jobs_told, **counts}, lines)


def _described(made: Build, task: Task) -> dict[str, Any]:
    """Describe a job as `--json` tells it."""
    how, record = made.conductor.states[task.place], made.conductor.records.get(task.place)
    return {
        "place": task.place,
        "page": task.run.where.path,
        "run": task.job.title,
        "where": str(task.run.where),
        "state": how.word,
        "reasons": list(how.reasons) if how.word == "stale" else [],
        "drift": drift(record) if record else [],
    }


def _lines(made: Build, run: Run, jobs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write one line for a run that is fresh, and below it what is not, jobs with the same reasons together."""
    lines = [f"  {run.name} ({run.where}): {_counts(jobs)}"]
    tasks = made.asked.plan.tasks
    for word in ("stale", "missing"):
        groups: dict[tuple[str, ...], list[Task]] = {}
        for job in jobs:
            if job["state"] == word:
                groups.setdefault(tuple(job["reasons"]), []).append(tasks[job["place"]])
        for reasons, found in groups.items():
            lines.append(f"    {word} {', '.join(titles(found))}")
            lines += [f"      {reason}" for reason in reasons]
    return lines + [f"    {line}" for line in dict.fromkeys(line for job in jobs for line in job["drift"])]


def _counts(jobs: Iterable[Mapping[str, Any]]) -> str:
    words = [job["state"] for job in jobs]
    return ", ".join(f"{words.count(word):,} {word}" for word in WORDS if word in words)

"""`why`: say in words what changed since a run was recorded, down to the lines of its code."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from mkdocs_dlplugin.build import Build
from mkdocs_dlplugin.commands.common import Answer, looked, selected, titles
from mkdocs_dlplugin.commands.differences import changed_lines, changed_names
from mkdocs_dlplugin.freshness import code_changed
from mkdocs_dlplugin.model import Record
from mkdocs_dlplugin.plan import Task
from mkdocs_dlplugin.reporting import Reporter
from mkdocs_dlplugin.versions import drift


def why(chosen: argparse.Namespace, reporter: Reporter) -> Answer:
    """Explain the state of a run's jobs; jobs with the same reasons are told together."""
    made = looked(chosen, reporter)
    plan, places = made.asked.plan, selected(made.asked.plan, [chosen.name])
    told: dict[str, list[str]] = {}
    rows: list[dict[str, Any]] = []
    for place, task in plan.tasks.items():
        if place not in places:
            continue
        row = {"run": task.job.title, "where": str(task.run.where), **_explained(made, place)}
        rows.append(row)
        told.setdefault("\n".join(_lines(row)), []).append(place)
    lines = [
        f"{title}: {text}" for text, found in told.items() for title in titles(plan.tasks[place] for place in found)
    ]
    return Answer({"jobs": rows}, lines)


def _explained(made: Build, place: str) -> dict[str, Any]:
    task, how, record = made.asked.plan.tasks[place], made.conductor.states[place], made.conductor.records.get(place)
    reasons = [
        {"said": _in_words(made, reason), "lines": _details(made, task, record, reason)} for reason in how.reasons
    ]
    return {
        "state": how.word,
        "reasons": [reason["said"] for reason in reasons] if how.word == "stale" else [],
        "details": reasons if how.word == "stale" else [],
        "drift": drift(record) if record else [],
    }


def _in_words(made: Build, reason: str) -> str:
    """Name upstream jobs as messages do, where a reason names the place of their record."""
    for place, task in made.asked.plan.tasks.items():
        for before, after in (("the results of ", " changed"), ("", " has no result")):
            if reason == f"{before}{place}{after}":
                return f"{before}run '{task.run.name}' ({task.job.title}){after}"
    return reason


def _details(made: Build, task: Task, record: Record | None, reason: str) -> list[str]:
    """Find what there is to say below a reason: lines of code, names of functions, or what happened upstream."""
    store, states, tasks = made.store, made.conductor.states, made.asked.plan.tasks
    if record is None:
        return []
    if reason == code_changed(task):
        then = store.source(str(record.provenance.get("source", "")))
        return [] if then is None else changed_lines(then, task.run.code, task.run.source_path, task.run.first_line)
    for path, digest in record.observed.modules.items():
        if reason == f"{path} changed":
            return _module(store.source(digest), (made.site.root / path).read_text("utf-8", "replace"), path)
    for name in dict.fromkeys(tasks[up].run.name for up in task.waits_for):
        if reason == f"run {name} is to run again":
            found = [f"{t.job.title}: {r}" for p, t in tasks.items() if t.run.name == name for r in states[p].reasons]
            return found[:1] + [f"and {len(found) - 1} more; see `why {name}`"] * (len(found) > 1)
    return []


def _module(then: str | None, now: str, path: str) -> list[str]:
    if then is None:
        return []
    return [f"in {', '.join(changed_names(then, now))}", *changed_lines(then, now, path, 1)]


def _lines(row: dict[str, Any]) -> Sequence[str]:
    lines = [row["state"]]
    for detail in row["details"]:
        lines += [f"  {detail['said']}", *(f"    {line}" for line in detail["lines"])]
    return lines + [f"  {line}" for line in row["drift"]]

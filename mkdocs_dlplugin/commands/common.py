"""Common: what every command begins with, and what each of them returns."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mkdocs_dlplugin.build import Build, pages_of
from mkdocs_dlplugin.config import load
from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.expressions import matches, parse_selector
from mkdocs_dlplugin.model import Where, address
from mkdocs_dlplugin.plan import Plan, Task
from mkdocs_dlplugin.reporting import Reporter, listed


@dataclass(frozen=True)
class Answer:
    """What a command has to say on standard output."""

    value: Mapping[str, Any]
    """For machines, with `--json`."""
    lines: Sequence[str] = ()
    """For people."""
    code: int = 0
    """The exit code."""


def build(chosen: argparse.Namespace, reporter: Reporter, **more: Any) -> Build:
    """Read the site and its pages.

    Args:
        chosen: The command line; `config_file` is the site's.
        reporter: Where messages go.
        more: Settings to change (`settings`), and what else `Build` takes.

    Raises:
        DLError: a page is wrong; all that is wrong was said before.
    """
    site = load(chosen.config_file)
    changed = {name: value for name, value in more.pop("settings", {}).items() if value is not None}
    if site.settings.execution == "never" and changed.get("execution") == "force":
        raise DLError(Where(chosen.config_file.name), "nothing may run here: execution is 'never'.")
    if site.settings.execution == "never":
        changed.pop("execution", None)
    made = Build(replace(site, settings=replace(site.settings, **changed)), reporter, **more)
    problems = made.scan(pages_of(made.site))
    for problem in problems[:-1]:
        reporter.fail(str(problem), problem.code)
    if problems:
        raise problems[-1]
    return made


def looked(chosen: argparse.Namespace, reporter: Reporter) -> Build:
    """Read the site, its pages and its records, and execute nothing."""
    made = build(chosen, reporter)
    made.conductor.look()
    return made


def selected(plan: Plan, names: Sequence[str], *, upstream: bool = False) -> frozenset[str]:
    """Find the jobs that names on the command line mean, and on request those they need.

    Raises:
        DLError: a name means no run.
    """
    where = Where("command line")
    places: set[str] = set()
    for name in names:
        ref = parse_selector(name, where)
        found = {place for place, task in plan.tasks.items() if matches(ref, task.run.name, task.job.params)}
        if not found:
            raise DLError(
                where, f"no run is called '{name}'.", suggest(name, [t.run.name for t in plan.tasks.values()])
            )
        places |= found
    while upstream and (more := {up for place in places for up in plan.tasks[place].waits_for} - places):
        places |= more
    return frozenset(places)


def titles(tasks: Iterable[Task]) -> list[str]:
    """Name jobs, the seeds of one run at one point together: `mlp(n=100) seed 3`, `cnn seeds 0-4`."""
    seeds: dict[str, list[int]] = {}
    for task in tasks:
        seeds.setdefault(address(task.run.name, task.job.params), []).append(task.job.seed)
    return [f"{name} seed{'s' if len(found) > 1 else ''} {listed(found)}" for name, found in seeds.items()]

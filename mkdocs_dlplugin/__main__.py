"""Home: the command line; measures and checks without a site being built."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from mkdocs_dlplugin.build import Build, pages_of
from mkdocs_dlplugin.config import load
from mkdocs_dlplugin.errors import DLError, Exit, suggest
from mkdocs_dlplugin.expressions import matches, parse_selector
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.plan import Plan, State, drift
from mkdocs_dlplugin.reporting import Reporter, counted, harmless

STALE = {"fresh": "fresh", "stale": "stale", "missing": "missing"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    chosen = _parser().parse_args(arguments)
    reporter = Reporter(error=_say, warn=_say, info=_silent if chosen.json else _say)
    try:
        return int(chosen.command(chosen, reporter))
    except DLError as problem:
        reporter.error(str(problem))
        return int(problem.code)
    except BrokenPipeError:  # whoever read our answer has seen enough, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + 13
    except KeyboardInterrupt:
        _say("Stopped; what was measured is recorded.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mkdocs-dlplugin", description="Measure and check the runs of a documentation site."
    )
    parser.add_argument("--version", action="version", version=metadata.version("mkdocs-dlplugin"))
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[..., int], said: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=said, description=said)
        sub.add_argument("-f", "--config-file", type=Path, default=Path("mkdocs.yml"), help="the site's configuration")
        sub.add_argument("--json", action="store_true", help="answer in JSON, for machines")
        sub.set_defaults(command=command)
        return sub

    run = add("run", _run, "Execute what is stale or missing and record it.")
    run.add_argument(
        "names", nargs="*", metavar="NAME", help="runs, such as mlp, digits-* or 'mlp(n=100)'; all when none is named"
    )
    run.add_argument("--force", action="store_true", help="execute also what is fresh")
    run.add_argument("--jobs", type=int, default=0, help="how many run side by side; the cores when not given")
    add("status", _status, "List what is fresh, stale, missing, or measured with other versions than are installed.")
    why = add("why", _why, "Say what changed since a run was recorded.")
    why.add_argument("name", metavar="NAME", help="a run, such as mlp or 'mlp(n=100)'")
    add("check", _check, f"Exit {int(Exit.FROZEN)} if anything published would be stale or missing; for CI.")
    return parser


def _build(chosen: argparse.Namespace, reporter: Reporter, **more: Any) -> Build:
    """Read the site and its pages.

    Raises:
        DLError: a page is wrong; all that is wrong was said before.
    """
    site = load(chosen.config_file)
    changed = {name: value for name, value in more.pop("settings", {}).items() if value is not None}
    if site.settings.execution == "never" and changed.get("execution") == "force":
        raise DLError(Where(chosen.config_file.name), "nothing may run here: execution is 'never'.")
    if site.settings.execution == "never":
        changed.pop("execution", None)
    build = Build(replace(site, settings=replace(site.settings, **changed)), reporter, **more)
    problems = build.scan(pages_of(build.site))
    for problem in problems[:-1]:
        reporter.fail(str(problem), problem.code)
    if problems:
        raise problems[-1]
    return build


def _run(chosen: argparse.Namespace, reporter: Reporter) -> int:
    execution = "force" if chosen.force else None
    build = _build(
        chosen,
        reporter,
        settings={"execution": execution, "jobs": chosen.jobs or None},
        only=(lambda plan: _selected(plan, chosen.names, upstream=True)) if chosen.names else None,
        forced=(lambda plan: _selected(plan, chosen.names, upstream=False)) if chosen.names and chosen.force else None,
    )
    try:
        build.start()
        build.finish()
    finally:
        build.close()
    _answer(
        chosen,
        {"executed": build.conductor.executed, "failed": [str(e) for e in build.conductor.failures.values()]},
        [],
    )
    return reporter.code


def _selected(plan: Plan, names: Sequence[str], *, upstream: bool) -> frozenset[str]:
    """Find the jobs that names on the command line mean, with those they need."""
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


def _looked(chosen: argparse.Namespace, reporter: Reporter) -> Build:
    build = _build(chosen, reporter, settings={"execution": None})
    build.conductor.look()
    return build


def _status(chosen: argparse.Namespace, reporter: Reporter) -> int:
    build = _looked(chosen, reporter)
    rows: list[dict[str, Any]] = []
    for run in build.asked.runs.values():
        for place, task in build.asked.plan.tasks.items():
            if task.run.name == run.name:
                state = build.conductor.states[place]
                rows.append(
                    {"run": task.job.title, "where": str(run.where), **_told(state), "drift": _drift(build, place)}
                )
    lines = [
        f"{row['state']:8} {row['run']} ({row['where']})"
        + "".join(f"\n           {r}" for r in (*row["reasons"], *row["drift"]))
        for row in rows
    ]
    counts = {word: sum(row["state"] == word for row in rows) for word in STALE}
    lines.append(", ".join(f"{count} {word}" for word, count in counts.items()) + f" of {counted(len(rows), 'job')}")
    _answer(chosen, {"jobs": rows, **counts}, lines)
    return int(Exit.OK)


def _drift(build: Build, place: str) -> list[str]:
    record = build.conductor.records.get(place)
    return drift(record) if record else []


def _told(state: State) -> dict[str, Any]:
    return {"state": state.word, "reasons": list(state.reasons) if state.word == "stale" else []}


def _why(chosen: argparse.Namespace, reporter: Reporter) -> int:
    build = _looked(chosen, reporter)
    places = sorted(_selected(build.asked.plan, [chosen.name], upstream=False))
    rows = [
        {"run": build.asked.plan.tasks[place].job.title, **_told(build.conductor.states[place])} for place in places
    ]
    lines = [f"{row['run']}: {row['state']}" + "".join(f"\n  {reason}" for reason in row["reasons"]) for row in rows]
    _answer(chosen, {"jobs": rows}, lines)
    return int(Exit.OK)


def _check(chosen: argparse.Namespace, reporter: Reporter) -> int:
    build = _build(chosen, reporter, settings={"execution": "never"})
    build.start()
    build.finish()
    total = len(build.asked.plan.tasks)
    bad = sum(state.word != "fresh" for state in build.conductor.states.values())
    line = (
        f"all {counted(total, 'result')} match the code"
        if not reporter.code
        else f"{bad} of {counted(total, 'result')} stale or missing"
    )
    _answer(chosen, {"jobs": total, "stale_or_missing": bad, "problems": reporter.said}, [line])
    return reporter.code


def _answer(chosen: argparse.Namespace, value: dict[str, Any], lines: Sequence[str]) -> None:
    text = json.dumps(value, indent=1) if chosen.json else harmless("\n".join(lines))
    if text:
        print(text, flush=True)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _silent(_: str) -> None:
    """Keep standard error for what went wrong."""


if __name__ == "__main__":
    sys.exit(main())

"""Plan: from runs to jobs, with the key of each and what it waits for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.fingerprint import Files, canonical_value, key
from mkdocs_dlplugin.model import Job, Run, Value, place


@dataclass(frozen=True)
class Task:
    """One job with what it waits for."""

    run: Run
    job: Job
    """Complete but for its `inputs`, which exist only once the upstream jobs have records."""
    waits_for: tuple[str, ...] = ()
    """Places of all jobs of its upstream runs: it starts when each has a record."""
    partners: tuple[str, ...] = ()
    """Places of the upstream jobs with the same seed and shared parameters."""

    @property
    def place(self) -> str:
        """Where its record is kept."""
        return self.job.place


@dataclass
class Plan:
    """All jobs of a site, upstream ones first."""

    tasks: dict[str, Task] = field(default_factory=dict)
    """By place."""
    problems: list[DLError] = field(default_factory=list)


def plan(runs: Sequence[Run], root: Path, environ: Mapping[str, str] = os.environ) -> Plan:
    """Make the jobs of all runs.

    Args:
        runs: Every run once, in page order.
        root: Folder of `mkdocs.yml`.
        environ: Where declared environment variables get their values.

    Returns:
        The jobs, upstream ones first, and what is wrong with `uses`.
    """
    by_name = {run.name: run for run in runs}
    made = Plan()
    for run in runs:
        for used in run.uses:
            if used not in by_name:
                made.problems.append(
                    DLError(
                        run.where, f"run '{run.name}' uses '{used}', which no page defines.", suggest(used, by_name)
                    )
                )
    made.problems += _cycles(by_name)
    if made.problems:
        return made
    for run in _upstream_first(by_name):
        for params in run.points:
            for seed in run.seeds:
                task = _task(run, params, seed, by_name, made, root, environ)
                made.tasks[task.place] = task
    return made


def _task(
    run: Run,
    params: Mapping[str, Value],
    seed: int,
    by_name: Mapping[str, Run],
    made: Plan,
    root: Path,
    environ: Mapping[str, str],
) -> Task:
    partners = [match for used in run.uses if (match := partner(by_name[used], params, seed))]
    job = Job(
        run=run.name,
        code=run.code,
        where=run.where,
        source_path=run.source_path,
        first_line=run.first_line,
        seed=seed,
        params=params,
        root=str(root),
        threads=run.threads,
        device=run.device,
        gpu_memory=run.gpu_memory,
        timeout=run.timeout,
        limits=run.limits,
        network=run.network,
        write_to=run.write_to,
        exclusive=run.exclusive,
        metrics=run.metrics,
        series=run.series,
        env={name: environ[name] for name in run.env if name in environ},
        secrets={name: environ[name] for name in run.secrets if name in environ},
        depends=_depends(run.depends, root),
        raises=run.raises,
        parts=run.parts,
    )
    job = replace(job, key=key(job, (made.tasks[where].job.key for where in partners)))
    waits = tuple(p for used in run.uses for p in places(by_name[used]))
    return Task(run, job, waits, tuple(partners))


def _depends(patterns: Iterable[str], root: Path) -> dict[str, str]:
    """Digest the files that `depends` names; a pattern that matches nothing stands for itself, absent."""
    files = Files(root)
    found: dict[str, str] = {}
    for pattern in patterns:
        paths = sorted(p.relative_to(root).as_posix() for p in root.glob(pattern) if p.is_file())
        found |= {path: files.content(path) or "" for path in paths or [pattern]}
    return found


def places(run: Run) -> list[str]:
    """Name the places of all jobs of a run, points as written, then seeds."""
    return [place(run.name, params, seed) for params in run.points for seed in run.seeds]


def partner(upstream: Run, params: Mapping[str, Value], seed: int) -> str:
    """Find the upstream job with the same seed and the same values of shared parameters; empty if there is none."""
    if seed not in upstream.seeds:
        return ""
    for point in upstream.points:
        shared = point.keys() & params.keys()
        settled = len(upstream.points) == 1 or shared == point.keys()
        if settled and all(canonical_value(point[name]) == canonical_value(params[name]) for name in shared):
            return place(upstream.name, point, seed)
    return ""


def _upstream_first(by_name: Mapping[str, Run]) -> list[Run]:
    """Order runs so that each stands behind those it uses, and otherwise as written."""
    ordered: dict[str, Run] = {}

    def add(run: Run) -> None:
        if run.name not in ordered:
            for used in run.uses:
                add(by_name[used])
            ordered[run.name] = run

    for run in by_name.values():
        add(run)
    return list(ordered.values())


def _cycles(by_name: Mapping[str, Run]) -> list[DLError]:
    """Report each circle of `uses` once, as the path an author can follow."""
    found: list[DLError] = []
    done: set[str] = set()

    def follow(name: str, path: list[str]) -> None:
        if name in path:
            circle = path[path.index(name) :]
            if not done & set(circle):
                steps = " -> ".join(f"{n} ({by_name[n].where})" for n in [*circle, name])
                found.append(
                    DLError(by_name[name].where, f"runs use each other in a circle: {steps}.", "Remove one `uses`.")
                )
            done.update(circle)
            return
        if name in by_name and name not in done:
            for used in by_name[name].uses:
                follow(used, [*path, name])
            done.add(name)

    for name in by_name:
        follow(name, [])
    return found

"""Freshness: how a job's record stands to what the pages say now, and in words what has changed since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mkdocs_dlplugin.fingerprint import Files, changes, digest_code, digest_names, key, results_digest
from mkdocs_dlplugin.model import Job, Limits, Record
from mkdocs_dlplugin.plan import Plan, Task
from mkdocs_dlplugin.versions import installed, outdated

_SHORT = 16
"""Characters of a digest that tell two contents apart."""
_NAMED = 50
"""Files of `depends` up to which a record names each."""


@dataclass(frozen=True)
class State:
    """How a job's record stands to what the pages say now."""

    word: str
    """`fresh`, `stale` or `missing`."""
    reasons: tuple[str, ...] = ()
    """What changed, in words."""


def state(task: Task, record: Record | None, files: Files, inputs: Mapping[str, str]) -> State:
    """Compare a job with its record.

    Args:
        task: The job.
        record: What the store holds at its place.
        files: The project as it is now.
        inputs: Digests of upstream results, see `input_digests`.
    """
    if record is None:
        return State("missing", ("never measured",))
    changed = [
        *_key_reasons(task, record),
        *changes(record.observed, files, inputs),
        *outdated(task.run.strict, record),
    ]
    return State("stale", tuple(changed)) if changed else State("fresh")


def _key_reasons(task: Task, record: Record) -> list[str]:
    """Say what of a job is known before it runs and is not what it was.

    Keys of upstream jobs do not count: they change with code that may give the same results, and what a job reads of
    those is compared by itself.
    """
    noted = record.provenance.get("upstream")
    then = dict(noted) if isinstance(noted, Mapping) else {}
    same_upstream = then.keys() == set(task.partners)
    if record.key == (key(task.job, (then[up] for up in task.partners)) if then and same_upstream else task.job.key):
        return []
    said = _option_reasons(task.job, record.provenance)
    if record.provenance.get("code") != code_digest(task.job):
        said.append(code_changed(task))
    if said:
        return said
    if then and not same_upstream:
        return [f"`uses` was '{_runs(then)}', is '{_runs(task.partners)}'"]
    return ["an upstream run changed" if task.partners else "its options changed"]


def _option_reasons(job: Job, provenance: Mapping[str, Any]) -> list[str]:
    then, now = {"points": str(Limits.points), **(provenance.get("options") or {})}, options_of(job)
    said = []
    for name in (name for name in now if then.get(name, now[name]) != now[name]):
        if name == "env":
            said += _env_reasons(then[name], now[name])
        elif name == "depends":
            said += _depends_reasons(provenance.get("depends") or {}, job.depends)
        else:
            said.append(f"{name} was {then[name]!r}, is {now[name]!r}")
    return said


def _env_reasons(then: str, now: str) -> list[str]:
    was, is_ = (dict(part.split("=", 1) for part in text.split()) for text in (then, now))
    words = {(True, True): "changed", (True, False): "is not set any more", (False, True): "is set now"}
    names = sorted(name for name in was.keys() | is_.keys() if was.get(name) != is_.get(name))
    return [f"environment variable {name} {words[name in was, name in is_]}" for name in names]


def _depends_reasons(then: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    others = sorted(name for name in then.keys() | now.keys() if then.get(name) != now.get(name, "")[:_SHORT])
    named = [f"{name} changed, which `depends` names" for name in others] if then else []
    return named or ["a file named by `depends` changed"]


def _runs(places: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(where.partition("/")[0] for where in places))


def code_changed(task: Task) -> str:
    """Say that a run's own code is another."""
    return f"the code at {task.run.where} changed"


def origin(plan: Plan, task: Task) -> dict[str, Any]:
    """Note what a job was made from, so that `why` can say later what of it changed."""
    job, noted = task.job, dict[str, Any](options=options_of(task.job), code=code_digest(task.job))
    if task.partners:
        noted["upstream"] = {up: plan.tasks[up].job.key for up in task.partners}
    if 0 < len(job.depends) <= _NAMED:
        noted["depends"] = {name: digest[:_SHORT] for name, digest in job.depends.items()}
    if task.run.strict:
        noted["strict"] = {name: installed(name) for name in task.run.strict}
    return noted


def options_of(job: Job) -> dict[str, str]:
    """Name the options that are part of the key, so that `why` can say which one changed."""
    env = " ".join(f"{name}={digest_names([value])[:8]}" for name, value in sorted(job.env.items()))
    return {
        "threads": str(job.threads),
        "device": job.device,
        "metrics": " ".join(job.metrics),
        "series": job.series,
        "raises": job.raises,
        "env": env,
        "depends": digest_names(f"{path} {digest}" for path, digest in job.depends.items())[:8] if job.depends else "",
        "points": str(job.limits.points),
    }


def code_digest(job: Job) -> str:
    """Digest a job's code alone, for `why`."""
    return digest_code(job.code)[:16]


def input_digests(records: Iterable[Record]) -> dict[str, str]:
    """Digest the results there are, by place, and per run the list of its places (`scan/*`)."""
    digests: dict[str, str] = {}
    listed: dict[str, list[str]] = {}
    for record in records:
        digests[record.place] = results_digest(record)
        listed.setdefault(record.run, []).append(record.place)
    return digests | {f"{run}/*": digest_names(found) for run, found in listed.items()}

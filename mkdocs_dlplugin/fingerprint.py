"""Fingerprint: digests that change exactly when a result could, and the comparison that says what changed."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from mkdocs_dlplugin.digests import IGNORED, Stamp, digest_bytes, digest_json, digest_names, listing, stamp
from mkdocs_dlplugin.model import SCHEMA, Job, Limits, Observed, Record, Value

__all__ = [
    "IGNORED",
    "Files",
    "canonical_value",
    "changes",
    "digest_bytes",
    "digest_code",
    "digest_json",
    "digest_names",
    "key",
    "listing",
    "results_digest",
]

_IGNORED_FIELDS = frozenset({"kind", "type_comment", "type_ignores", "ctx"})
_READS_DOCSTRINGS = ("__doc__", "getdoc", "doctest", "help")


@functools.lru_cache(maxsize=1024)
def digest_code(source: str) -> str:
    """Digest what Python code does, not how it is written: its syntax tree without comments, layout and docstrings.

    Code that does not parse is digested as text, so that it can still be told from other code. The last digests are
    kept, because every seed and point of a run asks for the same one.
    """
    try:
        tree = ast.parse(source)
        return digest_json(_canonical(tree, keep_docstrings=any(word in source for word in _READS_DOCSTRINGS)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two for code nested without end
        return digest_bytes(source.encode("utf-8", "surrogatepass"))


def _canonical(node: Any, *, keep_docstrings: bool) -> Any:
    """Turn a syntax tree into JSON that every supported Python writes alike.

    `ast.dump` differs between Python versions (new fields, other order, other defaults), so fields are sorted, and
    empty ones are left out: a field that a later Python adds is empty for code of today.
    """
    if isinstance(node, ast.Constant):
        return ["Constant", type(node.value).__name__, ascii(node.value)]
    if isinstance(node, ast.AST):
        fields: dict[str, Any] = {}
        for name in sorted(node._fields):
            value = getattr(node, name, None)
            if name in _IGNORED_FIELDS or value is None or value == []:
                continue
            if name == "body" and isinstance(value, list) and not keep_docstrings:
                value = _without_docstring(node, value)
            fields[name] = _canonical(value, keep_docstrings=keep_docstrings)
        return [type(node).__name__, fields]
    if isinstance(node, list):
        return [_canonical(item, keep_docstrings=keep_docstrings) for item in node]
    return node


def _without_docstring(owner: ast.AST, body: list[ast.stmt]) -> list[ast.stmt]:
    # A lone string in a snippet is its last expression, and is shown as output: not a docstring then.
    has_one = isinstance(owner, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    lone = isinstance(owner, ast.Module) and len(body) == 1
    first = body[0]
    if has_one and not lone and isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return body[1:] if isinstance(first.value.value, str) else body
    return body


def canonical_value(value: Value) -> Value:
    """Write equal parameter values alike: `1.0` as `1`, while `true` stays apart from both."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def key(job: Job, upstream: Iterable[str]) -> str:
    """Digest all that is known about a job before it runs.

    Not in it: prose, comments, display options, file name, page, line, run name, timeout, Python, cores and paths.

    Args:
        job: The job; its `inputs` need not be there yet.
        upstream: Keys of the upstream jobs it is paired with, in the order of `uses`.
    """
    return digest_json(
        {
            "schema": SCHEMA,
            "code": digest_code(job.code),
            "params": {name: canonical_value(value) for name, value in job.params.items()},
            "seed": job.seed,
            "threads": job.threads,
            "device": "any" if job.device == "auto" or job.device.startswith("prefer:") else job.device.split(":")[-1],
            "upstream": list(upstream),
            "env": dict(job.env),
            **({"depends": dict(job.depends)} if job.depends else {}),
            **({"points": job.limits.points} if job.limits.points != Limits.points else {}),
            "reads": [list(job.metrics), job.series, job.raises],
        }
    )


def results_digest(record: Record) -> str:
    """Digest what a record says was measured: metrics, series, correctness and assets; not timings, text or dates."""
    return digest_json(
        {
            "metrics": dict(record.metrics),
            "series": {name: [list(steps), list(values)] for name, (steps, values) in record.series.items()},
            "correct": record.correct,
            "assets": dict(record.assets),
        }
    )


class Files:
    """Digests of the project's files as they are now, each read once per build."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._known: dict[tuple[str, str], str | None] = {}
        self.stamps: dict[str, Stamp] = {}
        """When each file was written, as it was before it was read; none for those that are not there."""

    def module(self, path: str) -> str | None:
        """Digest a `.py` file by what it does; `None` when it is not there."""
        return self._once("module", path, lambda file: digest_code(file.read_text("utf-8", "surrogateescape")))

    def content(self, path: str) -> str | None:
        """Digest any file by its bytes; `None` when it is not there."""
        return self._once("content", path, lambda file: digest_bytes(file.read_bytes()))

    def listing(self, path: str) -> str | None:
        """Digest a folder by the names in it; `None` when it is not there."""
        return self._once("listing", path, lambda folder: digest_names(listing(folder)))

    def _once(self, kind: str, path: str, read: Callable[[Path], str]) -> str | None:
        if (kind, path) not in self._known:
            place = self.root / path
            if kind != "listing":
                self.stamps[path] = stamp(place)
            try:
                # A record may name a pipe or a device behind a link, and reading that would never end.
                self._known[kind, path] = read(place) if kind == "listing" or place.is_file() else None
            except OSError:
                self._known[kind, path] = None
        return self._known[kind, path]


def changes(observed: Observed, files: Files, inputs: Mapping[str, str]) -> list[str]:
    """Say in words which observed inputs are no longer the same; an empty list means the record still stands.

    Args:
        observed: What the job was seen to read.
        files: The project as it is now.
        inputs: Digest of the results of each upstream job that has a record now, by place.
    """
    said = []
    for path, then in observed.modules.items():
        now = files.module(path)
        if now != then:
            said.append(f"{path} changed" if now else f"{path} is gone")
    for path, was in observed.files.items():
        now = files.content(path)
        if now != was:
            said.append(f"{path} is gone" if now is None else f"{path} changed" if was else f"{path} is there now")
    for path, then in observed.folders.items():
        if files.listing(path) != then:
            said.append(f"the files in {path or '.'}/ are others")
    for upstream, then in observed.inputs.items():
        if inputs.get(upstream) != then:
            said.append(f"the results of {upstream} changed" if upstream in inputs else f"{upstream} has no result")
    return said

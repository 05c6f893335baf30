"""Changes: hold the numbers that are published now against those of an earlier revision of the repository."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import regular, vetting
from mkdocs_dlplugin.history import Commit, History, Unknown
from mkdocs_dlplugin.model import Metric, Record, Run, Where, address, place
from mkdocs_dlplugin.numbers import shown
from mkdocs_dlplugin.results import Group, Results
from mkdocs_dlplugin.stats import Estimate, estimate
from mkdocs_dlplugin.store import parse
from mkdocs_dlplugin.views.changes import Change, Changes

_RECORD = re.compile(r"(?P<point>[^/]+/[^/]+)/(?P<seed>\d+)\.json")

Declared = Callable[[Run], Results]
"""Tells how the page of a run shows its metrics."""


def since(revision: str, groups: Sequence[Group], declared: Declared, folder: Path, past: History | None) -> Changes:
    """Find which published numbers are others than at a revision.

    Numbers are compared as they read: who moved in a digit that nobody sees did not move. Seconds are left out, for
    they are others each time.

    Args:
        revision: As Git names it. Empty for the last change there was: what is not committed yet, and where all is,
            the commit that last touched a record.
        groups: The runs as they are now.
        declared: How each shows its metrics.
        folder: Where the records lie.
        past: The repository; `None` where there is none.

    Raises:
        Unknown: the repository has no such revision.
    """
    if past is None or not folder.resolve().is_relative_to(past.top):
        return Changes(missing="no-history")
    inside = folder.resolve().relative_to(past.top).as_posix()
    if revision:
        base = past.commit(revision)
        return _changes(base, _Earlier(past, base, inside), groups, declared, folder)
    try:
        head = past.commit("HEAD")
        uncommitted = _changes(head, _Earlier(past, head, inside), groups, declared, folder)
        before = past.before(inside)
        if uncommitted.found or before is None:
            return uncommitted if uncommitted.found else Changes(missing="no-earlier")
        return _changes(before, _Earlier(past, before, inside), groups, declared, folder)
    except Unknown:
        return Changes(missing="no-earlier")


class _Earlier:
    """The records of one commit."""

    def __init__(self, past: History, commit: Commit, inside: str) -> None:
        self._past = past
        self._files = past.files(commit, inside)
        self.points: dict[str, dict[str, str]] = {}
        """By run and point (`mlp/n=100`), the digest of each seed's file."""
        for path, digest in self._files.items():
            if found := _RECORD.fullmatch(path):
                self.points.setdefault(found["point"], {})[found["seed"]] = digest
        self._environments: dict[str, Mapping[str, Any]] = {}

    def same(self, point: str, group: Group, folder: Path) -> bool:
        """Tell whether the files of a point are those of then, bit for bit, without reading what those say."""
        then = self.points.get(point, {})
        if then.keys() != {str(record.seed) for record in group.records}:
            return False
        try:
            return all(
                self._past.digest(regular.read(folder, f"{point}/{seed}.json", vetting.LARGEST)) == digest
                for seed, digest in then.items()
            )
        except (OSError, regular.Odd):
            return False

    def records(self, point: str) -> tuple[Record, ...]:
        """Read the records of a point; none where one of them cannot be read, for a mean of the rest is another."""
        digests = self.points.get(point, {})
        try:
            found = [self._record(digests[seed]) for seed in sorted(digests, key=int)]
        except (vetting.Damaged, Unknown):
            return ()
        return tuple(record for record in found if place(record.run, record.params, 0).rpartition("/")[0] == point)

    def _record(self, digest: str) -> Record:
        record = parse(self._past.read(digest))
        shared = str(record.provenance.get("environment", ""))
        if shared not in self._environments:
            self._environments[shared] = self._environment(shared)
        return replace(record, provenance={**self._environments[shared], **record.provenance})

    def _environment(self, name: str) -> Mapping[str, Any]:
        digest = self._files.get(f"_environments/{name}.json")
        said = vetting.strict_json(self._past.read(digest)) if digest else {}
        vetting.check_shared(said)
        return {part: value for part, value in said.items() if value is not None}


def _changes(base: Commit, earlier: _Earlier, groups: Sequence[Group], declared: Declared, folder: Path) -> Changes:
    found: list[Change] = []
    points = {place(group.run.name, group.params, 0).rpartition("/")[0]: group for group in groups}
    for point, group in points.items():
        if not earlier.same(point, group, folder):
            then = replace(group, records=earlier.records(point), absent=())
            found += _between(then, group, declared(group.run))
    for point in sorted(earlier.points.keys() - points.keys()):
        if records := earlier.records(point):
            then = _gone(records)
            found += _between(then, replace(then, records=()), declared(then.run))
    return Changes(base.short, base.day, tuple(found))


def _between(then: Group, now: Group, results: Results) -> Iterator[Change]:
    """Compare the metrics of a run at a point."""
    if now.absent and not now.complete:
        return  # it failed or has not run, which is said where it should be
    names = dict.fromkeys(name for group in (now, then) for record in group.records for name in record.metrics)
    for name in names:
        was, is_ = _number(then, name, results), _number(now, name, results)
        metric = (is_ or was or (None, results.metric(name)))[1]
        if metric.kind == "timing":
            continue
        before, after = was[0] if was else None, is_[0] if is_ else None
        if before and after and shown(before, metric).text == shown(after, metric).text:
            continue
        if before or after:
            yield Change(now if after else then, metric, before, after)


def _number(group: Group, name: str, results: Results) -> tuple[Estimate, Metric] | None:
    if not group.complete or group.without(name) or not any(name in record.metrics for record in group.records):
        return None
    sample = results.find(group, name)
    return (estimate(sample), sample.metric) if sample else None


def _gone(records: Sequence[Record]) -> Group:
    """Make a run of the records of one that no page has any more."""
    first = records[0]
    run = Run(first.run, "", Where(""), 0, "", "", gridded=bool(first.params))
    return Group(run, first.params, address(first.run, first.params), tuple(records))


def only(changes: Changes, groups: Collection[Group], among: Callable[[Group], bool] | None = None) -> Changes:
    """Keep the changes of some runs.

    Args:
        changes: All of them.
        groups: The runs at their points, by address.
        among: Tells of a run that is gone whether it would be one of them; none is when it is not given.
    """
    addresses = {group.address for group in groups}
    kept = tuple(
        change
        for change in changes.found
        if (change.group.address in addresses if change.now else among is not None and among(change.group))
    )
    return replace(changes, found=kept)

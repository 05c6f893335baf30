"""`changes`: list which published numbers are others than at an earlier revision, and by how much."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import Any

from mkdocs_dlplugin import changes as compared
from mkdocs_dlplugin import history
from mkdocs_dlplugin.commands.common import Answer, looked
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.history import Unknown
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.numbers import shown
from mkdocs_dlplugin.reporting import Reporter, counted
from mkdocs_dlplugin.stats import Estimate
from mkdocs_dlplugin.views.changes import Change, Changes, moved_by


def changes(chosen: argparse.Namespace, reporter: Reporter) -> Answer:
    """Hold the records of the working tree against those of a revision; nothing is executed, not even Git."""
    made = looked(chosen, reporter)
    site, past = made.site, history.of(made.site.root)
    results = made.showing.results
    try:
        found = compared.since(
            chosen.revision,
            results("").groups,
            lambda run: results(run.page),
            site.root / site.settings.records,
            past,
        )
    except Unknown as unknown:
        hint = "Only the latest commits were fetched: git fetch --unshallow --tags" if past and past.shallow else ""
        raise DLError(Where("command line"), f"{unknown}.", hint) from None
    if found.missing:
        said = {"no-history": "there is no repository here", "no-earlier": "its history here has no earlier results"}
        return Answer({"since": None, "changes": []}, [f"nothing to compare with: {said[found.missing]}"])
    lines = [_line(change) for change in found.found if change.word == "moved"] + _others(found)
    return Answer(
        {"since": {"commit": found.commit, "day": found.day}, "changes": [_told(change) for change in found.found]},
        [*lines, _summary(found)],
    )


def _line(change: Change) -> str:
    then, now = (shown(found, change.metric).text if found else "" for found in (change.then, change.now))
    beyond = ", outside the new interval" if change.apart else ""
    return f"{change.group.address}.{change.metric.name}: {then} → {now}, {moved_by(change)}{beyond}"


def _others(found: Changes) -> list[str]:
    """Write one line for each run at its point whose numbers are new or gone."""
    numbers: dict[tuple[str, str], list[str]] = {}
    for change in found.found:
        estimate = change.now or change.then
        if change.word != "moved" and estimate:
            said = f"{change.metric.name} {shown(estimate, change.metric).text}"
            numbers.setdefault((change.group.address, change.word), []).append(said)
    return [f"{name}: {word}, {'; '.join(said)}" for (name, word), said in numbers.items()]


def _summary(found: Changes) -> str:
    counts = {word: sum(change.word == word for change in found.found) for word in ("moved", "new", "gone")}
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count)
    return f"{said or 'no number changed'} since {found.day} ({found.commit})" + (
        f": {counted(len(found.found), 'number')}" if len([c for c in counts.values() if c]) > 1 else ""
    )


def _told(change: Change) -> Mapping[str, Any]:
    return {
        "run": change.group.address,
        "metric": change.metric.name,
        "change": change.word,
        "then": _number(change.then, change),
        "now": _number(change.now, change),
        "moved_by": change.by if change.word == "moved" else None,
        "outside_new_interval": change.apart,
    }


def _number(estimate: Estimate | None, change: Change) -> Mapping[str, Any] | None:
    if estimate is None:
        return None
    text = shown(estimate, change.metric).text
    return {"mean": estimate.mean, "low": estimate.low, "high": estimate.high, "n": estimate.n, "shown": text}

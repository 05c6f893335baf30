"""Finding: what a page found, in a sentence of plain text, for search engines and whoever shows a link to it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mkdocs_dlplugin.checks import verdict
from mkdocs_dlplugin.model import Record, Sample
from mkdocs_dlplugin.numbers import shown
from mkdocs_dlplugin.results import Group, Results
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.stats import estimate
from mkdocs_dlplugin.views import claim, comparison
from mkdocs_dlplugin.views.measured import days
from mkdocs_dlplugin.words import say

LONGEST = 300
"""Characters that search engines take."""


def of_claim(options: claim.Options, judged: Sequence[claim.Judged]) -> str:
    """Say how a claim came out."""
    found = verdict([item.outcome for item in judged])
    word = claim.label_of(options, options.verdict or found.word)
    said = options.reason if options.verdict else found.sentence
    return f"{word}: {_ended(options.statement)} {_ended(said)}"


def of_comparison(options: comparison.Options, groups: Sequence[Group], results: Results) -> str:
    """Say what a table is about, and which run is best by its first metric that has a direction."""
    best = next((said for name in options.metrics if (said := _best(name, groups, results))), "")
    return f"{_ended(options.tbl_cap)} {best}".strip()


def of_runs(groups: Sequence[Group], results: Results) -> str:
    """Name the first number that was measured."""
    for group in groups:
        for record in group.records[:1]:
            for name in record.metrics:
                sample = results.find(group, name) if group.complete else None
                if sample:
                    return say("finding-number", metric=sample.metric.title, run=group.label, number=_number(sample))
    return ""


def whole(said: str, records: Sequence[Record]) -> str:
    """Complete a finding by how much was measured and when, and cut it to length.

    Themes write it into an attribute as it is, so it holds no sign that means anything there.
    """
    text = " ".join(plain(f"{said} {measured_in(records)}").split())
    for sign, other in (("&", "+"), ('"', "'"), ("<", "‹"), (">", "›")):
        text = text.replace(sign, other)
    if len(text) <= LONGEST:
        return text
    return re.sub(r"\W*\s\S*$", "", text[: LONGEST - 1]) + "…"


def measured_in(records: Sequence[Record]) -> str:
    """Say how much was measured, and when: `9 results of 3 runs, measured 2026-11-29`."""
    found = days(records)
    when = say("days", first=found[0], last=found[-1]) if len(found) > 1 else "".join(found)
    runs = say("runs", n=len({record.run for record in records}))
    return say("finding-measured", results=say("results", n=len(records)), runs=runs, days=when)


def _best(name: str, groups: Sequence[Group], results: Results) -> str:
    samples = [(group, s) for group in groups if group.complete and (s := results.find(group, name))]
    if len(samples) < 2 or not samples[0][1].metric.better:
        return ""
    sign = 1 if samples[0][1].metric.better == "higher" else -1
    group, sample = max(samples, key=lambda item: sign * estimate(item[1]).mean)
    return say("finding-best", metric=sample.metric.title, run=group.label, number=_number(sample))


def _number(sample: Sample) -> str:
    return shown(estimate(sample), sample.metric).text


def _ended(sentence: str) -> str:
    sentence = " ".join(sentence.split())
    return sentence if not sentence or sentence[-1] in ".!?…" else f"{sentence}."

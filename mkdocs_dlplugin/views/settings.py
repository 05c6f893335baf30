"""Settings: the rows of a claim, each a check in words and in code, its outcome, the difference, and both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

from mkdocs_dlplugin.checks import Outcome
from mkdocs_dlplugin.digits import brief
from mkdocs_dlplugin.expressions import Check, Ref, parse_check, refs
from mkdocs_dlplugin.model import Metric
from mkdocs_dlplugin.numbers import NBSP, linked, shown
from mkdocs_dlplugin.phrases import Phrases, inside
from mkdocs_dlplugin.results import Place, Results
from mkdocs_dlplugin.stats import estimate
from mkdocs_dlplugin.words import html, say


def drawn(rows: Sequence[str]) -> str:
    """Draw the settings of a claim: a header row each, then the outcome, which comes first on a phone too."""
    heads = "".join(f'<th scope="col">{html(name)}</th>' for name in ("outcome-head", "measured-head"))
    return (
        f'<div class="dl-table"><table class="dl-settings" aria-label="{html("settings-label")}">'
        f"<thead><tr>{heads}</tr></thead>"
        f"{''.join(rows)}</table></div>"
    )


def setting(label: str, text: str, outcome: Outcome, doubtful: bool, results: Results, place: Place) -> str:
    """Draw one setting.

    Args:
        label: What its author calls it.
        text: The check as written.
        outcome: How it ended.
        doubtful: Whether chance alone may explain that.
        results: All runs, for the numbers on both sides.
        place: Where the claim stands.
    """
    check = parse_check(text, place.where)
    found = difference(check, outcome, results)
    value = f'<br><data class="dl-diff" value="{outcome.estimate.mean:.10g}">{escape(found)}</data>' if found else ""
    mark = f'<sup title="{html("doubtful")}">†</sup>' if doubtful else ""
    about = [f"<span>{part}</span>" for part in _sides(check, results, place)]
    about.append(f'<span class="dl-why">{escape(outcome.why)}</span>')
    about.append(f"<code>{escape(outcome.text)}</code>")
    named = f"<strong>{escape(label)}</strong> {escape(in_words(check, outcome, results))}"
    ended = f"<strong>{html(f'outcome-{outcome.outcome}')}</strong>{mark}"
    return (
        f'<tbody><tr><th scope="rowgroup" colspan="2">{named}</th></tr>'
        f'<tr data-outcome="{outcome.outcome}"><td>{ended}{value}</td>'
        f"<td>{'<br>'.join(about)}</td></tr></tbody>"
    )


def in_words(check: Check, outcome: Outcome, results: Results) -> str:
    """Say a check as a sentence."""

    def metric(ref: Ref) -> Metric:
        groups = results.matching(ref)
        sample = results.find(groups[0], ref.metric) if groups else None
        return sample.metric if sample else results.metric(ref.metric)

    def label(ref: Ref) -> str:
        groups = results.matching(ref)
        return groups[0].label if groups else ref.text

    return Phrases(label, metric, outcome.margin).check(check)


def difference(check: Check, outcome: Outcome, results: Results) -> str:
    """Write what a setting measured, with its interval and the seeds it rests on; empty where nothing was."""
    if outcome.estimate.kind == "none":
        return ""
    first = next(iter(refs(check)))
    groups = results.matching(first)
    sample = results.find(groups[0], first.metric) if groups else None
    metric = sample.metric if sample else results.metric(first.metric)
    spec = "x" if outcome.measures == "ratio" else ""
    text = shown(outcome.estimate, _as_measured(metric, outcome), spec).text
    rises = outcome.measures == "difference" and outcome.estimate.mean > 0
    # What rounds to nothing has no sign.
    return f"+{text}" if rises and any(digit in text.partition(NBSP)[0] for digit in "123456789") else text


def margin_of(metric: Metric, margin: float) -> str:
    """Write a tie margin in the unit of its metric: `±1 pp`."""
    if metric.style == "percent":
        return f"±{brief(float(f'{margin * 100:.12g}'))}{NBSP}{say('points')}"
    return f"±{brief(margin)}" + (f"{NBSP}{metric.unit}" if metric.unit else "")


def _sides(check: Check, results: Results, place: Place) -> list[str]:
    """Write the numbers that are compared, each a link to its run; with their names where there are several metrics."""
    sides = []
    named = len({ref.metric for ref in refs(check)}) > 1
    for ref in dict.fromkeys(refs(check)):
        group = results.one(ref, place.where)
        sample = results.find(group, ref.metric) if group.complete else None
        number = (
            linked(shown(estimate(sample), sample.metric), ref.metric, [group], place) if sample else html("no-result")
        )
        of = f", {inside(results.metric(ref.metric).title)}" if named else ""
        sides.append(f"{escape(group.label + of)} {number}")
    return sides


def _as_measured(metric: Metric, outcome: Outcome) -> Metric:
    """Show a difference of shares in percentage points, a ratio without unit, and what is counted without spread."""
    if outcome.measures in ("ratio", "number"):
        metric = Metric("")
    unit = "pp" if outcome.measures == "difference" and metric.style == "percent" else metric.unit
    return replace(metric, unit=unit, range=None, kind="exact" if outcome.estimate.kind == "exact" else "measured")

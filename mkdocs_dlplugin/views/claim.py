"""Claim: a statement that somebody makes, the settings it is checked in, and the verdict the numbers give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any, Literal

from mkdocs_dlplugin.checks import Outcome, judge, verdict
from mkdocs_dlplugin.errors import DLError, NoResult
from mkdocs_dlplugin.expressions import Ref, parse_check, refs
from mkdocs_dlplugin.model import Metric, Where
from mkdocs_dlplugin.numbers import linked, shown
from mkdocs_dlplugin.results import Group, Place, Results
from mkdocs_dlplugin.stats import Estimate, estimate
from mkdocs_dlplugin.views.tables import table

BADGES = {
    "supported": "Supported",
    "contradicted": "Contradicted",
    "no-difference": "No difference",
    "depends": "It depends",
    "undecided": "Undecided",
    "not-testable": "Not testable here",
    "by-sources": "By sources",
}
"""The words readers see for each verdict."""

OUTCOMES = {"pass": "passes", "fail": "fails", "tie": "a tie", "undecided": "undecided"}


@dataclass(frozen=True)
class Options:
    """The YAML body of a `claim` block."""

    statement: str
    """What is said, as a sentence."""
    said_by: Mapping[str, Any] = field(default_factory=dict)
    """Who says it: `title` and `url`."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Per setting a check, such as `svm(n=100).test_acc > cnn(n=100).test_acc`."""
    verdict: Literal["", "not-testable", "by-sources"] = ""
    """Set by hand where nothing can be measured; then `reason` is required."""
    reason: str = ""
    """Why it cannot be tested here, or what the sources say."""


@dataclass(frozen=True)
class Judged:
    """The outcome of one setting, with whether chance alone may explain it."""

    outcome: Outcome
    doubtful: bool = False
    """Whether it fails Benjamini and Hochberg's procedure at 5 % over all checks of the site."""


def references(options: Options, where: Where) -> list[Ref]:
    """Name the runs that the settings compare; refuse a claim that says or checks nothing."""
    if not options.settings and not options.verdict:
        raise DLError(
            where,
            "the claim has no settings.",
            "Add `settings:` with a check each, or set `verdict: not-testable` and a `reason`.",
        )
    if options.verdict and not options.reason.strip():
        raise DLError(where, f"the verdict '{options.verdict}' needs a `reason`.")
    unknown = [name for name in options.said_by if name not in ("title", "url")]
    if unknown:
        raise DLError(where, f"'{unknown[0]}' is not known in said_by.", "Write: said_by: {title: …, url: …}.")
    url = str(options.said_by.get("url", ""))
    if url and not url.startswith(("https://", "http://")):
        raise DLError(where, f"the url '{url}' of said_by is no web address.", "It begins with https://.")
    return [ref for check in options.settings.values() for ref in refs(parse_check(str(check), where))]


def judge_all(options: Options, results: Results, where: Where) -> list[Outcome]:
    """Judge every setting of a claim; one whose runs have no result is undecided, with that as its reason."""
    return [_judge(str(check), results, where) for check in options.settings.values()]


def _judge(text: str, results: Results, where: Where) -> Outcome:
    check = parse_check(text, where)

    try:
        return judge(check, lambda ref: results.named(ref, where)[1], where)
    except NoResult as problem:
        nothing = Estimate(0.0, None, None, 0, "none", "no result")
        return Outcome("undecided", nothing, problem.problem.rstrip("."), 0, None, check.text)


def render(options: Options, judged: Sequence[Judged], results: Results, place: Place) -> str:
    """Draw the statement, the verdict, and every setting with its measured difference."""
    found = verdict([item.outcome for item in judged])
    word = options.verdict or found.word
    name = escape(place.id or "claim")
    sentence = escape(options.reason) if options.verdict else escape(found.sentence)
    said_by = _source(options.said_by)
    rows = [
        _setting(label, str(check), item, results, place)
        for (label, check), item in zip(options.settings.items(), judged, strict=True)
    ]
    drawn = table(("Setting", "Outcome", "Difference", "Measured"), rows, label="Settings of the claim") if rows else ""
    dagger = any(item.doubtful for item in judged)
    note = (
        '<p class="dl-note">† Among all checks of this site, chance alone may explain this one.</p>' if dagger else ""
    )
    return (
        f'<section class="dl-claim" id="{name}" data-verdict="{word}" aria-labelledby="dl-{name}-statement">'
        f'<p class="dl-statement" id="dl-{name}-statement">{escape(options.statement)}{said_by}</p>'
        f'<p class="dl-verdict"><strong class="dl-badge">{BADGES[word]}</strong> {sentence}</p>{drawn}{note}</section>'
    )


def _source(said_by: Mapping[str, Any]) -> str:
    title, url = str(said_by.get("title", "")), str(said_by.get("url", ""))
    if not title and not url:
        return ""
    text = escape(title or url)
    return (
        f' <span class="dl-source">— <a href="{escape(url)}">{text}</a></span>'
        if url
        else f' <span class="dl-source">— {text}</span>'
    )


def _setting(label: str, text: str, judged: Judged, results: Results, place: Place) -> str:
    """Draw one setting: its check in words, the numbers on both sides as links, the difference and the outcome."""
    outcome = judged.outcome
    check = parse_check(text, place.where)
    groups: list[Group] = []
    sides = []
    for ref in dict.fromkeys(refs(check)):
        group = results.one(ref, place.where)
        groups.append(group)
        sample = results.find(group, ref.metric) if group.complete else None
        number = linked(shown(estimate(sample), sample.metric), ref.metric, [group], place) if sample else "no result"
        sides.append(f'<span class="dl-side">{escape(group.label)} {number}</span>')
    difference = "–"
    if outcome.estimate.kind != "none":
        sample = next(
            (s for g, ref in zip(groups, refs(check), strict=False) if (s := results.find(g, ref.metric))), None
        )
        metric = sample.metric if sample else Metric("")
        spec = "x" if outcome.measures == "ratio" else ""
        difference = escape(shown(outcome.estimate, _as_measured(metric, outcome), spec).text)
    mark = '<sup title="chance alone may explain it">†</sup>' if judged.doubtful else ""
    why = f'<span class="dl-why">{escape(outcome.why)}</span>'
    cells = (
        f'<th scope="row">{escape(label)}<br><code>{escape(outcome.text)}</code></th>',
        f"<td><strong>{OUTCOMES[outcome.outcome]}</strong>{mark}<br>{why}</td>",
        f"<td>{difference}</td>",
        f"<td>{'<br>'.join(sides)}</td>",
    )
    return f'<tr data-outcome="{outcome.outcome}">{"".join(cells)}</tr>'


def _as_measured(metric: Metric, outcome: Outcome) -> Metric:
    """Show a difference of shares in percentage points, a ratio without unit, and what is counted without spread."""
    if outcome.measures in ("ratio", "number"):
        metric = Metric("")
    unit = "pp" if outcome.measures == "difference" and metric.style == "percent" else metric.unit
    return replace(metric, unit=unit, range=None, kind="exact" if outcome.estimate.kind == "exact" else "measured")

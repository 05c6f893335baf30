"""Claim: a statement that somebody makes, the settings it is checked in, and the verdict the numbers give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any, Literal

from mkdocs_dlplugin import badges
from mkdocs_dlplugin.checks import Outcome, judge, verdict
from mkdocs_dlplugin.digests import digest_names
from mkdocs_dlplugin.errors import DLError, NoResult, suggest
from mkdocs_dlplugin.expressions import Ref, parse_check, refs
from mkdocs_dlplugin.model import Sample, Where
from mkdocs_dlplugin.phrases import inside
from mkdocs_dlplugin.results import Place, Results
from mkdocs_dlplugin.sources import Source, read_sources
from mkdocs_dlplugin.stats import Estimate
from mkdocs_dlplugin.views.settings import drawn, margin_of, setting
from mkdocs_dlplugin.words import html, say


@dataclass(frozen=True)
class Options:
    """The YAML body of a `claim` block."""

    statement: str
    """What is said, as a sentence."""
    said_by: Any = ()
    """Who says it: `title`, `url`, `author`, `year`, `place`, `accessed`, or `source`, a name that the site declares;
    several as a list."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Per setting a check, such as `svm(n=100).test_acc > cnn(n=100).test_acc`."""
    topic: str | tuple[str, ...] = ()
    """What it is about, for the table of all claims; several as a list."""
    ties: Mapping[str, Any] = field(default_factory=dict)
    """Per metric a tie margin other than the declared one, in the metric's own unit, and why: `reason`."""
    verdict: Literal["", "not-testable", "by-sources"] = ""
    """Set by hand where nothing can be measured; then `reason` or `citation` is required."""
    reason: str = ""
    """Why it cannot be tested here, or what the sources say."""
    finding: Literal["", "agree", "contradict", "contested", "misreported", "not-found"] = ""
    """What the sources say to it, in a word: beside `verdict: by-sources`."""
    citation: Any = ()
    """The sources that decide: as in `said_by`."""
    badge: str = ""
    """What stands on its badge before the verdict; the id unless said."""

    @property
    def topics(self) -> tuple[str, ...]:
        """Its topics, none, one or several."""
        return (self.topic,) if isinstance(self.topic, str) else self.topic

    @property
    def checks(self) -> tuple[str, ...]:
        """Its checks with spaces tidied."""
        return tuple(" ".join(str(check).split()) for check in self.settings.values())


@dataclass(frozen=True)
class Judged:
    """The outcome of one setting, with whether chance alone may explain it."""

    outcome: Outcome
    doubtful: bool = False
    """Whether it fails Benjamini and Hochberg's procedure at 5 % over all checks of the site."""


def references(options: Options, where: Where) -> list[Ref]:
    """Name the runs that the settings compare; refuse a claim that says or checks nothing."""
    if not options.settings and not options.verdict:
        hint = "Add `settings:` with a check each, or set `verdict: not-testable` and a `reason`."
        raise DLError(where, "the claim has no settings.", hint)
    if options.verdict and options.settings:
        hint = "Remove `verdict`, or the settings."
        raise DLError(where, "a claim with settings gets its verdict from what they measure.", hint)
    if options.finding and options.verdict != "by-sources":
        raise DLError(where, "a `finding` is what sources say.", "Write `verdict: by-sources`, or remove it.")
    if options.verdict and not options.reason.strip() and not options.citation:
        wanted = "a `reason`" if options.verdict == "not-testable" else "a `reason` or a `citation`"
        raise DLError(where, f"the verdict '{options.verdict}' needs {wanted}.")
    if options.verdict == "not-testable" and not options.reason.strip():
        raise DLError(where, "the verdict 'not-testable' needs a `reason`.")
    read_sources(options.said_by, where, "said_by")
    read_sources(options.citation, where, "citation")
    found = [ref for check in options.settings.values() for ref in refs(parse_check(str(check), where))]
    _ties(options, where, {ref.metric for ref in found})
    return found


def sources(options: Options, where: Where) -> tuple[Source, ...]:
    """Return who says it."""
    return read_sources(options.said_by, where, "said_by")


def _ties(options: Options, where: Where, metrics: set[str]) -> dict[str, float]:
    """Read the tie margins that hold for this claim alone."""
    margins = {name: value for name, value in options.ties.items() if name != "reason"}
    if options.ties and not (margins and str(options.ties.get("reason") or "").strip()):
        hint = "Write: ties: {test_acc: 0.02, reason: …}."
        raise DLError(where, "other tie margins than the declared ones need a metric and a `reason`.", hint)
    for name, value in margins.items():
        if metrics and name not in metrics:
            raise DLError(where, f"'{name}' in ties is no metric of this claim.", suggest(name, sorted(metrics)))
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e9:
            raise DLError(where, f"the tie margin of '{name}' must be a number, got {value!r}.")
    return {name: float(value) for name, value in margins.items()}


def judge_all(options: Options, results: Results, where: Where) -> list[Outcome]:
    """Judge every setting of a claim; one whose runs have no result is undecided, with that as its reason.

    Raises:
        DLError: a check cannot be calculated, or a margin of its own is set for a timing.
    """
    ties = _ties(options, where, set())
    return [_judge(str(check), ties, results, where) for check in options.settings.values()]


def _judge(text: str, ties: Mapping[str, float], results: Results, where: Where) -> Outcome:
    check = parse_check(text, where)

    def lookup(ref: Ref) -> Sample:
        sample = results.named(ref, where)[1]
        if ref.metric not in ties:
            return sample
        if sample.metric.kind == "timing":
            raise DLError(where, f"'{ref.metric}' is a timing; timings tie within a factor of 1.25.", "Remove it.")
        return replace(sample, metric=replace(sample.metric, tie=ties[ref.metric]))

    try:
        return judge(check, lookup, where)
    except NoResult as problem:
        nothing = Estimate(0.0, None, None, 0, "none", say("no-result"))
        return Outcome("undecided", nothing, problem.problem.rstrip("."), 0, None, check.text)


def word_of(options: Options, judged: Sequence[Judged]) -> str:
    """Return the verdict: that of the numbers, or the one set by hand."""
    return options.verdict or verdict([item.outcome for item in judged]).word


def label_of(options: Options, word: str) -> str:
    """Say a verdict for readers: in the word that the sources come to, where they decide."""
    return say(f"finding-{options.finding}" if options.finding else f"verdict-{word}")


def sentence_of(options: Options, judged: Sequence[Judged]) -> str:
    """Say what the verdict rests on, in one sentence."""
    return options.reason if options.verdict else verdict([item.outcome for item in judged]).sentence


def anchor_of(options: Options, name: str) -> str:
    """Return the HTML id of a claim: the author's, or one made of what it says."""
    return name or f"dl-claim-{digest_names([options.statement, *options.checks])[:8]}"


def render(options: Options, judged: Sequence[Judged], results: Results, place: Place) -> str:
    """Draw the statement, who says it, the verdict, and every setting with its measured difference."""
    word, sentence = word_of(options, judged), sentence_of(options, judged)
    name = escape(anchor_of(options, place.id))
    said = "".join(
        f'<p class="dl-source">— {source.html()}</p>'
        for source in read_sources(options.said_by, place.where, "said_by")
    )
    rows = [
        setting(label, str(check), item.outcome, item.doubtful, results, place)
        for (label, check), item in zip(options.settings.items(), judged, strict=True)
    ]
    cited = [source.html() for source in read_sources(options.citation, place.where, "citation")]
    notes = [html("cited", sources="; ".join(cited))] if cited else []
    margins = dict.fromkeys(item.outcome.margin for item in judged if item.outcome.margin)
    notes += [html("tie-margin", margin=escape(margin)) for margin in margins]
    notes += _own_ties(options, results, place.where)
    if any(item.doubtful for item in judged):
        notes.append(html("doubtful"))
    said_below = "".join(f'<p class="dl-note">{note}</p>' for note in notes)
    badge = f'<strong class="dl-badge" data-verdict="{word}">{escape(label_of(options, word))}</strong>'
    return (
        f'<section class="dl-claim" id="{name}" data-verdict="{word}" aria-labelledby="dl-{name}-statement">'
        f'<p class="dl-statement" id="dl-{name}-statement">{escape(options.statement)}</p>{said}'
        f'<p class="dl-verdict">{badge} {escape(sentence)}</p>{drawn(rows) if rows else ""}'
        f"{said_below}{_embed(options, word, sentence, place)}</section>"
    )


def _own_ties(options: Options, results: Results, where: Where) -> list[str]:
    """Say which tie margins hold for this claim alone, in place of which, and why."""
    reason = str(options.ties.get("reason", "")).strip().rstrip(".")
    notes = []
    for name, margin in _ties(options, where, set()).items():
        metric = results.metric(name)
        usual = margin_of(metric, metric.tie) if metric.tie is not None else say("no-tie")
        own = margin_of(metric, margin)
        notes.append(escape(say("own-tie", metric=inside(metric.title), own=own, usual=usual, reason=reason)))
    return notes


def _embed(options: Options, word: str, sentence: str, place: Place) -> str:
    """Ship the badge of a claim, and show how to put it elsewhere."""
    path = badges.path(place.id)
    if not path or not place.ships_files:
        return ""
    said = label_of(options, word)
    title = f"{options.statement} {said}: {sentence}"
    picture = badges.badge(options.badge or place.id, word, said, title)
    place.publish(path, picture)
    home = f"{place.site.rstrip('/')}/" if place.site else ""
    image, page = f"{home}{path}", f"{home}{place.url.removeprefix('./')}#{place.id}"
    alternative = " ".join(f"{options.statement.rstrip('.')}: {said}".split())
    spoken = alternative.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    forms = {
        "Markdown": f"[![{spoken}]({image})]({page})",
        "HTML": f'<a href="{escape(page)}"><img src="{escape(image)}" alt="{escape(alternative)}"></a>',
    }
    # With an id each: the button that Material adds copies the first code below the nearest id.
    ids = {form: escape(f"dl-{place.id}-{form.lower()}") for form in forms}
    shown = "".join(
        f'<p>{form}</p><pre id="{ids[form]}"><code>{escape(code)}</code></pre>' for form, code in forms.items()
    )
    unknown = "" if place.site else f"<p>{html('no-address')}</p>"
    size = picture.partition(b'width="')[2].partition(b'"')[0].decode()
    return (
        f'<details class="dl-data dl-embed"><summary>{html("embed")}</summary>'
        f'<p><img src="{escape(place.link(path))}" alt="{escape(alternative)}" width="{size}" height="20" '
        f'loading="lazy"></p>{shown}{unknown}</details>'
    )

"""Checks: decide comparisons of measured numbers, and what the decisions together say about a claim.

A setting is one comparison and ends as *pass*, *fail*, *tie* or *undecided*; a claim is several settings and ends as
a verdict.  Nothing is decided by a mean alone: the whole interval must lie on one side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mkdocs_dlplugin.digits import FINEST, Fineness, fineness, places, written
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.expressions import (
    Call,
    Check,
    Comparison,
    Node,
    Number,
    Operation,
    Ref,
    evaluate_numbers,
    format_number,
    refs,
)
from mkdocs_dlplugin.model import Metric, Sample, Where
from mkdocs_dlplugin.stats import (
    LEVEL,
    Estimate,
    Evidence,
    Interval,
    benjamini_hochberg,
    compare,
    compare_times,
    is_deterministic,
    paired_values,
    smallest_alpha,
    weigh,
)
from mkdocs_dlplugin.words import number, say

SAME_TIME = 1.25
"""Two times within this factor are a tie."""

Decision = Literal["pass", "fail", "tie", "undecided"]

Measures = Literal["value", "difference", "ratio", "number"]

Word = Literal["supported", "contradicted", "no-difference", "depends", "undecided"]


@dataclass(frozen=True)
class Outcome:
    """How one comparison ended, and by what."""

    outcome: Decision
    estimate: Estimate
    """Of left minus right; of the side that was measured where the other is a constant or an interval; of the ratio
    left / right for timings."""
    why: str
    """What decided it, or what is in the way: `interval 0.02 to 0.05 lies above 0`."""
    n: int
    """Seeds, or pairs of seeds, it rests on."""
    p: float | None
    """Smallest significance level at which it would be decided; `None` where nothing was tested."""
    text: str
    """The comparison as written."""
    measures: Measures = "difference"
    """What the estimate is: a metric's own value, a difference in its unit, a ratio of times, or a bare number."""
    margin: str = ""
    """Differences that do not matter here, `±1 pp`; empty where no margin plays a part."""

    @property
    def decided(self) -> bool:
        """Whether it is anything but undecided."""
        return self.outcome != "undecided"


@dataclass(frozen=True)
class Verdict:
    """What the settings of a claim say together."""

    word: Word
    decided: int
    """Settings that were decided."""
    total: int
    """Settings there are."""
    sentence: str
    """The counts in words: `2 of 3 settings decided: 2 pass.`"""


@dataclass(frozen=True)
class _Question:
    """A comparison brought to the form `evidence op threshold`."""

    evidence: Evidence
    op: Comparison
    ends: Interval
    """The threshold, twice; for `in` lowest and highest value that pass."""
    margin: float | None = None
    """Differences inside ± this do not matter."""
    tie: bool = False
    """Whether a tie may be the answer: runs stand against runs, without a constant."""
    unit: str = ""
    """Stands behind the numbers: ` pp`, ` %`, `×`, ` s` or nothing."""
    percent: bool = False
    """Whether they are shares that are shown as percentages."""
    logarithmic: bool = False
    """Whether the evidence is the logarithm of what is shown."""
    measures: Measures = "difference"


def judge(check: Check, lookup: Callable[[Ref], Sample], where: Where) -> Outcome:
    """Decide one comparison.

    Args:
        check: The comparison.
        lookup: Returns the sample a ref names.
        where: The block it stands in, for messages.

    Returns:
        The outcome with its interval.  First *tie*, only for runs against runs and a metric with a margin: the whole
        interval lies inside the margin.  Then *pass* or *fail*: it lies on one side.  Else *undecided*.  `a >= b` asks
        that *a* is not worse by more than the margin, `a ~ b` that the difference is inside it.

    Raises:
        DLError: the comparison cannot be calculated, or compares a run with itself.
    """
    samples = {ref: lookup(ref) for ref in dict.fromkeys(refs(check))}
    try:
        question = _ask(check, samples)
    except ValueError as error:
        raise DLError(where, f"'{check.text}' cannot be calculated: {error}.") from error
    return _answer(question, check.text)


def verdict(outcomes: Sequence[Outcome]) -> Verdict:
    """Sum up the settings of a claim in one word and one sentence.

    *supported*: at least two settings are decided, and more than half of all, each a pass.  *contradicted*: as many,
    none passes and at least one fails.  *no-difference*: as many, all ties.  *depends*: passes stand beside fails or
    ties.  Else *undecided*.  A claim with one setting needs only that one.
    """
    total = len(outcomes)
    count = {word: sum(o.outcome == word for o in outcomes) for word in ("pass", "fail", "tie")}
    decided = sum(count.values())
    enough = decided >= min(2, total) and 2 * decided > total
    word: Word = "undecided"
    if count["pass"] and decided > count["pass"]:
        word = "depends"
    elif enough:
        word = "supported" if count["pass"] else "contradicted" if count["fail"] else "no-difference"
    if total == 1:
        return Verdict(word, decided, total, say(f"one-{outcomes[0].outcome}"))
    said = say("settings-decided", decided=decided, total=total)
    listed = ", ".join(say(f"count-{name}", n=found) for name, found in count.items() if found)
    return Verdict(word, decided, total, f"{said}: {listed}." if listed else f"{said}.")


def mark_doubtful(outcomes: Sequence[Outcome], rate: float = 0.05) -> set[int]:
    """Find the decided outcomes that may be chance, given how many were tested: those failing Benjamini–Hochberg.

    Args:
        outcomes: Every outcome of the ledger, undecided ones included, since they were tested too.
        rate: Share of false ones tolerated among those that hold.

    Returns:
        Their indexes.  Exact comparisons are no tests and are never among them.
    """
    tested = [(index, outcome.p) for index, outcome in enumerate(outcomes) if outcome.p is not None]
    holds = benjamini_hochberg([p for _, p in tested], rate)
    return {index for (index, _), held in zip(tested, holds, strict=True) if not held and outcomes[index].decided}


def estimated(node: Node, lookup: Callable[[Ref], Sample], where: Where) -> tuple[Estimate, Metric]:
    """Estimate an expression, for a number inside a sentence.

    Args:
        node: The expression.
        lookup: Returns the sample a ref names.
        where: The place it stands in, for messages.

    Returns:
        Its estimate, and the metric whose unit and style it has: that of the first ref, without its range where the
        expression is more than one ref, and without unit and style where it is a ratio.

    Raises:
        DLError: it cannot be calculated.
    """
    named = list(dict.fromkeys(refs(node)))
    samples = {ref: lookup(ref) for ref in named}
    first = samples[named[0]].metric
    try:
        if isinstance(node, Ref):
            return weigh(samples[node]).at(), first
        exact = all(sample.metric.kind == "exact" for sample in samples.values())
        metric = replace(first, range=None, kind="exact" if exact else "measured")
        if isinstance(node, Operation) and node.op == "-" and metric.style == "percent":
            metric = replace(metric, unit="pp")
        if any(isinstance(part, Operation) and part.op == "/" for part in _parts(node)):
            metric = replace(metric, unit="", style="number")
        if _is_ratio_of_times(node, samples):
            return compare_times(*samples.values()).mapped(math.exp).at(), metric
        return _gather(node, samples).at(), metric
    except ValueError as error:
        raise DLError(where, f"this value cannot be calculated: {error}.") from error


def _is_ratio_of_times(node: Node, samples: Mapping[Ref, Sample]) -> bool:
    """Tell whether an expression divides one timing by another, which is estimated by the logarithm of the ratio."""
    between_refs = isinstance(node, Operation) and isinstance(node.left, Ref) and isinstance(node.right, Ref)
    ratio = between_refs and isinstance(node, Operation) and node.op == "/"
    return ratio and len(samples) == 2 and all(sample.metric.kind == "timing" for sample in samples.values())


def _ask(check: Check, samples: Mapping[Ref, Sample]) -> _Question:
    """Bring a check to the form `evidence op threshold`, with the evidence its samples allow."""
    left, right, op = check.left, check.right, check.op
    if right is not None and not any(refs(left)):
        left, right, op = right, left, _mirrored(op)
    between_runs = right is not None and not any(isinstance(part, Number) for part in (*_parts(left), *_parts(right)))
    if any(sample.metric.kind == "timing" for sample in samples.values()):
        return _ask_times(Check(op, left, right, check.interval, check.text), samples, between_runs)
    node, ends = left, check.interval or (0.0, 0.0)
    if right is not None and any(refs(right)):
        node = Operation("-", left, right)
    elif right is not None:
        threshold = evaluate_numbers(right, lambda ref: samples[ref].values)[0]
        ends = threshold, threshold
    # Margins and percentages mean something only while the expression keeps the unit of its metrics.
    kept = not any(_word(part) in ("*", "/", "log") for part in _parts(node))
    margin = _margin(samples.values()) if kept else None
    unit = ""
    if kept and all(sample.metric.style == "percent" for sample in samples.values()):
        unit = "\N{NO-BREAK SPACE}%" if isinstance(node, Ref) else _points()
    measures: Measures = "number" if not kept else "value" if isinstance(node, Ref) else "difference"
    return _Question(
        _gather(node, samples), op, ends, margin, between_runs, unit, percent=bool(unit), measures=measures
    )


def _ask_times(check: Check, samples: Mapping[Ref, Sample], between_runs: bool) -> _Question:
    """Ask about seconds by the logarithm of their ratio."""
    left, right = _powers(check.left), _powers(check.right) if check.right else (1.0, {})
    if left is None or right is None or any(sample.metric.kind != "timing" for sample in samples.values()):
        return _refuse(check, samples, say("ratio-only"))
    powers = {ref: left[1].get(ref, 0) - right[1].get(ref, 0) for ref in samples}
    over = [ref for ref, power in powers.items() if power == 1]
    under = [ref for ref, power in powers.items() if power == -1]
    if len(over) != 1 or len(under) > 1 or any(abs(power) > 1 for power in powers.values()):
        return _refuse(check, samples, say("ratio-only"))
    ends = check.interval or (right[0], right[0])
    if min(left[0], *ends) <= 0:
        raise ValueError("a time is compared with a number that is not positive")
    found = compare_times(samples[over[0]], samples[under[0]] if under else None)
    evidence = found.mapped(lambda value: value + math.log(left[0]))
    unit = "×" if under else "\N{NO-BREAK SPACE}s"
    logs = math.log(ends[0]), math.log(ends[1])
    margin = math.log(SAME_TIME) if under else None
    measures: Measures = "ratio" if under else "value"
    return _Question(evidence, check.op, logs, margin, between_runs, unit, logarithmic=True, measures=measures)


def _refuse(check: Check, samples: Mapping[Ref, Sample], why: str) -> _Question:
    """Keep a check that nothing can decide, with the value its means give."""
    node = Operation("-", check.left, check.right) if check.right else check.left
    return _Question(_undecidable(node, samples, why), check.op, (0.0, 0.0), margin=0.0)


def _undecidable(node: Node, samples: Mapping[Ref, Sample], why: str) -> Evidence:
    means = {ref: (sum(sample.values) / len(sample.values),) for ref, sample in samples.items()}
    mean = evaluate_numbers(node, means.__getitem__)[0]
    return Evidence(mean, min(len(sample.values) for sample in samples.values()), "none", why, why)


def _answer(question: _Question, text: str) -> Outcome:
    """Decide a question at the usual level, and find the level at which it would just be decided."""
    evidence, interval = question.evidence, question.evidence.interval
    shown = evidence.mapped(math.exp) if question.logarithmic else evidence
    exact, kind = evidence.kind == "exact", question.measures
    margin = _margin_text(question) if _has_margin(question) else ""
    if evidence.doubt or interval is None:
        why = evidence.doubt or evidence.label
        return Outcome("undecided", shown.at(), why, evidence.n, None, text, kind, margin)
    if question.op == "~" and question.margin is None and not exact:
        return Outcome("undecided", shown.at(), say("no-margin"), evidence.n, None, text, kind)
    outcome = _decide(question, interval(LEVEL))
    lies = _lies(question, outcome, interval(LEVEL))
    p = None if exact else smallest_alpha(lambda alpha: _decide(question, interval(1 - alpha)) != "undecided")
    found = shown.at(p=p)
    return Outcome(outcome, found, f"{_span(question, found)} {lies}", evidence.n, p, text, kind, margin)


def _has_margin(question: _Question) -> bool:
    """Tell whether a tie margin plays a part in the answer."""
    return bool(question.margin) and question.op != "in" and (question.tie or question.op == "~")


def _decide(question: _Question, interval: Interval) -> Decision:
    """Apply the rule of one operator to one interval."""
    (low, high), (start, end) = interval, question.ends
    op, margin = question.op, question.margin or 0.0
    inside = start - margin <= low and high <= end + margin
    outside = high < start - margin or low > end + margin
    if op == "in":
        passes, fails = start <= low and high <= end, high < start or low > end
    elif op == "~":
        passes, fails = inside, outside
    elif op in (">=", "<="):
        spared = margin if question.tie else 0.0
        passes = low >= start - spared if op == ">=" else high <= start + spared
        fails = high < start - spared if op == ">=" else low > start + spared
    else:
        if question.tie and margin and inside:
            return "tie"
        # An interval may end at the threshold, where the metric itself ends.
        passes = low > start if op == ">" else high < start
        fails = high <= start if op == ">" else low >= start
    return "pass" if passes else "fail" if fails else "undecided"


def _lies(question: _Question, outcome: Decision, interval: Interval) -> str:
    """Say how the interval lies, in the words of the operator."""
    op, start = question.op, _printed(question, question.ends[0])
    margin = _margin_text(question)
    if op == "in":
        zone = f"[{start}, {_printed(question, question.ends[1])}]"
    else:
        zone = margin if question.tie or not question.ends[0] else f"{start} {margin}"
    if op in ("in", "~") or outcome == "tie":
        return say({"fail": "lies-outside", "undecided": "lies-across"}.get(outcome, "lies-inside"), zone=zone)
    up, down = ("above", "below") if op in (">", ">=") else ("below", "above")
    spares = question.tie and question.margin and op in (">=", "<=")
    spared = f" {say('by-more-than', margin=margin.lstrip('±'))}" if spares else ""
    if outcome == "undecided":
        return say(f"may-lie-{down}", value=start) + spared if spared else say("lies-around", value=start)
    if outcome == "fail":
        touches = question.ends[0] in interval and op in (">", "<")
        return say(f"lies-not-{up}", value=start) if touches else say(f"lies-{down}", value=start) + spared
    return say(f"lies-not-{down}", value=start) + spared if op in (">=", "<=") else say(f"lies-{up}", value=start)


def _margin_text(question: _Question) -> str:
    """Write the tie margin: `±1 pp`, or by which factor times may differ."""
    if question.logarithmic:
        return say("factor", value=number(f"{SAME_TIME}"))
    margin = question.margin or 0.0
    text = _number(question, margin, _decimals(margin))
    return f"±{text}{_points() if question.percent and margin else question.unit if margin else ''}"


def _gather(node: Node, samples: Mapping[Ref, Sample]) -> Evidence:
    """Weigh an expression of measured metrics: one run, two runs, or seed by seed where all are paired."""
    used = {ref: samples[ref] for ref in dict.fromkeys(refs(node))}
    if all(sample.metric.kind == "exact" for sample in used.values()):
        return _gather_exact(node, used)
    fixed = {ref: s.values[0] for ref, s in used.items() if s.metric.kind == "exact" and is_deterministic(s.values)}
    measured = {ref: sample for ref, sample in used.items() if ref not in fixed}
    if len({(ref.run, ref.point) for ref in measured}) == 1:
        # Metrics of one job belong together whatever its data are called.
        measured = {ref: replace(sample, data=sample.data or ref.run) for ref, sample in measured.items()}
    weights = _linear(node, fixed)
    if weights is not None:
        constant, slopes = weights
        terms = [(ref, slope) for ref, slope in slopes.items() if slope]
        if not terms:
            raise ValueError("a run is compared with itself")
        (ref, slope), rest = terms[0], terms[1:]
        if not rest:
            return weigh(measured[ref]).mapped(lambda value: slope * value + constant)
        if len(rest) == 1 and math.isclose(rest[0][1], -slope):
            return compare(measured[ref], measured[rest[0][0]]).mapped(lambda value: slope * value + constant)
    joined = _seed_by_seed(node, measured, fixed)
    if joined:
        return weigh(joined)
    if weights is not None and len(terms) == 2:
        a, b = (_scaled(measured[ref], slope) for ref, slope in terms)
        return compare(a, _scaled(b, -1.0)).mapped(lambda value: value + constant)
    return _undecidable(node, used, say("not-paired"))


def _gather_exact(node: Node, samples: Mapping[Ref, Sample]) -> Evidence:
    """Calculate with exact metrics; where they differ between seeds, the result spans what it takes."""
    columns = {
        ref: sample.values[:1] if is_deterministic(sample.values) else sample.values for ref, sample in samples.items()
    }
    found = evaluate_numbers(node, columns.__getitem__)
    return Evidence(
        sum(found) / len(found), min(len(s.values) for s in samples.values()), "exact", "exact",
        interval=lambda _: (min(found), max(found)),
    )  # fmt: skip


def _seed_by_seed(node: Node, samples: Mapping[Ref, Sample], fixed: Mapping[Ref, float]) -> Sample | None:
    """Evaluate an expression per seed into a sample of its own; `None` where its runs are not all paired."""
    members = list(samples.values())
    rows = paired_values(members)
    if len(rows) < 2:
        return None
    seeds = sorted(set.intersection(*(set(sample.seeds) for sample in members)))
    columns = {ref: tuple(row[place] for row in rows) for place, ref in enumerate(samples)}
    columns |= {ref: (value,) for ref, value in fixed.items()}
    # What only rounding leaves of equal terms is nothing, and must not pass for a small difference.
    least = 1e-12 * max(abs(value) for column in columns.values() for value in column)
    values = tuple(value if abs(value) > least else 0.0 for value in evaluate_numbers(node, columns.__getitem__))
    # The sample is as good as the weakest of its members: unsaid, one test set, splits, fresh data.
    weakest = min(members, key=lambda s: (bool(s.varies), bool(s.varies & {"data", "split"}), "data" in s.varies))
    sizes = max(members, key=lambda s: s.n_test / s.n_train if s.n_train else math.inf)
    return Sample("", Metric(""), tuple(seeds), values, weakest.varies, weakest.data, sizes.n_train, sizes.n_test)


def _scaled(sample: Sample, slope: float) -> Sample:
    """Multiply a sample; its test items no longer speak about it, nor does its metric's range."""
    values = tuple(slope * value for value in sample.values)
    return replace(sample, values=values, correct=(), metric=replace(sample.metric, range=None))


def _linear(node: Node, fixed: Mapping[Ref, float]) -> tuple[float, dict[Ref, float]] | None:
    """Write an expression as a constant plus a weighted sum of refs; `None` where it is no such sum."""
    match node:
        case Number():
            return node.value, {}
        case Ref():
            return (fixed[node], {}) if node in fixed else (0.0, {node: 1.0})
        case Operation(op, left, right):
            first, second = _linear(left, fixed), _linear(right, fixed)
            if first is None or second is None:
                return None
            if op in "+-":
                sign = 1.0 if op == "+" else -1.0
                slopes = {ref: first[1].get(ref, 0.0) + sign * second[1].get(ref, 0.0) for ref in first[1] | second[1]}
                return first[0] + sign * second[0], slopes
            if op == "*" and not first[1]:
                first, second = second, first
            if second[1] or (op == "/" and second[0] == 0):
                return None
            by = second[0] if op == "*" else 1 / second[0]
            return first[0] * by, {ref: slope * by for ref, slope in first[1].items()}
        case Call():
            return None


def _powers(node: Node) -> tuple[float, dict[Ref, int]] | None:
    """Write an expression as a factor times powers of refs; `None` where it is no such product."""
    match node:
        case Number():
            return node.value, {}
        case Ref():
            return 1.0, {node: 1}
        case Operation(op, left, right) if op in "*/":
            first, second = _powers(left), _powers(right)
            if first is None or second is None or (op == "/" and second[0] == 0):
                return None
            sign = 1 if op == "*" else -1
            powers = {ref: first[1].get(ref, 0) + sign * second[1].get(ref, 0) for ref in first[1] | second[1]}
            return first[0] * second[0] ** sign, powers
        case _:
            return None


def _margin(samples: Iterable[Sample]) -> float | None:
    """Return the strictest tie margin of the metrics involved; `None` where one has none."""
    margins = [sample.metric.tie for sample in samples]
    known = [margin for margin in margins if margin is not None]
    return min(known) if len(known) == len(margins) else None


def _mirrored(op: Comparison) -> Comparison:
    mirror: dict[Comparison, Comparison] = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
    return mirror.get(op, op)


def _word(node: Node) -> str:
    """Return the operator or function an expression begins with, empty for names and numbers."""
    return node.op if isinstance(node, Operation) else node.name if isinstance(node, Call) else ""


def _parts(node: Node | None) -> Iterator[Node]:
    """Yield an expression and everything inside it."""
    if node is None:
        return
    yield node
    if isinstance(node, Operation):
        yield from _parts(node.left)
        yield from _parts(node.right)
    elif isinstance(node, Call):
        for arg in node.args:
            yield from _parts(arg)


def _span(question: _Question, found: Estimate) -> str:
    """Print the interval a question was decided by: `interval 0.02 to 0.05`, or the exact number."""
    low, high = found.low or 0.0, found.high or 0.0
    if low == high:
        return say("exact-value", value=_printed(question, math.log(low) if question.logarithmic else low))
    scale = 100.0 if question.percent else 1.0
    fine = fineness(scale * max(abs(low), abs(high)), scale * (found.half_width or 0.0))
    # Both ends are printed as finely as the shorter arm needs, or a skewed ratio loses its lower end.
    if question.logarithmic and found.mean > low:
        fine = Fineness(min(max(fine.places, places(found.mean - low)), FINEST))
    ends = {math.exp(end) if question.logarithmic else end for end in question.ends}
    # An end that lies just beside the threshold must not be printed as the threshold.
    while fine.places < FINEST and any(
        round(scale * a, fine.decimals) == round(scale * b, fine.decimals) for a in (low, high) for b in ends if a != b
    ):
        fine = replace(fine, places=fine.places + 1)
    name = "ratio-span" if question.measures == "ratio" else "interval-span"
    return say(name, low=written(scale * low, fine), high=written(scale * high, fine)) + question.unit


def _printed(question: _Question, value: float) -> str:
    """Print a threshold with the decimals it was written with."""
    shown = math.exp(value) if question.logarithmic else value
    return _number(question, shown, _decimals(shown)) + (question.unit if shown else "")


def _decimals(value: float) -> int:
    """Count the decimals that a number was written with."""
    return next((n for n in range(8) if math.isclose(round(value, n), value, rel_tol=1e-9, abs_tol=1e-12)), 4)


def _number(question: _Question, value: float, decimals: int) -> str:
    if question.percent:
        value, decimals = value * 100, max(0, decimals - 2)
    return number(format_number(value, f".{decimals}f"))


def _points() -> str:
    return f"\N{NO-BREAK SPACE}{say('points')}"

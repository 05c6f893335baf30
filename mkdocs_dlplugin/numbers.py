"""Numbers: how a measured value reads, in tables, in sentences and as plain text, the same on every page."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from html import escape

from mkdocs_dlplugin.digits import Fineness, brief, fineness, leading, least, places, written
from mkdocs_dlplugin.expressions import format_number, format_parts
from mkdocs_dlplugin.model import Metric
from mkdocs_dlplugin.results import Group, Place
from mkdocs_dlplugin.stats import Estimate
from mkdocs_dlplugin.words import number, say

NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Shown:
    """A number as readers see it."""

    value: str
    """The value with its unit: `94.2 %`, `5,210`, `12.4 s`."""
    spread: str
    """Its uncertainty: `± 1.1`, `(99.1 to 100)`, `single run`, `all agree`; empty for exact counts."""
    basis: str
    """What it rests on: `5 seeds`, `single run`."""
    words: str
    """A sentence for a tooltip: `mean of 5 seeds, 95 % interval (t over seeds)`."""
    raw: float | None = None
    """The value itself, in the metric's own unit, for those who calculate with it."""

    @property
    def text(self) -> str:
        """The whole as plain text: `94.2 % ± 1.1 (5 seeds)`."""
        both = f"{self.value} {self.spread}".strip()
        return f"{both} ({self.basis})" if self.basis and self.basis != self.spread else both


def shown(estimate: Estimate, metric: Metric, spec: str = "") -> Shown:
    """Write an estimate in the metric's style; digits follow the interval unless a format is given.

    Args:
        estimate: Mean and interval in the metric's own unit.
        metric: How it is shown.
        spec: An author's format, as `expressions.InlineValue.format`.  It says how the value is written; the spread
            never gets more than two significant digits, and is never written as nothing.  Where it would round away
            what the interval supports, or all of a value without an interval, it gives way.
    """
    mean, low, high, half = estimate.mean, estimate.low, estimate.high, estimate.half_width
    basis = say("single-run") if estimate.n == 1 else say("seeds", n=estimate.n)
    fine = _fine(estimate, _scale(metric, spec))
    own = _rescued(estimate, metric, spec, fine)
    value = _with_unit(_bare(mean, metric, spec, fine, own), metric, spec)
    if metric.kind == "exact" and (low is None or low == high):
        return Shown(value, "", "", say("counted"), mean)
    if low is None or high is None or half is None:
        words = {"none": say("no-interval"), "deterministic": say("deterministic")}
        word = basis if estimate.n == 1 else words.get(estimate.kind, estimate.kind)
        return Shown(value, word, basis, say("no-basis", label=estimate.label or word), mean)
    if half == 0:
        spread = say("deterministic")
    elif estimate.symmetric:
        spread = f"±{NBSP}{_arm(half, metric, spec, fine, own)}"
    else:
        spread = say("range", low=_bare(low, metric, spec, fine, own), high=_bare(high, metric, spec, fine, own))
    return Shown(value, spread, basis, say("basis", basis=basis, label=estimate.label), mean)


def spoken(estimate: Estimate, metric: Metric, spec: str = "") -> Shown:
    """Write an estimate for a sentence: where its seeds do not differ, `100 % (all 5 seeds agree)`."""
    number = shown(estimate, metric, spec)
    alike = estimate.n > 1 and number.spread == say("deterministic")
    return replace(number, spread="", basis=say("seeds-agree", n=estimate.n)) if alike else number


def _fine(estimate: Estimate, scale: float) -> Fineness | None:
    """Choose how finely all numbers of an estimate are written; `None` where no interval says."""
    low, high, half = estimate.low, estimate.high, estimate.half_width
    if not half or low is None or high is None or not math.isfinite(half):
        return None
    size = scale * max(abs(estimate.mean), abs(low), abs(high))
    fine, shorter = fineness(size, scale * half), min(estimate.mean - low, high - estimate.mean)
    # A skewed ratio would lose its lower end.
    return fineness(size, scale * shorter) if shorter > 0 and _vanishes(estimate, scale, fine.decimals) else fine


def _vanishes(estimate: Estimate, scale: float, decimals: int) -> bool:
    """Tell whether the mean or an end of its interval is something and would be written as nothing."""
    return any(value and not round(scale * value, decimals) for value in (estimate.mean, estimate.low, estimate.high))


def _rescued(estimate: Estimate, metric: Metric, spec: str, fine: Fineness | None) -> Fineness | None:
    """Choose how finely numbers are written that their format would write as nothing; `None` where it would not."""
    asked, scale = format_parts(spec), _scale(metric, spec)
    digits = 1 if metric.style == "percent" and not spec and fine is None else asked.digits
    if digits is None or asked.kind not in ("", "%", "pp", "x", "f", "F") or (digits and spec and not asked.kind):
        return None
    if not math.isfinite(estimate.mean) or not _vanishes(estimate, scale, digits):
        return None
    if fine is None:
        return leading(scale * estimate.mean)
    return fine if fine.decimals > digits else None


def _scale(metric: Metric, spec: str) -> float:
    return 100.0 if (metric.style == "percent" and not spec) or spec.endswith(("%", "pp")) else 1.0


def _with_unit(text: str, metric: Metric, spec: str) -> str:
    """Put the unit behind a value."""
    if spec.endswith("%"):
        return f"{text}{NBSP}%"
    if spec.endswith(("pp", "x")):
        return text
    unit = (metric.unit or "%") if metric.style == "percent" and not spec else metric.unit
    return f"{text}{NBSP}{say('points') if unit == 'pp' else unit}" if unit else text


def _bare(value: float, metric: Metric, spec: str, fine: Fineness | None, own: Fineness | None) -> str:
    """Write a value without its unit, so that an interval's ends can share one; finer than its format with *own*."""
    asked = format_parts(spec)
    if own is not None:
        text = written(value * _scale(metric, spec), own)
        text += {"x": "×", "pp": f"{NBSP}{say('points')}"}.get(asked.kind, "")
    elif asked.kind or asked.digits is not None:
        text = format_number(value, spec).removesuffix("%")
        return number(text.removesuffix("pp")) + say("points") if asked.kind == "pp" else number(text)
    elif fine is not None:
        text = written(value * _scale(metric, spec), fine)
    elif metric.style == "percent" and not spec:
        text = number(format_number(value * 100, ".1f"))
    else:
        text = brief(value)
    return f"+{text}" if asked.signed and value > 0 else text


def _arm(half: float, metric: Metric, spec: str, fine: Fineness | None, own: Fineness | None) -> str:
    """Write a half-width, with no more digits than its value has and at most two that say something."""
    asked, scale = format_parts(spec), _scale(metric, spec)
    if own is not None:
        return written(scale * half, own)
    if asked.kind in tuple("eEgG"):
        return number(format_number(half, f".1{asked.kind}"))
    own = fine or fineness(scale * half, scale * half)
    if asked.digits is not None:
        own = Fineness(min(places(scale * half), asked.digits))
    text = written(scale * half, own)
    return text if any(digit in text.partition("×")[0] for digit in "∞123456789") else f"<{least(own)}"


def linked(number: Shown, metric: str, groups: list[Group], place: Place, spec: str = "") -> str:
    """Write a number as a link to the page of its run; with several runs behind it, to the first.

    Without pages of runs (a site built from records alone) it is a plain `span` with the same data.
    """
    first = groups[0]
    raw = "" if number.raw is None else f' data-value="{number.raw:.10g}"'
    data = (
        f'class="dl-num" data-run="{escape(" ".join(g.address for g in groups))}" data-metric="{escape(metric)}" '
        f'data-n="{min(len(g.records) for g in groups)}" data-format="{escape(spec)}"{raw} '
        f'title="{escape(number.words)}"'
    )
    inner = escape(number.value)
    if number.spread:
        inner += f'{NBSP}<span class="dl-ci">{escape(number.spread)}</span>'
    return (
        f'<a {data} href="{escape(place.run_link(first))}">{inner}</a>'
        if place.run_pages
        else f"<span {data}>{inner}</span>"
    )

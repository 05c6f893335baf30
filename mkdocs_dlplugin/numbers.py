"""Numbers: how a measured value reads, in tables, in sentences and as plain text, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from mkdocs_dlplugin.expressions import format_number
from mkdocs_dlplugin.model import Metric
from mkdocs_dlplugin.results import Group, Place
from mkdocs_dlplugin.stats import Estimate, decimals
from mkdocs_dlplugin.words import say

NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Shown:
    """A number as readers see it."""

    value: str
    """The value with its unit: `94.2 %`, `5,210`, `12.4 s`."""
    spread: str
    """Its uncertainty: `± 1.1`, `(99.1 to 100)`, `single run`, `deterministic`; empty for exact counts."""
    basis: str
    """What it rests on: `5 seeds`, `single run`."""
    words: str
    """A sentence for a tooltip: `mean of 5 seeds, 95 % interval (t over seeds)`."""

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
        spec: An author's format, as `expressions.InlineValue.format`.
    """
    basis = say("single-run") if estimate.n == 1 else say("seeds", n=estimate.n)
    if metric.kind == "exact" and (estimate.low is None or estimate.low == estimate.high):
        return Shown(_one(estimate.mean, metric, spec, None), "", "", say("counted"))
    if estimate.low is None or estimate.high is None:
        words = {"none": say("no-interval"), "deterministic": say("deterministic")}
        word = basis if estimate.n == 1 else words.get(estimate.kind, estimate.kind)
        return Shown(
            _one(estimate.mean, metric, spec, None), word, basis, say("no-basis", label=estimate.label or word)
        )
    half = estimate.half_width
    value = _one(estimate.mean, metric, spec, half)
    if half is None or not estimate.symmetric:
        ends = [_bare(end, metric, spec, half) for end in (estimate.low, estimate.high)]
        spread = say("range", low=ends[0], high=ends[1])
    else:
        spread = f"±{NBSP}{_bare(half, metric, spec, half).lstrip('+')}"
    return Shown(value, spread, basis, say("basis", basis=basis, label=estimate.label))


def _one(value: float, metric: Metric, spec: str, half: float | None) -> str:
    """Write a value with its unit."""
    text = _bare(value, metric, spec, half)
    if (spec and spec[-1] in "%x") or spec.endswith("pp"):
        return text if not spec.endswith("%") else f"{text}{NBSP}%"
    if metric.style == "percent" and not spec:
        return f"{text}{NBSP}{metric.unit or '%'}"
    return f"{text}{NBSP}{metric.unit}" if metric.unit else text


def _bare(value: float, metric: Metric, spec: str, half: float | None) -> str:
    """Write a value without its unit, so that an interval's ends can share one."""
    if spec:
        return format_number(value, spec).removesuffix("%")
    scale = 100.0 if metric.style == "percent" else 1.0
    if half is None or half == 0:
        if metric.style == "percent":
            return format_number(value * scale, ".1f")
        return format_number(value, "," if float(value).is_integer() else "")
    return format_number(value * scale, f",.{decimals(half * scale)}f")


def linked(number: Shown, metric: str, groups: list[Group], place: Place, spec: str = "") -> str:
    """Write a number as a link to the page of its run; with several runs behind it, to the first.

    Without pages of runs (a site built from records alone) it is a plain `span` with the same data.
    """
    first = groups[0]
    data = (
        f'class="dl-num" data-run="{escape(" ".join(g.address for g in groups))}" data-metric="{escape(metric)}" '
        f'data-n="{min(len(g.records) for g in groups)}" data-format="{escape(spec)}" title="{escape(number.words)}"'
    )
    inner = escape(number.value)
    if number.spread:
        inner += f'{NBSP}<span class="dl-ci">{escape(number.spread)}</span>'
    return (
        f'<a {data} href="{escape(place.run_link(first))}">{inner}</a>'
        if place.run_pages
        else f"<span {data}>{inner}</span>"
    )

"""Ranking: which number of a column is best, which cannot be told apart from it, and which must not be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal

from mkdocs_dlplugin.model import Metric, Sample
from mkdocs_dlplugin.results import device_of
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.stats import compare_times, difference, estimate
from mkdocs_dlplugin.views.compared import Row
from mkdocs_dlplugin.words import say

Mark = Literal["best", "tied"]


def marks(metric: Metric, rows: Sequence[Row]) -> dict[str, Mark]:
    """Mark, by address, the best mean of a metric among some rows, and what its difference to it cannot tell apart.

    Nothing is marked where the numbers are no rivals: single runs, a metric that has no better direction, or seconds
    of different clocks and machines.
    """
    having = [row for row in rows if metric.name in row.samples]
    if not metric.better or len(having) < 2 or odd_ones(metric, having):
        return {}
    samples = {row.group.address: row.samples[metric.name] for row in having}
    sign = 1 if metric.better == "higher" else -1
    first = max(samples, key=lambda address: sign * estimate(samples[address]).mean)
    if estimate(samples[first]).low is None and metric.kind != "exact":
        return {}  # single runs: which is best would be chance, and so would be the mark
    if metric.kind == "exact":
        # Equal counts are equally good; where all are, none is best.
        equals = [address for address, sample in samples.items() if _same(sample, samples[first])]
        return dict.fromkeys(equals, "best") if len(equals) < len(having) else {}
    found: dict[str, Mark] = {
        address: "tied" for address, sample in samples.items() if _inseparable(samples[first], sample)
    }
    return {**found, first: "best"}


def _same(one: Sample, other: Sample) -> bool:
    return estimate(one).mean == estimate(other).mean


def _inseparable(best: Sample, other: Sample) -> bool:
    if best.metric.kind == "timing":
        ratio = compare_times(best, other).at()
        return ratio.low is None or ratio.high is None or ratio.low <= 0 <= ratio.high
    apart = difference(best, other)
    if apart.low is None or apart.high is None:
        return apart.mean == 0 or apart.n <= 1
    return apart.low <= 0 <= apart.high


def odd_ones(metric: Metric, rows: Sequence[Row]) -> dict[str, str]:
    """Name, by address, the rows whose number is in another unit, or timed on another machine, than that of most.

    Returns:
        A sentence for each, for a footnote; empty where all may stand in one column.
    """
    having = [row for row in rows if metric.name in row.samples]
    units = {row.group.address: unit_of(row.samples[metric.name], row) for row in having}
    if not units:
        return {}
    usual = _usual(units)
    found = {address: say("mixed-unit", unit=unit, other=usual) for address, unit in units.items() if unit != usual}
    timed = {row.group.address: row for row in having if row.samples[metric.name].metric.kind == "timing"}
    machines = {address: row.samples[metric.name].machine for address, row in timed.items()}
    if machines:
        own = _usual(machines)
        for address, machine in machines.items():
            if machine != own and address not in found:
                device = plain(device_of(timed[address].group.records[0]))
                found[address] = say("mixed-machine", device=device)
    return found


def _usual(said: Mapping[str, str]) -> str:
    """Return what most say; of several that as many say, what was said first."""
    return Counter(said.values()).most_common(1)[0][0]


def unit_of(sample: Sample, row: Row) -> str:
    """Name the unit of a number in words, with the clock of a timing."""
    metric = sample.metric
    if metric.kind != "timing":
        return metric.unit or say("percent" if metric.style == "percent" else "no-unit")
    clock = metric.clock or ("cpu" if "cpu" in row.group.devices else "wall")
    return say("cpu-seconds" if clock == "cpu" else "wall-seconds")

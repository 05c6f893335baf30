"""Series: what a run logged step by step, each series in a small drawing, with the numbers below."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mkdocs_dlplugin.digits import rounded
from mkdocs_dlplugin.results import LARGEST, Group, Results
from mkdocs_dlplugin.views.multiples import MOST_LINES, Curve, draw, thinned, tick
from mkdocs_dlplugin.views.tables import Column, table
from mkdocs_dlplugin.words import html, say

DRAWN = 6
"""Series that are drawn; the others are in the file."""

ROWS = 25
"""Steps that the table shows."""


def read(group: Group, results: Results) -> list[Curve]:
    """Read the series of a run at one point, declared ones first; those without a finite value are left out."""
    names = list(dict.fromkeys(name for record in group.records for name in record.series))
    names.sort(key=lambda name: not results.metric(name).label)
    curves = []
    for name in names:
        seeds = tuple(_finite(*record.series[name]) for record in group.records if name in record.series)
        curve = Curve(results.metric(name), tuple(seed for seed in seeds if seed))
        if curve.seeds and curve.mean:
            curves.append(curve)
    return curves


def count(group: Group) -> int:
    """Count the series of a run at one point that would be drawn."""
    return min(DRAWN, len({name for record in group.records for name in record.series}))


def _finite(steps: Sequence[float], values: Sequence[float | None]) -> tuple[tuple[float, float], ...]:
    both = zip(steps, values, strict=True)
    return tuple((step, v) for step, v in both if v is not None and abs(v) <= LARGEST and abs(step) <= LARGEST)


def ends(curve: Curve) -> str:
    """Say where a curve begins and ends."""
    mean = curve.mean
    return say("from-to", first=tick(mean[0][1], curve.metric), last=tick(mean[-1][1], curve.metric))


def render(group: Group, results: Results) -> str:
    """Draw the series of a run at one point; empty where it logged none."""
    curves = read(group, results)
    if not curves:
        return ""
    drawn = "".join(
        f"<div><p>{escape(curve.metric.title)}</p>{draw(curve, _alternative(curve, group))}</div>"
        for curve in curves[:DRAWN]
    )
    left = ", ".join(curve.metric.title for curve in curves[DRAWN:])
    more = f" {html('run-curve-more', names=escape(left))}" if left else ""
    return (
        f'<figure class="dl-curves"><div class="dl-multiples">{drawn}</div>'
        f"{_data(curves[:DRAWN])}<figcaption>{_caption(curves)}{more}</figcaption></figure>"
    )


def _caption(curves: Sequence[Curve]) -> str:
    most = max(len(curve.seeds) for curve in curves)
    seeds = say("seeds", n=most)
    if most == 1:
        return html("run-curve-single")
    return html("run-curve-band" if most > MOST_LINES else "run-curve-caption", seeds=escape(seeds))


def _alternative(curve: Curve, group: Group) -> str:
    mean = curve.mean
    return say(
        "run-curve-alt",
        metric=curve.metric.title,
        run=group.address,
        seeds=say("seeds", n=len(curve.seeds)),
        ends=ends(curve),
        low=rounded(mean[0][0]),
        high=rounded(mean[-1][0]),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _data(curves: Sequence[Curve]) -> str:
    """List the means, at some of the steps where there are many."""
    columns = [dict(curve.mean) for curve in curves]
    steps = [step for step, _ in thinned([(s, 0.0) for s in sorted({step for c in columns for step in c})], ROWS)]
    rows = []
    for step in steps:
        cells = "".join(
            f'<td class="dl-number">{tick(column[step], curve.metric) if step in column else "–"}</td>'
            for column, curve in zip(columns, curves, strict=True)
        )
        rows.append(f'<tr><th scope="row">{rounded(step)}</th>{cells}</tr>')
    heads: list[Column] = [escape(_capital(say("step"))), *((escape(curve.metric.title),) for curve in curves)]
    drawn = table(heads, rows, label=say("data"))
    return f'<details class="dl-data" data-search-exclude><summary>{html("data")}</summary>{drawn}</details>'

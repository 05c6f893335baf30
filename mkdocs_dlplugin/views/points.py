"""Points: what a run measured, as it is or at each point of its grid: first one table, then one fold per point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from html import escape

from mkdocs_dlplugin.digits import rounded
from mkdocs_dlplugin.model import Metric, show
from mkdocs_dlplugin.numbers import NBSP, shown
from mkdocs_dlplugin.reporting import listed
from mkdocs_dlplugin.results import Group, Place, Results, anchor, value_of
from mkdocs_dlplugin.standalone import Kit
from mkdocs_dlplugin.stats import estimate
from mkdocs_dlplugin.vega import Renderer
from mkdocs_dlplugin.views import output, series
from mkdocs_dlplugin.views.multiples import sparkline
from mkdocs_dlplugin.views.tables import Column, table
from mkdocs_dlplugin.words import html, number, say

COLUMNS = 4
"""Metrics that the table of all points shows."""

FEW = 3
"""Up to so many points stand open."""

LINES = 200
"""Lines of all curves on one page; where there would be more, the table alone shows one per point, small as a word."""

PRINTED = 100_000
"""Letters of output that the page of a run shows."""


def single(group: Group, place: Place, results: Results, renderer: Renderer | None = None) -> str:
    """Draw a run without a grid: its metrics, its curves, what it printed and drew, and the files it kept."""
    if not group.records:
        return f"<p>{html('run-absent', seeds=escape(listed(group.absent)))}</p>" if group.absent else ""
    shows = any(record.outputs for record in group.records)
    ran = _output(group, place, renderer)
    return (
        (metrics(group, results) or f"<p>{html('run-no-metric')}</p>")
        + _section("run-curves", "dl-curves", series.render(group, results))
        + (_section("output", "dl-output", ran) if shows else ran)
        + _kept(group, place)
    )


def headline(kit: Kit) -> list[tuple[str, str]]:
    """Tell the metric by which the run is judged, with its estimate; nothing where there are several points."""
    groups = [group for group in kit.groups if group.records]
    names = column_names(groups, kit.results) if len(groups) == 1 and not kit.run.gridded else []
    sample = kit.results.find(groups[0], names[0]) if names else None
    if sample is None or worth(sample.metric) > 1:
        return []
    number = shown(estimate(sample), sample.metric)
    said = f'<strong>{escape(number.value)}</strong> <span class="dl-ci">{escape(number.spread)}</span>'
    return [(sample.metric.title, said)]


def _section(word: str, name: str, inside: str) -> str:
    return f'<h2 id="{name}">{html(word)}</h2>{inside}' if inside else ""


def grid(kit: Kit, place: Place, renderer: Renderer | None = None) -> str:
    """Draw a run at all of its points."""
    parts, left = [_overview(kit)], PRINTED
    drawn = sum((len(group.records) + 1) * series.count(group) for group in kit.groups) <= LINES
    for group in kit.groups:
        name = f'<span id="dl-{escape(anchor(group.params))}"></span>'
        if not group.records:
            inside = f"<p>{html('run-absent', seeds=escape(listed(group.absent)))}</p>"
        else:
            curves = series.render(group, kit.results) if drawn else ""
            left -= _letters(group)
            printed = _output(group, place, renderer) if left > 0 else ""
            inside = metrics(group, kit.results) + curves + printed + _kept(group, place)
        opened = " open" if len(kit.groups) <= FEW else ""
        # The anchor stands inside: browsers open a fold to show what a link leads to, not the fold itself.
        summary = f"<summary>{escape(group.address)}</summary>"
        parts.append(f'<details class="dl-data dl-point"{opened}>{summary}{name}{inside}</details>')
    if left <= 0:
        parts.append(f"<p>{html('run-output-rest')}</p>")
    return "".join(parts)


def _letters(group: Group) -> int:
    return sum(len(printed.text) for record in group.records for printed in record.outputs)


def _overview(kit: Kit) -> str:
    """Draw one row per point, each with a link to its fold."""
    groups = [group for group in kit.groups if group.records]
    if not groups:
        return ""
    params = sorted({name for group in groups for name in group.params})
    names = column_names(groups, kit.results)[:COLUMNS]
    titles = [kit.results.metric(name).title for name in names]
    first = next((curves[0].metric for group in groups if (curves := series.read(group, kit.results))), None)
    heads: list[Column] = [escape(params[0]), *((escape(name),) for name in (*params[1:], *titles))]
    if first:
        heads.append(escape(first.title))
    rows = []
    for group in groups:
        link = f'href="#dl-{escape(anchor(group.params))}" title="{escape(group.address)}"'
        value = escape(show(group.params.get(params[0], "–")))
        line = f'<tr><th scope="row" data-sort="{value}"><a {link}>{value}</a></th>'
        line += "".join(_param(group, name) for name in params[1:])
        line += "".join(_estimate(group, name, kit.results) for name in names)
        rows.append(f"{line}{_spark(group, kit.results, first.name) if first else ''}</tr>")
    more = html("run-points-curve", series=escape(first.title)) if first else ""
    drawn = sortable(table(heads, rows, label=say("run-points-table")))
    return f'<figure class="dl-table">{drawn}<figcaption>{html("run-points-caption", more=more)}</figcaption></figure>'


def sortable(drawn: str) -> str:
    """Let a script sort a table by its columns, by the `data-sort` of cells where they have one."""
    return drawn.replace('<table class="dl-values"', '<table class="dl-values" data-sortable', 1)


def column_names(groups: Iterable[Group], results: Results) -> list[str]:
    """Name the metrics and timings that some groups have; first those that tell how good a run is."""
    names = dict.fromkeys(n for group in groups for record in group.records for n in (*record.metrics, *record.timings))
    return sorted(names, key=lambda name: worth(results.metric(name)))


def worth(metric: Metric) -> int:
    """Rank metrics by what they tell: how good, how fast, other measurements, counts, and what nobody declared."""
    if metric.kind == "measured" and metric.better:
        return 0 if metric.better == "higher" else 1
    return {"timing": 2, "measured": 3, "exact": 4}[metric.kind] if metric.label else 5


def _param(group: Group, name: str) -> str:
    value = group.params.get(name, "")
    return f'<td class="dl-number" data-sort="{escape(show(value))}">{escape(show(value))}</td>'


def _estimate(group: Group, name: str, results: Results) -> str:
    sample = results.find(group, name)
    if sample is None:
        return '<td class="dl-number">–</td>'
    made = estimate(sample)
    number = shown(made, sample.metric)
    return (
        f'<td class="dl-number" data-sort="{made.mean!r}">{escape(number.value)}{NBSP}'
        f'<span class="dl-ci">{escape(number.spread)}</span></td>'
    )


def _spark(group: Group, results: Results, name: str) -> str:
    curve = next((one for one in series.read(group, results) if one.metric.name == name), None)
    return f"<td>{sparkline(curve.mean, series.ends(curve)) if curve else '–'}</td>"


def metrics(group: Group, results: Results) -> str:
    """Draw the table of a point: each metric's estimate and its value per seed."""
    rows = []
    for name in column_names([group], results):
        sample = results.find(group, name)
        if sample is None:
            continue
        number = shown(estimate(sample), sample.metric)
        values = [value_of(record, sample.metric) for record in group.records]
        cells = "".join(f'<td class="dl-number">{_plain(value, sample.metric)}</td>' for value in values)
        rows.append(
            f'<tr><th scope="row">{escape(sample.metric.title)}</th><td class="dl-number">{escape(number.value)} '
            f'<span class="dl-ci">{escape(number.spread)}</span></td>{cells}</tr>'
        )
    if not rows:
        return ""
    seeds: Sequence[Column] = [(html("seed", seed=str(record.seed)),) for record in group.records]
    heads: list[Column] = [html("metric"), (html("run-estimate"),), *seeds]
    drawn = table(heads, rows, label=f"{say('run-per-seed')}: {group.address}")
    return f'<figure class="dl-table">{drawn}<figcaption>{html("run-table-caption")}</figcaption></figure>'


def _plain(value: float | None, metric: Metric) -> str:
    if value is None:
        return "–"
    if metric.style == "percent":
        return f"{rounded(value * 100, 4)}{NBSP}%"
    return number(f"{value:,}" if isinstance(value, int) or float(value).is_integer() else f"{value:.5g}")


def _output(group: Group, place: Place, renderer: Renderer | None) -> str:
    """Show what it printed and drew, and on what it ran."""
    return output.render(output.Shown((group,)), replace(place, run_pages=False), place.asset, renderer)


def _kept(group: Group, place: Place) -> str:
    links = [
        f'<li><a href="{escape(url)}" download="{escape(name)}">'
        f"{html('run-kept-one', file=escape(name), seed=str(record.seed))}</a></li>"
        for record in group.records
        for name in record.assets
        if (url := place.file(f"{record.run}-{record.seed}-{name}", place.asset(record, name)))
    ]
    summary = f"<summary>{html('run-kept')}</summary>"
    return f'<details class="dl-data">{summary}<ul>{"".join(links)}</ul></details>' if links else ""

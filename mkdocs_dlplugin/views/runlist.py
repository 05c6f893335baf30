"""Run list: the page of all runs: one row each, with its main results, to be sorted and filtered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from html import escape

from mkdocs_dlplugin.digits import brief, duration
from mkdocs_dlplugin.model import Record, Run
from mkdocs_dlplugin.numbers import NBSP, shown
from mkdocs_dlplugin.reporting import listed
from mkdocs_dlplugin.results import PLAIN, Group, Place, Results, device_of
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.stats import estimate
from mkdocs_dlplugin.views.points import sortable, worth
from mkdocs_dlplugin.views.tables import Column, table
from mkdocs_dlplugin.words import html, say

COLUMNS = 3
"""Metrics that the table shows."""

TABLE = "dl-runs"
"""Id of the table, by which the filter finds it."""


def render(
    groups: Sequence[Group],
    results: Callable[[Run], Results],
    homes: Mapping[str, str],
    place: Place,
) -> str:
    """Draw the page, for the space under its title.

    Args:
        groups: All runs at all of their points, in page order; at least one.
        results: How the page of a run shows its metrics.
        homes: URL of the page that each run's block stands on, by run.
        place: This page.
    """
    runs: dict[str, list[Group]] = {}
    for group in groups:
        runs.setdefault(group.run.name, []).append(group)
    known = results(groups[0].run)
    names = _columns(runs, known)
    kinds = {_kind(record) for group in groups for record in group.records}
    jobs = sum(len(group.records) for group in groups)
    summary = html(
        "runs-summary",
        runs=html("runs", n=len(runs)),
        jobs=html("recorded", n=jobs),
        pages=html("pages", n=len(set(homes.values()))),
    )
    device = len(kinds) > 1
    rows = [_row(found, names, results(found[0].run), homes, place, device=device) for found in runs.values()]
    heads: list[Column] = [html("run")]
    heads += [(escape(known.metric(name).title),) for name in names]
    heads += [(html("seeds-head"),), *([html("run-device")] if device else []), html("run-date"), (html("run-took"),)]
    heads.append(html("runs-page"))
    drawn = sortable(table(heads, rows, label=say("runs-title"))).replace("<table ", f'<table id="{TABLE}" ', 1)
    # A script shows it, for only a script can filter.
    search = f'<p class="dl-filter" data-dl-filter="{TABLE}" data-label="{html("runs-filter")}" hidden></p>'
    return (
        f"<p>{summary}</p>{search}"
        f'<figure class="dl-table {PLAIN}">{drawn}<figcaption>{html("runs-caption")} {_devices(groups)}</figcaption>'
        f"</figure>{_folds(runs, place)}"
    )


def _columns(runs: Mapping[str, Sequence[Group]], declared: Results) -> list[str]:
    """Choose the metrics that tell most, then those that most runs have; few runs are worth none."""
    found: Counter[str] = Counter()
    for members in runs.values():
        found.update(
            {n for group in members for record in group.records[:1] for n in (*record.metrics, *record.timings)}
        )
    known = [name for name in found if declared.metric(name).label and found[name] * 5 >= len(runs)]
    return sorted(known, key=lambda name: (worth(declared.metric(name)), -found[name], name))[:COLUMNS]


def _kind(record: Record) -> str:
    return str(record.provenance.get("device", "cpu")).upper()


def _row(
    members: Sequence[Group],
    names: Sequence[str],
    results: Results,
    homes: Mapping[str, str],
    place: Place,
    *,
    device: bool,
) -> str:
    """Draw the row of a run; *device* says whether it tells on which kind of device it was measured."""
    run = members[0].run
    records = [record for group in members for record in group.records]
    days = sorted({str(record.provenance.get("started", ""))[:10] for record in records} - {""})
    wall = sum(float(record.provenance.get("wall", 0)) for record in records)
    kinds = f"<td>{escape(', '.join(sorted({_kind(record) for record in records})))}</td>" if device else ""
    notes = [escape(run.label)] if run.label else []
    expected = sum(len(group.records) + len(group.absent) for group in members)
    if run.gridded:
        notes.append(html("run-points", n=len(members)))
    if len(records) < expected:
        notes.append(html("run-incomplete", there=brief(len(records)), all=brief(expected)))
    note = f'<br><span class="dl-note">{", ".join(notes)}</span>' if notes else ""
    where = f'<a href="{escape(place.link(homes[run.name]))}">{escape(_short(run.page)).replace("/", "/<wbr>")}</a>'
    return (
        f'<tr><th scope="row"><a href="{escape(place.run_page(run.name))}">{escape(run.name)}</a>{note}'
        f"</th>{''.join(_cell(members, name, results) for name in names)}"
        f'<td class="dl-number" data-sort="{len(run.seeds)}">{escape(listed(run.seeds))}</td>'
        f'{kinds}<td class="dl-day">{escape(days[-1] if days else "–")}</td>'
        f'<td class="dl-number" data-sort="{wall:.3f}">{duration(wall)}</td><td>{where}</td></tr>'
    )


def _short(page: str) -> str:
    return page.removesuffix(".md").removesuffix("/index")


def _cell(members: Sequence[Group], name: str, results: Results) -> str:
    """Write a metric; of a grid the lowest and the highest mean."""
    samples = [sample for group in members if group.complete and (sample := results.find(group, name))]
    if not samples:
        return f'<td class="dl-number" data-sort="">–<span class="dl-sr"> {html("runs-no-metric")}</span></td>'
    made = [estimate(sample) for sample in samples]
    if len(made) == 1:
        number = shown(made[0], samples[0].metric)
        text = f'{escape(number.value)}{NBSP}<span class="dl-ci">{escape(number.spread)}</span>'
        return f'<td class="dl-number" data-sort="{made[0].mean!r}">{text}</td>'
    ends = min(made, key=lambda one: one.mean), max(made, key=lambda one: one.mean)
    low, high = (escape(shown(end, samples[0].metric).value) for end in ends)
    text = low if low == high else html("up-to", low=low, high=high)
    return f'<td class="dl-number" data-sort="{ends[1].mean!r}">{text}</td>'


def _devices(groups: Sequence[Group]) -> str:
    """Name what the runs were measured on, when that is little."""
    names = sorted({device_of(record) for group in groups for record in group.records})
    return f"{html('run-on')}: {escape(plain(', '.join(names)))}." if 0 < len(names) <= 4 else ""


def _folds(runs: Mapping[str, Sequence[Group]], place: Place) -> str:
    """List the runs by page and by tag, for readers without scripts."""
    pages: dict[str, list[str]] = {}
    tags: dict[str, dict[str, list[str]]] = {}
    for name, members in runs.items():
        pages.setdefault(_short(members[0].run.page), []).append(name)
        for tag, value in members[0].run.tags.items():
            tags.setdefault(tag, {}).setdefault(value, []).append(name)
    folds = [_fold(html("runs-by-page"), pages, place)] if len(pages) > 1 else []
    folds += [_fold(html("runs-by-tag", tag=escape(tag)), values, place) for tag, values in tags.items()]
    return "".join(folds)


def _fold(title: str, lists: Mapping[str, Sequence[str]], place: Place) -> str:
    items = "".join(
        f"<dt>{escape(what)}</dt><dd>"
        + ", ".join(f'<a href="{escape(place.run_page(name))}">{escape(name)}</a>' for name in names)
        + "</dd>"
        for what, names in lists.items()
    )
    return f'<details class="dl-data" data-search-exclude><summary>{title}</summary><dl>{items}</dl></details>'

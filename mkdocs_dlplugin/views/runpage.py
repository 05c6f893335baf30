"""Run page: all that stands behind a run's numbers: code, results per seed, environment, how to measure it again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from html import escape

from mkdocs_dlplugin.model import Record, Run, show
from mkdocs_dlplugin.numbers import shown
from mkdocs_dlplugin.reporting import clock, listed
from mkdocs_dlplugin.results import PLAIN, Group, Place, Results, anchor, value_of
from mkdocs_dlplugin.stats import estimate
from mkdocs_dlplugin.vetting import PROVENANCE
from mkdocs_dlplugin.views.tables import Column, pairs, table


def render(
    run: Run,
    groups: Sequence[Group],
    results: Results,
    place: Place,
    page_url: str,
    files: Sequence[tuple[str, str]],
    asset: Callable[[Record, str], bytes],
) -> str:
    """Draw the page of a run, for the space under its title.

    Args:
        run: The run.
        groups: It at each of its points, with their records.
        results: For how metrics are named and shown.
        place: The page of the run.
        page_url: URL, relative to the site's root, of the page whose block it is.
        files: The code that the page shows where `file` took it from a file, each with that file.
        asset: Reads an asset of a record.
    """
    records = [record for group in groups for record in group.records]
    home = f'<a href="{escape(place.link(page_url))}">{escape(str(run.where))}</a>'
    seeds = f"Seeds {escape(listed(run.seeds))}; {_varies(run)}"
    parts = [f"<p>Run <code>{escape(run.name)}</code>, defined in {home}. {seeds}</p>"]
    if not records:
        parts.append("<p>There is no recorded result.</p>")
    parts += [_point(group, results, place, asset) for group in groups]
    parts.append(_code(run, files))
    if records:
        parts.append(_environment(records))
    parts.append(
        f'<h2 id="dl-again">Measure it again</h2><pre><code>mkdocs-dlplugin run {escape(run.name)} --force</code></pre>'
    )
    return "\n".join(parts)


def _varies(run: Run) -> str:
    words = {
        "data": "the data drawn",
        "split": "the split",
        "order": "the order of examples",
        "init": "the initial weights",
    }
    said = ", ".join(words[word] for word in run.varies)
    return f"a seed varies {escape(said)}." if said else "what a seed varies is not said."


def _point(group: Group, results: Results, place: Place, asset: Callable[[Record, str], bytes]) -> str:
    """Draw one point: each metric's estimate and its value per seed, and its files."""
    heading = (
        f'<h2 id="dl-{anchor(group.params)}">{escape(group.address)}</h2>'
        if group.params
        else '<h2 id="dl-results">Results</h2>'
    )
    if not group.records:
        return f"{heading}<p>No recorded result for seeds {escape(listed(group.absent))}.</p>"
    names = list(dict.fromkeys(name for record in group.records for name in (*record.metrics, *record.timings)))
    rows = []
    for name in names:
        sample = results.find(group, name)
        if sample is None:
            continue
        number = shown(estimate(sample), sample.metric)
        cells = "".join(
            f'<td class="dl-number">{_plain(value_of(record, sample.metric))}</td>' for record in group.records
        )
        rows.append(
            f'<tr><th scope="row">{escape(sample.metric.title)}</th><td class="dl-number">{escape(number.value)} '
            f'<span class="dl-ci">{escape(number.spread)}</span></td>{cells}</tr>'
        )
    file = place.file(
        f"{group.run.name}{'-' if group.params else ''}{anchor(group.params)}.json",
        data(group).encode("utf-8", "backslashreplace"),
    )
    assets = [
        f'<li><a href="{escape(url)}" download>{escape(name)}, seed {record.seed}</a></li>'
        for record in group.records
        for name in record.assets
        if (url := place.file(f"{record.run}-{record.seed}-{name}", asset(record, name)))
    ]
    kept = f"<details><summary>Files it kept</summary><ul>{''.join(assets)}</ul></details>" if assets else ""
    heads: list[Column] = ["Metric", ("Estimate",), *((f"Seed {record.seed}",) for record in group.records)]
    return (
        f'{heading}<figure class="dl-table">{table(heads, rows, label="Results per seed")}'
        f'<p class="dl-links"><a href="{escape(file)}" download>Records (JSON)</a></p>'
        f"<figcaption>Values per seed as recorded; the estimate carries a 95\N{NO-BREAK SPACE}% interval.</figcaption>"
        f"</figure>{kept}"
    )


def _plain(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) or float(value).is_integer() else f"{value:.5g}"


_PUBLISHED = frozenset((*PROVENANCE, "source", "environment"))
"""Whatever else a record holds, by hand or by mistake, stays out of the site: a user's name, a host's, a path."""


def data(group: Group) -> str:
    """Write the records of a point as strict JSON for download."""
    rows = [
        {
            "run": record.run,
            "params": dict(record.params),
            "seed": record.seed,
            "key": record.key,
            "metrics": dict(record.metrics),
            "timings_seconds": {name: dict(spent) for name, spent in record.timings.items()},
            "series": {name: {"step": list(s), "value": list(v)} for name, (s, v) in record.series.items()},
            "provenance": {name: value for name, value in record.provenance.items() if name in _PUBLISHED},
        }
        for record in group.records
    ]
    seeds = [record.seed for record in group.records]
    return json.dumps(
        {"run": group.address, "seeds": seeds, "records": rows},
        indent=1,
        sort_keys=True,
        ensure_ascii=False,
        allow_nan=False,
    )


def _code(run: Run, files: Sequence[tuple[str, str]]) -> str:
    points = "; ".join(", ".join(f"{k}={show(v)}" for k, v in sorted(point.items())) for point in run.points)
    options = (
        ("parameters", points if run.gridded else ""),
        ("uses", ", ".join(run.uses)),
        ("device", run.device),
        ("threads", str(run.threads)),
        ("time limit", clock(run.timeout)),
    )
    shown = "".join(
        f"<p>From <code>{escape(file)}</code>:</p>{_source(part)}"
        for part, file in files
        if part.strip() != run.code.strip()
    )
    return (
        f'<h2 id="dl-code">Code</h2>{_source(run.code)}{shown}'
        f'<figure class="dl-table">{table(("Option", "Value"), pairs(options), label="Options")}'
        "<figcaption>How it is executed.</figcaption></figure>"
    )


def _source(code: str) -> str:
    return f'<pre><code class="language-python">{escape(code)}</code></pre>'


def _environment(records: Sequence[Record]) -> str:
    """Say what ran, once per environment that differs."""
    seen: dict[str, list[Record]] = {}
    for record in records:
        seen.setdefault(str(record.provenance.get("environment", "")), []).append(record)
    parts = ['<h2 id="dl-environment">Environment</h2>']
    for members in seen.values():
        first = members[0].provenance
        packages = ", ".join(f"{name} {version}" for name, version in sorted(dict(first.get("packages") or {}).items()))
        wall = sum(float(record.provenance.get("wall", 0)) for record in members)
        cpu = sum(float(record.provenance.get("cpu_seconds", 0)) for record in members)
        days = sorted({str(record.provenance.get("started", "")) for record in members})
        observed = sorted({path for record in members for path in (*record.observed.modules, *record.observed.files)})
        said = {
            "measured": days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}",
            "device": str(first.get("device_name") or first.get("device", "")),
            "processor": str(first.get("cpu", "")),
            "threads": str(first.get("threads", 1)),
            "Python": str(first.get("python", "")),
            "packages": packages,
            "system": str(first.get("os", "")),
            "plugin": str(first.get("plugin", "")),
            "commit": f"{first.get('commit', '')}{' with uncommitted changes' if first.get('dirty') else ''}",
            "duration": f"{clock(wall)} in all" + (f", {clock(cpu)} of CPU" if cpu else ""),
            "read": ", ".join(observed),
        }
        drawn = table(("What", "Value"), pairs(said.items()), label="Environment")
        count = f"<figcaption>{len(members)} of {len(records)} records.</figcaption>"
        parts.append(f'<figure class="dl-table {PLAIN}">{drawn}{count}</figure>')
    return "\n".join(parts)

"""Run page: all that stands behind a run's numbers, in short at the top, then in full, and as files to take along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from mkdocs_dlplugin.digits import duration
from mkdocs_dlplugin.fingerprint import digest_code, results_digest
from mkdocs_dlplugin.kept import KINDS
from mkdocs_dlplugin.model import Record, Run, show
from mkdocs_dlplugin.reporting import listed
from mkdocs_dlplugin.results import PLAIN, Place, device_of
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.standalone import Kit
from mkdocs_dlplugin.vega import Renderer
from mkdocs_dlplugin.views import points, source
from mkdocs_dlplugin.views.downloads import FORMATS
from mkdocs_dlplugin.views.report import commit_url, issue_url
from mkdocs_dlplugin.views.tables import Column, pairs, table
from mkdocs_dlplugin.words import html, say

SHIPPED = frozenset(("py", *KINDS))
"""Endings of the files it read that stand beside its page: what no browser executes and no generator renders."""


@dataclass(frozen=True)
class Told:
    """What the page of a run is drawn from."""

    kit: Kit
    page_url: str
    """URL, relative to the site's root, of the page whose block it is."""
    shown_from: tuple[tuple[str, str], ...] = ()
    """Code that the page shows where `file` took it from a file, each with that file."""
    repository: str = ""
    """Address of the project's repository; empty where the site names none."""
    canonical: str = ""
    """Whole address of this page, likewise."""
    coloured: Mapping[str, str] = field(default_factory=dict)
    """Code that pages show in colours, with its markup."""
    renderer: Renderer | None = None
    """Draws charts that it showed; without one their data stand in."""

    @property
    def run(self) -> Run:
        """The run."""
        return self.kit.run

    @property
    def records(self) -> list[Record]:
        """Its records."""
        return self.kit.records


def render(told: Told, place: Place) -> str:
    """Draw the page of a run, for the space under its title.

    Args:
        told: The run and what is known of it.
        place: The page.
    """
    parts = [_facts(told, place), _downloads(told, place), f'<h2 id="dl-results">{html("run-results")}</h2>']
    if not told.records:
        parts.append(f"<p>{html('no-record')}</p>")
    if told.run.gridded:
        parts.append(points.grid(told.kit, place, told.renderer))
    else:
        parts += [points.single(group, place, told.kit.results, told.renderer) for group in told.kit.groups]
    parts += [_code(told), _read(told, place), _environment(told), _records(told), _again(told)]
    return "\n".join(part for part in parts if part)


def _facts(told: Told, place: Place) -> str:
    """Say in short what it is and what came out, when and on what it was measured, and what a seed varies."""
    run, records = told.run, told.records
    home = f'<a href="{escape(place.link(told.page_url))}">{escape(str(run.where))}</a>'
    expected = len(run.points) * len(run.seeds)
    state = say("run-incomplete", there=len(records), all=expected) if len(records) < expected else say("run-complete")
    uses = ", ".join(f'<a href="{escape(place.run_page(name))}">{escape(name)}</a>' for name in run.uses)
    grid = say("run-points", n=len(run.points)) if run.gridded else ""
    facts = [
        ("run-name", escape(run.title if run.title != run.name else "")),
        ("run-defined", home),
        ("run-measured", _when(records)),
        ("run-on", escape(plain(", ".join(dict.fromkeys(device_of(record) for record in records))))),
        ("seeds-head", escape(_varies(run))),
        ("run-took", escape(_took(records))),
        ("run-grid", escape(grid)),
        ("run-uses", uses),
        ("run-tags", escape(", ".join(f"{name}: {value}" for name, value in run.tags.items()))),
        ("run-state", escape(state)),
    ]
    told_first = [(escape(title), said) for title, said in points.headline(told.kit)]
    named = [*told_first, *((html(name), said) for name, said in facts)]
    drawn = "".join(f"<div><dt>{name}</dt><dd>{said}</dd></div>" for name, said in named if said)
    return f'<dl class="dl-facts {PLAIN}">{drawn}</dl>'


def _varies(run: Run) -> str:
    what = ", ".join(say(f"varies-{word}") for word in run.varies)
    seeds = listed(run.seeds)
    return say("run-varies", seeds=seeds, what=what) if what else say("run-varies-unsaid", seeds=seeds)


def _when(records: Sequence[Record]) -> str:
    days = sorted({str(record.provenance.get("started", ""))[:10] for record in records} - {""})
    return " – ".join(
        f'<time datetime="{escape(day)}">{escape(day)}</time>' for day in dict.fromkeys(days[:1] + days[-1:])
    )


def _took(records: Sequence[Record]) -> str:
    wall = sum(float(record.provenance.get("wall", 0)) for record in records)
    cpu = sum(float(record.provenance.get("cpu_seconds", 0)) for record in records)
    if not records:
        return ""
    return say("run-duration-cpu" if cpu else "run-duration", wall=duration(wall), cpu=duration(cpu))


def _downloads(told: Told, place: Place) -> str:
    """Offer the records and the code as files."""
    run = told.run
    everything = f'<a href="{escape(place.all_runs())}">{html("runs-title")}</a>'
    if not told.records:
        return f'<p class="dl-links">{everything}</p>'
    words = {
        "json": "run-json", "csv": "run-metrics-csv", "series.csv": "run-series-csv", "py": "run-script",
        "ipynb": "run-notebook",
    }  # fmt: skip
    links = []
    for ending, word in words.items():
        if text := FORMATS[ending](told.kit):
            name = f"{run.name}.{ending}"
            url = place.file(name, text.encode("utf-8", "backslashreplace"))
            links.append(f'<a href="{escape(url)}" download="{escape(name)}">{html(word)}</a>')
    return f'<p class="dl-links">{html("run-downloads")} {" · ".join(links)}<br>{everything}</p>'


def _code(told: Told) -> str:
    """Show the code that is executed, and how."""
    run = told.run
    at = "; ".join(", ".join(f"{k}={show(v)}" for k, v in sorted(point.items())) for point in run.points)
    options = (
        (say("run-parameters"), at if run.gridded else ""),
        (say("run-device"), run.device),
        (say("run-threads"), str(run.threads)),
        (say("run-limit"), duration(run.timeout)),
    )
    taken = "".join(
        f"<p>{html('run-code-file', file=f'<code>{escape(file)}</code>')}</p>{source.python(part, told.coloured)}"
        for part, file in told.shown_from
        if part.strip() != run.code.strip()
    )
    return f'<h2 id="dl-code">{html("run-code")}</h2>{source.python(run.code, told.coloured)}{taken}' + _figure(
        [html("run-option"), html("run-value")], pairs(options), "run-how"
    )


def _figure(heads: Sequence[Column], rows: Iterable[str], caption: str, said: str = "") -> str:
    drawn = table(heads, rows, label=said or say(caption))
    return f'<figure class="dl-table {PLAIN}">{drawn}<figcaption>{escape(said) or html(caption)}</figcaption></figure>'


def _read(told: Told, place: Place) -> str:
    """List the files of the project that it read, and the runs whose results it read."""
    rows = []
    for one in told.kit.belongings:
        name = escape(plain(one.path))
        if one.content is not None and one.path.rpartition(".")[2] in SHIPPED:
            url = place.file(one.path.replace("/", "-"), one.content)
            name = f'<a href="{escape(url)}" download="{escape(one.path.rpartition("/")[2])}">{name}</a>'
        rows.append(_file(name, one.digest, say("run-unchanged" if one.same else "run-other")))
    now = {record.place: results_digest(record) for found in told.kit.upstream.values() for record in found}
    seen = {up: digest for record in told.records for up, digest in record.observed.inputs.items() if up in now}
    for up, digest in sorted(seen.items()):
        link = f'<a href="{escape(place.run_page(up.partition("/")[0]))}">{escape(plain(up))}</a>'
        rows.append(_file(link, digest, say("run-unchanged" if now[up] == digest else "run-other")))
    heads = [html("run-file"), html("run-digest"), html("run-now")]
    inside = _figure(heads, rows, "run-read-caption") if rows else f"<p>{html('run-read-nothing')}</p>"
    return f'<h2 id="dl-read">{html("run-read")}</h2>{inside}'


def _file(name: str, digest: str, now: str) -> str:
    return f'<tr><th scope="row">{name}</th><td><code>{escape(digest[:12])}</code></td><td>{escape(now)}</td></tr>'


def _environment(told: Told) -> str:
    """Say what ran, once per environment that differs."""
    seen: dict[str, list[Record]] = {}
    for record in told.records:
        seen.setdefault(str(record.provenance.get("environment", "")), []).append(record)
    parts = [f'<h2 id="dl-environment">{html("run-environment")}</h2>']
    for members in seen.values():
        first = members[0].provenance
        packages = ", ".join(f"{name} {version}" for name, version in sorted(dict(first.get("packages") or {}).items()))
        apart = ", ".join(str(first[name]) for name in ("isolation", "sandbox") if first.get(name))
        said = (
            (say("run-device"), str(first.get("device_name") or first.get("device", ""))),
            (say("run-processor"), str(first.get("cpu", ""))),
            (say("run-threads"), str(first.get("threads", 1))),
            (say("run-python"), str(first.get("python", ""))),
            (say("run-packages"), packages),
            (say("run-system"), str(first.get("os", ""))),
            (say("run-plugin"), str(first.get("plugin", ""))),
            (say("run-isolation"), apart),
        )
        count = say("run-shared", n=len(members), all=len(told.records))
        parts.append(_figure([html("run-what"), html("run-value")], pairs(said), "", count))
    return "".join(parts) if told.records else f"{parts[0]}<p>{html('no-record')}</p>"


def _records(told: Told) -> str:
    """List the records with their digests, when each was measured, and at which commit."""
    rows = []
    for record in told.records:
        said = record.provenance
        point = ", ".join(f"{name}={show(value)}" for name, value in sorted(record.params.items()))
        name = say("seed", seed=str(record.seed)) + (f", {point}" if point else "")
        when = str(said.get("started", ""))[:16].replace("T", " ")
        took = duration(float(said.get("wall", 0)))
        rows.append(
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(when)}</td>'
            f'<td class="dl-number">{took}</td><td>{_commit(record, told.repository)}</td>'
            f"<td><code>{escape(record.key[:12])}</code></td><td><code>{told.kit.digests[record.place][:12]}</code></td></tr>"
        )
    heads: list[Column] = [
        html("seeds-head"), html("run-date"), (html("run-took"),), html("run-commit"), html("run-key"),
        html("run-results"),
    ]  # fmt: skip
    summary = f"<summary>{html('run-records')}: {html('recorded', n=len(rows))}</summary>"
    drawn = points.sortable(table(heads, rows, label=say("run-records")))
    inside = f"{drawn}<p>{html('run-records-caption')}</p>"
    return f'<details class="dl-data" data-search-exclude>{summary}{inside}</details>' if rows else ""


def _commit(record: Record, repository: str) -> str:
    commit = str(record.provenance.get("commit", ""))
    if not commit:
        return ""
    name = f"<code>{escape(commit[:12])}</code>"
    if address := commit_url(repository, commit):
        name = f'<a href="{escape(address)}">{name}</a>'
    return html("run-dirty", commit=name) if record.provenance.get("dirty") else name


def _again(told: Told) -> str:
    """Say how to measure it again, and where to tell that it is wrong."""
    name = told.run.name
    here = source.shell(f"mkdocs-dlplugin run {name} --force", f"mkdocs-dlplugin verify {name}")
    seed = told.run.seeds[0]
    alone = source.shell(f"uv run {name}.py --seed {seed}")
    return (
        f'<h2 id="dl-again">{html("run-again")}</h2><p>{html("run-again-here")}</p>{here}'
        f"<p>{html('run-again-alone')}</p>{alone}{_report(told)}"
    )


def _report(told: Told) -> str:
    """Link a form of the repository's host, filled in with what a maintainer wants to know."""
    if not told.records:
        return ""
    metrics = ", ".join(f"{name} {value:.6g}" for name, value in told.records[0].metrics.items())
    title = say("run-report-title", run=told.run.name)
    body = say(
        "run-report-body", page=told.canonical, run=told.run.name, value=metrics, digest=digest_code(told.run.code)[:16]
    )
    address = issue_url(told.repository, title, body)
    return f'<p><a href="{escape(address)}">{html("run-report")}</a></p>' if address else ""

"""Results: what views may ask about runs and their records, whichever generator shows the page."""

from __future__ import annotations

import base64
import copy
import mimetypes
import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mkdocs_dlplugin.errors import DLError, NoResult, RunFailed, suggest
from mkdocs_dlplugin.expressions import Ref, matches, parse_selector
from mkdocs_dlplugin.model import Metric, Record, Run, Sample, Value, Where, address
from mkdocs_dlplugin.reporting import listed
from mkdocs_dlplugin.words import say

LARGEST = 1e150
"""Values beyond which statistics overflow; nothing that was measured in earnest is there."""

PLAIN = "mathjax_ignore tex2jax_ignore"
"""Classes of what holds text of records: MathJax would make formulas of it, and formulas may link anywhere."""

_PATTERN = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Group:
    """One run at one point with the records of all its seeds: a row of a table, a line of a chart."""

    run: Run
    params: Mapping[str, Value]
    label: str
    """Display name; carries the point where the run has a grid."""
    records: tuple[Record, ...]
    """One per seed that has a result, by seed."""
    absent: tuple[int, ...] = ()
    """Seeds without a result."""

    @property
    def address(self) -> str:
        """`mlp(n=100)`."""
        return address(self.run.name, self.params)

    @property
    def complete(self) -> bool:
        """Whether a mean may be shown: every seed is there, or as many as `min_seeds` asks, and one kind of device."""
        enough = not self.absent or 0 < self.run.min_seeds <= len(self.records)
        return bool(self.records) and enough and len(self.devices) == 1

    def without(self, name: str) -> tuple[int, ...]:
        """Name the seeds that did not measure what others did; a mean over the rest would be one of those that got far.

        Empty as well where enough others did, by `min_seeds`, and for a name that no seed has.
        """
        seeds = tuple(r.seed for r in self.records if name not in r.metrics and name not in r.timings)
        there = len(self.records) - len(seeds)
        return seeds if there and not 0 < self.run.min_seeds <= there else ()

    @property
    def devices(self) -> tuple[str, ...]:
        """The classes of device its records come from, such as `cpu`; a mean never mixes two."""
        return tuple(sorted({str(record.provenance.get("device", "cpu")) for record in self.records}))


def _no_asset(record: Record, name: str) -> bytes:
    raise DLError(Where(record.place), f"asset '{name}' cannot be read here.")


def _nowhere(path: str, content: bytes) -> None:
    """Ship nothing."""


@dataclass(frozen=True)
class Place:
    """Where a view stands while it renders: its block, its page, and how to link and ship files from there."""

    where: Where
    """The block in its page, for messages."""
    id: str
    """The author's id of the block; may be empty."""
    url: str
    """URL of the page relative to the site's root (`compare/mnist1d/`)."""
    keep: Callable[[str, bytes], str]
    """Ship a file with the site: takes a name and its bytes, returns its path relative to the site's root."""
    directory_urls: bool = True
    """Whether pages are folders (`use_directory_urls`)."""
    run_pages: bool = True
    """Whether each run has a page of its own that numbers can link to."""
    ships_files: bool = True
    """Whether files can be put beside the page."""
    asset: Callable[[Record, str], bytes] = _no_asset
    """Reads an asset of a record; raises `DLError` when it is missing or damaged."""
    publish: Callable[[str, bytes], None] = _nowhere
    """Ship a file under a path of its own, relative to the site's root, which others may link to for good."""
    site: str = ""
    """Address of the site, `site_url`; empty where it is not known."""

    def link(self, target: str) -> str:
        """Make a path relative to the site's root relative to this page, keeping a final slash and fragment."""
        path, hash_, fragment = target.partition("#")
        folder = self.url if self.url.endswith("/") or not self.url else posixpath.dirname(self.url)
        relative = posixpath.relpath(path or ".", folder or ".")
        if path.endswith("/") and not relative.endswith("/"):
            relative += "/"
        return relative + hash_ + fragment

    def run_link(self, group: Group) -> str:
        """Link the page of a run, at the anchor of the point when there is one."""
        return self.run_page(group.run.name) + (f"#dl-{anchor(group.params)}" if group.params else "")

    def run_page(self, name: str) -> str:
        """Link the page of a run by its name."""
        return self.link(f"runs/{name}/" if self.directory_urls else f"runs/{name}.html")

    def all_runs(self) -> str:
        """Link the page of all runs."""
        return self.link("runs/" if self.directory_urls else "runs/index.html")

    def file(self, name: str, content: bytes) -> str:
        """Ship a file and return its URL relative to this page, or a `data:` URL where nothing can be shipped."""
        if not self.ships_files:
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            return f"data:{kind};base64,{base64.b64encode(content).decode()}"
        return self.link(self.keep(name, content))


def gaps(groups: Iterable[Group]) -> list[RunFailed]:
    """List the metrics that only some seeds of a run have."""
    found = []
    for group in groups:
        for name in dict.fromkeys(name for record in group.records for name in record.metrics):
            if without := group.without(name):
                problem = f"run '{group.address}': metric '{name}' is missing in seeds {listed(without)}."
                hint = "Log it in every seed; no mean is made of some."
                found.append(RunFailed(group.run.where, problem, hint, kind="Metric", job=group.address))
    return found


def anchor(params: Mapping[str, Value]) -> str:
    """Name a point inside the page of its run, as an HTML id can hold it: `lr-0-1-n-100`."""
    text = address("", params)
    return "-".join("".join(c if c.isalnum() else " " for c in text).split())


class Results:
    """All runs of a site with the records that stand for them now."""

    def __init__(self, groups: Iterable[Group], metrics: Mapping[str, Metric]) -> None:
        self.groups = tuple(groups)
        self._metrics = metrics
        self._by_run: dict[str, list[Group]] = {}
        for group in self.groups:
            self._by_run.setdefault(group.run.name, []).append(group)

    def declaring(self, metrics: Mapping[str, Metric]) -> Results:
        """Return the same runs as a page shows them that declares metrics of its own."""
        # A site may have thousands of runs on hundreds of pages: sorting them for each would grow with both.
        other = copy.copy(self)
        other._metrics = metrics
        return other

    def of(self, run: str) -> list[Group]:
        """Return a run at each of its points."""
        return self._by_run.get(run, [])

    def metric(self, name: str) -> Metric:
        """Return the declaration of a metric; one that nobody declared is a plain number without a direction."""
        return self._metrics.get(name) or Metric(name)

    def select(self, selector: str | Ref, where: Where) -> list[Group]:
        """Find the groups a selector names: `mlp`, `digits-*`, `mlp(n=100)`, `mlp(n=*)`, in page order.

        Raises:
            DLError: nothing matches, or a bare name of a gridded run is ambiguous.
        """
        ref = parse_selector(selector, where) if isinstance(selector, str) else selector
        found = self.matching(ref)
        if not found:
            raise DLError(where, f"no run is called '{ref.text}'.", suggest(ref.run, self._known(ref)))
        if ref.point is None and "*" not in ref.run and found[0].run.gridded:
            points = ", ".join(group.address for group in found)
            raise DLError(
                where,
                f"'{ref.run}' has several points.",
                f"Name one of {points}; or all of them: {ref.run}({_stars(found[0])}).",
            )
        return found

    def matching(self, ref: Ref) -> list[Group]:
        """Find the groups a ref names; none where no run is called so."""
        # Only a pattern has to look at all of them.
        among = self.groups if _PATTERN.search(ref.run) else self.of(ref.run)
        return [group for group in among if matches(ref, group.run.name, group.params)]

    def one(self, selector: str | Ref, where: Where) -> Group:
        """Find the only group a selector names."""
        found = self.select(selector, where)
        if len(found) > 1:
            raise DLError(
                where,
                f"'{selector}' names {len(found)} runs where one is expected.",
                "Name one of " + ", ".join(g.address for g in found) + ".",
            )
        return found[0]

    def sample(self, group: Group, name: str, where: Where) -> Sample:
        """Collect one metric over the seeds of a group.

        Raises:
            NoResult: only some seeds have it.
            DLError: no record of the group has such a metric.
        """
        if without := group.without(name):
            problem = f"run '{group.address}' has no '{name}' in seeds {listed(without)}."
            raise NoResult(where, problem, "See the message of the run itself.")
        sample = self.find(group, name)
        huge = [value for r in group.records if abs(value := value_of(r, self.metric(name)) or 0) > LARGEST]
        if huge:
            raise DLError(where, f"'{name}' of run '{group.address}' is {huge[0]:g}, too large to compute with.")
        if sample is None:
            known = sorted({n for r in group.records for n in (*r.metrics, *r.timings)})
            raise DLError(where, f"'{name}' is not a metric of run '{group.address}'.", suggest(name, known))
        return sample

    def named(self, ref: Ref, where: Where) -> tuple[Group, Sample]:
        """Return the only group that a ref names, and its metric over the seeds.

        Raises:
            NoResult: the group has no result that a mean may be made of.
            DLError: no such run or metric.
        """
        group = self.one(ref, where)
        if not group.complete:
            raise NoResult(where, f"run '{group.address}' has no result.", "See the message of the run itself.")
        return group, self.sample(group, ref.metric, where)

    def find(self, group: Group, name: str) -> Sample | None:
        """Collect one metric over the seeds of a group; `None` when no record has it, or it cannot be computed with."""
        metric = self.metric(name)
        values = {record.seed: value for record in group.records if (value := value_of(record, metric)) is not None}
        if not values or max(map(abs, values.values())) > LARGEST:
            return None
        records = [record for record in group.records if record.seed in values]
        if metric.kind == "measured" and any(name in record.timings for record in records):
            metric = replace(metric, unit=metric.unit or "s", kind="timing")
        correct = tuple(r.correct for r in records) if is_accuracy(records, name) else ()
        first = records[0]
        return Sample(
            title=group.label,
            metric=metric,
            seeds=tuple(sorted(values)),
            values=tuple(values[seed] for seed in sorted(values)),
            varies=frozenset(group.run.varies),
            data=group.run.data,
            n_train=items(first, "n_train"),
            n_test=items(first, "n_test", len(first.correct)),
            correct=correct,
            exclusive=group.run.exclusive,
            machine=machine(first),
        )

    def _known(self, ref: Ref) -> Sequence[str]:
        return [g.address for g in self.groups if g.run.name == ref.run] or list(self._by_run)


def items(record: Record, name: str, otherwise: int = 0) -> int:
    """Return how many items a record says there were; 0, for unknown, where that is no number of items."""
    said = record.metrics.get(name, otherwise)
    return int(said) if 0 < said < 2**53 else 0


def value_of(record: Record, metric: Metric) -> float | None:
    """Return a record's metric; of a timing the seconds that the metric's clock asks for."""
    if metric.name in record.metrics:
        return record.metrics[metric.name]
    if metric.name in record.timings:
        unsaid = "cpu" if record.provenance.get("device", "cpu") == "cpu" else "wall"
        return record.timings[metric.name][metric.clock or unsaid]
    return None


def is_accuracy(records: Sequence[Record], name: str) -> bool:
    """Tell whether a metric is the share of correct test items, so that item sampling applies to it."""
    return bool(records) and all(
        r.correct and abs(r.correct.count("1") / len(r.correct) - r.metrics.get(name, -1.0)) < 1e-6 for r in records
    )


def device_of(record: Record) -> str:
    """Name what a record was measured on, for readers: `AMD EPYC (CPU, 1 thread)`."""
    name = record.provenance.get("device_name") or record.provenance.get("cpu") or say("device-unnamed")
    kind = str(record.provenance.get("device", "cpu"))
    threads = int(record.provenance.get("threads", 1))
    how = say("device-cpu", n=threads) if kind == "cpu" else kind.upper()
    return f"{name} ({how})"


def machine(record: Record) -> str:
    """Name the machine a record comes from, as far as timings care: device and its name."""
    said = record.provenance
    return f"{said.get('device_name') or said.get('cpu', '')}, {said.get('device', 'cpu')}"


def _stars(group: Group) -> str:
    return ", ".join(f"{name}=*" for name in sorted(group.params))

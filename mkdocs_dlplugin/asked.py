"""Asked: everything the pages of a site ask for, read and checked as a whole before anything runs."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from mkdocs_dlplugin import badges, fences, lines, options
from mkdocs_dlplugin.config import Site, metric
from mkdocs_dlplugin.doubts import shadows
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.expressions import Ref, parse_value, refs
from mkdocs_dlplugin.model import Block, Metric, Record, Run, Value, Where, address, place
from mkdocs_dlplugin.options import Display
from mkdocs_dlplugin.plan import Plan, plan
from mkdocs_dlplugin.readings import ALL, Use, clashes, named_in
from mkdocs_dlplugin.results import Group, Results
from mkdocs_dlplugin.sessions import read_session
from mkdocs_dlplugin.sources import named
from mkdocs_dlplugin.views import VIEWS, chart, claim, claims


@dataclass
class Page:
    """A page with the blocks and inline values that were read in it."""

    name: str
    """As MkDocs names it."""
    url: str = ""
    """Relative to the site's root: `compare/mnist1d/`."""
    title: str = ""
    """As its front matter or its first heading says; its name where neither does."""
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    """Declarations that hold on this page."""
    found: dict[tuple[str, str, str], list[Block]] = field(default_factory=dict)
    """By kind, name and body, as the Markdown extension meets them again, in page order."""
    values: dict[str, Where] = field(default_factory=dict)
    """Place of each inline value, by its text."""

    @property
    def blocks(self) -> list[Block]:
        """All blocks, those of the same kind, name and body one after the other."""
        return [block for blocks in self.found.values() for block in blocks]


@dataclass
class Asked:
    """What the pages ask for, and everything that is wrong with it."""

    pages: dict[str, Page] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    """Declarations that hold on every page."""
    runs: dict[str, Run] = field(default_factory=dict)
    """In page order."""
    shown: dict[tuple[str, Where], tuple[str, Display]] = field(default_factory=dict)
    """By page and place of a run's block: the run's name, and how the page shows it."""
    options: dict[Where, Any] = field(default_factory=dict)
    """Options of the other blocks, by place."""
    files: set[str] = field(default_factory=set)
    """Files of the project that these blocks were read from."""
    plan: Plan = field(default_factory=Plan)
    problems: list[DLError] = field(default_factory=list)
    """In page order."""
    doubts: list[DLError] = field(default_factory=list)
    """What may be meant and probably is not."""

    def page(self, name: str) -> Page:
        """Return a page; an empty one where nothing of ours was read."""
        return self.pages.get(name) or Page(name, metrics=self.metrics)

    @cached_property
    def claims(self) -> dict[Where, Block]:
        """The claims that could be read, by place and in page order, each with the block that stands for it.

        A claim that several pages include, or tell in several languages (one id, the same checks), is one claim.
        """
        found: dict[Where, Block] = {}
        named: dict[tuple[str, tuple[str, ...]], Block] = {}
        for block in (block for page in self.pages.values() for block in page.blocks if block.kind == "claim"):
            if chosen := self.options.get(block.where):
                first = named.setdefault((block.name, chosen.checks), block) if block.name else block
                found.setdefault(block.where, first)
        return found

    def display(self, block: Block) -> tuple[str, Display] | None:
        """Return a run's name and how its block looks; `None` when its options could not be read."""
        return self.shown.get((block.page, block.where))

    def groups(self, records: Mapping[str, Record]) -> tuple[Group, ...]:
        """Gather the records of all runs, by run and point."""
        groups = []
        for run in self.runs.values():
            for params in run.points:
                found = {seed: records.get(place(run.name, params, seed)) for seed in sorted(run.seeds)}
                there = tuple(record for record in found.values() if record)
                absent = tuple(seed for seed, record in found.items() if record is None)
                groups.append(Group(run, params, _label(run, params), there, absent))
        return tuple(groups)

    def on_page(self, name: str, results: Results) -> list[Group]:
        """List the runs, at their points, whose numbers a page shows: its own, and those that it names."""
        page, found = self.page(name), dict[str, Group]()
        for block in page.blocks:
            found |= {group.address: group for group in self.named(block, results)}
        for text, where in page.values.items():
            try:
                found |= {g.address: g for g in _selected(refs(parse_value(text, where).node), results, where)}
            except DLError:
                continue  # reported before
        return list(found.values())

    def named(self, block: Block, results: Results) -> list[Group]:
        """List the runs, at their points, that a block is about: its own, or those that it names."""
        if block.where in self.options:
            references = VIEWS[block.kind].references(self.options[block.where], block.where)
            return _selected(references, results, block.where)
        known = self.display(block) if block.kind == "run" else None
        return results.of(known[0]) if known and known[1].eval else []


def _selected(references: Iterable[Ref], results: Results, where: Where) -> list[Group]:
    """Find the runs that are named; what names none was reported before."""
    found: list[Group] = []
    for ref in references:
        try:
            found += results.select(ref, where)
        except DLError:
            continue
    return found


def read(site: Site, pages: Iterable[fences.Page]) -> Asked:
    """Read all pages of a site; mistakes are gathered, never raised one by one."""
    asked = Asked()
    sources: dict[str, fences.Page] = {}
    scan = fences.scan(_noting(pages, sources), root=site.root, snippets=site.snippets)
    problems = list(scan.problems)
    asked.metrics = _declared(site.settings.metrics, Where("mkdocs.yml"), problems)
    asked.pages = _pages(scan, sources, site, asked.metrics, problems)
    runs = []
    sessions: dict[tuple[str, str], list[Block]] = {}
    for block in scan.blocks:
        if block.session:
            sessions.setdefault((block.page, block.name), []).append(block)
    for block in scan.blocks:
        asked.pages[block.page].found.setdefault((block.kind, block.name, block.body), []).append(block)
        try:
            if block.session:
                if blocks := sessions.pop((block.page, block.name), None):
                    runs.append(_session(blocks, site, scan.fronts.get(block.page, {}), asked))
            elif block.kind == "run":
                runs.append(_run(block, site, scan.fronts.get(block.page, {}), asked))
            else:
                asked.options[block.where] = _options(block, site, asked)
        except DLError as problem:
            problems.append(problem)
    for inline in scan.inlines:
        asked.pages[inline.page].values.setdefault(inline.text, inline.where)
    problems += options.check_unique(runs) + _claims_apart(asked)
    for run in runs:
        asked.runs.setdefault(run.name, run)
    executed = {name for name, display in asked.shown.values() if display.eval}
    asked.plan = plan([run for run in asked.runs.values() if run.name in executed], site.root)
    # What names a run that could not be read is not a mistake of its own.
    unread = {block.name for block in scan.blocks if block.kind == "run" and block.name} - asked.runs.keys()
    problems += [
        problem for problem in asked.plan.problems if not any(f"'{name}'" in problem.problem for name in unread)
    ]
    problems += _unknown(asked, scan.inlines, unread)
    own = {name: Where(sources[name].path, 1) for name, front in scan.fronts.items() if front.get("metrics")}
    problems += clashes({name: page.metrics for name, page in asked.pages.items()}, own, _uses(asked, scan, site))
    asked.doubts = shadows(asked.runs.values(), site.root)
    asked.problems = sorted(problems, key=lambda problem: (problem.where.path, problem.where.line))
    return asked


def _run(block: Block, site: Site, front: Mapping[str, Any], asked: Asked) -> Run:
    run, display = options.read_run(block, root=site.root, site=site.settings.defaults, front=_defaults(front))
    asked.shown[block.page, block.where] = run.name, display
    return run


def _session(blocks: Sequence[Block], site: Site, front: Mapping[str, Any], asked: Asked) -> Run:
    run, displays = read_session(blocks, root=site.root, site=site.settings.defaults, front=_defaults(front))
    for block, display in zip(blocks, displays, strict=True):
        asked.shown[block.page, block.where] = run.name, display
    return run


def _defaults(front: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in front.items() if name != "metrics"}


def _options(block: Block, site: Site, asked: Asked) -> Any:
    if block.kind not in VIEWS:
        raise DLError(block.where, f"blocks of the kind '{block.kind}' are not yet available.")
    chosen = options.read(
        VIEWS[block.kind].Options, options.read_body(block), block.where, what=f"an option of {block.kind}"
    )
    if isinstance(chosen, chart.Options):
        chosen, read = chart.load(chosen, block, site.root)
        asked.files.update(read)
    if isinstance(chosen, claim.Options):
        known = site.settings.sources
        said, cited = (named(getattr(chosen, name), known, block.where, name) for name in ("said_by", "citation"))
        chosen = replace(chosen, said_by=said, citation=cited)
    return chosen


def _declared(metrics: Mapping[str, Any], where: Where, problems: list[DLError]) -> dict[str, Metric]:
    declared = {}
    for name, said in metrics.items():
        try:
            declared[str(name)] = metric(str(name), said, where)
        except DLError as problem:
            problems.append(problem)
    return declared


def _pages(
    scan: fences.Scan,
    sources: Mapping[str, fences.Page],
    site: Site,
    declared: Mapping[str, Metric],
    problems: list[DLError],
) -> dict[str, Page]:
    """Begin the pages that have something of ours, in page order, each with the declarations that hold on it."""
    metrics: dict[str, Mapping[str, Metric]] = {}
    for name, front in scan.fronts.items():
        problems += options.check_front(front, Where(sources[name].path, 1))
        own = _declared(front.get("metrics") or {}, Where(sources[name].path, 1), problems)
        metrics[name] = {**declared, **own}
    used = {*scan.fronts, *(block.page for block in scan.blocks), *(inline.page for inline in scan.inlines)}
    return {name: _page(source, metrics.get(name, declared), site) for name, source in sources.items() if name in used}


def _page(source: fences.Page, metrics: Mapping[str, Metric], site: Site) -> Page:
    """Begin a page: its address, its title, and how metrics are declared on it."""
    url = source.url or lines.url_of(source.name, folders=site.use_directory_urls)
    return Page(source.name, url, lines.title_of(source.text) or source.name, metrics)


def _uses(asked: Asked, scan: fences.Scan, site: Site) -> Iterator[Use]:
    """Name what every page shows, as far as it can be read."""
    results = Results(asked.groups({}), {})
    for run in asked.runs.values() if site.settings.run_pages else ():
        yield Use(run.page, run.name, ALL)
    for inline in scan.inlines:
        with contextlib.suppress(DLError):
            for ref in refs(parse_value(inline.text, inline.where).node):
                yield Use(inline.page, ref.run, ref.metric)
    for block in scan.blocks:
        if chosen := asked.options.get(block.where):
            with contextlib.suppress(DLError):
                for ref in VIEWS[block.kind].references(chosen, block.where):
                    names = [ref.metric] if ref.metric else list(dict.fromkeys(named_in(chosen)))
                    for shown in dict.fromkeys(group.run.name for group in results.matching(ref)):
                        yield from (Use(block.page, shown, name) for name in names)


def _claims_apart(asked: Asked) -> list[DLError]:
    """Refuse one id for claims that check different things: its badge and its links would stand for only one."""
    first: dict[str, Block] = {}
    problems: list[DLError] = []
    for where, block in asked.claims.items():
        path = badges.path(block.name).lower()
        other = first.setdefault(path, block) if path else block
        if where != block.where or other is block:
            continue
        if other.name != block.name:
            problem = f"the badge of claim '{block.name}' would be that of claim '{other.name}' at {other.where}."
        elif other.page != block.page:  # on one page no two blocks have one id
            problem = f"claim '{block.name}' checks something else at {other.where}."
        else:
            continue
        problems.append(DLError(where, problem, "Give one of them another id."))
    return problems


def _unknown(asked: Asked, inlines: Iterable[fences.Inline], unread: Collection[str]) -> list[DLError]:
    """Find what blocks and inline values name and no page defines, before anything runs."""
    problems: list[DLError] = []
    results = Results(asked.groups({}), {})
    blocks = {block.where: block for page in asked.pages.values() for block in page.blocks}
    known = [(asked.options[block.where], block.page, block.name) for block in asked.claims.values()]
    for where, chosen in asked.options.items():
        try:
            if isinstance(chosen, claims.Options):
                claims.check(chosen, known, where)
            for ref in VIEWS[blocks[where].kind].references(chosen, where):
                if ref.run not in unread:
                    results.select(ref, where)
        except DLError as problem:
            problems.append(problem)
    for inline in inlines:
        try:
            for ref in refs(parse_value(inline.text, inline.where).node):
                if ref.run not in unread:
                    results.one(ref, inline.where)
        except DLError as problem:
            problems.append(problem)
    return problems


def _label(run: Run, params: Mapping[str, Value]) -> str:
    """Name a run at a point for readers: `RBF SVM (n=100)`, or its address where it has no display name."""
    if not params:
        return run.title
    return f"{run.label} {address('', params)}" if run.label else address(run.name, params)


def _noting(pages: Iterable[fences.Page], sources: dict[str, fences.Page]) -> Iterator[fences.Page]:
    """Hand pages on, and note each."""
    for page in pages:
        sources[page.name] = page
        yield page

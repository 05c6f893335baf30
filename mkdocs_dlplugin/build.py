"""Build: parse → plan → execute → record → render, for one site, once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import fences, options, placeholders
from mkdocs_dlplugin.checks import Outcome, mark_doubtful
from mkdocs_dlplugin.conduct import Conductor
from mkdocs_dlplugin.config import Site, check_engine, metric
from mkdocs_dlplugin.engines import ENGINES, Engine, OnProgress, Progress, preload_for
from mkdocs_dlplugin.errors import DLError, Exit, RunFailed
from mkdocs_dlplugin.expressions import InlineValue, parse_value, refs
from mkdocs_dlplugin.fingerprint import digest_bytes
from mkdocs_dlplugin.model import Block, Metric, Run, Value, Where, address, place
from mkdocs_dlplugin.options import Display
from mkdocs_dlplugin.plan import Plan, Task, drift, plan
from mkdocs_dlplugin.reporting import Reporter, counted
from mkdocs_dlplugin.results import Group, Place, Results
from mkdocs_dlplugin.store import Store
from mkdocs_dlplugin.vega import Renderer
from mkdocs_dlplugin.views import chart, claim, comparison, output, runpage, value

VIEWS = {"comparison": comparison, "chart": chart, "claim": claim}
"""Blocks that show what was measured; a module each, with `Options`, `references` and `render`."""

CSS = "assets/dl/dl.css"
"""Where the style sheet lies in a site."""


@dataclass
class Page:
    """A page while it is being built: its blocks and inline values as read, by what they look like."""

    name: str
    metrics: Mapping[str, Metric]
    blocks: dict[tuple[str, str, str], Block] = field(default_factory=dict)
    """By kind, name and body, as the Markdown extension meets them."""
    values: dict[str, Where] = field(default_factory=dict)
    """Place of each inline value, by its text."""


class Build:
    """The state of one build; homes hand over pages, then ask for results."""

    def __init__(
        self,
        site: Site,
        reporter: Reporter,
        *,
        engine: Callable[[Sequence[Task]], Engine] | None = None,
        renderer: Renderer | None = None,
        only: Callable[[Plan], frozenset[str]] | None = None,
        forced: Callable[[Plan], frozenset[str]] | None = None,
        known: Mapping[str, DLError] | None = None,
    ) -> None:
        """Prepare a build of one site.

        Args:
            site: What of its configuration the stages need.
            reporter: Where messages go.
            engine: Starts the engine when a job must run; the one that the settings name when not given.
            renderer: Draws the charts.
            only: Names the jobs that may execute; all when not given.
            forced: Names the jobs that execute even when fresh; as the settings say when not given.
            known: Jobs that failed a moment ago and need not fail again, with their reasons.
        """
        self.site, self.reporter = site, reporter
        self.store = Store(site.root / site.settings.records, site.root / site.settings.scratch)
        self.renderer = renderer or Renderer(site.root / site.settings.scratch / "charts", warn=reporter.warning)
        self.pages: dict[str, Page] = {}
        self.runs: dict[str, Run] = {}
        self.shown: dict[tuple[str, str, str], tuple[str, Display]] = {}
        """By page, name and body as written of a run's block: the run's name, and how the page shows it."""
        self.options: dict[Where, Any] = {}
        """Options of the other blocks, by place."""
        self.plan = Plan()
        self.problems: list[DLError] = []
        """What is wrong with the pages."""
        self.assets: dict[str, bytes] = {}
        """Files to ship with the site, by path."""
        self._engine = engine or (lambda tasks: start_engine(site, reporter, tasks, self.hear))
        self._only, self._forced, self._known = only, forced, dict(known or {})
        self._marks: list[tuple[str, Block | InlineValue | DLError, Where]] = []
        self._judged: dict[Where, list[Outcome]] | None = None
        self._doubtful: set[tuple[Where, int]] = set()
        self._seen: set[tuple[str, str, str, str]] = set()
        self.conductor = self._conduct()
        check_engine(site.settings.engine, ENGINES, Where("mkdocs.yml"))

    # -- parse and plan -------------------------------------------------------------------------------------------

    def scan(self, pages: Iterable[fences.Page]) -> list[DLError]:
        """Read all pages and plan their jobs; return everything that is wrong with them, in page order."""
        paths: dict[str, str] = {}
        scan = fences.scan(_noting(pages, paths), root=self.site.root, snippets=self.site.snippets)
        problems = list(scan.problems)
        declared = self._declared(self.site.settings.metrics, Where("mkdocs.yml"), problems)
        for name, front in scan.fronts.items():
            problems += options.check_front(front, Where(paths[name], 1))
            own = self._declared(front.get("metrics") or {}, Where(paths[name], 1), problems)
            self.pages[name] = Page(name, declared | own)
        runs: list[Run] = []
        for block in scan.blocks:
            page = self.pages.setdefault(block.page, Page(block.page, declared))
            page.blocks.setdefault((block.kind, block.name, block.body), block)
            try:
                if block.kind == "run":
                    front = {k: v for k, v in scan.fronts.get(block.page, {}).items() if k != "metrics"}
                    run, display = options.read_run(
                        block, root=self.site.root, site=self.site.settings.defaults, front=front
                    )
                    runs.append(run)
                    self.shown[block.page, block.name, block.body] = run.name, display
                else:
                    self.options[block.where] = self._read(block)
            except DLError as problem:
                problems.append(problem)
        problems += options.check_unique(runs)
        self.runs = {run.name: run for run in reversed(runs)}
        self.runs = {name: self.runs[name] for name in dict.fromkeys(run.name for run in runs)}
        executed = [run for run in self.runs.values() if self._executes(run)]
        self.plan = plan(executed, self.site.root)
        # What names a run that could not be read is not a mistake of its own.
        unread = {block.name for block in scan.blocks if block.kind == "run"} - self.runs.keys()
        problems += [problem for problem in self.plan.problems if not unread]
        self.conductor = self._conduct()
        problems += [] if unread else self._unknown(scan, declared)
        self.problems = sorted(problems, key=lambda problem: (problem.where.path, problem.where.line))
        return self.problems

    def _declared(self, metrics: Mapping[str, Any], where: Where, problems: list[DLError]) -> dict[str, Metric]:
        declared = {}
        for name, said in metrics.items():
            try:
                declared[str(name)] = metric(str(name), said, where)
            except DLError as problem:
                problems.append(problem)
        return declared

    def _read(self, block: Block) -> Any:
        if block.kind not in VIEWS:
            raise DLError(block.where, f"blocks of the kind '{block.kind}' are not yet available.")
        view = VIEWS[block.kind]
        return options.read(view.Options, options.read_body(block), block.where, what=f"an option of {block.kind}")

    def _executes(self, run: Run) -> bool:
        return any(display.eval for name, display in self.shown.values() if name == run.name)

    def _unknown(self, scan: fences.Scan, declared: Mapping[str, Metric]) -> list[DLError]:
        """Find runs that blocks and inline values name and no page defines, before anything runs."""
        problems: list[DLError] = []
        results = self._results(Page("", declared))
        for block in scan.blocks:
            if block.where in self.options:
                try:
                    for ref in VIEWS[block.kind].references(self.options[block.where], block.where):
                        results.select(ref, block.where)
                except DLError as problem:
                    problems.append(problem)
        for inline in scan.inlines:
            page = self.pages.setdefault(inline.page, Page(inline.page, declared))
            page.values.setdefault(inline.text, inline.where)
            try:
                for ref in refs(parse_value(inline.text, inline.where).node):
                    results.one(ref, inline.where)
            except DLError as problem:
                problems.append(problem)
        return problems

    # -- execute and record ---------------------------------------------------------------------------------------

    def _conduct(self) -> Conductor:
        force = self.site.settings.execution == "force"
        return Conductor(
            plan=self.plan,
            store=self.store,
            engine=self._engine,
            reporter=self.reporter,
            root=self.site.root,
            frozen=self.site.settings.execution == "never",
            only=self._only(self.plan) if self._only and self.plan.tasks else None,
            forced=self._forced(self.plan)
            if self._forced and self.plan.tasks
            else frozenset(self.plan.tasks if force else ()),
            failures=dict(self._known),
        )

    def hear(self, progress: Progress) -> None:
        """Note what the engine tells while it works."""
        self.conductor.hear(progress)

    def look(self) -> None:
        """See how each record stands, without executing anything."""
        self.conductor.look()

    def start(self) -> None:
        """Begin to execute what is stale; where nothing may run, report it instead."""
        if self.conductor.frozen:
            self.conductor.look()
            self.conductor.refuse()
        else:
            self.conductor.start()

    def finish(self) -> None:
        """Wait for every job, then say which failed, each cause once."""
        self.conductor.finish()
        for failure in self.failures(job for job in self.plan.tasks if job not in self._known):
            self.reporter.fail(told(failure), failure.error.code)
        ran, failed = len(self.conductor.executed), len(self.conductor.failures)
        if ran or failed:
            jobs = counted(len(self.plan.tasks), "job")
            self.reporter.info(f"{ran} of {jobs} ran, {failed} without a result, the rest was on record")

    def failures(self, places: Iterable[str]) -> list[output.Failure]:
        """Group what failed by its cause, so that one mistake in five seeds is one message."""
        grouped: dict[str, list[tuple[int, DLError, Run]]] = {}
        for where in places:
            if (error := self.conductor.failures.get(where)) is not None:
                task = self.plan.tasks[where]
                cause = f"{error.where} {error.problem.replace(f'seed {task.job.seed}:', 'seed')}"
                grouped.setdefault(cause, []).append((task.job.seed, error, task.run))
        return [
            output.Failure(hits[0][1], tuple(seed for seed, _, _ in hits), len(hits[0][2].seeds))
            for hits in grouped.values()
        ]

    # -- render ---------------------------------------------------------------------------------------------------

    def find(self, page: str, kind: str, name: str, body: str) -> Block | None:
        """Find the block that the scan saw, as the Markdown extension meets it again."""
        known = self.pages.get(page)
        self._seen.add((page, kind, name, body))
        return known.blocks.get((kind, name, body)) if known else None

    def unseen(self, page: str) -> list[Block]:
        """Name the blocks that the scan found and the rendered page does not show."""
        known = self.pages.get(page)
        return [b for k, b in known.blocks.items() if (page, *k) not in self._seen] if known else []

    def put_block(self, page: str, block: Block | DLError) -> str:
        """Keep a place on a page for a block's result and return the HTML that holds it."""
        self._marks.append((page, block, block.where))
        return placeholders.block(len(self._marks) - 1)

    def put_value(self, page: str, text: str) -> str:
        """Keep a place on a page for an inline value and return the mark that holds it."""
        known = self.pages.get(page)
        where = (known.values.get(text) if known else None) or Where(page)
        try:
            found: InlineValue | DLError = parse_value(text, where)
        except DLError as problem:
            found = problem
        self._marks.append((page, found, where))
        return placeholders.mark(len(self._marks) - 1)

    def fill(self, html: str, url: str) -> str:
        """Exchange the places kept on a page for results.

        Args:
            html: The page, or a part of it.
            url: URL of the page that shows it, relative to the site's root.
        """
        return placeholders.fill(html, lambda n: self._block(n, url), lambda n: self._value(n, url))

    def fill_text(self, text: str, url: str) -> str:
        """The same for titles and other places that hold no elements; returns escaped text."""
        return placeholders.fill_text(text, lambda n: self._value(n, url))

    def _block(self, number: int, url: str) -> str:
        page, block, where = self._marks[number]
        if isinstance(block, DLError):
            return output.error_box(block)
        if not isinstance(block, Block):
            raise TypeError("an inline value stands where a block is expected")
        spot = self._place(where, block.name, url)
        try:
            if block.kind == "run":
                return self._output(block, spot)
            if where not in self.options:
                raise DLError(where, f"this {block.kind} could not be read.", "See the message above.")
            results = self._results(self._page(page))
            settings = self.options[where]
            if block.kind == "chart":
                return chart.render(settings, results, spot, self.renderer)
            if block.kind == "claim":
                return claim.render(settings, self._outcomes(where), results, spot)
            return comparison.render(settings, results, spot)
        except DLError as problem:
            self._excuse(problem)
            return output.error_box(problem)

    def _value(self, number: int, url: str) -> tuple[str, str]:
        page, found, where = self._marks[number]
        try:
            if isinstance(found, DLError):
                raise found
            if isinstance(found, Block):
                raise DLError(where, "a block stands where a number is expected.")
            return value.render(found, self._results(self._page(page)), self._place(where, "", url))
        except DLError as problem:
            self._excuse(problem)
            text = "pending" if self.conductor.busy else "no result"
            kind = "pending" if self.conductor.busy else "error"
            return f'<span class="dl-{kind}" title="{escape(str(problem))}">{text}</span>', text

    def _excuse(self, problem: DLError) -> None:
        """Report a block that cannot be shown, unless it only waits for a run that was reported itself."""
        if self.conductor.busy or self.problems:
            return
        if self.conductor.failures and ("no result" in problem.problem or "not a metric" in problem.problem):
            self.reporter.codes.add(max(int(e.code) for e in self.conductor.failures.values()))
            return
        self.reporter.fail(str(problem), problem.code)

    def _place(self, where: Where, name: str, url: str) -> Place:
        return Place(
            where=where,
            id=name,
            url=url,
            keep=self._keep,
            directory_urls=self.site.use_directory_urls,
            run_pages=self.site.settings.run_pages,
        )

    def _keep(self, name: str, content: bytes) -> str:
        """Ship a file; its name carries a digest, so that an old page never shows a new figure."""
        stem, dot, suffix = name.rpartition(".")
        path = f"assets/dl/{stem or suffix}-{digest_bytes(content)[:8]}{dot}{suffix if stem else ''}"
        self.assets[path] = content
        return path

    def _output(self, block: Block, spot: Place) -> str:
        if (block.page, block.name, block.body) not in self.shown:
            raise DLError(block.where, "this run could not be read.", "See the message above.")
        name, display = self.shown[block.page, block.name, block.body]
        run = self.runs[name]
        groups = tuple(group for group in self._results(self._page(block.page)).groups if group.run.name == run.name)
        places = [place(run.name, params, seed) for params in run.points for seed in run.seeds]
        settled = self.conductor.failures.keys() | self.conductor.records.keys()
        failed = [p for p in places if p in self.conductor.failures and p in self.conductor.records]
        stale = sorted({reason for p in failed for reason in self.conductor.states[p].reasons})
        shown = output.Shown(
            groups=groups,
            failures=tuple(self.failures(places)),
            pending=sum(p not in settled for p in places) if display.eval else 0,
            stale=tuple(stale),
            fig_cap=display.fig_cap,
            fig_alt=display.fig_alt,
            output=display.result != "none",
        )
        if not display.eval:
            return output.box("ran", "Not run, as the page asks.", "")
        return output.render(shown, spot, self.store.asset)

    def _results(self, page: Page) -> Results:
        records = self.conductor.records
        groups = []
        for run in self.runs.values():
            for params in run.points:
                found = {seed: records.get(place(run.name, params, seed)) for seed in run.seeds}
                title = _label(run, params)
                there = tuple(record for _, record in sorted(found.items()) if record)
                absent = tuple(seed for seed, record in found.items() if record is None)
                groups.append(Group(run, params, title, there, absent))
        return Results(groups, page.metrics)

    def results(self, page: str = "") -> Results:
        """Return all runs with their records, and metrics as a page declares them."""
        return self._results(self._page(page))

    def _page(self, name: str) -> Page:
        return self.pages.get(name) or Page(name, {})

    def _outcomes(self, where: Where) -> list[claim.Judged]:
        """Judge all claims of the site together, because how many were checked decides what chance alone explains."""
        if self._judged is None:
            self._judged = {}
            for page in self.pages.values():
                for block in page.blocks.values():
                    if block.kind == "claim" and block.where in self.options:
                        self._judged[block.where] = claim.judge_all(
                            self.options[block.where], self._results(page), block.where
                        )
            flat = [(at, i) for at, outcomes in self._judged.items() for i in range(len(outcomes))]
            doubtful = mark_doubtful([self._judged[at][i] for at, i in flat])
            self._doubtful = {flat[index] for index in doubtful}
        return [claim.Judged(o, (where, i) in self._doubtful) for i, o in enumerate(self._judged.get(where, []))]

    # -- pages of runs --------------------------------------------------------------------------------------------

    def run_pages(self) -> list[str]:
        """Name the runs that get a page of their own."""
        return [run.name for run in self.runs.values()] if self.site.settings.run_pages else []

    def run_page(self, name: str, url: str, page_url: str) -> str:
        """Draw the page of a run: its code, options, results per seed, environment and how to measure it again.

        Args:
            name: The run.
            url: URL of the page being drawn, relative to the site's root.
            page_url: URL of the page whose block it is.
        """
        run = self.runs[name]
        spot = self._place(run.where, "", url)
        results = self._results(self._page(run.page))
        groups = [group for group in results.groups if group.run.name == name]
        return runpage.render(run, groups, results, spot, page_url, self.store.asset)

    def drift(self, where: str) -> list[str]:
        """Say which packages a record was measured with in another version than is installed now."""
        record = self.conductor.records.get(where)
        return drift(record) if record else []

    def display(self, block: Block) -> Display | None:
        """Return how a page shows a run; `None` when its options could not be read."""
        return self.shown.get((block.page, block.name, block.body), ("", None))[1]

    def blocks(self, page: str) -> list[Block]:
        """Return the blocks of a page."""
        return list(self.pages[page].blocks.values()) if page in self.pages else []

    def ship(self) -> dict[str, bytes]:
        """Return the files to put into the site, by path; none when no page has a block of ours."""
        return {CSS: stylesheet(), **self.assets} if self._marks else {}

    def retire(self) -> None:
        """Start nothing more; what runs may end, for its record will be wanted."""
        self.conductor.retire()

    def wait(self) -> bool:
        """Wait for what runs; tell whether there is anything new to show."""
        before = set(self._known)
        self.finish()
        return bool(self.conductor.executed) or self.conductor.failures.keys() != before

    def close(self) -> None:
        """End what still runs and let go of what was opened."""
        self.conductor.close()
        self.renderer.close()


def _label(run: Run, params: Mapping[str, Value]) -> str:
    """Name a run at a point for readers: `RBF SVM (n=100)`, or its address where it has no display name."""
    if not run.gridded:
        return run.title
    return f"{run.label} {address('', params)}" if run.label else address(run.name, params)


def _noting(pages: Iterable[fences.Page], paths: dict[str, str]) -> Iterator[fences.Page]:
    """Hand pages on, and note the file of each."""
    for page in pages:
        paths[page.name] = page.path
        yield page


def told(failure: output.Failure) -> str:
    """Write a failure for the terminal: place, problem, the page's own lines of the traceback, what to do."""
    error = failure.error
    lines = [f"{error.where}: {output.several(error.problem, failure.seeds, failure.of)}"]
    if isinstance(error, RunFailed):
        lines += [f"    {frame}" for frame in error.frames]
    lines += [f"  {line}" for line in error.hint.splitlines()]
    return "\n".join(lines)


def start_engine(site: Site, reporter: Reporter, tasks: Sequence[Task], hear: OnProgress) -> Engine:
    """Start the engine that the settings name, with what the jobs import already loaded."""
    codes = list(dict.fromkeys(task.job.code for task in tasks))
    reporter.info(f"starting the engine '{site.settings.engine}'")
    return ENGINES[site.settings.engine](
        scratch=site.root / site.settings.scratch / "jobs",
        preload=preload_for(codes, site.root),
        slots=site.settings.jobs or None,
        on_progress=hear,
    )


def stylesheet() -> bytes:
    """Read the style sheet that pages with our blocks link to."""
    return (resources.files("mkdocs_dlplugin") / "assets" / "dl.css").read_bytes()


def exit_code(reporter: Reporter) -> int:
    """Return how a build must end."""
    return int(Exit(reporter.code))


def pages_of(site: Site) -> list[fences.Page]:
    """Read all pages of a site from its folder, for those who have no generator at hand."""
    found = []
    for file in sorted(site.docs.rglob("*.md")):
        name = file.relative_to(site.docs).as_posix()
        found.append(fences.Page(name, _relative(file, site.root), file.read_text("utf-8-sig")))
    return found


def _relative(file: Path, root: Path) -> str:
    try:
        return file.relative_to(root).as_posix()
    except ValueError:
        return file.as_posix()

"""Build: parse → plan → execute → record → render, for one site, once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from pathspec.gitignore import GitIgnoreSpec

from mkdocs_dlplugin import asked, engines, fences, inputs, unchanged, words
from mkdocs_dlplugin.closing import Closing
from mkdocs_dlplugin.conduct import Conductor
from mkdocs_dlplugin.config import Site, check_engine
from mkdocs_dlplugin.engines import Engine, OnProgress, Progress, Setup, preload_for
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Run, Where
from mkdocs_dlplugin.parts import statements
from mkdocs_dlplugin.plan import Plan, Task
from mkdocs_dlplugin.reporting import Reporter
from mkdocs_dlplugin.showing import Showing
from mkdocs_dlplugin.store import Store
from mkdocs_dlplugin.vega import Renderer
from mkdocs_dlplugin.views.output import fits

_HEAD_START = 0.25
"""Seconds in which the first jobs are given to the engine before pages are rendered."""

Choice = Callable[[Plan], frozenset[str]]
"""Chooses jobs of a plan, by place."""


class Build:
    """One build; homes hand over pages, let it run, and ask for what to show."""

    def __init__(
        self,
        site: Site,
        reporter: Reporter,
        *,
        engine: Callable[[Sequence[Task]], Engine] | None = None,
        only: Choice | None = None,
        forced: Choice | None = None,
        known: Callable[[Plan], Mapping[str, DLError]] | None = None,
        begun: Callable[[Plan], None] | None = None,
    ) -> None:
        """Prepare a build of one site.

        Args:
            site: What of its configuration the stages need.
            reporter: Where messages go.
            engine: Starts the engine when a job must run; the one that the settings name when not given.
            only: Names the jobs that may execute; all when not given.
            forced: Names the jobs that execute even when fresh; as the settings say when not given.
            known: Names the jobs that failed a moment ago and need not fail again, with their reasons.
            begun: Hears what is planned when this build begins to execute.
        """
        check_engine(site.settings.engine, engines.known(site.settings.engine), Where("mkdocs.yml"))
        self.site, self.reporter = site, reporter
        words.speak(site.language, site.settings.words)
        self._began = time.time_ns()
        self.store = Store(site.root / site.settings.records, site.root / site.settings.scratch, reporter.warning)
        self.renderer = Renderer(site.root / site.settings.scratch / "charts", warn=reporter.warning)
        self._engine = engine or (lambda tasks: start_engine(site, reporter, tasks, self.hear))
        self._only, self._forced, self._remember, self._begun = only, forced, known, begun
        self._shown: tuple[frozenset[str], frozenset[str]] | None = None
        self._take(asked.Asked())

    def scan(self, pages: Iterable[fences.Page]) -> list[DLError]:
        """Read all pages and plan their jobs; return everything that is wrong with them, in page order."""
        self._take(asked.read(self.site, pages))
        for doubt in self.asked.doubts:
            self.reporter.warning(str(doubt))
        return self.asked.problems

    def _take(self, wanted: asked.Asked) -> None:
        """Prepare the later stages for what the pages ask."""
        self.asked = wanted
        self._known = dict(self._remember(wanted.plan)) if self._remember else {}
        self.conductor = Conductor(
            plan=wanted.plan,
            store=self.store,
            engine=self._engine,
            reporter=self.reporter,
            root=self.site.root,
            frozen=self.site.settings.execution == "never",
            only=self._only(wanted.plan) if self._only and wanted.plan.tasks else None,
            forced=self._chosen(wanted.plan),
            failures=dict(self._known),
        )
        self.closing = Closing(
            wanted,
            self.conductor,
            self.reporter,
            groups=lambda: self.showing.results("").groups,
            sandboxed=self.site.settings.sandbox != "off",
        )
        self.showing = Showing(self.site, wanted, self.conductor, self.renderer, self.reporter)

    def _chosen(self, plan: Plan) -> frozenset[str]:
        if self._forced and plan.tasks:
            return self._forced(plan)
        return frozenset(plan.tasks if self.site.settings.execution == "force" else ())

    def start(self) -> None:
        """Begin to execute what is stale; where nothing may run, report it instead."""
        if self.conductor.frozen:
            self.conductor.look()
            self.conductor.refuse()
        else:
            if self._begun is not None:
                self._begun(self.asked.plan)
            self.conductor.start()
            # Both would take turns at one interpreter; this way libraries load while the first page is rendered.
            self.conductor.catch_up(_HEAD_START)

    def recall(self) -> None:
        """Show what stands, because a page must be mended before anything may run."""
        self.conductor.recall()

    def finish(self) -> None:
        """Wait for every job, then say which failed, each cause once."""
        self.conductor.finish()
        for run in self.asked.runs.values():
            self._compare_split(run)
        self.closing.say(self._known)

    def _compare_split(self, run: Run) -> None:
        """Say so when a session was split into other blocks as it was measured, which changes no result."""
        split = statements(run)
        records = (record for place, record in self.conductor.records.items() if place.split("/")[0] == run.name)
        if split and not all(fits(record, split) for record in records):
            problem = f"session '{run.name}' was split into other blocks when it was measured"
            hint = f"To show it block by block: mkdocs-dlplugin run {run.name} --force"
            self.reporter.warning(f"{run.where}: {problem}, so its output stands under the last one.\n  {hint}")

    def hear(self, progress: Progress) -> None:
        """Note what the engine tells while it works."""
        self.conductor.hear(progress)

    def glance(self, seconds: float = 2.0) -> None:
        """Take what is known after a moment for what the pages show; `wait` tells whether there is more in the end."""
        self.conductor.catch_up(seconds)
        self._shown = self.conductor.settled

    def wait(self) -> bool:
        """Wait for what runs; tell whether there is anything new to show."""
        self.finish()
        return self.conductor.settled != self._shown

    def retire(self) -> None:
        """Start nothing more; what runs may end, for its record will be wanted."""
        self.conductor.retire()

    def close(self) -> None:
        """End what still runs and let go of what was opened."""
        self.conductor.close()
        self.renderer.close()

    def keep(self, path: Path, site: str) -> None:
        """Keep what this build showed, so that the next one shows it again while nothing has changed.

        Args:
            path: The file it is kept in.
            site: Digest of the pages and of how the site is configured, see `unchanged.site_digest`.
        """
        made_from = inputs.gather(
            self.asked, self.conductor, self.store, self.site, self._began, self.showing.around.looked
        )
        # What was said once must be said again, so a build with a message is repeated as a whole.
        if made_from is not None and not self.reporter.said:
            unchanged.keep(path, site, made_from, self.showing.memory)


def start_engine(site: Site, reporter: Reporter, tasks: Sequence[Task], hear: OnProgress) -> Engine:
    """Start the engine that the settings name, with what the jobs import already loaded."""
    reporter.info(f"starting the engine '{site.settings.engine}'")
    setup = Setup(
        scratch=site.root / site.settings.scratch / "jobs",
        root=site.root,
        preload=imports_of(site, tasks),
        slots=site.settings.jobs,
        on_progress=hear,
        address=site.settings.address,
        isolation=site.settings.isolation,
        sandbox=site.settings.sandbox,
    )
    return engines.start(site.settings.engine, setup)


def imports_of(site: Site, tasks: Sequence[Task]) -> tuple[str, ...]:
    """List the modules that are worth loading once for all of some jobs."""
    return preload_for(list(dict.fromkeys(task.job.code for task in tasks)), site.root)


def pages_of(site: Site) -> list[fences.Page]:
    """Read all pages of a site that are published from its folder, for those who have no generator at hand."""
    excluded = GitIgnoreSpec.from_lines(site.excluded)
    found = {file.relative_to(site.docs).as_posix(): file for file in sorted(site.docs.rglob("*"))}
    return [
        fences.Page(name, _relative(file, site.root), file.read_text("utf-8-sig"))
        for name, file in found.items()
        if name.endswith(fences.SUFFIXES)
        and file.is_file()
        and not excluded.match_file(name)
        # MkDocs shows one of the two.
        and not (file.stem == "README" and (file.parent / "index.md").is_file())
    ]


def _relative(file: Path, root: Path) -> str:
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()

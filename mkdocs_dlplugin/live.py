"""Live: `mkdocs serve` without waiting; pages are there at once, and built again when their runs are done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any
from urllib.parse import parse_qs

from mkdocs_dlplugin import shipped
from mkdocs_dlplugin.build import Build, imports_of, start_engine
from mkdocs_dlplugin.config import Site
from mkdocs_dlplugin.engines import Engine, Progress, Renewable, Revocable
from mkdocs_dlplugin.model import Record
from mkdocs_dlplugin.plan import Plan, Task
from mkdocs_dlplugin.progress import Journal
from mkdocs_dlplugin.reporting import Reporter

FOLDER, SCRIPT = "__dl__", "live.js"
"""Where the preview answers about runs at work, and the script that asks; no page of a site can lie there."""

Application = Callable[[Mapping[str, Any], Callable[..., Any]], Iterable[bytes]]
"""A server's program, as in WSGI."""


class Live:
    """What outlives the single builds of one `serve`: the engine, and the build whose runs are still at work."""

    def __init__(self) -> None:
        self.shown = False
        """Whether a first build is on screen; from then on nothing may end the server."""
        self._engine: Engine | None = None
        self._build: Build | None = None
        self._earlier: list[Build] = []
        """Builds before it that still run something."""
        self._server: Any = None
        self.journal = Journal()
        self._asked = False
        """Whether the next build is one we asked for, so that runs that failed a moment ago need not fail again."""

    def next(self, site: Site, reporter: Reporter) -> Build:
        """Make the next build.

        What those before still run goes on as long as the pages have it, and what they had not started is dropped.
        """
        if self._build is not None:
            self._build.retire()
        self._earlier = [build for build in (*self._earlier, self._build) if build is not None and build.conductor.busy]

        def engine(tasks: Sequence[Task]) -> Engine:
            if self._engine is None:
                self._engine = start_engine(site, reporter, tasks, self._hear)
            elif isinstance(self._engine, Renewable):
                self._engine.renew(imports_of(site, tasks))
            return _Shared(self._engine)

        known = self._build.conductor.remembered if self._asked and self._build else None
        self._asked = False
        build = Build(site, reporter, engine=engine, known=known, begun=self._end_others)
        if self._build is not None:
            # What could not be written would run again for every build, and ask for the next one each time.
            build.store.unwritten.update(self._build.store.unwritten)
        self._build = build
        return build

    def _end_others(self, plan: Plan) -> None:
        for build in self._earlier:
            build.conductor.give_way(plan)

    def watch(self, server: Any) -> None:
        """Keep the server, to ask it for a rebuild when the runs are done, and answer through it how they go on."""
        self._server, self.shown = server, True
        server.set_app(answering(self.journal, server.get_app()))
        self.follow()

    def _hear(self, progress: Progress) -> None:
        self.journal.hear(progress)
        if self._build is not None:
            self._build.hear(progress)

    def close(self) -> None:
        """End the engine and all it runs."""
        if self._engine is not None:
            self._engine.close()

    def follow(self) -> None:
        """Ask for a rebuild when the runs of the build that was started last are done."""
        if self._server is None or self._build is None:
            return  # the first build, which is on screen only later, or a site with nothing of ours
        threading.Thread(target=self._rebuild, args=(self._build,), name="dlplugin-live", daemon=True).start()

    def _rebuild(self, build: Build) -> None:
        if build.wait() and build is self._build:
            server, self._asked = self._server, True
            # What the file watcher does when a page was saved; the public way, touching a watched file, adds 0.6 s.
            with server._rebuild_cond:
                server._want_rebuild = True
                server._rebuild_cond.notify_all()


def answering(journal: Journal, otherwise: Application) -> Application:
    """Answer what a page asks about runs at work, and leave everything else to the server.

    Not by files: while a site is built again the server holds every request back, and after a failed build for ever.
    """

    def app(environ: Mapping[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        folder, _, name = str(environ.get("PATH_INFO", "")).rpartition("/")
        if not folder.endswith(f"/{FOLDER}"):
            return otherwise(environ, start)
        if name == SCRIPT:
            kind, content = "text/javascript", shipped.live()
        elif name == "progress":
            since = parse_qs(str(environ.get("QUERY_STRING", ""))).get("since", ["0"])[0]
            kind, content = "application/json", journal.since(int(since) if since.isdecimal() else 0)
        else:
            return otherwise(environ, start)
        headers = (("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(content))))
        start("200 OK", [*headers, ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")])
        return [content]

    return app


class _Shared:
    """An engine that the builds of one server share, so that none of them ends it."""

    def __init__(self, engine: Engine) -> None:
        self.submit = engine.submit
        self._engine = engine

    def revoke(self, future: Future[Record]) -> None:
        """End a job that no page has any more, where the engine can."""
        if isinstance(self._engine, Revocable):
            self._engine.revoke(future)

    def close(self) -> None:
        """Leave it to the next build."""

"""Home: the plugin for MkDocs and ProperDocs; each hook hands over in a line or two."""

from __future__ import annotations

import logging
import posixpath
import re
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from mkdocs.config.base import Config, ValidationError
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

from mkdocs_dlplugin import engines, fences, live, regular
from mkdocs_dlplugin.build import Build
from mkdocs_dlplugin.config import Settings, Site, check_engine, settings, snippet_paths
from mkdocs_dlplugin.errors import DLError, Exit
from mkdocs_dlplugin.markdown import DLExtension
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.placeholders import found
from mkdocs_dlplugin.reporting import Reporter, counted, harmless
from mkdocs_dlplugin.showing import CSS

log = logging.getLogger("mkdocs.plugins.dlplugin")

_STOPPED = "Stopped; what was measured is recorded."


class Ended(Abort):
    """The end of a build with an exit code of ours."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # what click looks at
        self.code = code


class DLConfig(Config):  # type: ignore[no-untyped-call]
    """The settings of `config.Settings`, checked by the same code with and without MkDocs."""

    settings: Settings
    raw: Mapping[str, Any] = {}

    def load_dict(self, patch: Mapping[str, Any] | None) -> None:
        """Take the author's options as they are."""
        self.raw = dict(patch or {})

    def validate(self) -> tuple[list[tuple[str, Exception]], list[tuple[str, str]]]:
        """Check them; what MkDocs would only warn about is an error, for it would execute what must not run."""
        try:
            self.settings = settings(self.raw, Where("mkdocs.yml"))
            check_engine(self.settings.engine, engines.known(self.settings.engine), Where("mkdocs.yml"))
        except DLError as problem:
            return [("dlplugin", ValidationError(harmless(str(problem))))], []
        return [], []


class DLPlugin(BasePlugin[DLConfig]):  # type: ignore[no-untyped-call]
    """Runs what pages ask for and shows what was measured."""

    def __init__(self) -> None:
        self.serving = False
        self.build: Build | None = None
        self.live = live.Live()
        self.drawn: dict[str, str] = {}
        """What the pages of runs show, by page."""

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:  # noqa: ARG002
        """Remember whether a server waits; that this hook exists keeps the instance over rebuilds."""
        self.serving = command == "serve"
        # As the first process of a container it would be deaf to it otherwise.
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _terminate)

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Put our Markdown extension where Python-Markdown will load it."""
        if not self.config.settings.enabled:
            return config
        if "pymdownx.superfences" not in config.markdown_extensions:
            config.markdown_extensions.append("pymdownx.superfences")
        reporter = Reporter(error=log.error, warn=log.warning, info=log.info)
        site = _site(config, self.config.settings)
        self.build = self.live.next(site, reporter) if self.serving else Build(site, reporter)
        self.extension = DLExtension(build=self.build)
        # An author may name the extension too, for Zensical; here the plugin's own takes its place.
        others = [
            name for name in config.markdown_extensions if name != "dlplugin" and not isinstance(name, DLExtension)
        ]
        config.markdown_extensions[:] = [*others, self.extension]  # type: ignore[list-item]
        return config

    @event_priority(-100)
    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Read all pages, refuse what is wrong before anything runs, then start."""
        if self.build is None:
            return files
        if self.build.site.settings.execution == "never":
            _refuse_links(files, self.build, Path(config.docs_dir))
        pages = [
            _page(file, self.build.site)
            for file in files.documentation_pages()
            if file.src_uri.endswith(fences.SUFFIXES)
        ]
        problems = self.build.scan(pages)
        for problem in problems:
            self.build.reporter.fail(str(problem), problem.code)
        if problems and not self.live.shown:
            raise Abort(f"{counted(len(problems), 'mistake')} in the pages; nothing was executed.")
        for name in self.build.run_pages():
            text = f"---\ntitle: Run {name}\nsearch:\n  exclude: true\n---\n\n# Run {name}\n"
            files.append(File.generated(config, f"runs/{name}.md", content=text, inclusion=InclusionLevel.NOT_IN_NAV))
        if problems:
            self.build.recall()
        else:
            self.build.start()
        return files

    @event_priority(-100)
    def on_page_markdown(self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> None:  # noqa: ARG002
        """Tell the extension which page comes next."""
        if self.build is not None:
            self.extension.page = page.file.src_uri

    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> None:  # noqa: ARG002
        """Report what was read or written and is not on the page as its author meant it."""
        if self.build is None:
            return
        for left in _UNREAD.finditer(re.sub(r"(?s)<(code|pre|script|style)\b.*?</\1>", "", html)):
            elsewhere = Where(_page(page.file, self.build.site).path)
            where = self.build.asked.page(page.file.src_uri).values.get(left[1], elsewhere)
            hint = "Write it in Markdown, not in raw HTML."
            unread = DLError(where, f"{left[0]} was not read, and the page shows it as it is.", hint)
            self.build.reporter.fail(str(unread), unread.code)
        for block in self.build.showing.unseen(page.file.src_uri):
            called = f"{block.kind} '{block.name}'" if block.name else f"a {block.kind} block"
            self.build.reporter.warning(f"{block.where}: {called} was read, and the page does not show it.")
        for block in self.build.asked.page(page.file.src_uri).blocks:
            known = self.build.asked.display(block) if block.kind == "run" else None
            anchor = known[1].id if known else "" if block.kind == "run" else block.name
            if anchor:
                page.present_anchor_ids = {*(page.present_anchor_ids or ()), anchor}

    # After the tags plugin (100), which fills pages, and before privacy (50), which reads them.
    @event_priority(75)
    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> Any:
        """Wait for the runs, then put results into the pages, where search and theme find them."""
        if self.build is None:
            return env
        if self.serving:
            self.build.glance()
            self.live.follow()
        else:
            self._finish(self.build)
        runs = {f"runs/{name}.md": name for name in self.build.run_pages()}
        for file in files.documentation_pages():
            page = file.page
            if page is None or page.content is None:
                continue
            if file.src_uri in runs:
                self.drawn[file.src_uri] = self._run_page(runs[file.src_uri], page, files)
            if found(page.content):
                page.content = self.build.showing.fill(page.content, page.url)
            _fill_titles(page, self.build)
        for path, content in self.build.showing.ship().items():
            files.append(File.generated(config, path, content=content))
        return env

    # After search (0), which takes the text it will find from here: pages of runs are no part of it.
    @event_priority(-100)
    def on_page_context(self, context: Any, *, page: Page, config: MkDocsConfig, nav: Any) -> None:  # noqa: ARG002
        """Fill the pages of runs."""
        if page.content is not None:
            page.content += self.drawn.pop(page.file.src_uri, "")

    def _finish(self, build: Build) -> None:
        """Wait for the runs; Ctrl-C ends the build with the code shells use for it, not with click's 1."""
        try:
            build.finish()
        except (KeyboardInterrupt, SystemExit) as stop:
            # `on_build_error`, which MkDocs calls then, ends what runs.
            raise Ended(130 if isinstance(stop, KeyboardInterrupt) else _TERMINATED, _STOPPED) from None

    def _run_page(self, name: str, page: Page, files: Files) -> str:
        if self.build is None:
            return ""
        shown = files.get_file_from_path(self.build.asked.runs[name].page)
        return self.build.showing.run_page(name, page.url, shown.url if shown else "")

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:  # noqa: ARG002
        """Fill in what was rendered after all others, such as excerpts of a blog, and link the style sheet."""
        if self.build is None:
            return output
        output = self.build.showing.fill(output, page.url)
        if 'class="dl-' in output:
            link = posixpath.relpath(CSS, posixpath.dirname(page.url) or ".")
            output = output.replace("</head>", f'<link rel="stylesheet" href="{link}">\n</head>', 1)
        return output

    @event_priority(-100)
    def on_post_build(self, *, config: MkDocsConfig) -> None:  # noqa: ARG002
        """End with the code that says what went wrong; the site is complete."""
        if self.build is None or self.serving:
            return
        code, messages = self.build.reporter.code, counted(len(self.build.reporter.said), "message")
        self.build.close()
        if code:
            raise Ended(
                code,
                f"{self.build.closing.line()} The site is complete; see the {messages} above.",
            )

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Any) -> LiveReloadServer:  # noqa: ARG002
        """Build again when the runs are done."""
        self.live.watch(server)
        return server

    def on_build_error(self, *, error: Exception) -> None:  # noqa: ARG002
        """Leave nothing running."""
        if self.build is not None and not self.serving:
            self.build.close()

    @event_priority(-100)
    def on_shutdown(self) -> None:
        """Leave nothing running; Ctrl-C ends a build alike while it renders pages and while it waits for runs."""
        stopped = isinstance(sys.exception(), KeyboardInterrupt) and not self.serving
        busy = self.build is not None and self.build.conductor.busy
        if self.build is not None:
            self.build.close()
        self.live.close()
        if stopped and busy:
            raise Ended(130, _STOPPED) from None


def _refuse_links(files: Files, build: Build, docs: Path) -> None:
    """Leave out what a link brings in from outside the project, for MkDocs would publish it."""
    for file in list(files):
        path = Path(file.abs_src_path) if file.abs_src_path else None
        if path is None or not path.is_relative_to(docs) or not regular.outside(path, build.site.root):
            continue
        files.remove(file)
        where = Where(
            path.relative_to(build.site.root).as_posix() if path.is_relative_to(build.site.root) else str(path)
        )
        refused = DLError(
            where, "is a symlink that leaves the project, and is not published.", "Commit the file itself."
        )
        build.reporter.fail(str(refused), int(Exit.FROZEN))


_TERMINATED = 128 + signal.SIGTERM


def _terminate(*_: object) -> None:
    """End as Ctrl-C does, with the code that shells give for it."""
    raise SystemExit(_TERMINATED)


def _site(config: MkDocsConfig, chosen: Settings) -> Site:
    root = Path(config.config_file_path or "mkdocs.yml").resolve().parent
    snippets = (
        config.mdx_configs.get("pymdownx.snippets", {}) if "pymdownx.snippets" in config.markdown_extensions else None
    )
    return Site(
        root=root,
        docs=Path(config.docs_dir),
        settings=chosen,
        snippets=snippet_paths(snippets),
        use_directory_urls=config.use_directory_urls,
    )


def _page(file: File, site: Site) -> fences.Page:
    path = Path(file.abs_src_path) if file.abs_src_path else site.docs / file.src_uri
    shown = path.relative_to(site.root).as_posix() if path.is_relative_to(site.root) else file.src_uri
    return fences.Page(file.src_uri, shown, file.content_string)


_UNREAD = re.compile(r"`\{run\} +([^`<]+)`")
"""An inline value that Markdown did not see, because it stands in a title or in raw HTML."""


def _fill_titles(page: Page, build: Build) -> None:
    """Put values into the page's title and table of contents, which hold text only."""
    name = page.file.src_uri

    def put(match: re.Match[str]) -> str:
        return build.showing.put_value(name, " ".join(match[1].split()))

    title = page.title
    if isinstance(title, str) and (found(title) or _UNREAD.search(title)):
        page.title = build.showing.fill_text(_UNREAD.sub(put, title), page.url)
    written = page.meta.get("title")
    # Some themes take it from here, and not from the page.
    if isinstance(written, str) and _UNREAD.search(written):
        page.meta["title"] = build.showing.fill_text(_UNREAD.sub(put, written), page.url)
    stack = list(page.toc)
    while stack:
        link = stack.pop()
        if found(link.title):
            link.title = build.showing.fill_text(re.sub(r"<[^>]+>", "", link.title), page.url)
        stack += link.children

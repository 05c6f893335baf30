"""Home: the plugin for MkDocs and ProperDocs; each hook hands over in a line or two."""

from __future__ import annotations

import logging
import os
import posixpath
import re
import signal
import sys
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urljoin

from mkdocs.config.base import Config, ValidationError
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import Abort
from mkdocs.plugins import BasePlugin, event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink

from mkdocs_dlplugin import headings, ran, unchanged
from mkdocs_dlplugin.glance import KEY, SUFFIXES, concerns, mentioned
from mkdocs_dlplugin.markdown import DLExtension
from mkdocs_dlplugin.pagehtml import into_head, minutes, under_title
from mkdocs_dlplugin.placeholders import found
from mkdocs_dlplugin.reporting import Reporter, counted, harmless
from mkdocs_dlplugin.runfiles import RunFiles
from mkdocs_dlplugin.scene import Facts, Scene
from mkdocs_dlplugin.shelf import Shelf
from mkdocs_dlplugin.unchanged import Unchanged
from mkdocs_dlplugin.words import speak

# What follows reads, plans and draws. A site that does not use us, or that is as it was, should not pay for loading
# it, so it is loaded where it is first needed.
if TYPE_CHECKING:
    from mkdocs.livereload import LiveReloadServer

    from mkdocs_dlplugin.build import Build
    from mkdocs_dlplugin.config import Settings
    from mkdocs_dlplugin.live import Live

DATA = (".json", ".csv", ".py", ".ipynb")
"""Endings of files that are only downloaded; there may be thousands, which no other plugin needs to look at."""

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

    raw: Mapping[str, Any] = {}

    def load_dict(self, patch: Mapping[str, Any] | None) -> None:
        """Take the author's options as they are."""
        self.raw = dict(patch or {})

    def validate(self) -> tuple[list[tuple[str, Exception]], list[tuple[str, str]]]:
        """Check them; what MkDocs would only warn about is an error, for it would execute what must not run."""
        # Where nothing is said, nothing can be wrong.
        if not self.raw and not os.environ.get("DLPLUGIN_EXECUTION"):
            return [], []
        from mkdocs_dlplugin.errors import DLError  # noqa: PLC0415 - see the top

        try:
            if self.settings.engine != "local":
                from mkdocs_dlplugin import engines  # noqa: PLC0415 - see the top
                from mkdocs_dlplugin.config import check_engine  # noqa: PLC0415
                from mkdocs_dlplugin.model import Where  # noqa: PLC0415

                check_engine(self.settings.engine, engines.known(self.settings.engine), Where("mkdocs.yml"))
        except DLError as problem:
            return [("dlplugin", ValidationError(harmless(str(problem))))], []
        return [], []

    @cached_property
    def settings(self) -> Settings:
        """What the author chose."""
        from mkdocs_dlplugin.config import settings  # noqa: PLC0415 - see the top
        from mkdocs_dlplugin.model import Where  # noqa: PLC0415

        return settings(self.raw, Where("mkdocs.yml"))

    @property
    def scratch(self) -> str:
        """Folder for work in progress."""
        return str(self.raw.get("scratch") or ".dlplugin")


class DLPlugin(BasePlugin[DLConfig]):  # type: ignore[no-untyped-call]
    """Runs what pages ask for and shows what was measured."""

    def __init__(self) -> None:
        self.serving = self.dirty = False
        self.live: Live | None = None
        self._reset()

    def _reset(self) -> None:
        self.scene: Scene | None = None
        """What to show; none on a site that asks for nothing of ours."""
        self.build: Build | None = None
        """What reads, plans, executes and draws; none where everything is as it was."""
        self.runs: RunFiles | None = None
        self.ours: dict[str, Page] = {}
        """Pages that show something of ours."""
        self.cards: dict[str, str] = {}
        """Addresses of the pictures that stand for them."""
        self.site = ""
        """Digest of the pages, see `unchanged.site_digest`."""

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
        """Remember whether a server waits; that this hook exists keeps the instance over rebuilds."""
        self.serving, self.dirty = command == "serve", dirty
        # As the first process of a container it would be deaf to it otherwise.
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _terminate)

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Begin anew, and take the place of our extension, which an author may name too, for Zensical."""
        self._reset()
        self.reporter = Reporter(error=log.error, warn=log.warning, info=log.info)
        self.enabled = bool(self.config.raw.get("enabled", True))
        if self.enabled:
            names = [name for name in config.markdown_extensions if name != KEY and not isinstance(name, DLExtension)]
            config.markdown_extensions[:] = names
        return config

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Set aside what would be written again, before the folder of the site is emptied."""
        self.shelf = Shelf(config.site_dir, Path(_root(config), self.config.scratch))
        if not self.serving and not self.dirty:
            self.shelf.take()

    @event_priority(-100)
    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Read all pages, refuse what is wrong before anything runs, then start."""
        if not self.enabled:
            return files
        if self._frozen():
            _refuse_links(files, config, self.reporter)
        includes = "pymdownx.snippets" in config.markdown_extensions
        pages = [file for file in files.documentation_pages() if file.src_uri.endswith(SUFFIXES)]
        ours = [file for file in pages if concerns(file.content_string, includes=includes)]
        if ours or self.live is not None:
            self._begin(ours, config)
        if self.scene is not None:
            speak(str(self.config.raw.get("language") or _language(config)), self.config.raw.get("words"))
            runs = self.scene.runs()
            self.homes = {name: files.get_file_from_path(page) for name, page in runs.items()}
            self.runs = RunFiles(runs, files, config)
        return files

    def _frozen(self) -> bool:
        """Tell whether nothing may run, without reading all settings."""
        return "never" in (self.config.raw.get("execution"), os.environ.get("DLPLUGIN_EXECUTION"))

    def _begin(self, pages: list[File], config: MkDocsConfig) -> None:
        """Take up what the last build showed, or read, plan and start; then let Markdown ask for it."""
        # What was kept is believed on its word, which a stranger's pull request could write; there nothing may run.
        again = (
            not self.serving and not self.dirty and not self._frozen() and self.config.raw.get("execution") != "force"
        )
        if again:
            self.site = _digest(pages, config, self.config)
            path = Path(_root(config), self.config.scratch, unchanged.FILE)
            self.scene = unchanged.recall(path, self.site, _root(config), lambda: self._after_all(pages, config))
        if self.scene is None:
            self.scene = self._full(pages, config).showing
        if self.scene.idle() and pages and not self.serving:
            # Nothing of ours after all: the site is left as it is, and the next build will know that at once.
            self._end(config)
            self.scene = self.build = None
            return
        _extend(config, self.scene)

    def _after_all(self, pages: list[File], config: MkDocsConfig) -> Scene:
        """Read and draw although all is as it was, for something that was not kept."""
        build = self._full(pages, config)
        self._finish(build)
        return build.showing

    def _full(self, pages: list[File], config: MkDocsConfig) -> Build:
        """Read the pages and start what must run."""
        from mkdocs_dlplugin.build import Build  # noqa: PLC0415 - see the top
        from mkdocs_dlplugin.live import Live  # noqa: PLC0415

        site = _site(config, self.config.settings)
        if self.serving:
            self.live = self.live or Live()
            self.build = self.live.next(site, self.reporter)
        else:
            self.build = Build(site, self.reporter)
        problems = self.build.scan([_page(file, config) for file in pages])
        for problem in problems:
            self.reporter.fail(str(problem), problem.code)
        shown = self.live is not None and self.live.shown
        if problems and not shown:
            raise Abort(f"{counted(len(problems), 'mistake')} in the pages; nothing was executed.")
        if problems:
            self.build.recall()
        else:
            self.build.start()
        return self.build

    @event_priority(-100)
    def on_page_markdown(self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> None:  # noqa: ARG002
        """Tell the extension which page comes next."""
        # What a macro wrote is on no page as it was read; it is reported where it is met.
        written = self.scene is None and self.enabled and ("{run}" in markdown or mentioned(markdown))
        if written and not page.file.content_string.rstrip().endswith(markdown.rstrip()):
            from mkdocs_dlplugin.fences import normalise  # noqa: PLC0415 - see the top

            lines = markdown.split("\n")
            if "`{run} " in markdown or normalise(lines) != lines:
                self._begin([], config)
        for extension in config.markdown_extensions:
            if isinstance(extension, DLExtension):
                extension.page = page.file.src_uri

    def on_page_content(self, html: str, *, page: Page, config: MkDocsConfig, files: Files) -> None:  # noqa: ARG002
        """Report what was read or written and is not on the page as its author meant it."""
        if self.scene is None:
            return
        name = page.file.src_uri
        if "{run}" in html:
            for left in _UNREAD.finditer(re.sub(r"(?s)<(code|pre|script|style)\b.*?</\1>", "", html)):
                self.scene.unread(name, _path(page.file, config), left[1])
        for said in self.scene.missed(name):
            self.reporter.warning(said)
        if anchors := self.scene.anchors(name):
            page.present_anchor_ids = {*(page.present_anchor_ids or ()), *anchors}

    # After the tags plugin (100), which fills pages, and before privacy (50), which reads them.
    @event_priority(75)
    def on_env(self, env: Any, *, config: MkDocsConfig, files: Files) -> Any:
        """Wait for the runs, then put results into the pages, where search and theme find them."""
        if self.scene is None:
            return env
        if self.build is not None:
            if self.live is not None:
                self.build.glance()
                self.live.follow()
            else:
                self._finish(self.build)
        for file in files.documentation_pages():
            page = file.page
            if page is None or page.content is None:
                continue
            if found(page.content):
                page.content = headings.settle(ran.gathered(self.scene.fill(page.content, page.url)))
                self.ours[file.src_uri] = page
                _add_headings(page, config)
            _fill_titles(page, self.scene)
        for page in self.ours.values():
            self._describe(page, config)
        # What pages of runs offer for download is known only when they are drawn.
        urls = self.runs.urls() if self.runs is not None else {}
        self.drawn = {name: self._run_page(name, url, config) for name, url in urls.items()}
        if self.runs is not None and self.runs.list is not None:
            homes = {name: home.url for name, home in self.homes.items() if home is not None}
            self.listed = self.scene.run_list(_facts(self.runs.list, config, self.config.raw), homes)
        for path, content in self.scene.ship().items():
            if path.endswith(DATA):
                self.shelf.write(path, content)
            else:
                files.append(File.generated(config, path, content=content))
        return env

    def _describe(self, page: Page, config: MkDocsConfig) -> None:
        """Say what a page found, where its author did not; before the theme, which writes that into the head."""
        if self.scene is not None and not page.meta.get("description"):
            page.meta["description"] = self.scene.finding(page.file.src_uri)
        if self.scene is not None and self.config.raw.get("cards") and config.site_url:
            card = self.scene.card(page.file.src_uri, _facts(page, config, self.config.raw))
            self.cards[page.file.src_uri] = urljoin(config.site_url, card) if card else ""

    # After search (0), which takes the text it will find from here: pages of runs are no part of it.
    @event_priority(-100)
    def on_page_context(self, context: Any, *, page: Page, config: MkDocsConfig, nav: Any) -> None:  # noqa: ARG002
        """Fill the pages of runs and that of all of them, and put around others what no search needs to find."""
        if self.scene is not None and self.ours.get(page.file.src_uri) is page:
            name, facts = page.file.src_uri, _facts(page, config, self.config.raw)
            content = page.content or ""
            facts = facts._replace(minutes=minutes(content))
            page.content = under_title(content, self.scene.byline(name, facts)) + self.scene.foot(name, facts)
        if self.runs is not None and self.runs.holds(page):
            self.runs.begin()
        if self.runs is not None and page is self.runs.list:
            page.content = f"{page.content}{self.listed}"

    def _finish(self, build: Build) -> None:
        """Wait for the runs; Ctrl-C ends the build with the code shells use for it, not with click's 1."""
        try:
            build.finish()
        except (KeyboardInterrupt, SystemExit) as stop:
            # `on_build_error`, which MkDocs calls then, ends what runs.
            raise Ended(130 if isinstance(stop, KeyboardInterrupt) else _TERMINATED, _STOPPED) from None

    def _run_page(self, name: str, url: str, config: MkDocsConfig) -> str:
        home = self.homes.get(name)
        whole = urljoin(config.site_url, url) if config.site_url else ""
        facts = Facts(url, canonical=whole, site_name=config.site_name, repository=config.repo_url or "")
        return self.scene.run_page(name, facts, home.url if home else "") if self.scene is not None else ""

    def on_post_template(self, output: str, *, template_name: str, config: MkDocsConfig) -> str:  # noqa: ARG002
        """List the pages of runs where all pages are listed."""
        return self.runs.list_in(output) if self.runs is not None and template_name == "sitemap.xml" else output

    def on_post_page(self, output: str, *, page: Page, config: MkDocsConfig) -> str:
        """Fill in what was rendered after all others, such as excerpts of a blog, and link the style sheet."""
        if self.scene is None:
            return output
        of_a_run = self.runs is not None and self.runs.holds(page)
        output = headings.settle(ran.gathered(self.scene.fill(output, page.url)))
        if of_a_run or 'class="dl-' in output:
            facts = _facts(page, config, self.config.raw)._replace(image=self.cards.get(page.file.src_uri, ""))
            head = self.scene.head(page.file.src_uri, facts) + self._following(page)
            output = into_head(output, head)
        return self.runs.write(output, self.drawn, self.shelf) if of_a_run and self.runs is not None else output

    def _following(self, page: Page) -> str:
        """Link the script that draws the curves of runs at work, where a server answers it."""
        if self.live is None:
            return ""
        from mkdocs_dlplugin.live import FOLDER, SCRIPT  # noqa: PLC0415 - see the top

        link = posixpath.relpath(f"{FOLDER}/{SCRIPT}", posixpath.dirname(page.url) or ".")
        return f'\n<script src="{link}" defer></script>'

    @event_priority(-100)
    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """End with the code that says what went wrong; the site is complete."""
        if self.serving:
            return
        code, messages = self.reporter.code, counted(len(self.reporter.said), "message")
        summary = f"{self.build.closing.line()} " if self.build is not None else ""
        if self.scene is not None:
            self._end(config)
        self.shelf.close()
        if code:
            raise Ended(code, f"{summary}The site is complete; see the {messages} above.")

    def _end(self, config: MkDocsConfig) -> None:
        """Keep what was shown for the next build, and let go of what was opened."""
        if isinstance(self.scene, Unchanged):
            self.scene.close()
        elif self.build is not None and self.site:
            self.build.keep(Path(_root(config), self.config.scratch, unchanged.FILE), self.site)
        if self.build is not None:
            self.build.close()

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: Any) -> LiveReloadServer:  # noqa: ARG002
        """Build again when the runs are done."""
        if self.live is None:
            from mkdocs_dlplugin.live import Live  # noqa: PLC0415 - see the top

            self.live = Live()
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
        if self.live is not None:
            self.live.close()
        if stopped and busy:
            raise Ended(130, _STOPPED) from None


def _refuse_links(files: Files, config: MkDocsConfig, reporter: Reporter) -> None:
    """Leave out what a link brings in from outside the project, for MkDocs would publish it."""
    from mkdocs_dlplugin import regular  # noqa: PLC0415 - see the top
    from mkdocs_dlplugin.errors import DLError, Exit  # noqa: PLC0415
    from mkdocs_dlplugin.model import Where  # noqa: PLC0415

    docs, root = Path(config.docs_dir), _root(config)
    for file in list(files):
        path = Path(file.abs_src_path) if file.abs_src_path else None
        if path is None or not path.is_relative_to(docs) or not regular.outside(path, root):
            continue
        files.remove(file)
        where = Where(path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path))
        hint = "Commit the file itself."
        refused = DLError(where, "is a symlink that leaves the project, and is not published.", hint)
        reporter.fail(str(refused), int(Exit.FROZEN))


_TERMINATED = 128 + signal.SIGTERM


def _terminate(*_: object) -> None:
    """End as Ctrl-C does, with the code that shells give for it."""
    raise SystemExit(_TERMINATED)


def _root(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path or "mkdocs.yml").resolve().parent


def _site(config: MkDocsConfig, chosen: Settings) -> Any:
    from mkdocs_dlplugin.config import Site, snippet_paths  # noqa: PLC0415 - see the top

    return Site(
        root=_root(config),
        docs=Path(config.docs_dir),
        settings=chosen,
        snippets=snippet_paths(_snippets(config)),
        use_directory_urls=config.use_directory_urls,
        language=chosen.language or _language(config),
        url=config.site_url or "",
        name=config.site_name,
        author=config.site_author or "",
        repository=chosen.repository or config.repo_url or "",
    )


def _language(config: MkDocsConfig) -> str:
    """Name the language that the theme speaks."""
    theme = config.theme.get("language") or config.theme.get("locale") or "en"
    # MkDocs' own themes hold a locale of Babel's.
    return str(theme).replace("_", "-")


def _snippets(config: MkDocsConfig) -> Mapping[str, Any] | None:
    used = "pymdownx.snippets" in config.markdown_extensions
    return config.mdx_configs.get("pymdownx.snippets", {}) if used else None


def _digest(pages: list[File], config: MkDocsConfig, own: DLConfig) -> str:
    """Digest what is to be built: pages, and the configuration as far as we read it."""
    said = {
        "settings": own.raw,
        "execution": os.environ.get("DLPLUGIN_EXECUTION", ""),
        "root": str(_root(config)),
        "docs": config.docs_dir,
        "directories": config.use_directory_urls,
        "snippets": _snippets(config),
        "language": _language(config),
        "names": (config.site_name, config.site_url, config.site_author, config.repo_url),
    }
    texts = ((file.src_uri, _path(file, config), file.url, file.content_bytes) for file in pages)
    return unchanged.site_digest(list(texts), said)


def _extend(config: MkDocsConfig, scene: Scene) -> None:
    """Put our Markdown extension where Python-Markdown will load it, page by page."""
    if "pymdownx.superfences" not in config.markdown_extensions:
        config.markdown_extensions.append("pymdownx.superfences")
    others = [name for name in config.markdown_extensions if not isinstance(name, DLExtension)]
    config.markdown_extensions[:] = [*others, DLExtension(scene=scene)]  # type: ignore[list-item]


def _path(file: File, config: MkDocsConfig) -> str:
    """Name a page's file as messages do: relative to the folder of mkdocs.yml."""
    root = _root(config)
    path = Path(file.abs_src_path) if file.abs_src_path else Path(config.docs_dir, file.src_uri)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else file.src_uri


def _page(file: File, config: MkDocsConfig) -> Any:
    from mkdocs_dlplugin.fences import Page as Source  # noqa: PLC0415 - see the top

    return Source(file.src_uri, _path(file, config), file.content_string, file.url)


def _facts(page: Page, config: MkDocsConfig, own: Mapping[str, Any]) -> Facts:
    return Facts(
        url=page.url,
        title=str(page.title or ""),
        canonical=page.canonical_url or "",
        description=str(page.meta.get("description") or config.site_description or ""),
        site_name=config.site_name,
        author=str(page.meta.get("author") or config.site_author or ""),
        repository=str(own.get("repository") or config.repo_url or ""),
        copyright=config.copyright or "",
        source=_path(page.file, config),
        language=_language(config),
    )


def _add_headings(page: Page, config: MkDocsConfig) -> None:
    """Put the headings of results into the table of contents, and their ids among those that links may name."""
    depth = str((config.mdx_configs.get("toc") or {}).get("toc_depth", 6))
    lowest, deepest = (int(level) for level in depth.split("-")) if "-" in depth else (1, int(depth))
    found = list(headings.listed(page.content or ""))
    page.present_anchor_ids = {*(page.present_anchor_ids or ()), *(one.id for one in found)}
    headings.insert(
        [one for one in found if lowest <= one.level <= deepest],
        page.toc.items,
        make=lambda one: AnchorLink(one.title, one.id, one.level),
        identity=lambda link: link.id,
        children=lambda link: link.children,
    )


_UNREAD = re.compile(r"`\{run\} +([^`<]+)`")
"""An inline value that Markdown did not see, because it stands in a title or in raw HTML."""


def _fill_titles(page: Page, scene: Scene) -> None:
    """Put values into the page's title and table of contents, which hold text only."""
    name = page.file.src_uri

    def put(match: re.Match[str]) -> str:
        return scene.put_value(name, " ".join(match[1].split()))

    title = page.title
    if isinstance(title, str) and (found(title) or _UNREAD.search(title)):
        page.title = scene.fill_text(_UNREAD.sub(put, title), page.url)
    written = page.meta.get("title")
    # Some themes take it from here, and not from the page.
    if isinstance(written, str) and _UNREAD.search(written):
        page.meta["title"] = scene.fill_text(_UNREAD.sub(put, written), page.url)
    stack = list(page.toc)
    while stack:
        link = stack.pop()
        if found(link.title):
            link.title = scene.fill_text(re.sub(r"<[^>]+>", "", link.title), page.url)
        stack += link.children

"""Run files: the pages of runs, for which the theme's template is rendered only once, and the page of all of them.

They differ in nothing but the name of their run and what is drawn for it, and stand outside navigation and search. A
theme takes some milliseconds for a page of a large site, and a site may have thousands of runs: the first is a page
like all others, and the rest is written with what the theme drew around its content.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, TableOfContents

from mkdocs_dlplugin.shelf import Shelf
from mkdocs_dlplugin.words import html, say

_NAME, _CONTENT = "dl-run-name-c1f7", "dl-run-content-c1f7"
"""What stands in the first one's rendering for what differs; no page holds such words by chance."""


SECTIONS = ("results", "code", "read", "environment", "again")
"""What every page of a run has, by the last part of its id and of the word that it is called by."""


class OwnPage(Page):
    """A page of ours; nothing of it is Markdown."""

    def read_source(self, config: MkDocsConfig) -> None:
        """Take what the file would say; the search plugins of some themes leave such pages out."""
        config.plugins.on_page_read_source(page=self, config=config)
        self.markdown, self.meta = f"# {self.title}\n", {"title": self.title, "search": {"exclude": True}}

    def render(self, config: MkDocsConfig, files: Files) -> None:  # noqa: ARG002
        """Write the heading; the rest follows when the runs are done."""
        self.present_anchor_ids = set()


class RunPage(OwnPage):
    """The page of the first run."""

    name = ""

    def render(self, config: MkDocsConfig, files: Files) -> None:
        """Write the heading of the run whose page it is."""
        super().render(config, files)
        self.called(self.name)

    def called(self, name: str) -> None:
        """Write the title, the heading and the table of contents for a name."""
        self.title = self.meta["title"] = say("run-title", run=name)
        self.content = f'<h1 id="run-{escape(name)}">{html("run-title", run=escape(name))}</h1>'
        top = AnchorLink(self.title, f"run-{name}", 1)
        top.children = [AnchorLink(say(f"run-{section}"), f"dl-{section}", 2) for section in SECTIONS]
        self.toc = TableOfContents([top])


class ListPage(OwnPage):
    """The page of all runs."""

    def render(self, config: MkDocsConfig, files: Files) -> None:
        """Write the heading."""
        super().render(config, files)
        self.title = self.meta["title"] = say("runs-title")
        self.meta["hide"] = ["toc"]  # it would list the title alone, and its room is wanted by the table
        self.content = f'<h1 id="runs">{html("runs-title")}</h1>'
        self.toc = TableOfContents([AnchorLink(self.title, "runs", 1)])


class RunFile(File):
    """The page of another run: pages may link to it, and it is written by us."""

    def is_documentation_page(self) -> bool:
        """Leave it out where pages are rendered."""
        return False

    def copy_file(self, dirty: bool = False) -> None:
        """Copy nothing; it is written when the first page is there."""


class RunFiles:
    """The pages of all runs of one build."""

    def __init__(self, names: Iterable[str], files: Files, config: MkDocsConfig) -> None:
        """Add a page for each run to a site."""
        self._files: dict[str, File] = {}
        self._first = ""
        self.list: ListPage | None = None
        """The page of all runs; none where there is no run, or where the site has a page of its own in its place."""
        taken = {file.dest_uri for file in files}
        for name in names:
            first = not self._files
            self._files[name] = _file(name, config, page=first)
            files.append(self._files[name])
            if first:
                self._first = name
                self._page = RunPage(say("run-title", run=name), self._files[name], config)
                self._page.name = name
        taken |= {file.dest_uri for file in self._files.values()}
        file = File.generated(config, "runs/index.md", content="", inclusion=InclusionLevel.NOT_IN_NAV)
        if self._files and file.dest_uri not in taken:
            files.append(file)
            self.list = ListPage(say("runs-title"), file, config)

    def urls(self) -> dict[str, str]:
        """Name the URLs of the pages, relative to the site's root, by run."""
        return {name: file.url for name, file in self._files.items()}

    def holds(self, page: Page) -> bool:
        """Tell whether a page is the one of a run that is rendered."""
        return bool(self._first) and page is self._page

    def begin(self) -> None:
        """Put words into the page in the places of what differs."""
        self._rename(self._first, _NAME)
        self._page.content = f"{self._page.content}{_CONTENT}"

    def write(self, output: str, drawn: Mapping[str, str], shelf: Shelf) -> str:
        """Write all other pages like the one whose rendering this is, and return that one filled in.

        Args:
            output: What the theme made of the first page.
            drawn: What stands below the heading of each, by run.
            shelf: Writes them.
        """
        self._rename(_NAME, self._first)
        parts = [part.encode("utf-8", "xmlcharrefreplace") for part in re.split(f"({_NAME}|{_CONTENT})", output)]
        for name, file in self._files.items():
            if name == self._first:
                continue
            known = {_NAME.encode(): name.encode(), _CONTENT.encode(): drawn[name].encode()}
            content = b"".join([known.get(part, part) for part in parts])
            shelf.write(file.dest_uri, content, alone=file.use_directory_urls)
        return output.replace(_NAME, self._first).replace(_CONTENT, drawn[self._first])

    def list_in(self, sitemap: str) -> str:
        """List all of them in a sitemap that lists the first one."""
        if not self._first:
            return sitemap
        url = re.escape(self._files[self._first].url)
        return re.sub(rf"<url>(?:(?!</url>).)*{url}</loc>.*?</url>", self._listed, sitemap, count=1, flags=re.DOTALL)

    def _listed(self, match: re.Match[str]) -> str:
        own = self._files[self._first].url
        return "\n".join(match[0].replace(own, file.url) for file in self._files.values())

    def _rename(self, old: str, new: str) -> None:
        page = self._page
        page.called(new)
        page.file.url = page.file.url.replace(f"runs/{old}", f"runs/{new}")
        if page.canonical_url:
            page.canonical_url = page.canonical_url.replace(f"runs/{old}", f"runs/{new}")
        if page.abs_url:
            page.abs_url = page.abs_url.replace(f"runs/{old}", f"runs/{new}")


def _file(name: str, config: MkDocsConfig, *, page: bool) -> File:
    path = f"runs/{name}.md"
    if page:
        return File.generated(config, path, content="", inclusion=InclusionLevel.NOT_IN_NAV)
    dest = f"runs/{name}/index.html" if config.use_directory_urls else f"runs/{name}.html"
    return RunFile(
        path, None, config.site_dir, config.use_directory_urls, dest_uri=dest, inclusion=InclusionLevel.NOT_IN_NAV
    )

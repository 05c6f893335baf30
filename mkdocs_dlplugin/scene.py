"""Scene: what a home asks for while it renders pages, whether results are drawn anew or shown as before."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

CSS = "assets/dl/dl.css"
"""Where the style sheet lies in a site."""
FEED = "changes.xml"
"""Where the feed of new and changed results lies."""

JS = "assets/dl/dl.js"
"""Where the script lies that pages load."""

RUNTIME = "assets/dl/vega-runtime.js"
"""Where that lies which the script loads when a reader explores a chart; it looks for it beside itself."""

LICENSES = "assets/dl/vega-runtime.LICENSES.txt"
"""What those who made its parts want to be said with it."""


class Look(NamedTuple):
    """How a block of ours stands on a page."""

    mark: str
    """The element that its result will replace."""
    source: str = "none"
    """Where its code stands: `above`, `below`, `tabbed-left`, `fold` or `none`."""
    code: str = ""
    """The code a reader sees."""
    title: str = ""
    """Title over the code."""
    id: str = ""
    """HTML id of the block; none when empty."""
    run: str = ""
    """Display name of the run."""
    code_label: str = ""
    """What the tab or the fold with its code is called."""
    output_label: str = ""
    """What the tab with its output is called."""


class Facts(NamedTuple):
    """What a generator knows about a page and we do not."""

    url: str
    """Relative to the site's root: `compare/mnist1d/`."""
    title: str = ""
    canonical: str = ""
    """Its whole address; empty where the site has none."""
    description: str = ""
    site_name: str = ""
    author: str = ""
    repository: str = ""
    """Address of the repository, for links into it."""
    copyright: str = ""
    source: str = ""
    """The file of the page, relative to the folder of mkdocs.yml."""
    language: str = ""
    """In which it is written, as in `lang` of HTML."""
    minutes: int = 0
    """How long it takes to read."""
    image: str = ""
    """Address of a picture that stands for it."""


class Scene(Protocol):
    """The marks of one build, and what they are exchanged for."""

    def idle(self) -> bool:
        """Tell whether no page has anything of ours."""

    def look(self, page: str, kind: str, name: str, body: str) -> Look | None:
        """Find a block that was read before, as Markdown meets it again; `None` for one that nobody read."""

    def stranger(self, page: str, kind: str, name: str) -> str:
        """Report a fence of ours that nobody read, and return the HTML that stands for it."""

    def headers(self, lines: list[str]) -> list[str]:
        """Write the headers of our fences in a page's lines as superfences reads them, see `fences.normalise`."""

    def put_value(self, page: str, text: str) -> str:
        """Keep a place on a page for an inline value and return the mark that holds it."""

    def fill(self, html: str, url: str) -> str:
        """Exchange the places kept on a page, whose URL is relative to the site's root, for results."""

    def fill_text(self, text: str, url: str) -> str:
        """Exchange them in titles and other places that hold no elements; returns escaped text."""

    def missed(self, page: str) -> Sequence[str]:
        """Say of each block that was read and that the rendered page does not show, that it is so."""

    def unread(self, page: str, path: str, text: str) -> None:
        """Report an inline value that a page shows as it is written."""

    def anchors(self, page: str) -> Collection[str]:
        """Name the ids that our blocks have on a page."""

    def label(self, page: str, anchor: str) -> str:
        """Name the numbered block that has an id on a page: `Table 2`; empty where there is none."""

    def runs(self) -> Mapping[str, str]:
        """Name the runs that have a page of their own, each with the page that its block stands on."""

    def run_page(self, name: str, facts: Facts, page_url: str) -> str:
        """Draw the page of a run, whose block stands on another page; its URL is relative to the site's root."""

    def run_list(self, facts: Facts, homes: Mapping[str, str]) -> str:
        """Draw the page of all runs; *homes* names the URL of the page that each run's block stands on."""

    def head(self, page: str, facts: Facts) -> str:
        """Write what belongs into the head of a page that shows something of ours."""

    def foot(self, page: str, facts: Facts) -> str:
        """Write what stands at the end of such a page."""

    def finding(self, page: str) -> str:
        """Say in a sentence of plain text what such a page found; empty where that is not wanted."""

    def card(self, page: str, facts: Facts) -> str:
        """Draw the picture that stands for such a page; returns its path in the site, empty for none."""

    def byline(self, page: str, facts: Facts) -> str:
        """Write the line under the title of such a page; empty where that is not wanted."""

    def ship(self) -> Mapping[str, bytes]:
        """Return the files to put into the site, by path; none when no page has anything of ours."""

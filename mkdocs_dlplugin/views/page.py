"""Page: what stands around a page with results: its head, and where it was measured, how to cite it, what changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from mkdocs_dlplugin.config import Licence
from mkdocs_dlplugin.model import Record
from mkdocs_dlplugin.results import PLAIN, Place
from mkdocs_dlplugin.scene import CSS, FEED, Facts
from mkdocs_dlplugin.views import changes, cite, measured, scripted
from mkdocs_dlplugin.views.report import issue_url
from mkdocs_dlplugin.words import html, say


@dataclass(frozen=True)
class About:
    """What is known of the numbers on a page."""

    records: tuple[Record, ...] = ()
    """Behind all numbers that the page shows, its own and those that it names."""
    changed: changes.Changes | None = None
    """Which of them are others than before; `None` where nobody asked."""
    licences: Mapping[str, Licence] | None = None
    """Of `text`, `data` and `code`, as far as the site says."""
    foot: Sequence[str] = ()
    """Parts of the foot, as the setting `page_foot` names them."""
    head: Sequence[str] = ()
    """Parts of the head, as the setting `page_head` names them."""
    feed: bool = False
    """Whether the site has a feed."""

    @property
    def day(self) -> str:
        """When the newest number was measured; empty for none."""
        return next(iter(reversed(measured.days(self.records))), "")


def head(facts: Facts, about: About, place: Place) -> str:
    """Write what belongs into the head of a page: the style sheet, and what a theme or an author may have said before.

    Each element stands on a line of its own, and the home leaves out what the page has already.

    Args:
        facts: What the generator knows about the page.
        about: What is known of its numbers.
        place: The page.
    """
    lines = [f'<link rel="stylesheet" href="{escape(place.link(CSS))}">', scripted.link(place)]
    if about.feed:
        title = escape(f"{facts.site_name}: {say('feed')}")
        lines.append(
            f'<link rel="alternate" type="application/atom+xml" title="{title}" href="{escape(place.link(FEED))}">'
        )
    if "description" in about.head and facts.description:
        lines.append(_meta("name", "description", facts.description))
    if "citation" in about.head:
        lines += [_meta("name", *pair) for pair in cite.metadata(facts, about.day)]
    if "social" in about.head:
        lines += _social(facts)
    return "\n".join(lines)


def _social(facts: Facts) -> list[str]:
    """Write the tags that chats and networks make a preview of."""
    said = (
        ("og:type", "article"),
        ("og:title", cite.title_of(facts)),
        ("og:description", facts.description),
        ("og:url", facts.canonical),
        ("og:site_name", facts.site_name),
        ("og:image", facts.image),
    )
    card = "summary_large_image" if facts.image else "summary"
    named = [_meta("property", name, content) for name, content in said if content]
    return [*named, _meta("name", "twitter:card", card)]


def _meta(kind: str, name: str, content: str) -> str:
    return f'<meta {kind}="{name}" content="{escape(" ".join(content.split()))}">'


def foot(facts: Facts, about: About, place: Place) -> str:
    """Write what stands at the end of a page, little where it shows no results. The arguments are those of `head`."""
    again = scripted.again(place)
    if not about.records or not about.foot:
        return again
    blocks = {
        "measured": _measured(facts, about, place),
        "changes": _changes(about, place),
        "cite": _cite(facts, about),
    }
    notes = {"licence": _licences(about.licences or {}), "report": _report(facts, about)}
    drawn = "\n".join(text for part, text in blocks.items() if part in about.foot and text)
    if note := " · ".join(text for part, text in notes.items() if part in about.foot and text):
        drawn += f"\n<p>{note}</p>"
    # Search would find it on every page. The attribute ends with the first closing tag of the same name.
    return (
        f'\n<section class="dl-about" aria-label="{escape(say("about"))}" data-search-exclude="">\n{drawn}\n</section>'
        f"{again}"
    )


def byline(facts: Facts, about: About) -> str:
    """Write the line under a page's title: how long it takes to read, and when it was measured."""
    reading = html("reading", n=facts.minutes)
    found = measured.days(about.records)
    when = html("byline-measured", days=measured.when(found)) if found else ""
    return f'<p class="dl-byline" data-search-exclude="">{html("byline", reading=reading, measured=when).strip()}</p>'


def _measured(facts: Facts, about: About, place: Place) -> str:
    runs = place.link("runs/" if place.directory_urls else "runs/index.html")
    link = f' <a href="{escape(runs)}">{html("runs-title")}</a>' if place.run_pages else ""
    return f"<p>{measured.sentence(about.records, facts.repository)}{link}</p>"


def _cite(facts: Facts, about: About) -> str:
    said = (
        f"<p>{escape(cite.plain(facts, about.day))}</p><pre><code>{escape(cite.bibtex(facts, about.day))}</code></pre>"
    )
    return f'<details class="dl-data {PLAIN}"><summary>{html("cite")}</summary>{said}</details>'


def _changes(about: About, place: Place) -> str:
    """List the numbers of the page that moved; nothing where none did, or nobody can tell."""
    found = about.changed
    moved = [change for change in found.found if change.word == "moved"] if found else []
    if not found or not moved:
        return ""
    drawn = f"<p>{changes.since(found, len(moved))}</p>{changes.listed(moved, place)}"
    return f'<details class="dl-data {PLAIN}"><summary>{html("changes")}</summary>{drawn}</details>'


def _licences(licences: Mapping[str, Licence]) -> str:
    """Say under which terms text, data and code may be used; those that share one together."""
    shared: dict[Licence, list[str]] = {}
    for kind, licence in licences.items():
        shared.setdefault(licence, []).append(say(f"about-{kind}"))
    said = []
    for licence, what in shared.items():
        name = escape(licence.name)
        linked = f'<a rel="license" href="{escape(licence.url)}">{name}</a>' if licence.url else name
        kinds = measured.listed(what)
        said.append(html("about-licence", what=escape(kinds[:1].upper() + kinds[1:]), licence=linked))
    return " · ".join(said)


def _report(facts: Facts, about: About) -> str:
    page = facts.canonical or facts.url or "index"
    runs = ", ".join(dict.fromkeys(record.run for record in about.records))
    title = say("report-page", page=cite.title_of(facts) or page)
    address = issue_url(facts.repository, title, say("report-runs", url=page, runs=runs))
    return f'<a href="{escape(address)}">{html("report")}</a>' if address else ""

"""Feed: new and changed results as Atom, for whoever wants to hear of them; the same bytes for the same records."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from urllib.parse import quote, urljoin

from mkdocs_dlplugin.config import Site
from mkdocs_dlplugin.fingerprint import digest_json, results_digest
from mkdocs_dlplugin.model import Run
from mkdocs_dlplugin.numbers import shown
from mkdocs_dlplugin.results import Group, Results
from mkdocs_dlplugin.scene import FEED
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.stats import estimate
from mkdocs_dlplugin.views.changes import Change, Changes
from mkdocs_dlplugin.words import say

ENTRIES = 50
"""Runs that it tells of, those measured last."""
POINTS, METRICS = 12, 8
"""Points of a run, and metrics of each, that an entry names."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(
    site: Site, page: str, groups: Sequence[Group], changes: Changes, declared: Callable[[Run], Results]
) -> bytes:
    """Write the feed.

    An entry stands for one run with the results it has: measured again with others, the run is a new entry, and
    measured again with the same ones it is the same entry.

    Args:
        site: For its address and name.
        page: The page that tells what changed, as MkDocs names it.
        groups: All runs, with their records.
        changes: What is another than before.
        declared: How each run shows its metrics.
    """
    base = site.url if site.url.endswith("/") else f"{site.url}/"
    runs: dict[str, list[Group]] = {}
    for group in groups:
        if group.records:
            runs.setdefault(group.run.name, []).append(group)
    newest = sorted(runs.values(), key=lambda found: (_updated(found), found[0].run.name), reverse=True)[:ENTRIES]
    entries = [_entry(site, base, found, changes, declared(found[0].run)) for found in newest]
    updated = _updated(newest[0]) if newest else "1970-01-01T00:00:00Z"
    title = f"{site.name}: {say('feed')}" if site.name else say("feed")
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{_text(site.language)}">',
        f"<id>{_text(base + FEED)}</id>",
        f"<title>{_text(title)}</title>",
        f"<updated>{updated}</updated>",
        f"<author><name>{_text(site.author or site.name or base)}</name></author>",
        f'<link rel="self" type="application/atom+xml" href="{_text(base + FEED)}"/>',
        f'<link rel="alternate" type="text/html" href="{_text(urljoin(base, address(site, page)))}"/>',
        *entries,
        "</feed>",
    ]
    return ("\n".join(lines) + "\n").encode()


def address(site: Site, page: str) -> str:
    """Name the URL of a page, relative to the site's root, as MkDocs does."""
    stem, _ = posixpath.splitext(page)
    folder, name = posixpath.split(stem)
    index = name in ("index", "README")
    if not site.use_directory_urls:
        return quote(f"{posixpath.join(folder, 'index' if index else name)}.html")
    path = folder if index else stem
    return quote(f"{path}/") if path else ""


def _entry(site: Site, base: str, groups: Sequence[Group], changes: Changes, results: Results) -> str:
    run = groups[0].run
    own = f"runs/{run.name}/" if site.use_directory_urls else f"runs/{run.name}.html"
    link = urljoin(base, quote(own) if site.settings.run_pages else address(site, run.page))
    found = digest_json([[record.place, results_digest(record)] for group in groups for record in group.records])
    moved = {(change.group.address, change.metric.name): change for change in changes.found if change.word == "moved"}
    items = "".join(_item(group, moved, results) for group in groups[:POINTS])
    more = f"<p>{escape(say('feed-more', n=len(groups) - POINTS))}</p>" if len(groups) > POINTS else ""
    return "\n".join(
        (
            "<entry>",
            f"<id>{_text(urljoin(base, quote(own)))}#{found[:16]}</id>",
            f"<title>{_text(plain(run.title))}</title>",
            f"<updated>{_updated(groups)}</updated>",
            f'<link rel="alternate" type="text/html" href="{_text(link)}"/>',
            f'<content type="html">{_text(f"<ul>{items}</ul>{more}")}</content>',
            "</entry>",
        )
    )


def _item(group: Group, moved: dict[tuple[str, str], Change], results: Results) -> str:
    """Write a run at a point with its numbers as HTML; nothing for one that has none."""
    numbers = "; ".join(_numbers(group, moved, results)) if group.complete else ""
    return f"<li>{escape(plain(say('feed-line', run=group.label, numbers=numbers)))}</li>" if numbers else ""


def _numbers(group: Group, moved: dict[tuple[str, str], Change], results: Results) -> Iterable[str]:
    """Name the numbers of a run at a point, each with what it was before where that was another."""
    for name in list(dict.fromkeys(name for record in group.records for name in record.metrics))[:METRICS]:
        sample = None if group.without(name) else results.find(group, name)
        if sample is None or sample.metric.kind == "timing":
            continue
        now, change = shown(estimate(sample), sample.metric).text, moved.get((group.address, name))
        if change is not None and change.then is not None:
            then = shown(change.then, change.metric).text
            yield say("feed-moved", metric=sample.metric.title, now=now, then=then)
        else:
            yield say("feed-number", metric=sample.metric.title, now=now)


def _updated(groups: Sequence[Group]) -> str:
    """Return when the newest of some records was measured."""
    started = (str(r.provenance.get("started", "")) for group in groups for r in group.records)
    return max(filter(_MOMENT.fullmatch, started), default="1970-01-01T00:00:00Z")


def _text(text: str) -> str:
    return escape(_ILLEGAL.sub("", text))

"""Around: what the head, the title and the end of pages say of the numbers on them, and the feed of what changed."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from mkdocs_dlplugin import changes, config, feed, history, vega
from mkdocs_dlplugin.asked import Asked
from mkdocs_dlplugin.config import Site
from mkdocs_dlplugin.digests import Stamp, stamp
from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.expressions import Ref, matches
from mkdocs_dlplugin.history import Unknown
from mkdocs_dlplugin.model import Block, Record, Where
from mkdocs_dlplugin.results import Group, Place, Results
from mkdocs_dlplugin.scene import Facts
from mkdocs_dlplugin.views import card, comparison, finding, page
from mkdocs_dlplugin.views.card import Row
from mkdocs_dlplugin.views.changes import Changes, Options, references
from mkdocs_dlplugin.views.cite import title_of
from mkdocs_dlplugin.views.claim import Judged
from mkdocs_dlplugin.words import say

FOOT = ("measured", "cite", "licence", "report")
"""What stands at the end of a page unless a site says otherwise; `changes` would make every page wait for Git."""
HEAD = ("description", "citation", "social")
"""Likewise in its head."""


class Around:
    """What stands around the pages of one build."""

    def __init__(
        self,
        site: Site,
        asked: Asked,
        results: Callable[[str], Results],
        judged: Callable[[Where], list[Judged]],
    ) -> None:
        """Prepare for the pages of a site.

        Args:
            site: How it is configured.
            asked: What its pages ask for.
            results: Returns all runs with their records, with metrics as a page declares them.
            judged: Returns the outcomes of a claim.
        """
        self._site, self._asked, self._results, self._judged = site, asked, results, judged
        chosen = site.settings
        self._foot = _parts(chosen.page_foot, FOOT)
        self._head = _parts(chosen.page_head, HEAD)
        self._licences = config.licences(chosen, Where("mkdocs.yml"))
        self._on_page: dict[str, list[Group]] = {}
        self._compared: dict[str, Changes] = {}
        self._past: history.History | None = None
        self.looked: dict[str, Stamp] = {}
        """Files that said what the numbers were compared with, as they were then."""

    def forget(self) -> None:
        """Begin anew, because there are more results than before."""
        self._on_page.clear()
        self._compared.clear()

    # -- what pages say of their numbers --------------------------------------------------------------------------

    def head(self, name: str, facts: Facts, place: Place) -> str:
        """Write what belongs into the head of a page."""
        before, _, after = say("run-title", run="\0").partition("\0")
        named = facts.title.removeprefix(before).removesuffix(after)
        if name.startswith("runs/") and not facts.description and named != facts.title:
            facts = facts._replace(description=say("run-described", run=named))
        return page.head(facts, self._about(name), place)

    def foot(self, name: str, facts: Facts, place: Place) -> str:
        """Write what stands at the end of a page."""
        return page.foot(facts, self._about(name), place)

    def byline(self, name: str, facts: Facts) -> str:
        """Write the line under its title; empty where the site asks for none."""
        return page.byline(facts, self._about(name)) if self._site.settings.byline else ""

    def finding(self, name: str) -> str:
        """Say what a page found: the verdict of its first claim, else what its first table or chart shows."""
        groups = self.on_page(name)
        records = [record for group in groups for record in group.records]
        if "description" not in self._head or not records:
            return ""
        results = self._results(name)
        blocks = sorted(self._asked.page(name).blocks, key=lambda block: block.where.line)
        said = (self._found(block, results) for block in blocks)
        return finding.whole(next(filter(None, said), "") or finding.of_runs(groups, results), records)

    def card(self, name: str, facts: Facts, renderer: vega.Renderer) -> bytes:
        """Draw the picture that stands for a page, as PNG; empty where there is none."""
        groups = self.on_page(name)
        records = [record for group in groups for record in group.records]
        if not self._site.settings.cards or not records or "social" not in self._head:
            return b""
        results = self._results(name)
        metric, drawn = self._compared_on(name, results)
        measured = finding.measured_in(records)
        svg = card.draw(facts.site_name, title_of(facts), facts.description, measured, metric, drawn)
        try:
            return renderer.picture(svg)
        except (vega.Unavailable, vega.Failed) as problem:
            renderer.warn(f"{facts.source}: no picture for previews: {problem}")
            return b""

    def _compared_on(self, name: str, results: Results) -> tuple[str, list[Row]]:
        """Choose what the picture of a page draws: the first table that compares anything."""
        for block in self._asked.page(name).blocks:
            options = self._asked.options.get(block.where)
            if isinstance(options, comparison.Options):
                metric, drawn = card.rows(options.metrics, self._asked.named(block, results), results)
                if drawn:
                    return metric, drawn
        return "", []

    def _found(self, block: Block, results: Results) -> str:
        chosen = self._asked.options.get(block.where)
        try:
            if block.kind == "claim" and chosen is not None:
                return finding.of_claim(chosen, self._judged(block.where))
            if block.kind == "comparison" and chosen is not None:
                return finding.of_comparison(chosen, self._asked.named(block, results), results)
        except DLError:
            pass  # it is reported where it stands
        return ""

    def _about(self, name: str) -> page.About:
        records: dict[str, Record] = {r.place: r for group in self.on_page(name) for r in group.records}
        changed = self.changes("") if "changes" in self._foot and records else None
        if changed:
            changed = changes.only(changed, self.on_page(name))
        return page.About(
            records=tuple(records.values()),
            changed=changed,
            licences=self._licences,
            foot=self._foot,
            head=self._head,
            feed=self.fed,
        )

    def on_page(self, name: str) -> list[Group]:
        """List the runs, at their points, whose numbers a page shows."""
        if name not in self._on_page:
            self._on_page[name] = self._asked.on_page(name, self._results(name))
        return self._on_page[name]

    # -- what changed ---------------------------------------------------------------------------------------------

    def changes(self, revision: str) -> Changes:
        """Find which published numbers are others than at a revision; see `changes.since`.

        Raises:
            Unknown: there is no such revision, and all of the history is here.
        """
        if self._past is None:
            self._past = history.of(self._site.root)
            there = self._site.root / ".git"
            self.looked = self._past.looked if self._past else {str(there): stamp(there)}
        if revision not in self._compared:
            folder = self._site.root / self._site.settings.records
            groups = self._results("").groups
            try:
                self._compared[revision] = changes.since(
                    revision, groups, lambda run: self._results(run.page), folder, self._past
                )
            except Unknown:
                if self._past is None or not self._past.shallow:
                    raise
                self._compared[revision] = Changes(missing="no-earlier")
        return self._compared[revision]

    def chosen(self, options: Options, block: Block) -> Changes:
        """Find the changes that a block asks for.

        Raises:
            DLError: there is no such revision or page.
        """
        try:
            found = self.changes(options.since)
        except Unknown as unknown:
            raise DLError(
                block.where, f"{unknown}.", "Name a tag, a branch or a commit, or leave `since` out."
            ) from None
        if not options.runs and not options.page:
            return found
        groups = self._asked.named(block, self._results(block.page))
        refs: list[Ref] = references(options, block.where)
        if options.page:
            name = block.page if options.page == "here" else options.page
            if name not in self._asked.pages:
                hint = suggest(name, ["here", *self._asked.pages])
                raise DLError(block.where, f"no page '{name}' shows numbers.", hint)
            shown = {group.address for group in self.on_page(name)}
            groups = [g for g in groups if g.address in shown] if refs else self.on_page(name)
            refs = []
        return changes.only(found, groups, lambda gone: any(matches(ref, gone.run.name, gone.params) for ref in refs))

    # -- the feed -------------------------------------------------------------------------------------------------

    @property
    def fed(self) -> bool:
        """Whether the site has a feed: it has an address, and a page that tells what changed."""
        return bool(self._site.url and self._told_on)

    @functools.cached_property
    def _told_on(self) -> str:
        """The page that tells what changed; empty where none does."""
        pages = self._asked.pages.values()
        return next((page.name for page in pages for block in page.blocks if block.kind == "changes"), "")

    def feed(self) -> bytes:
        """Write the feed of all results, the newest first, with what each was before."""
        try:
            moved = self.changes("")
        except Unknown:
            moved = Changes(missing="no-earlier")
        return feed.write(self._site, self._told_on, self._results("").groups, moved, lambda r: self._results(r.page))


def _parts(chosen: Any, usual: tuple[str, ...]) -> tuple[str, ...]:
    return usual if chosen is True else () if chosen is False else tuple(chosen)

"""Showing: puts results into the marks that pages hold for them, wherever and whenever a generator asks."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from html import escape

from mkdocs_dlplugin import fences, headings, placeholders, ran
from mkdocs_dlplugin.around import Around
from mkdocs_dlplugin.asked import Asked
from mkdocs_dlplugin.belongings import Belongings
from mkdocs_dlplugin.checks import Outcome, mark_doubtful
from mkdocs_dlplugin.conduct import Conductor
from mkdocs_dlplugin.config import Site
from mkdocs_dlplugin.errors import DLError, Failure, NoResult
from mkdocs_dlplugin.expressions import InlineValue, parse_value
from mkdocs_dlplugin.fingerprint import digest_bytes
from mkdocs_dlplugin.model import Block, Where, place
from mkdocs_dlplugin.parts import statements
from mkdocs_dlplugin.reporting import Reporter
from mkdocs_dlplugin.results import Place, Results, gaps
from mkdocs_dlplugin.scene import CSS, FEED, Facts, Look
from mkdocs_dlplugin.shipped import scripts, stylesheet
from mkdocs_dlplugin.standalone import Kit
from mkdocs_dlplugin.unchanged import (
    Memory,
    around_key,
    block_key,
    lines_key,
    list_key,
    piece_key,
    rewritten,
    run_key,
    value_key,
)
from mkdocs_dlplugin.vega import Renderer
from mkdocs_dlplugin.views import (
    VIEWS,
    changes,
    chart,
    claim,
    claims,
    numbering,
    output,
    runlist,
    runpage,
    scripted,
    source,
    value,
)
from mkdocs_dlplugin.views.ledger import Entry
from mkdocs_dlplugin.words import say


class Showing:
    """The marks of one build, and what they are exchanged for; a `Scene`."""

    def __init__(self, site: Site, asked: Asked, conductor: Conductor, renderer: Renderer, reporter: Reporter) -> None:
        self._site, self._asked, self._conductor = site, asked, conductor
        self._renderer, self._reporter = renderer, reporter
        self.memory = Memory()
        """What was shown so far."""
        self._marks: list[tuple[str, Block | InlineValue | DLError, Where, str]] = []
        """Per mark its page, what it stands for, that one's place, and an identity over builds."""
        self._results: dict[str, Results] = {}
        self._all = Results((), {})
        self._stamp = (-1, -1)
        """How many jobs had a record, and how many a reason why not, when these were gathered."""
        self._judged: dict[Where, list[claim.Judged]] = {}
        self._misjudged: dict[Where, DLError] = {}
        self._seen: Counter[str] = Counter()
        self._assets: dict[str, bytes] = {}
        self._coloured: dict[str, str] = {}
        """Code of runs that pages show in colours, with its markup."""
        self.around = Around(site, asked, self.results, self._outcomes)
        """What stands around pages."""
        self._belongings = Belongings(site.root, conductor.files)

    def idle(self) -> bool:
        """Tell whether no page has anything of ours."""
        asked = self._asked
        used = any(page.found or page.values for page in asked.pages.values()) or asked.problems
        self.memory.idle = not used
        return self.memory.idle

    # -- while pages are rendered ---------------------------------------------------------------------------------

    def look(self, page: str, kind: str, name: str, body: str) -> Look | None:
        """Find the block that was read before, as the Markdown extension meets it again; `None` for a stranger."""
        same = self._asked.page(page).found.get((kind, name, body), [])
        key = block_key(page, kind, name, body)
        self._seen[key] += 1
        if not same:
            return None
        if key not in self.memory.looks:
            self.memory.looks[key] = [(f"{page}\n{block.where}", self._look(block)) for block in same]
        # The same block may stand there twice, shown in different ways.
        number = (self._seen[key] - 1) % len(same)
        identity, look = self.memory.looks[key][number]
        return look._replace(mark=placeholders.block(self._mark(page, same[number], same[number].where, identity)))

    def _look(self, block: Block) -> Look:
        known = self._asked.display(block) if block.kind == "run" else None
        if known is None:
            return Look("", "none" if block.kind != "run" else "above", block.code)
        name, display = known
        title = self._asked.runs[name].title if name in self._asked.runs else name
        label = display.title or say("run-code")
        if display.source == "fold":
            label = say("code-of", title=display.title or title)
        return Look("", display.source, display.shown, display.title, display.id, title, label, say("output"))

    def _mark(self, page: str, found: Block | InlineValue | DLError, where: Where, identity: str) -> int:
        self._marks.append((page, found, where, identity))
        return len(self._marks) - 1

    def stranger(self, page: str, kind: str, name: str) -> str:
        """Report a fence that was not in the page's source when it was read, and keep a place for the message."""
        called = f"{kind} '{name}'" if name else f"a {kind} block"
        problem = f"{called} was not in the page's source when it was read, so it is not executed."
        unseen = DLError(Where(page), problem, "Write it in the page or in an included file, not in a macro.")
        self._reporter.fail(str(unseen), unseen.code)
        return placeholders.block(self._mark(page, unseen, unseen.where, ""))

    def headers(self, lines: list[str]) -> list[str]:
        """Write the headers of our fences as superfences reads them."""
        out = fences.normalise(lines)
        if out is not lines:
            self.memory.headers[lines_key(lines)] = rewritten(lines, out)
        return out

    def missed(self, page: str) -> Sequence[str]:
        """Say of each block that was read and that the rendered page does not show, that it is so."""
        said = self.memory.missed[page] = [
            (
                f"{blocks[0].where}: {_called(blocks[0])} was read, and the page does not show it.",
                block_key(page, *look),
            )
            for look, blocks in self._asked.page(page).found.items()
        ]
        return [sentence for sentence, key in said if not self._seen[key]]

    def anchors(self, page: str) -> Collection[str]:
        """Name the ids that our blocks have on a page."""
        found = []
        for block in self._asked.page(page).blocks:
            known = self._asked.display(block) if block.kind == "run" else None
            found.append(known[1].id if known else "" if block.kind == "run" else block.name)
        self.memory.anchors[page] = [anchor for anchor in found if anchor]
        return self.memory.anchors[page]

    def label(self, page: str, anchor: str) -> str:
        """Name the numbered block that has an id on a page: `Table 2`; empty where there is none."""
        return self._labels().get(page, {}).get(anchor, "")

    def _labels(self) -> Mapping[str, Mapping[str, str]]:
        if not self.memory.labels:
            named = {name: numbering.labels(page.blocks) for name, page in self._asked.pages.items()}
            self.memory.labels = {name: labels for name, labels in named.items() if labels}
        return self.memory.labels

    def unread(self, page: str, path: str, text: str) -> None:
        """Report an inline value that a page shows as it is written."""
        where = self._asked.page(page).values.get(text, Where(path))
        hint = "Write it in Markdown, not in raw HTML."
        problem = DLError(where, f"`{{run}} {text}` was not read, and the page shows it as it is.", hint)
        self._reporter.fail(str(problem), problem.code)

    def put_value(self, page: str, text: str) -> str:
        """Keep a place on a page for an inline value and return the mark that holds it."""
        where = self._asked.page(page).values.get(text) or Where(page)
        try:
            found: InlineValue | DLError = parse_value(text, where)
        except DLError as problem:
            found = problem
        return placeholders.mark(self._mark(page, found, where, value_key(page, text)))

    # -- when results are there -----------------------------------------------------------------------------------

    def fill(self, html: str, url: str) -> str:
        """Exchange the places kept on a page for results.

        Args:
            html: The page, or a part of it.
            url: URL of the page that shows it, relative to the site's root.
        """
        if self._site.settings.run_pages:
            self._coloured.update((code, drawn) for code, drawn in source.found(html) if code in self._codes)
        return placeholders.fill(html, lambda n: self._block(n, url), lambda n: self._value(n, url))

    def fill_text(self, text: str, url: str) -> str:
        """Exchange them in titles and other places that hold no elements; returns escaped text."""
        return placeholders.fill_text(text, lambda n: self._value(n, url))

    def runs(self) -> Mapping[str, str]:
        """Name the runs that have a page of their own, each with the page that its block stands on."""
        wanted = self._asked.runs if self._site.settings.run_pages else {}
        self.memory.runs = {name: run.page for name, run in wanted.items()}
        return self.memory.runs

    def run_page(self, name: str, facts: Facts, page_url: str) -> str:
        """Draw the page of a run.

        Args:
            name: The run.
            facts: What the generator knows about the page being drawn.
            page_url: URL, relative to the site's root, of the page whose block it is.
        """
        run, url = self._asked.runs[name], facts.url
        told = runpage.Told(
            kit=self.kit(name, facts.canonical),
            page_url=page_url,
            shown_from=tuple(self._taken.get(name, ())),
            repository=facts.repository,
            canonical=facts.canonical,
            coloured=self._coloured,
            renderer=self._renderer,
        )
        spot = self._place(run.where, "", url)
        html = placeholders.unmarked(headings.settle(ran.gathered(runpage.render(told, spot)))) + scripted.again(spot)
        self.memory.pieces[piece_key(run_key(name, facts, page_url), url)] = html
        return html

    @functools.cached_property
    def _codes(self) -> Collection[str]:
        return {run.code.rstrip("\n") for run in self._asked.runs.values()}

    @functools.cached_property
    def _taken(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """By run the code that pages show of a file, with that file, each once."""
        taken: dict[str, dict[tuple[str, str], None]] = {}
        for name, display in self._asked.shown.values():
            if display.shown_from:
                taken.setdefault(name, {})[display.shown, display.shown_from] = None
        return {name: list(found) for name, found in taken.items()}

    def run_list(self, facts: Facts, homes: Mapping[str, str]) -> str:
        """Draw the page of all runs; *homes* names the URL of the page that each run's block stands on."""
        spot = self._place(Where("docs"), "", facts.url)
        groups = [group for group in self.results("").groups if group.run.name in homes]
        html = placeholders.unmarked(
            runlist.render(groups, lambda run: self.results(run.page), homes, spot) if groups else ""
        )
        html += scripted.again(spot)
        self.memory.pieces[piece_key(list_key(facts, homes), facts.url)] = html
        return html

    def kit(self, name: str, home: str = "") -> Kit:
        """Gather a run with all that executing it elsewhere takes.

        Args:
            name: The run.
            home: Address of its page; empty where the site has none.
        """
        run = self._asked.runs[name]
        results, tasks = self.results(run.page), self._asked.plan.tasks
        groups = tuple(results.of(name))
        records = [record for group in groups for record in group.records]
        upstream = {used: [record for g in results.of(used) for record in g.records] for used in run.uses}
        named = next((tasks[r.place].job.depends for r in records if r.place in tasks), {})
        read = self._conductor.store.asset
        assets = {r.place: {a: read(r, a) for a in r.assets} for found in upstream.values() for r in found}
        return Kit(run, groups, results, tuple(self._belongings.of(records, named)), upstream, assets, home)

    def head(self, page: str, facts: Facts) -> str:
        """Write what belongs into the head of a page that shows something of ours."""
        html = placeholders.unmarked(self.around.head(page, facts, self._place(Where(facts.source), "", facts.url)))
        self.memory.around[around_key("head", page, facts)] = html
        return html

    def foot(self, page: str, facts: Facts) -> str:
        """Write what stands at the end of such a page."""
        html = placeholders.unmarked(self.around.foot(page, facts, self._place(Where(facts.source), "", facts.url)))
        self.memory.around[around_key("foot", page, facts)] = html
        return html

    def card(self, page: str, facts: Facts) -> str:
        """Draw the picture that stands for such a page; returns its path in the site, empty for none."""
        drawn = self.around.card(page, facts, self._renderer) if facts.canonical and not self._conductor.busy else b""
        path = self.memory.around[around_key("card", page, facts)] = self._keep("card.png", drawn) if drawn else ""
        return path

    def byline(self, page: str, facts: Facts) -> str:
        """Write the line under the title of such a page; empty where that is not wanted."""
        html = self.memory.around[around_key("byline", page, facts)] = self.around.byline(page, facts)
        return html

    def finding(self, page: str) -> str:
        """Say in a sentence of plain text what such a page found; empty where that is not wanted."""
        said = self.memory.around[f"finding\n{page}"] = placeholders.unmarked(self.around.finding(page))
        return said

    def ship(self) -> Mapping[str, bytes]:
        """Return the files to put into the site, by path; none when no page has anything of ours."""
        # Another page may link to a number that none has asked for so far.
        self._labels()
        explored = any(".vg-" in path for path in self._assets)
        ours = {CSS: stylesheet(), **scripts(explored=explored)}
        fed = {FEED: self.around.feed()} if self.around.fed and not self._conductor.busy else {}
        self.memory.assets = {**ours, **fed, **self._assets} if self._marks else {}
        return self.memory.assets

    def results(self, page: str) -> Results:
        """Return all runs with their records, and metrics as a page declares them."""
        stamp = len(self._conductor.records), len(self._conductor.failures)
        if stamp != self._stamp:
            self._stamp, self._all = stamp, Results(self._asked.groups(self._conductor.records), {})
            self._results.clear()
            self.around.forget()
        if page not in self._results:
            self._results[page] = self._all.declaring(self._asked.page(page).metrics)
        return self._results[page]

    def _block(self, number: int, url: str) -> str:
        page, block, where, identity = self._marked(number)
        html = self.memory.pieces[piece_key(identity, url)] = self._drawn(page, block, where, url)
        return html

    def _drawn(self, page: str, block: Block | InlineValue | DLError, where: Where, url: str) -> str:
        if isinstance(block, DLError):
            return output.error_box(block)
        if not isinstance(block, Block):
            raise TypeError("an inline value stands where a block is expected")
        spot = self._place(where, block.name, url)
        try:
            if block.kind == "run":
                return self._output(block, spot)
            if where not in self._asked.options:
                raise DLError(where, f"this {block.kind} could not be read.", "See the message in the terminal.")
            return numbering.numbered(self._view(block, self.results(page), spot), self.label(page, block.name))
        except DLError as problem:
            self._excuse(problem)
            return output.error_box(problem)

    def _marked(self, number: int) -> tuple[str, Block | InlineValue | DLError, Where, str]:
        """Return what stands at a mark; one that we did not write is a mistake of its page."""
        if number < len(self._marks):
            return self._marks[number]
        where = Where("docs")
        hint = "Remove the characters U+E000 and U+E001 from the page."
        return "", DLError(where, "a page holds characters that only this plugin may write.", hint), where, ""

    def _view(self, block: Block, results: Results, spot: Place) -> str:
        chosen = self._asked.options[block.where]
        if block.kind == "chart":
            return chart.render(chosen, results, spot, self._renderer)
        if block.kind == "changes":
            return changes.render(chosen, self.around.chosen(chosen, block), spot)
        if block.kind == "claim":
            return claim.render(chosen, self._outcomes(block.where), results, spot)
        if block.kind == "claims":
            return claims.render(chosen, self._entries(), spot)
        return str(VIEWS[block.kind].render(chosen, results, spot))

    def _value(self, number: int, url: str) -> tuple[str, str]:
        page, found, where, identity = self._marked(number)
        try:
            if isinstance(found, DLError):
                raise found
            if isinstance(found, Block):
                raise DLError(where, "a block stands where a number is expected.")
            html, text = value.render(found, self.results(page), self._place(where, "", url))
            key = piece_key(identity, url)
            self.memory.pieces[key], self.memory.words[key] = html, text
            return html, text
        except DLError as problem:
            self._excuse(problem)
            kind, text = ("pending", say("pending")) if self._conductor.busy else ("error", say("no-result"))
            return f'<span class="dl-{kind}" title="{escape(str(problem))}">{escape(text)}</span>', text

    def _excuse(self, problem: DLError) -> None:
        """Report what cannot be shown, unless it only waits for a run, or follows from what was reported before."""
        if self._conductor.busy or self._asked.problems:
            return
        if isinstance(problem, NoResult) and (self._conductor.failures or self._reporter.codes):
            return
        self._reporter.fail(str(problem), problem.code)

    def _output(self, block: Block, spot: Place) -> str:
        known = self._asked.display(block)
        if known is None:
            raise DLError(block.where, "this run could not be read.", "See the message in the terminal.")
        name, display = known
        if not display.eval:
            return output.box("ran", say("only-shown"), "")
        run, conductor = self._asked.runs[name], self._conductor
        places = [place(run.name, params, seed) for params in run.points for seed in run.seeds]
        outdated = [p for p in places if p in conductor.failures and p in conductor.records]
        groups = tuple(self.results(block.page).of(name))
        partial = [Failure(gap, (), 0) for gap in gaps(groups)] if not conductor.busy else []
        shown = output.Shown(
            groups=groups,
            failures=(*conductor.failed(places), *partial),
            pending=sum(p not in conductor.failures and p not in conductor.records for p in places)
            if conductor.busy
            else 0,
            stale=tuple(sorted({reason for p in outdated for reason in conductor.states[p].reasons})),
            fig_cap=display.fig_cap,
            fig_alt=display.fig_alt,
            tbl_cap=display.tbl_cap,
            output=display.result != "none",
            text=display.result == "text",
            part=display.part,
            parts=max(1, len(run.parts)),
            split=tuple(statements(run)),
        )
        return output.render(shown, spot, conductor.store.asset, self._renderer)

    def _outcomes(self, where: Where) -> list[claim.Judged]:
        """Return how the settings of a claim ended.

        Raises:
            DLError: they cannot be judged.
        """
        self._judge()
        first = self._asked.claims[where].where
        if first in self._misjudged:
            raise self._misjudged[first]
        return self._judged.get(first, [])

    def _judge(self) -> None:
        """Judge all claims of the site together, because how many were checked decides what chance alone explains."""
        if self._judged or self._misjudged:
            return
        judged: list[tuple[Where, Outcome]] = []
        for at, block in {block.where: block for block in self._asked.claims.values()}.items():
            try:
                outcomes = claim.judge_all(self._asked.options[at], self.results(block.page), at)
            except DLError as problem:  # a mistake in one claim is no reason to hide the others
                self._misjudged[at] = problem
                continue
            judged += [(at, outcome) for outcome in outcomes]
        doubtful = mark_doubtful([outcome for _, outcome in judged])
        for index, (at, outcome) in enumerate(judged):
            self._judged.setdefault(at, []).append(claim.Judged(outcome, index in doubtful))

    def _entries(self) -> list[Entry]:
        """List all claims of the site with their outcomes, in page order, without those that cannot be judged."""
        self._judge()
        entries = []
        for at, block in {block.where: block for block in self._asked.claims.values()}.items():
            chosen, page = self._asked.options[at], self._asked.page(block.page)
            if at not in self._misjudged:
                judged, sources = tuple(self._judged.get(at, ())), claim.sources(chosen, at)
                entries.append(Entry(chosen, block.name, judged, sources, page.name, page.url, page.title))
        return entries

    def _place(self, where: Where, name: str, url: str) -> Place:
        site = self._site
        return Place(
            where,
            name,
            url,
            self._keep,
            site.use_directory_urls,
            site.settings.run_pages,
            site.ships_files,
            self._conductor.store.asset,
            self._assets.__setitem__,
            site.url,
        )

    def _keep(self, name: str, content: bytes) -> str:
        """Ship a file; its name carries a digest, so that an old page never shows a new figure."""
        stem, dot, suffix = re.sub(r"[^A-Za-z0-9._=+-]+", "-", name).rpartition(".")
        path = f"assets/dl/{stem or suffix}-{digest_bytes(content)[:8]}{dot}{suffix if stem else ''}"
        self._assets[path] = content
        return path


def _called(block: Block) -> str:
    return f"{block.kind} '{block.name}'" if block.name else f"a {block.kind} block"

"""Claims: a table of the claims of a site, with their verdicts, and what all checks come to, taken together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from mkdocs_dlplugin.digits import brief
from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.expressions import Ref
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.results import Place
from mkdocs_dlplugin.sources import Source
from mkdocs_dlplugin.views import claim
from mkdocs_dlplugin.views.ledger import (
    VERDICTS,
    Entry,
    Summary,
    Wanted,
    as_csv,
    as_json,
    grouped,
    is_by,
    on_page,
    ordered,
    summary,
)
from mkdocs_dlplugin.words import html, say

Verdict = Literal["supported", "contradicted", "depends", "no-difference", "undecided", "not-testable", "by-sources"]

HOCHBERG = "https://doi.org/10.1111/j.2517-6161.1995.tb02031.x"
"""Benjamini and Hochberg (1995), Controlling the false discovery rate, JRSS B 57."""


@dataclass(frozen=True)
class Options:
    """The YAML body of a `claims` block."""

    ids: tuple[str, ...] = ()
    """Only these claims, in this order; without counts of all."""
    topic: str | tuple[str, ...] = ()
    """Only claims about one of these."""
    verdict: tuple[Verdict, ...] = ()
    """Only claims with one of these verdicts."""
    page: str | tuple[str, ...] = ()
    """Only claims of these pages: `compare/mnist1d.md`, `compare/*`."""
    said_by: str | tuple[str, ...] = ()
    """Only claims of these sources: a part of the title, the author or the address."""
    sort: Literal["page", "verdict", "topic", "statement"] = "page"
    """The order; as they stand in the site unless said."""
    group: Literal["", "topic", "verdict", "page", "article"] = ""
    """What they are put under."""
    tbl_cap: str = ""
    """Caption."""

    @property
    def wanted(self) -> Wanted:
        """The filter."""
        topics, pages, said_by = (_listed(value) for value in (self.topic, self.page, self.said_by))
        return Wanted(topics, self.verdict, pages, said_by, self.ids)


def references(options: Options, where: Where) -> list[Ref]:  # noqa: ARG001 - as of every block
    """Name no runs: the claims do."""
    return []


def check(options: Options, known: Sequence[tuple[claim.Options, str, str]], where: Where) -> None:
    """Refuse a filter that no claim of the site can pass because nothing is called so.

    Args:
        options: The block.
        known: All claims of the site, each with its page and its id.
        where: The block, for messages.

    Raises:
        DLError: naming what is unknown, and what was probably meant.
    """
    ids = sorted({name for _, _, name in known if name})
    topics = sorted({topic for said, _, _ in known for topic in said.topics})
    pages = sorted({page for _, page, _ in known})
    sources = [source for said, _, _ in known for source in _sources(said, where)]
    for name in options.ids:
        if name not in ids:
            raise DLError(where, f"no claim has the id '{name}'.", suggest(name, ids))
    for topic in options.wanted.topics:
        if topic not in topics:
            raise DLError(where, f"no claim has the topic '{topic}'.", suggest(topic, topics))
    for page in options.wanted.pages:
        if not any(on_page(name, page) for name in pages):
            raise DLError(where, f"no page with claims is called '{page}'.", suggest(page, pages))
    for name in options.wanted.said_by:
        if not is_by(sources, name):
            names = sorted({source.name for source in sources})
            raise DLError(where, f"no claim is said by '{name}'.", suggest(name, names))


def _sources(options: claim.Options, where: Where) -> tuple[Source, ...]:
    try:
        return claim.sources(options, where)
    except DLError:
        return ()  # said where the claim stands


def _listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def render(options: Options, entries: Sequence[Entry], place: Place) -> str:
    """Draw the counts of verdicts, what the checks come to, and the table.

    Args:
        options: The block.
        entries: All claims of the site, in page order.
        place: Where the block stands.
    """
    chosen = ordered([entry for entry in entries if options.wanted.takes(entry)], options.sort)
    if options.ids:
        chosen.sort(key=lambda entry: options.ids.index(entry.id))
    counted = summary(entries)
    name = place.id or "claims"
    body = [
        (_heading(title, options.group) if options.group else "") + "".join(_row(entry, place) for entry in members)
        for title, members in grouped(chosen, options.group)
    ]
    files = {
        "CSV": place.file(f"{name}.csv", as_csv(chosen).encode("utf-8", "backslashreplace")),
        "JSON": place.file(f"{name}.json", as_json(chosen, counted).encode("utf-8", "backslashreplace")),
    }
    links = " ".join(f'<a href="{escape(url)}" download>{kind}</a>' for kind, url in files.items())
    title = options.tbl_cap.strip()
    caption = f"<strong>{escape(title if title[-1] in '.!?' else title + '.')}</strong> " if title else ""
    heads = "".join(f'<th scope="col">{html(head)}</th>' for head in ("verdict-head", "claim-head"))
    table = (
        f'<table class="dl-settings" aria-labelledby="dl-{escape(name)}-cap"><thead><tr>{heads}</tr></thead>'
        f"{''.join(f'<tbody>{rows}</tbody>' for rows in body)}</table>"
        if chosen
        else f"<p>{html('no-claims')}</p>"
    )
    own = f' id="{escape(place.id)}"' if place.id else ""
    return (
        f'<figure class="dl-table dl-ledger"{own}>'
        f'<figcaption id="dl-{escape(name)}-cap">{caption}{"" if options.ids else _all_checks(counted)}</figcaption>'
        f'{"" if options.ids else _tally(chosen)}{table}<p class="dl-links">{links}</p></figure>'
    )


def _all_checks(counted: Summary) -> str:
    """Say how many checks were decided, how many chance alone would decide, and how many may be chance."""
    said = [html("checks-decided", decided=brief(counted.decided), n=counted.checks)]
    if counted.tested:
        expected = brief(float(f"{counted.by_chance:.2g}"))
        said.append(html("by-chance", tested=str(counted.tested), rate=brief(0.05), expected=expected))
        source = f'<a href="{HOCHBERG}">Benjamini &amp; Hochberg 1995</a>'
        said.append(html("marked" if counted.doubtful else "unmarked", n=counted.doubtful, source=source))
    return " ".join(said)


def _tally(entries: Sequence[Entry]) -> str:
    """Draw how many claims have each verdict, as words and numbers with a bar beside each."""
    counts = Counter(entry.word for entry in entries)
    most = max(counts.values(), default=1)
    rows = [
        f'<li data-verdict="{word}"><span class="dl-badge" data-verdict="{word}">{html(f"verdict-{word}")}</span> '
        f'<b>{counts[word]}</b> <svg class="dl-bar" width="100%" height="12" aria-hidden="true" focusable="false">'
        f'<rect width="{100 * counts[word] / most:.3g}%" height="12" rx="2"/></svg></li>'
        for word in VERDICTS
        if counts[word]
    ]
    # Without its marks a list is no list to some screen readers, unless it says so.
    return f'<ul class="dl-tally" role="list" aria-label="{html("tally")}">{"".join(rows)}</ul>' if rows else ""


def _heading(title: str, by: str) -> str:
    text = say(f"verdict-{title}") if by == "verdict" else title or say("no-group")
    return f'<tr><th scope="rowgroup" colspan="2"><strong>{escape(text)}</strong></th></tr>'


def _row(entry: Entry, place: Place) -> str:
    """Draw one claim: its verdict with the counts, then the statement, which leads to it, and who says it."""
    counts = [
        say(f"count-{name}", n=entry.counts[name])
        for name in ("pass", "fail", "tie", "undecided")
        if entry.counts[name]
    ]
    if len(entry.judged) == 1:
        counts = [entry.sentence.rstrip(".")]
    doubtful = sum(item.doubtful for item in entry.judged)
    if doubtful:
        counts.append(say("count-doubtful", n=doubtful))
    below = f'<br><span class="dl-why">{escape(", ".join(counts))}</span>' if counts else ""
    said = "".join(f'<br><span class="dl-source">— {source.html()}</span>' for source in entry.sources)
    link = f'<a href="{escape(place.link(entry.target))}">{escape(entry.options.statement)}</a>'
    return (
        f'<tr data-verdict="{entry.word}"><td><span class="dl-badge" data-verdict="{entry.word}">'
        f"{escape(entry.label)}</span>{below}</td><td>{link}{said}</td></tr>"
    )

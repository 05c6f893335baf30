"""Changes: which published numbers are others than they were, by how much, and which came or went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from mkdocs_dlplugin.expressions import Ref, format_number, parse_selector
from mkdocs_dlplugin.model import Metric, Where
from mkdocs_dlplugin.numbers import linked, shown
from mkdocs_dlplugin.results import PLAIN, Group, Place
from mkdocs_dlplugin.stats import Estimate, decimals
from mkdocs_dlplugin.views.tables import Column, table
from mkdocs_dlplugin.words import html, number, say

ROWS = 100
"""Most numbers that a table lists; what is beyond is counted."""


@dataclass(frozen=True)
class Options:
    """The YAML body of a `changes` block; it may be empty."""

    since: str = ""
    """A revision of the repository, such as `v1.0` or `HEAD~5`; unsaid, that before the last change of a record."""
    runs: tuple[str, ...] = ()
    """Runs by name, glob or point; all unless said."""
    page: str = ""
    """Only the numbers that a page shows, as in `compare/mnist1d.md`; `here` is the page of the block."""
    tbl_cap: str = ""
    """Caption; what it is compared with follows by itself."""


@dataclass(frozen=True)
class Change:
    """One published number that is another, or is there or not there only now."""

    group: Group
    """The run at its point, as it is now; as it was, where it is gone."""
    metric: Metric
    then: Estimate | None
    """What it was; `None` for one that is new."""
    now: Estimate | None
    """What it is; `None` for one that is gone."""

    @property
    def word(self) -> Literal["moved", "new", "gone"]:
        """What became of the number."""
        if self.then is None or self.now is None:
            return "new" if self.then is None else "gone"
        return "moved"

    @property
    def by(self) -> float:
        """How far the mean moved, in the metric's own unit; 0 for a number that did not move."""
        return self.now.mean - self.then.mean if self.now and self.then else 0.0

    @property
    def apart(self) -> bool | None:
        """Whether the interval of now leaves out the mean of then; `None` where one of them is missing."""
        if self.now is None or self.then is None or self.now.low is None or self.now.high is None:
            return None
        return not self.now.low <= self.then.mean <= self.now.high


@dataclass(frozen=True)
class Changes:
    """All changes between an earlier revision and now."""

    commit: str = ""
    """The revision, as people write it: `17f1d84`; empty where there is nothing to compare with."""
    day: str = ""
    """When that was committed: `2026-11-29`."""
    found: tuple[Change, ...] = ()
    """In page order; what is gone comes last."""
    missing: Literal["", "no-history", "no-earlier"] = ""
    """Why there is nothing to compare with: no repository, or not enough of its history."""


def references(options: Options, where: Where) -> list[Ref]:
    """Name the runs that the block asks for."""
    return [parse_selector(str(selector), where) for selector in options.runs]


def render(options: Options, changes: Changes, place: Place) -> str:
    """Draw what changed as a table, and name what is new or gone."""
    if changes.missing:
        return f'<p class="dl-note">{html(changes.missing)}</p>'
    moved = [change for change in changes.found if change.word == "moved"]
    title = options.tbl_cap.strip()
    lead = f"<strong>{escape(title if title[-1] in '.!?' else title + '.')}</strong> " if title else ""
    said = lead + since(changes, len(moved))
    others = [_named(word, [c for c in changes.found if c.word == word]) for word in ("new", "gone")]
    after = "".join(f"<p>{text}</p>" for text in others if text)
    if not moved:
        return f'<div class="dl-note {PLAIN}"{_id(place)}><p>{said}</p>{after}</div>'
    caption = f"dl-{place.id or 'changes'}-cap"
    return (
        f'<figure class="dl-table {PLAIN}"{_id(place)}>\n<figcaption id="{escape(caption)}">{said} '
        f"{html('changes-kept')}</figcaption>\n{listed(moved, place, caption)}\n{after}</figure>"
    )


def listed(moved: Sequence[Change], place: Place, caption: str = "") -> str:
    """Draw one row per number that moved; named by an element with an id, or by what it is."""
    heads: list[Column] = [say("changes-number"), *((say(f"changes-{name}"),) for name in ("was", "is", "by"))]
    rows = [_row(change, place) for change in moved[:ROWS]]
    more = f"<p>{html('changes-more', n=len(moved) - ROWS)}</p>" if len(moved) > ROWS else ""
    return table(heads, rows, label=say("changes"), caption=caption) + more


def moved_by(change: Change) -> str:
    """Write how far a number moved, with its sign, in the digits of its interval: `+0.8 pp`, `−12`."""
    metric, now = change.metric, change.now
    percent = metric.style == "percent"
    scale, unit = (100.0, say("points")) if percent else (1.0, metric.unit)
    half = now.half_width if now else None
    digits = decimals(half * scale) if half else 1 if percent else None
    # Without an interval, as many digits as it takes to see anything at all.
    spec = f"+,.{digits}f" if digits is not None and round(change.by * scale, digits) else "+,"
    return number(format_number(change.by * scale, spec)) + (f"\N{NO-BREAK SPACE}{unit}" if unit else "")


def _row(change: Change, place: Place) -> str:
    assert change.then is not None  # noqa: S101 - it moved
    assert change.now is not None  # noqa: S101
    then = shown(change.then, change.metric)
    spread = f' <span class="dl-ci">{escape(then.spread)}</span>' if then.spread else ""
    now = linked(shown(change.now, change.metric), change.metric.name, [change.group], place)
    beyond = f' <span class="dl-why">{html("changes-beyond")}</span>' if change.apart else ""
    cells = (
        f'<th scope="row">{escape(change.group.label)}<br>'
        f'<span class="dl-why">{escape(change.metric.title)}</span></th>',
        f'<td class="dl-number">{escape(then.value)}{spread}</td><td class="dl-number">{now}</td>',
        f'<td class="dl-number">{escape(moved_by(change))}{beyond}</td>',
    )
    return f"<tr>{''.join(cells)}</tr>"


def since(changes: Changes, moved: int) -> str:
    """Say as HTML how many numbers moved, and since when."""
    day = f'<time datetime="{escape(changes.day)}">{escape(changes.day)}</time>'
    named = html("changes-since", day=day, commit=escape(changes.commit))
    what = "changes-moved" if moved else "changes-none-moved" if changes.found else "changes-none"
    return f"{html(what, n=moved, since=named)}"


def _named(word: str, changes: Sequence[Change]) -> str:
    """Name the runs whose numbers are new or gone, with how many each has."""
    counts: dict[str, int] = {}
    for change in changes:
        counts[change.group.run.title] = counts.get(change.group.run.title, 0) + 1
    names = ", ".join(f"{escape(name)} ({html('changes-numbers', n=count)})" for name, count in counts.items())
    return html(f"changes-{word}", names=names) if names else ""


def _id(place: Place) -> str:
    return f' id="{escape(place.id)}"' if place.id else ""

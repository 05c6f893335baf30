"""Written: what charts that are HTML, and not drawings, share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, replace
from html import escape
from typing import Any

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.expressions import Ref, parse_selector
from mkdocs_dlplugin.model import Where, address
from mkdocs_dlplugin.reporting import listed
from mkdocs_dlplugin.results import PLAIN, Group, Place, Results
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.views.compared import entries
from mkdocs_dlplugin.words import say

MOST = 12
"""Runs of one block; each takes a table, or a row of pictures."""

SHARED = frozenset({"runs", "kind", "fig_cap", "fig_alt"})
"""Options that every chart has."""

OWN = {"confusion": frozenset({"matrix", "normalize"}), "images": frozenset({"images", "labels", "columns", "seed"})}
"""Options of each kind that is HTML."""


def check(options: Any, where: Where) -> None:
    """Refuse options that another kind of chart has.

    Args:
        options: Of a `chart` block, whatever its kind.
        where: The block, for messages.

    Raises:
        DLError: an option is written that this kind does not look at.
    """
    own = OWN.get(options.kind)
    others = frozenset().union(*OWN.values())
    for field in fields(options):
        foreign = field.name not in SHARED | own if own is not None else field.name in others
        if foreign and getattr(options, field.name) != field.default:
            takes = ", ".join(f"`{name}`" for name in sorted(own or ()))
            kinds = [kind for kind, names in OWN.items() if field.name in names]
            hint = f"It takes {takes}." if own else f"It is for kind: {kinds[0]}."
            kind = f"kind: {options.kind}" if options.kind else "a drawn chart"
            raise DLError(where, f"`{field.name}` is not an option of {kind}.", hint)


def references(options: Any, where: Where) -> list[Ref]:
    """Name the runs that a chart asks for, so that misspelt ones are found before anything runs."""
    check(options, where)
    return [parse_selector(selector, where) for selector, _ in _named(options.runs, where)]


def choose(options: Any, results: Results, where: Where) -> list[Group]:
    """Find the runs a chart names, each once, under the name to show.

    Raises:
        DLError: a selector matches nothing, or there are too many.
    """
    found: dict[str, Group] = {}
    for selector, label in _named(options.runs, where):
        for group in results.select(selector, where):
            shown = f"{label} {address('', group.params)}" if group.params and "*" in selector else label
            known = found.get(group.address, group)
            found[group.address] = replace(group, label=shown) if label else known
    if len(found) > MOST:
        raise DLError(where, f"{len(found)} runs are too many for one figure.", f"Name at most {MOST}.")
    return list(found.values())


def _named(runs: Any, where: Where) -> list[tuple[str, str]]:
    named = entries(runs if isinstance(runs, list | tuple) else [runs], where)
    if not named:
        raise DLError(where, "a chart needs `runs`: the names of the runs it shows.", "For example runs: [mlp]")
    return named


def missing(group: Group) -> str:
    """Say why a run is not shown; empty for one that is."""
    if group.complete:
        return ""
    if not group.records or len(group.devices) > 1:
        return say("not-shown", run=group.label)
    return say("not-shown-seeds", n=len(group.absent), run=group.label, seeds=listed(group.absent))


def asset(group: Group, number: int, name: str, how: str, place: Place) -> bytes:
    """Read a file that one of a run's records kept.

    Args:
        group: The run.
        number: Which of its records.
        name: Of the file.
        how: What an author writes to keep such a file.
        place: The block.

    Raises:
        DLError: it kept none of that name.
    """
    record = group.records[number]
    if name not in record.assets:
        raise DLError(
            place.where, f"run '{group.address}' kept no '{name}' with seed {record.seed}.", f"Keep it by `{how}`."
        )
    return place.asset(record, name)


def figure(inside: str, caption: str, links: str, place: Place, inner: str) -> str:
    """Write a figure around what is shown.

    Args:
        inside: The HTML.
        caption: Its caption, HTML.
        links: To its data.
        place: The block.
        inner: Begins the ids of what is inside it.
    """
    data = f'<p class="dl-links dl-data">{links}</p>' if links else ""
    return (
        f'<figure class="dl-chart" id="{escape(place.id or inner)}">{inside}{data}'
        f'<figcaption id="{escape(inner)}-caption">{caption}</figcaption></figure>'
    )


def title(own: str, otherwise: str) -> str:
    """Write the title of a figure: the author's, or what is shown."""
    text = own.strip() or otherwise
    return f"<strong>{escape(text if text[-1] in '.!?' else text + '.')}</strong>"


def runs(groups: Collection[Group], place: Place) -> str:
    """Name runs as links to their pages."""
    return ", ".join(
        f'<a href="{escape(place.run_link(group))}">{escape(group.label)}</a>'
        if place.run_pages
        else escape(group.label)
        for group in groups
    )


def recorded(text: str) -> str:
    """Write text that a record holds."""
    return f'<span class="{PLAIN}">{escape(plain(text))}</span>'

"""Value: a number inside a sentence, with its interval, linked to the page of its run."""

from __future__ import annotations

from html import escape

from mkdocs_dlplugin.checks import estimated
from mkdocs_dlplugin.expressions import InlineValue, Ref, refs
from mkdocs_dlplugin.model import Sample
from mkdocs_dlplugin.numbers import Shown, linked, spoken
from mkdocs_dlplugin.results import Group, Place, Results


def render(value: InlineValue, results: Results, place: Place) -> tuple[str, str]:
    """Write an inline value.

    Returns:
        The HTML for running text, and plain text for where a link cannot stand: titles, alt text, link text.

    Raises:
        DLError: a run or metric is unknown, or has no result (`NoResult`).
    """
    groups: dict[str, Group] = {}

    def lookup(ref: Ref) -> Sample:
        group, sample = results.named(ref, place.where)
        groups[group.address] = group
        return sample

    estimate, metric = estimated(value.node, lookup, place.where)
    number: Shown = spoken(estimate, metric, value.format)
    name = " ".join(dict.fromkeys(ref.metric for ref in refs(value.node)))
    basis = (
        f' <span class="dl-ci">({escape(number.basis)})</span>'
        if number.basis and number.basis != number.spread
        else ""
    )
    return linked(number, name, list(groups.values()), place, value.format) + basis, number.text

"""Sketch: show a spec of the author's own as a figure, in the looks of the house, with the rows it was drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from mkdocs_dlplugin.digits import rounded
from mkdocs_dlplugin.results import Place, Results
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.vega import Renderer
from mkdocs_dlplugin.views import caption, curves, listing, reading
from mkdocs_dlplugin.views.drawing import PHONE
from mkdocs_dlplugin.views.figures import Chosen
from mkdocs_dlplugin.views.frame import draw, framed, inner
from mkdocs_dlplugin.views.gathered import Row
from mkdocs_dlplugin.views.own import Own, filled, held, rows_of
from mkdocs_dlplugin.views.tables import cell
from mkdocs_dlplugin.words import html, named, say


def render(
    own: Own,
    runs: Sequence[tuple[str, str]],
    texts: tuple[str, str],
    results: Results,
    place: Place,
    renderer: Renderer,
) -> str:
    """Show a spec.

    Args:
        own: The spec, checked.
        runs: Selectors with the name to show.
        texts: Caption and alternative text.
        results: All runs of the site.
        place: Where the block stands.
        renderer: What draws.

    Raises:
        DLError: the runs or the columns are not there.
    """
    chosen = curves.choose(runs, results, place.where)
    rows = rows_of(own, chosen, results, place.where)
    name = place.id or f"dl-chart-{listing.digest(repr((runs, own.spec, texts[0])))}"
    said = f"{caption.titled(texts[0])} {_sentence(chosen, rows, place)}"
    if rows and not any(rows.values()):
        return f'<figure class="dl-chart" id="{escape(name)}"><figcaption>{said}</figcaption></figure>'
    if not texts[1]:
        renderer.warn(f"{place.where}: the chart has no `fig-alt`: say in it what the drawing shows.")
    spec = filled(own.spec, rows)
    table, data = _table(own, rows, f"{inner(name)}-caption")

    def lay_out(width: int) -> Mapping[str, Any]:
        return _laid_out(spec, width)

    drawn = draw(renderer, lay_out, name, texts[1], place.where)
    explored = reading.explorable(name, lay_out, "", place, renderer) if drawn else ""
    return framed(name, drawn, said, table, listing.files(name, data, spec, place), explored)


def _laid_out(spec: Mapping[str, Any], width: int) -> dict[str, Any]:
    """Fit a spec of several views into a width: one below the other on a phone, else with equal shares of it."""
    whole = dict(spec)
    if width < PHONE and "hconcat" in whole:
        whole["vconcat"] = whole.pop("hconcat")
    count = 1
    if "hconcat" in whole:
        count = len(whole["hconcat"])
    elif width >= PHONE and any(key in whole for key in ("facet", "repeat", "concat")):
        count = int(whole.get("columns") or 3)
    if width < PHONE and any(key in whole for key in ("facet", "repeat", "concat")):
        whole["columns"] = 1
    share = int((width - 30) / count) - 55
    for key in ("hconcat", "vconcat", "concat"):
        if key in whole:
            whole[key] = [_wide(view, share) for view in whole[key]]
    if "spec" in whole:
        whole["spec"] = _wide(whole["spec"], share)
    return whole


def _table(own: Own, rows: Mapping[str, Sequence[Row]], labelled_by: str) -> tuple[str, bytes]:
    """Write the rows that are drawn as a table for the page, its first `listing.ROWS`, and as CSV, all of them."""
    shown: Sequence[Mapping[str, Any]] = list(held(own.spec)) if not rows else next(iter(rows.values()))
    head = list(dict.fromkeys(str(column) for row in shown for column in row)) or ["value"]
    texts = [[_text(row.get(column)) for column in head] for row in shown[: listing.ROWS]]
    more = html("chart-rows", kept=str(len(texts)), n=len(shown)) if len(shown) > len(texts) else ""
    every = [[_raw(row.get(column)) for column in head] for row in shown]
    page = listing.grid(head, texts, labelled_by, f"<p>{more}</p>" if more else "")
    return page, listing.as_rows([cell(name) for name in head], every)


def _sentence(chosen: Sequence[Chosen], rows: Mapping[str, Sequence[Row]], place: Place) -> str:
    """Say what the drawing rests on: how many rows, of which runs, and how many seeds; and what is missing."""
    notes = " ".join(escape(note) for note in curves.missing(chosen))
    ready = [one for one in chosen if one.group.complete]
    if not rows or not ready:
        return notes
    counts = [len(one.group.records) for one in ready]
    seeds = say("seeds", n=counts[0]) if len(set(counts)) == 1 else say("seeds-span", low=min(counts), high=max(counts))
    if set(counts) == {1}:
        seeds = named(record.seed for one in ready for record in one.group.records)
    links = dict.fromkeys(_link(one, place) for one in ready)
    said = [
        html(f"chart-own-{name}", n=len(of), runs=", ".join(links), seeds=escape(seeds)) for name, of in rows.items()
    ]
    return " ".join([*said, *([notes] if notes else [])])


def _link(one: Chosen, place: Place) -> str:
    name = escape(one.label or one.group.run.title)
    if not place.run_pages:
        return name
    return f'<a href="{escape(place.run_link(one.group).partition("#")[0])}">{name}</a>'


def _wide(view: Any, width: int) -> Any:
    if not isinstance(view, Mapping) or not ("mark" in view or "layer" in view):
        return view
    return {"width": max(60, width), "height": 200, **view}


def _text(value: Any) -> str:
    if isinstance(value, float | int) and not isinstance(value, bool):
        return rounded(value)
    return plain(str(value))[:80] if value is not None else ""


def _raw(value: Any) -> Any:
    """Write a value as CSV: numbers as they are, words so that no spreadsheet takes them for formulas."""
    if isinstance(value, float | int) or value is None:
        return value
    return cell(str(value))

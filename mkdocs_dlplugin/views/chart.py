"""Chart: show measured curves or means with their intervals, drawn, said in a sentence and listed in a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from html import escape
from types import ModuleType
from typing import Any, Literal

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.expressions import Ref, parse_selector
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.results import Place, Results
from mkdocs_dlplugin.vega import WIDTHS, Failed, Renderer, Unavailable
from mkdocs_dlplugin.views import caption, confusion, curves, drawing, images, listing, reading, written
from mkdocs_dlplugin.views.curves import Axis, Figure
from mkdocs_dlplugin.views.drawing import Reference

LATER = ("bar", "scatter", "heatmap", "hist")
"""Kinds that are reserved, so that nobody takes their names for something else."""

WRITTEN: Mapping[str, ModuleType] = {"confusion": confusion, "images": images}
"""Kinds that are HTML and not drawn, by name; each a module with `references` and `render`, as in `views`."""


@dataclass(frozen=True)
class Options:
    """What an author writes in a `chart` block."""

    runs: Any = ()
    """Names, globs or grid points; `name: label` renames that run."""
    kind: str = ""
    """`line` or `dot`; left open, `line` where there is an `x` and `dot` otherwise."""
    x: Any = None
    """Of lines: parameter, metric or series, or `{field, title, scale, zero, domain}`; the steps when left open."""
    y: Any = None
    """Metric or series that is shown, or `{field, title, scale, zero, domain}`."""
    reference: Any = None
    """Value from elsewhere: `{value, label, source}`, or a list of them."""
    group: str = ""
    """Of dots: the tag by which rows are grouped."""
    fig_cap: str = ""
    """Title of the figure; made from what it shows when left open."""
    fig_alt: str = ""
    """Alternative text; made from what it shows when left open."""
    matrix: str = "confusion"
    """Of a confusion matrix: the name it was kept under."""
    normalize: Any = "true"
    """Of a confusion matrix: `true` shows shares of the true class, `none` numbers of items."""
    images: str = ""
    """Of images: which of the kept pictures, `filter-*.png`."""
    labels: Any = None
    """Of images: what stands below each, a list or a mapping of file names."""
    columns: int = 0
    """Of images: how many stand side by side at most."""
    seed: int | None = None
    """Of images: whose pictures are shown, those of the first seed unless said."""
    spec: Any = None
    """Reserved for a Vega-Lite spec of the author's own."""


@dataclass(frozen=True)
class Chart:
    """A block's options, checked, with all defaults filled in."""

    runs: tuple[tuple[str, str], ...]
    """Selectors with the name to show, empty for the run's own."""
    kind: Literal["line", "dot"]
    x: Axis
    y: Axis
    """Its field is what is measured."""
    references: tuple[Reference, ...]
    group: str
    caption: str
    alt: str


def check(options: Options, where: Where) -> Chart:
    """Check what an author wrote, without looking at any result.

    Raises:
        DLError: an option is missing, unknown, of the wrong type, or not available yet.
    """
    if options.spec is not None:
        raise DLError(where, "a chart of your own `spec` is not yet available.", "Use kind: line or kind: dot.")
    if options.kind in LATER:
        raise DLError(where, f"kind '{options.kind}' is not yet available.", "Use kind: line or kind: dot.")
    if options.kind not in ("", "line", "dot"):
        raise DLError(where, f"'{options.kind}' is not a kind of chart.", suggest(options.kind, ("line", "dot")))
    kind: Literal["line", "dot"] = (
        "dot" if options.kind == "dot" or (not options.kind and options.x is None) else "line"
    )
    x, y = _axis(options.x, "x", where), _axis(options.y, "y", where)
    if kind == "dot" and not y.field:
        x, y = y, x
    elif kind == "dot" and x.field:
        raise DLError(where, "a dot chart shows one metric: give `x` or `y`, not both.", "For both, use kind: line.")
    if not y.field:
        raise DLError(where, "a chart needs `y`: the metric or series it shows.", "For example y: test_acc")
    if kind == "line" and options.group:
        raise DLError(where, "`group` is an option of dot charts.", "Lines are told apart by their runs.")
    for axis in (x, y):
        if axis.scale == "log" and axis.domain and axis.domain[0] <= 0:
            raise DLError(where, f"a logarithmic axis cannot begin at {axis.domain[0]:g}.", "Begin above 0.")
    lines = _references(options.reference, where)
    for reference in lines:
        if y.scale == "log" and reference.value <= 0:
            raise DLError(where, f"a logarithmic axis cannot show {reference.value:g}.", "Remove `scale: log`.")
    return Chart(
        runs=_entries(options.runs, where),
        kind=kind,
        x=x,
        y=y,
        references=lines,
        group=options.group,
        caption=options.fig_cap,
        alt=options.fig_alt,
    )


def references(options: Options, where: Where) -> list[Ref]:
    """Name the runs the chart asks for, so that misspelt ones are found before anything runs.

    Raises:
        DLError: an option is wrong.
    """
    if options.kind in WRITTEN:
        return list(WRITTEN[options.kind].references(options, where))
    written.check(options, where)
    return [parse_selector(selector, where) for selector, _ in check(options, where).runs]


def render(options: Options, results: Results, place: Place, renderer: Renderer) -> str:
    """Show a chart as a figure: drawing, caption with the numbers, data table and files.

    Without a renderer, or when drawing fails, the data table stands open in its place and a warning is given.

    Raises:
        DLError: the options are wrong, or name a run, metric or series that is not there.
    """
    if options.kind in WRITTEN:
        return str(WRITTEN[options.kind].render(options, results, place))
    chart = check(options, place.where)
    figure = _read(chart, results, place.where)
    name = place.id or f"dl-chart-{listing.digest(repr(chart))}"
    inner = name if name.startswith("dl-") else f"dl-{name}"
    title = caption.title(figure, chart.caption)
    if not figure.lines:
        notes = escape(" ".join(figure.notes))
        return f'<figure class="dl-chart" id="{escape(name)}"><figcaption>{title} {notes}</figcaption></figure>'
    lay_out = _layout(chart, figure)
    readable = reading.readable(figure, lay_out)
    try:
        drawn = renderer.render(readable, name=inner, label=chart.alt or caption.alternative(figure))
    except (Unavailable, Failed) as problem:
        renderer.warn(f"{place.where}: the chart is shown as a table: {problem}")
        drawn = ()
    links = listing.files(name, figure, lay_out(WIDTHS[0]), place)
    more = reading.files(name, figure, readable, place, renderer) if drawn else ""
    plot = f'<div class="dl-plot"{more}>{"".join(drawn)}</div>' if drawn else ""
    said, labelled_by = caption.sentences(figure, chart.references, place), f"{inner}-caption"
    return (
        f'<figure class="dl-chart" id="{escape(name)}">{plot}'
        f'<details class="dl-data" data-search-exclude{"" if drawn else " open"}><summary>Data</summary>'
        f"{listing.table(figure, labelled_by)}"
        f'<p class="dl-links">{links}</p></details>'
        f'<figcaption id="{escape(labelled_by)}">{title} {said}</figcaption></figure>'
    )


# What an author wrote.


def _entries(runs: Any, where: Where) -> tuple[tuple[str, str], ...]:
    """Read `runs:` as selectors with the name to show."""
    entries: list[tuple[str, str]] = []
    # A name alone is a list of one; `svm(n=*, lr=0.1)` holds a space and is still one name.
    for entry in runs if isinstance(runs, list | tuple) else [runs]:
        if isinstance(entry, str):
            entries.append((entry, ""))
        elif isinstance(entry, Mapping) and len(entry) == 1:
            entries += [(str(selector), str(label)) for selector, label in entry.items()]
        else:
            raise DLError(
                where, f"`runs` takes names and `name: label`, got {entry!r}.", "One run per line of the list."
            )
    if not entries:
        raise DLError(
            where, "a chart needs `runs`: the names of the runs it shows.", 'For example runs: ["svm(n=*)", mlp]'
        )
    return tuple(entries)


def _axis(raw: Any, what: str, where: Where) -> Axis:
    """Read an axis, given as a field's name or as a mapping."""
    if raw is None:
        return Axis()
    if isinstance(raw, str):
        return Axis(raw)
    given = _mapping(raw, Axis, what, "a name or {field, title, scale, zero, domain}", where)
    scale = given.get("scale", "linear")
    if scale not in ("linear", "log"):
        raise DLError(
            where, f"`{what}.scale` must be linear or log, got {scale!r}.", suggest(str(scale), ("linear", "log"))
        )
    zero = given.get("zero", False)
    if not isinstance(zero, bool):
        raise DLError(where, f"`{what}.zero` must be true or false, got {zero!r}.")
    if zero and scale == "log":
        raise DLError(
            where, f"a logarithmic axis has no zero, but `{what}.zero` asks for it.", "Remove one of the two."
        )
    domain = given.get("domain")
    if domain is not None:
        if not isinstance(domain, list | tuple) or len(domain) != 2 or not all(_number(end) for end in domain):
            raise DLError(
                where,
                f"`{what}.domain` must be two numbers, got {domain!r}.",
                f"For example {what}: {{domain: [0, 1]}}",
            )
        if domain[0] >= domain[1]:
            raise DLError(where, f"`{what}.domain` must begin below its end, got {domain!r}.")
        domain = (float(domain[0]), float(domain[1]))
    return Axis(str(given.get("field", "")), str(given.get("title", "")), scale, zero, domain)


def _references(raw: Any, where: Where) -> tuple[Reference, ...]:
    """Read reference lines, one mapping or a list of them."""
    found = []
    for one in (
        [raw] if isinstance(raw, Mapping) else raw if isinstance(raw, list | tuple) else [] if raw is None else [raw]
    ):
        given = _mapping(one, Reference, "reference", "{value, label, source}", where)
        if not _number(given.get("value")):
            hint = "For example reference: {value: 0.94, label: Published}"
            raise DLError(where, f"`reference.value` must be a number, got {given.get('value')!r}.", hint)
        value = float(given["value"])
        found.append(Reference(value, str(given.get("label") or f"{value:g}"), str(given.get("source") or "")))
    return tuple(found)


def _mapping(raw: Any, noun: type, what: str, wanted: str, where: Where) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise DLError(where, f"`{what}` must be {wanted}, got {raw!r}.")
    known = [field.name for field in fields(noun)]
    for key in raw:
        if key not in known:
            raise DLError(where, f"'{key}' is not an option of `{what}`.", suggest(str(key), known))
    return raw


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# What is shown.


def _read(chart: Chart, results: Results, where: Where) -> Figure:
    chosen = curves.choose(chart.runs, results, where)
    wanted = curves.Wanted(chart.y.field, results, where)
    figure = curves.dots(chosen, wanted, chart.group) if chart.kind == "dot" else curves.curves(chosen, wanted, chart.x)
    for axis, values in (
        (chart.x, figure.xs if chart.kind == "line" else []),
        (chart.y, [p.estimate.mean for p in figure.points]),
    ):
        low = min((float(value) for value in values if curves.is_number(value)), default=1.0)
        if axis.scale == "log" and low <= 0:
            raise DLError(where, f"a logarithmic axis cannot show {low:g}.", "Remove `scale: log`.")
    return replace(figure, y=chart.y)


def _layout(chart: Chart, figure: Figure) -> Callable[[int], Mapping[str, Any]]:
    if chart.kind == "dot":
        return lambda width: drawing.dots(figure, chart.references, width)
    return lambda width: drawing.lines(figure, chart.references, width)

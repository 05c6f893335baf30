"""Chart: show what was measured as a figure: drawn, said in a sentence, listed in a table, and to take along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from html import escape
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.expressions import Ref, parse_selector
from mkdocs_dlplugin.model import Block, Where
from mkdocs_dlplugin.results import Place, Results
from mkdocs_dlplugin.vega import WIDTHS, Renderer
from mkdocs_dlplugin.views import caption, choices, confusion, curves, images, listing, own, reading, sketch, written
from mkdocs_dlplugin.views.choices import Chart
from mkdocs_dlplugin.views.figures import Figure, Wanted, is_number
from mkdocs_dlplugin.views.figures import written as valued
from mkdocs_dlplugin.views.frame import draw, framed, inner
from mkdocs_dlplugin.views.kinds import KINDS
from mkdocs_dlplugin.words import say

WRITTEN: Mapping[str, ModuleType] = {"confusion": confusion, "images": images}
"""Kinds that are HTML and not drawn, by name; each a module with `references` and `render`, as in `views`."""

ALWAYS = frozenset({"runs", "kind", "fig_cap", "fig_alt"})
"""Options that every kind understands."""


@dataclass(frozen=True)
class Options:
    """What an author writes in a `chart` block."""

    runs: Any = ()
    """Names, globs or grid points; `name: label` renames that run."""
    kind: str = ""
    """One of `kinds.KINDS`; left open, `line` where there is an `x` and `dot` otherwise."""
    x: Any = None
    """Parameter, metric or series, or `{field, title, scale, zero, domain}`; of lines the steps when left open."""
    y: Any = None
    """Metric or series that is shown, or `{field, title, scale, zero, domain}`; of a heat map a parameter."""
    color: Any = None
    """Of a heat map the metric, of a scatter plot a tag or parameter."""
    reference: Any = None
    """Value from elsewhere: `{value, label, source}`, or a list of them."""
    group: str = ""
    """The tag by which rows, bars or marks are gathered."""
    facet: str = ""
    """Parameter or tag with a panel for each of its values."""
    bins: int = 0
    """How many bins a histogram has; from the data when left open."""
    of: Literal["seeds", "points", "series"] = "seeds"
    """What a histogram counts: a value per seed, a mean per point, or every value of a series."""
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
    """A Vega-Lite spec of the author's own, or the name of its file."""


def check(options: Options, where: Where) -> Chart:
    """Check what an author wrote, without looking at any result.

    Raises:
        DLError: an option is missing, unknown, of the wrong type, or not one of this kind of chart.
    """
    written.check(options, where)
    if options.kind and options.kind not in KINDS:
        raise DLError(where, f"'{options.kind}' is not a kind of chart.", suggest(options.kind, [*KINDS, *WRITTEN]))
    name = options.kind or ("dot" if options.x is None else "line")
    _only_known(options, name, where)
    chart = Chart(
        runs=choices.entries(options.runs, where),
        kind=name,
        x=choices.axis(options.x, "x", where),
        y=choices.axis(options.y, "y", where),
        color=choices.axis(options.color, "color", where),
        references=choices.references(options.reference, where),
        group=options.group,
        facet=options.facet,
        bins=options.bins,
        of=options.of,
        caption=options.fig_cap,
        alt=options.fig_alt,
    )
    chart = KINDS[name].check(chart, where)
    for reference in chart.references:
        if chart.y.scale == "log" and reference.value <= 0:
            raise DLError(where, f"a logarithmic axis cannot show {reference.value:g}.", "Remove `scale: log`.")
        if chart.y.domain and not chart.y.domain[0] <= reference.value <= chart.y.domain[1]:
            ends = " to ".join(f"{end:g}" for end in chart.y.domain)
            raise DLError(where, f"the reference {reference.value:g} is not on an axis from {ends}.", "Widen `domain`.")
    return chart


def load(options: Options, block: Block, root: Path) -> tuple[Options, tuple[str, ...]]:
    """Read the file that a block names, if it does; returns the options with its content, and the files read.

    Raises:
        DLError: the file cannot be read.
    """
    if options.spec is None:
        return options, ()
    spec = own.load(options.spec, block, root)
    return replace(options, spec=spec), (spec.file,) if spec.file else ()


def references(options: Options, where: Where) -> list[Ref]:
    """Name the runs the chart asks for, so that misspelt ones are found before anything runs.

    Raises:
        DLError: an option is wrong.
    """
    if options.kind in WRITTEN:
        return list(WRITTEN[options.kind].references(options, where))
    if options.spec is not None:
        return [parse_selector(selector, where) for selector, _ in _own(options, where)]
    return [parse_selector(selector, where) for selector, _ in check(options, where).runs]


def render(options: Options, results: Results, place: Place, renderer: Renderer) -> str:
    """Show a chart as a figure: drawing, caption with the numbers, data table and files.

    Without a renderer, or when drawing fails, the data table stands open in its place and a warning is given.

    Raises:
        DLError: the options are wrong, or name a run, metric or series that is not there.
    """
    if options.kind in WRITTEN:
        return str(WRITTEN[options.kind].render(options, results, place))
    if options.spec is not None:
        runs = _own(options, place.where)
        return sketch.render(options.spec, runs, (options.fig_cap, options.fig_alt), results, place, renderer)
    chart = check(options, place.where)
    figure = _read(chart, results, place.where)
    name = place.id or f"dl-chart-{listing.digest(repr(chart))}"
    title = caption.title(figure, chart.caption)
    if not figure.lines:
        chosen = curves.choose(chart.runs, results, place.where)
        named = " ".join(dict.fromkeys(one.group.run.name for one in chosen))
        # Where a preview draws what runs at work log; a published page has none of the script that does.
        grows = f'data-dl-run="{escape(named)}" data-dl-series="{escape(chart.measured.field)}"'
        said = f"<figcaption>{title} {escape(' '.join(figure.notes))}</figcaption>"
        return f'<figure class="dl-chart" id="{escape(name)}" {grows}>{said}</figure>'

    def lay_out(width: int, asked: Chart = chart) -> Mapping[str, Any]:
        return KINDS[chart.kind].lay_out(figure, asked, width)

    readable = reading.readable(figure, lay_out)
    explored = reading.readable(figure, lambda width: lay_out(width, replace(chart, legend=True)))
    drawn = draw(renderer, readable, name, chart.alt or caption.alternative(figure), place.where)
    links = listing.files(name, listing.as_csv(figure), lay_out(WIDTHS[0]), place)
    return framed(
        name,
        drawn,
        f"{title} {caption.sentences(figure, chart.references, place)}",
        listing.table(figure, f"{inner(name)}-caption"),
        links,
        reading.files(name, figure, readable, explored, place, renderer) if drawn else "",
    )


def _own(options: Options, where: Where) -> tuple[tuple[str, str], ...]:
    """Check a block with a spec of the author's own, and return the runs it names.

    Raises:
        DLError: the spec is refused, or an option beside it says what a spec says itself.
    """
    for entry in fields(Options):
        name = entry.name
        if name not in ("runs", "spec", "fig_cap", "fig_alt") and getattr(options, name) != entry.default:
            raise DLError(where, f"`{name}` has no place beside a `spec`, which says that itself.", "Remove it.")
    if not options.fig_cap:
        raise DLError(where, "a chart of your own `spec` needs `fig-cap`: nobody else knows what it shows.")
    own.check(options.spec)
    if options.runs or own.uses(options.spec.spec):
        return choices.entries(options.runs, where)
    return ()


def _only_known(options: Options, kind: str, where: Where) -> None:
    """Refuse an option that this kind does not understand, and say which do."""
    for entry in fields(Options):
        name = entry.name
        if getattr(options, name) == entry.default or name in ALWAYS or name in KINDS[kind].TAKES:
            continue
        takers = [other for other, module in KINDS.items() if name in module.TAKES]
        listed = " and ".join([", ".join(takers[:-1]), takers[-1]]) if len(takers) > 1 else "".join(takers)
        hint = KINDS[kind].HINTS.get(name) or suggest(name, sorted(KINDS[kind].TAKES))
        raise DLError(where, f"`{name}` is an option of {listed} charts, and this is a {kind} chart.", hint)


def _read(chart: Chart, results: Results, where: Where) -> Figure:
    chosen = curves.choose(chart.runs, results, where)
    same = curves.shared(chosen, chart.x.field, chart.y.field, chart.color.field, chart.facet)
    wanted = Wanted(chart.measured.field, results, where, shared=frozenset(same))
    figure = replace(KINDS[chart.kind].read(chart, chosen, wanted), kind=chart.kind, y=chart.measured)
    if same:
        told = ", ".join(f"{name.replace('_', ' ')} = {valued(value)}" for name, value in same.items())
        figure = replace(figure, notes=(*figure.notes, say("chart-shared", params=told)))
    along = figure.xs if figure.form in ("curves", "points") else []
    for axis, values in ((chart.x, along), (chart.measured, [p.estimate.mean for p in figure.points])):
        low = min((float(value) for value in values if is_number(value)), default=1.0)
        if axis.scale == "log" and low <= 0 and figure.form != "counts":
            raise DLError(where, f"a logarithmic axis cannot show {low:g}.", "Remove `scale: log`.")
    return figure

"""Choices: read what authors say about runs, axes and reference lines, the same for every kind of chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.views.figures import UNSAID, Axis


@dataclass(frozen=True)
class Reference:
    """A value from elsewhere, drawn as a line across the plot."""

    value: float
    """In the metric's own unit: 0.94, not 94."""
    label: str
    """What stands at the line."""
    source: str = ""
    """URL or citation it comes from."""


@dataclass(frozen=True)
class Chart:
    """A block's options, checked, with all defaults filled in."""

    runs: tuple[tuple[str, str], ...]
    """Selectors with the name to show, empty for the run's own."""
    kind: str
    """Name of a module in `kinds`."""
    x: Axis = UNSAID
    y: Axis = UNSAID
    """Its field is what is measured, where the kind does not say otherwise."""
    color: Axis = UNSAID
    """What colour stands for: of a heat map a metric, of points a tag or parameter."""
    references: tuple[Reference, ...] = ()
    group: str = ""
    """The tag by which rows are gathered."""
    facet: str = ""
    """Parameter or tag with a panel for each of its values."""
    bins: int = 0
    """Of a histogram: how many; 0 leaves it to the data."""
    of: str = "seeds"
    """Of a histogram: whether it counts `seeds`, `points` or values of a `series`."""
    legend: bool = False
    """Whether names stand in a legend, to be picked from, even where there is room for them in the plot."""
    caption: str = ""
    alt: str = ""

    @property
    def measured(self) -> Axis:
        """Return the axis of what is measured."""
        return self.color if self.kind == "heatmap" else self.x if self.kind == "hist" else self.y


def entries(runs: Any, where: Where) -> tuple[tuple[str, str], ...]:
    """Read `runs:` as selectors with the name to show.

    Raises:
        DLError: it is something else, or empty.
    """
    found: list[tuple[str, str]] = []
    # A name alone is a list of one; `svm(n=*, lr=0.1)` holds a space and is still one name.
    for entry in runs if isinstance(runs, list | tuple) else [runs]:
        if isinstance(entry, str):
            found.append((entry, ""))
        elif isinstance(entry, Mapping) and len(entry) == 1:
            found += [(str(selector), str(label)) for selector, label in entry.items()]
        else:
            raise DLError(
                where, f"`runs` takes names and `name: label`, got {entry!r}.", "One run per line of the list."
            )
    if not found:
        raise DLError(
            where, "a chart needs `runs`: the names of the runs it shows.", 'For example runs: ["svm(n=*)", mlp]'
        )
    return tuple(found)


def axis(raw: Any, what: str, where: Where) -> Axis:
    """Read an axis, given as a field's name or as a mapping.

    Raises:
        DLError: with what of it is wrong.
    """
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
    domain = _domain(given.get("domain"), what, where)
    if scale == "log" and domain and domain[0] <= 0:
        raise DLError(where, f"a logarithmic axis cannot begin at {domain[0]:g}.", "Begin above 0.")
    return Axis(str(given.get("field", "")), str(given.get("title", "")), scale, zero, domain)


def _domain(raw: Any, what: str, where: Where) -> tuple[float, float] | None:
    if raw is None:
        return None
    if not isinstance(raw, list | tuple) or len(raw) != 2 or not all(_number(end) for end in raw):
        raise DLError(
            where, f"`{what}.domain` must be two numbers, got {raw!r}.", f"For example {what}: {{domain: [0, 1]}}"
        )
    if raw[0] >= raw[1]:
        raise DLError(where, f"`{what}.domain` must begin below its end, got {raw!r}.")
    return float(raw[0]), float(raw[1])


def references(raw: Any, where: Where) -> tuple[Reference, ...]:
    """Read reference lines, one mapping or a list of them.

    Raises:
        DLError: with what of it is wrong.
    """
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


def one_metric(chart: Chart, where: Where) -> Axis:
    """Return the axis of a chart that shows one metric, given as `x` or as `y`.

    Raises:
        DLError: there are two, or none.
    """
    if chart.x.field and chart.y.field:
        problem = f"a {chart.kind} chart shows one metric: give `x` or `y`, not both."
        raise DLError(where, problem, "For both, use kind: line.")
    return chart.y if chart.y.field else chart.x


def needed(found: Axis, where: Where) -> Axis:
    """Return the axis of what is shown.

    Raises:
        DLError: the author named none.
    """
    if not found.field:
        raise DLError(where, "a chart needs `y`: the metric or series it shows.", "For example y: test_acc")
    return found


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

"""Figures: what a chart shows, as axes, points and lines, read and estimated, nothing drawn yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from mkdocs_dlplugin.digits import rounded
from mkdocs_dlplugin.model import Metric, Value, Where, show
from mkdocs_dlplugin.results import Group, Results
from mkdocs_dlplugin.stats import Estimate
from mkdocs_dlplugin.words import say


@dataclass(frozen=True)
class Axis:
    """One axis as the author wants it."""

    field: str = ""
    """Parameter, metric or series it shows; empty when left open."""
    title: str = ""
    """What stands beside it; made from the field when empty."""
    scale: Literal["linear", "log"] = "linear"
    zero: bool = False
    """Whether it begins at zero even when no value is near."""
    domain: tuple[float, float] | None = None
    """Lowest and highest value shown; from the data when not given."""


UNSAID = Axis()
"""An axis of which the author says nothing."""


@dataclass(frozen=True)
class Chosen:
    """One run at one point that the block names, with the name the block gives it."""

    group: Group
    label: str = ""
    """The block's own name for it; empty for the run's."""


@dataclass(frozen=True)
class Wanted:
    """What a block asks of its runs."""

    name: str
    """The metric or series it shows."""
    results: Results
    where: Where
    """The block, for messages."""
    facet: str = ""
    """Parameter that names the panel, so that no label repeats it."""
    shared: frozenset[str] = frozenset()
    """Parameters with the same value everywhere, which the caption tells once."""

    @property
    def told(self) -> tuple[str, ...]:
        """Return the parameters that no label repeats."""
        return (self.facet, *self.shared)


@dataclass(frozen=True)
class Point:
    """One place on a line: what was measured there."""

    x: Value
    """Step, parameter or mean of a metric; of a dot the label of its row, of a bin where it begins."""
    estimate: Estimate
    """Mean and interval in the metric's own unit."""
    values: tuple[float, ...]
    """One per seed."""
    group: Group
    """The run and point behind it, for links."""
    across: Estimate | None = None
    """Mean and interval along x, where that is a metric."""
    label: str = ""
    """Its own name, where a line's does not say which run it is."""
    until: float = 0.0
    """Of a bin, where it ends."""


@dataclass(frozen=True)
class Line:
    """Points that belong together: a curve, a row of a heat map, or the single dot of a row."""

    label: str
    points: tuple[Point, ...]
    section: str = ""
    """Value of the tag that rows are grouped by; empty without one."""
    panel: str = ""
    """Name of the panel it stands in; empty where there is only one."""
    values: tuple[float, ...] = ()
    """Of a histogram, what was counted."""


@dataclass(frozen=True)
class Figure:
    """Everything a chart shows, read and estimated, nothing drawn yet."""

    kind: str
    """Name of a module in `kinds`."""
    lines: tuple[Line, ...]
    metric: Metric
    """What is measured."""
    x: Axis
    """Its field is `step`, a parameter, a metric or a series; of dots empty."""
    of: Literal["series", "points"]
    """Whether the points are steps of a series, or runs."""
    form: Literal["curves", "rows", "points", "cells", "counts"]
    """How its data are told and listed, whatever they are drawn as."""
    y: Axis = Axis()
    """How the values are shown, as the author wants it."""
    up: Axis = Axis()
    """Of a heat map, the parameter of its rows."""
    across: Metric | None = None
    """What is measured along x, where that is a metric with an interval of its own."""
    facet: str = ""
    """Parameter or tag with a panel for each of its values."""
    notes: tuple[str, ...] = ()
    """What is missing, and what holds everywhere, as sentences for the caption."""

    @property
    def by_step(self) -> bool:
        """Whether its x axis shows steps and the author gave them no other name."""
        return self.of == "series" and self.x == replace(self.x, field="step", title="")

    @property
    def along(self) -> str:
        """The name of its x axis: the author's, that of the metric, or that of the field."""
        if self.by_step:
            return say("step")
        return self.x.title or (self.across.title if self.across else self.x.field.replace("_", " "))

    @property
    def points(self) -> list[Point]:
        """Return all points of all lines."""
        return [point for line in self.lines for point in line.points]

    @property
    def labels(self) -> list[str]:
        """Return the names of the lines, each once; in several panels the same name is the same run."""
        return list(dict.fromkeys(line.label for line in self.lines))

    @property
    def panels(self) -> list[Figure]:
        """Return the figure of each panel."""
        names = dict.fromkeys(line.panel for line in self.lines)
        return [replace(self, lines=tuple(line for line in self.lines if line.panel == name)) for name in names]

    @property
    def xs(self) -> list[Value]:
        """Return the places on the x axis: numbers ascending, words in the order they come."""
        places = dict.fromkeys(point.x for point in self.points)
        return sorted(places, key=float) if all(is_number(place) for place in places) else list(places)


def written(value: Value) -> str:
    """Write a parameter's value for readers: `1,000`, `0.001`, `relu`."""
    return rounded(value) if isinstance(value, float | int) and not isinstance(value, bool) else show(value)


def is_number(value: Value) -> bool:
    """Tell numbers from words and from true and false."""
    return isinstance(value, int | float) and not isinstance(value, bool)

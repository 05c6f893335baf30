"""Curves: read from the records what a chart shows, as lines of points with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.model import Metric, Sample, Value, Where, address
from mkdocs_dlplugin.reporting import listed
from mkdocs_dlplugin.results import LARGEST, Group, Results, items
from mkdocs_dlplugin.stats import Estimate, estimate

MOST_POINTS = 200
"""Per line; more cannot be told apart in 688 pixels and makes the page heavy."""

STEP = "step"
"""Name of the axis along which `run.log` writes."""


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


@dataclass(frozen=True)
class Point:
    """One place on a line: what was measured there."""

    x: Value
    """Step, parameter or mean of a metric; of a dot the label of its row."""
    estimate: Estimate
    """Mean and interval in the metric's own unit."""
    values: tuple[float, ...]
    """One per seed."""
    group: Group
    """The run and point behind it, for links."""


@dataclass(frozen=True)
class Line:
    """Points that belong together: a curve, or the single dot of a row."""

    label: str
    points: tuple[Point, ...]
    section: str = ""
    """Value of the tag that rows are grouped by; empty without one."""


@dataclass(frozen=True)
class Figure:
    """Everything a chart shows, read and estimated, nothing drawn yet."""

    kind: Literal["line", "dot"]
    lines: tuple[Line, ...]
    metric: Metric
    """What is measured."""
    x: Axis
    """Its field is `step`, a parameter, a metric or a series; of dots empty."""
    of: Literal["series", "points"]
    """Whether the points are steps of a series, or runs."""
    y: Axis = Axis()
    """How the values are shown, as the author wants it."""
    notes: tuple[str, ...] = ()
    """What is missing, as sentences for the caption."""

    @property
    def points(self) -> list[Point]:
        """Return all points of all lines."""
        return [point for line in self.lines for point in line.points]

    @property
    def xs(self) -> list[Value]:
        """Return the places on the x axis: numbers ascending, words in the order they come."""
        places = dict.fromkeys(point.x for point in self.points)
        return sorted(places, key=float) if all(is_number(place) for place in places) else list(places)


def choose(entries: Sequence[tuple[str, str]], results: Results, where: Where) -> list[Chosen]:
    """Find the runs a block names, each once; a later entry may rename what an earlier glob found.

    Args:
        entries: Selectors with the name to show, empty for the run's own.
        results: All runs of the site.
        where: The block, for messages.

    Raises:
        DLError: a selector matches nothing, or a bare name has several points.
    """
    chosen: dict[str, Chosen] = {}
    for selector, label in entries:
        for group in results.select(selector, where):
            known = chosen.get(group.address)
            chosen[group.address] = Chosen(group, label or (known.label if known else ""))
    return list(chosen.values())


def dots(chosen: Sequence[Chosen], wanted: Wanted, tag: str) -> Figure:
    """Read one mean per run, in the order of the page, runs of one tag together.

    Raises:
        DLError: a run that has results has no such metric, or nobody carries the tag.
    """
    _known_tag(chosen, tag, wanted.where)
    lines = []
    for one in chosen:
        if one.group.complete:
            point = _measured(one.group, wanted)
            label = _label(one, one.group.params, alone=_is_alone(one, chosen))
            lines.append(Line(label, (replace(point, x=label),), one.group.run.tags.get(tag, "")))
    sections = list(dict.fromkeys(line.section for line in lines))
    lines.sort(key=lambda line: sections.index(line.section))
    return Figure("dot", tuple(_distinct(lines)), _metric(lines, wanted), Axis(), "points", notes=_missing(chosen))


def curves(chosen: Sequence[Chosen], wanted: Wanted, x: Axis) -> Figure:
    """Read one line per run along a parameter, a metric or the steps of a series.

    Raises:
        DLError: the field of the x axis is unknown or ambiguous, or a run lacks what is asked for.
    """
    field = x.field or STEP
    kind = _kind_of(field, chosen, wanted.where)
    of: Literal["series", "points"]
    ready = [one for one in chosen if one.group.complete]
    notes = _missing(chosen)
    if kind in ("step", "series"):
        lines = [_learning(one, field, wanted, alone=_is_alone(one, chosen)) for one in ready]
        metric, of = wanted.results.metric(wanted.name), "series"
        notes += tuple(f"{line.label} is not shown: its seeds share no step." for line in lines if not line.points)
    else:
        lines = _along(ready, field, wanted, across=kind == "metric")
        metric, of = _metric(lines, wanted), "points"
    return Figure("line", tuple(_distinct(lines)), metric, replace(x, field=field), of, notes=notes)


def is_number(value: Value) -> bool:
    """Tell numbers from words and from true and false."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _kind_of(field: str, chosen: Sequence[Chosen], where: Where) -> Literal["parameter", "metric", "series", "step"]:
    """Find out what an x field is; a series also leaves its last value as a metric, so the two do not clash."""
    params = {name for one in chosen for name in one.group.params}
    records = [record for one in chosen for record in one.group.records]
    metrics = {name for record in records for name in (*record.metrics, *record.timings)}
    series = {name for record in records for name in record.series}
    if field in params:
        if field in metrics | series:
            raise DLError(where, f"'{field}' is a parameter and also a metric of these runs.", "Rename one of the two.")
        return "parameter"
    if field in metrics - series:
        return "metric"
    if field == STEP:
        return "step"
    if field in series:
        return "series"
    if not records:
        return "step"
    raise DLError(
        where,
        f"'{field}' is neither a parameter nor a metric nor a series of these runs.",
        suggest(field, sorted({*params, *metrics, *series, STEP})),
    )


def _along(ready: Sequence[Chosen], field: str, wanted: Wanted, *, across: bool) -> list[Line]:
    """Join the points of each run into a line along a metric (*across* its grid), or along one parameter.

    Runs with other parameters have a line for each combination of those.
    """
    joined: dict[tuple[str, str], list[Point]] = {}
    for one in ready:
        point = _measured(one.group, wanted)
        if across:
            values = wanted.results.sample(one.group, field, wanted.where).values
            point = replace(point, x=sum(values) / len(values))
        elif field in one.group.params:
            point = replace(point, x=one.group.params[field])
        else:
            hint = suggest(field, one.group.params) or "It has no parameters; draw it as a `reference`."
            raise DLError(wanted.where, f"run '{one.group.address}' has no parameter '{field}'.", hint)
        others = {} if across else _without(one.group.params, field)
        same = [_without(o.group.params, field) for o in ready if _named_alike(o, one)]
        label = _label(one, others, alone=across or all(other == others for other in same))
        joined.setdefault((one.group.run.name, label), []).append(point)
    return [Line(label, tuple(_ordered(points))) for (_, label), points in joined.items()]


def _ordered(points: list[Point]) -> list[Point]:
    return sorted(points, key=lambda point: float(point.x)) if all(is_number(p.x) for p in points) else points


def _without(params: Mapping[str, Value], field: str) -> dict[str, Value]:
    return {name: value for name, value in params.items() if name != field}


def _learning(one: Chosen, field: str, wanted: Wanted, *, alone: bool) -> Line:
    """Average a series over the seeds, at each step that all of them have."""
    metric = wanted.results.metric(wanted.name)
    columns: list[dict[float, float]] = []
    along: list[dict[float, float]] = []
    for record in one.group.records:
        for name in (wanted.name, field):
            if name not in record.series and name != STEP:
                hint = suggest(name, sorted(record.series)) or "It logs none; use `run.log({…}, step=…)`."
                raise DLError(wanted.where, f"'{name}' is not a series of run '{one.group.address}'.", hint)
        columns.append(_finite(record.series[wanted.name]))
        along.append({step: step for step in columns[-1]} if field == STEP else _finite(record.series[field]))
    points = []
    for step in _thinned(sorted(set.intersection(*(set(column) for column in (*columns, *along))))):
        values = tuple(column[step] for column in columns)
        x = sum(column[step] for column in along) / len(along)
        points.append(Point(x, _at_step(one.group, metric, values), values, one.group))
    return Line(_label(one, one.group.params, alone=alone), tuple(points))


def _measured(group: Group, wanted: Wanted) -> Point:
    sample = wanted.results.sample(group, wanted.name, wanted.where)
    return Point(0, estimate(sample), sample.values, group)


def _metric(lines: Iterable[Line], wanted: Wanted) -> Metric:
    """Return how the metric is declared; one that only `run.timer` knows is a timing in seconds."""
    metric = wanted.results.metric(wanted.name)
    timed = any(wanted.name in record.timings for line in lines for record in line.points[0].group.records)
    return replace(metric, kind="timing", unit=metric.unit or "s") if timed and metric.kind == "measured" else metric


def _at_step(group: Group, metric: Metric, values: tuple[float, ...]) -> Estimate:
    """Estimate the mean at one step by the rules that hold for the run's metrics."""
    first = group.records[0]
    return estimate(
        Sample(
            title=group.label,
            metric=metric,
            seeds=tuple(record.seed for record in group.records),
            values=values,
            varies=frozenset(group.run.varies),
            data=group.run.data,
            n_train=items(first, "n_train"),
            n_test=items(first, "n_test", len(first.correct)),
        )
    )


def _finite(series: tuple[Sequence[float], Sequence[float | None]]) -> dict[float, float]:
    return {step: value for step, value in zip(*series, strict=True) if value is not None and abs(value) <= LARGEST}


def _thinned(steps: list[float]) -> list[float]:
    """Keep at most `MOST_POINTS` steps, evenly, the first and last among them."""
    if len(steps) <= MOST_POINTS:
        return steps
    return [steps[round(index * (len(steps) - 1) / (MOST_POINTS - 1))] for index in range(MOST_POINTS)]


def _label(one: Chosen, params: Mapping[str, Value], *, alone: bool) -> str:
    """Name a line: the block's own name, else the run's, with its point where that is needed to tell it apart."""
    title = one.label or one.group.run.label
    if not title:
        return address(one.group.run.name, params)
    point = address("", params)
    return f"{title} {point}" if point and not (one.label and alone) else title


def _is_alone(one: Chosen, chosen: Sequence[Chosen]) -> bool:
    """Tell whether no other point of the run carries the same name of the block's own."""
    return sum(_named_alike(other, one) for other in chosen) == 1


def _named_alike(one: Chosen, other: Chosen) -> bool:
    return one.group.run.name == other.group.run.name and one.label == other.label


def _distinct(lines: Sequence[Line]) -> list[Line]:
    """Add the run's address to labels that several lines share; a line is found by its label."""
    labels = [line.label for line in lines]
    return [
        replace(line, label=f"{line.label} · {line.points[0].group.address}")
        if labels.count(line.label) > 1 and line.points
        else line
        for line in lines
        if line.points
    ]


def _known_tag(chosen: Sequence[Chosen], tag: str, where: Where) -> None:
    known = sorted({name for one in chosen for name in one.group.run.tags})
    if tag and tag not in known:
        raise DLError(where, f"none of these runs has the tag '{tag}'.", suggest(tag, known))


def _missing(chosen: Sequence[Chosen]) -> tuple[str, ...]:
    """Say what is not there; a mean over the seeds that happened to succeed would flatter the run."""
    notes = []
    for one in chosen:
        name, absent = one.label or one.group.label, listed(one.group.absent)
        if not one.group.records:
            notes.append(f"{name} is not shown: no results yet.")
        elif not one.group.complete:
            notes.append(f"{name} is not shown: no result for seed {absent}.")
        elif absent:
            notes.append(f"{name} is shown without seed {absent}, which has no result.")
    return tuple(notes)

"""Curves: read from the records what a chart shows, as lines of points with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.model import Metric, Sample, Value, Where, address
from mkdocs_dlplugin.reporting import listed
from mkdocs_dlplugin.results import LARGEST, Group, Results, items
from mkdocs_dlplugin.stats import Estimate, estimate
from mkdocs_dlplugin.views.figures import Axis, Chosen, Figure, Line, Point, Wanted, is_number
from mkdocs_dlplugin.words import say

MOST_POINTS = 200
"""Per line; more cannot be told apart in 688 pixels and makes the page heavy."""

STEP = "step"
"""Name of the axis along which `run.log` writes."""


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
    known_tag(chosen, tag, wanted.where)
    lines = []
    for one in chosen:
        if one.group.complete:
            point = measured(one.group, wanted)
            label = label_of(one, without(one.group.params, *wanted.told), alone=is_alone(one, chosen))
            lines.append(Line(label, (replace(point, x=label),), one.group.run.tags.get(tag, "")))
    sections = list(dict.fromkeys(line.section for line in lines))
    lines.sort(key=lambda line: sections.index(line.section))
    return Figure(
        "dot", tuple(distinct(lines)), metric_of(lines, wanted), Axis(), "points", "rows", notes=missing(chosen)
    )


def curves(chosen: Sequence[Chosen], wanted: Wanted, x: Axis) -> Figure:
    """Read one line per run along a parameter, a metric or the steps of a series.

    Raises:
        DLError: the field of the x axis is unknown or ambiguous, or a run lacks what is asked for.
    """
    field = x.field or STEP
    kind = kind_of(field, chosen, wanted.where)
    of: Literal["series", "points"]
    ready = [one for one in chosen if one.group.complete]
    notes = missing(chosen)
    if kind in ("step", "series"):
        lines = [_learning(one, field, wanted, alone=is_alone(one, chosen)) for one in ready]
        metric, of = wanted.results.metric(wanted.name), "series"
        notes += tuple(say("chart-no-step", who=line.label) for line in lines if not line.points)
    else:
        lines = _along(ready, field, wanted, across=kind == "metric")
        metric, of = metric_of(lines, wanted), "points"
    return Figure("line", tuple(distinct(lines)), metric, replace(x, field=field), of, "curves", notes=notes)


def kind_of(field: str, chosen: Sequence[Chosen], where: Where) -> Literal["parameter", "metric", "series", "step"]:
    """Find out what an x field is; a series also leaves its last value as a metric, so the two do not clash.

    Raises:
        DLError: it is none of these, or two.
    """
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
        point = measured(one.group, wanted)
        if across:
            values = wanted.results.sample(one.group, field, wanted.where).values
            point = replace(point, x=sum(values) / len(values))
        elif field in one.group.params:
            point = replace(point, x=one.group.params[field])
        else:
            hint = suggest(field, one.group.params) or "It has no parameters; draw it as a `reference`."
            raise DLError(wanted.where, f"run '{one.group.address}' has no parameter '{field}'.", hint)
        others = {} if across else without(one.group.params, field, *wanted.told)
        same = [without(o.group.params, field, *wanted.told) for o in ready if _named_alike(o, one)]
        label = label_of(one, others, alone=across or all(other == others for other in same))
        joined.setdefault((one.group.run.name, label), []).append(point)
    return [Line(label, tuple(ordered(points))) for (_, label), points in joined.items()]


def ordered(points: list[Point]) -> list[Point]:
    """Sort points along x where all of them stand at numbers."""
    return sorted(points, key=lambda point: float(point.x)) if all(is_number(p.x) for p in points) else points


def without(params: Mapping[str, Value], *fields: str) -> dict[str, Value]:
    """Leave out parameters that are told elsewhere: along an axis, or as the name of a panel."""
    return {name: value for name, value in params.items() if name not in fields}


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
        columns.append(finite(record.series[wanted.name]))
        along.append({step: step for step in columns[-1]} if field == STEP else finite(record.series[field]))
    points = []
    for step in thinned(sorted(set.intersection(*(set(column) for column in (*columns, *along))))):
        values = tuple(column[step] for column in columns)
        x = sum(column[step] for column in along) / len(along)
        points.append(Point(x, _at_step(one.group, metric, values), values, one.group))
    return Line(label_of(one, without(one.group.params, *wanted.told), alone=alone), tuple(points))


def measured(group: Group, wanted: Wanted) -> Point:
    """Estimate the metric of one run at one point.

    Raises:
        DLError: it has no such metric.
    """
    sample = wanted.results.sample(group, wanted.name, wanted.where)
    return Point(0, estimate(sample), sample.values, group)


def metric_of(lines: Iterable[Line], wanted: Wanted) -> Metric:
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


def finite(series: tuple[Sequence[float], Sequence[float | None]]) -> dict[float, float]:
    """Return the values of a series by step, without those that cannot be computed with."""
    return {step: value for step, value in zip(*series, strict=True) if value is not None and abs(value) <= LARGEST}


def thinned(steps: list[float]) -> list[float]:
    """Keep at most `MOST_POINTS` steps, evenly, the first and last among them."""
    if len(steps) <= MOST_POINTS:
        return steps
    return [steps[round(index * (len(steps) - 1) / (MOST_POINTS - 1))] for index in range(MOST_POINTS)]


def label_of(one: Chosen, params: Mapping[str, Value], *, alone: bool) -> str:
    """Name a line: the block's own name, else the run's, with its point where that is needed to tell it apart."""
    title = one.label or one.group.run.label
    if not title:
        return address(one.group.run.name, params)
    point = address("", params)
    return f"{title} {point}" if point and not (one.label and alone) else title


def shared(chosen: Sequence[Chosen], *told: str) -> dict[str, Value]:
    """Return the parameters that have the same value at every run and point; none of a single one, which they name.

    Args:
        chosen: What a block names.
        told: Parameters that are told elsewhere, on an axis say.
    """
    first, *others = [without(one.group.params, *told) for one in chosen] or [{}]
    return {n: v for n, v in first.items() if others and all((n, v) in other.items() for other in others)}


def is_alone(one: Chosen, chosen: Sequence[Chosen]) -> bool:
    """Tell whether no other point of the run carries the same name of the block's own."""
    return sum(_named_alike(other, one) for other in chosen) == 1


def _named_alike(one: Chosen, other: Chosen) -> bool:
    return one.group.run.name == other.group.run.name and one.label == other.label


def distinct(lines: Sequence[Line]) -> list[Line]:
    """Add the run's address to labels that several lines share; a line is found by its label."""
    labels = [line.label for line in lines]
    return [
        replace(line, label=f"{line.label} · {line.points[0].group.address}")
        if labels.count(line.label) > 1 and line.points
        else line
        for line in lines
        if line.points
    ]


def known_tag(chosen: Sequence[Chosen], tag: str, where: Where) -> None:
    """Refuse a tag that none of the runs carries.

    Raises:
        DLError: with the tags they carry.
    """
    known = sorted({name for one in chosen for name in one.group.run.tags})
    if tag and tag not in known:
        raise DLError(where, f"none of these runs has the tag '{tag}'.", suggest(tag, known))


def missing(chosen: Sequence[Chosen]) -> tuple[str, ...]:
    """Say what is not there; a mean over the seeds that happened to succeed would flatter the run."""
    notes = []
    for one in chosen:
        name, absent = one.label or one.group.label, listed(one.group.absent)
        if not one.group.records:
            notes.append(say("not-shown", run=name))
        elif not one.group.complete:
            notes.append(say("not-shown-seeds", n=len(one.group.absent), run=name, seeds=absent))
        elif absent:
            notes.append(say("chart-without-seed", who=name, seeds=absent))
    return tuple(notes)

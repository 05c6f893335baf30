"""Layouts: how a comparison lies on the page: a row per run, a column per run, or a column per value of a parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from mkdocs_dlplugin.model import Metric, Value, address, show
from mkdocs_dlplugin.numbers import NBSP, linked, shown
from mkdocs_dlplugin.results import PLAIN, Place
from mkdocs_dlplugin.stats import estimate
from mkdocs_dlplugin.views import ranking
from mkdocs_dlplugin.views.compared import Row
from mkdocs_dlplugin.views.footnotes import Footnotes
from mkdocs_dlplugin.views.sparkline import sparkline
from mkdocs_dlplugin.views.tables import frame
from mkdocs_dlplugin.words import number, say

_FIGURE, _POINT = "\N{FIGURE SPACE}", "\N{PUNCTUATION SPACE}"
"""As wide as a digit, and as a comma."""


@dataclass(frozen=True)
class Sheet:
    """All that a comparison shows, whichever way it lies."""

    groups: Sequence[tuple[str, Sequence[Row]]]
    """Title and rows; one group without a title where nothing gathers them."""
    metrics: Sequence[Metric]
    place: Place
    notes: Footnotes
    marks: Mapping[tuple[str, str], ranking.Mark]
    """By address and metric."""
    odd: Mapping[tuple[str, str], str]
    """Footnotes of numbers that are not like the others of their metric, likewise."""
    caption: str
    """HTML id of the caption, which names the table."""
    series: Metric | None = None
    """What the sparkline shows; `None` without one."""

    @property
    def rows(self) -> list[Row]:
        """All rows, group after group."""
        return [row for _, rows in self.groups for row in rows]


def plain(sheet: Sheet) -> str:
    """Draw a row per run and a column per metric."""
    series = [f'<th scope="col">{escape(sheet.series.title)}</th>'] if sheet.series else []
    heads = [f'<th scope="col">{escape(say("run"))}</th>', *map(_column, sheet.metrics), *series]
    pads = {metric.name: _widest(metric, sheet.rows) for metric in sheet.metrics}
    bodies = []
    for title, rows in sheet.groups:
        body = [_section(title, len(heads))] if title else []
        for row in rows:
            cells = [_cell(sheet, row, metric, pads[metric.name]) for metric in sheet.metrics]
            body.append(f"<tr>{_name(sheet, row, row.label)}{''.join(cells)}{_curve(sheet, row)}</tr>")
        bodies.append(body)
    return frame(f"<tr>{''.join(heads)}</tr>", bodies, caption=sheet.caption, sortable=True)


def transposed(sheet: Sheet) -> str:
    """Draw a row per metric and a column per run, groups as headings over their runs, one run over its own points."""
    grouped = any(title for title, _ in sheet.groups)
    run, parameter = ("", "") if grouped else _alone(sheet.rows)
    corner = f'<th scope="col"{_rows(2) if grouped else ""}>{escape(say("metric"))}</th>'
    names = "".join(_name(sheet, row, _value(row, parameter), scope="col") for row in sheet.rows)
    if parameter:
        title = escape(say("chart-title-along", subject=run, along=_spoken(parameter)))
        corner = corner.replace('scope="col"', f'scope="col"{_rows(2)}')
        head = f"{_columns([1, len(sheet.rows)])}<tr>{corner}{_over(title, len(sheet.rows))}</tr><tr>{names}</tr>"
    elif grouped:
        titles = "".join(_over(escape(title), len(rows)) for title, rows in sheet.groups)
        head = f"{_columns([1, *(len(rows) for _, rows in sheet.groups)])}<tr>{corner}{titles}</tr><tr>{names}</tr>"
    else:
        head = f"<tr>{corner}{names}</tr>"
    body = []
    for metric in sheet.metrics:
        cells = "".join(_cell(sheet, row, metric, "") for row in sheet.rows)
        body.append(f'<tr><th scope="row">{_heading(metric)}</th>{cells}</tr>')
    if sheet.series:
        curves = "".join(_curve(sheet, row) for row in sheet.rows)
        body.append(f'<tr><th scope="row">{escape(sheet.series.title)}</th>{curves}</tr>')
    return frame(head, [body], caption=sheet.caption)


def grid(sheet: Sheet, parameter: str, values: Sequence[Value]) -> str:
    """Draw a column per value of a parameter, under a heading per metric, and a row per run and its other parameters.

    Args:
        sheet: What is shown; all of its rows have the parameter.
        parameter: Its name.
        values: In the order of the columns.
    """
    corner = f'<th scope="col"{_rows(2)}>{escape(say("run"))}</th>'
    # The parameter is named once over its values, and read with them, for it heads their group of columns.
    over = "".join(_over(_heading(metric, along=_spoken(parameter)), len(values)) for metric in sheet.metrics)
    under = "".join(f'<th scope="col">{escape(show(value))}</th>' for _ in sheet.metrics for value in values)
    head = f"{_columns([1, *(len(values) for _ in sheet.metrics)])}<tr>{corner}{over}</tr><tr>{under}</tr>"
    pads = {
        (metric.name, value): _widest(metric, [row for row in sheet.rows if row.group.params[parameter] == value])
        for metric in sheet.metrics
        for value in values
    }
    bodies = []
    for title, rows in sheet.groups:
        body = [_section(title, 1 + len(sheet.metrics) * len(values))] if title else []
        for label, points in _lines(rows, parameter).items():
            cells = [
                _cell(sheet, points.get(value), metric, pads[metric.name, value])
                for metric in sheet.metrics
                for value in values
            ]
            body.append(f'<tr><th scope="row" class="{PLAIN}">{escape(label)}</th>{"".join(cells)}</tr>')
        bodies.append(body)
    return frame(head, bodies, caption=sheet.caption, look="dl-grid")


def _lines(rows: Sequence[Row], parameter: str) -> dict[str, dict[Value, Row]]:
    """Gather the rows of a run that differ in one parameter only, by what they are called without it."""
    lines: dict[str, dict[Value, Row]] = {}
    for row in rows:
        others = {name: value for name, value in row.group.params.items() if name != parameter}
        label = f"{row.name} {address('', others)}" if others else row.name
        same = lines.get(label, {})
        # Two runs of one name are two lines.
        if any(other.group.run.name != row.group.run.name for other in same.values()):
            label = f"{label} · {row.group.run.name}"
        lines.setdefault(label, {})[row.group.params[parameter]] = row
    return lines


def _alone(rows: Sequence[Row]) -> tuple[str, str]:
    """Return what all rows are called and the one parameter in which they differ; empty where it is otherwise."""
    for parameter in rows[0].group.params if len(rows) > 1 else ():
        if all(parameter in row.group.params for row in rows):
            lines = _lines(rows, parameter)
            if len(lines) == 1 and [len(points) for points in lines.values()] == [len(rows)]:
                return next(iter(lines)), parameter
    return "", ""


# Heads.


def _spoken(parameter: str) -> str:
    return parameter.replace("_", " ")


def _value(row: Row, parameter: str) -> str:
    return show(row.group.params[parameter]) if parameter else row.label


def _heading(metric: Metric, along: str = "") -> str:
    """Name a metric, with an arrow to where it is better, in words for those who do not see it.

    Args:
        metric: The metric.
        along: The parameter whose values its columns are; empty where they are not.
    """
    said = {"higher": say("higher-better"), "lower": say("lower-better"), "": ""}[metric.better]
    arrow = {"higher": f"{NBSP}↑", "lower": f"{NBSP}↓", "": ""}[metric.better]
    hidden = f'<span aria-hidden="true">{arrow}</span><span class="dl-sr">, {escape(said)}</span>' if arrow else ""
    title = say("chart-title-along", subject=metric.title, along=along) if along else metric.title
    return f"{escape(title)}{hidden}"


def _column(metric: Metric) -> str:
    return f'<th scope="col">{_heading(metric)}</th>'


def _over(title: str, columns: int) -> str:
    return f'<th scope="colgroup" colspan="{columns}">{title}</th>'


def _rows(count: int) -> str:
    return f' rowspan="{count}"'


def _columns(spans: Sequence[int]) -> str:
    return "".join(f'<colgroup span="{span}"></colgroup>' for span in spans)


def _section(title: str, columns: int) -> str:
    return f'<tr class="dl-group"><th scope="rowgroup" colspan="{columns}">{escape(title)}</th></tr>'


def _name(sheet: Sheet, row: Row, label: str, scope: str = "row") -> str:
    return f'<th scope="{scope}" class="{PLAIN}">{escape(label)}{sheet.notes.mark(row.note)}</th>'


# Cells.


def _cell(sheet: Sheet, row: Row | None, metric: Metric, widest: str) -> str:
    """Write a number with its mark, or why there is none."""
    sample = row.samples.get(metric.name) if row else None
    if row is None or sample is None:
        return _absent(sheet, row.why[metric.name] if row else say("point-not-run"), _pad("0", widest))
    found = estimate(sample)
    number = shown(found, sample.metric)
    key = row.group.address, metric.name
    mark = sheet.marks.get(key, "")
    after = ""
    if mark:
        sign = f'<span aria-hidden="true">{NBSP}≈</span>' if mark == "tied" else ""
        after = f'{sign}<span class="dl-sr"> ({escape(say(mark))})</span>'
    html = linked(number, metric.name, [row.group], sheet.place)
    note = sheet.notes.mark(sheet.odd.get(key, ""))
    best = ' class="dl-best"' if mark == "best" else ""
    return f'<td{best} data-sort="{found.mean!r}">{_pad(number.value, widest)}{html}{after}{note}</td>'


def _absent(sheet: Sheet, reason: str, pad: str = "") -> str:
    # The dash is read as nothing by some screen readers; the note behind it says why.
    return f'<td class="dl-absent">{pad}–{sheet.notes.mark(reason)}</td>'


def _curve(sheet: Sheet, row: Row) -> str:
    """Draw the sparkline of a row, all on one scale, with its ends in words."""
    if sheet.series is None:
        return ""
    if len(row.curve) < 2:
        return _absent(sheet, row.why[sheet.series.name])
    curves = [value for other in sheet.rows for value in other.curve]
    percent = sheet.series.style == "percent"
    first, last = (number(f"{value:.1%}" if percent else f"{value:.3g}") for value in (row.curve[0], row.curve[-1]))
    said = escape(say("from-to", first=first, last=last))
    drawn = sparkline(row.curve, min(curves), max(curves))
    return f'<td data-sort="{row.curve[-1]!r}">{drawn}<span class="dl-sr">{said}</span></td>'


def _widest(metric: Metric, rows: Sequence[Row]) -> str:
    """Return the longest part before the decimal sign among the numbers of a column."""
    samples = [row.samples[metric.name] for row in rows if metric.name in row.samples]
    return max((_whole(shown(estimate(sample), sample.metric).value) for sample in samples), key=len, default="")


def _pad(value: str, widest: str) -> str:
    """Write the room that a number leaves before its first digit, so that a column stands at its decimal sign."""
    missing = widest[: len(widest) - len(_whole(value))] if len(widest) > len(_whole(value)) else ""
    return "".join(_FIGURE if sign.isdigit() or sign in "-−" else _POINT for sign in missing)


def _whole(value: str) -> str:
    """Return what stands before the decimal sign or the unit: `1,234` of `1,234.5 s`."""
    thousands = say("thousands")
    end = next((i for i, sign in enumerate(value) if not (sign.isdigit() or sign in f"-−+{thousands}")), len(value))
    return value[:end]

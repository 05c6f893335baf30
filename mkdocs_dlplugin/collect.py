"""Collect: what a finished snippet measured and drew, as plain values a record can hold."""

from __future__ import annotations

import ast
import itertools
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from mkdocs_dlplugin import plots, screen, snippet
from mkdocs_dlplugin.errors import RunFailed, suggest
from mkdocs_dlplugin.explain import failure, from_exception
from mkdocs_dlplugin.model import Job, Limits
from mkdocs_dlplugin.reporting import counted
from mkdocs_dlplugin.whereabouts import clean

Series = tuple[tuple[float, ...], tuple[float | None, ...]]
"""Steps and values of one name, as a record holds them."""


def metrics_of(job: Job, tree: ast.Module, session: snippet.Session, namespace: Mapping[str, Any]) -> dict[str, float]:
    """Return the final value of each metric, logged or read from the snippet's variables.

    Raises:
        RunFailed: a value is missing, no number, or not finite.
    """
    metrics = snippet.final(session)
    for name in job.metrics:
        if name not in metrics and not job.raises:
            metrics[name] = _number(job, tree, namespace, name)
    for name, value in metrics.items():
        if not math.isfinite(value):
            line = session.lines.get(name, 0) or _assigned(tree, name)
            hint = "Training diverged, or something was divided by zero; only finite values can be compared."
            said = f"metric '{name}' is {value}{_since(session, name)}"
            raise failure(job, said, hint, kind="NotFinite", line=line)
    return metrics


def series_of(job: Job, tree: ast.Module, session: snippet.Session, namespace: Mapping[str, Any]) -> dict[str, Series]:
    """Return what was logged more than once or with a step, and the history that `series` names.

    Raises:
        RunFailed: that history is missing or no history.
    """
    found = {name: points for name, points in session.history.items() if len(points) > 1 or name in session.stepped}
    if job.series and not job.raises:
        found |= _history(job, tree, _variable(job, namespace, job.series))
    for name, points in found.items():
        session.notes += _doubts(name, points)
    found = {name: sorted(points, key=lambda point: point[0]) for name, points in found.items()}
    return {name: thin(points, job.limits.points) for name, points in found.items()}


def _since(session: snippet.Session, name: str) -> str:
    """Say where a metric stopped being finite: ` at step 120 (first at step 37)`; empty when it was set once."""
    points = session.history.get(name, [])
    lost = [step for step, value in points if not math.isfinite(value)]
    if name in session.summary or len(points) < 2 or not lost:
        return ""
    return f" at step {points[-1][0]:g}" + (f" (first at step {lost[0]:g})" if len(lost) > 1 else "")


def _doubts(name: str, points: Sequence[tuple[float, float]]) -> list[str]:
    """Name what a curve does not show: points that are not finite, steps that are not in order."""
    lost = [step for step, value in points if not math.isfinite(value)]
    back = next((later for (step, _), (later, _) in itertools.pairwise(points) if later < step), None)
    notes = []
    if lost:
        many = f"{len(lost)} of {counted(len(points), 'point')}"
        notes.append(f"series '{name}': {many} are not finite, the first at step {lost[0]:g}")
    if back is not None:
        notes.append(f"series '{name}': steps go backwards at {back:g}, and were put in order")
    return notes


def is_figure(value: object) -> bool:
    """Tell whether a value is a matplotlib figure, which is drawn instead of printed."""
    figure = sys.modules.get("matplotlib.figure")
    return figure is not None and isinstance(value, figure.Figure)


def close_figure(figure: Any) -> None:
    """Have pyplot forget a figure that was shown, so that it is not shown again at the end."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)


def figures_of(job: Job, last: Any = None, *, alone: bool = False) -> dict[str, bytes]:
    """Draw the matplotlib figures that are still open, as `fig-1.png` and so on.

    Args:
        job: The job.
        last: The value of the last expression, when that is a figure; drawn too, once, if pyplot does not know it.
        alone: Whether only that one is drawn, and those that are open stay open.

    Raises:
        RunFailed: a figure cannot be drawn.
    """
    pyplot = sys.modules.get("matplotlib.pyplot") if not alone else None
    drawn = [pyplot.figure(number) for number in pyplot.get_fignums()] if pyplot is not None else []
    if last is not None and last not in drawn:
        drawn.append(last)
    figures = {}
    try:
        for position, figure in enumerate(drawn, start=1):
            figures[f"fig-{position}.png"] = plots.png(figure)
        if pyplot is not None:
            pyplot.close("all")
    except Exception as error:
        raise from_exception(job, error) from error
    return figures


def thin(points: Sequence[tuple[float, float]], most: int = Limits.points) -> Series:
    """Keep that many points evenly, first and last too, at 7 significant digits; `None` for what is not finite."""
    last = len(points) - 1
    kept = points if last < most else [points[round(i * last / (most - 1))] for i in range(most)]
    return tuple(step for step, _ in kept), tuple(_rounded(value) for _, value in kept)


def tidy(content: bytes, *folders: str) -> str:
    """Make text of what a job printed: any bytes, only the last state of progress bars, no folder of this machine.

    Args:
        content: The bytes.
        folders: Those that paths become relative to, as for `whereabouts.clean`.
    """
    text = content.decode("utf-8", "backslashreplace").replace("\0", "\\x00")
    return clean(screen.settle(text), *folders)


def _rounded(value: float) -> float | None:
    return float(f"{value:.7g}") if math.isfinite(value) else None


def _variable(job: Job, namespace: Mapping[str, Any], name: str) -> Any:
    if name not in namespace:
        own = [known for known in namespace if not known.startswith("_")]
        said = f"'{name}' is not a variable of the code when it ends"
        raise failure(job, said, suggest(name, own), kind="NotSerialisable")
    return namespace[name]


def _number(job: Job, tree: ast.Module, namespace: Mapping[str, Any], name: str) -> float:
    try:
        return snippet.plain(name, _variable(job, namespace, name))
    except snippet.NotANumber as error:
        hint = "A metric is one number; name a history in `series`."
        raise _refused(job, str(error), hint, _assigned(tree, name)) from error


def _history(job: Job, tree: ast.Module, value: Any) -> dict[str, list[tuple[float, float]]]:
    """Read a list of dicts, a dict of equally long lists, or a DataFrame; `step` or `epoch` is the x axis."""
    columns, line = _columns(value), _assigned(tree, job.series)
    if len({len(values) for values in columns.values()}) != 1:
        said = f"'{job.series}' is a {type(value).__name__} that is no history"
        raise _refused(job, said, "Use a list of dicts, a dict of equally long lists, or a DataFrame.", line)
    try:
        names = {name: snippet.named(str(name)) for name in columns}
        numbers = {names[name]: [snippet.plain(names[name], one) for one in values] for name, values in columns.items()}
    except snippet.BadName as error:
        raise failure(job, f"BadName: {error}", "Rename it before the code ends.", line=line) from error
    except snippet.NotANumber as error:
        raise _refused(job, f"in '{job.series}', {error}", "A history holds numbers only.", line) from error
    axis = next((name for name in ("step", "epoch") if name in numbers), "")
    steps: Sequence[float] = numbers.pop(axis) if axis else range(len(next(iter(numbers.values()))))
    if not all(math.isfinite(step) for step in steps):
        said = f"'{axis}' in '{job.series}' is not finite everywhere"
        raise _refused(job, said, "Give every row its place on the x axis.", line)
    return {name: list(zip(steps, values, strict=True)) for name, values in numbers.items()}


def _columns(value: Any) -> dict[Any, list[Any]]:
    if hasattr(value, "to_dict") and hasattr(value, "columns"):
        return dict(value.to_dict("list"))
    if isinstance(value, Mapping):
        return {name: list(values) for name, values in value.items() if hasattr(values, "__len__")}
    if isinstance(value, Sequence) and value and all(isinstance(row, Mapping) for row in value):
        names = dict.fromkeys(name for row in value for name in row)
        return {name: [row.get(name, math.nan) for row in value] for name in names}
    return {}


def _refused(job: Job, said: str, hint: str, line: int) -> RunFailed:
    return failure(job, f"NotANumber: {said}", hint, kind="NotSerialisable", line=line)


def _assigned(tree: ast.Module, name: str) -> int:
    """Find the last line at which the code gives a name a value; 0 when there is none."""
    stores = (node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    return max((node.lineno for node in stores if node.id == name), default=0)

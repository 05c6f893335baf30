"""Confusion: which class was taken for which, as a table whose cells are tinted by their share."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from statistics import fmean, pstdev
from typing import Any

from mkdocs_dlplugin import matrices
from mkdocs_dlplugin.digits import brief
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.expressions import Ref
from mkdocs_dlplugin.matrices import Matrix
from mkdocs_dlplugin.model import Metric, Sample, Where
from mkdocs_dlplugin.numbers import NBSP, Shown, shown
from mkdocs_dlplugin.results import Group, Place, Results, items
from mkdocs_dlplugin.stats import Estimate, estimate
from mkdocs_dlplugin.views import written
from mkdocs_dlplugin.views.listing import digest
from mkdocs_dlplugin.views.tables import cell, frame
from mkdocs_dlplugin.words import html, named, number, say

STEPS = (0.005, 0.05, 0.25, 0.75)
"""Shares at which a cell's tint changes: five tints can be told apart, and text can be read on each."""

NORMALIZE = ("true", "none")
"""What a cell's share is of: the items of its true class, or nothing, and then only their number is shown."""

_SHARE = Metric("recall", style="percent", range=(0.0, 1.0))


@dataclass(frozen=True)
class Seen:
    """A run with the matrix of each of its seeds."""

    group: Group
    matrices: tuple[Matrix, ...]
    """One per record, in their order."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.matrices[0].labels

    def count(self, true: int, predicted: int) -> float:
        """Return how many items of one class were taken for another, mean over the seeds."""
        return fmean(matrix.counts[true][predicted] for matrix in self.matrices)

    def shares(self, true: int, predicted: int) -> list[float]:
        """Return per seed which share of a class was taken for another; seeds that have no item of it are left out."""
        return [matrix.counts[true][predicted] / matrix.totals[true] for matrix in self.matrices if matrix.totals[true]]

    def share(self, true: int, predicted: int) -> float:
        """Return its mean over the seeds."""
        return fmean(self.shares(true, predicted) or [0.0])

    def estimate(self, values: Sequence[float]) -> Estimate:
        """Estimate the mean of a share, one value per seed."""
        run, first = self.group.run, self.group.records[0]
        seeds = tuple(record.seed for record in self.group.records)[: len(values)]
        n_train, n_test = items(first, "n_train"), self.matrices[0].total
        return estimate(
            Sample(
                self.group.label,
                _SHARE,
                seeds,
                tuple(values),
                frozenset(run.varies),
                run.data,
                n_train=n_train,
                n_test=n_test,
            )
        )


def check(options: Any, where: Where) -> None:
    """Refuse what this kind does not know.

    Raises:
        DLError: an option has no such value, or belongs to another kind.
    """
    written.check(options, where)
    if _normalize(options) not in NORMALIZE:
        raise DLError(where, f"`normalize` must be true or none, got {options.normalize!r}.")


def _normalize(options: Any) -> str:
    """Return which share is shown; YAML reads `true` as a truth, which is meant as scikit-learn means it."""
    return str(options.normalize).lower()


def references(options: Any, where: Where) -> list[Ref]:
    """Name the runs the chart asks for."""
    check(options, where)
    return written.references(options, where)


def render(options: Any, results: Results, place: Place) -> str:
    """Show the confusion matrices of some runs, mean over their seeds.

    Raises:
        DLError: an option is wrong, or a run kept no matrix, or one that cannot be read.
    """
    check(options, place.where)
    chosen = written.choose(options, results, place.where)
    seen = [_read(group, options.matrix, place) for group in chosen if group.complete]
    notes = [escape(why) for group in chosen if (why := written.missing(group))]
    inner = f"dl-{place.id or digest(repr(options))}"
    title = written.title(options.fig_cap, say("confusion-title", runs=", ".join(group.label for group in chosen)))
    if not seen:
        return written.figure("", " ".join([title, *notes]), "", place, inner)
    tables = [_table(one, options, f"{inner}-caption", alone=len(seen) == 1) for one in seen]
    said = [_told(one, place, alone=len(seen) == 1) for one in seen]
    caption = " ".join([title, escape(_how(options)), *said, escape(_basis(seen)), *notes])
    return written.figure("".join(tables), caption, _links(seen, place), place, inner)


def _read(group: Group, name: str, place: Place) -> Seen:
    file, how = f"{name}.json", "run.confusion(true, predicted)"
    found = []
    for at, record in enumerate(group.records):
        content = written.asset(group, at, file, how, place)
        try:
            found.append(matrices.read(content))
        except ValueError as wrong:
            problem = f"run '{group.address}' seed {record.seed}: '{file}' {wrong}."
            raise DLError(place.where, problem, f"Keep it by `{how}`.") from wrong
    if len({matrix.labels for matrix in found}) > 1:
        problem = f"the seeds of run '{group.address}' have other classes in '{file}'."
        raise DLError(place.where, problem, "Give `labels` to run.confusion, so that all have the same.")
    return Seen(group, tuple(found))


# The table.


def _table(seen: Seen, options: Any, caption: str, *, alone: bool) -> str:
    labels, size = seen.labels, len(seen.labels)
    names = "".join(f'<th scope="col">{written.recorded(label)}</th>' for label in labels)
    head = (
        f'<colgroup span="1"></colgroup><colgroup span="{size}"></colgroup><colgroup span="1"></colgroup>'
        f'<tr><th scope="col" rowspan="2">{escape(say("true-class"))}</th>'
        f'<th scope="colgroup" colspan="{size}">{escape(say("predicted-class"))}</th>'
        f'<th scope="col" rowspan="2" class="dl-recall">{escape(say("recall"))}</th></tr><tr>{names}</tr>'
    )
    most = max(seen.count(true, other) for true in range(size) for other in range(size))
    rows = []
    for true, label in enumerate(labels):
        cells = "".join(_cell(seen, true, other, _normalize(options), most) for other in range(size))
        found = seen.shares(true, true)
        recall = _recall(seen.estimate(found)) if found else "–"
        rows.append(
            f'<tr><th scope="row">{written.recorded(label)}</th>{cells}<td class="dl-recall">{recall}</td></tr>'
        )
    drawn = frame(head, [rows], caption=caption, look="dl-matrix")
    return drawn if alone else f'<p class="dl-over"><strong>{escape(seen.group.label)}</strong></p>{drawn}'


def _recall(found: Estimate) -> str:
    """Write a share with its interval; that a single run has none is said in the caption, once."""
    number = shown(found, _SHARE)
    return escape(number.value) if found.low is None else f"{escape(number.value)} {_spread(number)}"


def _spread(number: Shown) -> str:
    return f'<span class="dl-ci">{escape(number.spread)}</span>'


def _cell(seen: Seen, true: int, other: int, normalize: str, most: float) -> str:
    count, share = seen.count(true, other), seen.share(true, other)
    tint = share if normalize == "true" else count / most
    classes = f"dl-q{sum(tint >= step for step in STEPS)}" + (" dl-right" if true == other else "")
    right = f'<span class="dl-sr"> {escape(say("correct"))}</span>' if true == other else ""
    number = _count(count, len(seen.matrices))
    if count and normalize == "true":
        number = f'{_percent(share)}<span class="dl-count"> {number}</span>'
    return f'<td class="{classes}">{number}{right}</td>'


def _percent(share: float) -> str:
    """Write a share without more digits than a small cell holds; a little is not nothing."""
    return f"&lt;1{NBSP}%" if share < 0.005 else f"{share:.0%}".replace("%", f"{NBSP}%")


def _count(count: float, seeds: int) -> str:
    """Write a mean number of items; nothing is just 0, so that what is there stands out."""
    return number(f"{count:,.0f}" if not count or seeds == 1 or count >= 1000 else f"{count:.1f}")


# What the caption says.


def _how(options: Any) -> str:
    return say("confusion-shares" if _normalize(options) == "true" else "confusion-counts")


def _told(seen: Seen, place: Place, *, alone: bool) -> str:
    """Say how much is right, and what is most often taken for something else."""
    accuracy = shown(seen.estimate([matrix.correct / matrix.total for matrix in seen.matrices]), _SHARE)
    right = f"{escape(accuracy.value)} {_spread(accuracy)}"
    name = written.runs([seen.group], place)
    seeds = say("seeds", n=len(seen.matrices)) if len(seen.matrices) > 1 else named(r.seed for r in seen.group.records)
    said = [html("confusion-right", run=name, share=right, items=brief(round(_items(seen))), seeds=escape(seeds))]
    size = range(len(seen.labels))
    worst = max(
        ((true, other) for true in size for other in size if true != other),
        key=lambda at: seen.share(*at),
        default=None,
    )
    if worst and seen.share(*worst):
        true, other = (written.recorded(seen.labels[at]) for at in worst)
        said.append(html("confusion-worst", true=true, other=other, share=_percent(seen.share(*worst))))
    if alone and len(seen.matrices) > 1:
        spread = max(pstdev(shares) for true in size for other in size if (shares := seen.shares(true, other)))
        said.append(escape(say("confusion-spread", points=number(f"{spread * 100:.1f}"))))
    return " ".join(said)


def _items(seen: Seen) -> float:
    return fmean(matrix.total for matrix in seen.matrices)


def _basis(seen: Sequence[Seen]) -> str:
    """Say what the intervals behind the recall are."""
    found = [
        one.estimate(shares) for one in seen for true in range(len(one.labels)) if (shares := one.shares(true, true))
    ]
    labels = sorted({one.label for one in found if one.low is not None})
    return say("recall-is") + (" " + say("interval-is", over=", ".join(labels)) if labels else "")


# What can be taken along.


def _links(seen: Sequence[Seen], place: Place) -> str:
    name = place.id or "confusion"
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["run", "seed", "true", "predicted", "count"])
    data: list[dict[str, Any]] = []
    for one in seen:
        for record, matrix in zip(one.group.records, one.matrices, strict=True):
            data.append({"run": one.group.address, "seed": record.seed, **matrices.as_json(matrix)})
            for label, row in zip(matrix.labels, matrix.counts, strict=True):
                for other, count in zip(matrix.labels, row, strict=True):
                    writer.writerow([cell(one.group.address), record.seed, cell(label), cell(other), count])
    text = json.dumps(data, indent=1, sort_keys=True) + "\n"
    files = (("CSV", f"{name}.csv", table.getvalue()), ("JSON", f"{name}.json", text))
    return " ".join(
        f'<a href="{escape(place.file(file, content.encode("utf-8", "backslashreplace")))}" download>{kind}</a>'
        for kind, file, content in files
    )

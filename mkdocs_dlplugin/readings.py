"""Readings: the same number reads the same on every page, so no page may declare a metric to read otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Metric, Where

ALL = "*"
"""Stands for every metric of a run, as on the page of the run."""


@dataclass(frozen=True)
class Use:
    """A page that shows a metric of a run."""

    page: str
    """As MkDocs names it."""
    run: str
    metric: str
    """Its name, or `ALL`."""


def clashes(
    declared: Mapping[str, Mapping[str, Metric]], front: Mapping[str, Where], uses: Iterable[Use]
) -> list[DLError]:
    """Find metrics that would read differently on two pages that both show them of the same run.

    Args:
        declared: Per page, the declarations that hold on it.
        front: The pages that declare metrics of their own, each with the place of its front matter.
        uses: What each page shows.

    Returns:
        One mistake per page and metric, at the page that declares it.
    """
    if not front:
        return []
    shown: dict[str, dict[str, set[str]]] = {}
    for use in uses:
        shown.setdefault(use.run, {}).setdefault(use.page, set()).add(use.metric)
    found: dict[tuple[str, str], DLError] = {}
    for run, pages in shown.items():
        for page, where in front.items():
            for other, metrics in pages.items():
                if page == other or page not in pages:
                    continue
                for name in _both(pages[page], metrics, declared[page]):
                    if _reading(declared[page], name) != _reading(declared[other], name):
                        problem = f"metric '{name}' reads otherwise here than on {other}, and both show run '{run}'."
                        hint = (
                            "Declare it once, under `metrics` in mkdocs.yml; a page may change `name`, `better`, `tie`."
                        )
                        found.setdefault((page, name), DLError(where, problem, hint))
    return list(found.values())


def named_in(options: Any) -> Iterator[str]:
    """Yield every text inside the options of a block; the names of metrics are among them."""
    if isinstance(options, str):
        yield options
    elif isinstance(options, Mapping):
        for part in options.values():
            yield from named_in(part)
    elif isinstance(options, list | tuple):
        for part in options:
            yield from named_in(part)
    elif is_dataclass(options):
        for entry in fields(options):
            yield from named_in(getattr(options, entry.name))


def _both(some: set[str], others: set[str], declared: Mapping[str, Metric]) -> set[str]:
    """Name the metrics of which two pages both show numbers."""
    every = set(declared)
    return (every if ALL in some else some) & (every if ALL in others else others)


def _reading(declared: Mapping[str, Metric], name: str) -> tuple[object, ...]:
    """Return what of a declaration changes how a number reads."""
    metric = declared.get(name) or Metric(name)
    return metric.style, metric.unit, metric.range, metric.kind, metric.clock

"""Inputs: everything that what a site shows was made from, so that the next build can tell whether it still holds.

Whoever lets a result depend on something new names it here: what is missing would go on being shown unchanged.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from mkdocs_dlplugin.asked import Asked
from mkdocs_dlplugin.belongings import rules
from mkdocs_dlplugin.conduct import Conductor
from mkdocs_dlplugin.config import Site
from mkdocs_dlplugin.digests import Stamp, stamp
from mkdocs_dlplugin.store import Store
from mkdocs_dlplugin.unchanged import Inputs, matching, names, now, version
from mkdocs_dlplugin.versions import distributions

_DRAW: Mapping[str, frozenset[str]] = {
    "vl-convert-python": frozenset(("vega",)),
    "nh3": frozenset(("html", "markdown")),
    "markdown": frozenset(("markdown",)),
}
"""What draws which kinds of output."""

TICK = 20_000_000
"""Nanoseconds within which two writes may carry the same time."""


def gather(
    asked: Asked,
    conductor: Conductor,
    store: Store,
    site: Site,
    began: int,
    looked: Mapping[str, Stamp] = MappingProxyType({}),
) -> Inputs | None:
    """Name all inputs of a build besides its pages.

    Args:
        asked: What the pages ask for.
        conductor: What became of it.
        store: Where the records lie.
        site: How the site is configured.
        began: When the build began, in nanoseconds since 1970.
        looked: Files of the repository that said what the numbers are compared with, as they were then.

    Returns:
        The inputs; `None` when the build is not complete, or something changed while it ran, so that nobody knows
        which version it saw.
    """
    if asked.problems or conductor.failures or conductor.records.keys() != conductor.plan.tasks.keys():
        return None
    root = site.root
    made = Inputs()
    noted = store.stamps | {str(root / path): then for path, then in conductor.files.stamps.items()}
    noted |= looked
    observed = [record.observed for record in conductor.records.values()]
    others = {str(path) for path in _others(asked, site)}
    read = {path for seen in observed for path in (*seen.modules, *seen.files)}
    others |= {str(root / path) for path in read}
    # What of it may be published.
    others |= {str(path) for path in rules(root, read)}
    others -= noted.keys()
    made.folders = {path: then for seen in observed for path, then in seen.folders.items()}
    if (
        any(stamp(path) != then for path, then in noted.items())
        or any(_younger(path, began) for path in others)
        or any(names(root / path) != then for path, then in made.folders.items())
    ):
        return None
    prefix = f"{root}{os.sep}"
    made.files = {path.removeprefix(prefix): then for path, then in noted.items()}
    made.files |= {path.removeprefix(prefix): stamp(path) for path in others}
    runs = asked.runs.values()
    made.patterns = {pattern: matching(root, pattern) for run in runs for pattern in run.depends}
    made.environ = {name: now(name) for run in runs for name in run.env}
    strict = {name for run in runs for name in run.strict}
    made.packages = {name: version(name) for package in strict for name in distributions().get(package, [package])}
    if site.settings.cards or any(block.kind == "chart" for page in asked.pages.values() for block in page.blocks):
        made.packages["vl-convert-python"] = version("vl-convert-python")
    shown = {output.kind for record in conductor.records.values() for output in record.outputs}
    for name, kinds in _DRAW.items():
        if not shown.isdisjoint(kinds):
            made.packages[name] = version(name)
    if site.settings.run_pages:
        made.packages["pygments"] = version("pygments")
    return made


def _others(asked: Asked, site: Site) -> Iterable[Path]:
    """Yield the files that were read without a note of when."""
    pages = {block.where.path for page in asked.pages.values() for block in page.blocks}
    yield from site.snippets.tried
    yield from (site.root / name for name in asked.files)
    for run in asked.runs.values():
        if run.source_path not in pages:
            yield site.root / run.source_path
    for _, display in asked.shown.values():
        if display.shown_from:
            yield site.root / display.shown_from
    for task in asked.plan.tasks.values():
        yield from (site.root / path for path in task.job.depends)


def _younger(path: str, began: int) -> bool:
    """Tell whether a file was written after the build began, or so shortly before that its time does not tell."""
    try:
        status = os.stat(path)  # noqa: PTH116 - as elsewhere
    except OSError:
        return False
    return max(status.st_mtime_ns, status.st_ctime_ns) > began - TICK

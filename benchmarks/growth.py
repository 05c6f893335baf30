"""Growth: an unchanged build of a site with many recorded runs, over the same pages without the plugin."""

from __future__ import annotations

import shutil
import sys
from functools import partial
from pathlib import Path

from benchmarks import sites
from benchmarks.figures import Figure
from benchmarks.measure import ratios, spend, take_turns

SIZES = ((1, 100), (10, 100), (10, 1_000), (100, 1_000), (100, 10_000), (500, 10_000))
"""Pages, and records in all."""
AIMED = (500, 10_000)
BUILD = (sys.executable, "-m", "mkdocs", "build", "--quiet")


def measure(repetitions: int, folder: Path) -> list[Figure]:
    """Build sites of growing size that have a record for everything."""
    figures = []
    for pages, jobs in SIZES:
        ours, plain = folder / "with", folder / "without"
        for project in (ours, plain):
            shutil.rmtree(project, ignore_errors=True)
            sites.recorded(project, pages, jobs, plugin=project is ours)
            for _ in range(2):  # the second is the first that finds all as it was
                spend(BUILD, project)
        turns = {"with": partial(spend, BUILD, ours), "without": partial(spend, BUILD, plain)}
        spent = take_turns(repetitions, turns)
        target = 1.10 if (pages, jobs) == AIMED else None
        values = tuple(ratios(spent["with"], spent["without"], "cpu"))
        label = f"{jobs:,} records, {pages} page{'s' * (pages > 1)}, CPU, over plain MkDocs"
        figures.append(Figure("growth", f"unchanged_{pages}_{jobs}", label, values, target=target))
    return figures

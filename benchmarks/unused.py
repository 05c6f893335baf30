"""Unused: what enabling the plugin costs a site of 200 pages that does not use it."""

from __future__ import annotations

import filecmp
import re
import sys
from pathlib import Path

from benchmarks import sites
from benchmarks.figures import Figure
from benchmarks.measure import ratios, spend, take_turns

PAGES = 200
BUILD = (sys.executable, "-m", "mkdocs", "build", "--quiet")
_STAMP = re.compile(r"Build Date UTC : [^\n]*")
"""The theme writes when it was built."""


def measure(repetitions: int, folder: Path) -> list[Figure]:
    """Build the same site with and without the plugin, in turns."""
    sites.unused(folder / "without", PAGES, plugin=False)
    sites.unused(folder / "with", PAGES, plugin=True)
    for name in ("without", "with"):
        spend(BUILD, folder / name)
    spent = take_turns(repetitions, {name: lambda n=name: spend(BUILD, folder / n) for name in ("without", "with")})
    different = differing(folder / "without/site", folder / "with/site")
    return [
        Figure("unused", "cpu", "200 pages, CPU, over the same site without it",
               tuple(ratios(spent["with"], spent["without"], "cpu")), target=1.01),
        Figure("unused", "different", "200 pages, files of the site that differ", (float(len(different)),), "", 0),
    ]  # fmt: skip


def differing(one: Path, other: Path) -> list[str]:
    """Name the files that are not the same in both folders, or only in one of them."""
    files = {path.relative_to(root).as_posix() for root in (one, other) for path in root.rglob("*") if path.is_file()}
    return sorted(name for name in files if not _same(one / name, other / name))


def _same(one: Path, other: Path) -> bool:
    if not (one.is_file() and other.is_file()):
        return False
    if one.suffix == ".html":
        return _STAMP.sub("", one.read_text("utf-8")) == _STAMP.sub("", other.read_text("utf-8"))
    if one.name == "sitemap.xml.gz":  # compressed with the time of day; the file it is made from is compared
        return True
    return filecmp.cmp(one, other, shallow=False)

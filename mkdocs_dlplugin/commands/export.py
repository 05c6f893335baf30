"""`export`: write what is recorded of a run, or a page with its runs, as a file to take along."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from mkdocs_dlplugin.build import Build, pages_of
from mkdocs_dlplugin.commands.common import Answer, looked
from mkdocs_dlplugin.commands.pagebook import percent, read
from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.fences import SUFFIXES
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.notebook import notebook
from mkdocs_dlplugin.reporting import Reporter
from mkdocs_dlplugin.views.downloads import FORMATS

WHERE = Where("command line")


def export(chosen: argparse.Namespace, reporter: Reporter) -> Answer:
    """Write a run or a page in the format that is asked for, or that the name of the file says."""
    made = looked(chosen, reporter)
    ending = chosen.format or (chosen.output.partition(".")[2] if chosen.output not in ("", "-") else "") or "py"
    if ending not in FORMATS:
        raise DLError(WHERE, f"'{ending}' is not a format.", suggest(ending, list(FORMATS)))
    text = _page(made, chosen.name, ending) if chosen.name.endswith(SUFFIXES) else _run(made, chosen.name, ending)
    if chosen.output == "-":
        sys.stdout.write(text)
        return Answer({"format": ending})
    stem = re.sub(r"[^\w-]+", "-", chosen.name.removesuffix(".md")).strip("-")
    file = Path(chosen.output or f"{stem}.{ending}")
    try:
        file.write_text(text, "utf-8", "backslashreplace", newline="\n")
    except OSError as error:
        raise DLError(Where(str(file)), f"cannot be written: {error.strerror}.") from error
    return Answer({"file": str(file), "format": ending}, [f"wrote {file}"])


def _run(made: Build, name: str, ending: str) -> str:
    runs = made.asked.runs
    if name not in runs:
        hint = "Export the run with all of its points." if "(" in name else suggest(name, runs)
        raise DLError(WHERE, f"no run is called '{name}'.", hint)
    kit = made.showing.kit(name)
    if not kit.records:
        raise DLError(runs[name].where, f"run '{name}' has no recorded result.", f"mkdocs-dlplugin run {name}")
    return FORMATS[ending](kit)


def _page(made: Build, name: str, ending: str) -> str:
    pages = {page.path: page for page in pages_of(made.site)}
    pages |= {page.name: page for page in pages.values()}
    page = pages.get(name) or pages.get(Path(name).as_posix())
    if page is None:
        raise DLError(WHERE, f"'{name}' is not a page.", suggest(name, pages))
    if ending not in ("py", "ipynb"):
        raise DLError(WHERE, f"a page cannot be written as {ending}.", "Use --format ipynb or py.")
    cells = read(made, page)
    return notebook(cells) if ending == "ipynb" else percent(cells)

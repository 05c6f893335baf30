"""Page book: a page as the cells of a notebook: its prose, and its runs as code that executes without the site."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mkdocs_dlplugin import standalone
from mkdocs_dlplugin.build import Build
from mkdocs_dlplugin.fences import Page
from mkdocs_dlplugin.model import Block
from mkdocs_dlplugin.notebook import Cell
from mkdocs_dlplugin.options import Display
from mkdocs_dlplugin.standalone import Kit
from mkdocs_dlplugin.words import say

_FRONT = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
_VALUE = re.compile(r"(?<!`)`\{run\} +([^`]+)`(?!`)")


def read(made: Build, page: Page) -> list[Cell]:
    """Cut a page into cells.

    Args:
        made: A build that has read the site and its records.
        page: The page; blocks that it includes from other files stay prose.
    """
    blocks = sorted(_executed(made, page), key=lambda found: found[0].where.line)
    kits = {name: made.showing.kit(name) for name in dict.fromkeys(name for _, name, _ in blocks)}
    kits = {name: kit for name, kit in kits.items() if kit.records}
    cells = [
        Cell("markdown", _installing(list(kits.values()))),
        Cell("code", standalone.setup(list(kits.values())), True),
    ]
    lines, at, done = page.text.split("\n"), 0, set[str]()
    if front := _FRONT.match(page.text):
        at = front[0].count("\n")
    for block, name, display in blocks:
        if name not in kits or name in done:
            continue
        begin = block.where.line - 1
        cells += _prose(made, page, lines[at:begin])
        first, *codes, last = standalone.cells(kits[name])
        cells += [first] if display.part == 0 else []
        cells.append(codes[display.part])
        if display.part == len(codes) - 1:
            cells.append(last)
            done.add(name)
        at = begin + block.body.count("\n") + 3
    return [*cells, *_prose(made, page, lines[at:])]


def percent(cells: Sequence[Cell]) -> str:
    """Write cells as a script that editors show as cells (`# %%`)."""
    parts: list[str] = []
    futures: dict[str, None] = {}
    for cell in cells:
        if cell.kind == "markdown":
            parts.append("# %% [markdown]\n" + "\n".join(f"# {line}".rstrip() for line in cell.source.split("\n")))
        else:
            names, code = standalone.without_futures(cell.source)
            futures |= dict.fromkeys(names)
            parts.append(f"# %%\n{code}")
    top = f"from __future__ import {', '.join(futures)}\n\n" if futures else ""
    return top + "\n\n".join(parts) + "\n"


def _executed(made: Build, page: Page) -> Iterator[tuple[Block, str, Display]]:
    """Yield the blocks of runs that stand in the page's own file and are executed."""
    for block in made.asked.page(page.name).blocks:
        known = made.asked.display(block) if block.kind == "run" else None
        if known and known[1].eval and block.where.path == page.path:
            yield block, *known


def _prose(made: Build, page: Page, lines: Sequence[str]) -> list[Cell]:
    text = "\n".join(lines).strip("\n")

    def value(match: re.Match[str]) -> str:
        return made.showing.fill_text(made.showing.put_value(page.name, match[1].strip()), "")

    return [Cell("markdown", _VALUE.sub(value, text))] if text.strip() else []


def _installing(kits: Sequence[Kit]) -> str:
    """Say what the notebook is and which packages it needs."""
    needed = sorted({package for kit in kits for package in standalone.requirements(kit)})
    install = f"\n\n```sh\npip install {' '.join(needed)}\n```" if needed else ""
    return say("alone-page", runs=", ".join(kit.run.name for kit in kits) or "–") + install

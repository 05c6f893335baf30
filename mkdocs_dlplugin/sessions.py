"""Sessions: make one run of the blocks that it is split into over its page."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import options
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Block, Part, Run
from mkdocs_dlplugin.options import Display, RunOptions
from mkdocs_dlplugin.parts import BETWEEN

_RUN = {entry.name for entry in fields(RunOptions)}


def read_session(
    blocks: Sequence[Block], *, root: Path, site: Mapping[str, Any], front: Mapping[str, Any]
) -> tuple[Run, tuple[Display, ...]]:
    """Build the run that several blocks describe together, and how each of them looks.

    Args:
        blocks: The blocks of one session on one page, in their order; the first carries the run's options.
        root: The folder of `mkdocs.yml`, where `file` looks.
        site: Defaults from `mkdocs.yml`, as for `options.read_run`.
        front: The page's `dlplugin:` mapping, likewise.

    Raises:
        DLError: an option is wrong or stands on a later block, or the blocks cannot be one script.
    """
    read: list[tuple[Run, Display]] = []
    for number, block in enumerate(blocks):
        if number:
            _check_order(block, blocks[number - 1], blocks[0])
            site, front = _displays(site), _displays(front)
        options.check_part(block, blocks[0])
        read.append(options.read_run(block, root=root, site=site, front=front))
    executed = [run for run, display in read if display.eval] or [read[0][0]]
    for before, after in itertools.pairwise(executed):
        _check_place(before, after)
    run = replace(
        read[0][0],
        code=BETWEEN.join(part.code for part in executed),
        first_line=executed[0].first_line,
        parts=tuple(Part(part.first_line, part.code.count("\n") + 1) for part in executed),
    )
    if any(display.eval for _, display in read):
        options.check_code(run)
    shown, part = [], 0
    for _, display in read:
        shown.append(replace(display, part=part))
        part += display.eval
    return run, tuple(shown)


def _displays(given: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the defaults that say how a block looks."""
    return {name: value for name, value in given.items() if str(name).replace("-", "_") not in _RUN}


def _check_order(block: Block, before: Block, first: Block) -> None:
    called = f"session '{block.name}'"
    if block.where.path != first.where.path:
        problem = f"this block of {called} stands in another file than its first ({first.where})."
        raise DLError(block.where, problem, "Include all blocks of a session from one file, or none.")
    if block.where.line <= before.where.line:
        problem = f"the blocks of {called} stand on this page twice, or in another order than in their file."
        raise DLError(block.where, problem, "Include them once on a page, as they are.")


def _check_place(before: Run, after: Run) -> None:
    """Refuse a block whose lines are those of the one before it, so that a message could mean either."""
    if after.first_line < before.first_line + before.code.count("\n") + 1:
        problem = f"the code of this block of session '{before.name}' is longer than its place on the page."
        hint = "It includes a file. Import that file instead, and show a section of it: `file: path.py:section`."
        raise DLError(before.where, problem, hint)

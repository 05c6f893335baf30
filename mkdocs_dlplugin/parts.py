"""Parts: the blocks of a session, one script to Python, each at its own lines of the page and with its own output."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from mkdocs_dlplugin.model import Job, Part, Run

BETWEEN = "\n\n"
"""What stands between two blocks where their code is joined."""


def at_lines(code: str, first_line: int, parts: Sequence[Part] = ()) -> str:
    """Put code at its own lines of the page, so that a traceback points there.

    Args:
        code: The code, of all blocks of a session.
        first_line: Line of the page on which it begins, counted from 1.
        parts: Its blocks, when it is a session.

    Returns:
        The code with blank lines before it, and between its blocks as many as the page has other lines there.
    """
    if not parts:
        return "\n" * (first_line - 1) + code
    written, placed, at = code.split("\n"), [""] * (parts[-1].first_line + parts[-1].lines - 1), 0
    for part in parts:
        begin = part.first_line - 1
        placed[begin : begin + part.lines] = written[at : at + part.lines]
        at += part.lines + len(BETWEEN) - 1
    return "\n".join(placed)


def divided(tree: ast.Module, parts: Sequence[Part]) -> list[ast.Module]:
    """Give each block its own statements.

    Args:
        tree: The syntax tree of `at_lines`.
        parts: The blocks; none for a run in one block.
    """
    if not parts:
        return [tree]
    spans = [range(part.first_line, part.first_line + part.lines) for part in parts]
    return [ast.Module([node for node in tree.body if node.lineno in span], []) for span in spans]


def statements(run: Run | Job) -> list[int]:
    """Count the statements of each block, by which a record tells how its session was split; empty for one block."""
    if len(run.parts) < 2:
        return []
    tree = ast.parse(at_lines(run.code, run.first_line, run.parts))
    return [len(block.body) for block in divided(tree, run.parts)]


def mark(job: Job, number: int) -> str:
    """Return what a job writes into its output where a block ends, which nothing else prints.

    Args:
        job: The job.
        number: Which block ended, counted from 1.
    """
    return f"\n\x1e{job.key[:16]} {job.seed} {number}\x1e\n"


def shown_mark(job: Job, number: int) -> str:
    """Return what a job writes into its output where something is shown.

    Args:
        job: The job.
        number: The how manieth it is, counted from 1.
    """
    return f"\n\x1e{job.key[:16]} {job.seed} s{number}\x1e\n"


def marks(job: Job) -> re.Pattern[bytes]:
    """Match all marks of a job: group 1 is `s` where something is shown, group 2 the number of that or of the block."""
    return re.compile(rb"\n\x1e" + f"{job.key[:16]} {job.seed} ".encode() + rb"(s?)(\d{1,6})\x1e\n")

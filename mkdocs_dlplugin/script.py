"""Script: execute a job's blocks one after the other, and keep what each of them shows."""

from __future__ import annotations
import __future__

import ast
import contextlib
import ctypes
import re
import sys
from typing import Any

from mkdocs_dlplugin import parts
from mkdocs_dlplugin.collect import figures_of, is_figure
from mkdocs_dlplugin.model import Job, Output


class Script:
    """The code of one job at work, and what it has drawn so far."""

    def __init__(self, job: Job) -> None:
        self.figures: dict[str, bytes] = {}
        """PNG files by name, in the order drawn."""
        self.drawn = 0
        """How many there were; no more are kept than the job's limit says."""
        self.outputs: list[Output] = []
        """The figures, each with the block that drew it."""
        self._job, self._part = job, 0
        self._last: Any = None
        # The code may put another stream in its place.
        self._stream = sys.stdout

    def execute(self, tree: ast.Module, namespace: dict[str, Any]) -> None:
        """Execute the code; print the value of each block's last expression, as a notebook does.

        Whatever ends the code ends this too. Figures of the last block stay open until `draw`.

        Raises:
            RunFailed: a figure cannot be drawn.
        """
        blocks, flags = parts.divided(tree, self._job.parts), _futures(tree)
        for number, block in enumerate(blocks, start=1):
            self._execute(block, namespace, flags)
            if number < len(blocks):
                self.draw()
            if len(blocks) > 1:
                self._end(number)
            self._part = min(number, len(blocks) - 1)

    def draw(self) -> None:
        """Draw the figures that are open, and close them.

        Raises:
            RunFailed: a figure cannot be drawn.
        """
        last, self._last = self._last, None
        for content in figures_of(self._job, last).values():
            self.drawn += 1
            if self.drawn > self._job.limits.outputs:
                continue
            name = f"fig-{len(self.figures) + 1}.png"
            self.figures[name] = content
            self.outputs.append(Output("png", asset=name, part=self._part))

    def _execute(self, block: ast.Module, namespace: dict[str, Any], flags: int) -> None:
        last = block.body[-1] if block.body else None
        shown = ast.Expression(last.value) if isinstance(last, ast.Expr) else None
        body = ast.Module(block.body[:-1] if shown else block.body, [])
        path = self._job.source_path
        exec(compile(body, path, "exec", flags, dont_inherit=True), namespace)  # noqa: S102 - the author's code is what we run
        if not shown:
            return
        value = eval(compile(shown, path, "eval", flags, dont_inherit=True), namespace)  # noqa: S307 - likewise
        if is_figure(value):
            self._last = value
        elif value is not None:
            # Addresses would make every run print something else.
            sys.stdout.write(re.sub(r" at 0x[0-9a-f]{6,}", "", repr(value)) + "\n")

    def _end(self, number: int) -> None:
        """Mark in the output where a block ends, behind all that it printed from Python and from C."""
        with contextlib.suppress(Exception):  # the code may have closed or replaced them
            sys.stdout.flush()
            sys.stderr.flush()
        with contextlib.suppress(Exception):
            ctypes.CDLL(None).fflush(None)
        with contextlib.suppress(ValueError, OSError):
            self._stream.write(parts.mark(self._job, number))
            self._stream.flush()


def _futures(tree: ast.Module) -> int:
    """Gather what the code imports from `__future__`, which holds for all of it."""
    names = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    flags = 0
    for name in names:
        flags |= getattr(__future__, name).compiler_flag
    return flags

"""Script: execute a job's blocks one after the other, and keep what each of them shows."""

from __future__ import annotations
import __future__

import ast
import contextlib
import ctypes
import sys
from typing import Any

from mkdocs_dlplugin import parts, rich
from mkdocs_dlplugin.collect import close_figure, figures_of, is_figure, tidy
from mkdocs_dlplugin.model import Job, Output
from mkdocs_dlplugin.sizes import decimal

TOGETHER = 2_000_000
"""Bytes of all the HTML, tables and specs of one job; more would not fit into a record."""


class Script:
    """The code of one job at work, and what it has shown so far."""

    def __init__(self, job: Job) -> None:
        self.figures: dict[str, bytes] = {}
        """Files of pictures by name, in the order drawn."""
        self.shown = 0
        """How many figures, tables and the like there were; no more are kept than the job's limit says."""
        self.outputs: list[Output] = []
        """What is kept of them, each with the block that showed it."""
        self.notes: list[str] = []
        """What could not be shown as it is, in words."""
        self._job, self._part = job, 0
        self._written = 0
        self._last: Any = None
        # The code may put another stream in its place.
        self._stream = sys.stdout

    def execute(self, tree: ast.Module, namespace: dict[str, Any]) -> None:
        """Execute the code; show the value of each block's last expression, as a notebook does.

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
                self._mark(parts.mark(self._job, number))
            self._part = min(number, len(blocks) - 1)

    def draw(self) -> None:
        """Draw the figures that are open, and close them.

        Raises:
            RunFailed: a figure cannot be drawn.
        """
        last, self._last = self._last, None
        for content in figures_of(self._job, last).values():
            self._keep(rich.Look("png", content=content))

    def show(self, value: Any) -> None:
        """Show a value where the code is now, between what it prints before and after.

        Raises:
            RunFailed: a figure cannot be drawn.
        """
        if is_figure(value):
            for content in figures_of(self._job, value, alone=True).values():
                self._keep(rich.Look("png", content=content))
            close_figure(value)
            return
        look = rich.look(value)
        self.notes += [note for note in look.notes if note not in self.notes]
        self._written += len(look.text) if look.kind != "text" else 0
        if look.kind != "text" and self._written > TOGETHER:
            self.notes.append(f"showed more than {decimal(TOGETHER)} of tables and HTML; the rest is shown as text")
            look = rich.Look("text", look.plain)
        if look.kind == "text":
            sys.stdout.write(look.text + "\n")
        else:
            self._keep(look)

    def _keep(self, look: rich.Look) -> None:
        """Keep what a value looks like, and mark in the output where it belongs."""
        self.shown += 1
        if self.shown > self._job.limits.outputs:
            return
        name = f"fig-{len(self.figures) + 1}.{look.kind}" if look.content else ""
        if look.content:
            self.figures[name] = look.content
        # Folders of this machine are taken out by the engine, which knows them all.
        said = (tidy(text.encode("utf-8", "backslashreplace")) for text in (look.text, look.plain))
        self.outputs.append(Output(look.kind, next(said), name, self._part, next(said)))
        self._mark(parts.shown_mark(self._job, len(self.outputs)))

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
            # Behind the others that are open, once.
            self._last = value
        elif value is not None:
            self.show(value)

    def _mark(self, mark: str) -> None:
        """Write a mark into the output, behind all that was printed from Python and from C."""
        with contextlib.suppress(Exception):  # the code may have closed or replaced them
            sys.stdout.flush()
            sys.stderr.flush()
        with contextlib.suppress(Exception):
            ctypes.CDLL(None).fflush(None)
        with contextlib.suppress(ValueError, OSError):
            self._stream.write(mark)
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

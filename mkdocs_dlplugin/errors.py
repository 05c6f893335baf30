"""Errors: one cause, one message, with the place, what was written, what is known and what to do."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.reporting import listed


class Exit(IntEnum):
    """How a build or command ends; the highest of those that apply."""

    OK = 0
    AUTHOR = 1
    """A mistake in a page or in mkdocs.yml, found before anything ran."""
    FAILED = 3
    """A run failed; the site is complete, with a box where its result would be."""
    FROZEN = 4
    """Nothing may run, and a result is missing, stale or unreadable."""
    STORE = 5
    """The records cannot be read or written."""
    DIFFERS = 6
    """Executed again, a run gave other results than those recorded; only `verify` ends so."""


class DLError(Exception):
    """A mistake we can explain; raised anywhere, turned into text in `build.py`."""

    code = Exit.AUTHOR

    def __init__(self, where: Where, problem: str, hint: str = "") -> None:
        super().__init__(problem)
        self.where, self.problem, self.hint = where, problem, hint

    def __str__(self) -> str:
        return f"{self.where}: {self.problem}" + "".join(f"\n  {line}" for line in self.hint.splitlines())


class RunFailed(DLError):
    """One job that did not end well; everything else goes on."""

    code = Exit.FAILED

    def __init__(
        self,
        where: Where,
        problem: str,
        hint: str = "",
        *,
        kind: str = "Exception",
        job: str = "",
        seed: int = 0,
        frames: tuple[str, ...] = (),
        output: str = "",
        part: int = 0,
    ) -> None:
        super().__init__(where, problem, hint)
        self.kind = kind
        """`Exception`, `Timeout`, `Crashed`, `Exited`, `Interrupted`, `NotSerialisable`, `NotFinite`, `Parameter`,
        `Raises`, `Changed`, `Device`, `Skipped`, `OutOfMemory`, `OutOfSpace`, `ProcessLimit`, `Sandbox` or `Engine`."""
        self.job = job
        """The run at its point, as `mlp(n=100)`."""
        self.seed = seed
        self.frames = frames
        """The page's own lines of the traceback, outermost first: `docs/p.md:47  code`."""
        self.output = output
        """The end of what it printed."""
        self.part = part
        """Which block of a session was at work, counted from 0; as many as there are when all had come to their end."""


class NoResult(DLError):
    """A number that cannot be shown because its run has no result; the run itself was reported."""

    code = Exit.FAILED


class Missing(DLError):
    """A result that must be there and is not, while nothing may run."""

    code = Exit.FROZEN


class NotReproducible(DLError):
    """A job that gave other results than those recorded."""

    code = Exit.DIFFERS


class StoreError(DLError):
    """The records cannot be read or written."""

    code = Exit.STORE


@dataclass(frozen=True)
class Failure:
    """One cause of missing results, with the seeds it hit; so that one mistake in five seeds is one message."""

    error: DLError
    seeds: tuple[int, ...]
    of: int
    """How many seeds the run has."""

    @property
    def problem(self) -> str:
        """The sentence: `run 'mlp' seeds 0-4 (5 of 5): …`."""
        if len(self.seeds) < 2:
            return self.error.problem
        counted = f" seeds {listed(self.seeds)} ({len(self.seeds)} of {self.of}):"
        return re.sub(r" seed \d+:", counted, self.error.problem, count=1)

    def __str__(self) -> str:
        frames = self.error.frames if isinstance(self.error, RunFailed) else ()
        lines = [f"{self.error.where}: {self.problem}", *(f"    {frame}" for frame in frames)]
        return "\n".join([*lines, *(f"  {line}" for line in self.error.hint.splitlines())])


def suggest(word: str, known: Iterable[str]) -> str:
    """Offer the known word that was probably meant, or list the first few; empty when nothing is known."""
    names = list(dict.fromkeys(known))
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{close[0]}'?"
    shown = ", ".join(f"'{name}'" for name in names[:8]) + (f" and {len(names) - 8:,} more" if len(names) > 8 else "")
    return f"Known here: {shown}." if names else ""

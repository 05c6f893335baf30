"""Criteria: what a page owes its readers, each with its number in the rubric and a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

MUST, SHOULD = "must", "should"


@dataclass(frozen=True)
class Criterion:
    """One criterion."""

    id: str
    """As in the rubric: `R21`."""
    sentence: str
    """What holds when it is met."""
    level: str
    """`must` fails the build, `should` is reported."""
    look: Callable[..., Iterator[str]]
    """Yields what is at fault, `page: what`; nothing when all is well."""
    waits_for: str = ""
    """What the plugin does not do yet; faults are expected until it does."""

    def faults(self, *subject: Any) -> list[str]:
        """List what is at fault."""
        return list(self.look(*subject))

    def __str__(self) -> str:
        return f"{self.id} {self.sentence}"


class Book:
    """The criteria of one area."""

    def __init__(self) -> None:
        """Start with none."""
        self.all: dict[str, Criterion] = {}

    def must(self, number: str, sentence: str, *, waits_for: str = "") -> Callable[[Any], Criterion]:
        """Write down a criterion that nothing may be published without."""
        return self._written(number, sentence, MUST, waits_for)

    def should(self, number: str, sentence: str, *, waits_for: str = "") -> Callable[[Any], Criterion]:
        """Write down one that is wished for."""
        return self._written(number, sentence, SHOULD, waits_for)

    def _written(self, number: str, sentence: str, level: str, waits_for: str) -> Callable[[Any], Criterion]:
        def take(look: Callable[..., Iterator[str]]) -> Criterion:
            made = self.all[number] = Criterion(number, sentence, level, look, waits_for)
            return made

        return take

    def __iter__(self) -> Iterator[Criterion]:
        return iter(self.all.values())

"""Reporting: one place where messages are collected, grouped and handed to whoever prints them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


def _silent(_: str) -> None:
    """Say nothing."""


@dataclass
class Reporter:
    """What was said in one build, each sentence once."""

    error: Callable[[str], None] = _silent
    """Prints what makes the build end with a code other than 0."""
    warn: Callable[[str], None] = _silent
    """Prints what an author should look at."""
    info: Callable[[str], None] = _silent
    """Prints what is going on."""
    said: list[str] = field(default_factory=list)
    """Errors and warnings, in order."""
    codes: set[int] = field(default_factory=set)
    """Exit codes that apply; the highest wins."""

    def __post_init__(self) -> None:
        self.error, self.warn, self.info = (_guarded(say) for say in (self.error, self.warn, self.info))

    def fail(self, message: str, code: int) -> None:
        """Say an error once and remember the exit code it asks for."""
        self.codes.add(code)
        message = harmless(message)
        if message not in self.said:
            self.said.append(message)
            self.error(message)

    def warning(self, message: str) -> None:
        """Say a warning once."""
        message = harmless(message)
        if message not in self.said:
            self.said.append(message)
            self.warn(message)

    @property
    def code(self) -> int:
        """The exit code of the build."""
        return max(self.codes, default=0)


def harmless(message: str) -> str:
    """Write a message so that it only speaks: no terminal obeys it, and no server that builds sites.

    Control characters, and those that turn text around, are written as escapes.  A line that begins like a command to
    GitHub Actions (`::`), or holds one to it or to Azure and TeamCity (`##[`, `##vso[`), gets a space inside.
    """
    text = "".join(c if c in "\n\t" or not _obeyed(c) else c.encode("unicode_escape").decode() for c in message)
    return _COMMAND.sub(lambda found: f"{found[1]}{found[2][0]} {found[2][1:]}", text)


def _guarded(say: Callable[[str], None]) -> Callable[[str], None]:
    return lambda message: say(harmless(message))


def _obeyed(character: str) -> bool:
    return character in _TURNING or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


_TURNING = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_COMMAND = re.compile(r"(?m)(^\s*|(?=##))(::|##(?=\[|vso\[|teamcity\[))")


def counted(number: int, one: str, many: str = "") -> str:
    """Write a count with its noun: `1 run`, `3 runs`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(numbers: Iterable[int]) -> str:
    """Write whole numbers as ranges: `0-4, 7`."""
    parts: list[list[int]] = []
    for number in sorted(set(numbers)):
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}-{p[-1]}" for p in parts)


def clock(seconds: float) -> str:
    """Write a duration as people read it: `0.8 s`, `41 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds // 60:.0f} min {seconds % 60:02.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:02.0f} min"

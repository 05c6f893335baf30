"""Printed: the output of a job, kept in memory that does not grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from mkdocs_dlplugin.collect import tidy
from mkdocs_dlplugin.sizes import decimal


@dataclass
class Printed:
    """What a job printed: the beginning and the end, and how much there was between them."""

    kept: int = 32_000
    """Bytes kept from the beginning, and as many from the end."""
    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    total: int = 0

    def add(self, content: bytes) -> None:
        """Take more output, in memory that does not grow."""
        self.total += len(content)
        room = self.kept - len(self.head)
        self.head += content[:room]
        self.tail += content[room:]
        del self.tail[: -self.kept]

    @property
    def dropped(self) -> int:
        """Bytes that were not kept."""
        return self.total - len(self.head) - len(self.tail)

    def text(self, *folders: str) -> str:
        """Return what was kept, with a line that says what was not, paths relative to `folders`."""
        return self.texts((), *folders)[0]

    def texts(self, cuts: Sequence[int], *folders: str) -> list[str]:
        """Return the same in pieces.

        Args:
            cuts: After how many bytes of all that was printed a piece ends, ascending; where those bytes are not
                kept, it ends behind the line that says so.
            folders: As for `text`.
        """
        between = f"\n[… {decimal(self.dropped)} not kept …]\n".encode() if self.dropped else b""
        whole, tail = bytes(self.head) + between + bytes(self.tail), self.total - len(self.tail)
        here = len(self.head) + len(between)
        ends = [cut if cut <= len(self.head) else max(here, here + cut - tail) for cut in cuts]
        return [tidy(whole[a:b], *folders) for a, b in zip([0, *ends], [*ends, len(whole)], strict=True)]

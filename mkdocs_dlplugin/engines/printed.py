"""Printed: the output of a job, kept in memory that does not grow."""

from __future__ import annotations

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
        between = f"\n[… {decimal(self.dropped)} not kept …]\n".encode() if self.dropped else b""
        return tidy(bytes(self.head) + between + bytes(self.tail), *folders)

"""Parted: the output of a job, kept apart for each block of its session."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from mkdocs_dlplugin import parts
from mkdocs_dlplugin.engines.printed import Printed
from mkdocs_dlplugin.model import Job, Output
from mkdocs_dlplugin.whereabouts import clean

_LONGEST = 80
"""Bytes that no mark has."""


class Parted:
    """What a job printed, told apart by the marks it writes where a block ends; one piece without a session."""

    def __init__(self, job: Job, kept: int) -> None:
        """Prepare for a job.

        Args:
            job: The job.
            kept: Bytes kept from the beginning and from the end, shared out evenly among its blocks.
        """
        number = max(1, len(job.parts))
        self.kept = kept // number
        """Bytes kept from the beginning of each block's output, and as many from its end."""
        self.ended = 0
        """How many blocks have come to their end."""
        self._pieces = [Printed(self.kept) for _ in range(number)]
        self._marks = parts.marks(job)
        self._held = b""
        self._shown: list[tuple[int, int]] = []
        """Where each thing was shown: the block, and how many bytes it had printed by then."""

    def add(self, content: bytes) -> None:
        """Take more output; what may be the beginning of a mark is held back until more is known."""
        content = self._held + content
        at = 0
        for found in self._marks.finditer(content):
            self._here.add(content[at : found.start()])
            at = found.end()
            # Marks come in order; one that does not was printed by the code itself, and is dropped.
            if found[1] and int(found[2]) == len(self._shown) + 1:
                self._shown.append((min(self.ended, len(self._pieces) - 1), self._here.total))
            elif not found[1] and int(found[2]) == self.ended + 1:
                self.ended += 1
        rest = content[at:]
        line = max(rest.rfind(b"\n\x1e"), len(rest) - 1 if rest.endswith(b"\n") else -1)
        keep = line if line >= 0 and len(rest) - line < _LONGEST else len(rest)
        self._here.add(rest[:keep])
        self._held = rest[keep:]

    @property
    def _here(self) -> Printed:
        return self._pieces[min(self.ended, len(self._pieces) - 1)]

    @property
    def total(self) -> int:
        """Bytes that were printed."""
        return sum(piece.total for piece in self._pieces) + len(self._held)

    @property
    def dropped(self) -> int:
        """Bytes that were not kept."""
        return sum(piece.dropped for piece in self._pieces)

    def outputs(self, *folders: str) -> tuple[Output, ...]:
        """Return what was kept of each block that printed something, paths relative to `folders`."""
        return self.among((), *folders)

    def among(self, shown: Sequence[Output], *folders: str) -> tuple[Output, ...]:
        """Return likewise what was printed, and between it what was shown, each where it was.

        Args:
            shown: What the job showed, in order; what left no mark stands at the end of its block.
            folders: As for `outputs`.
        """
        shown = [replace(o, text=clean(o.text, *folders), plain=clean(o.plain, *folders)) for o in shown]
        self._here.add(self._held)
        self._held = b""
        places = self._shown[: len(shown)]
        found: list[Output] = []
        for part, piece in enumerate(self._pieces):
            here = [(at, shown[number]) for number, (block, at) in enumerate(places) if block == part]
            texts = [Output("text", text, part=part) for text in piece.texts([at for at, _ in here], *folders)]
            pairs = itertools.zip_longest(texts, (one for _, one in here))
            found += [one for pair in pairs for one in pair if one is not None and (one.kind != "text" or one.text)]
            found += [one for one in shown[len(places) :] if one.part == part]
        return tuple(found)

    def text(self, *folders: str) -> str:
        """Return what was kept as one text, each block's part on lines of its own."""
        texts = [output.text for output in self.outputs(*folders)]
        return "".join(text if text.endswith("\n") else f"{text}\n" for text in texts[:-1]) + "".join(texts[-1:])

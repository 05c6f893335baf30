"""Execute: where jobs run. An engine is anything with `submit` and `close`; add one in the dictionary below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from mkdocs_dlplugin.engines.inline import Inline
from mkdocs_dlplugin.engines.local import Local
from mkdocs_dlplugin.engines.preload import preload_for
from mkdocs_dlplugin.engines.seam import Engine, OnProgress, Progress

__all__ = ["ENGINES", "Engine", "Factory", "Inline", "Local", "OnProgress", "Progress", "preload_for"]


class Factory(Protocol):
    """How an engine is made; what it has no use for it ignores."""

    def __call__(
        self,
        scratch: Path,
        preload: Sequence[str] = (),
        slots: int | None = None,
        on_progress: OnProgress | None = None,
    ) -> Engine:
        """Make an engine; it starts with the first job."""


ENGINES: Mapping[str, Factory] = {"local": Local, "inline": Inline}
"""Engines by the name that `engine` takes in mkdocs.yml."""

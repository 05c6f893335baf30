"""Execute: where jobs run. An engine is anything with `submit` and `close`; add one in the dictionary below."""

from __future__ import annotations

from collections.abc import Mapping

from mkdocs_dlplugin.engines.inline import Inline
from mkdocs_dlplugin.engines.isolation import forks_safely
from mkdocs_dlplugin.engines.local import Local
from mkdocs_dlplugin.engines.preload import preload_for
from mkdocs_dlplugin.engines.seam import Engine, Factory, OnProgress, Progress, Renewable, Setup
from mkdocs_dlplugin.engines.spawned import Spawned

__all__ = [
    "ENGINES",
    "Engine",
    "Factory",
    "Inline",
    "Local",
    "OnProgress",
    "Progress",
    "Renewable",
    "Setup",
    "Spawned",
    "preload_for",
]


def _local(setup: Setup) -> Engine:
    if setup.isolation == "spawn" or not forks_safely():
        return Spawned(setup.scratch, setup.preload, setup.slots or None, setup.on_progress, sandbox=setup.sandbox)
    return Local(
        setup.scratch,
        setup.preload,
        setup.slots or None,
        setup.on_progress,
        isolation=setup.isolation,
        sandbox=setup.sandbox,
    )


def _inline(setup: Setup) -> Engine:
    return Inline(setup.scratch, on_progress=setup.on_progress)


ENGINES: Mapping[str, Factory] = {"local": _local, "inline": _inline}
"""Engines by the name that `engine` takes in mkdocs.yml."""

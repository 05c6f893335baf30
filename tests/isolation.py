"""Levels of isolation that tests are repeated at, each skipped where this machine cannot do it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin.engines import Local
from mkdocs_dlplugin.engines.isolation import probe


def needs(level: str) -> Any:
    """Skip where a level cannot be had; `bare` is `group` without a sandbox."""
    best = probe()
    possible = best.level == "ns" or (best.level == "group" and level != "ns")
    return pytest.param(level, marks=pytest.mark.skipif(not possible, reason=best.why))


LEVELS = [needs("ns"), needs("group"), needs("bare")]
"""For `pytest.fixture(params=LEVELS)`."""


def level_of(name: str) -> str:
    """Name the isolation that a parameter stands for."""
    return "group" if name == "bare" else name


def started(level: str, scratch: Path, **more: Any) -> Local:
    """Make an engine that keeps jobs apart at one level."""
    isolation: Any = level_of(level)
    return Local(scratch, isolation=isolation, sandbox="off" if level == "bare" else "auto", **more)

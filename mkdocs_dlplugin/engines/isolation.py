"""Isolation: find out how well this machine can keep jobs apart, without changing anything about this process."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Level = Literal["ns", "group", "spawn"]
"""In namespaces of their own; as trees of processes under a shepherd; as fresh processes."""

_TRY = """
import sys
sys.path.append({path!r})
from mkdocs_dlplugin.engines.namespaces import Launcher, settle_in
try:
    settle_in()
    Launcher().close()
except OSError as error:
    sys.exit(str(error))
"""


@dataclass(frozen=True)
class Found:
    """How jobs can be kept apart here."""

    level: Level
    why: str = ""
    """Why not better; empty for the best there is."""


@functools.cache
def probe() -> Found:
    """Try what this machine allows, in a process of its own; takes a tenth of a second, once."""
    if not forks_safely():
        return Found("spawn", f"{sys.platform} cannot fork processes that have loaded libraries")
    code = _TRY.format(path=str(Path(__file__).parents[2]))
    tried = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    if tried.returncode == 0:
        return Found("ns")
    return Found("group", "namespaces: " + (tried.stderr.strip().rpartition("\n")[2] or "their maker was ended"))


def forks_safely() -> bool:
    """Tell whether a process with loaded libraries may be forked: on Linux; macOS's own libraries forbid it."""
    return sys.platform == "linux" and hasattr(os, "fork")

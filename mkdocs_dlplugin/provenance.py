"""Provenance: on what a job ran, with which versions, and what it took; shown beside results, never compared."""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import os
import platform
import re
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import __version__, accelerators

if sys.platform != "win32":
    import resource


class Meter:
    """Counts what one job takes, from the moment this is made."""

    def __init__(self) -> None:
        self._started = datetime.now(UTC)
        self._wall, self._cpu = time.perf_counter(), _cpu_seconds()
        self._resident, self._files = _memory("VmRSS"), _memory("RssFile")

    def read(self) -> dict[str, Any]:
        """Return when it started, wall and CPU seconds, and the peak of memory that is the job's own.

        Not its own is what was there at the start, and what files stand behind, such as libraries it loaded.
        """
        files = max(0, _memory("RssFile") - self._files)
        return {
            "started": self._started.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "wall": round(time.perf_counter() - self._wall, 3),
            "cpu_seconds": round(_cpu_seconds() - self._cpu, 3),
            "peak_memory": max(0, _peak() - self._resident - files),
        }


@functools.cache
def machine() -> dict[str, str]:
    """Describe this machine as far as results depend on it, without its name or its users."""
    return {
        "python": platform.python_version(),
        "os": f"{platform.system()} {'.'.join(platform.release().split('.')[:2])} {platform.machine()}",
        "cpu": _cpu_model(),
        "plugin": __version__,
    }


def device_used() -> dict[str, str]:
    """Say where the work was done: on a GPU only if the code really used one."""
    torch = sys.modules.get("torch")
    if torch is not None and (kind := accelerators.used(torch)):
        return {"device": kind, "device_name": accelerators.model(torch, kind)}
    return {"device": "cpu", "device_name": ""}


def packages(sources: Iterable[str], own: Iterable[str]) -> dict[str, str]:
    """Name the versions of the third-party packages that sources import and that are loaded now.

    Args:
        sources: The snippet and the project modules it imported.
        own: Top-level names of project modules, which have no version.
    """
    names = {name for source in sources for name in _imported(source)}
    names -= sys.stdlib_module_names | set(own) | {"mkdocs_dlplugin", "__main__"}
    return {name: version for name in sorted(names) if name in sys.modules and (version := _version(name))}


def _imported(source: str) -> set[str]:
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except SyntaxError:
        return set()
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.partition(".")[0] for name in names}


def _version(name: str) -> str:
    try:
        return str(getattr(sys.modules[name], "__version__", "")) or importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _cpu_model() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return platform.processor()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.processor()


def _cpu_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _peak() -> int:
    """Measure the most memory this process had at once, in bytes."""
    if sys.platform == "win32":
        return 0
    scale = 1 if sys.platform == "darwin" else 1024
    return _memory("VmHWM") or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def _memory(name: str) -> int:
    """Read one of the sizes that Linux keeps of this process, in bytes; 0 elsewhere."""
    try:
        text = Path("/proc/self/status").read_text("ascii", "replace")
    except OSError:
        return 0
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else 0

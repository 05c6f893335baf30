"""`doctor`: say what this machine and this project bring to a build, and what a run can be kept from doing here."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import __version__
from mkdocs_dlplugin.commands.common import Answer
from mkdocs_dlplugin.commands.containment import containment
from mkdocs_dlplugin.config import Site, load
from mkdocs_dlplugin.engines import ENGINES
from mkdocs_dlplugin.engines.host import usable_cores
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.reporting import Reporter, counted
from mkdocs_dlplugin.store import Store

GENERATORS = ("mkdocs", "properdocs", "zensical")
_PATIENCE = 60.0
"""Seconds that torch may take to be imported and to look for GPUs."""
_DEVICES = """
import json, torch
mps = getattr(torch.backends, "mps", None)
xpu = getattr(torch, "xpu", None)
print(json.dumps({
    "torch": torch.__version__,
    "cuda": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
    "mps": ["Apple GPU"] if mps is not None and mps.is_available() else [],
    "xpu": [torch.xpu.get_device_name(i) for i in range(torch.xpu.device_count())] if xpu is not None else [],
}))
"""


def doctor(chosen: argparse.Namespace, reporter: Reporter) -> Answer:  # noqa: ARG001 - as every command is called
    """Describe Python, the plugin, generators, devices, cores, engines, the store, charts, and the sandbox."""
    told = {
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "plugin": __version__,
        "generators": {name: version for name in GENERATORS if (version := _version(name))},
        "devices": devices(),
        "cores": usable_cores(),
        "engines": list(ENGINES),
        **_project(chosen.config_file),
        "charts": _version("vl-convert-python"),
        "containment": containment(),
    }
    return Answer(told, _lines(told))


def devices(patience: float = _PATIENCE) -> dict[str, Any]:
    """Ask torch, in a process of its own, which devices it finds; what it says is kept under `problem` when it cannot.

    Args:
        patience: Seconds it may take.
    """
    if not _version("torch"):
        return {"problem": "torch is not installed"}
    try:
        ended = subprocess.run(
            [sys.executable, "-c", _DEVICES], capture_output=True, text=True, timeout=patience, check=False
        )
    except subprocess.TimeoutExpired:
        return {"problem": f"torch said nothing for {patience:.0f} s"}
    try:
        return dict(json.loads(ended.stdout.splitlines()[-1]))
    except (ValueError, IndexError):
        last = ended.stderr.strip().splitlines() or [f"ended with {ended.returncode}"]
        return {"problem": f"torch cannot be imported: {last[-1]}"}


def _project(file: Path) -> dict[str, Any]:
    try:
        site = load(file)
    except DLError as problem:
        return {"project": str(problem), "store": {}}
    settings = site.settings
    return {
        "project": f"execution {settings.execution}, engine {settings.engine}, isolation {settings.isolation}, "
        f"sandbox {settings.sandbox}",
        "store": _store(site),
    }


def _store(site: Site) -> dict[str, Any]:
    store = Store(site.root / site.settings.records, site.root / site.settings.scratch)
    return {
        "folder": site.settings.records,
        "records": sum(1 for _ in store.places()),
        "writable": _writable(store.folder),
        "scratch_writable": _writable(store.scratch),
    }


def _writable(folder: Path) -> bool:
    """Try to write into a folder, or into the one it would be made in; root may be refused by a read-only disk."""
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _lines(told: dict[str, Any]) -> list[str]:
    store, found = told["store"], told["devices"]
    gpus = [f"{kind} {name}" for kind in ("cuda", "mps", "xpu") for name in found.get(kind, ())]
    kept = (
        f"{store['folder']}/: {counted(store['records'], 'record')}, "
        + ("writable" if store["writable"] else "NOT writable, so results are shown and not kept")
        + ("" if store["scratch_writable"] else "; the scratch folder is not writable")
        if store
        else "unknown"
    )
    said = {
        "Python": told["python"],
        "plugin": told["plugin"],
        "generators": ", ".join(f"{name} {version}" for name, version in told["generators"].items()) or "none",
        "torch": found.get("problem") or f"{found['torch']}, {', '.join(gpus) or 'no GPU'}",
        "cores": str(told["cores"]),
        "engines": ", ".join(told["engines"]),
        "project": told["project"].replace("\n", os.linesep + " " * 12),
        "store": kept,
        "charts": f"vl-convert {told['charts']}" if told["charts"] else "vl-convert is missing: tables stand in",
    }
    lines = [f"{name + ':':11} {text}" for name, text in said.items()]
    return [*lines, "containment:", *(f"  {line}" for line in told["containment"].values())]

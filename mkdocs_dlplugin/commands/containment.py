"""Containment: say what a run can and cannot be kept from doing on this machine."""

from __future__ import annotations

import sys

from mkdocs_dlplugin.engines import isolation, sandbox


def containment() -> dict[str, str]:
    """Describe each thing a run could be kept from, by name, in a sentence."""
    return describe(isolation.probe(), sandbox.version(), linux=sys.platform == "linux")


def describe(found: isolation.Found, landlock: int, *, linux: bool) -> dict[str, str]:
    """Say what a level of isolation and a version of Landlock can do.

    Args:
        found: How jobs can be kept apart.
        landlock: What the kernel offers; 0 for none.
        linux: Whether memory and processes can be watched.
    """
    spaces = found.level == "ns"
    return {
        "isolation": {
            "ns": "apart: namespaces; nothing a job starts outlives it",
            "group": "apart: trees of processes; what a job starts is found and ended",
            "spawn": "apart: a fresh process for each job",
        }[found.level]
        + (f" (no better here: {found.why})" if found.why else ""),
        "sandbox": f"sandbox: Landlock {landlock}" if landlock else "sandbox: NONE, the kernel offers no Landlock",
        "writes": _writes(landlock),
        "network": _network(landlock, spaces=spaces),
        "signals": "signals: other processes cannot be reached"
        if spaces or landlock >= 6
        else "signals: other processes of the same user CAN be reached",
        "reads": "reads: everything this user may read; with `sandbox: strict` the project, Python and the system only"
        if landlock
        else "reads: everything this user may read",
        "limits": "limits: memory, processes, files, output and time"
        if linux
        else "limits: files, output and time; memory and processes are NOT watched here",
    }


def _writes(landlock: int) -> str:
    if not landlock:
        return "writes: NOT kept to the job's own folder"
    kept = "writes: kept to the job's own folder and to `write_to`"
    return kept if landlock >= 3 else f"{kept}; other files CAN be emptied, until Landlock 3"


def _network(landlock: int, *, spaces: bool) -> str:
    if spaces:
        return "network: none, unless a run says `network: true`"
    if landlock >= 4:
        return "network: no TCP, unless a run says `network: true`; UDP is NOT refused"
    return "network: connections are NOT refused; that takes namespaces or Landlock 4"

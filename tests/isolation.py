"""Levels of isolation that tests are repeated at, each skipped where this machine cannot do it."""

from __future__ import annotations

import os
import platform
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import pytest

from mkdocs_dlplugin.engines import Local, notify, seccomp
from mkdocs_dlplugin.engines.isolation import probe
from mkdocs_dlplugin.model import Job, Record

KERNEL = sys.platform == "linux" and notify.probe()
"""Whether Linux tells here what runs read."""


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


def done(scratch: Path, *jobs: Job) -> list[Record]:
    """Run jobs on an engine of their own and return their records."""
    engine = Local(scratch)
    try:
        return [future.result(120) for future in [engine.submit(job) for job in jobs]]
    finally:
        engine.close()


T = TypeVar("T")


def unwatched(act: Callable[[], T]) -> T:
    """Act as if on a machine where Linux does not tell what runs read, because another filter listens already.

    Some managers of containers have one. It is put around one thread, and around all threads and processes which that
    one starts.
    """
    done: list[T] = []

    def acting() -> None:
        listener = seccomp.install(replace(seccomp.MACHINES[platform.machine()], calls={}))
        try:
            done.append(act())
        finally:
            os.close(listener)

    thread = threading.Thread(target=acting)
    thread.start()
    thread.join()
    return done[0]

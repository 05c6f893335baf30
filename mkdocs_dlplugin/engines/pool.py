"""Pool: the way to the processes of any executor that works like those of `concurrent.futures`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import __version__
from mkdocs_dlplugin.engines import outpost
from mkdocs_dlplugin.engines.away import Errand, Stranded
from mkdocs_dlplugin.engines.bundle import Contents

_GOODBYE = 2.0
"""Seconds until a process that was told to end is killed."""


class Pool:
    """An executor, made anew when it breaks."""

    def __init__(self, make: Callable[[], Executor]) -> None:
        """Prepare; the executor is made with the first job."""
        self._make = make
        self._executor: Executor | None = None
        self._alone = asyncio.Lock()

    async def open(self) -> None:
        """Make the executor.

        Raises:
            Stranded: it cannot be made.
        """
        self._executor = self._made()

    async def carry(self, errand: Errand, parcel: bytes, files: Contents | None) -> dict[str, Any]:  # noqa: ARG002 - it cannot be told when it begins
        """Submit a job, and once more when that fails; where a job breaks the executor, alone."""
        used = self._executor
        try:
            return await _submitted(used, parcel, files)
        except Exception as error:
            if not isinstance(error, BrokenExecutor):
                return await _again(used, parcel, files)
        if used is self._executor:
            await self.open()
        # Everything in a broken executor is lost, whoever broke it; one by one they tell.
        async with self._alone:
            own = self._made()
            try:
                return await _again(own, parcel, files)
            finally:
                await asyncio.to_thread(_end, own)

    async def close(self, build: str) -> None:
        """End the executor and what it runs."""
        if self._executor is not None:
            await asyncio.to_thread(_end, self._executor)
        # Executors of threads have had it in this process.
        await asyncio.to_thread(outpost.close, build)

    def _made(self) -> Executor:
        try:
            return self._make()
        except Exception as error:
            raise Stranded(f"the executor does not start ({_line(error)})") from error


async def _submitted(executor: Executor | None, parcel: bytes, files: Contents | None) -> dict[str, Any]:
    if executor is None:
        raise RuntimeError("BUG: a job was carried before the way was open")
    future: Future[dict[str, Any]] = executor.submit(_run, __version__, parcel, files, os.getpid())
    return await asyncio.wrap_future(future)


async def _again(executor: Executor | None, parcel: bytes, files: Contents | None) -> dict[str, Any]:
    try:
        return await _submitted(executor, parcel, files)
    except Exception as error:
        raise Stranded(f"its worker was lost ({_line(error)}); retried once") from error


def _run(version: str, parcel: bytes, files: Contents | None, build: int) -> dict[str, Any]:
    """Run a job; called in a process of the executor."""
    # The processes of a build that was killed may live on; what they run must not.
    child = os.getppid() == build
    folder = _folder()
    here = outpost.Here(f"process {os.getpid()}", folder, wanted=lambda: not child or os.getppid() == build)
    return outpost.run(version, parcel, files, here)


def _folder() -> Path:
    """Return a folder that is ours alone, for all processes of this machine's executors."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir(), f"mkdocs-dlplugin-{user}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != user:
        return Path(tempfile.mkdtemp(prefix="mkdocs-dlplugin-"))
    return folder


def _end(executor: Executor) -> None:
    """End an executor at once, its processes too where it shows them; what it cannot end, ends with its jobs."""
    processes = list((getattr(executor, "_processes", None) or {}).values())
    try:
        executor.shutdown(wait=False, cancel_futures=True)
    except TypeError:  # an older or simpler one
        executor.shutdown(wait=False)
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(_GOODBYE)
        if process.is_alive():
            process.kill()
    with contextlib.suppress(OSError):
        outpost.sweep(_folder())


def _line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__

"""Execute: where jobs run. An engine is anything with `submit` and `close`; add one below, or by entry point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from importlib.metadata import entry_points
from typing import Any

from mkdocs_dlplugin.engines.inline import Inline
from mkdocs_dlplugin.engines.isolation import forks_safely
from mkdocs_dlplugin.engines.local import Local
from mkdocs_dlplugin.engines.preload import preload_for
from mkdocs_dlplugin.engines.seam import Engine, Factory, OnProgress, Progress, Renewable, Revocable, Setup
from mkdocs_dlplugin.engines.spawned import Spawned
from mkdocs_dlplugin.explain import failure
from mkdocs_dlplugin.model import Job, Record

__all__ = [
    "ENGINES",
    "Engine",
    "Factory",
    "Inline",
    "Local",
    "OnProgress",
    "Progress",
    "Renewable",
    "Revocable",
    "Setup",
    "Spawned",
    "from_executor",
    "known",
    "preload_for",
    "start",
]

GROUP = "mkdocs_dlplugin.engines"
"""Entry points of this group name a `Factory` each."""


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


def _dask(setup: Setup) -> Engine:
    try:
        from mkdocs_dlplugin.engines.cluster import connect  # noqa: PLC0415 - takes a second, for those who chose it
    except ModuleNotFoundError as missing:
        hint = "Install it: pip install 'mkdocs-dlplugin[dask]'"
        return _Refused(f"engine 'dask' needs the package {missing.name}, which is not installed here", hint)
    return connect(setup, _local)


def from_executor(setup: Setup, make: Callable[[], Executor]) -> Engine:
    """Make an engine of an executor: jobs run in its processes, each isolated there as by the local engine.

    Args:
        setup: What the build asks for.
        make: Makes the executor; called with the first job, and again when an executor broke.
    """
    from mkdocs_dlplugin.engines.away import Away  # noqa: PLC0415 - asyncio, likewise
    from mkdocs_dlplugin.engines.pool import Pool  # noqa: PLC0415 - likewise

    return Away(setup, Pool(make), _local)


ENGINES: Mapping[str, Factory] = {"local": _local, "inline": _inline, "dask": _dask}
"""Engines of our own by the name that `engine` takes in mkdocs.yml."""


def known(name: str) -> Mapping[str, object]:
    """List the engines there are; those of other packages only when one of ours is not meant, which saves a search."""
    others = {} if name in ENGINES else {entry.name: entry for entry in entry_points(group=GROUP)}
    return {**others, **ENGINES}


def start(name: str, setup: Setup) -> Engine:
    """Make an engine by its name; one of another package that cannot be made says so for every job."""
    if name in ENGINES:
        return ENGINES[name](setup)
    # Not told by its class: the backport `importlib_metadata`, once imported by anybody, brings its own.
    entry: Any = known(name)[name]
    try:
        engine: Engine = entry.load()(setup)
    except Exception as error:
        said = f"engine '{name}' ({entry.value}) does not start: {type(error).__name__}: {error}"
        return _Refused(said, "This is a matter of the package that provides it.")
    return engine


class _Refused:
    """An engine that cannot be: every job fails with the reason, and the site is complete without."""

    def __init__(self, said: str, hint: str) -> None:
        self._said, self._hint = said, hint

    def submit(self, job: Job) -> Future[Record]:
        """Fail a job."""
        promise: Future[Record] = Future()
        promise.set_exception(failure(job, f"Engine: {self._said}", self._hint, kind="Engine"))
        return promise

    def close(self) -> None:
        """Do nothing."""

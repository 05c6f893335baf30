"""Inline: an engine without processes, for tests and for snippets that are known to behave."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from mkdocs_dlplugin import accelerators, snippet
from mkdocs_dlplugin.engines.host import FIXED
from mkdocs_dlplugin.engines.parted import Parted
from mkdocs_dlplugin.engines.seam import OnProgress, Progress
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.model import Job, Record
from mkdocs_dlplugin.worker import execute, without_gpu


class Inline:
    """Executes each job at once, in the process and thread that submits it: no limits, no isolation."""

    def __init__(
        self,
        scratch: Path | None = None,  # noqa: ARG002 - this one needs no folder of its own
        on_progress: OnProgress | None = None,
    ) -> None:
        """Prepare to execute; `on_progress` hears what happens."""
        self._on_progress = on_progress
        self.ran: list[Job] = []
        """The jobs that were executed, for tests to look at."""

    def submit(self, job: Job) -> Future[Record]:
        """Execute a job; the future has ended when this returns."""
        future: Future[Record] = Future()
        self.ran.append(job)
        self._report(Progress(job, "started", 0.0))
        try:
            future.set_result(self._execute(job))
        except RunFailed as failed:
            future.set_exception(failed)
        self._report(Progress(job, "ended", 0.0))
        return future

    def close(self) -> None:
        """Do nothing: no job outlives `submit`."""

    def _execute(self, job: Job) -> Record:
        if not accelerators.falls_back(job.device):
            raise without_gpu(job)
        printed = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, _borrowed(job, printed):
            try:
                record = execute(job, Path(folder), lambda values, step: self._metric(job, {**values, "step": step}))
            except RunFailed as failed:
                parted = _parted(job, printed)
                failed.output, failed.part = parted.text(job.root), parted.ended
                raise
        return replace(record, outputs=_parted(job, printed).among(record.outputs, job.root))

    def _metric(self, job: Job, values: dict[str, float]) -> None:
        self._report(Progress(job, "metric", 0.0, values))

    def _report(self, progress: Progress) -> None:
        if self._on_progress is not None:
            self._on_progress(progress)


def _parted(job: Job, printed: io.StringIO) -> Parted:
    content = printed.getvalue().encode("utf-8", "backslashreplace")
    parted = Parted(job, len(content) * max(1, len(job.parts)))
    parted.add(content)
    return parted


@contextlib.contextmanager
def _borrowed(job: Job, printed: io.StringIO) -> Iterator[None]:
    """Lend this process to a job and take it back as it was, project modules forgotten."""
    main, argv, path, folder = sys.modules["__main__"], sys.argv, list(sys.path), Path.cwd()
    environment, modules, session = dict(os.environ), set(sys.modules), snippet.run.session
    compiles = sys.dont_write_bytecode
    os.environ.update({**FIXED, **job.env, **job.secrets})
    namesakes = _namesakes(job)
    for name in namesakes:
        del sys.modules[name]
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            yield
    finally:
        os.chdir(folder)
        sys.dont_write_bytecode = compiles
        sys.modules["__main__"], sys.argv, sys.path[:] = main, argv, path
        os.environ.clear()
        os.environ.update(environment)
        snippet.run.session = session
        roots = (os.path.realpath(job.root) + os.sep, job.root + os.sep)
        for name in set(sys.modules) - modules:
            file = getattr(sys.modules[name], "__file__", None) or "/"
            # The first for a project that is reached through a link, the second for a module that is one.
            if os.path.realpath(file).startswith(roots[0]) or file.startswith(roots):
                del sys.modules[name]
        sys.modules.update(namesakes)


def _namesakes(job: Job) -> dict[str, ModuleType]:
    """Find modules of this process that the project has others of, such as `examples`; the job is to load its own."""
    entries = list(Path(job.root).iterdir()) if Path(job.root).is_dir() else []
    own = {entry.stem for entry in entries if entry.suffix == ".py" or any(entry.glob("*.py"))}
    loaded = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in own - {"__main__"}}
    here = os.path.realpath(job.root) + os.sep
    return {
        name: module
        for name, module in loaded.items()
        if not os.path.realpath(getattr(module, "__file__", None) or "/").startswith(here)
    }

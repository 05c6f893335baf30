"""Worker: execute one job inside the process an engine chose for it, and return what came out as a record."""

from __future__ import annotations

import ast
import builtins
import contextlib
import linecache
import os
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import accelerators, provenance, snippet
from mkdocs_dlplugin.collect import metrics_of, series_of
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.explain import Frame, failure, frames_of, from_exception, from_exit
from mkdocs_dlplugin.fingerprint import digest_bytes
from mkdocs_dlplugin.model import Job, Observed, Record, show
from mkdocs_dlplugin.observe import Observer, Witness, watch
from mkdocs_dlplugin.parts import at_lines
from mkdocs_dlplugin.script import Script
from mkdocs_dlplugin.seeding import seed_everything
from mkdocs_dlplugin.sightings import Changed

_PATIENCE = 1.0
"""Seconds that threads may go on after the code has ended."""

Tell = Callable[[Mapping[str, float], float], None]
"""Hears logged values and their step while the job runs."""

Blame = Callable[[BaseException, list[Frame]], RunFailed | None]
"""Recognises an error that the job's surroundings are the cause of."""


@dataclass(frozen=True)
class Surroundings:
    """What an engine has made of the process in which a job is executed."""

    device: str = "cpu"
    """What `run.device` says: `cpu`, `cuda`, `mps` or `xpu`."""
    skip: tuple[Path, ...] = ()
    """Folders inside the project that are no input of the run."""
    ends: bool = False
    """Whether the process ends with this job, so that its thread pools may be closed for good."""
    contained: Mapping[str, Any] = field(default_factory=dict)
    """What the record says of how the job was kept apart and what it was allowed."""
    blame: Blame | None = None
    """Recognises what the sandbox refused."""
    witness: Witness | None = None
    """Asks who watches this process from outside for what it read."""


HERE = Surroundings()
"""This process as it is."""


def execute(
    job: Job,
    folder: Path,
    tell: Tell | None = None,
    around: Surroundings = HERE,
) -> Record:
    """Run a job's code in this process, as `__main__`, in the project's folder.

    Environment, standard streams and limits of the process are the engine's affair.

    Args:
        job: What to run.
        folder: An empty folder that the run may write into.
        tell: Hears logged values while the job runs.
        around: What the engine has made of this process.

    Returns:
        The record, without the text that was printed: capturing it is the engine's affair too.

    Raises:
        RunFailed: the code did not end well, or what it measured cannot be kept.
    """
    # Compiled modules are known by second and size: of a helper edited twice in a second the older would run.
    sys.dont_write_bytecode = True
    meter, threads = provenance.Meter(), set(threading.enumerate())
    tree = with_parameters(_parse(job), job)
    session = snippet.Session(job.params, job.seed, around.device, folder, job.inputs, job.source_path, tell or _nobody)
    session.largest = job.limits.assets
    namespace = _stage(job, session)
    seed_everything(job, around.device)
    observer = watch(Path(job.root), (folder, *around.skip), around.witness)
    script = Script(job)
    session.show = script.show
    _run(job, tree, namespace, script, around.blame)
    notes = _left_threads(threads, ends=around.ends)
    script.draw()
    if script.shown > job.limits.outputs:
        notes = (*notes, f"showed {script.shown} figures or tables; the first {job.limits.outputs} are kept")
    assets = {**script.figures, **session.assets}
    observed = _observed(job, observer, session)
    return Record(
        key=job.key,
        run=job.run,
        params=job.params,
        seed=job.seed,
        metrics=metrics_of(job, tree, session, namespace),
        series=series_of(job, tree, session, namespace),
        correct=session.correct,
        outputs=tuple(script.outputs),
        assets={name: digest_bytes(content) for name, content in assets.items()},
        observed=observed,
        timings=session.timings,
        provenance={
            **meter.read(),
            **provenance.machine(),
            **provenance.device_used(),
            "threads": job.threads,
            "observed": observer.level,
            **around.contained,
            "packages": _packages(job, observed),
        },
        notes=(*notes, *script.notes, *session.notes, *_unseen(job, observer, observed)),
        blobs=assets,
    )


def with_parameters(tree: ast.Module, job: Job) -> ast.Module:
    """Put parameters and the seed into code that does not import `run`.

    The first top-level assignment of a literal to each name is replaced; code that imports `run` is left alone.

    Raises:
        RunFailed: the code has no such assignment for a parameter, which would then have no effect.
    """
    if any(_imports_run(node) for node in ast.walk(tree)):
        return tree
    wanted: dict[str, Any] = {"seed": job.seed, **job.params}
    for node in tree.body:
        name = _literal_target(node)
        if name in wanted and isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            node.value = ast.copy_location(ast.Constant(wanted.pop(name)), node.value)
    for name in wanted.keys() & job.params.keys():
        value = job.params[name]
        hint = f"Write `{name} = {value!r}` at the top of the code, or import `run` and read `run.config.{name}`."
        raise failure(job, f"parameter '{name}' ({show(value)}) has no place in the code", hint, kind="Parameter")
    return tree


def without_gpu(job: Job) -> RunFailed:
    """Tell that a job needs an accelerator where there is none."""
    kind = job.device.rpartition(":")[2]
    hint = f"Keep the recorded result, build where torch finds one, or write `device: prefer:{kind}`."
    said = f"{accelerators.needs(job.device)}; none here ({accelerators.installed()})"
    return failure(job, said, hint, kind="Device")


def _nobody(values: Mapping[str, float], step: float) -> None:
    """Hear progress that nobody asked for."""


def _parse(job: Job) -> ast.Module:
    # Blank lines put the code at its own place in the page, so that tracebacks point there and show the page's lines.
    padded = at_lines(job.code, job.first_line, job.parts)
    # Not `splitlines`, which ends a line at a form feed too.
    written = [f"{line}\n" for line in padded.split("\n")]
    linecache.cache[job.source_path] = (len(padded), None, written, job.source_path)
    try:
        return ast.parse(padded, job.source_path)
    except (SyntaxError, ValueError) as error:
        raise from_exception(job, error) from error


def _imports_run(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "mkdocs_dlplugin" and any(alias.name == "run" for alias in node.names)
    return isinstance(node, ast.Import) and any(alias.name == "mkdocs_dlplugin" for alias in node.names)


def _literal_target(node: ast.stmt) -> str:
    """Name the variable that a statement gives a literal value; empty for any other statement."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if value is None or len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return ""
    try:
        ast.literal_eval(value)
    except ValueError:
        return ""
    return targets[0].id


def _stage(job: Job, session: snippet.Session) -> dict[str, Any]:
    """Make this process look like `python file.py` in the project's folder; return the namespace for the code."""
    main = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = builtins
    if job.source_path.endswith(".py"):
        main.__file__ = str(Path(job.root, job.source_path))
    sys.modules["__main__"] = main
    sys.argv = [job.source_path]
    sys.path.insert(0, job.root)
    os.chdir(job.root)
    snippet.run.session = session
    # A snippet that ends with plt.show() has shown its figure all the same.
    warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
    return main.__dict__


def _run(job: Job, tree: ast.Module, namespace: dict[str, Any], script: Script, blame: Blame | None) -> None:
    """Execute the code.

    Raises:
        RunFailed: it did not end as it should.
    """
    try:
        script.execute(tree, namespace)
    except RunFailed:
        raise
    except SystemExit as error:
        if isinstance(error.code, str):
            sys.stderr.write(error.code + "\n")
        if error.code not in (None, 0):
            raise from_exit(job, error.code, frames_of(job, error.__traceback__)) from error
    except BaseException as error:
        blamed = blame(error, frames_of(job, error.__traceback__)) if blame else None
        failed = blamed or from_exception(job, error)
        if job.raises not in [kind.__name__ for kind in type(error).__mro__]:
            raise failed from error
        sys.stderr.write(failed.problem.partition(f"seed {job.seed}: ")[2] + "\n")
        return
    if job.raises:
        hint = "Remove `raises`, or make the code fail as announced."
        raise failure(job, f"did not raise {job.raises}", hint, kind="Raises")


def _left_threads(before: set[threading.Thread], *, ends: bool) -> tuple[str, ...]:
    """Wait a moment for threads that the code started, then name those that go on; they end with the process."""
    limit = time.monotonic() + _PATIENCE
    started = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    if started and ends:
        # Python does this at its exit; it may wait for ever, so we do not wait for it.
        threading.Thread(target=_close_pools, daemon=True).start()
    for thread in started:
        thread.join(max(0.0, limit - time.monotonic()))
    left = [thread.name for thread in started if thread.is_alive()]
    several = "s" if len(left) > 1 else ""
    return (f"left {len(left)} thread{several} running ({', '.join(left)}), ended with the run",) if left else ()


def _close_pools() -> None:
    """Tell the idle threads of executors, joblib's among them, that there is nothing left to do."""
    for close in reversed(getattr(threading, "_threading_atexits", ())):
        with contextlib.suppress(Exception):
            close()


def _observed(job: Job, observer: Observer, session: snippet.Session) -> Observed:
    try:
        seen = observer.finish(job.code)
    except Changed as changed:
        said = f"Changed: {changed.path} changed while the run was reading it; the result was not kept"
        raise failure(job, said, "Run it again when nothing writes to that file.", kind="Changed") from changed
    return Observed(seen.modules, seen.files, seen.folders, dict(sorted(session.read.items())))


def _unseen(job: Job, observer: Observer, observed: Observed) -> tuple[str, ...]:
    """Tell which reads could not be observed, unless the author has named what they read."""
    unseen = observer.unseen(_sources(job, observed))
    if not unseen or job.depends:
        return ()
    return (f"files read by {', '.join(unseen)} may have gone unseen here; name them in `depends`",)


def _sources(job: Job, observed: Observed) -> list[str]:
    return [job.code, *(Path(job.root, path).read_text("utf-8", "replace") for path in observed.modules)]


def _packages(job: Job, observed: Observed) -> dict[str, str]:
    return provenance.packages(
        _sources(job, observed), {path.removesuffix(".py").partition("/")[0] for path in observed.modules}
    )

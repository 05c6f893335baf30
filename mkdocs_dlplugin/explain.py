"""Explain: turn the way a job ended into one line with its page and line, and what to do about it."""

from __future__ import annotations

import errno
import linecache
import os
import re
import signal
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from mkdocs_dlplugin import accelerators
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.model import Job, Where, address
from mkdocs_dlplugin.parts import at_lines
from mkdocs_dlplugin.sightings import relative
from mkdocs_dlplugin.sizes import show
from mkdocs_dlplugin.whereabouts import clean

_SHOWN_FRAMES = 6
"""Frames of one failure that are told, the outer and the inner half of a deep recursion."""

_LONGEST = 300
"""Characters of an exception's message that are told; the rest stands in the output."""

_FRAME = re.compile(r'^  File "(?P<path>.*)", line (?P<line>\d+) in ', re.MULTILINE)
"""A frame as faulthandler writes it."""

_MORE_MEMORY = "Raise `memory` on the run ({where}), or use fewer samples or a smaller model or batch."

_OUT_OF_MEMORY = ("MemoryError", "_ArrayMemoryError")

ON_GPU = "OutOfMemory on the GPU"
"""How a message begins when it was the GPU's memory that did not suffice; the engine knows which one it was."""

_HINTS = {
    "BadName": "Begin with a letter; up to 63 more, digits, spaces and _ - / % ( ) may follow.",
    "BdbQuit": "A run cannot ask for input; remove the breakpoint.",
    "EOFError": "A run cannot ask for input; read from a parameter or a file.",
    "ModuleNotFoundError": "Install it where the documentation is built, or correct the import; "
    "project modules are looked up in the folder of mkdocs.yml.",
    "NotANumber": "Log one number per name: `.item()` of a tensor, `.mean()` of an array.",
    "LookupError": "Name upstream runs in the option `uses`; each needs a result for this seed and these parameters.",
    "RecursionError": "Something calls itself without an end.",
    "KeyboardInterrupt": "The code raised this itself; the build was not interrupted.",
}

_EXTRAS = {"sklearn": "sklearn", "torch": "torch"}
"""Modules that an extra of ours installs."""


@dataclass(frozen=True)
class Frame:
    """One line of the author's code that was executing."""

    path: str
    """File, relative to the project's folder."""
    line: int
    code: str = ""
    """What stands there."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.code}".rstrip()


def from_exception(job: Job, error: BaseException) -> RunFailed:
    """Tell of an exception that ended the code, at the innermost line of the page (or of its `file=`)."""
    name = type(error).__name__
    frames = frames_of(job, error.__traceback__)
    if isinstance(error, SyntaxError) and error.filename == job.source_path:
        frames = [_own_frame(job, error.lineno or job.first_line)]
    message = _first_line(error)
    kind, said = "Exception", f"{name}: {message}" if message else name
    if accelerators.out_of_memory(name, message):
        hint = "Use fewer samples or a smaller model or batch."
        return failure(job, f"{ON_GPU}: {message or name}", hint, kind="OutOfMemory", frames=frames)
    if accelerators.broken(message):
        hint = "The GPU or its driver failed, or an index was out of range there; `device: cpu` names the line of that."
        return failure(job, said, hint, kind="Device", frames=frames)
    if name in _OUT_OF_MEMORY or "can't allocate memory" in message:
        kind, said = "OutOfMemory", f"OutOfMemory: {message or name} (limit {show(job.limits.memory)})"
    elif name == "NotANumber":
        kind = "NotSerialisable"
    elif isinstance(error, OSError) and error.errno in {errno.EFBIG, errno.ENOSPC}:
        kind, said = "OutOfSpace", f"OutOfSpace: {message}"
        if error.errno == errno.EFBIG:
            said = f"OutOfSpace: a file over {show(job.limits.file_size)}"
    hint = _hint(job, error, message)
    if kind == "OutOfMemory":
        hint = _MORE_MEMORY.format(where=job.where)
    elif kind == "OutOfSpace":
        hint = f"Write less, or raise `file_size` on the run ({job.where})."
    return failure(job, said, hint, kind=kind, frames=frames)


def from_exit(job: Job, code: object, frames: list[Frame]) -> RunFailed:
    """Tell of `sys.exit` with anything but success, or of a process that ended before the run did."""
    number = code if isinstance(code, int) else 1
    hint = "Let the code run to its end; sys.exit() without a code counts as an end."
    return failure(job, f"Exited (code {number}) before the run ended", hint, kind="Exited", frames=frames)


def from_signal(job: Job, number: int, frames: list[Frame]) -> RunFailed:
    """Tell of a process that a signal ended, other than ours."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if number == signal.SIGKILL:
        hint = "We did not send it: probably the machine ran out of memory. Use fewer samples or a smaller model."
        return failure(job, f"Crashed ({name})", hint, kind="Crashed", frames=frames)
    hint = "A library written in C failed; look for an older or newer version of what that line calls."
    return failure(job, f"Crashed ({name})", hint, kind="Crashed", frames=frames)


def from_timeout(job: Job, frames: list[Frame]) -> RunFailed:
    """Tell of a job that was stopped because it took too long."""
    hint = f"Raise `timeout` on the run ({job.where}), or make it do less."
    return failure(job, f"Timeout: stopped after {job.timeout:g} s", hint, kind="Timeout", frames=frames)


def from_silence(job: Job, frames: list[Frame]) -> RunFailed:
    """Tell of a job that was stopped because nothing was heard of it for too long."""
    hint = f"Raise `silence` on the run ({job.where}), or let it print or log more often."
    said = f"Timeout: no output or metric for {job.limits.silence:g} s"
    return failure(job, said, hint, kind="Timeout", frames=frames)


def from_limit(job: Job, over: str, frames: list[Frame]) -> RunFailed:
    """Tell of a job that took more than it may.

    Args:
        job: The job.
        over: What its shepherd said: `memory 5000000000 3` (bytes, processes) or `processes 65`.
        frames: The author's lines that were executing.
    """
    what, *numbers = over.split()
    if what == "processes":
        hint = f"Raise `processes` on the run ({job.where}), or start fewer."
        said = f"ProcessLimit: {numbers[0]} processes at once, {job.limits.processes} are allowed"
        return failure(job, said, hint, kind="ProcessLimit", frames=frames)
    processes = f" in {numbers[1]} processes" if numbers[1] != "1" else ""
    said = f"OutOfMemory: {show(float(numbers[0]))}{processes}, {show(job.limits.memory)} are allowed"
    return failure(job, said, _MORE_MEMORY.format(where=job.where), kind="OutOfMemory", frames=frames)


def failure(
    job: Job, said: str, hint: str = "", *, kind: str = "Exception", line: int = 0, frames: list[Frame] | None = None
) -> RunFailed:
    """Build the error of one job.

    Args:
        job: The job that failed.
        said: What happened, `Kind: what`.
        hint: What to do.
        kind: One word for tables and tests.
        line: The line in the page; 0 takes the innermost of `frames` there, else the line of the fence.
        frames: The author's lines that were executing, outermost first.
    """
    own = [frame.line for frame in frames or () if frame.path == job.source_path]
    found = line or (own[-1] if own else 0)
    where = Where(job.source_path, found) if found else job.where
    told = [str(frame) for frame in frames or ()]
    if len(told) > _SHOWN_FRAMES:
        half = _SHOWN_FRAMES // 2
        told = [*told[:half], f"… {len(told) - 2 * half} more", *told[-half:]]
    name = address(job.run, job.params)
    problem = clean(f"run '{name}' seed {job.seed}: {said}", job.root)
    return RunFailed(where, problem, clean(hint, job.root), kind=kind, job=name, seed=job.seed, frames=tuple(told))


def frames_of(job: Job, trace: TracebackType | None) -> list[Frame]:
    """Keep the author's frames of a traceback: those of the snippet and of project modules, no others."""
    entries = [(entry.f_code.co_filename, line) for entry, line in traceback.walk_tb(trace)]
    return [frame for path, line in entries if (frame := _frame(job, path, line))]


def frames_in(job: Job, trace: str) -> list[Frame]:
    """Read the author's frames out of what faulthandler wrote, outermost first; empty when nothing is there."""
    # The thread that crashed is written first; the first one with lines of the page tells most.
    for thread in re.split(r"\n(?=Thread |Current thread )", trace):
        found = [_frame(job, match["path"], int(match["line"])) for match in _FRAME.finditer(thread)]
        frames = [frame for frame in reversed(found) if frame]
        if any(frame.path == job.source_path for frame in frames):
            return frames
    return []


def _frame(job: Job, path: str, line: int) -> Frame | None:
    if path == job.source_path:
        return _own_frame(job, line)
    name = relative(os.path.realpath(path), os.path.realpath(job.root))
    if name is None or not path.endswith(".py") or path.startswith(_OURS):
        return None
    return Frame(name, line, linecache.getline(path, line).strip())


def _own_frame(job: Job, line: int) -> Frame:
    lines = at_lines(job.code, job.first_line, job.parts).split("\n")
    return Frame(job.source_path, line, lines[line - 1].strip() if 0 < line <= len(lines) else "")


_OURS = str(Path(__file__).parent)


def _first_line(error: BaseException) -> str:
    try:
        text = str(error)
    except Exception:
        return ""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _hint(job: Job, error: BaseException, message: str) -> str:
    if isinstance(error, ImportError) and error.name in _EXTRAS:
        return f"pip install 'mkdocs-dlplugin[{_EXTRAS[error.name]}]' where the documentation is built."
    for kind in type(error).__mro__:
        # A KeyError is a LookupError too, but not one of ours.
        if kind.__name__ in _HINTS and (kind is type(error) or kind.__name__ != "LookupError"):
            return _HINTS[kind.__name__]
    if isinstance(error, NameError) and "'run'" in message:
        return "Add `from mkdocs_dlplugin import run`."
    if accelerators.absent(message):
        return "This run has no GPU: write `.to(run.device)`, or ask for one, as in `device: require:cuda`."
    return f"To run only this: mkdocs-dlplugin run '{job.run}'"

"""Observe: which project files a run read, so that its record is measured again when one of them changes."""

from __future__ import annotations

import ast
import contextlib
import importlib.machinery
import inspect
import itertools
import linecache
import os
import shutil
import sys
import threading
import time
import tokenize
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from mkdocs_dlplugin.fingerprint import digest_bytes, digest_code, digest_names
from mkdocs_dlplugin.model import Observed
from mkdocs_dlplugin.sightings import Sightings, relative, stamp_of

WHISPER = "/dev/null/dlplugin/"
"""No file can have this name: who tries to open it tells whoever watches from outside what the next open is for."""

Witness = Callable[[], Mapping[str, Any] | None]
"""Asks who watched this process from outside for its `Sightings`, as plain values; `None` when there is no answer."""

Purpose = Literal["", "import", "own"]
"""Why Python opens something: for the code, to import it, or for its own use, such as showing a traceback."""

_METADATA = str(Path("importlib", "metadata", "__init__.py"))
_LOOKS_AT_SOURCE = (linecache.__file__, inspect.__file__)
_IMPORTED = tuple(importlib.machinery.all_suffixes())
_TEXT_LIMIT = 300
"""String literals longer than this are prose, not paths."""

_CHILDREN = frozenset({"subprocess.Popen", "os.system", "os.posix_spawn", "os.fork", "os.forkpty", "os.spawn"})
_UNHEARD = frozenset({"duckdb", "h5py", "netCDF4", "polars", "pyarrow", "safetensors", "tables"})
"""Libraries that open files in C."""
_UNHEARD_CALLS = frozenset({"from_file", "read_feather", "read_hdf", "read_orc", "read_parquet"})
"""Functions of other libraries that do."""


class Observer:
    """Listens to what the running code opens; made by `watch`, asked by `finish`."""

    def __init__(self, root: Path, skip: Sequence[Path] = (), witness: Witness | None = None) -> None:
        self._seen = Sightings.of(root, skip)
        self._witness = witness
        self._wanted: set[str] = set()
        """Modules that the project's code asked for."""
        self._newest = next(reversed(sys.modules), "")
        """The module that was loaded last; what comes behind it is this run's."""
        self._began = time.time_ns()
        self._children, self._listening = False, True
        self._busy = threading.local()
        self.level: Literal["kernel", "python"] = "python"
        """Who saw what was read: Linux itself, which sees everything, or Python; known after `finish`."""

    def finish(self, code: str) -> Observed:
        """Stop listening and digest everything the run read.

        Args:
            code: The snippet; where only Python watched, its string literals that name a project file count as reads,
                because libraries that open files in C are not heard.

        Raises:
            Changed: a file is not what it was when the run opened it.
        """
        self._listening = False
        told = self._witness() if self._witness is not None else None
        imported = self._modules()
        if told is not None:
            self.level = "kernel"
            self._seen.take(told)
        else:
            self._late([*_named(code, self._seen.root), *_mapped()])
        for path in imported:
            self._seen.open(path, os.O_RDONLY, importing=True)
        for path in self._absent():
            self._seen.look(path)
        return self._digested()

    def _digested(self) -> Observed:
        seen, complete = self._seen, self.level == "kernel"
        modules = {path: _digest_module(path) for path in sorted(seen.modules)}
        files = {path: _digest(path) for path in sorted(seen.read)}
        nameless = _nameless(seen.root) if None in files.values() else set()
        # Only now is it certain that what was digested is what the run read.
        return Observed(
            modules={
                seen.name(path): digest
                for path, digest in modules.items()
                if seen.is_input(path, complete=complete) and digest is not None
            },
            files={
                seen.name(path): digest
                for path, digest in files.items()
                if seen.is_input(path, complete=complete) and (digest or path not in nameless)
            },
            folders={
                seen.name(path): digest_names(names)
                for path in sorted(seen.folders)
                if (names := seen.names(path, complete=complete)) is not None
            },
        )

    def unseen(self, sources: Iterable[str]) -> list[str]:
        """Say in words what may have been read without being seen; empty when that is nothing.

        Args:
            sources: The snippet and the project modules it imported.
        """
        if self.level == "kernel":
            return sorted(self._seen.unseen)
        if self._witness is not None:
            return ["this run, which lost its way to who watches it"]
        found = {name for source in sources for name in _reads_in_c(source)}
        return [*sorted(found), *(["processes it started"] if self._children else [])]

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """Take one audit event; cheap for everything outside the project."""
        if not self._listening or getattr(self._busy, "here", False):
            return
        # Looking at a path raises events of its own; those of other threads must not be missed meanwhile.
        self._busy.here = True
        try:
            if event == "open" and isinstance(args[0], str | bytes) and not _below_descriptor(args[0]):
                self._open(os.fsdecode(args[0]), args[2] or 0)
            elif event in {"os.listdir", "os.scandir"} and not isinstance(args[0], int):
                self._list(os.fsdecode(args[0]) if isinstance(args[0], str | bytes) else ".")
            elif event == "import" and args[0] not in sys.modules:
                file = next(iter(_callers(3)), "")
                # Modules written in C have no frame of their own: who imports them seems to ask in their place.
                frozen = file.startswith("<frozen")
                if not frozen and relative(self._seen.place(file), self._seen.root) is not None:
                    self._wanted.add(args[0])
            elif event in _CHILDREN:
                self._children = True
            elif event == "sqlite3.connect" and isinstance(args[0], str | bytes) and self._witness is None:
                self._seen.open(self._seen.place(os.fsdecode(args[0])), os.O_RDWR)
            elif event in {"os.rename", "os.mkdir"} and self._witness is None:
                self._make(event, args)
        finally:
            self._busy.here = False

    def _open(self, path: str, flags: int) -> None:
        purpose = _purpose(path)
        if self._witness is not None:
            self._whisper(purpose, path)
        elif purpose != "own":
            self._seen.open(self._seen.place(path), flags, importing=purpose == "import")

    def _list(self, path: str) -> None:
        own = _looking_for_modules()
        if self._witness is not None:
            self._whisper("own" if own else "", path)
        elif not own:
            self._seen.scan(self._seen.place(path))

    def _make(self, event: str, args: tuple[Any, ...]) -> None:
        both = args[: 2 if event == "os.rename" else 1]
        paths = [self._seen.place(os.fsdecode(path)) for path in both if isinstance(path, str | bytes)]
        self._seen.make(*(path for path in paths if event == "os.rename" or not Path(path).exists()))

    def _whisper(self, purpose: Purpose, path: str) -> None:
        """Tell who watches from outside what this thread's next open of a path is for, unless it is for the code."""
        place = self._seen.place(path) if purpose else ""
        if place == self._seen.root or place.startswith(self._seen.root + os.sep):
            with contextlib.suppress(OSError):
                os.close(os.open(f"{WHISPER}{purpose}{place}", os.O_RDONLY))

    def _late(self, paths: Iterable[str]) -> None:
        """Take files that were noticed only at the end."""
        for path in paths:
            # A younger file is one that the run wrote itself, through a library that is not heard.
            if path.startswith(self._seen.root) and (stamp := stamp_of(path)) and stamp[0] < self._began:
                self._seen.open(self._seen.place(path), os.O_RDONLY)

    def _modules(self) -> set[str]:
        """Find the project's modules among those imported since the run began."""
        # Not by comparing with all that were there: touching two thousand names costs a fork the pages they lie on.
        new = _files(itertools.takewhile(lambda name: name != self._newest, reversed(sys.modules)))
        # Modules that torch makes itself name files that are not there, such as `_classes.py`.
        files = [self._seen.place(file) for file in new if Path(file).is_absolute()]
        return {file for file in files if file.endswith(".py") and relative(file, self._seen.root) is not None}

    def _absent(self) -> Iterable[str]:
        """Yield the files that would have been modules, had they been there, of imports that failed."""
        for name in self._wanted:
            parts = name.split(".")
            there = next((n for n in range(len(parts)) if ".".join(parts[: n + 1]) not in sys.modules), len(parts))
            base = Path(self._seen.root, *parts[: there + 1])
            if there < len(parts) and base.parent.is_dir():
                yield from (f"{base}.py", str(base / "__init__.py"))


def watch(root: Path, skip: Sequence[Path] = (), witness: Witness | None = None) -> Observer:
    """Begin to observe this process.

    Args:
        root: Folder of `mkdocs.yml`; nothing outside it is an input.
        skip: Folders inside it that are not inputs, such as the run's own scratch folder.
        witness: Asks who watches this process from outside, where somebody does.
    """
    if not _hooked:
        # An audit hook can never be removed, so one serves all runs of this process.
        sys.addaudithook(_dispatch)
        _hooked.append(True)
    _current[:] = [Observer(root, skip, witness)]
    return _current[0]


_hooked: list[bool] = []
_current: list[Observer] = []


def _dispatch(event: str, args: tuple[Any, ...]) -> None:
    for observer in _current:
        observer.hear(event, args)


def _purpose(path: str) -> Purpose:
    """Tell for whom Python opens a file, from who called `open`."""
    callers = iter(_callers(5))
    file = next(callers, "")
    if file.startswith("<frozen importlib"):
        # Packages also hand out their data files this way, as `pkgutil.get_data` does.
        return "import" if path.endswith(_IMPORTED) else ""
    while file == tokenize.__file__:
        file = next(callers, "")
    return "own" if file in _LOOKS_AT_SOURCE else ""


def _looking_for_modules() -> bool:
    """Tell whether Python's own machinery lists: imports and `importlib.metadata` do it for every entry of sys.path."""
    file = next(iter(_callers(5)), "")
    return file.startswith("<frozen importlib") or file.endswith(_METADATA)


def _below_descriptor(path: str | bytes) -> bool:
    """Tell whether a relative path is meant below an open folder, which `shutil` does and the event does not say."""
    removing = next(iter(_callers(4)), "") == shutil.__file__
    return removing and not Path(os.fsdecode(path)).is_absolute()


def _callers(depth: int) -> Iterable[str]:
    """Yield the files of the frames from some depth on; nothing where C called, which has no frame."""
    try:
        frame: FrameType | None = sys._getframe(depth)
    except ValueError:
        return
    while frame is not None:
        yield frame.f_code.co_filename
        frame = frame.f_back


def _nameless(root: str) -> set[str]:
    """Name what is taken for a file because some of torch's modules have a bare name for one."""
    # Only where it is needed: looking at two thousand modules costs more than a short run.
    return {os.path.join(root, file) for file in _files(sys.modules) if not os.path.isabs(file)}  # noqa: PTH117, PTH118


def _files(names: Iterable[str]) -> list[str]:
    """List the files of modules that have one."""
    files = [getattr(sys.modules.get(name), "__file__", None) for name in list(names)]
    return [file for file in files if isinstance(file, str)]


def _digest_module(path: str) -> str | None:
    try:
        return digest_code(Path(path).read_text("utf-8", "surrogateescape"))
    except OSError:
        return None


def _digest(path: str) -> str | None:
    try:
        return digest_bytes(Path(path).read_bytes())
    except OSError:
        return None


def _named(code: str, root: str) -> Iterable[str]:
    """Yield the project files that string literals of the snippet name."""
    for node in _nodes(code):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and 0 < len(text) < _TEXT_LIMIT and text.isprintable() and Path(root, text).is_file():
            yield str(Path(root, text))


def _reads_in_c(source: str) -> Iterable[str]:
    """Yield the libraries and functions in a source that open files where Python does not hear it."""
    for node in _nodes(source):
        if isinstance(node, ast.Import):
            yield from {alias.name.partition(".")[0] for alias in node.names} & _UNHEARD
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from {node.module.partition(".")[0]} & _UNHEARD
        elif isinstance(node, ast.Attribute) and node.attr in _UNHEARD_CALLS:
            yield f"{node.attr}()"
        elif isinstance(node, ast.Attribute) and ast.unparse(node).endswith("jit.load"):
            yield "torch.jit.load()"


def _nodes(source: str) -> list[ast.AST]:
    try:
        return list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return []


def _mapped() -> Iterable[str]:
    """Yield the files mapped into memory, which is how some loaders in C read; Linux only."""
    try:
        lines = Path("/proc/self/maps").read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    yield from {line.split(None, 5)[5] for line in lines if "/" in line and len(line.split(None, 5)) > 5}

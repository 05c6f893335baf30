"""Observe: which project files a run read, so that its record is measured again when one of them changes."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mkdocs_dlplugin.fingerprint import IGNORED, digest_bytes, digest_code, digest_names, listing
from mkdocs_dlplugin.model import Observed

_WRITES = os.O_WRONLY | os.O_RDWR
_METADATA = str(Path("importlib", "metadata", "__init__.py"))
_TEXT_LIMIT = 300
"""String literals longer than this are prose, not paths."""


class Changed(Exception):
    """A file changed while a run was reading it, so nobody knows which version was measured."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Observer:
    """Listens to what the running code opens; made by `watch`, asked by `finish`."""

    def __init__(self, root: Path, skip: Sequence[Path] = ()) -> None:
        self._root, self._given = os.path.realpath(root), os.path.abspath(root)  # noqa: PTH100 - links are to stay
        # Libraries that look at their callers' source read ours, which is part of the project where it is developed.
        self._skip = tuple(os.path.realpath(path) + os.sep for path in (*skip, Path(__file__).parent))
        self._stamps: dict[str, tuple[int, int] | None] = {}
        self._written: set[str] = set()
        self._folders: set[str] = set()
        self._wanted: set[str] = set()
        """Modules that the project's code asked for."""
        self._before = set(sys.modules)
        self._began = time.time_ns()
        self._listening = True
        self._busy = threading.local()

    def finish(self, code: str) -> Observed:
        """Stop listening and digest everything the run read.

        Args:
            code: The snippet; its string literals that name a project file count as reads, because libraries
                that open files in C are not heard.

        Raises:
            Changed: a file is not what it was when the run opened it.
        """
        self._listening = False
        modules = self._modules()
        for path in modules:
            self._read(path, 0)
        self._late([*_named(code, self._root), *_mapped()])
        self._stamps |= {path: None for path in self._absent() if path not in self._stamps}
        for path, stamp in self._stamps.items():
            if path not in self._written and stamp is not None and stamp != _stamp(path):
                raise Changed(relative(path, self._root) or path)
        read = sorted(path for path, stamp in self._stamps.items() if stamp == _stamp(path))
        return Observed(
            modules={self._name(p): _digest_module(p) for p in read if p in modules},
            files={self._name(p): _digest(p) for p in read if p not in modules},
            folders={self._name(p): digest_names(listing(p)) for p in sorted(self._folders) if Path(p).is_dir()},
        )

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """Take one audit event; cheap for everything outside the project."""
        if not self._listening or getattr(self._busy, "here", False):
            return
        # Looking at a path raises events of its own; those of other threads must not be missed meanwhile.
        self._busy.here = True
        try:
            if event == "open" and isinstance(args[0], str | bytes) and not _below_descriptor(args[0]):
                self._read(self._place(os.fsdecode(args[0])), args[2] or 0)
            elif event in {"os.listdir", "os.scandir"} and not _looking_for_modules():
                self._list(args[0])
            elif event == "sqlite3.connect" and isinstance(args[0], str | bytes):
                self._read(self._place(os.fsdecode(args[0])), os.O_RDWR)
            elif event == "import" and args[0] not in sys.modules:
                if relative(self._place(sys._getframe(2).f_code.co_filename), self._root) is not None:
                    self._wanted.add(args[0])
            elif event == "os.rename":
                both = [path for path in args[:2] if isinstance(path, str | bytes)]
                for path in both:
                    self._write(self._place(os.fsdecode(path)))
        finally:
            self._busy.here = False

    def _place(self, path: str) -> str:
        """Name a path as it was written where that is in the project, and else as it is without links.

        A link may point elsewhere tomorrow, or out of the project; its name is what the code depends on.
        """
        written, real = os.path.abspath(path), os.path.realpath(path)  # noqa: PTH100 - likewise
        if written.startswith(self._given + os.sep):
            written = self._root + written[len(self._given) :]
        inside = relative(written, self._root) is not None
        return written if inside and (written == real or os.path.realpath(written) == real) else real

    def _write(self, path: str) -> None:
        self._written.update((path, os.path.realpath(path)))

    def _read(self, path: str, flags: int) -> None:
        path = _source(path)
        if relative(path, self._root) is None or path.startswith(self._skip):
            return
        known = path in self._written or os.path.realpath(path) in self._written
        if flags & _WRITES:
            # A database is opened for both; it counts as read unless the run turns out to have changed it.
            if flags & os.O_RDWR and not flags & (os.O_TRUNC | os.O_CREAT) and not known:
                self._stamps.setdefault(path, _stamp(path))
            self._write(path)
        elif not known and not Path(path).is_dir():
            self._stamps.setdefault(path, _stamp(path))

    def _late(self, paths: Iterable[str]) -> None:
        """Take files that were noticed only at the end."""
        for path in paths:
            # A younger file is one that the run wrote itself, through a library that is not heard.
            if path.startswith(self._root) and (stamp := _stamp(path)) and stamp[0] < self._began:
                self._read(self._place(path), 0)

    def _list(self, folder: object) -> None:
        if isinstance(folder, int):
            return
        path = self._place(os.fsdecode(folder) if isinstance(folder, str | bytes) else ".")
        inside = path == self._root or relative(path, self._root) is not None
        if inside and not (path + os.sep).startswith(self._skip):
            self._folders.add(path)

    def _modules(self) -> set[str]:
        """Find the project's modules among those imported since the run began."""
        new = [getattr(sys.modules.get(name), "__file__", None) for name in set(sys.modules) - self._before]
        # Modules that torch makes itself name files that are not there, such as `_classes.py`.
        files = [self._place(file) for file in new if isinstance(file, str) and Path(file).is_absolute()]
        return {file for file in files if file.endswith(".py") and relative(file, self._root) is not None}

    def _absent(self) -> Iterable[str]:
        """Yield the files that would have been modules, had they been there, of imports that failed."""
        for name in self._wanted:
            parts = name.split(".")
            there = next((n for n in range(len(parts)) if ".".join(parts[: n + 1]) not in sys.modules), len(parts))
            base = Path(self._root, *parts[: there + 1])
            if there < len(parts) and base.parent.is_dir():
                yield from (f"{base}.py", str(base / "__init__.py"))

    def _name(self, path: str) -> str:
        return "." if path == self._root else relative(path, self._root) or path


def watch(root: Path, skip: Sequence[Path] = ()) -> Observer:
    """Begin to observe this process.

    Args:
        root: Folder of `mkdocs.yml`; nothing outside it is an input.
        skip: Folders inside it that are not inputs, such as the run's own scratch folder.
    """
    if not _hooked:
        # An audit hook can never be removed, so one serves all runs of this process.
        sys.addaudithook(_dispatch)
        _hooked.append(True)
    _current[:] = [Observer(root, skip)]
    return _current[0]


def relative(path: str, root: str) -> str | None:
    """Name a file by its path below `root`, with forward slashes; `None` outside it and in ignored folders."""
    if not path.startswith(root.rstrip(os.sep) + os.sep):
        return None
    below = Path(path[len(root.rstrip(os.sep)) + 1 :])
    return None if IGNORED.intersection(below.parts) else below.as_posix()


_hooked: list[bool] = []
_current: list[Observer] = []


def _dispatch(event: str, args: tuple[Any, ...]) -> None:
    for observer in _current:
        observer.hear(event, args)


def _looking_for_modules() -> bool:
    """Tell whether Python's own machinery lists: imports and `importlib.metadata` do it for every entry of sys.path."""
    file = sys._getframe(3).f_code.co_filename
    return file.startswith("<frozen importlib") or file.endswith(_METADATA)


def _below_descriptor(path: str | bytes) -> bool:
    """Tell whether a relative path is meant below an open folder, which `shutil` does and the event does not say."""
    removing = sys._getframe(3).f_code.co_filename == shutil.__file__
    return removing and not Path(os.fsdecode(path)).is_absolute()


def _source(path: str) -> str:
    """Name the source behind a compiled module, which is what an author edits."""
    if "__pycache__" not in path:
        return path
    try:
        return importlib.util.source_from_cache(path.partition(".pyc")[0] + ".pyc")
    except ValueError:
        return path


def _stamp(path: str) -> tuple[int, int] | None:
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _digest_module(path: str) -> str:
    return digest_code(Path(path).read_text("utf-8", "surrogateescape"))


def _digest(path: str) -> str | None:
    try:
        return digest_bytes(Path(path).read_bytes())
    except OSError:
        return None


def _named(code: str, root: str) -> Iterable[str]:
    """Yield the project files that string literals of the snippet name."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except SyntaxError:
        return
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and 0 < len(text) < _TEXT_LIMIT and text.isprintable() and Path(root, text).is_file():
            yield str(Path(root, text))


def _mapped() -> Iterable[str]:
    """Yield the files mapped into memory, which is how some loaders in C read; Linux only."""
    try:
        lines = Path("/proc/self/maps").read_text("utf-8", "replace").splitlines()
    except OSError:
        return
    yield from {line.split(None, 5)[5] for line in lines if "/" in line and len(line.split(None, 5)) > 5}

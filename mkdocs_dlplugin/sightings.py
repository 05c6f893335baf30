"""Sightings: what was seen of a run's files, by whoever watches it, and which of them were its inputs."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mkdocs_dlplugin.fingerprint import IGNORED, listing

_WRITES = os.O_WRONLY | os.O_RDWR
_PATH = getattr(os, "O_PATH", 0)
"""Opens the name of a file, not its content; Linux only."""
_NO_QUESTION = re.compile(r"<.*|__init__\..*so|.*-(journal|wal|shm)")
"""Names that Python gives to code made at run time, those it tries for each package before the one that is there, and
what SQLite puts beside a database while it writes."""
_SETS = ("read", "modules", "written", "unseen")

Stamp = tuple[int, int]
"""Time of the last change in nanoseconds, and size: differs when a file was written."""


class Changed(Exception):
    """A file changed while a run was reading it, so nobody knows which version was measured."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


@dataclass
class Sightings:
    """The files of one project that one run touched, under the names it touched them by."""

    root: str
    """Folder of `mkdocs.yml` without links; nothing outside it is an input."""
    given: str
    """The same folder as it was given, perhaps through links."""
    skip: tuple[str, ...] = ()
    """Folders inside it that are no inputs, each with a separator at its end."""
    stamps: dict[str, Stamp | None] = field(default_factory=dict)
    """What each file was like just before the run touched it first; `None` where there was none."""
    read: set[str] = field(default_factory=set)
    """Files opened for reading, or looked for and absent."""
    modules: set[str] = field(default_factory=set)
    """Sources that Python opened to import them, or whose compiled form it opened."""
    written: set[str] = field(default_factory=set)
    """Files opened for writing, and what was made or renamed."""
    folders: dict[str, list[str]] = field(default_factory=dict)
    """Folders that were listed, with the names that were in them at first."""
    unseen: set[str] = field(default_factory=set)
    """In words, what may have been read without being seen."""
    _straight: set[str] = field(default_factory=set, repr=False)
    """Folders of the project that are reached without a link, so that most paths need not be followed."""

    @classmethod
    def of(cls, root: Path, skip: Sequence[Path] = ()) -> Sightings:
        """Begin with nothing seen.

        Args:
            root: Folder of `mkdocs.yml`.
            skip: Folders inside it that are not inputs, such as the run's own scratch folder.
        """
        # Libraries that look at their callers' source read ours, which is part of the project where it is developed.
        without = tuple(os.path.realpath(path) + os.sep for path in (*skip, Path(__file__).parent))
        return cls(os.path.realpath(root), os.path.abspath(root), without)  # noqa: PTH100 - links are to stay

    def plain(self) -> dict[str, Any]:
        """Turn what was seen into values that JSON can hold."""
        return {"stamps": self.stamps, "folders": self.folders, **{name: sorted(getattr(self, name)) for name in _SETS}}

    def take(self, plain: Mapping[str, Any]) -> None:
        """Put what another saw, as `plain` told it, in the place of what was seen here."""
        self.stamps = {path: tuple(stamp) if stamp else None for path, stamp in plain["stamps"].items()}
        self.folders = dict(plain["folders"])
        for name in _SETS:
            setattr(self, name, set(plain[name]))

    def place(self, path: str) -> str:
        """Name a path as it was written where that is in the project, and else as it is without links.

        A link may point elsewhere tomorrow, or out of the project; its name is what the code depends on.
        """
        written = os.path.abspath(path)  # noqa: PTH100 - likewise
        if written.startswith(self.given + os.sep):
            written = self.root + written[len(self.given) :]
        folder = os.path.dirname(written)  # noqa: PTH120 - thousands of them
        if folder in self._straight and not os.path.islink(written):  # noqa: PTH114 - likewise
            return written
        real = os.path.realpath(path)
        if written == real and relative(written, self.root) is not None:
            self._straight.add(folder)
        inside = relative(written, self.root) is not None
        return written if inside and (written == real or os.path.realpath(written) == real) else real

    def within(self, path: str) -> bool:
        """Tell whether a path can be an input."""
        return relative(path, self.root) is not None and not path.startswith(self.skip)

    def holds(self, path: str) -> bool:
        """Tell whether a folder can be listed as an input."""
        return path == self.root or (self.within(path) and not (path + os.sep).startswith(self.skip))

    def open(self, path: str, flags: int, *, importing: bool = False) -> None:
        """Note that a file is about to be opened; `importing` when Python does it to execute it as a module."""
        if path in self.read and not flags & (_WRITES | os.O_CREAT):
            return
        compiled, path = path, source_of(path)
        if not self.holds(path):
            return
        if Path(path).is_dir():
            if not flags & (_WRITES | _PATH):
                self.scan(path)
        elif flags & _PATH:
            self.look(path)
        elif importing or compiled != path:
            if not flags & _WRITES:
                self._touch(path)
                self.modules.add(path)
        else:
            self._touch(path)
            # A database is opened for both; it counts as read unless the run turns out to have changed it.
            if not flags & (os.O_WRONLY | os.O_TRUNC):
                self.read.add(path)
            if flags & os.O_CREAT or (flags & _WRITES and Path(path).exists()):
                self._own(path)

    def look(self, path: str) -> None:
        """Note that the run asks whether a file is there; the answer matters when it is no."""
        if path in self.stamps or os.path.exists(path):  # noqa: PTH110 - thousands of them
            return
        if self.within(path) and not _NO_QUESTION.fullmatch(Path(path).name):
            self._touch(path)
            self.read.add(path)

    def scan(self, path: str) -> None:
        """Note that a folder is listed."""
        if path not in self.folders and self.holds(path):
            with contextlib.suppress(OSError):
                self.folders[path] = listing(path)

    def make(self, *paths: str) -> None:
        """Note that the run makes files or folders, or gives them other names."""
        for path in paths:
            if self.within(path):
                self._touch(path)
                self._own(path)

    def _touch(self, path: str) -> None:
        if path not in self.stamps:
            self.stamps[path] = stamp_of(path)

    def _own(self, path: str) -> None:
        self.written.update(self._both(path))

    def _both(self, path: str) -> tuple[str, str]:
        """Return a path with the one it stands for where it is a link."""
        return path, os.path.realpath(path)

    def is_input(self, path: str, *, complete: bool) -> bool:
        """Tell whether a file that was read, or looked for, is an input of the run and not its own work.

        Args:
            path: One of `read` or `modules`.
            complete: Whether all that the run wrote was seen, so that a file that appeared was written by another.

        Raises:
            Changed: another has written to it meanwhile.
        """
        then, now = self.stamps.get(path), stamp_of(path)
        own = self._own_work(path) if self.written else ""
        if own:
            return own == "file" and then == now and then is not None
        if then != now and (then is not None or complete):
            raise Changed(self.name(path))
        return then == now

    def _own_work(self, path: str) -> str:
        """Tell whether the run made a `file` itself, or a `folder` around it."""
        both = self._both(path)
        if any(str(folder) in self.written for one in both for folder in Path(one).parents):
            return "folder"
        return "file" if self.written.intersection(both) else ""

    def names(self, folder: str, *, complete: bool) -> list[str] | None:
        """List the names that a folder has now as far as the run knows: as it saw them, and as it changed them itself.

        Args:
            folder: One of `folders`.
            complete: As above; otherwise whatever is there now is taken for the run's own work.

        Returns:
            The names, `None` when there is no such folder any more.
        """
        try:
            now = listing(folder)
        except OSError:
            return None
        if not complete:
            return now
        then = set(self.folders[folder])
        own = {
            name for name in then.symmetric_difference(now) if {*self._both(f"{folder}{os.sep}{name}")} & self.written
        }
        return sorted((then - own) | (own & set(now)))

    def name(self, path: str) -> str:
        """Name a path below the project's folder, for records and messages."""
        return "." if path == self.root else relative(path, self.root) or path


def relative(path: str, root: str) -> str | None:
    """Name a file by its path below `root`, with forward slashes; `None` outside it and in ignored folders."""
    if not path.startswith(root.rstrip(os.sep) + os.sep):
        return None
    parts = path[len(root.rstrip(os.sep)) + 1 :].split(os.sep)  # noqa: PTH206 - likewise
    return "/".join(parts) if IGNORED.isdisjoint(parts) else None


def source_of(path: str) -> str:
    """Name the source behind a compiled module, which is what an author edits."""
    if "__pycache__" not in path:
        return path
    try:
        return importlib.util.source_from_cache(path.partition(".pyc")[0] + ".pyc")
    except ValueError:
        return path


def stamp_of(path: str) -> Stamp | None:
    """Take the stamp of a file; `None` when there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size

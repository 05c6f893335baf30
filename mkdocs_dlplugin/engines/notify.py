"""Notify: see every file that a run and all below it open, in whatever language, from the process that guards it."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import select
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mkdocs_dlplugin.engines import seccomp
from mkdocs_dlplugin.engines.seccomp import install
from mkdocs_dlplugin.observe import WHISPER
from mkdocs_dlplugin.sightings import Sightings, source_of

__all__ = ["Witness", "ask", "come", "install", "invite", "probe"]

_PATIENCE = 5.0
"""Seconds until the child of `probe` has opened its file."""

_HELPERS = (b"multiprocessing.", b"joblib.externals.loky")
"""In the command lines of processes that Python's own libraries start: they list the folders they import from."""

_MOST = 200_000
"""Files that are noted of one run; who opens more is out to fill this process's memory, or should name a folder."""

_SYSTEM = tuple({f"{path}{os.sep}" for path in ("/usr", "/lib", "/lib64", "/proc", "/sys", "/dev", sys.base_prefix)})


@dataclass
class Witness:
    """Looks at each call that the filter holds, notes what it does to the project's files, and lets it go on."""

    seen: Sightings
    answer: int | None = None
    """Descriptor of the file that takes what was seen when the run asks for it."""
    _purposes: dict[int, tuple[str, str]] = field(default_factory=dict)
    """By thread, what its next open of which path is for."""
    _scanned: set[tuple[int, str]] = field(default_factory=set)
    """Threads and folders they listed."""

    def handle(self, listener: int) -> bool:
        """Look at one call, and let it go on whatever it is; tell whether there can be another.

        Args:
            listener: What `install` returned; it is readable when a call waits.
        """
        held = seccomp.receive(listener)
        if held is None:
            return not seccomp.deserted(listener)
        try:
            # It may have ended meanwhile, or what it names cannot be a path.
            with contextlib.suppress(OSError, ValueError):
                self._look(held)
        finally:
            held.release()
        return True

    def _hear(self, thread: int, said: str) -> None:
        """Take what Python says in the run: what its next open of a path is for, or that it wants the report."""
        purpose, _, path = said.partition("/")
        if purpose != "report":
            self._purposes[thread] = (purpose, f"/{path}")
        elif self.answer is not None:
            with os.fdopen(os.dup(self.answer), "w", encoding="ascii") as file:
                file.truncate(0)
                file.seek(0)
                json.dump(self.seen.plain(), file)

    @property
    def heard(self) -> bool:
        """Whether a process said what its next open is for."""
        return bool(self._purposes)

    def _look(self, held: seccomp.Held) -> None:
        try:
            paths = held.paths()
        except PermissionError:
            self.seen.unseen.add("programs that hide their memory")
            return
        if held.call.act == "ring":
            self.seen.unseen.add("io_uring")
        elif paths and paths[0].startswith(WHISPER):
            self._hear(held.thread, paths[0].removeprefix(WHISPER))
        elif len(self.seen.stamps) > _MOST:
            self.seen.unseen.add(f"runs that open more than {_MOST} files")
        else:
            for path in paths:
                if not self._elsewhere(path):
                    self._note(held, path)

    def _note(self, held: seccomp.Held, path: str) -> None:
        act = held.call.act
        if act == "open":
            self._open(held.thread, self.seen.place(path), held.flags())
        elif act in {"create", "rename"}:
            self.seen.make(self.seen.place(path))
        elif act == "look" and not os.path.exists(path):  # noqa: PTH110 - thousands of them
            self.seen.look(self.seen.place(path))
        elif act == "make" and not os.path.lexists(path):
            self.seen.make(self.seen.place(path))

    def _open(self, thread: int, path: str, flags: int) -> None:
        purpose, about = self._purposes.get(thread, ("", ""))
        if about == path:
            del self._purposes[thread]
        else:
            purpose = ""
        if purpose == "own" or (flags & os.O_DIRECTORY and self._imports_from(thread, path)):
            return
        self.seen.open(path, flags, importing=purpose == "import")
        if not purpose and source_of(path) != path and not flags & (os.O_WRONLY | os.O_RDWR):
            # Another Python, which says nothing; where the compiled form is missing or old, it opens the source next.
            self._purposes[thread] = ("import", source_of(path))

    def _imports_from(self, thread: int, path: str) -> bool:
        """Tell whether a helper process of Python's own libraries lists a folder for the first time, to import."""
        if (thread, path) in self._scanned or not self.seen.holds(path):
            return False
        self._scanned.add((thread, path))
        return any(word in Path(f"/proc/{thread}/cmdline").read_bytes() for word in _HELPERS)

    def _elsewhere(self, path: str) -> bool:
        """Tell cheaply of most paths that they are not in the project."""
        ours = path.startswith((self.seen.root, self.seen.given)) or ".." in path
        return path.startswith(_SYSTEM) and not ours


def invite(line: socket.socket, root: str, skip: Sequence[Path | str], answer: Path) -> Callable[[], Any] | None:
    """Have the process at the other end of a line watch this one, and all it starts, from now on.

    Args:
        line: To that process, which makes a `Witness` of what arrives there, by `come`.
        root: Folder of `mkdocs.yml`.
        skip: Folders inside it that are no inputs.
        answer: A file for its report.

    Returns:
        A function that asks for the report; `None` where Linux does not offer this.
    """
    said = {"root": root, "skip": [str(path) for path in skip], "answer": str(answer)}
    try:
        listener = install()
    except OSError:
        line.send(json.dumps({"watch": {}}).encode())
        return None
    socket.send_fds(line, [json.dumps({"watch": said}).encode()], [listener])
    os.close(listener)
    return functools.partial(ask, answer)


def come(said: Mapping[str, Any]) -> Witness:
    """Make the witness that `invite` asked for.

    Raises:
        OSError: there is a file already where the report is to be.
    """
    skip = [Path(path) for path in said["skip"]]
    # Opened before any code of an author runs, which could put a link there.
    answer = os.open(said["answer"], os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    return Witness(Sightings.of(Path(said["root"]), skip), answer)


def ask(answer: Path) -> dict[str, Any] | None:
    """Ask the witness of this process for its report; `None` when it does not answer.

    Args:
        answer: Where the witness writes it.
    """
    with contextlib.suppress(OSError):
        os.close(os.open(f"{WHISPER}report/", os.O_RDONLY))
    try:
        report = json.loads(answer.read_bytes())
    except (OSError, ValueError):
        return None
    return report if isinstance(report, dict) else None


def probe() -> bool:
    """Find out whether it works here, by having a child process try to open a file."""
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            socket.send_fds(theirs, [b"x"], [install()])
            os.open(f"{WHISPER}own/probe", os.O_RDONLY)
        finally:
            os._exit(0)
    theirs.close()
    witness = Witness(Sightings.of(Path("/")))
    try:
        ours.settimeout(_PATIENCE)
        _, (listener,), _, _ = socket.recv_fds(ours, 1, 1)
        if select.select([listener], [], [], _PATIENCE)[0]:
            witness.handle(listener)
        os.close(listener)
    except (OSError, ValueError):
        return False
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        ours.close()
    return witness.heard

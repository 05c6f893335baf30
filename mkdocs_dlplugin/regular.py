"""Regular: read files that a stranger may have put there: no links, no pipes, no devices, never more than expected."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


class Odd(Exception):
    """A file that is not read, because it is no plain file of its folder, or too large; its text says which."""


class Behind(Odd):
    """A file that is reached through a link only, so that what is done to it is done elsewhere."""


def read(folder: Path, name: str, limit: int) -> bytes:
    """Read a file below a folder.

    The folder itself may be a link, for that is its owner's choice; nothing below it may.

    Args:
        folder: Where it must lie.
        name: Its path below, with forward slashes.
        limit: Bytes beyond which it is not read at all.

    Raises:
        Odd: it is reached through a link, is a link, a pipe or a device, or is larger.
        OSError: it is not there, or cannot be read.
    """
    path = locate(folder, name)
    mode = path.lstat().st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(mode):
        raise Odd("is a symlink" if stat.S_ISLNK(mode) else "is a pipe or a device")
    # What was looked at may have been exchanged since: a link is then refused, and opening a pipe does not wait.
    with os.fdopen(os.open(path, _FLAGS), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Odd("is a pipe or a device")
        if status.st_size > limit:
            raise Odd(f"is {status.st_size:,} bytes large, more than {limit:,}")
        # One byte more than there should be, so that a file that grows meanwhile is noticed.
        content = file.read(status.st_size + 1)
    if len(content) > limit:
        raise Odd(f"is larger than {limit:,} bytes")
    return content


def locate(folder: Path, name: str) -> Path:
    """Name a file below a folder that is reached without any link.

    Raises:
        Odd: the name leaves the folder, or (`Behind`) a folder on the way is a link.
    """
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
        raise Odd("has a name that leaves its folder")
    here = folder
    for part in parts[:-1]:
        here /= part
        if here.is_symlink():
            raise Behind(f"lies behind a symlink ({part})")
    return here / parts[-1]


def outside(path: Path, root: Path) -> bool:
    """Tell whether links lead a path out of the project: the repository around *root*, or else *root*."""
    real = Path(os.path.realpath(path))
    if real == Path(os.path.abspath(path)):  # noqa: PTH100 - without following links
        return False
    project = next((up for up in (root, *root.parents) if (up / ".git").exists()), root)
    return not real.is_relative_to(os.path.realpath(project))


_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))

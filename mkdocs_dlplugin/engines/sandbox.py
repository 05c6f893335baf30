"""Sandbox: keep a job from writing outside its folder and from connecting, by Landlock, which needs no rights."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import os
import socket
import struct
import sys
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mkdocs_dlplugin.engines.linux import give_up_privileges, syscall
from mkdocs_dlplugin.errors import DLError, RunFailed
from mkdocs_dlplugin.explain import Frame, failure
from mkdocs_dlplugin.model import Job, Where

Mode = Literal["auto", "required", "strict", "off"]
"""Where this machine can; else refuse; also keep from reading what is not the project's; never."""

_CREATE, _ADD, _RESTRICT = 444, 445, 446
"""System calls of Landlock, the same on every architecture."""

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _DEVICE = 1 << 13, 1 << 14, 1 << 15
_CHANGES = _WRITE_FILE | sum(1 << bit for bit in range(4, 13)) | _REFER | _TRUNCATE
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _DEVICE
_BIND, _CONNECT = 1 << 0, 1 << 1
_ABSTRACT_SOCKETS, _SIGNALS = 1 << 0, 1 << 1

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty", "shm", "ptmx", "pts")
_GPU_DEVICES = ("nvidia*", "dri", "kfd", "nvidia-caps")
_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/etc", "/opt", "/dev", "/proc", "/sys", "/nix")


@dataclass(frozen=True)
class Policy:
    """What one job may do to files and the network."""

    writes: tuple[str, ...]
    """Folders and devices it may write to."""
    reads: tuple[str, ...] = ()
    """Folders and files it may read; everything when empty."""
    lists: tuple[str, ...] = ()
    """Folders whose names it may list besides."""
    network: bool = False
    """Whether it may use the network."""


@functools.cache
def version() -> int:
    """Return the version of Landlock this kernel offers; 0 when there is none."""
    if sys.platform != "linux":
        return 0
    try:
        return syscall(_CREATE, None, 0, 1)
    except (OSError, AttributeError):
        return 0


def refusal(mode: Mode) -> DLError | None:
    """Say why nothing may run here, because it could not be contained as the settings demand."""
    if mode in {"auto", "off"} or version():
        return None
    problem = f"`sandbox: {mode}` is set, and this machine has no Landlock."
    return DLError(Where("mkdocs.yml"), problem, "It takes Linux 5.13 or newer; see `mkdocs-dlplugin doctor`.")


def policy(job: Job, folder: Path, *, gpu: bool, strict: bool, connected: bool) -> Policy:
    """Say what a job may do.

    Args:
        job: The job, with `write_to` and `network`.
        folder: Its own folder.
        gpu: Whether it needs the devices of a GPU.
        strict: Whether it may read only the project, Python and the system.
        connected: Whether the network is its own to use: it asked for one, or it sits in a namespace without any.
    """
    devices = [str(Path("/dev", name)) for name in _DEVICES]
    if gpu:
        devices += [str(path) for pattern in _GPU_DEVICES for path in Path("/dev").glob(pattern)]
    own = [str(Path(job.root, name)) for name in job.write_to]
    writes = (str(folder), *devices, *own)
    if not strict:
        return Policy(writes, network=connected)
    project = [str(entry) for entry in Path(job.root).iterdir() if entry.name != ".git"]
    python = {sys.prefix, sys.base_prefix, sys.exec_prefix, *sysconfig.get_paths().values(), *sys.path}
    outside = [path for path in python if path and not Path(job.root).is_relative_to(path)]
    return Policy(writes, (str(folder), *_SYSTEM, *outside, *project), (job.root,), network=connected)


def enforce(rules: Policy) -> None:
    """Hold this process and all it starts to a policy, for good.

    Raises:
        OSError: Landlock is not there or refuses.
    """
    offered = version()
    changes = _CHANGES
    if offered < 2:
        changes &= ~_REFER
    if offered < 3:
        changes &= ~_TRUNCATE
    looks = (_EXECUTE | _READ_FILE | _READ_FOLDER) if rules.reads else 0
    connects = 0 if rules.network or offered < 4 else _BIND | _CONNECT
    scopes = _ABSTRACT_SOCKETS | _SIGNALS if offered >= 6 else 0
    asked = struct.pack("QQQ", changes | looks, connects, scopes)[: 24 if offered >= 6 else 16 if offered >= 4 else 8]
    ruleset = syscall(_CREATE, asked, len(asked), 0)
    try:
        _allow(ruleset, rules.writes, changes | looks)
        _allow(ruleset, rules.reads, looks)
        _allow(ruleset, rules.lists, looks & _READ_FOLDER)
        give_up_privileges()
        syscall(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, paths: Iterable[str], rights: int) -> None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                # Rights that only folders have are refused for anything else.
                granted = rights if os.path.isdir(path) else rights & _OF_FILES  # noqa: PTH112 - thousands of times
                if granted:
                    syscall(_ADD, ruleset, 1, ctypes.create_string_buffer(struct.pack("=Qi", granted, place)), 0)
            finally:
                os.close(place)


def blame(job: Job, error: BaseException, rules: Policy, frames: list[Frame]) -> RunFailed | None:
    """Say that it was the sandbox which made code fail; `None` when it was something else."""
    for cause in _causes(error):
        if not isinstance(cause, OSError):
            continue
        if not job.network and _is_network(cause):
            hint = f"Write `network: true` on the run ({job.where}) if it must connect."
            return failure(job, "Sandbox: the network is off", hint, kind="Sandbox", frames=frames)
        path = cause.filename2 or cause.filename
        if cause.errno not in {errno.EACCES, errno.EPERM, errno.EXDEV} or not isinstance(path, str | bytes):
            continue
        # Not resolved through the working folder of today, which the code may have changed.
        written = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
        if rules.reads and Path(written).exists() and not _inside(written, (*rules.reads, *rules.writes)):
            hint = "`sandbox: strict` lets runs read the project, Python and the system only."
            return failure(job, f"Sandbox: reading {written} is not allowed", hint, kind="Sandbox", frames=frames)
        if not _inside(written, rules.writes) and _would_be_allowed(written):
            hint = "Write to `run.dir`, keep files with `run.save`, or name a project folder in `write_to`."
            return failure(job, f"Sandbox: writing to {written} is not allowed", hint, kind="Sandbox", frames=frames)
    return None


def _causes(error: BaseException) -> Iterable[BaseException]:
    """Yield an error and what it came from, also where a library only keeps that as an attribute."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]


def _is_network(error: OSError) -> bool:
    if isinstance(error, socket.gaierror) or error.errno in {errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH}:
        return True
    return error.errno == errno.EACCES and error.filename is None


def _inside(path: str, folders: Iterable[str]) -> bool:
    real = os.path.realpath(path)
    return any(real == os.path.realpath(f) or real.startswith(os.path.realpath(f) + os.sep) for f in folders)


def _would_be_allowed(path: str) -> bool:
    """Tell whether this user could write there; permissions are asked without the sandbox."""
    return os.access(path if Path(path).exists() else Path(path).parent, os.W_OK)

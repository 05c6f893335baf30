"""Linux: the few calls of the kernel that Python has no words for, each as a plain function that raises OSError."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import socket
import struct
import sys
from pathlib import Path

if sys.platform != "win32":
    import fcntl

NEW_MOUNTS, NEW_USER, NEW_PIDS, NEW_NETWORK = 0x00020000, 0x10000000, 0x20000000, 0x40000000
"""Kinds of namespaces, for `unshare` and `enter`."""

_DEATH_SIGNAL, _DUMPABLE, _NAME, _DROP_BOUND, _SUBREAPER, _NO_NEW_PRIVILEGES = 1, 4, 15, 24, 36, 38
_RECURSIVE, _PRIVATE = 0x4000, 0x40000
_NO_SUID, _NO_DEVICES, _NO_EXEC = 2, 4, 8
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITIES_3 = 0x20080522

_HARMLESS = (0, 1, 2, 3, 4, 6, 7, 8, 10, 13, 31)
"""What root keeps: reading and owning files of others, changing user, low ports. Not: mounting, tracing, killing
others, devices, raising limits, the network's configuration."""


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def syscall(number: int, *values: object) -> int:
    """Call the kernel by number.

    Raises:
        OSError: it refused.
    """
    return _checked(int(_libc().syscall(number, *values)), f"system call {number}")


def die_with_parent(signal: int) -> None:
    """Get a signal when the thread that forked this process ends; elsewhere than on Linux nothing happens."""
    _prctl(_DEATH_SIGNAL, signal)


def adopt_orphans() -> None:
    """Become the parent of whatever is left below this process."""
    _prctl(_SUBREAPER, 1)


def call_myself(name: str) -> None:
    """Set the name under which this process is listed, up to 15 characters."""
    _prctl(_NAME, ctypes.c_char_p(name.encode()[:15]))


def hide_memory() -> None:
    """Keep other processes of this user from reading this one's memory and environment."""
    _prctl(_DUMPABLE, 0)


def give_up_privileges() -> None:
    """Let no program started from here gain rights that this process does not have."""
    _prctl(_NO_NEW_PRIVILEGES, 1)


def _prctl(option: int, value: object) -> None:
    if sys.platform == "linux":
        _libc().prctl(option, value, 0, 0, 0)


def unshare(kinds: int) -> None:
    """Move this process, or its later children for `NEW_PIDS`, into new namespaces.

    Raises:
        OSError: the kernel or its settings do not allow it.
    """
    _checked(_libc().unshare(kinds), "unshare")


def enter(descriptor: int, kinds: int) -> None:
    """Join namespaces of the process behind a pidfd, or the one behind a file of `/proc/<pid>/ns`.

    Raises:
        OSError: the kernel does not allow it.
    """
    _checked(_libc().setns(descriptor, kinds), "setns")


def own_user_namespace(kinds: int) -> None:
    """Move into a user namespace in which this process may make others, and in which users are who they were.

    Args:
        kinds: Other namespaces to make with it, which then belong to it.

    Raises:
        OSError: the kernel or its settings do not allow it.
    """
    user, group = os.getuid(), os.getgid()
    unshare(NEW_USER | kinds)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        Path("/proc/self", name).write_text(text, "ascii")


def mount_own(shared_memory: int = 0) -> None:
    """Give this mount namespace a `/proc` of its processes only, and shared memory of its own.

    Args:
        shared_memory: Bytes that may lie in `/dev/shm`; 0 leaves that as it is.

    Raises:
        OSError: `/proc` cannot be mounted.
    """
    _mount(b"none", b"/", None, _PRIVATE | _RECURSIVE)
    _mount(b"proc", b"/proc", b"proc", _NO_SUID | _NO_DEVICES | _NO_EXEC)
    if shared_memory and Path("/dev/shm").is_dir():  # noqa: S108 - a mount of our own
        _mount(b"tmpfs", b"/dev/shm", b"tmpfs", _NO_SUID | _NO_DEVICES, f"mode=1777,size={shared_memory}".encode())


def _mount(source: bytes, target: bytes, kind: bytes | None, flags: int, data: bytes | None = None) -> None:
    _checked(_libc().mount(source, target, kind, flags, data), f"mount {target.decode()}")


def loopback_up() -> None:
    """Switch on the loopback interface of a new network namespace, which is all the network it has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, 0x8914, struct.pack("16sh14x", b"lo", 0x1))


def drop_capabilities() -> None:
    """Give up for good what would let this process out of its namespaces or past its limits."""
    number = _CAPSET.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return
    outside = _is_initial_user_namespace()
    kept = sum(1 << one for one in _HARMLESS) if outside and os.geteuid() == 0 else 0
    for capability in range(_capabilities()):
        if not kept >> capability & 1:
            _libc().prctl(_DROP_BOUND, capability, 0, 0, 0)
    head = struct.pack("II", _CAPABILITIES_3, 0)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    _libc().syscall(number, head, struct.pack("6I", low, low, 0, high, high, 0))


@functools.cache
def _capabilities() -> int:
    """Count the capabilities this kernel knows."""
    try:
        return int(Path("/proc/sys/kernel/cap_last_cap").read_text("ascii")) + 1
    except OSError:
        return 64


def _is_initial_user_namespace() -> bool:
    try:
        return Path("/proc/self/uid_map").read_text("ascii").split() == ["0", "0", "4294967295"]
    except OSError:
        return False

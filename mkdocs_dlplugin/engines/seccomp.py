"""Seccomp: have Linux hold each call that names a file until another process has looked at it.

A filter hands such calls to whoever has the descriptor that `install` returns.  Nothing is forbidden, no privilege is
needed, and the filter stays for all that the process starts.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import os
import platform
import select
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mkdocs_dlplugin.engines.linux import give_up_privileges, syscall

if sys.platform != "win32":
    import fcntl

# `socket.send_fds` imports this when it is called, which the filter would hold before anyone could let it go on.
_NEEDED_LATER = (array,)


@dataclass(frozen=True)
class Call:
    """What a system call does with the file it names, and in which arguments it says so."""

    act: Literal["open", "create", "make", "rename", "look", "ring"]
    """`make` leaves alone what is there already; `ring` is the way around system calls that io_uring is."""
    path: int = 0
    folder: int | None = None
    """The descriptor that a relative path starts from; the working folder without one."""
    flags: int | None = None


_OPENAT2 = Call("open", path=1, folder=0)
_EVERYWHERE = {
    425: Call("ring"),  # io_uring_setup
    437: _OPENAT2,
    439: Call("look", path=1, folder=0, flags=3),  # faccessat2
}
_X86_64 = {
    2: Call("open", flags=1),
    4: Call("look"),  # stat
    21: Call("look"),  # access
    59: Call("open"),  # execve
    82: Call("rename"),
    83: Call("make"),  # mkdir
    85: Call("create"),  # creat
    86: Call("make", path=1),  # link
    88: Call("make", path=1),  # symlink
    257: Call("open", path=1, folder=0, flags=2),  # openat
    258: Call("make", path=1, folder=0),  # mkdirat
    262: Call("look", path=1, folder=0, flags=3),  # newfstatat
    264: Call("rename", path=1, folder=0),  # renameat
    265: Call("make", path=3, folder=2),  # linkat
    266: Call("make", path=2, folder=1),  # symlinkat
    269: Call("look", path=1, folder=0),  # faccessat
    316: Call("rename", path=1, folder=0),  # renameat2
    322: Call("open", path=1, folder=0),  # execveat
    332: Call("look", path=1, folder=0, flags=2),  # statx
}
_AARCH64 = {
    34: Call("make", path=1, folder=0),  # mkdirat
    36: Call("make", path=2, folder=1),  # symlinkat
    37: Call("make", path=3, folder=2),  # linkat
    38: Call("rename", path=1, folder=0),  # renameat
    48: Call("look", path=1, folder=0),  # faccessat
    56: Call("open", path=1, folder=0, flags=2),  # openat
    79: Call("look", path=1, folder=0, flags=3),  # newfstatat
    221: Call("open"),  # execve
    276: Call("rename", path=1, folder=0),  # renameat2
    281: Call("open", path=1, folder=0),  # execveat
    291: Call("look", path=1, folder=0, flags=2),  # statx
}


@dataclass(frozen=True)
class Machine:
    """What differs between processors."""

    name: int
    """How the filter sees it, AUDIT_ARCH in Linux's headers."""
    seccomp: int
    """The number of the system call that installs a filter."""
    calls: Mapping[int, Call]


MACHINES = {
    "x86_64": Machine(0xC000003E, 317, {**_X86_64, **_EVERYWHERE}),
    "aarch64": Machine(0xC00000B7, 277, {**_AARCH64, **_EVERYWHERE}),
}

_SET_MODE_FILTER, _NEW_LISTENER, _WAIT_KILLABLE, _SYNC_WAKE_UP = 1, 8, 32, 1
_ALLOW, _NOTIFY, _CONTINUE = 0x7FFF0000, 0x7FC00000, 1
_RECEIVE, _SEND, _IS_VALID, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082102, 0x40082104
_NOTICE, _ANSWER = struct.Struct("QIIiIQ6Q"), struct.Struct("QqiI")
_LOAD, _IF_EQUAL, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER_AT, _MACHINE_AT, _ARGUMENTS_AT = 0, 4, 16

_UNFOLLOWED = 0x1100
"""Flags of calls that ask about an open file, or about a link itself, as Python does for every part of a path."""
_WORKING_FOLDER = -100
"""Stands where a descriptor is expected."""
_LONGEST = 5000
"""Bytes of a path, and of what may stand before it."""


def install(machine: Machine | None = None) -> int:
    """Hold every call of this thread, and of all it will start, that names a file until someone has looked at it.

    Args:
        machine: What to hold calls of; this one's files when not given.

    Returns:
        A descriptor to hand to that someone, at once and without opening anything: until then each such call waits.

    Raises:
        OSError: this kernel or machine does not offer it, or another filter is at work that looks already.
    """
    machine = machine or MACHINES.get(platform.machine())
    if sys.platform != "linux" or machine is None:
        raise OSError("seccomp is used on Linux, on x86_64 and aarch64")
    steps = _filter(machine)
    content = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(content)))
    give_up_privileges()
    try:
        listener = syscall(machine.seccomp, _SET_MODE_FILTER, _NEW_LISTENER | _WAIT_KILLABLE, program)
    except OSError:
        # Older kernels lack the second flag: there a signal may make a call wait twice.
        listener = syscall(machine.seccomp, _SET_MODE_FILTER, _NEW_LISTENER, program)
    # Where Linux knows this, the two processes take turns on one core, which halves the time a call waits.
    with contextlib.suppress(OSError):
        fcntl.ioctl(listener, _SET_FLAGS, _SYNC_WAKE_UP)
    return listener


def _filter(machine: Machine) -> list[tuple[int, int, int, int]]:
    """Write the program that Linux executes at each call: operation, steps to skip if so and if not, operand."""
    steps = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IF_EQUAL, 1, 0, machine.name),
        (_RETURN, 0, 0, _ALLOW),
        (_LOAD, 0, 0, _NUMBER_AT),
    ]
    for number, call in machine.calls.items():
        if call.act == "look" and call.flags is not None:
            steps += [
                (_IF_EQUAL, 0, 4, number),
                (_LOAD, 0, 0, _ARGUMENTS_AT + 8 * call.flags),
                (_IF_ANY_BIT, 0, 1, _UNFOLLOWED),
                (_RETURN, 0, 0, _ALLOW),
            ]
        else:
            steps.append((_IF_EQUAL, 0, 1, number))
        steps.append((_RETURN, 0, 0, _NOTIFY))
    return [*steps, (_RETURN, 0, 0, _ALLOW)]


@dataclass(frozen=True)
class Held:
    """A call that waits to be looked at."""

    listener: int
    identity: int
    thread: int
    """Number of the thread that calls."""
    call: Call
    arguments: tuple[int, ...]

    def paths(self) -> list[str]:
        """Read from the caller's memory what it names, absolute; two names for `rename`.

        Raises:
            OSError: it ended meanwhile, or hides its memory.
        """
        call = self.call
        if call.act == "ring":
            return []
        named = [self._path(call.path, call.folder)]
        if call.act == "rename":
            named.append(self._path(1, None) if call.folder is None else self._path(3, 2))
        # Until here the caller may have ended and its number have gone to another.
        fcntl.ioctl(self.listener, _IS_VALID, struct.pack("Q", self.identity))
        return [path for path in named if path]

    def flags(self) -> int:
        """Return what a file is opened for, as `os.open` takes it; 0 for calls that do not say."""
        if self.call is _OPENAT2:
            return int.from_bytes(self._memory(2, 8), sys.byteorder)
        return 0 if self.call.flags is None else self.arguments[self.call.flags]

    def release(self) -> None:
        """Let the call go on."""
        with contextlib.suppress(OSError):  # it ended meanwhile
            fcntl.ioctl(self.listener, _SEND, _ANSWER.pack(self.identity, 0, 0, _CONTINUE))

    def _path(self, argument: int, folder: int | None) -> str:
        name = os.fsdecode(self._memory(argument, _LONGEST).partition(b"\0")[0])
        if not name or name.startswith("/"):
            return name
        base = _WORKING_FOLDER if folder is None else ctypes.c_int32(self.arguments[folder] & 0xFFFFFFFF).value
        start = Path(f"/proc/{self.thread}", "cwd" if base == _WORKING_FOLDER else f"fd/{base}")
        return f"{start.readlink()}/{name}"

    def _memory(self, argument: int, size: int) -> bytes:
        memory = os.open(f"/proc/{self.thread}/mem", os.O_RDONLY)
        try:
            return os.pread(memory, size, self.arguments[argument])
        finally:
            os.close(memory)


def receive(listener: int) -> Held | None:
    """Take the next call that waits; `None` when its caller has ended meanwhile."""
    notice = bytearray(_NOTICE.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, notice)
    except OSError:
        return None
    identity, thread, _, number, _, _, *arguments = _NOTICE.unpack(notice)
    return Held(listener, identity, thread, MACHINES[platform.machine()].calls[number], tuple(arguments))


def deserted(listener: int) -> bool:
    """Tell whether nobody is left whom the filter could hold."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    return any(event & select.POLLHUP for _, event in poll.poll(0))

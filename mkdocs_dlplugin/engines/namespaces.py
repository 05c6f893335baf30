"""Namespaces: give each job process numbers, mounts and, unless it asks for one, a network of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

from mkdocs_dlplugin.engines.linux import (
    NEW_MOUNTS,
    NEW_NETWORK,
    NEW_PIDS,
    adopt_orphans,
    call_myself,
    die_with_parent,
    enter,
    loopback_up,
    mount_own,
    own_user_namespace,
    unshare,
)
from mkdocs_dlplugin.engines.shepherd import LONGEST, InNamespace, Shepherd, deaf, ring_on_end
from mkdocs_dlplugin.model import Limits


@dataclass(frozen=True)
class Fold:
    """The namespaces of one job, whose first process is its shepherd."""

    shepherd: int
    """A pidfd of the shepherd, by which its namespaces are entered."""
    network: bool
    """Whether there is a network namespace among them."""

    def fork(self) -> int:
        """Fork a process into the namespace of process numbers; the child is to `enter` the rest.

        Raises:
            OSError: the namespaces are gone.
        """
        outside = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        try:
            enter(self.shepherd, NEW_PIDS)
            child = -1
            try:
                child = os.fork()
            finally:
                if child:  # in the child this would say where its own children go: they stay with it
                    enter(outside, NEW_PIDS)
        finally:
            os.close(outside)
        return child

    def enter(self) -> None:
        """Take the mounts and the network of the job, in its process.

        Raises:
            OSError: the namespaces are gone.
        """
        here = os.getcwd()  # noqa: PTH109 - a text is wanted
        enter(self.shepherd, NEW_MOUNTS | (NEW_NETWORK if self.network else 0))
        os.close(self.shepherd)
        os.chdir(here)


def settle_in() -> None:
    """Move this process, which has one thread, into namespaces in which it may make others.

    Root only needs mounts of its own.  Others need a user namespace, and cannot leave the numbers of the processes
    around it: a fork is the first process of new ones and goes on, while this one waits for it and ends as it does.

    Raises:
        OSError: this machine does not allow it.
    """
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            unshare(NEW_MOUNTS)
            return
    own_user_namespace(NEW_MOUNTS | NEW_PIDS)
    inside = os.fork()
    if inside:
        os.closerange(3, 1024)  # the build must notice when the other one is gone
        _, status = os.waitpid(inside, 0)
        os._exit(max(0, os.waitstatus_to_exitcode(status)))
    die_with_parent(signal.SIGKILL)
    mount_own()


def nested() -> bool:
    """Tell whether this process, after `settle_in`, counts processes otherwise than those outside."""
    return os.getpid() == 1


class Launcher:
    """A process forked before anything heavy is imported, so that making namespaces costs two small forks."""

    def __init__(self) -> None:
        """Fork the launcher, and see whether it can do its work; `settle_in` comes first.

        Raises:
            OSError: this machine does not allow it.
        """
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        if os.fork() == 0:
            _forked(lambda: _launch(theirs, self._ours))
        theirs.close()
        try:
            self._try_out()
        except OSError:
            self.close()
            raise

    def fold(self, limits: Limits, leash: int, line: int, *, network: bool) -> Fold:
        """Make the namespaces of a job, with its shepherd in them.

        Args:
            limits: What the shepherd holds the job to.
            leash: The shepherd's end of its socket to the build.
            line: The shepherd's end of its line to the job.
            network: Whether the job may use the network of this machine.

        Raises:
            OSError: they could not be made.
        """
        order = json.dumps({"limits": asdict(limits), "network": network}).encode()
        socket.send_fds(self._ours, [order], [leash, line])
        answer, descriptors, _, _ = socket.recv_fds(self._ours, LONGEST, 1)
        if not descriptors:
            raise OSError(f"no namespaces: {answer.decode() or 'their maker is gone'}")
        return Fold(descriptors[0], not network)

    def close(self) -> None:
        """Let the launcher end; shepherds stay as long as their jobs."""
        self._ours.close()

    def _try_out(self) -> None:
        """Make the namespaces of a job that does nothing."""
        ours, leash = socket.socketpair()
        mine, line = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, leash, mine, line:
            fold = self.fold(Limits(), leash.fileno(), line.fileno(), network=False)
            child = fold.fork()
            if child == 0:
                _forked(lambda: _try_to_enter(fold))
            _, status = os.waitpid(child, 0)
            os.close(fold.shepherd)
            if status:
                raise OSError("namespaces can be made and not entered")


def _try_to_enter(fold: Fold) -> None:
    fold.enter()
    os._exit(0)


def _launch(orders: socket.socket, other: socket.socket) -> None:
    """Make namespaces as long as the zygote asks for them."""
    die_with_parent(signal.SIGKILL)
    other.close()
    deaf()
    call_myself("dl-launcher")
    adopt_orphans()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # shepherds need not be collected
    here = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    while True:
        content, descriptors, _, _ = socket.recv_fds(orders, LONGEST, 2)
        if not content:
            return
        try:
            enter(here, NEW_PIDS)
            unshare(NEW_PIDS)
            _make(json.loads(content), descriptors, orders)
        except OSError as error:
            orders.send(str(error).encode())
        for descriptor in descriptors:
            os.close(descriptor)


def _make(order: dict[str, Any], descriptors: list[int], orders: socket.socket) -> None:
    """Fork the shepherd of a job and send the zygote a handle of it once its namespaces are there."""
    ready, set_up = os.pipe()
    try:
        shepherd = os.fork()
        if shepherd == 0:
            orders.close()
            _forked(lambda: _shepherd(order, descriptors, set_up))
    finally:
        os.close(set_up)
    with os.fdopen(ready, "rb", 0) as news:
        said = news.read(1000)
    if said != b"ready":
        orders.send(said or b"the shepherd ended")
        return
    handle = os.pidfd_open(shepherd)
    socket.send_fds(orders, [b"made"], [handle])
    os.close(handle)


def _shepherd(order: dict[str, Any], descriptors: list[int], set_up: int) -> None:
    """Be the first process of new namespaces, and look after the job in them."""
    leash, line = (socket.socket(fileno=one) for one in descriptors)
    limits = Limits(**order["limits"])
    os.setsid()
    deaf()
    call_myself("dl-shepherd")
    try:
        unshare(NEW_MOUNTS | (0 if order["network"] else NEW_NETWORK))
        mount_own(limits.memory)
        if not order["network"]:
            with contextlib.suppress(OSError):
                loopback_up()
    except OSError as error:
        os.write(set_up, str(error).encode())
        return
    bell = ring_on_end()
    os.write(set_up, b"ready")
    os.close(set_up)
    Shepherd(leash, line, InNamespace(), limits, bell).stay()


def _forked(act: Callable[[], None]) -> NoReturn:
    """Run the rest of a forked process, which must never return into what it was forked from."""
    try:
        act()
    finally:
        os._exit(0)

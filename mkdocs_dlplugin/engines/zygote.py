"""Zygote: the helper process that has the heavy imports behind it and forks one process for each job.

Three kinds of processes: the *zygote*, with one thread; per job a *shepherd*, which adopts and ends whatever the job
leaves behind; below it the job itself.  The build holds each shepherd on a leash, a socket: when it is cut, because
the job is to end or because the build is gone, the shepherd ends its flock and then itself.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import faulthandler
import fcntl
import functools
import gc
import io
import json
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from mkdocs_dlplugin.engines.host import for_run
from mkdocs_dlplugin.engines.preload import find_gpus, load, warm
from mkdocs_dlplugin.engines.processes import below, children, end, left, reap
from mkdocs_dlplugin.engines.wire import Channel, Order, pack, pack_failure, receive_order
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.explain import failure
from mkdocs_dlplugin.provenance import machine
from mkdocs_dlplugin.worker import execute

DUMP = signal.SIGUSR2
"""Makes a job write its Python stack to its trace file, even inside a loop of C."""

_PDEATHSIG, _NAME, _SUBREAPER = 1, 15, 36


def main(descriptor: int, preload: Sequence[str]) -> None:
    """Load libraries, say that we are ready, then fork for each order until the build is gone."""
    control = socket.socket(fileno=descriptor)
    _prctl(_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the build, which cuts the leashes
    failed, crowded = load(preload)
    gpus = find_gpus(os.environ)
    # A version of torch that this does not suit loses the warm-up and nothing else.
    with contextlib.suppress(Exception):
        warm(len(gpus))
    machine()
    gc.collect()
    gc.freeze()
    _prctl(_SUBREAPER, 1)
    control.sendall(json.dumps({"gpus": gpus, "failed": failed, "crowded": crowded}).encode() + b"\n")
    _serve(control)


def _serve(control: socket.socket) -> None:
    bell = _bell()
    shepherds: set[int] = set()
    while True:
        ready, _, _ = select.select([control.fileno(), bell], [], [])
        if bell in ready:
            _hush(bell)
            _reap_shepherds(shepherds)
        if control.fileno() in ready:
            received = receive_order(control)
            if received is None:
                return
            order, descriptors = received
            pid = os.fork()
            if pid == 0:
                control.close()
                _guarded(functools.partial(_shepherd, order, descriptors))
            for one in descriptors:
                os.close(one)
            shepherds.add(pid)


def _reap_shepherds(shepherds: set[int]) -> None:
    """Collect shepherds that ended; when one was killed, end what it can no longer look after."""
    abandoned = False
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            abandoned = abandoned or (ended[0] in shepherds and os.WIFSIGNALED(ended[1]))
            shepherds.discard(ended[0])
    if abandoned:
        end(lambda: [pid for child in children(os.getpid()) - shepherds for pid in (child, *below(child))])


def _shepherd(order: Order, descriptors: list[int]) -> None:
    """Start the job's process, wait for its end or for ours, and leave nothing behind."""
    leash_end, channel, output = descriptors
    leash = socket.socket(fileno=leash_end)
    os.setsid()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    _prctl(_SUBREAPER, 1)
    _prctl(_NAME, ctypes.c_char_p(b"dl-shepherd"))
    bell = _bell()
    me = os.getpid()
    pid = os.fork()
    if pid == 0:
        leash.detach()
        for one in (leash_end, bell):
            os.close(one)
        _guarded(lambda: _job(order, channel, output, me))
    os.close(channel)
    os.close(output)
    _tell(leash, pid=me)
    status = None
    while status is None:
        ready, _, _ = select.select([leash_end, bell], [], [])
        if leash_end in ready:
            if leash.recv(1) == b"T":
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, DUMP)
                    time.sleep(0.1)
            status = end(lambda: below(me), pid) or -signal.SIGKILL
        _hush(bell)
        if status is None:
            status = reap(pid)
    remains = left(me)
    end(lambda: below(me))
    _tell(leash, status=status, left=remains)


def _job(order: Order, channel: int, output: int, shepherd: int) -> None:
    """Become the job: own session, streams, environment and limits; then run the code and send what came out."""
    _prctl(_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != shepherd:
        return
    os.setsid()
    folder = Path(order.folder)
    told = Channel(_out_of_reach(channel))
    _open_streams(output)
    _reset_signals()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")  # rather this one than the author's editor
    trace = (folder / "trace").open("w", encoding="utf-8")
    faulthandler.enable(trace)
    faulthandler.register(DUMP, trace)
    environment = for_run(os.environ, order.job, folder, order.gpu)
    os.environ.clear()
    os.environ.update(environment)
    # Handlers of the libraries loaded in the zygote would cost each job 28 ms.
    atexit._clear()
    if "multiprocessing.util" in sys.modules:
        atexit.register(sys.modules["multiprocessing.util"]._exit_function)
    try:
        record = execute(
            order.job,
            folder / "files",
            lambda values, step: told.send(values={**values, "step": step}),
            device="cuda" if order.gpu else "cpu",
            skip=(Path(order.skip),),
            ends=True,
        )
        message = {"record": pack(record)}
    except RunFailed as failed:
        message = {"failed": pack_failure(failed)}
    except Exception as error:
        said = f"BUG: {type(error).__name__}: {error}"
        hint = "Unless the code replaces parts of Python, please report this with the code of the run."
        message = {"failed": pack_failure(failure(order.job, said, hint, kind="Engine"))}
    _flush()
    told.send(**message)
    atexit._run_exitfuncs()
    _flush()
    os._exit(0)


def _out_of_reach(descriptor: int) -> int:
    """Move a descriptor to a high number, where code that closes the low ones does not meet it."""
    limit = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 4096)
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, max(3, limit - 8))
    os.close(descriptor)
    return high


def _open_streams(output: int) -> None:
    """Close standard input, and send both outputs through one pipe, which keeps their order."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(output)
    sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False), encoding="utf-8")  # noqa: SIM115
    for name, number in (("stdout", 1), ("stderr", 2)):
        raw = open(number, "wb", 0, closefd=False)  # noqa: SIM115
        setattr(sys, name, io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True))
    with contextlib.suppress(ValueError, AttributeError):
        # C libraries print whole lines at once, so that they stand between Python's lines where they belong.
        libc = ctypes.CDLL(None)
        libc.setvbuf(ctypes.c_void_p.in_dll(libc, "stdout"), None, 1, 0)


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        # The code may have closed or replaced them.
        with contextlib.suppress(Exception):
            stream.flush()
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).fflush(None)


def _guarded(act: Callable[[], None]) -> NoReturn:
    """Run the rest of a forked process, which must never return into the loop it was forked from."""
    try:
        act()
    except BaseException:
        traceback.print_exc()
    finally:
        _flush()
        os._exit(70)


def _tell(leash: socket.socket, **message: object) -> None:
    with contextlib.suppress(OSError):
        leash.sendall(json.dumps(message).encode() + b"\n")


def _bell() -> int:
    """Return a descriptor that becomes readable when a child ends."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader


def _hush(bell: int) -> None:
    with contextlib.suppress(BlockingIOError):
        while os.read(bell, 4096):
            pass


def _prctl(option: int, value: object) -> None:
    """Ask Linux for something about this process; elsewhere nothing happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)

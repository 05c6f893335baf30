"""Child: become the process of one job, contained as far as this machine can, run the code, and send what came out."""

from __future__ import annotations

import atexit
import codecs
import contextlib
import ctypes
import faulthandler
import importlib
import io
import json
import os
import signal
import socket
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mkdocs_dlplugin.engines import limits, notify, sandbox
from mkdocs_dlplugin.engines.host import for_run
from mkdocs_dlplugin.engines.linux import drop_capabilities
from mkdocs_dlplugin.engines.shepherd import DUMP
from mkdocs_dlplugin.engines.wire import Channel, Order, pack, pack_failure
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.explain import failure
from mkdocs_dlplugin.provenance import Meter, device_used, machine
from mkdocs_dlplugin.worker import Surroundings, execute

if sys.platform != "win32":
    import fcntl
    import resource


@dataclass(frozen=True)
class Lines:
    """What a job's process was given to speak through."""

    channel: int
    """Descriptor for messages to the build."""
    output: int
    """Descriptor that takes what it prints."""
    shepherd: socket.socket | None = None
    """Line to its shepherd; `None` where it has none."""


def become(order: Order, lines: Lines, isolation: str) -> None:
    """Run a job in this process and end it.

    Args:
        order: The job, its folder and how it is to be contained.
        lines: What to speak through.
        isolation: How far this process is apart from others already: `ns`, `group` or `spawn`.
    """
    folder = Path(order.folder)
    told = Channel(_out_of_reach(lines.channel))
    line = None
    if lines.shepherd is not None:
        line = socket.socket(fileno=_out_of_reach(lines.shepherd.detach()))
        line.send(json.dumps({"pid": os.getpid(), "inherited": limits.own_memory()}).encode())
    _open_streams(lines.output)
    _reset_signals()
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")  # rather this one than the author's editor
    trace = (folder / "trace").open("w", encoding="utf-8")
    faulthandler.enable(trace)
    if DUMP is not None:
        faulthandler.register(DUMP, trace)
    else:
        faulthandler.dump_traceback_later(order.job.timeout, file=trace)
    environment = for_run(os.environ, order.job, folder, order.device.identifier if order.device else "")
    os.environ.clear()
    os.environ.update(environment)
    _use_own_temporary(folder / "tmp")
    # Handlers of the libraries loaded in the zygote would cost each job 28 ms.
    atexit._clear()
    if "multiprocessing.util" in sys.modules:
        atexit.register(sys.modules["multiprocessing.util"]._exit_function)
    told.send(**_result(order, folder, told, isolation, line))
    atexit._run_exitfuncs()
    flush()
    os._exit(0)


def rehearse() -> None:
    """Do once, in the process that jobs are forked from, what needs imports and caches that each would make anew."""
    for name in ("ascii", "utf-8"):
        codecs.lookup(name)
    Meter().read()
    machine()
    device_used()
    limits.own_memory()
    sandbox.version()
    if sys.platform == "linux":
        importlib.import_module("multiprocessing.process")


def _result(order: Order, folder: Path, told: Channel, isolation: str, line: socket.socket | None) -> dict[str, Any]:
    """Execute the job, and make of its record or failure what travels."""
    try:
        rules, contained = _contain(order, folder, isolation)
        surroundings = Surroundings(
            device=order.device.kind if order.device else "cpu",
            skip=(Path(order.skip),),
            ends=True,
            contained=contained,
            witness=notify.invite(line, order.job.root, (folder, order.skip), folder / "seen") if line else None,
            blame=(lambda error, frames: sandbox.blame(order.job, error, rules, frames)) if rules else None,
        )
        record = execute(
            order.job,
            folder / "files",
            lambda values, step: told.send(values={**values, "step": step}),
            surroundings,
        )
        return {"record": pack(record)}
    except RunFailed as failed:
        return {"failed": pack_failure(failed)}
    except Exception as error:
        said = f"BUG: {type(error).__name__}: {error}"
        hint = "Unless the code replaces parts of Python, please report this with the code of the run."
        return {"failed": pack_failure(failure(order.job, said, hint, kind="Engine"))}
    finally:
        flush()


def _contain(order: Order, folder: Path, isolation: str) -> tuple[sandbox.Policy | None, dict[str, Any]]:
    """Hold this process to its limits and its policy.

    Returns:
        The policy, if it is enforced, and what the record says of all this.
    """
    job = order.job
    limits.set_own(job.limits)
    drop_capabilities()
    alone = isolation == "ns" and not job.network
    contained: dict[str, Any] = {"isolation": isolation, "sandbox": "none"}
    contained |= {"network": True} if job.network else {}
    contained |= {"write_to": list(job.write_to)} if job.write_to else {}
    contained |= {"secrets": sorted(job.secrets)} if job.secrets else {}
    if order.sandbox == "off" or not sandbox.version():
        return None, contained
    strict = order.sandbox == "strict"
    rules = sandbox.policy(job, folder, gpu=order.device is not None, strict=strict, connected=job.network or alone)
    try:
        sandbox.enforce(rules)
    except OSError as error:
        if order.sandbox != "auto":
            said = f"Sandbox: it could not be put around the run ({error})"
            raise failure(job, said, "Set `sandbox: auto`, or measure elsewhere.", kind="Sandbox") from error
        return None, contained
    return rules, {**contained, "sandbox": "strict" if strict else "landlock"}


def _out_of_reach(descriptor: int) -> int:
    """Move a descriptor to a high number, where code that closes the low ones does not meet it."""
    if sys.platform == "win32":
        return descriptor
    limit = min(resource.getrlimit(resource.RLIMIT_NOFILE)[0], 4096)
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, max(3, limit - 8))
    os.close(descriptor)
    return high


def _open_streams(output: int) -> None:
    """Close standard input, and send both outputs through one pipe, which keeps their order."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    for one in {nothing, output} - {0, 1, 2}:
        os.close(one)
    sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False), encoding="utf-8")  # noqa: SIM115
    for name, number in (("stdout", 1), ("stderr", 2)):
        raw = open(number, "wb", 0, closefd=False)  # noqa: SIM115
        setattr(sys, name, io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True))
    with contextlib.suppress(ValueError, AttributeError):
        # C libraries print whole lines at once, so that they stand between Python's lines where they belong.
        libc = ctypes.CDLL(None)
        libc.setvbuf(ctypes.c_void_p.in_dll(libc, "stdout"), None, 1, 0)


def _use_own_temporary(folder: Path) -> None:
    """Have Python put temporary files where this job may write."""
    tempfile.tempdir = None  # a library loaded in the zygote may have asked there already
    process = sys.modules.get("multiprocessing.process")
    if sys.platform == "linux" and process is not None:
        # The workers of a DataLoader speak over sockets, whose names may have 107 bytes: too few for many a project.
        short = _out_of_reach(os.open(folder, os.O_RDONLY | os.O_DIRECTORY))
        process.current_process()._config["tempdir"] = f"/proc/{os.getpid()}/fd/{short}"


def _reset_signals() -> None:
    signal.set_wakeup_fd(-1)
    for name in ("SIGTERM", "SIGHUP", "SIGCHLD"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def flush() -> None:
    """Send on what was printed; the code may have closed or replaced the streams."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    with contextlib.suppress(Exception):
        ctypes.CDLL(None).fflush(None)

"""Faults: whatever the code of a page does, it costs its own run, says where, and leaves nothing running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin.engines import Local
from mkdocs_dlplugin.engines.isolation import probe
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.model import Job, Record, Where
from tests.isolation import LEVELS, started

FENCE = 40
"""Line of the fence in the page; the code begins below it."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")


@dataclass(frozen=True)
class Fault:
    """Code that misbehaves, and what its author is told."""

    name: str
    code: str
    line: int = 0
    """Line within the code that is named; 0 for the fence."""
    kind: str = ""
    """Empty when the result is kept all the same."""
    says: str = ""
    """Part of the message, or of a note of the record."""
    timeout: float = 20.0
    breaks: str = ""
    """What it does to an executor in the build's own process: `build` ends it, so that there is no site, with `hangs`
    it never ends, `leaves` is a process left behind; empty for faults that are not tried there."""


LONG = str(1_000_000 + os.getpid())
"""Seconds that what is left behind would sleep; a number of our own, by which its processes are found."""

DAEMON = f"""\
import os, sys
from pathlib import Path
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "{LONG}"])
    os._exit(0)
"""

FAULTS = [
    Fault("exception", "x = 1\n1 / 0", 2, "Exception", "ZeroDivisionError: division by zero", breaks="build"),
    Fault("exception in a helper", "import helper\n\nhelper.outer()", 3, "Exception", "ValueError: from the helper"),
    Fault("syntax error", "x = 1\nx = = 2\n", 2, "Exception", "SyntaxError: invalid syntax"),
    Fault("sys.exit(3)", "import sys\nsys.exit(3)", 2, "Exited", "Exited (code 3) before the run", breaks="build"),
    Fault("sys.exit(0)", "import sys\nsys.exit(0)", breaks="build"),
    Fault("os._exit(0)", "import os\nos._exit(0)", 0, "Exited", "Exited (code 0) before the run ended", breaks="build"),
    Fault("os._exit(3)", "import os\nos._exit(3)", 0, "Exited", "Exited (code 3) before the run ended", breaks="build"),
    Fault(
        "segfault", "import faulthandler\n\nfaulthandler._sigsegv()", 3, "Crashed", "Crashed (SIGSEGV)", breaks="build"
    ),
    Fault("abort", "import os\nos.abort()", 2, "Crashed", "Crashed (SIGABRT)", breaks="build"),
    Fault("kill itself", "import os\nos.kill(os.getpid(), 9)", 0, "Crashed", "Crashed (SIGKILL)", breaks="build"),
    Fault("kill its group", "import os\nos.killpg(0, 9)", 0, "Crashed", "Crashed (SIGKILL)"),
    Fault("endless loop", "while True:\n    pass", -1, "Timeout", "Timeout: stopped after 1 s", 1.0, breaks="hangs"),
    Fault("endless loop in C", "x = 1\nsum(iter(int, 1))", 2, "Timeout", "stopped after 1 s", 1.0, breaks="hangs"),
    Fault(
        "deaf to signals",
        "import signal, time\nfor n in (2, 15):\n    signal.signal(n, signal.SIG_IGN)\ntime.sleep(99)",
        4,
        "Timeout",
        "stopped after 1 s",
        1.0,
    ),
    Fault("stopped", "import os\nos.kill(os.getpid(), 19)", 0, "Timeout", "stopped after 1 s", 1.0),
    Fault("left process", DAEMON, says=f"left 1 process running (sleep {LONG}), ended with the run", breaks="leaves"),
    Fault(
        "left thread",
        f"import threading, time\nthreading.Thread(target=time.sleep, args=({LONG},), name='tail').start()",
        says="left 1 thread running (tail), ended with the run",
        breaks="hangs",
    ),
    Fault("reads input", "x = 1\ninput()", 2, "Exception", "EOFError"),
    Fault("flood", "for _ in range(200):\n    print('x' * 100_000)", says="printed 20.0 MB"),
    Fault("closes its outputs", "import os\nos.close(1)\nos.close(2)\nprint()", 4, "Exception", "Bad file"),
    Fault("closes many files", "import os\nos.closerange(0, 256)"),
    Fault("closes all files", "import os\nos.closerange(0, 70_000)", 0, "Exited", "before the run ended"),
    Fault("KeyboardInterrupt", "raise KeyboardInterrupt", 1, "Exception", "KeyboardInterrupt", breaks="build"),
    Fault("GeneratorExit", "raise GeneratorExit", 1, "Exception", "GeneratorExit"),
    Fault("recursion", "def f():\n    f()\n\nf()", 2, "Exception", "RecursionError"),
    Fault("memory", "x = 1\nx = bytearray(1 << 60)", 2, "OutOfMemory", "OutOfMemory"),
    Fault(
        "not a number",
        "from mkdocs_dlplugin import run\nrun.log({'acc': 1.0})\nrun.log({'acc': float('nan')})",
        3,
        "NotFinite",
        "metric 'acc' is nan",
    ),
    Fault("a list", "from mkdocs_dlplugin import run\nrun.log({'acc': [1]})", 2, "NotSerialisable", "'acc' is a list"),
    Fault(
        "hanging exit handler",
        "import atexit, time\natexit.register(time.sleep, 99)",
        says="exit handlers did not finish",
    ),
]


def job(code: str, root: Path, **options: Any) -> Job:
    """Make a job whose code begins one line below its fence."""
    return Job("bad", code, Where("docs/p.md", FENCE), "docs/p.md", FENCE + 1, 3, root=str(root), **options)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    helper = "def outer():\n    inner()\n\n\ndef inner():\n    raise ValueError('from the helper')\n"
    (root / "helper.py").write_text(helper)
    return root


@pytest.fixture(scope="module", params=LEVELS)
def engine(project: Path, request: pytest.FixtureRequest) -> Iterator[Local]:
    engine = started(request.param, project / ".dlplugin", slots=2)
    yield engine
    engine.close()


HELPERS = ("dl-launcher", "dl-zygote")
"""Names of the processes that stay for the next job."""


def rows_below(engine: Local) -> list[list[str]]:
    """List number, parent, state, name and command line of all processes below the zygote."""
    command = ["ps", "-eo", "pid=,ppid=,stat=,comm=,args="]
    table = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 4) for line in table.splitlines()]
    found, parents = [], {str(engine.zygote)}
    while children := [row for row in rows if row[1] in parents and row[0] not in {f[0] for f in found}]:
        found += children
        parents |= {row[0] for row in children}
    daemons = [row for row in rows if row[4] == f"sleep {LONG}" and row not in found]
    return [row for row in [*found, *daemons] if not row[2].startswith("Z") and row[3] not in HELPERS]


def below(engine: Local) -> list[str]:
    """List what runs below the zygote, or was left by a job of these tests."""
    return [" ".join(row) for row in rows_below(engine)]


def settles_to_nothing(engine: Local) -> bool:
    limit = time.monotonic() + 2
    while (left := below(engine)) and time.monotonic() < limit:
        time.sleep(0.02)
    return not left


def outcome(future: Future[Record]) -> Record | RunFailed:
    error = future.exception(30)
    assert error is None or isinstance(error, RunFailed)
    return error or future.result()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_costs_its_own_run_only(fault: Fault, engine: Local, project: Path):
    neighbour = engine.submit(job("import time\ntime.sleep(0.15)\nprint('well')", project))
    bad = outcome(engine.submit(job(fault.code, project, timeout=fault.timeout)))
    good = outcome(neighbour)

    assert isinstance(good, Record), good
    assert [output.text for output in good.outputs] == ["well\n"]
    if fault.kind:
        assert isinstance(bad, RunFailed), bad
        assert (bad.kind, bad.job, bad.seed) == (fault.kind, "bad", 3)
        assert bad.problem.startswith("run 'bad' seed 3: ")
        assert fault.says in bad.problem
        assert bad.where.path == "docs/p.md"
        assert bad.where.line in ([FENCE + fault.line] if fault.line >= 0 else [FENCE + 1, FENCE + 2])
        assert bad.hint
        assert "\n" not in bad.problem
    else:
        assert isinstance(bad, Record), bad
        assert fault.says in " ".join(bad.notes)
    assert settles_to_nothing(engine)


def test_frames_show_the_page_and_the_helper_and_nothing_of_ours(engine: Local, project: Path):
    failed = outcome(engine.submit(job("import helper\n\nhelper.outer()", project)))

    assert isinstance(failed, RunFailed)
    assert failed.frames == (
        "docs/p.md:43  helper.outer()",
        "helper.py:2  inner()",
        "helper.py:6  raise ValueError('from the helper')",
    )


def test_a_failure_keeps_the_end_of_what_was_printed(engine: Local, project: Path):
    failed = outcome(engine.submit(job("print('before')\n1 / 0", project)))

    assert isinstance(failed, RunFailed)
    assert failed.output == "before\n"


def test_many_faults_in_a_row_leak_no_files(engine: Local, project: Path):
    outcome(engine.submit(job("pass", project)))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(15):
        outcome(engine.submit(job("import os\nos.abort()", project)))

    limit = time.monotonic() + 2
    while (after := len(list(Path("/proc/self/fd").iterdir()))) > before and time.monotonic() < limit:
        time.sleep(0.02)

    assert after <= before


def test_jobs_go_on_when_the_zygote_dies_and_later_ones_get_a_new_one(project: Path, tmp_path: Path):
    engine = Local(tmp_path / "scratch", slots=2)
    try:
        assert isinstance(outcome(engine.submit(job("pass", project))), Record)
        first = engine.zygote
        running = engine.submit(job("import time\ntime.sleep(0.5)", project))
        time.sleep(0.2)
        os.kill(first, 9)
        later = engine.submit(job("pass", project))

        assert isinstance(outcome(running), Record)
        assert isinstance(outcome(later), Record)
        assert engine.zygote != first
    finally:
        engine.close()


SECOND = """
from pathlib import Path
import time
if not Path("seen/before").exists():
    Path("seen/before").touch()
    time.sleep(99)
print("second time")
"""
"""Code that ends only when it is run for the second time."""


def test_a_job_whose_shepherd_is_killed_is_tried_again(engine: Local, tmp_path: Path):
    future = engine.submit(job(SECOND, tmp_path, write_to=("seen",)))
    while not (tmp_path / "seen/before").exists():
        time.sleep(0.02)
    for row in rows_below(engine):
        if row[3] == "dl-shepherd":
            os.kill(int(row[0]), 9)
    record = outcome(future)

    assert isinstance(record, Record), record
    assert record.outputs[0].text == "second time\n"
    assert settles_to_nothing(engine)


ENDS_ITS_SHEPHERD = "import os, time\nos.kill(os.getppid(), 9)\ntime.sleep(9)"


def test_a_job_can_end_its_shepherd_only_without_a_sandbox(engine: Local, project: Path):
    failed = outcome(engine.submit(job(ENDS_ITS_SHEPHERD, project)))

    assert isinstance(failed, RunFailed)
    # In a namespace it has no parent to name, so it ends itself; the sandbox keeps it from any other process.
    ways = {"ns": "Crashed (SIGKILL)", "group": "PermissionError", "bare": "the process that runs it was lost twice"}
    assert any(said in failed.problem for said in ways.values()), failed
    assert settles_to_nothing(engine)


def test_ending_all_processes_ends_the_job_alone(project: Path, tmp_path: Path):
    if probe().level != "ns":
        pytest.skip(probe().why)
    engine = Local(tmp_path / "scratch", slots=2)
    neighbour = engine.submit(job("import time\ntime.sleep(0.5)\nprint('well')", project))
    failed = outcome(engine.submit(job("import os\nos.kill(-1, 9)\n1 / 0", project)))
    good = outcome(neighbour)
    engine.close()

    assert isinstance(good, Record)
    assert isinstance(failed, RunFailed)


def test_closing_ends_what_runs_and_says_so(project: Path, tmp_path: Path):
    engine = Local(tmp_path / "scratch", slots=1)
    running = engine.submit(job(DAEMON + "import time\ntime.sleep(99)", project, timeout=60))
    waiting = engine.submit(job("pass", project))
    while LONG not in " ".join(below(engine)):
        time.sleep(0.02)
    zygote = engine.zygote
    engine.close()
    engine.close()

    failed = outcome(running)
    assert isinstance(failed, RunFailed)
    assert failed.kind == "Interrupted"
    assert waiting.cancelled()
    assert not Path(f"/proc/{zygote}").exists()
    assert LONG not in " ".join(below(engine))
    assert [entry.name for entry in (tmp_path / "scratch").iterdir()] == ["zygote"]


def test_a_job_that_nobody_needs_any_more_is_ended_and_no_other(engine: Local, project: Path):
    code = "import time\nprint('up', flush=True)\ntime.sleep(99)"
    unneeded, neighbour = engine.submit(job(code, project)), engine.submit(job("print('well')", project))
    while not unneeded.running():
        time.sleep(0.02)
    engine.revoke(unneeded)
    failed = outcome(unneeded)

    assert isinstance(failed, RunFailed)
    assert failed.kind == "Interrupted"
    assert isinstance(outcome(neighbour), Record)
    assert settles_to_nothing(engine)


@pytest.mark.parametrize("number", [2, 9, 15])
def test_nothing_goes_on_when_the_build_is_ended(number: int, project: Path, tmp_path: Path):
    build = f"""
    import sys
    sys.path.insert(0, {str(Path(__file__).parents[1])!r})
    from pathlib import Path
    from mkdocs_dlplugin.engines import Local
    from mkdocs_dlplugin.model import Job, Where
    engine = Local(Path({str(tmp_path / "scratch")!r}), slots=1)
    code = {DAEMON + "Path('up/yes').touch()" + chr(10) + "sum(iter(int, 1))"!r}
    future = engine.submit(Job("bad", code, Where("p.md", 1), "p.md", 2, 0, root={str(tmp_path)!r}, write_to=("up",)))
    try:
        future.result()
    finally:
        engine.close()
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(build)], stderr=subprocess.DEVNULL)
    while not (tmp_path / "up/yes").exists():
        time.sleep(0.02)
    process.send_signal(number)
    process.wait(10)
    limit = time.monotonic() + 3
    while (left := leftovers(tmp_path)) and time.monotonic() < limit:
        time.sleep(0.02)

    assert left == []


def leftovers(folder: Path) -> list[str]:
    """List processes whose working folder is inside a folder, or that a daemon of these tests left."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_text().replace("\0", " ")
                if (entry / "cwd").readlink().is_relative_to(folder):
                    found.append(command)
            except OSError:
                continue
    return found


# -- a test of these tests: an engine without a process of its own fails them ------------------------------------

NAIVE = """
import io, json, sys, contextlib
fault = json.loads(sys.argv[1])
for code in (fault, "print('well')"):
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, "page", "exec"), {"__name__": "__main__"})
    text = printed.getvalue()
print("site complete:", text)
"""
"""An executor in the build's own process: run the bad page, then the good one."""


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.breaks], ids=lambda fault: fault.name)
def test_each_fault_breaks_an_engine_without_isolation(fault: Fault, tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", NAIVE, json.dumps(fault.code)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        printed, _ = process.communicate(timeout=0.8)
        broken = "" if "site complete: well" in printed else "build"
    except subprocess.TimeoutExpired:
        broken = "hangs"
        process.kill()
    left = [pid for pid, command in commands() if command == f"sleep {LONG}"]
    for pid in left:
        os.kill(pid, 9)
    process.communicate()

    assert ("leaves" if left else broken) == fault.breaks


def commands() -> list[tuple[int, str]]:
    table = subprocess.run(["ps", "-eo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    return [(int(line.split(None, 1)[0]), line.split(None, 1)[1]) for line in table.splitlines()]

"""Notify: Linux tells what a run reads, all that it starts included, and what is only Python's own affair."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin.engines import Local, notify, seccomp
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.fingerprint import digest_bytes, digest_names
from mkdocs_dlplugin.model import Job, Observed, Record, Where
from mkdocs_dlplugin.observe import watch
from tests.isolation import KERNEL, LEVELS, done, started, unwatched

pytestmark = pytest.mark.skipif(not KERNEL, reason="Linux does not watch here, or it is not Linux")

A = digest_bytes(b"a\n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name, text in {
        "data/a.txt": "a\n",
        "data/b.txt": "b\n",
        "helper.py": "def double(x):\n    return 2 * x\n",
        "package/__init__.py": "",
        "package/table.txt": "a\n",
        "docs/p.md": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module", params=LEVELS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    engine = started(request.param, tmp_path_factory.mktemp("scratch"))
    yield engine
    engine.close()


@pytest.fixture
def record(engine: Local, project: Path):
    """Run code in the project, watched, and return its record."""

    def record(code: str, **options: Any) -> Record:
        allowed = {"write_to": (".", str(project.parent))}
        job = Job("mlp", code, Where("docs/p.md", 1), "docs/p.md", 2, 0, root=str(project), **{**allowed, **options})
        record = engine.submit(job).result(60)
        assert record.provenance["observed"] == "kernel"
        return record

    return record


@pytest.fixture
def observe(record):
    """Likewise, and return what it was seen to read."""
    return lambda code: record(code).observed


def shell(command: str) -> str:
    return f"import subprocess\nsubprocess.run({command!r}, shell=True, check=True, stdout=subprocess.DEVNULL)"


# -- what is read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        shell("cat data/a*"),
        shell("cd data && cat a.txt"),
        "import ctypes\nctypes.CDLL(None).open(b'data/a.txt', 0)",
        "import os\nfolder = os.open('data', os.O_PATH)\nos.open('a.txt', os.O_RDONLY, dir_fd=folder)",
        "import os\nif os.fork() == 0:\n    open('data/a.txt').read()\n    os._exit(0)\nos.wait()",
        "from multiprocessing import get_context\nfrom pathlib import Path\n"
        "with get_context('spawn').Pool(1) as pool:\n    pool.map(Path.read_text, [Path('data/a.txt')])",
        "from joblib import Parallel, delayed\nfrom pathlib import Path\n"
        "Parallel(2)(delayed(Path.read_text)(path) for path in [Path('data/a.txt')] * 2)",
    ],
    ids=["shell", "cd", "C", "below a descriptor", "fork", "spawn", "joblib"],
)
def test_a_file_is_noticed_whoever_below_the_run_opens_it(observe, code: str):
    observed = observe(code)

    assert observed.files == {"data/a.txt": A}
    assert observed.modules == {}
    assert set(observed.folders) == ({"data"} if "a*" in code else set())


def test_a_file_named_in_the_code_but_never_opened_is_no_input(observe):
    assert observe("name = 'data/a.txt'") == Observed()


@pytest.mark.parametrize(
    ("code", "folders"),
    [
        ("import os\nlist(os.walk('.'))", {".", "data", "docs", "package"}),
        ("import os\nlist(os.fwalk('data'))", {"data"}),
        ("from pathlib import Path\nlist(Path('data').rglob('*.txt'))", {"data"}),
        (shell("ls data"), {"data"}),
        ("import os\nos.chdir('data')\nos.listdir()", {"data"}),
    ],
)
def test_a_folder_is_noticed_however_it_is_listed(observe, code: str, folders: set[str]):
    observed = observe(code)

    assert set(observed.folders) == folders
    assert observed.files == {}


@pytest.mark.parametrize(
    "code",
    [
        "from pathlib import Path\nPath('data/more.txt').exists()",
        "import os\nos.path.isfile('data/more.txt')",
        "import os\nos.access('data/more.txt', os.R_OK)",
        shell("test ! -e data/more.txt"),
        shell("cat data/more.txt 2> /dev/null || true"),
        "import os\nos.system('./data/more.txt 2> /dev/null')",
    ],
)
def test_a_file_that_was_looked_for_is_noticed(observe, code: str):
    assert observe(code).files == {"data/more.txt": None}


def test_a_file_that_is_there_and_only_asked_about_is_no_input(observe):
    assert observe("from pathlib import Path\nassert Path('data/a.txt').exists()") == Observed()


def test_a_program_of_the_project_is_an_input(project: Path, observe):
    (project / "tool").write_bytes(Path("/bin/true").read_bytes())
    (project / "tool").chmod(0o755)
    (project / "script").write_text("#!/bin/sh\nexit 0\n")
    (project / "script").chmod(0o755)

    assert list(observe("import subprocess\nsubprocess.run(['./tool'])").files) == ["tool"]
    assert list(observe("import subprocess\nsubprocess.run(['./script'])").files) == ["script"]


# -- what is Python's own affair ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        "import helper",
        "import helper, inspect\ninspect.getsource(helper.double)",
        "import helper, traceback\ntry:\n    helper.double(None)\nexcept TypeError:\n    traceback.format_exc()",
        "import importlib.metadata\nimportlib.metadata.entry_points()\nimport helper",
    ],
)
def test_reading_source_to_show_it_makes_no_data_file_of_a_module(observe, code: str):
    observed = observe(code)

    assert list(observed.modules) == ["helper.py"]
    assert observed.files == {}
    assert observed.folders == {}


def test_a_module_that_is_also_read_as_data_is_both(observe):
    observed = observe("import helper\nopen('helper.py').read()")

    assert list(observed.modules) == list(observed.files) == ["helper.py"]


def test_a_data_file_handed_out_by_a_package_is_data(observe):
    observed = observe("import pkgutil\npkgutil.get_data('package', 'table.txt')")

    assert list(observed.modules) == ["package/__init__.py"]
    assert observed.files == {"package/table.txt": A}


def test_another_python_imports_modules_and_reads_its_script(project: Path, observe):
    (project / "tool.py").write_text("import helper\n")
    for _ in ("compiles", "finds it compiled"):
        observed = observe("import subprocess, sys\nsubprocess.run([sys.executable, 'tool.py'], check=True)")

        assert list(observed.modules) == ["helper.py"]
        assert list(observed.files) == ["tool.py"]


# -- what is the run's own work -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "code",
    [
        shell("echo x > new.txt; cat new.txt"),
        shell("echo x > new.tmp; mv new.tmp new.txt; cat new.txt"),
        shell("mkdir made; echo x > made/x; mv made other; cat other/x; ls other > /dev/null; rm -r other"),
        shell("ln -s data/a.txt link; rm link"),
        "import os\nos.mkdir('made')\nopen('made/x', 'w').close()\nos.rename('made', 'other')\nopen('other/x').read()",
        "import tempfile\nwith tempfile.TemporaryFile(dir='.') as file:\n    file.write(b'x')",
        "import os\nos.path.exists('new.txt')\nopen('new.txt', 'w').write('x')\nopen('new.txt').read()",
    ],
)
def test_what_a_run_makes_itself_is_no_input(observe, code: str):
    assert observe(code) == Observed()


def test_a_file_that_may_be_written_and_was_not_is_an_input(observe):
    assert observe("open('data/a.txt', 'r+').read()").files == {"data/a.txt": A}
    assert observe("open('data/a.txt', 'r+').write('c')").files == {}


# -- what others do meanwhile -------------------------------------------------------------------------------------

WAIT = """
import pathlib, time
pathlib.Path("{0}/go").touch()
while not pathlib.Path("{0}/on").exists():
    time.sleep(0.01)
"""


def meanwhile(folder: Path, act: str) -> subprocess.Popen[bytes]:
    """Start a process of somebody else that acts once the run has come to its middle."""
    code = f"import pathlib, time\nfolder = pathlib.Path({str(folder)!r})\n"
    code += f"while not (folder / 'go').exists(): time.sleep(0.01)\n{act}\n(folder / 'on').touch()"
    return subprocess.Popen([sys.executable, "-c", code])


@pytest.mark.parametrize(
    ("reads", "file"),
    [
        ("open('data/a.txt').read()", "data/a.txt"),
        (shell("cat data/*"), "data/a.txt"),
        ("import helper", "helper.py"),
        ("from pathlib import Path\nPath('data/new.txt').exists()", "data/new.txt"),
    ],
)
def test_a_result_is_not_kept_when_another_writes_to_what_the_run_reads(project, record, tmp_path, reads, file):
    other = meanwhile(tmp_path, f"pathlib.Path({str(project / file)!r}).write_text('changed')")
    try:
        with pytest.raises(RunFailed) as failed:
            record(f"{reads}\n{WAIT.format(tmp_path)}")
    finally:
        other.kill()
        other.wait()

    assert failed.value.kind == "Changed"
    assert f"{file} changed while the run was reading it" in failed.value.problem


def test_a_file_that_another_adds_to_a_listed_folder_meanwhile_makes_the_result_stale(project, observe, tmp_path):
    def added() -> Observed:
        other = meanwhile(tmp_path, f"pathlib.Path({str(project / 'data/more.txt')!r}).touch()")
        try:
            return observe(f"import os\nos.listdir('data')\nopen('data/own', 'w').close()\n{WAIT.format(tmp_path)}")
        finally:
            other.kill()
            other.wait()

    assert added().folders == {"data": digest_names(["a.txt", "b.txt", "own"])}
    assert (project / "data/more.txt").exists()


# -- each system call ---------------------------------------------------------------------------------------------

CALLS = """
import ctypes, os, platform
from mkdocs_dlplugin.engines.seccomp import MACHINES

libc, here = ctypes.CDLL(None), -100
buffer = ctypes.create_string_buffer(4096)
for number, call in MACHINES[platform.machine()].calls.items():
    if call.act == "ring":
        continue
    name = f"made-{number}" if call.act in {"create", "make", "rename"} else f"absent-{number}"
    arguments = [None] * 6
    if call.act == "look":
        arguments[call.path + 1 :] = [ctypes.c_long(0)] * (5 - call.path)
        arguments[4 if number in {291, 332} else call.path + 1] = buffer
    if call.act == "make" and call.path:
        arguments[0] = b"data/a.txt"
        if call.path == 3:
            arguments[:2] = here, b"data/a.txt"
    target = call.path
    if call.act == "rename":
        open("made-before", "w").close()
        arguments[call.path] = b"made-before"
        target = 1 if call.folder is None else 3
        arguments[target - 1] = here if target == 3 else arguments[target - 1]
    if call.folder is not None:
        arguments[call.folder] = here
    arguments[target] = name.encode()
    if number == 437:
        arguments[2], arguments[3] = ctypes.create_string_buffer(24), ctypes.c_long(24)
    libc.syscall(ctypes.c_long(number), *[ctypes.c_long(one) if isinstance(one, int) else one for one in arguments])
    if name.startswith("made"):
        assert os.path.lexists(name), number
        if os.path.isfile(name):
            open(name).close()
"""


def test_every_call_that_names_a_file_is_understood(project: Path, observe):
    calls = seccomp.MACHINES[platform.machine()].calls
    observed = observe(CALLS)

    absent = {f"absent-{number}": None for number, call in calls.items() if call.act in {"open", "look"}}
    assert observed.files == absent
    assert len(absent) >= 9
    assert {path.name for path in project.glob("made-*")} == {
        f"made-{number}" for number, call in calls.items() if call.act in {"create", "make", "rename"}
    }


# -- how it is watched --------------------------------------------------------------------------------------------


def test_threads_that_are_interrupted_all_the_time_meet_no_error_and_miss_nothing(project: Path, observe):
    for number in range(200):
        (project / f"data/{number}").write_text("x")
    code = """
import ctypes, os, signal
from concurrent.futures import ThreadPoolExecutor
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
with ThreadPoolExecutor(4) as pool:
    list(pool.map(lambda n: open(f"data/{n}").read(), range(200)))
signal.setitimer(signal.ITIMER_REAL, 0)
"""

    assert len(observe(code).files) == 200


def test_a_process_that_is_killed_while_it_waits_holds_nobody_up(observe):
    code = """
import os, signal, time
pid = os.fork()
if pid == 0:
    while True:
        os.close(os.open("data/b.txt", os.O_RDONLY))
time.sleep(0.05)
os.kill(pid, signal.SIGKILL)
os.wait()
open("data/a.txt").read()
"""

    assert set(observe(code).files) == {"data/a.txt", "data/b.txt"}


def test_reading_past_the_filter_is_said(record):
    ring = "import ctypes\nctypes.CDLL(None).syscall(425, 1, 0)"

    assert record(ring).notes == ("files read by io_uring may have gone unseen here; name them in `depends`",)
    assert record(ring, depends={"data/a.txt": A}).notes == ()


def test_a_run_cannot_make_its_watcher_write_elsewhere(project: Path, record, tmp_path: Path):
    (tmp_path / "victim").write_text("as it was")
    code = f"""
from mkdocs_dlplugin import run
answer = run.dir.parent / "seen"
answer.unlink()
answer.symlink_to({str(tmp_path / "victim")!r})
open("data/a.txt").read()
"""
    job = Job("mlp", code, Where("docs/p.md", 1), "docs/p.md", 2, 0, root=str(project))
    (told,) = done(tmp_path / "scratch", job)

    assert (tmp_path / "victim").read_text() == "as it was"
    assert "lost its way" in told.notes[0]


def test_a_watcher_that_does_not_answer_is_told_of(project: Path):
    observer = watch(project, witness=lambda: None)
    observed = observer.finish("open('data/a.txt').read()")

    assert observer.level == "python"
    assert observer.unseen([]) == ["this run, which lost its way to who watches it"]
    assert observed.files == {"data/a.txt": A}


def test_a_run_is_observed_by_python_where_another_filter_listens_already(project: Path, tmp_path: Path):
    code = "import subprocess\nfor name in ('a', 'b'):\n    subprocess.run(['cat', f'data/{name}.txt'])"
    job = Job("mlp", code, Where("docs/p.md", 1), "docs/p.md", 2, 0, root=str(project))
    (record,) = unwatched(lambda: done(tmp_path / "scratch", job))

    assert record.provenance["observed"] == "python"
    assert record.observed.files == {}
    assert record.notes == ("files read by processes it started may have gone unseen here; name them in `depends`",)


def test_nothing_is_installed_where_it_is_tried_out():
    before = sorted(os.listdir("/proc/self/fd"))  # noqa: PTH208
    assert notify.probe()

    assert sorted(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
    assert "Seccomp:\t0" in Path("/proc/self/status").read_text()

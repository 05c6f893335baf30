"""Contained: a job takes no more than it may, writes and connects only where it may, and gives no secret away."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin.engines import Local, sandbox
from mkdocs_dlplugin.errors import DLError, RunFailed
from mkdocs_dlplugin.fingerprint import key
from mkdocs_dlplugin.model import Job, Limits, Record, Where
from tests.conftest import Sites
from tests.isolation import LEVELS, needs, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits and sandbox are Linux's")
SANDBOXED = [needs("ns"), needs("group")] if sandbox.version() else []

MIB = 1024**2


def job(code: str, root: Path, **options: Any) -> Job:
    limits = Limits(**options.pop("limits", {}))
    return Job("bad", code, Where("docs/p.md", 40), "docs/p.md", 41, 3, root=str(root), limits=limits, **options)


def outcome(future: Future[Record]) -> Record | RunFailed:
    error = future.exception(60)
    assert error is None or isinstance(error, RunFailed), error
    return error or future.result()


@pytest.fixture(scope="module", params=LEVELS)
def engine(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Local]:
    engine = started(request.param, tmp_path_factory.mktemp("scratch"), slots=2)
    yield engine
    engine.close()


@pytest.fixture(scope="module", params=SANDBOXED)
def guarded(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Local]:
    engine = started(request.param, tmp_path_factory.mktemp("scratch"), slots=2)
    yield engine
    engine.close()


def failed(engine: Local, made: Job) -> RunFailed:
    end = outcome(engine.submit(made))
    assert isinstance(end, RunFailed), end
    return end


def kept(engine: Local, made: Job) -> Record:
    end = outcome(engine.submit(made))
    assert isinstance(end, Record), end
    return end


def printed(record: Record) -> str:
    return "".join(output.text for output in record.outputs)


# -- limits -------------------------------------------------------------------------------------------------------


def test_an_allocation_beyond_the_limit_is_named_with_its_line(engine: Local, tmp_path: Path):
    error = failed(engine, job("x = 1\nx = bytearray(300_000_000)", tmp_path, limits={"memory": 200 * MIB}))

    assert (error.kind, str(error.where)) == ("OutOfMemory", "docs/p.md:42")
    assert error.problem == "run 'bad' seed 3: OutOfMemory: MemoryError (limit 200 MiB)"
    assert "Raise `memory` on the run (docs/p.md:40)" in error.hint


def test_memory_within_the_limit_is_fine_and_its_peak_is_told(engine: Local, tmp_path: Path):
    record = kept(engine, job("x = bytearray(100_000_000)\ndel x", tmp_path, limits={"memory": 200 * MIB}))

    assert 95_000_000 < record.provenance["peak_memory"] < 130_000_000


HOGS = """
import os, time
for _ in range(3):
    if os.fork() == 0:
        x = bytearray(100_000_000)
        time.sleep(30)
time.sleep(30)
"""


def test_memory_of_all_processes_counts_together(engine: Local, tmp_path: Path):
    error = failed(engine, job(HOGS, tmp_path, limits={"memory": 200 * MIB}))

    assert error.kind == "OutOfMemory"
    assert "in 4 processes, 200 MiB are allowed" in error.problem
    assert str(error.where) == "docs/p.md:47"


def test_memory_that_processes_share_counts_once(engine: Local, tmp_path: Path):
    code = """
import os, time
x = bytearray(120_000_000)
children = [os.fork() for _ in range(3)]
time.sleep(0.4)
if 0 in children:
    os._exit(0)
for child in children:
    os.waitpid(child, 0)
"""
    code = code.replace(
        "children = [os.fork() for _ in range(3)]",
        "children = []\nfor _ in range(3):\n    children.append(os.fork())\n    if not children[-1]:\n        break",
    )
    record = kept(engine, job(code, tmp_path, limits={"memory": 250 * MIB}))

    assert record.provenance["peak_memory"] < 250 * MIB


def test_a_fork_bomb_is_ended_and_named(engine: Local, tmp_path: Path):
    error = failed(engine, job("import os\nwhile True:\n    os.fork()", tmp_path))

    assert error.kind in {"ProcessLimit", "Exception"}
    assert "ProcessLimit" in error.problem or "BlockingIOError" in error.problem
    assert error.where.path == "docs/p.md"


def test_silence_ends_a_job_only_when_it_is_limited(engine: Local, tmp_path: Path):
    code = "import time\nprint('well', flush=True)\ntime.sleep(1.2)"
    error = failed(engine, job(code, tmp_path, limits={"silence": 0.5}))

    assert (error.kind, str(error.where)) == ("Timeout", "docs/p.md:43")
    assert error.problem.endswith("Timeout: no output or metric for 0.5 s")
    assert error.output == "well\n"
    kept(engine, job(code, tmp_path))


def test_a_job_that_says_something_is_not_silent(engine: Local, tmp_path: Path):
    code = "import time\nfor i in range(8):\n    print(i)\n    time.sleep(0.15)"

    assert printed(kept(engine, job(code, tmp_path, limits={"silence": 0.8}))).startswith("0\n1\n")


def test_a_file_over_the_limit_is_refused(engine: Local, tmp_path: Path):
    code = "from mkdocs_dlplugin import run\nwith open(run.dir / 'a', 'wb') as f:\n    f.write(bytes(3_000_000))"
    error = failed(engine, job(code, tmp_path, limits={"file_size": 2 * MIB}))

    assert error.kind == "OutOfSpace"
    assert "OutOfSpace: a file over 2 MiB" in error.problem
    assert "`file_size`" in error.hint


def test_output_assets_points_and_figures_are_limited_as_the_run_says(engine: Local, tmp_path: Path):
    code = """
from mkdocs_dlplugin import run
print("x" * 5000)
for i in range(50):
    run.log({"a": i}, step=i)
run.save("a.txt", b"x" * 2000)
"""
    record = kept(engine, job(code, tmp_path, limits={"output": 2000, "points": 10, "assets": 3000}))

    assert len(record.series["a"][0]) == 10
    assert "first and the last 1 kB" in record.notes[0]
    assert "2 kB, more than the 1 kB allowed" in failed(engine, job(code, tmp_path, limits={"assets": 1000})).problem


# -- sandbox ------------------------------------------------------------------------------------------------------


def test_writing_outside_is_refused_with_what_to_do(guarded: Local, tmp_path: Path):
    target = tmp_path / "escaped"
    error = failed(guarded, job(f"x = 1\nopen({str(target)!r}, 'w').write('x')", tmp_path))

    assert (error.kind, str(error.where)) == ("Sandbox", "docs/p.md:42")
    assert "Sandbox: writing to escaped is not allowed" in error.problem
    assert "`write_to`" in error.hint
    assert not target.exists()


@pytest.mark.parametrize(
    "code",
    [
        "import os\nos.mkdir('made')",
        "import os\nos.remove('there')",
        "import os\nos.rename('there', 'elsewhere')",
        "import shutil\nshutil.rmtree('folder')",
        "open('there', 'a').write('x')",
        "import os\nos.truncate('there', 0)",
        "import os\nos.symlink('/etc', 'made')",
    ],
)
def test_nothing_of_the_project_can_be_changed(guarded: Local, tmp_path: Path, code: str):
    (tmp_path / "there").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a").touch()
    error = failed(guarded, job(code, tmp_path))

    assert error.kind == "Sandbox", error
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "folder", "there"]
    assert (tmp_path / "there").read_text() == "mine"


def test_a_run_writes_where_it_says_and_the_record_says_it_too(guarded: Local, tmp_path: Path):
    code = "open('out/a.txt', 'w').write('x')"
    record = kept(guarded, job(code, tmp_path, write_to=("out",)))

    assert (tmp_path / "out/a.txt").read_text() == "x"
    assert record.provenance["write_to"] == ["out"]
    assert record.provenance["sandbox"] == "landlock"


def test_its_own_folders_and_shared_memory_can_be_written(guarded: Local, tmp_path: Path):
    code = """
import multiprocessing.shared_memory, os, tempfile
from pathlib import Path
from mkdocs_dlplugin import run
(run.dir / "a").write_text("x")
(Path.home() / "b").write_text("x")
with tempfile.NamedTemporaryFile() as f:
    f.write(b"x")
block = multiprocessing.shared_memory.SharedMemory(create=True, size=1000)
block.close()
block.unlink()
open(os.devnull, "w").write("x")
"""
    kept(guarded, job(code, tmp_path))


@pytest.fixture
def server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                connection.sendall(b"hello")
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        yield listening.getsockname()[1]


def connecting(port: int) -> str:
    return f"import socket\nwith socket.create_connection(('127.0.0.1', {port}), 3) as s:\n    print(s.recv(9))"


def test_the_network_is_there_only_for_runs_that_ask_for_it(guarded: Local, tmp_path: Path, server: int):
    record = kept(guarded, job(connecting(server), tmp_path, network=True))
    error = failed(guarded, job(connecting(server), tmp_path))

    assert printed(record) == "b'hello'\n"
    assert record.provenance["network"] is True
    # In a namespace of its own there is nobody at that address.
    assert "Sandbox: the network is off" in error.problem or "ConnectionRefusedError" in error.problem


@pytest.mark.parametrize(
    "code",
    [
        "import socket\nsocket.create_connection(('192.0.2.1', 80), 3)",
        "import urllib.request\nurllib.request.urlopen('http://192.0.2.1/', timeout=3)",
    ],
)
def test_a_connection_that_is_refused_says_how_to_allow_it(guarded: Local, tmp_path: Path, code: str):
    error = failed(guarded, job(code, tmp_path))

    assert (error.kind, str(error.where)) == ("Sandbox", "docs/p.md:42")
    assert "Sandbox: the network is off" in error.problem
    assert "`network: true` on the run (docs/p.md:40)" in error.hint


def test_other_processes_are_out_of_reach(guarded: Local, tmp_path: Path):
    code = f"import os\nos.kill({os.getpid()}, 0)"

    assert failed(guarded, job(code, tmp_path)).kind == "Exception"


def test_strict_reads_the_project_and_python_and_nothing_else(tmp_path: Path):
    if not sandbox.version():
        pytest.skip("no Landlock here")
    private = tmp_path / "private"
    private.write_text("mine")
    project = tmp_path / "project"
    project.mkdir()
    (project / "data.txt").write_text("data")
    (project / ".git").mkdir()
    (project / ".git/config").write_text("url = secret")
    engine = Local(tmp_path / "scratch", slots=1, sandbox="strict")
    try:
        own = "import json, sqlite3, os\nprint(open('data.txt').read(), sorted(os.listdir('.')))"
        record = kept(engine, job(own, project))
        refused = [failed(engine, job(f"open({str(file)!r})", project)) for file in (private, project / ".git/config")]
    finally:
        engine.close()

    assert printed(record) == "data ['.git', 'data.txt']\n"
    assert record.provenance["sandbox"] == "strict"
    assert [error.kind for error in refused] == ["Sandbox", "Sandbox"]


def test_a_sandbox_that_is_required_and_not_there_refuses_to_run(real_site: Sites, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mkdocs_dlplugin.engines.sandbox.version", lambda: 0)
    built = real_site('# Hello\n\n```python {run="a"}\nprint(1)\n```\n', sandbox="required")

    assert built.code == 1
    assert "mkdocs.yml: `sandbox: required` is set, and this machine has no Landlock." in built.said
    assert "Hello" in built.page()
    assert built.executed == []


def test_without_a_sandbox_a_run_can_write_and_its_record_says_so(tmp_path: Path):
    engine = Local(tmp_path / "scratch", slots=1, sandbox="off")
    try:
        record = kept(engine, job("open('made', 'w').write('x')", tmp_path))
    finally:
        engine.close()

    assert (tmp_path / "made").exists()
    assert record.provenance["sandbox"] == "none"


# -- secrets ------------------------------------------------------------------------------------------------------


def test_a_declared_secret_reaches_the_code_and_nothing_that_is_kept(engine: Local, tmp_path: Path):
    code = """
import os
from mkdocs_dlplugin import run
secret = os.environ["MINE"]
print("it is", secret, len(secret))
run.save("a.txt", "the secret: " + secret)
"""
    record = kept(engine, job(code, tmp_path, secrets={"MINE": "s3cret"}))

    assert printed(record) == "it is *** 6\n"
    assert record.blobs["a.txt"] == b"the secret: ***"
    assert "output contained the value of MINE: masked" in record.notes
    assert record.provenance["secrets"] == ["MINE"]
    assert "s3cret" not in repr(record)


def test_a_secret_is_masked_in_a_failure_too(engine: Local, tmp_path: Path):
    code = "import os\nprint(os.environ['MINE'])\nraise ValueError('no ' + os.environ['MINE'])"
    error = failed(engine, job(code, tmp_path, secrets={"MINE": "s3cret"}))

    assert error.problem.endswith("ValueError: no ***")
    assert error.output == "***\n"


def test_a_secret_that_names_the_home_folder_is_masked_as_well(engine: Local, tmp_path: Path):
    secret = f"{Path.home()}/.ssh/key-of-the-cluster"
    record = kept(engine, job("import os\nprint(os.environ['MINE'])", tmp_path, secrets={"MINE": secret}))

    assert printed(record) == "***\n"


def test_a_secret_is_no_part_of_the_key(tmp_path: Path):
    plain = job("x = 1", tmp_path)
    secret = job("x = 1", tmp_path, secrets={"MINE": "s3cret"})

    assert key(plain, ()) == key(secret, ())


STEALS = """
import os
from pathlib import Path
found = []
for entry in Path("/proc").iterdir():
    try:
        text = (entry / "environ").read_bytes()
    except OSError:
        continue
    if b"hunter2hunter2" in text:
        found.append(entry.name)
print(found, "GITHUB_TOKEN" in os.environ)
"""

BUILD = """
import json, sys
sys.path.insert(0, {package!r})
from pathlib import Path
from mkdocs_dlplugin.engines import Local
from mkdocs_dlplugin.model import Job, Where
engine = Local(Path({scratch!r}), slots=1, isolation={isolation!r}, sandbox={sandbox!r})
record = engine.submit(Job("a", {code!r}, Where("p.md", 1), "p.md", 2, 0, root={root!r})).result()
engine.close()
print(json.dumps([output.text for output in record.outputs]))
"""


@pytest.mark.parametrize("level", [needs("ns"), needs("group")])
def test_the_environment_of_the_build_cannot_be_read(level: str, tmp_path: Path):
    values = {"package": str(Path(__file__).parents[1]), "scratch": str(tmp_path / "scratch"), "code": STEALS}
    code = BUILD.format(**values, root=str(tmp_path), isolation=level, sandbox="auto")
    environment = {**os.environ, "GITHUB_TOKEN": "hunter2hunter2"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)

    assert json.loads(ran.stdout) == ["[] False\n"]


def test_a_refused_engine_is_told_as_the_author_s_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("mkdocs_dlplugin.engines.sandbox.version", lambda: 0)
    future = Local(tmp_path, sandbox="strict").submit(job("x = 1", tmp_path))

    assert isinstance(future.exception(5), DLError)

"""Pool: any executor is an engine, found by entry point, and survives what its jobs do to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from processes import below, gone, until

from mkdocs_dlplugin.config import check_engine
from mkdocs_dlplugin.engines import Engine, Inline, Progress, Setup, from_executor, known
from mkdocs_dlplugin.engines.away import Away
from mkdocs_dlplugin.engines.pool import Pool
from mkdocs_dlplugin.errors import DLError, RunFailed
from mkdocs_dlplugin.fingerprint import Files, changes
from mkdocs_dlplugin.model import Job, Record, Where

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")


def job(code: str, root: Path, seed: int = 0, **options: Any) -> Job:
    return Job("mlp", code, Where("docs/p.md", 9), "docs/p.md", 10, seed, root=str(root), **options)


def printed(record: Record) -> str:
    return "".join(output.text for output in record.outputs)


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")
    except OSError:
        return ""


def spawned() -> Executor:
    return ProcessPoolExecutor(2, mp_context=get_context("spawn"))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., Engine]]:
    """Makes engines and closes them."""
    engines: list[Engine] = []

    def make(executor: Callable[[], Executor], inner: Any = None, **options: Any) -> Engine:
        setup = Setup(tmp_path / ".dlplugin", tmp_path, **options)
        engines.append(Away(setup, Pool(executor), inner) if inner else from_executor(setup, executor))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.mark.parametrize("executor", [spawned, lambda: ThreadPoolExecutor(2)])
def test_jobs_run_in_an_executor_with_what_they_need_of_the_project(made, executor, tmp_path: Path):
    heard: list[Progress] = []
    (tmp_path / "helper.py").write_text("def read(): return open('points.csv').read()\n")
    (tmp_path / "points.csv").write_text("1 2 3")
    code = "import helper\nfrom mkdocs_dlplugin import run\nprint(helper.read())\nrun.log({'seed': run.seed})"
    engine = made(executor, on_progress=heard.append)
    records = [promise.result(60) for promise in [engine.submit(job(code, tmp_path, seed)) for seed in range(3)]]

    assert [printed(record) for record in records] == ["1 2 3\n"] * 3
    assert [record.metrics for record in records] == [{"seed": 0}, {"seed": 1}, {"seed": 2}]
    assert changes(records[0].observed, Files(tmp_path), {}) == []
    assert sorted(one.event for one in heard) == ["ended"] * 3 + ["metric"] * 3 + ["started"] * 3


def test_a_crash_in_a_job_is_that_jobs_alone(made, tmp_path: Path):
    engine = made(spawned)
    crashed = engine.submit(job("import faulthandler\nfaulthandler._sigsegv()", tmp_path))
    well = engine.submit(job("print('well')", tmp_path, seed=1))

    assert "docs/p.md:11: run 'mlp' seed 0: Crashed (SIGSEGV)" in str(crashed.exception(60))
    assert printed(well.result(60)) == "well\n"


class Deadly:
    """An engine that ends its whole process, as a job that eats all memory does."""

    def __init__(self, folder: Path) -> None:
        self.inline = Inline(folder)

    def submit(self, job: Job) -> Future[Record]:
        if "GRAVES" in job.env:
            Path(job.env["GRAVES"], str(os.getpid())).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.inline.submit(job)

    def close(self) -> None:
        self.inline.close()


def deadly(setup: Setup) -> Engine:
    return Deadly(setup.scratch)


def test_a_job_that_breaks_the_executor_takes_no_other_along(made, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "tests")]))
    graves = tmp_path / "graves"
    graves.mkdir()
    engine = made(spawned, deadly)
    slow = [engine.submit(job("import time\ntime.sleep(0.4)\nprint('well')", tmp_path, seed)) for seed in range(1, 5)]
    poison = engine.submit(job("x = 1", tmp_path, env={"GRAVES": str(graves)}))
    failure = poison.exception(60)

    assert isinstance(failure, RunFailed)
    assert failure.kind == "Engine"
    assert "Engine: its worker was lost (BrokenProcessPool: " in failure.problem
    assert failure.problem.endswith("; retried once")
    assert len(list(graves.iterdir())) == 2
    assert [printed(promise.result(60)) for promise in slow] == ["well\n"] * 4
    assert printed(engine.submit(job("print('and after')", tmp_path, seed=9)).result(60)) == "and after\n"


def test_close_ends_what_runs_and_leaves_nothing(made, tmp_path: Path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    before = set(below(os.getpid()))
    engine = made(spawned)
    promises = [engine.submit(job("import time\ntime.sleep(300)", tmp_path, seed)) for seed in range(2)]
    # In both processes a zygote, a shepherd and a job.
    assert until(lambda: sum("engines.zygote" in line for line in map(command, below(os.getpid()))) >= 6)
    its = [pid for pid in below(os.getpid()) if pid not in before and "resource_tracker" not in command(pid)]
    engine.close()

    assert until(lambda: gone(its), 10)
    assert [promise.exception(10).kind for promise in promises] == ["Interrupted"] * 2
    assert [path for path in (tmp_path / "tmp").rglob("*") if path.is_file()] == []


def test_an_executor_that_cannot_be_made_is_told(made, tmp_path: Path):
    def broken() -> Executor:
        raise OSError("no licence")

    failure = made(broken).submit(job("x = 1", tmp_path)).exception(30)

    assert "Engine: the executor does not start (OSError: no licence)" in str(failure)


# -- engines of other packages ------------------------------------------------------------------------------------

PAGE = """\
```python {run="a" seeds=2}
from mkdocs_dlplugin import run
run.log({"acc": 0.5 + run.seed})
```

It is `{run} a.acc:.2f`.
"""


def install(folder: Path, module: str, code: str, entries: dict[str, str], monkeypatch) -> None:
    """Put a package where Python finds it, as pip would."""
    (folder / f"{module}.py").write_text(code)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    lines = "".join(f"{name} = {value}\n" for name, value in entries.items())
    (info / "entry_points.txt").write_text(f"[mkdocs_dlplugin.engines]\n{lines}")
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])


def test_the_example_of_the_docs_is_an_engine(real_site, tmp_path_factory, monkeypatch):
    text = (ROOT / "docs/plugin/cluster.md").read_text("utf-8")
    code = re.search(r'```python title="docs_engine.py"\n(.*?)```', text, re.DOTALL)[1]
    project = tomllib.loads(re.search(r'```toml title="pyproject.toml"\n(.*?)```', text, re.DOTALL)[1])["project"]
    entries = project["entry-points"]["mkdocs_dlplugin.engines"]
    install(tmp_path_factory.mktemp("package"), "docs_engine", code, entries, monkeypatch)
    built = real_site(PAGE, engine="pool")

    assert len(code.splitlines()) <= 20
    assert (built.code, built.said) == (0, "")
    assert built.executed == ["a/_/0", "a/_/1"]
    assert "It is 1.00" in built.page()


def test_an_engine_that_does_not_start_is_told_and_the_site_is_complete(real_site, tmp_path_factory, monkeypatch):
    code = "def start(setup):\n    raise ValueError('no queue named docs')\n"
    install(tmp_path_factory.mktemp("package"), "queue_engine", code, {"queue": "queue_engine:start"}, monkeypatch)
    built = real_site(PAGE + "\nText.\n", engine="queue")

    assert built.code == 3
    assert "engine 'queue' (queue_engine:start) does not start: ValueError: no queue named docs" in built.said
    assert "Text." in built.page()


def test_a_misspelt_engine_offers_the_right_one(tmp_path_factory, tmp_path: Path, monkeypatch):
    install(tmp_path_factory.mktemp("package"), "queue_engine", "", {"queue": "queue_engine:start"}, monkeypatch)
    said = {}
    for name in ("dusk", "qeue", "zzz"):
        with pytest.raises(DLError) as wrong:
            check_engine(name, known(name), Where("mkdocs.yml"))
        said[name] = str(wrong.value)

    assert said["dusk"] == "mkdocs.yml: 'dusk' is not an engine.\n  Did you mean 'dask'?"
    assert said["qeue"] == "mkdocs.yml: 'qeue' is not an engine.\n  Did you mean 'queue'?"
    assert said["zzz"].startswith("mkdocs.yml: 'zzz' is not an engine.\n  Known here: 'queue', 'local'")


@pytest.mark.parametrize("command", [("mkdocs", "build"), ("mkdocs_dlplugin", "run")])
def test_a_misspelt_engine_is_a_mistake_of_the_author_and_no_traceback(tmp_path: Path, command):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text(PAGE)
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nplugins:\n  - dlplugin:\n      engine: dusk\n")
    path = os.pathsep.join([str(ROOT), *sys.path])
    ran = subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
    )

    assert ran.returncode == 1
    assert "mkdocs.yml: 'dusk' is not an engine.\n  Did you mean 'dask'?" in ran.stderr + ran.stdout
    assert "Traceback" not in ran.stderr


def test_engines_elsewhere_are_loaded_by_those_who_chose_them():
    code = "import sys; import mkdocs_dlplugin.build; print({'asyncio', 'distributed', 'dask'} & set(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert ran.stdout == "set()\n"

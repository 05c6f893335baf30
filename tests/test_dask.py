"""Dask: jobs on a cluster give the same results as here, and lose nothing when a worker is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from processes import below, gone, until

from mkdocs_dlplugin.engines import ENGINES, Engine, Inline, Progress, Setup, preload_for
from mkdocs_dlplugin.errors import DLError, RunFailed
from mkdocs_dlplugin.fingerprint import Files, changes
from mkdocs_dlplugin.model import Job, Record, Where
from tests.isolation import KERNEL

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")

from mkdocs_dlplugin.engines.cluster import connect  # noqa: E402 - not without distributed

ROOT = Path(__file__).parents[1]

TRAIN = """\
import numpy as np
import torch
from torch import nn
from mkdocs_dlplugin import run

x = torch.randn(64, 2)
y = (x[:, 0] * x[:, 1] > 0).long()
net = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.Adam(net.parameters(), 1e-2)
for step in range(20):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(net(x), y)
    loss.backward()
    optimizer.step()
    run.log({"loss": loss}, step=step)
run.log({"numpy": np.random.rand(), "hash": hash("a"), "threads": torch.get_num_threads()})
run.save("weights.npz", {"w": net[0].weight.detach().numpy()})
"""


@dataclass
class Processes:
    """A scheduler and workers, each a process of its own, on a port of the system's choice."""

    folder: Path
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def file(self) -> Path:
        """Where the scheduler says how to reach it."""
        return self.folder / "scheduler.json"

    @property
    def address(self) -> str:
        """What goes into mkdocs.yml."""
        return str(json.loads(self.file.read_text("utf-8"))["address"])

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start Python with the tests' own modules within reach."""
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
        with (self.folder / f"{len(self.running)}.log").open("wb") as log:
            process = subprocess.Popen([sys.executable, *words], env=environ, stdout=log, stderr=log, cwd=self.folder)
        self.running.append(process)
        return process

    def scheduler(self) -> None:
        """Start a scheduler and wait until it can be reached."""
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file))
        process = self.start("-m", "distributed.cli.dask_scheduler", *options)
        until(lambda: (self.file.exists() and self.file.read_text("utf-8").endswith("}")) or process.poll() is not None)

    def worker(self, *options: str, before: str = "") -> subprocess.Popen[bytes]:
        """Start a worker; `before` is code that makes its environment another one."""
        code = f"{before}\nfrom distributed.cli.dask_worker import main\nmain()"
        folder = self.folder / f"worker{len(self.running)}"
        where = ("--scheduler-file", str(self.file), "--host", "127.0.0.1", "--local-directory", str(folder))
        return self.start("-c", code, *where, "--no-nanny", "--no-dashboard", "--nthreads", "1", *options)

    def wait(self, number: int) -> None:
        """Wait until so many workers have joined."""
        with distributed.Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(number, timeout=60)

    def end(self) -> None:
        """End all."""
        for process in self.running:
            process.kill()
        for process in self.running:
            process.wait(10)


def job(code: str, root: Path, seed: int = 0, **options: Any) -> Job:
    return Job("mlp", code, Where("docs/p.md", 9), "docs/p.md", 10, seed, root=str(root), **options)


def printed(record: Record) -> str:
    return "".join(output.text for output in record.outputs)


def failed(promise: Future[Record]) -> RunFailed:
    error = promise.exception(60)
    assert isinstance(error, RunFailed)
    return error


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    processes = Processes(folder)
    yield processes
    processes.end()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A scheduler and two workers for the tests that leave them as they are."""
    processes = Processes(tmp_path_factory.mktemp("cluster"))
    processes.scheduler()
    for _ in range(2):
        processes.worker()
    processes.wait(2)
    yield processes
    processes.end()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.fixture
def heard() -> list[Progress]:
    return []


@pytest.fixture
def engine(cluster: Processes, project: Path, heard: list[Progress]) -> Iterator[Engine]:
    engine = ENGINES["dask"](setup(cluster, project, on_progress=heard.append))
    yield engine
    engine.close()


def setup(processes: Processes, root: Path, **options: Any) -> Setup:
    return Setup(root / ".dlplugin", root, address=processes.address, **options)


# -- the same results ---------------------------------------------------------------------------------------------


def test_a_cluster_gives_the_same_numbers_as_this_machine_bit_for_bit(cluster: Processes, project: Path):
    pytest.importorskip("torch")
    records = {}
    for name in ("local", "dask"):
        engine = ENGINES[name](setup(cluster, project, preload=preload_for([TRAIN], project), slots=2))
        try:
            promises = [engine.submit(job(TRAIN, project, seed)) for seed in range(4)]
            records[name] = [promise.result(120) for promise in promises]
        finally:
            engine.close()

    here, there = records["local"], records["dask"]
    assert [record.metrics for record in here] == [record.metrics for record in there]
    assert [record.series for record in here] == [record.series for record in there]
    assert [record.assets for record in here] == [record.assets for record in there]
    assert there[0].blobs.keys() == {"weights.npz"}
    assert len({record.metrics["loss"] for record in there}) == 4


def test_the_modules_and_files_that_the_code_names_or_asks_for_are_sent_and_nothing_else(engine: Engine, project: Path):
    files = {
        "helper.py": "from package import inner\ndef read(): return inner.data() + open('data/points.csv').read()",
        "package/__init__.py": "",
        "package/inner.py": "def data(): return open(__file__.replace('inner.py', 'own.txt')).read()",
        "package/own.txt": "beside the module, ",
        "data/points.csv": "named in a module, ",
        "data/other.csv": "named by depends",
        "data/asked.csv": "asked for",
        "data/secret.csv": "of no concern",
    }
    for name, text in files.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    code = "import helper\nprint(helper.read() + open('data/' + 'other.csv').read())"
    # `lexists` is a question that nobody hears.
    look = (
        "import helper\nimport os\nfrom os.path import exists, lexists\n"
        "print(exists('helper' + '.py'), exists('data/asked' + '.csv'), lexists('data/secret' + '.csv'))"
    )
    read = engine.submit(job(code, project, depends={"data/other.csv": "x"})).result(60)
    seen = engine.submit(job(look, project)).result(60)

    assert printed(read) == "beside the module, named in a module, named by depends\n"
    assert set(read.observed.modules) == {"helper.py", "package/__init__.py", "package/inner.py"}
    assert changes(read.observed, Files(project), {}) == []
    assert printed(seen) == f"True {KERNEL} False\n"


def test_a_listed_folder_is_sent_too_so_that_the_record_stays_fresh(engine: Engine, project: Path):
    (project / "data").mkdir()
    for name in ("a", "b"):
        (project / f"data/{name}.csv").write_text(name)
    code = "from pathlib import Path\nprint(*(path.read_text() for path in sorted(Path('data').glob('*.csv'))))"
    records = [promise.result(60) for promise in [engine.submit(job(code, project, seed)) for seed in range(4)]]

    for record in records:
        assert printed(record) == "a b\n"
        assert changes(record.observed, Files(project), {}) == []


def test_what_the_last_record_read_is_sent(engine: Engine, project: Path):
    (project / "points.csv").write_text("1 2")
    code = "print(open('points' + '.csv').read())"
    failure = failed(engine.submit(job(code, project)))
    record = engine.submit(job(code, project, reads=("points.csv",))).result(60)

    assert failure.problem.endswith("FileNotFoundError: [Errno 2] No such file or directory: 'points.csv'")
    assert "which has of the project the modules it imports, the files it names" in failure.hint
    assert printed(record) == "1 2\n"


def test_an_edited_file_is_sent_again(engine: Engine, project: Path):
    said = []
    for text in ("before", "after, and longer"):
        (project / "points.csv").write_text(text)
        said.append(printed(engine.submit(job("print(open('points.csv').read())", project)).result(60)))

    assert said == ["before\n", "after, and longer\n"]


LOGS = """\
import time
from mkdocs_dlplugin import run
for step in range(3):
    run.log({"loss": 1.5}, step=step)
    time.sleep(0.15)
time.sleep(60)
"""


def test_a_job_that_may_write_to_the_project_has_a_copy_of_its_own(engine: Engine, project: Path):
    (project / "out").mkdir()
    code = (
        "from pathlib import Path\nnew = not list(Path('out').iterdir())\nPath('out/x.txt').write_text('x')\nprint(new)"
    )
    said = [printed(engine.submit(job(code, project, seed, write_to=("out",))).result(60)) for seed in range(3)]

    assert said == ["True\n"] * 3
    assert list((project / "out").iterdir()) == []


def test_files_are_sent_once_to_each_worker(cluster: Processes, project: Path, monkeypatch):
    called: list[str] = []
    run = distributed.Client.run

    def spy(self: Any, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        called.append(function.__name__)
        return run(self, function, *args, **kwargs)

    monkeypatch.setattr("distributed.Client.run", spy)
    (project / "points.csv").write_text("1" * 1_000_000)
    engine = ENGINES["dask"](setup(cluster, project))
    try:
        promises = [engine.submit(job("print(len(open('points.csv').read()))", project, seed)) for seed in range(12)]
        said = {printed(promise.result(60)) for promise in promises}
    finally:
        engine.close()

    assert said == {"1000000\n"}
    assert called.count("_keep") == 2


def test_what_is_logged_is_heard_while_the_job_runs(engine: Engine, project: Path, heard: list[Progress]):
    promise = engine.submit(job(LOGS, project, timeout=4))

    assert until(lambda: [one.values.get("step") for one in heard if one.event == "metric"] == [0, 1, 2])
    assert not promise.done()
    assert failed(promise).kind == "Timeout"
    assert [one.event for one in heard] == ["started", "metric", "metric", "metric", "ended"]


FAULTS = {
    "exception": "x = 1\nprint('so far')\n1 / 0",
    "segfault": "import faulthandler\n\nfaulthandler._sigsegv()",
    "exit": "import os\nos._exit(3)",
    "loop": "while True: pass",
}


def test_what_goes_wrong_in_a_job_is_told_as_it_is_here(engine: Engine, project: Path):
    local = ENGINES["local"](Setup(project / ".dlplugin", project, slots=2))
    try:
        pairs = [[e.submit(job(code, project, timeout=1)) for e in (local, engine)] for code in FAULTS.values()]
        told = [[failed(promise) for promise in pair] for pair in pairs]
    finally:
        local.close()

    for here, there in told:
        assert (str(here), here.kind, here.frames, here.output) == (str(there), there.kind, there.frames, there.output)
    assert [there.where.line for _, there in told] == [12, 12, 9, 10]
    assert printed(engine.submit(job("print('still there')", project)).result(60)) == "still there\n"


# -- workers that are lost ----------------------------------------------------------------------------------------


def test_a_worker_killed_in_mid_run_loses_nothing(processes: Processes, project: Path, heard: list[Progress]):
    processes.scheduler()
    victim, other = processes.worker(), processes.worker()
    processes.wait(2)
    code = "import time, random\nfrom mkdocs_dlplugin import run\ntime.sleep(1)\nrun.log({'x': random.random()})"
    engine = ENGINES["dask"](setup(processes, project, on_progress=heard.append))
    local = ENGINES["local"](Setup(project / ".dlplugin", project))
    try:
        promises = [engine.submit(job(code, project, seed)) for seed in range(6)]
        assert until(lambda: sum(one.event == "started" for one in heard) >= 2)
        its = below(victim.pid)
        victim.kill()
        there = [promise.result(120).metrics for promise in promises]
        here = [local.submit(job(code, project, seed)).result(60).metrics for seed in range(6)]
    finally:
        local.close()
        engine.close()

    assert here == there
    assert len(its) >= 2
    assert until(lambda: gone(its), 10)
    assert other.poll() is None


class Deadly:
    """An engine that ends its whole process, as a job that eats all memory does."""

    def __init__(self, folder: Path) -> None:
        self.inline = Inline(folder)
        self.timer: Timer | None = None

    def submit(self, job: Job) -> Future[Record]:
        if "GRAVES" not in job.env:
            return self.inline.submit(job)
        self.timer = Timer(0.6, self.die, (Path(job.env["GRAVES"]),))
        self.timer.start()
        return Future()

    def die(self, graves: Path) -> None:
        (graves / str(os.getpid())).touch()
        os.kill(os.getpid(), signal.SIGKILL)

    def close(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


def deadly(setup: Setup) -> Engine:
    return Deadly(setup.scratch)


def test_a_job_that_takes_its_worker_along_is_tried_once_more_and_then_reported(processes: Processes, project: Path):
    processes.scheduler()
    workers = [processes.worker() for _ in range(3)]
    processes.wait(3)
    graves = project / "graves"
    graves.mkdir()
    engine = connect(setup(processes, project), deadly)
    try:
        failure = failed(engine.submit(job("x = 1", project, env={"GRAVES": str(graves)})))
        after = engine.submit(job("print('well')", project)).result(60)
    finally:
        engine.close()

    assert failure.kind == "Engine"
    assert failure.problem.startswith("run 'mlp' seed 0: Engine: worker tcp://127.0.0.1:")
    assert failure.problem.endswith(" lost; retried once")
    assert len(list(graves.iterdir())) == 2
    assert sum(worker.poll() is None for worker in workers) == 1
    assert printed(after) == "well\n"


def test_a_lost_scheduler_is_told_and_found_again(processes: Processes, project: Path, heard: list[Progress]):
    processes.scheduler()
    worker = processes.worker()
    processes.wait(1)
    engine = ENGINES["dask"](setup(processes, project, on_progress=heard.append))
    try:
        promise = engine.submit(job("import time\ntime.sleep(60)", project))
        assert until(lambda: heard)
        its = below(worker.pid)
        processes.running[0].kill()
        lost = failed(promise)
        again = failed(engine.submit(job("x = 1", project)))
    finally:
        engine.close()

    assert lost.problem == f"run 'mlp' seed 0: Engine: the Dask scheduler at {processes.address} was lost"
    assert f"no Dask scheduler answers at {processes.address}" in again.problem
    assert until(lambda: gone(its), 30)


# -- what is not as it should be ----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere", "foo://127.0.0.1:1"])
def test_an_address_where_no_scheduler_answers_is_told_soon(project: Path, address: str):
    engine = ENGINES["dask"](Setup(project / ".dlplugin", project, address=address))
    started = time.monotonic()
    try:
        failures = [failed(engine.submit(job("x = 1", project, seed))) for seed in range(2)]
    finally:
        engine.close()

    assert time.monotonic() - started < 30
    for failure in failures:
        assert failure.kind == "Engine"
        assert f"Engine: no Dask scheduler answers at {address} (" in failure.problem
        assert "correct `address` in mkdocs.yml" in failure.hint


def test_a_scheduler_without_workers_is_not_waited_for_for_ever(
    processes: Processes, project: Path, monkeypatch, caplog
):
    monkeypatch.setattr("mkdocs_dlplugin.engines.cluster.JOIN", 2.0)
    processes.scheduler()
    engine = ENGINES["dask"](setup(processes, project))
    try:
        failure = failed(engine.submit(job("x = 1", project)))
    finally:
        engine.close()

    assert f"Engine: no worker joined the cluster at {processes.address} within 2 s" in failure.problem
    assert "waiting for one, up to 2 s" in caplog.text


def test_a_worker_with_another_version_of_the_plugin_is_refused(processes: Processes, project: Path):
    processes.scheduler()
    processes.worker(before="import mkdocs_dlplugin\nmkdocs_dlplugin.__version__ = '0.0.9'")
    processes.wait(1)
    engine = ENGINES["dask"](setup(processes, project))
    try:
        failure = failed(engine.submit(job("x = 1", project)))
    finally:
        engine.close()

    assert "has mkdocs-dlplugin 0.0.9, this build has " in failure.problem
    assert "pip install mkdocs-dlplugin==" in failure.hint


def test_a_worker_of_another_version_that_joins_later_is_refused_too(processes: Processes, project: Path):
    processes.scheduler()
    engine = ENGINES["dask"](setup(processes, project))
    try:
        promise = engine.submit(job("x = 1", project))
        processes.worker(before="import mkdocs_dlplugin\nmkdocs_dlplugin.__version__ = '0.0.9'")
        failure = failed(promise)
    finally:
        engine.close()

    assert "has mkdocs-dlplugin 0.0.9, this build has " in failure.problem


def test_a_worker_without_the_plugin_is_refused(processes: Processes, project: Path):
    processes.scheduler()
    processes.worker(before="import sys\nsys.modules['mkdocs_dlplugin'] = None")
    processes.wait(1)
    engine = ENGINES["dask"](setup(processes, project))
    try:
        failure = failed(engine.submit(job("x = 1", project)))
    finally:
        engine.close()

    assert "cannot load mkdocs-dlplugin: " in failure.problem
    assert "No module named 'mkdocs_dlplugin" in failure.problem
    assert "Scheduler and workers need this version" in failure.hint


def test_other_versions_of_packages_are_told_once(processes: Processes, project: Path, caplog):
    pytest.importorskip("numpy")
    processes.scheduler()
    older = (
        "import importlib.metadata as m\nv = m.version\nm.version = lambda name: '1.0' if name == 'numpy' else v(name)"
    )
    for _ in range(2):
        processes.worker(before=older)
    processes.wait(2)
    engine = ENGINES["dask"](setup(processes, project, preload=("numpy",)))
    try:
        for seed in range(2):
            engine.submit(job("x = 1", project, seed)).result(60)
    finally:
        engine.close()

    assert caplog.text.count("has numpy 1.0, this machine ") == 1


class Strict:
    """An engine on a machine that cannot contain what it would run."""

    def submit(self, job: Job) -> Future[Record]:
        promise: Future[Record] = Future()
        promise.set_exception(DLError(Where("mkdocs.yml"), "this machine has no Landlock.", "It takes Linux 5.13."))
        return promise

    def close(self) -> None: ...


def strict(setup: Setup) -> Engine:
    return Strict()


def test_a_worker_that_cannot_contain_jobs_as_the_settings_demand_says_so(cluster: Processes, project: Path):
    engine = connect(setup(cluster, project, sandbox="required"), strict)
    try:
        error = engine.submit(job("x = 1", project)).exception(60)
    finally:
        engine.close()

    assert str(error).startswith("mkdocs.yml: worker tcp://127.0.0.1:")
    assert str(error).endswith(": this machine has no Landlock.\n  It takes Linux 5.13.")


# -- GPUs ---------------------------------------------------------------------------------------------------------


class Pretending:
    """Runs jobs that ask for a GPU without one; a real small engine otherwise."""

    def __init__(self, folder: Path) -> None:
        self.inline = Inline(folder)

    def submit(self, job: Job) -> Future[Record]:
        return self.inline.submit(replace(job, device="cpu"))

    def close(self) -> None:
        self.inline.close()


def pretending(setup: Setup) -> Engine:
    return Pretending(setup.scratch)


def test_jobs_that_need_a_gpu_go_where_there_is_one_and_share_it_one_by_one(processes: Processes, project: Path):
    processes.scheduler()
    gpu = processes.worker("--nthreads", "3", "--resources", "GPU=1")
    processes.worker()
    processes.wait(2)
    code = "import time, os\nprint(os.getpid(), time.monotonic())\ntime.sleep(0.3)\nprint(time.monotonic())"
    engine = connect(setup(processes, project), pretending)
    try:
        promises = [engine.submit(job(code, project, seed, device="cuda")) for seed in range(3)]
        said = [printed(promise.result(60)).split() for promise in promises]
    finally:
        engine.close()

    spans = sorted((float(start), float(end)) for _, start, end in said)
    assert {int(pid) for pid, _, _ in said} == {gpu.pid}
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


def test_a_cluster_without_gpus_says_so_for_jobs_that_need_one(engine: Engine, project: Path):
    failure = failed(engine.submit(job("x = 1", project, device="require:cuda")))
    record = engine.submit(job("from mkdocs_dlplugin import run\nprint(run.device)", project, device="prefer:cuda"))

    assert failure.kind == "Device"
    assert "no worker of the cluster offers a GPU" in failure.problem
    assert printed(record.result(60)) == "cpu\n"


# -- an end -------------------------------------------------------------------------------------------------------


def test_close_ends_what_runs_on_the_workers(cluster: Processes, project: Path, heard: list[Progress]):
    before = {pid for process in cluster.running for pid in below(process.pid)}
    engine = ENGINES["dask"](setup(cluster, project, on_progress=heard.append))
    promises = [engine.submit(job("import time\ntime.sleep(300)", project, seed)) for seed in range(3)]
    assert until(lambda: sum(one.event == "started" for one in heard) == 2)
    its = [pid for process in cluster.running for pid in below(process.pid) if pid not in before]
    engine.close()
    engine.close()

    assert len(its) >= 4
    assert until(lambda: gone(its), 10)
    assert [failed(promise).kind for promise in promises] == ["Interrupted"] * 3
    assert all(process.poll() is None for process in cluster.running)


def test_a_job_taken_back_before_it_began_does_not_run(cluster: Processes, project: Path, heard: list[Progress]):
    engine = ENGINES["dask"](setup(cluster, project, on_progress=heard.append))
    try:
        first = [engine.submit(job("import time\ntime.sleep(1.5)", project, seed)) for seed in range(2)]
        assert until(lambda: sum(one.event == "started" for one in heard) == 2)
        waiting = engine.submit(job("open('ran', 'w')", project, seed=2))
        taken = waiting.cancel()
        wait(first, 60)
        last = engine.submit(job("x = 1", project, seed=3)).result(60)
    finally:
        engine.close()

    assert taken
    assert waiting.cancelled()
    assert last.seed == 3
    assert {one.job.seed for one in heard if one.event == "started"} == {0, 1, 3}


BUILD = """import sys, time
from pathlib import Path
from mkdocs_dlplugin.engines import ENGINES, Setup
from mkdocs_dlplugin.model import Job, Where

if __name__ == "__main__":
    root = Path(sys.argv[1])
    engine = ENGINES["dask"](Setup(root / ".dlplugin", root, slots=2, address=sys.argv[2]))
    job = Job("a", sys.argv[3], Where("p.md", 1), "p.md", 2, 0, root=str(root))
    print(engine.submit(job).result(60).metrics, flush=True)
    engine.submit(Job("a", "import time\\ntime.sleep(300)", Where("p.md", 1), "p.md", 2, 1, root=str(root)))
    time.sleep(float(sys.argv[4]))
    engine.close()
"""


def build(processes: Processes, project: Path, address: str, seconds: float) -> subprocess.Popen[bytes]:
    code = "from mkdocs_dlplugin import run\nrun.log({'a': 1.0})"
    (project / "build.py").write_text(BUILD)
    return processes.start(str(project / "build.py"), str(project), address, code, str(seconds))


def test_without_an_address_a_cluster_is_started_here_and_ended(processes: Processes, project: Path):
    process = build(processes, project, "", 1)
    assert until(lambda: len(below(process.pid)) > 4)
    its = below(process.pid)
    process.wait(60)
    said = (processes.folder / "0.log").read_text()

    assert process.returncode == 0
    assert said == "{'a': 1.0}\n"
    assert until(lambda: gone(its), 10)


def test_a_build_that_is_killed_leaves_nothing_running(processes: Processes, project: Path):
    process = build(processes, project, "", 300)
    assert until(lambda: (processes.folder / "0.log").read_text() == "{'a': 1.0}\n")
    its = below(process.pid)
    process.kill()

    assert len(its) > 4
    assert until(lambda: gone(its), 20)


def test_a_build_that_is_killed_leaves_nothing_running_on_a_cluster(processes: Processes, project: Path):
    processes.scheduler()
    worker = processes.worker()
    processes.wait(1)
    process = build(processes, project, processes.address, 300)
    log = processes.folder / "2.log"
    assert until(lambda: log.read_text() == "{'a': 1.0}\n")
    # The zygote, the shepherd and the job of the long one.
    assert until(lambda: len(below(worker.pid)) >= 3)
    its = below(worker.pid)
    process.kill()

    assert until(lambda: gone(its), 20)
    assert worker.poll() is None


# -- a whole site -------------------------------------------------------------------------------------------------

PAGE = """```python {run="a" seeds=2}
import helper
from mkdocs_dlplugin import run
run.log({"acc": helper.value() + run.seed})
```

It is `{run} a.acc:.2f`.
"""


def test_a_site_is_built_on_a_cluster_and_its_records_are_fresh_here(cluster: Processes, real_site):
    real_site.write("helper.py", "def value(): return 0.5\n")
    built = real_site(PAGE, engine="dask", address=cluster.address)
    again = real_site(execution="never")

    assert (built.code, built.said) == (0, "")
    assert "It is 1.00" in built.page()
    assert built.executed == ["a/_/0", "a/_/1"]
    assert (again.code, again.said) == (0, "")
    assert again.page() == built.page()


def test_a_site_whose_cluster_is_not_there_is_complete_and_says_why(real_site):
    built = real_site(PAGE.replace("import helper", "") + "\nText.\n", engine="dask", address="tcp://127.0.0.1:1")

    assert built.code == 3
    assert "docs/index.md:1: run 'a' seeds 0-1 (2 of 2): Engine: no Dask scheduler answers" in built.said
    assert "Text." in built.page()


def test_recorded_results_are_shown_where_distributed_is_not_installed(cluster: Processes, real_site, monkeypatch):
    real_site.write("helper.py", "def value(): return 0.5\n")
    real_site(PAGE, engine="dask", address=cluster.address)
    monkeypatch.setitem(sys.modules, "mkdocs_dlplugin.engines.cluster", None)
    shown = real_site(engine="dask", address=cluster.address)
    changed = real_site(PAGE.replace("seeds=2", "seeds=3"), engine="dask", address=cluster.address)

    assert (shown.code, shown.said) == (0, "")
    assert changed.code == 3
    assert "engine 'dask' needs the package" in changed.said
    assert "pip install 'mkdocs-dlplugin[dask]'" in changed.said

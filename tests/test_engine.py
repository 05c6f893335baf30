"""Engine: jobs side by side in processes of their own give the same numbers as alone, and see little of the machine."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin.accelerators import installed
from mkdocs_dlplugin.engines import Inline, Local, Progress, preload_for
from mkdocs_dlplugin.engines.host import for_run, for_zygote, usable_cores
from mkdocs_dlplugin.engines.printed import Printed
from mkdocs_dlplugin.engines.wire import pack, pack_failure, unpack, unpack_failure
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.model import Job, Observed, Record, Where
from tests.isolation import LEVELS, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")

TRAIN = """\
import random
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
run.log({"numpy": np.random.rand(), "python": random.random(), "hash": hash("a"), "threads": torch.get_num_threads()})
"""


def job(code: str, root: Path, seed: int = 0, **options: Any) -> Job:
    return Job("mlp", code, Where("docs/p.md", 9), "docs/p.md", 10, seed, root=str(root), **options)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("project")


@pytest.fixture(scope="module", params=LEVELS)
def engine(project: Path, request: pytest.FixtureRequest) -> Iterator[Local]:
    engine = started(request.param, project / ".dlplugin", slots=2)
    yield engine
    engine.close()


def printed(record: Record) -> str:
    return "".join(output.text for output in record.outputs)


def spans(records: list[Record]) -> list[tuple[float, float]]:
    return [tuple(json.loads(printed(record))) for record in records]  # type: ignore[misc]


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


SPAN = "import time\nstart = time.monotonic()\ntime.sleep(0.15)\nprint([start, time.monotonic()])"


# -- same numbers -------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_numbers_bit_for_bit_alone_or_in_parallel(tmp_path: Path):
    pytest.importorskip("torch")
    engine = Local(tmp_path / "scratch", preload_for([TRAIN], tmp_path), slots=2)
    try:
        alone = [engine.submit(job(TRAIN, tmp_path, seed)).result(60) for seed in range(3)]
        parallel = [future.result(60) for future in [engine.submit(job(TRAIN, tmp_path, seed)) for seed in range(3)]]
    finally:
        engine.close()

    assert [record.metrics for record in alone] == [record.metrics for record in parallel]
    assert [record.series for record in alone] == [record.series for record in parallel]
    assert len({record.metrics["loss"] for record in alone}) == 3
    assert len({record.metrics["hash"] for record in alone}) == 1
    assert alone[0].metrics["threads"] == 1
    assert set(alone[0].provenance["packages"]) == {"numpy", "torch"}


def test_a_library_that_was_not_loaded_ahead_is_seeded_all_the_same(engine: Local, project: Path):
    code = "import random, numpy as np\nprint(random.random(), np.random.rand())"
    records = [engine.submit(job(code, project, seed)).result(30) for seed in (1, 1, 2)]

    assert printed(records[0]) == printed(records[1]) != printed(records[2])


def test_torch_need_not_be_loaded_ahead(engine: Local, project: Path):
    pytest.importorskip("torch")
    record = engine.submit(job("import torch\nprint(torch.ones(2).sum().item())", project)).result(60)

    assert printed(record) == "2.0\n"
    assert record.observed.modules == {}


# -- side by side -------------------------------------------------------------------------------------------------


def test_jobs_run_side_by_side_up_to_the_slots(engine: Local, project: Path):
    futures = [engine.submit(job(SPAN, project, seed)) for seed in range(4)]
    first, second, third, fourth = spans([future.result(30) for future in futures])

    assert overlap(first, second)
    assert overlap(third, fourth)
    assert not overlap(first, third) or not overlap(second, third)


def test_a_job_with_two_threads_takes_two_slots(engine: Local, project: Path):
    futures = [engine.submit(job(SPAN, project, seed, threads=threads)) for seed, threads in enumerate((1, 2, 1))]
    first, wide, last = spans([future.result(30) for future in futures])

    assert not overlap(first, wide)
    assert not overlap(wide, last)


def test_an_exclusive_job_runs_alone(engine: Local, project: Path):
    futures = [engine.submit(job(SPAN, project, seed, exclusive=seed == 0)) for seed in range(4)]
    alone, *others = spans([future.result(30) for future in futures])

    assert not any(overlap(alone, other) for other in others)


def test_the_longest_job_starts_first_and_one_that_nobody_knows_before_it(tmp_path: Path):
    heard: list[Progress] = []
    engine = Local(tmp_path / "scratch", slots=1, on_progress=heard.append)
    futures = [engine.submit(job("pass", tmp_path, seed, expected=time)) for seed, time in enumerate((1.0, 9.0, 0.0))]
    for future in futures:
        future.result(30)
    engine.close()

    assert [one.job.seed for one in heard if one.event == "started"] == [2, 1, 0]


def test_submitting_never_waits(tmp_path: Path):
    engine = Local(tmp_path / "scratch", slots=1)
    future = engine.submit(job(SPAN, tmp_path))
    waited = future.done()
    record = future.result(30)
    engine.close()

    assert not waited
    assert record.metrics == {}


def test_progress_is_told_from_start_to_end(project: Path, tmp_path: Path):
    heard: list[Progress] = []
    engine = Local(tmp_path / "scratch", slots=1, on_progress=heard.append)
    code = """\
import time
from mkdocs_dlplugin import run
for i in range(3):
    run.log({"a": i}, step=i)
    time.sleep(0.15)
"""
    engine.submit(job(code, project)).result(30)
    engine.close()

    assert [one.event for one in heard] == ["started", "metric", "metric", "metric", "ended"]
    assert [one.values for one in heard][1:4] == [{"a": i, "step": i} for i in range(3)]
    assert heard[0].seconds <= heard[2].seconds <= heard[4].seconds


# -- what a job sees ----------------------------------------------------------------------------------------------


def test_output_is_kept_in_the_order_it_was_made(engine: Local, project: Path):
    code = """\
import ctypes, subprocess, sys
for i in range(3):
    print("python", i)
    ctypes.CDLL(None).printf(b"c %d\\n", i)
    print("error", i, file=sys.stderr)
    subprocess.run(["echo", "child", str(i)])
"""
    expected = "".join(f"python {i}\nc {i}\nerror {i}\nchild {i}\n" for i in range(3))

    assert printed(engine.submit(job(code, project)).result(30)) == expected


def test_a_flood_keeps_its_beginning_and_its_end(engine: Local, project: Path):
    record = engine.submit(job("print('first')\nprint('x' * 1_000_000)\nprint('last')", project)).result(30)

    assert printed(record).startswith("first\nxxx")
    assert printed(record).endswith("xxx\nlast\n")
    assert "\n[… 936 kB not kept …]\n" in printed(record)
    assert record.notes == ("printed 1.0 MB; the first and the last 32 kB are kept",)


def test_a_job_sees_only_the_environment_it_declares(engine: Local, project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    code = """\
import json, os, sys, tempfile
from pathlib import Path
from mkdocs_dlplugin import run
def read(path):
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""
folders = {name: os.environ[name] for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "MPLCONFIGDIR", "TORCH_HOME")}
print(json.dumps({
    "names": sorted(os.environ),
    "mine": os.environ["MINE"],
    "inside": all(Path(folder).is_relative_to(run.dir.parent) for folder in folders.values()),
    "exist": all(Path(folder).is_dir() for folder in folders.values()),
    "parent": any("hunter2" in read(f"/proc/{pid}/environ") for pid in os.listdir("/proc") if pid.isdigit()),
    "cwd": Path.cwd() == Path(sys.path[0]),
    "gpus": os.environ["CUDA_VISIBLE_DEVICES"],
    "name": __name__,
}))
"""
    seen = json.loads(printed(engine.submit(job(code, project, env={"MINE": "1"})).result(30)))

    assert "SECRET_TOKEN" not in seen.pop("names")
    assert seen == {
        "mine": "1",
        "inside": True,
        "exist": True,
        "parent": False,
        "cwd": True,
        "gpus": "",
        "name": "__main__",
    }


def test_what_one_job_changes_the_next_does_not_see(engine: Local, project: Path):
    change = "import builtins, os, sys\nos.environ['A'] = '1'\nos.chdir('/')\nsys.path.clear()\nbuiltins.print = None"
    look = "import os\nprint(os.environ.get('A'), len(os.getcwd()) > 1)"
    engine.submit(job(change, project)).result(30)

    assert printed(engine.submit(job(look, project)).result(30)) == "None True\n"


def test_the_scratch_folder_is_not_named_in_what_a_page_shows(engine: Local, project: Path):
    code = "from mkdocs_dlplugin import run\nprint(run.dir / 'a')"

    assert printed(engine.submit(job(code, project)).result(30)) == "files/a\n"


def test_an_edited_project_module_reaches_the_next_job(engine: Local, project: Path):
    for value in (1, 22):
        (project / "edited.py").write_text(f"X = {value}\n")
        record = engine.submit(job("import edited\nprint(edited.X)", project)).result(30)

        assert printed(record) == f"{value}\n"
        assert list(record.observed.modules) == ["edited.py"]


def test_processes_of_multiprocessing_work(engine: Local, project: Path):
    code = """\
import multiprocessing
def square(x):
    return x * x
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(square, range(4)))
"""
    record = engine.submit(job(code, project)).result(30)

    assert printed(record) == "[0, 1, 4, 9]\n"
    assert record.notes == ()


@pytest.mark.parametrize(
    "code",
    [
        "from concurrent.futures import ThreadPoolExecutor\nprint(list(ThreadPoolExecutor(2).map(abs, [-1, 2])))",
        "import joblib\nprint(joblib.Parallel(2)(joblib.delayed(abs)(x) for x in [-1, 2]))",
    ],
)
def test_pools_that_nobody_closed_are_no_fault(engine: Local, project: Path, code: str):
    record = engine.submit(job(code, project)).result(30)

    assert printed(record) == "[1, 2]\n"
    assert record.notes == ()


def test_a_whole_file_runs_as_a_script(engine: Local, project: Path):
    (project / "examples").mkdir(exist_ok=True)
    code = "from pathlib import Path\nprint(__name__, Path(__file__).name)\n1 / 0"
    (project / "examples" / "cnn.py").write_text(code)
    whole = Job("cnn", code, Where("docs/p.md", 9), "examples/cnn.py", 1, 0, root=str(project))
    with pytest.raises(RunFailed) as failed:
        engine.submit(whole).result(30)

    assert str(failed.value.where) == "examples/cnn.py:3"
    assert failed.value.output == "__main__ cnn.py\n"


def test_a_record_says_what_it_was_measured_on(engine: Local, project: Path):
    record = engine.submit(job("x = bytearray(50_000_000)", project)).result(30)
    how = record.provenance

    assert how["device"] == "cpu"
    assert how["threads"] == 1
    assert how["python"] == ".".join(map(str, sys.version_info[:3]))
    assert how["os"].startswith("Linux ")
    assert how["cpu"]
    assert 40e6 < how["peak_memory"] < 90e6
    assert 0 <= how["cpu_seconds"] < how["wall"] + 1
    assert len(how["started"]) == len("2026-01-01T00:00:00Z")
    assert os.uname().nodename not in json.dumps({**pack(record), "key": ""}) or len(os.uname().nodename) < 4


# -- GPUs ---------------------------------------------------------------------------------------------------------

FAKE_TORCH = """\
import sys
class cuda:
    device_count = staticmethod(lambda: 2)
    is_initialized = staticmethod(lambda: False)
    is_available = staticmethod(lambda: False)
class backends:
    pass
sys.modules["torch.cuda"] = cuda
manual_seed = set_num_threads = lambda n: None
class default_generator:
    manual_seed = staticmethod(lambda n: None)
def use_deterministic_algorithms(on, warn_only):
    print("deterministic", on, warn_only)
"""
"""As much of torch as decides where jobs run, with two GPUs."""

WHERE = "import os, torch\nfrom mkdocs_dlplugin import run\nprint(run.device, os.environ['CUDA_VISIBLE_DEVICES'])\n"


@pytest.mark.parametrize("device", ["cuda", "require:cuda"])
def test_a_job_that_needs_a_gpu_says_so_where_there_is_none(engine: Local, project: Path, device: str):
    for place in (engine, Inline()):
        with pytest.raises(RunFailed) as failed:
            place.submit(job("pass", project, device=device)).result(30)

        assert str(failed.value) == (
            f"docs/p.md:9: run 'mlp' seed 0: needs CUDA (`device: {device}`); none here ({installed()})\n"
            "  Keep the recorded result, build where torch finds one, or write `device: prefer:cuda`."
        )


@pytest.mark.parametrize("device", ["auto", "cpu", "prefer:cuda"])
def test_without_a_gpu_everything_else_runs_on_the_cpu(engine: Local, project: Path, device: str):
    code = "from mkdocs_dlplugin import run\nprint(run.device)"

    assert printed(engine.submit(job(code, project, device=device)).result(30)) == "cpu\n"


def test_each_gpu_has_one_job_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "fakes").mkdir()
    (tmp_path / "fakes" / "torch.py").write_text(FAKE_TORCH)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "fakes"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a,GPU-b")
    engine = Local(tmp_path / "scratch", ("torch",), slots=4)
    try:
        code = WHERE.replace("os, torch", "os, torch.cuda as cuda")
        futures = [engine.submit(job(one + SPAN, tmp_path, i)) for i, one in enumerate((code, WHERE, WHERE, WHERE))]
        plain = engine.submit(job("import os\nprint(repr(os.environ['CUDA_VISIBLE_DEVICES']))", tmp_path))
        on_cpu = engine.submit(job(WHERE, tmp_path, device="cpu"))
        lines = [printed(future.result(30)).splitlines() for future in futures]
        others = printed(plain.result(30)) + printed(on_cpu.result(30))
    finally:
        engine.close()

    gpus = [line[1].split()[1] for line in lines]
    taken = [(gpu, tuple(json.loads(line[2]))) for gpu, line in zip(gpus, lines, strict=True)]
    assert sorted(gpus) == ["GPU-a", "GPU-a", "GPU-b", "GPU-b"]
    assert all(line[0] == "deterministic True True" and line[1].startswith("cuda ") for line in lines)
    assert not any(a[0] == b[0] and overlap(a[1], b[1]) for i, a in enumerate(taken) for b in taken[:i])  # type: ignore[arg-type]
    assert others == "''\ncpu \n"


# -- the parts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("membership", "files", "cores"),
    [
        ("0::/\n", {"cpu.max": "100000 100000"}, 1),
        ("0::/a/b\n", {"a/cpu.max": "150000 100000", "a/b/cpu.max": "max 100000"}, 1),
        ("4:cpu,cpuacct:/a\n", {"cpu/a/cpu.cfs_quota_us": "50000", "cpu/a/cpu.cfs_period_us": "100000"}, 1),
        ("4:cpu,cpuacct:/\n", {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 0),
        ("0::/\n", {}, 0),
        ("", {}, 0),
    ],
)
def test_cores_are_those_that_quotas_leave(tmp_path: Path, membership: str, files: dict[str, str], cores: int):
    (tmp_path / "membership").write_text(membership)
    for name, text in files.items():
        (tmp_path / "mount" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mount" / name).write_text(text)

    assert usable_cores(tmp_path / "membership", tmp_path / "mount") == (cores or len(os.sched_getaffinity(0)))


def test_heavy_modules_are_found_through_the_project_without_importing_it(tmp_path: Path):
    if not importlib.util.find_spec("sklearn"):
        pytest.skip("needs scikit-learn")
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "__init__.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / "lab" / "data.py").write_text("from . import deeper\nimport no_such_module\n")
    (tmp_path / "lab" / "deeper.py").write_text("from sklearn.svm import SVC\nfrom numpy import array\n")

    assert preload_for(["def f():\n    from lab import data\n"], tmp_path) == ("numpy", "sklearn.svm")
    assert preload_for(["from sklearn import svm, set_config"], tmp_path) == ("sklearn", "sklearn.svm")
    assert preload_for(["x = 1", "not python"], tmp_path) == ()


def test_the_environment_of_a_run_is_chosen_not_inherited(tmp_path: Path):
    machine = {"PATH": "/bin", "LC_ALL": "C", "TZ": "UTC", "TOKEN": "x", "PYTHONPATH": "src"}
    run = for_run(machine, job("pass", tmp_path, threads=2, env={"MINE": "1"}), tmp_path, "GPU-a")

    assert {name: run[name] for name in ("PATH", "LC_ALL", "TZ", "MINE", "OMP_NUM_THREADS", "PYTHONHASHSEED")} == {
        "PATH": "/bin",
        "LC_ALL": "C",
        "TZ": "UTC",
        "MINE": "1",
        "OMP_NUM_THREADS": "2",
        "PYTHONHASHSEED": "0",
    }
    assert run["CUDA_VISIBLE_DEVICES"] == "GPU-a"
    assert not {"TOKEN", "PYTHONPATH"} & run.keys()
    assert "TOKEN" not in for_zygote(machine, tmp_path)
    assert for_zygote(machine, tmp_path)["PYTHONPATH"] == "src"


def test_output_is_kept_in_memory_that_does_not_grow():
    kept = Printed()
    for _ in range(1000):
        kept.add(b"x" * 1000)

    assert (len(kept.head), len(kept.tail), kept.total, kept.dropped) == (32_000, 32_000, 1_000_000, 936_000)


def test_records_and_failures_travel_unchanged(tmp_path: Path):
    code = "from mkdocs_dlplugin import run\nrun.log({'a': 1}, step=0)\nrun.save('a.txt', 'x')\nprint('é')"
    record = Inline().submit(job(code, tmp_path)).result()
    failed = RunFailed(Where("p.md", 3), "problem", "hint", kind="Timeout", job="mlp", seed=2, frames=("p.md:3  x",))
    again = unpack_failure(json.loads(json.dumps(pack_failure(failed))))

    assert unpack(json.loads(json.dumps(pack(record)))) == record
    assert unpack(json.loads(json.dumps(pack(record)))).blobs == record.blobs
    assert str(again) == str(failed)
    assert (again.kind, again.job, again.seed, again.frames) == ("Timeout", "mlp", 2, ("p.md:3  x",))


@pytest.mark.parametrize("last", ["figure", "plt.show()", "None"])
def test_a_figure_is_drawn_once_whoever_made_it(tmp_path, last):
    made = "Figure()" if last == "figure" else "plt.figure()"
    code = (
        "import matplotlib.pyplot as plt\nfrom matplotlib.figure import Figure\n"
        f"figure = {made}\nfigure.subplots().plot([1, 2])\n{last}\n"
    )
    engine = Inline(tmp_path)
    job = Job(run="draws", code=code, where=Where("docs/p.md", 1), source_path="docs/p.md", first_line=2, seed=0)
    record = engine.submit(dataclasses.replace(job, root=str(tmp_path))).result()

    assert [output.kind for output in record.outputs] == ["png"]
    assert record.blobs["fig-1.png"].startswith(b"\x89PNG")


def test_processes_of_a_job_can_speak_over_sockets_in_a_project_with_a_long_path(tmp_path: Path):
    code = "from multiprocessing.connection import Listener\nListener().close()"
    project = tmp_path / ("long" * 30)
    project.mkdir()
    engine = Local(project / ".dlplugin")
    try:
        record = engine.submit(job(code, project)).result(30)
    finally:
        engine.close()

    assert (record.notes, record.observed) == ((), Observed())

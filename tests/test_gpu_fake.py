"""Devices in real processes, with a stand-in for torch: how a GPU fails, what is loaded ahead, what a page shows."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin import accelerators, provenance
from mkdocs_dlplugin.engines import Local, Progress, Spawned
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.model import Job, Record, Where

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")

TORCH = """\
import os
class _Properties:
    name, total_memory = "Fake H200", 139 << 30
class cuda:
    started = False
    device_count = staticmethod(lambda: len(os.environ.get("CUDA_VISIBLE_DEVICES", "0,1").split(",")))
    is_available = staticmethod(lambda: bool(os.environ.get("CUDA_VISIBLE_DEVICES", "0")))
    is_initialized = staticmethod(lambda: cuda.started)
    current_device = staticmethod(lambda: 0)
    get_device_name = staticmethod(lambda number: _Properties.name)
    synchronize = staticmethod(lambda: None)
    @staticmethod
    def get_device_properties(number):
        cuda.started = True
        return _Properties
class backends:
    pass
class OutOfMemoryError(RuntimeError):
    pass
class default_generator:
    manual_seed = staticmethod(lambda seed: None)
manual_seed = set_num_threads = lambda n: None
def use_deterministic_algorithms(on, warn_only):
    pass
"""
"""As much of torch as decides where jobs run, with two GPUs; asking for their size starts them, as it does there."""

HERE = "import os, torch\nfrom mkdocs_dlplugin import run\nprint(run.device, os.environ['CUDA_VISIBLE_DEVICES'])\n"
LAUNCH = "CUDA error: unspecified launch failure"
BREAK = f"import torch\nraise RuntimeError('{LAUNCH}\\nCUDA kernel errors might be reported later')"
MEET = """\
import time, torch
from pathlib import Path
start = time.monotonic()
Path(".dlplugin/state/{mine}").touch()
while not Path(".dlplugin/state/{other}").exists():
    time.sleep(0.01)
print([start, time.monotonic()])
"""
"""Ends once another job is there too, so both are seen to run at once."""


def job(code: str, root: Path, seed: int = 0, **options: Any) -> Job:
    return Job("net", code, Where("docs/p.md", 9), "docs/p.md", 10, seed, root=str(root), **options)


def printed(record: Record) -> str:
    return "".join(output.text for output in record.outputs)


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Put modules before all others in the way of whoever imports; torch is one of them."""
    folder = tmp_path / "fakes"
    folder.mkdir()

    def put(name: str, source: str) -> None:
        (folder / f"{name}.py").write_text(source)

    put("torch", TORCH)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return put


@pytest.fixture
def told() -> list[Progress]:
    return []


@pytest.fixture
def start(tmp_path: Path, fake: object, told: list[Progress]) -> Iterator[Callable[..., Local]]:
    """Start an engine that loads modules ahead."""
    started: list[Local | Spawned] = []

    def start(*preload: str, slots: int = 4, kind: type[Local | Spawned] = Local) -> Local | Spawned:
        started.append(kind(tmp_path / "scratch", preload or ("torch",), slots, told.append))
        return started[-1]

    yield start
    for engine in started:
        engine.close()


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """Return the warnings of the engine."""
    caplog.set_level(logging.WARNING, "mkdocs_dlplugin")
    return lambda: [one.getMessage() for one in caplog.records if one.name.startswith("mkdocs_dlplugin")]


# -- memory -------------------------------------------------------------------------------------------------------


def test_memory_that_does_not_suffice_twice_is_named_with_its_device(start, tmp_path: Path, told: list[Progress]):
    code = "import torch\nraise torch.OutOfMemoryError('CUDA out of memory. Tried to allocate 160.00 GiB.')"
    with pytest.raises(RunFailed) as failed:
        start().submit(job(code, tmp_path, device="require:cuda")).result(30)

    assert str(failed.value) == (
        "docs/p.md:11: run 'net' seed 0: "
        "OutOfMemory on cuda:0 (139 GiB): CUDA out of memory. Tried to allocate 160.00 GiB.\n"
        "  Use fewer samples or a smaller model or batch."
    )
    assert failed.value.kind == "OutOfMemory"
    assert [one.event for one in told] == ["started", "started", "ended"]


def test_what_was_too_much_beside_another_is_tried_again_alone(start, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a")
    greedy = """\
import time, torch
from pathlib import Path
start = time.monotonic()
if not Path(".dlplugin/state/tried").exists():
    Path(".dlplugin/state/tried").touch()
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
print([start, time.monotonic()])
"""
    engine = start()
    share: dict[str, Any] = {"device": "cuda", "gpu_memory": 1 << 30, "write_to": (".dlplugin/state",)}
    meet = [MEET.format(mine=mine, other="tried") for mine in "ab"]
    others = [engine.submit(job(code, tmp_path, seed, **share)) for seed, code in enumerate(meet)]
    alone = json.loads(printed(engine.submit(job(greedy, tmp_path, 2, **share)).result(30)))
    ends = [json.loads(printed(future.result(30)))[1] for future in others]

    assert alone[0] >= max(ends)


def test_a_job_that_took_more_than_it_said_gets_all_there_is_the_second_time(start, fake, tmp_path: Path):
    fake("torch", TORCH + "cuda._lazy_call = lambda act: act()\ncuda.limits = []\n")
    fake("limits", "import torch\ntorch.cuda.set_per_process_memory_fraction = torch.cuda.limits.append\n")
    code = """\
import torch
if torch.cuda.limits:
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
print("enough")
"""
    record = start("torch", "limits").submit(job(code, tmp_path, device="cuda", gpu_memory=1 << 30)).result(30)

    assert printed(record) == "enough\n"


def test_memory_of_the_machine_is_not_tried_twice(start, tmp_path: Path, told: list[Progress]):
    with pytest.raises(RunFailed, match="OutOfMemory: "):
        start().submit(job("import torch\nx = bytearray(1 << 60)", tmp_path, device="cuda")).result(30)

    assert [one.event for one in told] == ["started", "ended"]


# -- a GPU that fails ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Local, Spawned])
def test_a_gpu_that_failed_twice_is_closed_and_the_rest_goes_where_it_may(
    start, tmp_path: Path, monkeypatch, log, kind: type[Local | Spawned]
):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "GPU-a")
    engine = start(kind=kind)
    broken = [engine.submit(job(BREAK, tmp_path, seed, device="cuda")) for seed in range(2)]
    after = {device: engine.submit(job(HERE, tmp_path, 9, device=device)) for device in ("auto", "prefer:cuda", "cuda")}
    for future in broken:
        with pytest.raises(RunFailed, match=LAUNCH) as failed:
            future.result(30)
        assert failed.value.kind == "Device"

    assert [printed(after[device].result(30)) for device in ("auto", "prefer:cuda")] == ["cpu \n", "cpu \n"]
    with pytest.raises(RunFailed) as refused:
        after["cuda"].result(30)
    assert refused.value.problem == (
        "run 'net' seed 9: needs CUDA (`device: cuda`); cuda:0 failed before and is not used any more"
    )
    assert log() == [f"Device: cuda:0 failed (RuntimeError: {LAUNCH}); not used any more in this build"]

    engine.renew(("torch",))
    assert printed(engine.submit(job(HERE, tmp_path, device="cuda")).result(30)) == "cuda GPU-a\n"


def test_fresh_processes_get_a_gpu_each_too(start, tmp_path: Path, told: list[Progress]):
    engine = start(kind=Spawned)
    meet = [MEET.format(mine=mine, other=other) + HERE for mine, other in ("ab", "ba")]
    share: dict[str, Any] = {"write_to": (".dlplugin/state",)}
    jobs = [engine.submit(job(code, tmp_path, seed, **share)) for seed, code in enumerate(meet)]
    on_cpu = engine.submit(job(HERE, tmp_path, 2, device="cpu"))
    short = engine.submit(job("import torch\nraise torch.OutOfMemoryError('CUDA out of memory.')", tmp_path, 3))

    assert sorted(printed(future.result(60)).splitlines()[1] for future in jobs) == ["cuda 0", "cuda 1"]
    assert printed(on_cpu.result(60)) == "cpu \n"
    with pytest.raises(RunFailed, match=r"OutOfMemory on cuda:[01]: CUDA out of memory"):
        short.result(60)
    assert [one.event for one in told if one.job.seed == 3] == ["started", "started", "ended"]


def test_another_gpu_takes_over(start, tmp_path: Path, log):
    engine = start(slots=1)
    for seed in range(2):
        with pytest.raises(RunFailed, match=LAUNCH):
            engine.submit(job(BREAK, tmp_path, seed, device="cuda")).result(30)

    assert printed(engine.submit(job(HERE, tmp_path, device="cuda")).result(30)) == "cuda 1\n"
    assert len(log()) == 1


# -- what is loaded ahead -----------------------------------------------------------------------------------------

LOADED = "import sys\nprint(sorted({'torch', 'good', 'bad', 'late'} & set(sys.modules)))"


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n", "threads"),
        ("import torch\ntorch.cuda.started = True\n", "CUDA"),
    ],
)
def test_a_module_that_no_fork_survives_is_not_loaded_ahead(start, fake, tmp_path: Path, log, bad: str, why: str):
    fake("bad", bad)
    fake("good", "")
    engine = start("torch", "bad", "good")
    loaded = printed(engine.submit(job(LOADED, tmp_path, device="cpu")).result(30))
    own = printed(engine.submit(job("import bad\nprint('works')", tmp_path, device="cpu")).result(30))

    assert loaded == "['good', 'torch']\n"
    assert own == "works\n"
    assert log() == [f"importing bad starts {why}, which no fork survives; runs that use it load it themselves"]


def test_when_preparing_torch_starts_cuda_nothing_is_loaded_ahead(start, fake, tmp_path: Path, log):
    fake("torch", TORCH + "def set_num_threads(n):\n    cuda.started = True\n")
    engine = start("torch")

    assert printed(engine.submit(job(LOADED, tmp_path, device="cpu")).result(30)) == "[]\n"
    assert log() == ["preparing torch starts CUDA, which no fork survives; runs that use it load it themselves"]


def test_asking_how_large_the_gpus_are_leaves_the_helper_clean(start, tmp_path: Path, log):
    engine = start("torch")
    record = engine.submit(job("import torch\nprint(torch.cuda.is_initialized())", tmp_path, device="cuda")).result(30)

    assert printed(record) == "False\n"
    assert record.provenance["device"] == "cpu"
    assert log() == []


def test_fresh_processes_load_ahead_what_an_edit_brings(start, fake, tmp_path: Path):
    fake("late", "")
    engine = start(kind=Spawned)
    before = printed(engine.submit(job(LOADED, tmp_path)).result(60))
    engine.renew(("late",))

    assert before == "['torch']\n"
    assert printed(engine.submit(job(LOADED, tmp_path)).result(60)) == "['late', 'torch']\n"


def test_an_import_that_an_edit_brings_is_loaded_ahead_from_then_on(start, fake, tmp_path: Path):
    fake("late", "")
    engine = start("torch")
    before = printed(engine.submit(job(LOADED, tmp_path)).result(30)), engine.zygote
    engine.renew(("late",))
    after = printed(engine.submit(job(LOADED, tmp_path)).result(30)), engine.zygote
    engine.renew(("torch",))
    same = printed(engine.submit(job(LOADED, tmp_path)).result(30)), engine.zygote

    assert before[0] == "['torch']\n"
    assert after[0] == "['late', 'torch']\n"
    assert after[1] != before[1]
    assert same == after


def test_what_runs_is_not_ended_for_an_import_of_others(start, fake, tmp_path: Path):
    fake("late", "")
    engine = start("torch", slots=1)
    long = engine.submit(job(MEET.format(mine="long", other="go"), tmp_path, write_to=(".dlplugin/state",)))
    end = time.monotonic() + 30
    while not (tmp_path / ".dlplugin/state/long").exists():
        assert time.monotonic() < end, "it did not start"
        time.sleep(0.01)
    engine.renew(("late",))
    after = engine.submit(job(LOADED, tmp_path))
    (tmp_path / ".dlplugin/state/go").touch()

    assert len(json.loads(printed(long.result(30)))) == 2
    assert printed(after.result(30)) == "['late', 'torch']\n"


# -- what an author sees ------------------------------------------------------------------------------------------

PAGE = """
    ```python {run="net" device="require:cuda"}
    from mkdocs_dlplugin import run
    run.log({"acc": 0.75})
    ```

    It reaches `{run} net.acc`.
    """


def test_a_run_that_needs_a_gpu_fails_without_one_and_renders_from_its_record(site, monkeypatch):
    without = site(PAGE)
    assert "It reaches no result" in without.page()

    with monkeypatch.context() as gpu:
        gpu.setattr(accelerators, "falls_back", lambda device: True)
        gpu.setattr(provenance, "device_used", lambda: {"device": "cuda", "device_name": "Fake H200"})
        measured = site(PAGE)
    shown = site(PAGE)

    assert (without.code, without.executed) == (3, [])
    assert "docs/index.md:2: run 'net' seed 0: needs CUDA (`device: require:cuda`); none here (torch" in without.said
    assert (measured.code, measured.executed) == (0, ["net/_/0"])
    assert (shown.code, shown.executed) == (0, [])
    assert "It reaches 0.75" in shown.page()
    assert "Ran on Fake H200 (CUDA)" in shown.page()


@pytest.mark.parametrize("kind", ["mps", "xpu"])
def test_other_kinds_read_alike(site, kind: str):
    built = site(PAGE.replace("require:cuda", kind))

    assert f"needs {kind.upper()} (`device: {kind}`); none here (torch" in built.said
    assert f"`device: prefer:{kind}`" in built.said
    assert site(PAGE.replace("require:cuda", f"prefer:{kind}")).code == 0

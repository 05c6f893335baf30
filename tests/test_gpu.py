"""GPU: what the stand-in for torch cannot show; run with `pytest -m gpu` where there is one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import metadata, util
from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin.engines import Local, Progress, preload_for
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.model import Job, Record, Where

CUDA = Path("/dev/nvidiactl").exists() and util.find_spec("torch") and not metadata.version("torch").endswith("+cpu")

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not CUDA, reason="needs a GPU and a torch built for CUDA")]

TRAIN = """\
import torch
from torch import nn
from mkdocs_dlplugin import run

x = torch.randn(256, 8, device=run.device)
y = (x[:, 0] * x[:, 1] > 0).long()
net = nn.Sequential(nn.Linear(8, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2)).to(run.device)
optimizer = torch.optim.Adam(net.parameters(), 1e-2)
with run.timer("train_s"):
    for step in range(50):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
run.log({"loss": loss, "devices": torch.cuda.device_count(), "kind": x.is_cuda})
"""

HUGE = "import torch\nfrom mkdocs_dlplugin import run\nx = torch.empty(1 << 44, device=run.device)\n"

ILLEGAL = """\
import torch
from mkdocs_dlplugin import run
torch.arange(4, device=run.device)[torch.tensor([9], device=run.device)]
torch.cuda.synchronize()
"""


def job(code: str, root: Path, seed: int = 0, **options: Any) -> Job:
    return Job("net", code, Where("docs/p.md", 9), "docs/p.md", 10, seed, root=str(root), timeout=120, **options)


@pytest.fixture
def told() -> list[Progress]:
    return []


@pytest.fixture
def engine(tmp_path: Path, told: list[Progress]) -> Iterator[Local]:
    engine = Local(tmp_path / ".dlplugin", preload_for([TRAIN], tmp_path), slots=4, on_progress=told.append)
    yield engine
    engine.close()


def test_training_on_the_gpu_works_in_a_fork_and_repeats_bit_for_bit(engine: Local, tmp_path: Path):
    futures = [engine.submit(job(TRAIN, tmp_path, seed, device="require:cuda")) for seed in (0, 0, 1)]
    records = [future.result(180) for future in futures]

    assert [record.provenance["device"] for record in records] == ["cuda"] * 3
    assert records[0].provenance["device_name"]
    assert records[0].metrics == records[1].metrics != records[2].metrics
    assert (records[0].metrics["kind"], records[0].metrics["devices"]) == (1, 1)
    assert records[0].timings["train_s"]["wall"] > 0


def test_a_job_of_the_cpu_sees_no_gpu(engine: Local, tmp_path: Path):
    record = engine.submit(job(TRAIN, tmp_path, device="cpu")).result(180)

    assert record.provenance["device"] == "cpu"
    assert (record.metrics["kind"], record.metrics["devices"]) == (0, 0)


def test_memory_that_does_not_suffice_is_tried_again_and_then_named(
    engine: Local, tmp_path: Path, told: list[Progress]
):
    with pytest.raises(RunFailed) as failed:
        engine.submit(job(HUGE, tmp_path, device="cuda")).result(180)

    assert failed.value.kind == "OutOfMemory"
    assert "OutOfMemory on cuda:0 (" in failed.value.problem
    assert [one.event for one in told] == ["started", "started", "ended"]


def test_a_job_gets_no_more_than_it_said(engine: Local, tmp_path: Path):
    code = "import torch\nx = torch.empty(1 << 30, dtype=torch.uint8, device='cuda')\n"
    with pytest.raises(RunFailed) as failed:
        engine.submit(job(code, tmp_path, device="cuda", gpu_memory=1 << 28)).result(180)
    enough: Record = engine.submit(job(code, tmp_path, device="cuda", gpu_memory=3 << 29)).result(180)

    assert failed.value.kind == "OutOfMemory"
    assert enough.provenance["device"] == "cuda"


def test_jobs_that_say_their_memory_share(engine: Local, tmp_path: Path):
    code = (
        "import time, torch\nx = torch.ones(8, device='cuda')\nstart = time.monotonic()\n"
        "time.sleep(3)\nprint([start, time.monotonic()])"
    )
    futures = [engine.submit(job(code, tmp_path, seed, device="cuda", gpu_memory=1 << 30)) for seed in range(2)]
    one, other = (json.loads(future.result(180).outputs[0].text) for future in futures)

    assert one[0] < other[1]
    assert other[0] < one[1]


def test_a_wrong_index_costs_its_own_job(engine: Local, tmp_path: Path):
    with pytest.raises(RunFailed) as failed:
        engine.submit(job(ILLEGAL, tmp_path, device="cuda")).result(180)
    after = engine.submit(job(TRAIN, tmp_path, device="cuda")).result(180)

    assert failed.value.kind == "Device"
    assert after.provenance["device"] == "cuda"

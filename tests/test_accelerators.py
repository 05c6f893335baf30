"""Accelerators: CUDA, MPS and XPU are told apart, named and waited for, and their failures are read from words."""

from __future__ import annotations

import os
import sys
import time
from types import SimpleNamespace
from typing import Any

import pytest

from mkdocs_dlplugin import accelerators, provenance, snippet
from mkdocs_dlplugin.engines.devices import Devices, Probe
from mkdocs_dlplugin.engines.schedule import Device
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.explain import from_exception
from mkdocs_dlplugin.model import Job, Where
from mkdocs_dlplugin.seeding import seed_everything

GIB = 1 << 30


def torch(kind: str = "", *, started: bool = True) -> Any:
    """As much of torch as tells of accelerators, with one of a kind, or none; it notes what it is asked to do."""
    did: list[Any] = []

    def part(name: str) -> SimpleNamespace:
        return SimpleNamespace(
            is_available=lambda: kind == name,
            is_initialized=lambda: kind == name and started,
            device_count=lambda: 2 * (kind == name),
            current_device=lambda: 0,
            get_device_name=lambda _: f"a {name}",
            get_device_properties=lambda _: SimpleNamespace(name=f"a {name}", total_memory=8 * GIB),
            synchronize=lambda: did.append("synchronize"),
            set_per_process_memory_fraction=did.append,
            _lazy_call=lambda act: act(),
            driver_allocated_memory=lambda: int(kind == name and started),
            recommended_max_memory=lambda: 5 * GIB,
            get_name=lambda: "Apple M2",
        )

    return SimpleNamespace(
        cuda=part("cuda"),
        xpu=part("xpu"),
        mps=part("mps"),
        backends=SimpleNamespace(mps=part("mps")),
        manual_seed=lambda seed: did.append(("seed", seed)),
        default_generator=SimpleNamespace(manual_seed=lambda seed: did.append(("cpu seed", seed))),
        set_num_threads=lambda _: None,
        use_deterministic_algorithms=lambda on, warn_only: did.append(("deterministic", on, warn_only)),
        did=did,
    )


def job(device: str = "auto", **options: Any) -> Job:
    return Job("net", "x", Where("docs/p.md", 9), "docs/p.md", 10, 3, device=device, **options)


# -- what there is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("device", "kinds", "falls_back"),
    [
        ("auto", ("cuda", "mps", "xpu"), True),
        ("cpu", (), True),
        ("cuda", ("cuda",), False),
        ("mps", ("mps",), False),
        ("prefer:mps", ("mps",), True),
        ("require:xpu", ("xpu",), False),
    ],
)
def test_an_option_says_which_kinds_will_do(device: str, kinds: tuple[str, ...], falls_back: bool):
    assert (accelerators.kinds(device), accelerators.falls_back(device)) == (kinds, falls_back)


@pytest.mark.parametrize(
    ("kind", "names", "known"),
    [
        ("", [], None),
        ("cuda", ["cuda:0", "cuda:1"], ("a cuda", 8 * GIB)),
        ("mps", ["mps"], ("Apple M2", 5 * GIB)),
        ("xpu", ["xpu"], ("a xpu", 8 * GIB)),
    ],
)
def test_what_there_is_is_named_as_torch_does(kind: str, names: list[str], known: tuple[str, int] | None):
    library = torch(kind)

    assert accelerators.present(library) == names
    assert accelerators.here(library) == (kind or "cpu")
    if known:
        assert accelerators.describe(library, names[-1]) == known


def test_an_older_torch_has_no_other_kinds():
    library = torch("")
    del library.xpu, library.mps, library.backends.mps

    assert accelerators.present(library) == []
    assert accelerators.used(library) == ""


@pytest.mark.parametrize(
    ("kind", "started", "device", "name"),
    [
        ("", True, "cpu", ""),
        ("cuda", True, "cuda", "a cuda"),
        ("cuda", False, "cpu", ""),
        ("mps", True, "mps", "Apple M2"),
        ("mps", False, "cpu", ""),
        ("xpu", True, "xpu", "a xpu"),
    ],
)
def test_a_record_names_the_device_only_if_it_was_used(
    monkeypatch: pytest.MonkeyPatch, kind: str, started: bool, device: str, name: str
):
    library = torch(kind, started=started)
    monkeypatch.setitem(sys.modules, "torch", library)

    assert provenance.device_used() == {"device": device, "device_name": name}
    assert snippet.Recorder().device == (kind or "cpu")
    with snippet.Recorder().timer("t"):
        pass
    assert library.did == (["synchronize"] * 2 if device != "cpu" else [])


@pytest.mark.parametrize(
    ("device", "memory", "did"),
    [
        ("cpu", 0, [("cpu seed", 3)]),
        ("cuda", 0, [("seed", 3), ("deterministic", True, True)]),
        ("cuda", 2 * GIB, [("seed", 3), ("deterministic", True, True), 0.25]),
        ("mps", 2 * GIB, [("seed", 3), ("deterministic", True, True)]),
        ("xpu", 0, [("seed", 3), ("deterministic", True, True)]),
    ],
)
def test_the_seed_reaches_the_accelerator(monkeypatch: pytest.MonkeyPatch, device: str, memory: int, did: list[object]):
    library = torch(device)
    monkeypatch.setitem(sys.modules, "torch", library)
    seed_everything(job(gpu_memory=memory), device)

    assert library.did == did


# -- how they fail ------------------------------------------------------------------------------------------------

OUT_OF_MEMORY = "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 139.00 GiB"
NO_ROOM = "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"
LAUNCH = "CUDA error: unspecified launch failure"
ASSERT = "CUDA error: device-side assert triggered"


class OutOfMemoryError(RuntimeError):
    """As torch has one."""


class AcceleratorError(RuntimeError):
    """As torch has one."""


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (OutOfMemoryError(OUT_OF_MEMORY), "OutOfMemory", f"OutOfMemory on the GPU: {OUT_OF_MEMORY}"),
        (RuntimeError("MPS backend out of memory"), "OutOfMemory", "OutOfMemory on the GPU: MPS backend out of memory"),
        (RuntimeError("CUDA error: out of memory"), "OutOfMemory", "OutOfMemory on the GPU: CUDA error: out of memory"),
        (RuntimeError(NO_ROOM), "OutOfMemory", f"OutOfMemory on the GPU: {NO_ROOM}"),
        (MemoryError(), "OutOfMemory", "OutOfMemory: MemoryError (limit 4 GiB)"),
        (AcceleratorError(ASSERT), "Device", f"AcceleratorError: {ASSERT}"),
        (RuntimeError(LAUNCH), "Device", f"RuntimeError: {LAUNCH}"),
        (RuntimeError("CUDNN_STATUS_EXECUTION_FAILED"), "Device", "RuntimeError: CUDNN_STATUS_EXECUTION_FAILED"),
        (RuntimeError("CUDNN_STATUS_NOT_SUPPORTED"), "Exception", "RuntimeError: CUDNN_STATUS_NOT_SUPPORTED"),
        (ValueError("shapes"), "Exception", "ValueError: shapes"),
    ],
)
def test_the_ways_a_gpu_fails_are_told_apart(error: Exception, kind: str, said: str):
    failed = from_exception(job(), error)

    assert (failed.kind, failed.problem) == (kind, f"run 'net' seed 3: {said}")


@pytest.mark.parametrize(
    "error",
    [
        AssertionError("Torch not compiled with CUDA enabled"),
        RuntimeError("No CUDA GPUs are available"),
        RuntimeError("Found no NVIDIA driver on your system. Please check"),
    ],
)
def test_code_that_insists_on_a_gpu_is_told_how_not_to(error: Exception):
    failed = from_exception(job(), error)

    assert failed.kind == "Exception"
    assert "`.to(run.device)`" in failed.hint


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def devices(said: list[str]) -> Devices:
    devices = Devices(said.append)
    devices.find([Device("cuda:0", 8 * GIB), Device("cuda:1", 4 * GIB)])
    return devices


def broke(devices: Devices, message: str, run: str = "net", seed: int = 3, device: int = 0) -> None:
    one = Job(run, "x", Where("docs/p.md", 9), "docs/p.md", 10, seed)
    devices.note(Device(f"cuda:{device}"), one, from_exception(one, RuntimeError(message)))


def names(devices: Devices) -> list[str]:
    return [device.name for device in devices.open]


def test_a_device_that_failed_twice_is_given_up_with_one_message(devices: Devices, said: list[str]):
    broke(devices, LAUNCH, seed=0)
    assert (names(devices), said) == (["cuda:0", "cuda:1"], [])

    broke(devices, LAUNCH, seed=1)
    broke(devices, LAUNCH, seed=2)

    assert names(devices) == ["cuda:1"]
    assert said == [f"Device: cuda:0 failed (RuntimeError: {LAUNCH}); not used any more in this build"]
    devices.reopen()
    assert names(devices) == ["cuda:0", "cuda:1"]


def test_a_wrong_index_in_one_run_is_that_runs_fault_however_many_seeds(devices: Devices, said: list[str]):
    for seed in range(5):
        broke(devices, ASSERT, seed=seed)
    assert names(devices) == ["cuda:0", "cuda:1"]

    broke(devices, ASSERT, run="other")

    assert names(devices) == ["cuda:1"]


def test_other_failures_are_not_the_devices(devices: Devices):
    for seed in range(5):
        broke(devices, "shapes do not match", seed=seed)
        broke(devices, OUT_OF_MEMORY, seed=seed)

    assert names(devices) == ["cuda:0", "cuda:1"]


def test_a_crash_that_names_cuda_counts(devices: Devices, said: list[str]):
    for seed in range(2):
        one = job()
        crash = RunFailed(
            one.where, "Crashed (SIGABRT)", kind="Crashed", output=f"terminate called\n  what(): {LAUNCH}\n"
        )
        devices.note(Device("cuda:1"), Job("net", "x", one.where, "", 1, seed), crash)

    assert said == [f"Device: cuda:1 failed (what(): {LAUNCH}); not used any more in this build"]


def test_whoever_gets_no_gpu_is_told_why(devices: Devices):
    needs = "docs/p.md:9: run 'net' seed 3: needs CUDA (`device: require:cuda`); "
    large = job("cuda", gpu_memory=20 * GIB)
    assert str(devices.refusal(large)) == (
        "docs/p.md:9: run 'net' seed 3: needs more memory than a GPU has here: the largest is cuda:0 (8 GiB)\n"
        "  Lower `gpu_memory`, or keep the recorded result."
    )
    for device in (0, 1):
        for seed in range(2):
            broke(devices, LAUNCH, seed=seed, device=device)
    assert str(devices.refusal(job("require:cuda"))).splitlines()[0] == (
        f"{needs}cuda:0 and cuda:1 failed before and are not used any more"
    )
    devices.find([])
    assert str(devices.refusal(job("require:cuda"))).startswith(f"{needs}none here (torch")
    assert "device: prefer:mps" in devices.refusal(job("mps")).hint


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("2.13.0+cpu", "torch 2.13.0, CPU build"),
        ("2.13.0", "torch 2.13.0 finds none"),
        (None, "torch is not installed"),
    ],
)
def test_torch_is_not_imported_to_say_what_it_is(monkeypatch: pytest.MonkeyPatch, version: str | None, said: str):
    def answer(_: str) -> str:
        if version is None:
            raise accelerators.metadata.PackageNotFoundError
        return version

    monkeypatch.setattr(accelerators.metadata, "version", answer)

    assert accelerators.installed() == said


# -- asking what there is, in a child -----------------------------------------------------------------------------


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mkdocs_dlplugin.engines.devices._PATIENCE", 0.2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="asks in a fork")
@pytest.mark.parametrize(
    ("visible", "identifiers"), [("", ["0", "1"]), ("GPU-a,GPU-b", ["GPU-a", "GPU-b"]), ("3, 5", ["3", "5"])]
)
def test_devices_are_found_with_what_is_known_of_them(
    monkeypatch: pytest.MonkeyPatch, visible: str, identifiers: list[str]
):
    monkeypatch.setitem(sys.modules, "torch", torch("cuda"))
    probe = Probe({"CUDA_VISIBLE_DEVICES": visible})

    assert probe.names == ["cuda:0", "cuda:1"]
    assert probe.finish() == [
        Device(f"cuda:{number}", 8 * GIB, "a cuda", identifier) for number, identifier in enumerate(identifiers)
    ]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="asks in a fork")
@pytest.mark.parametrize("hangs", ["at once", "when asked for more"])
def test_a_driver_that_hangs_does_not_keep_the_build(monkeypatch: pytest.MonkeyPatch, patience: None, hangs: str):
    library = torch("cuda")
    part = "device_count" if hangs == "at once" else "get_device_properties"
    setattr(library.cuda, part, lambda *_: time.sleep(60))
    monkeypatch.setitem(sys.modules, "torch", library)
    started = time.monotonic()
    found = Probe({}).finish()

    assert found == ([] if hangs == "at once" else [Device("cuda:0", identifier="0"), Device("cuda:1", identifier="1")])
    assert time.monotonic() - started < 30


@pytest.mark.skipif(not hasattr(os, "fork"), reason="asks in a fork")
def test_a_driver_that_fails_leaves_the_names(monkeypatch: pytest.MonkeyPatch):
    def fail(_: int) -> None:
        raise RuntimeError("CUDA driver version is insufficient for CUDA runtime version")

    library = torch("cuda")
    library.cuda.get_device_properties = fail
    monkeypatch.setitem(sys.modules, "torch", library)

    assert [device.title for device in Probe({}).finish()] == ["cuda:0", "cuda:1"]


def test_without_torch_there_is_nothing_to_ask(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delitem(sys.modules, "torch", raising=False)

    assert Probe({}).finish() == []

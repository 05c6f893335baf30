"""Accelerators: the kinds of GPU torch knows, how each is found, waited for and seeded, and how its failures read."""

from __future__ import annotations

import re
from importlib import metadata
from typing import Any

KINDS = ("cuda", "mps", "xpu")
"""In the order of preference where several would do; CUDA stands for AMD's ROCm too, as it does in torch."""

TITLES = {"cuda": "CUDA", "mps": "MPS", "xpu": "XPU"}
"""What messages call them."""

_MEMORY = re.compile(r"\b(CUDA|HIP|MPS|XPU)\b.{0,40}\bout of memory|\bCU[A-Z]+_STATUS_ALLOC_FAILED")

_ABSENT = re.compile(
    r"not compiled with (CUDA|XPU)|No (CUDA|XPU) [A-Za-z]+ are available|no NVIDIA driver on your system"
)

_BROKEN = re.compile(
    r"\b(CUDA|HIP) error: (?!out of memory)|device-side assert|\bCUDA (driver|unknown error)\b"
    r"|\bCU[A-Z]+_STATUS_(EXECUTION_FAILED|INTERNAL_ERROR|MAPPING_ERROR|NOT_INITIALIZED)|\bUR_RESULT_ERROR_DEVICE_LOST"
)


def kinds(device: str) -> tuple[str, ...]:
    """List the kinds of accelerator that an option `device` takes: none for `cpu`, any for `auto`, else the one named.

    Args:
        device: As in `Run.device`: `auto`, `cpu`, or `cuda`, `mps`, `xpu`, alone or after `prefer:` or `require:`.
    """
    if device == "auto":
        return KINDS
    kind = device.rpartition(":")[2]
    return (kind,) if kind in KINDS else ()


def falls_back(device: str) -> bool:
    """Tell whether an option `device` takes the CPU where there is no such accelerator."""
    return device in {"auto", "cpu"} or device.startswith("prefer:")


def needs(device: str) -> str:
    """Say what an option `device` asks for: needs CUDA (`device: require:cuda`)."""
    return f"needs {TITLES[device.rpartition(':')[2]]} (`device: {device}`)"


def installed() -> str:
    """Say what can be known of torch without importing it, which takes seconds: `torch 2.13.0, CPU build`."""
    try:
        version = metadata.version("torch")
    except metadata.PackageNotFoundError:
        return "torch is not installed"
    number, _, build = version.partition("+")
    return f"torch {number}, CPU build" if build == "cpu" else f"torch {version} finds none"


def present(torch: Any) -> list[str]:
    """Name the accelerators there are, as torch numbers them: `cuda:0`, `cuda:1`, `mps`, `xpu`.

    Nothing is started on them, as far as the drivers allow.
    """
    names = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
    return [*names, *(kind for kind in ("mps", "xpu") if _available(torch, kind))]


def here(torch: Any) -> str:
    """Name the kind of accelerator to use in this process; `cpu` without one."""
    return next((kind for kind in KINDS if _available(torch, kind)), "cpu")


def describe(torch: Any, name: str) -> tuple[str, int]:
    """Return an accelerator's model and the bytes of its memory, empty and 0 where torch does not say.

    This starts the accelerator's driver in this process.
    """
    kind, _, number = name.partition(":")
    if kind == "mps":
        memory = getattr(torch.mps, "recommended_max_memory", None)
        return _mps_name(torch), int(memory()) if memory else 0
    properties = getattr(torch, kind).get_device_properties(int(number or 0))
    return str(properties.name), int(properties.total_memory)


def started(torch: Any) -> str:
    """Name the kind of accelerator whose driver runs in this process, which can no longer fork then; empty for none."""
    if torch.cuda.is_initialized():
        return "cuda"
    xpu = getattr(torch, "xpu", None)
    return "xpu" if xpu is not None and xpu.is_initialized() else ""


def used(torch: Any) -> str:
    """Name the kind of accelerator that the code of this process used; empty when it used the CPU alone."""
    if kind := started(torch):
        return kind
    # MPS does not say whether it was started; whoever used it has memory there, freed or not.
    return "mps" if _available(torch, "mps") and torch.mps.driver_allocated_memory() > 0 else ""


def model(torch: Any, kind: str) -> str:
    """Name the accelerator that this process uses."""
    if kind == "mps":
        return _mps_name(torch)
    part = getattr(torch, kind)
    return str(part.get_device_name(part.current_device()))


def synchronise(torch: Any) -> None:
    """Wait until the accelerator has done what it was given, so that clocks tell of its work too."""
    if kind := used(torch):
        getattr(torch, kind).synchronize()


def limit(torch: Any, memory: int) -> None:
    """Let this process have so many bytes of its GPU and no more, from the moment it starts CUDA.

    Args:
        torch: The module.
        memory: Bytes; what the driver itself takes comes on top.
    """
    cuda = torch.cuda

    def set_limit() -> None:
        total = cuda.get_device_properties(0).total_memory
        cuda.set_per_process_memory_fraction(min(1.0, memory / total))

    # Starting CUDA here would make the record of a job that never uses it say that it did.
    later = getattr(cuda, "_lazy_call", None)
    if later is not None:
        later(set_limit)


def out_of_memory(name: str, message: str) -> bool:
    """Tell whether an exception says that an accelerator's memory did not suffice.

    Args:
        name: Its class.
        message: What it says.
    """
    return name == "OutOfMemoryError" or bool(_MEMORY.search(message))


def absent(message: str) -> bool:
    """Tell whether a message says that code asked for an accelerator that this process does not have."""
    return bool(_ABSENT.search(message))


def broken(message: str) -> bool:
    """Tell whether a message says that the accelerator, its driver or this process's context on it failed."""
    return bool(_BROKEN.search(message)) and not _MEMORY.search(message)


def _available(torch: Any, kind: str) -> bool:
    part = getattr(torch.backends, "mps", None) if kind == "mps" else getattr(torch, kind, None)
    return part is not None and bool(part.is_available())


def _mps_name(torch: Any) -> str:
    name = getattr(torch.backends.mps, "get_name", None)
    return str(name()) if name else "Apple GPU"

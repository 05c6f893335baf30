"""Host: what this machine gives to runs: how many at once, and which of its environment variables they see."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from mkdocs_dlplugin.model import Job

FIXED = {
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "Agg",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    "PYTORCH_NVML_BASED_CUDA_CHECK": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
"""Set for every run, so that results do not depend on who builds; the NVML check keeps CUDA out of the zygote."""

_THREADS = (*(f"{name}_NUM_THREADS" for name in ("OMP", "MKL", "OPENBLAS", "NUMEXPR")), "VECLIB_MAXIMUM_THREADS")

_WORDS = {"PATH", "LANG", "TZ", "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT"}
"""What every process may know of the machine; the last four are what Windows itself needs."""

_CACHES = ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "MPLCONFIGDIR", "TORCH_HOME", "HF_HOME", "KERAS_HOME")

_FOR_ZYGOTE = ("PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES")
"""Needed to find Python's packages and the GPUs; runs do not get them again."""


def usable_cores(membership: Path = Path("/proc/self/cgroup"), mount: Path = Path("/sys/fs/cgroup")) -> int:
    """Count the cores this process may use: by its affinity mask and by the CPU quotas of its control groups."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        cores = os.cpu_count() or 1
    return max(1, min([cores, *(int(quota) for quota in _quotas(membership, mount))]))


def _quotas(membership: Path, mount: Path) -> list[float]:
    """Read the quotas, in cores, of our control group and of those around it; versions 1 and 2."""
    found = []
    for line in _read(membership).splitlines():
        _, controllers, path = line.split(":", 2)
        base = mount / "cpu" if "cpu" in controllers.split(",") else mount
        if controllers and base == mount:
            continue
        group = base / path.lstrip("/")
        for folder in (group, *group.parents):
            if not folder.is_relative_to(base):
                break
            older = f"{_read(folder / 'cpu.cfs_quota_us')} {_read(folder / 'cpu.cfs_period_us')}"
            match (_read(folder / "cpu.max") or older).split():
                case [quota, period] if quota.isdigit() and period.isdigit() and int(period) > 0:
                    found.append(int(quota) / int(period))
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""


def for_zygote(environ: Mapping[str, str], home: Path) -> dict[str, str]:
    """Choose the environment of the helper process, which loads libraries for all runs and owns the folder `home`."""
    kept = {name: environ[name] for name in _FOR_ZYGOTE if name in environ}
    caches = {"HOME": str(home), "TMPDIR": str(home), "MPLCONFIGDIR": str(home)}
    # Large pages make each fork of a process this size about 1.7 times faster.
    tuning = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
    # Arrow, which pandas loads, would start a thread to tidy its memory, and forks do not have that thread.
    tuning["JE_ARROW_MALLOC_CONF"] = "background_thread:false"
    return {**_allowed(environ), **kept, **caches, **tuning, **FIXED, **dict.fromkeys(_THREADS, "1")}


def for_run(environ: Mapping[str, str], job: Job, folder: Path, gpu: str) -> dict[str, str]:
    """Choose the environment of one job: a few words of the machine, what the run declares, and folders of its own.

    Args:
        environ: The environment to choose from.
        job: The job, with the variables its run declared.
        folder: The job's scratch folder.
        gpu: Identifier of the GPU it may use; empty hides all.
    """
    own = {"HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), **dict.fromkeys(_CACHES, str(folder / "cache"))}
    threads = dict.fromkeys(_THREADS, str(job.threads))
    return {**_allowed(environ), **job.env, **job.secrets, **own, **FIXED, **threads, "CUDA_VISIBLE_DEVICES": gpu}


def _allowed(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name in _WORDS or name.startswith("LC_")}

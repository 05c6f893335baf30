"""Seeding: give every library that draws random numbers its seed and its threads, however late it is imported."""

from __future__ import annotations

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import random
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mkdocs_dlplugin import accelerators
from mkdocs_dlplugin.model import Job


def seed_everything(job: Job, device: str) -> None:
    """Seed `random`, NumPy and torch and set their threads, now or at the moment the job imports them.

    On an accelerator torch is also asked for deterministic algorithms, and warns where it has none; a job that states
    how much of a GPU's memory it needs gets that much, so that it cannot take its neighbours' part.
    """
    random.seed(job.seed)

    def numpy(module: Any) -> None:
        module.seed(job.seed % 2**32)

    def torch(module: Any) -> None:
        module.set_num_threads(job.threads)
        if device != "cpu":
            module.manual_seed(job.seed)  # of every accelerator too: now, or when the code starts it
            module.use_deterministic_algorithms(True, warn_only=True)
            if device == "cuda" and job.gpu_memory:
                accelerators.limit(module, job.gpu_memory)
        else:
            # All of manual_seed that matters here; the rest notes a stack trace per kind of accelerator, 8 ms.
            module.default_generator.manual_seed(job.seed)

    when_imported({"numpy.random": numpy, "torch": torch})
    if job.threads > 1:
        # Comes with scikit-learn, which is where it matters.
        with contextlib.suppress(ImportError):
            importlib.import_module("threadpoolctl").threadpool_limits(job.threads)


def when_imported(acts: Mapping[str, Callable[[Any], None]]) -> None:
    """Act on modules that are imported already, and on the others right after their import."""
    _Finder.acts = acts
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
    for name, act in acts.items():
        if name in sys.modules:
            act(sys.modules[name])


class _Finder(importlib.abc.MetaPathFinder):
    """Finds modules as usual, and wraps the loaders of those that someone waits for."""

    acts: Mapping[str, Callable[[Any], None]] = {}

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in cls.acts:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            load, act = spec.loader.exec_module, cls.acts[fullname]

            def exec_module(module: types.ModuleType) -> None:
                load(module)
                act(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec

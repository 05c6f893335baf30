"""Engine: what keeping each run apart costs, and how near to the processors' own time many runs come."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import wait
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.measure import children, python, spend
from benchmarks.tools import training

NOOPS = 100
SHORT, LONG = (60, 300), (8, 3_600)
"""How many runs, and how many steps of training each does: about 0.3 s and 3 s."""
FRESH = "from mkdocs_dlplugin.engines.preload import load, warm; load(['torch']); warm(0)"
"""What a run would pay in an interpreter of its own, before it trains."""


def measure(repetitions: int, folder: Path) -> list[Figure]:
    """Run jobs through the local engine, in a process of its own, and the same training without one."""
    folder.mkdir(parents=True, exist_ok=True)
    noop, fresh, short, long = [], [], [], []
    for _ in range(repetitions):
        said = json.loads(python("from benchmarks.engine import inside; inside()", folder).splitlines()[-1])
        noop.append(said["noop_ms"])
        short.append(said["short"])
        long.append(said["long"])
        fresh.append(spend([sys.executable, "-c", FRESH], folder).cpu)
    shares = tuple(ms / 1000 / cpu for ms, cpu in zip(noop, fresh, strict=True))
    few, many = f"{LONG[0]} runs of about 3 s", f"{SHORT[0]} runs of about 0.3 s"
    return [
        Figure("engine", "noop_ms", "CPU of an isolated run that does nothing", tuple(noop), "ms", 15),
        Figure("engine", "noop_share", "the same over a fresh interpreter with torch", shares, "×", 1 / 150),
        Figure("engine", "short", f"{many}, wall, over pure CPU ÷ cores", tuple(short), target=1.16),
        Figure("engine", "long", f"{few}, wall, over pure CPU ÷ cores", tuple(long), target=1.03),
    ]


def inside() -> None:
    """Measure once, in this process; prints JSON."""
    # Here and not above, so that the table can be printed where this cannot run.
    from mkdocs_dlplugin.engines import ENGINES, Setup  # noqa: PLC0415

    pure = {steps: _pure(steps) for _, steps in (SHORT, LONG)}
    with tempfile.TemporaryDirectory(prefix="engine-") as scratch:
        engine = ENGINES["local"](Setup(Path(scratch, "jobs"), Path(scratch), preload=("torch",)))
        try:
            _run(engine, ["import torch"] * 4, scratch)  # until the helper process has loaded what it loads
            before = _cpu()
            _run(engine, ["x = 1"] * NOOPS, scratch)
            said = {"noop_ms": (_cpu() - before) / NOOPS * 1000}
            for name, (count, steps) in (("short", SHORT), ("long", LONG)):
                took = _run(engine, [_code(steps)] * count, scratch)
                said[name] = took / (count * pure[steps] / _cores())
        finally:
            engine.close()
    print(json.dumps(said))


def _code(steps: int) -> str:
    return f"{training(0, steps)}\ntrain(0)\n"


def _pure(steps: int) -> float:
    """Train in a process that has loaded torch and does nothing else; returns CPU seconds of one run."""
    code = (
        f"import sys, time\n{FRESH}\nimport torch\ntorch.set_num_threads(1)\ncode = sys.argv[1]\n"
        "exec(code, {})\nbegan = time.process_time()\nfor _ in range(3): exec(code, {})\n"
        "print((time.process_time() - began) / 3)"
    )
    return float(python(code, Path.cwd(), _code(steps)).split()[-1])


def _run(engine: object, codes: Sequence[str], root: str) -> float:
    """Run some jobs to their end; returns seconds from the first submission to the last result."""
    from mkdocs_dlplugin.model import Job, Where  # noqa: PLC0415

    began = time.perf_counter()
    futures = [
        engine.submit(  # type: ignore[attr-defined]
            Job(f"run-{n}", code, Where("page.md", 1), "page.md", 1, seed=n, root=root, key=f"{n:064}", timeout=300)
        )
        for n, code in enumerate(codes)
    ]
    wait(futures)
    took = time.perf_counter() - began
    for future in futures:
        future.result()
    return took


def _cpu() -> float:
    """Add up what this process and all below it took, those that ended and were waited for included; Linux only."""
    ticks = 0
    for pid in (os.getpid(), *children(os.getpid())):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

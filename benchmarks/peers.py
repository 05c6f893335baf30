"""Peers: twelve torch snippets built cold, unchanged and after one edit, by this plugin and by four other tools."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.measure import ENV, Spent, environment, python, ratios, spend, take_turns
from benchmarks.tools import SNIPPETS, STEPS, TOOLS, Tool, beside, forget, interpreter, shown, training

COLD = {"markdown-exec": 0.70, "sphinx-gallery": 0.60, "mkdocs-jupyter": 0.12, "MyST-NB": 0.12}
"""How long a cold build may take as a share of a peer's."""

_PRELOAD = "from mkdocs_dlplugin.engines.preload import load, warm; load(['torch']); warm(0)"
_PURE = """
import sys, time
from mkdocs_dlplugin.engines.preload import load, warm
load(["torch"]); warm(0)
import torch
torch.set_num_threads(1)
codes = [compile(code, "snippet", "exec") for code in eval(sys.stdin.read())]
began = time.process_time()
for code in codes:
    names = {}
    exec(code, names)
    for seed in range(int(sys.argv[1])):
        names["train"](seed)
print(time.process_time() - began, file=sys.stderr)
"""


def measure(repetitions: int, folder: Path, seeds: int = 1) -> list[Figure]:
    """Build the same snippets with each tool, in turns: cold, unchanged, after one edit.

    Args:
        repetitions: How often each is built.
        folder: Where projects and the environment of the peers are kept.
        seeds: How often each snippet is trained in one build.
    """
    missing: dict[str, str] = {}
    ready: dict[Tool, str] = {}
    for tool in TOOLS:
        try:
            ready[tool] = interpreter(tool, folder)
            _build(tool, ready[tool], folder, seeds)  # to warm the file system, and to see that it works
            if (found := shown(folder / tool.name)) < SNIPPETS * seeds and tool.name != "plain":
                raise RuntimeError(f"Error: its pages show {found} of {SNIPPETS * seeds} results")
        except (RuntimeError, OSError) as problem:
            ready.pop(tool, None)
            lines = str(problem).strip().splitlines()
            missing[tool.name] = next((line.strip() for line in reversed(lines) if "Error" in line), lines[-1])
    cold, unchanged, edited, preload, pure = {}, {}, {}, [], []
    for _ in range(repetitions):
        for tool in ready:
            forget(folder / tool.name, tool)
        _add(cold, take_turns(1, {t.name: lambda t=t: _build(t, ready[t], folder, seeds) for t in ready}))
        _add(unchanged, take_turns(1, {t.name: lambda t=t: _build(t, ready[t], folder, seeds) for t in ready}))
        _add(edited, take_turns(1, {t.name: lambda t=t: _build(t, ready[t], folder, seeds, 1) for t in ready}))
        preload.append(spend([sys.executable, "-c", _PRELOAD], folder).wall)
        pure.append(_pure(folder, seeds))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    floor = [p.wall + one + cpu / cores for p, one, cpu in zip(cold["plain"], preload, pure, strict=True)]
    ours = cold["dlplugin"]
    figures = [
        _figure("cold_floor", "cold, wall, over plain + one preload + pure CPU ÷ cores",
                [a.wall / b for a, b in zip(ours, floor, strict=True)], 1.08),
    ]  # fmt: skip
    for name, most in COLD.items():
        values = ratios(ours, cold[name], "wall") if name in cold else []
        figures.append(_figure(f"cold_{_short(name)}", f"cold, wall, over {name}", values, most, missing.get(name, "")))
    figures.append(_figure("unchanged_plain", "unchanged, CPU, over plain MkDocs",
                           ratios(unchanged["dlplugin"], unchanged["plain"], "cpu"), 1.10))  # fmt: skip
    figures.append(_figure("unchanged_touched", "unchanged, modules of torch or of the engine that were loaded",
                           [_touched(folder)], 0, unit=""))  # fmt: skip
    for how, spent, clock in (("cold", cold, "wall"), ("unchanged", unchanged, "cpu"), ("edit", edited, "wall")):
        for tool in TOOLS:
            values = [getattr(one, clock) for one in spent.get(tool.name, [])]
            name, label = f"{how}_{_short(tool.name)}_s", f"{how}, {clock}, {tool.name}"
            figures.append(_figure(name, label, values, None, missing.get(tool.name, ""), "s"))
    return figures


def _build(tool: Tool, interpreter: str, folder: Path, seeds: int, edit: int = 0) -> Spent:
    project = folder / tool.name
    tool.write(project, seeds, STEPS + edit)
    return spend([interpreter, "-m", *tool.command], project, beside())


def _pure(folder: Path, seeds: int) -> float:
    """Train all snippets in one process that has loaded torch already; returns CPU seconds of the training alone."""
    codes = repr([training(n) for n in range(SNIPPETS)])
    command = [sys.executable, "-c", _PURE, str(seeds)]
    done = subprocess.run(
        command, cwd=folder, env=environment(ENV), input=codes, capture_output=True, text=True, check=True
    )
    return float(done.stderr.split()[-1])


def _touched(folder: Path) -> float:
    """Count what an unchanged build must not load."""
    project = folder / "dlplugin"
    spend([sys.executable, "-m", "mkdocs", "build", "--quiet"], project)
    code = (
        "import sys; sys.argv = ['mkdocs', 'build', '--quiet']\n"
        "from mkdocs.__main__ import cli\n"
        "cli(standalone_mode=False)\n"
        "print(*(name for name in sys.modules if name.startswith(('torch', 'mkdocs_dlplugin.engines'))))"
    )
    return float(len(python(code, project).split()))


def _add(to: dict[str, list[Spent]], more: dict[str, list[Spent]]) -> None:
    for name, spent in more.items():
        to.setdefault(name, []).extend(spent)


def _short(name: str) -> str:
    return name.lower().replace("-", "_")


def _figure(
    name: str, label: str, values: list[float], target: float | None, note: str = "", unit: str = "×"
) -> Figure:
    return Figure("peers", name, label, tuple(values), unit, target, note)

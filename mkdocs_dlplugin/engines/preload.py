"""Preload: which heavy libraries the runs will import, and how to load them once so that no run pays again."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import accelerators

HEAVY = (
    "numpy",
    "scipy",
    "pandas",
    "sklearn",
    "torch",
    "torchvision",
    "torchaudio",
    "safetensors",
    "matplotlib",
    "mnist1d",
    "skimage",
    "PIL",
    "xgboost",
    "lightgbm",
    "statsmodels",
    "networkx",
)
"""Third-party packages worth loading ahead, in the order in which they are loaded."""


def preload_for(codes: Iterable[str], root: Path) -> tuple[str, ...]:
    """List the heavy modules that pieces of code import, directly or through modules of the project.

    Nothing is imported to find out, and project modules are never listed: an edit to one must reach the next run.
    """
    names, _ = reach(codes, root)
    heavy = (name for name in names if name.partition(".")[0] in HEAVY)
    return ordered(name for name in heavy if _is_module(name))


def reach(codes: Iterable[str], root: Path) -> tuple[set[str], dict[Path, str]]:
    """Follow the imports of pieces of code through the project.

    Returns:
        The names that are imported, and the project's files behind them with their texts.
    """
    names: set[str] = set()
    files: dict[Path, str] = {}
    waiting = [(code, "") for code in codes]
    while waiting:
        code, package = waiting.pop()
        for name in _imports(code, package) - names:
            names.add(name)
            if name.partition(".")[0] in HEAVY:
                continue
            for file in _project_files(name, root):
                if file not in files:
                    files[file] = file.read_text("utf-8", "replace")
                    waiting.append((files[file], ".".join(file.relative_to(root).parent.parts)))
    return names, files


def ordered(names: Iterable[str]) -> tuple[str, ...]:
    """Put modules in the order in which they are loaded, each once."""
    return tuple(sorted(set(names), key=_place))


def load(names: Sequence[str]) -> tuple[dict[str, str], str]:
    """Import modules, going on when one fails, but not when one makes this process unfit for forking.

    Returns:
        Why each that failed did so, and the one that spoilt this process, see `spoilt`; empty when none did.
    """
    failed = {}
    for name in names:
        try:
            importlib.import_module(name)
        except Exception as error:
            failed[name] = f"{type(error).__name__}: {error}"
        if spoilt():
            return failed, name
    return failed, ""


def spoilt() -> str:
    """Say why forks of this process would not work, as the end of a sentence about who did it; empty when they do.

    A fork has only one of its parent's threads, and cannot use a GPU that its parent has started.
    """
    if threads() > 1:
        return "starts threads"
    torch: Any = sys.modules.get("torch")
    try:
        kind = accelerators.started(torch) if torch is not None else ""
    except Exception:
        return ""  # what torch cannot tell it has not started
    return f"starts {accelerators.TITLES[kind]}" if kind else ""


def warm(gpus: int) -> None:
    """Make torch import what it otherwise imports at a run's first optimizer and layer, about a second of it.

    Args:
        gpus: Accelerators there are; with any, nothing runs backward, because that would start them, which no fork
            survives.
    """
    torch: Any = sys.modules.get("torch")
    if torch is None:
        return
    torch.set_num_threads(1)
    nn, optim = torch.nn, torch.optim
    dense = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.1), nn.Linear(8, 2))
    conv = nn.Sequential(nn.Conv1d(1, 4, 2, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(12, 2))
    recurrent = nn.GRU(1, 4, batch_first=True)
    for make in (optim.SGD, optim.Adam, optim.AdamW):
        for net, x in ((dense, torch.randn(64, 2)), (conv, torch.randn(64, 1, 2))):
            optimizer = make(net.parameters(), 1e-3)
            loss = nn.functional.cross_entropy(net(x), torch.zeros(len(x), dtype=torch.long))
            if not gpus:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    recurrent(torch.randn(4, 2, 1))


def threads() -> int:
    """Count the threads of this process, those that Python does not know included."""
    try:
        return len(list(Path("/proc/self/task").iterdir()))
    except OSError:
        return 1


def _imports(code: str, package: str) -> set[str]:
    """List what a source imports, with absolute names; of `from a import b` both `a` and `a.b`."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError):
        return set()
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parts, *([node.module] if node.module else [])])
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return {name.strip(".") for name in names if name.strip(".")}


def _project_files(name: str, root: Path) -> Iterable[Path]:
    """Yield the project's files that an import of `name` executes: packages around it, then the module."""
    parts = name.split(".")
    for length in range(1, len(parts) + 1):
        base = root.joinpath(*parts[:length])
        yield from (file for file in (base / "__init__.py", base.with_suffix(".py")) if file.is_file())


def _is_module(name: str) -> bool:
    """Tell whether a dotted name is an installed module rather than something inside one, without importing it."""
    top, *rest = name.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        return False
    if spec is None or not rest:
        return spec is not None
    folders = [Path(folder).joinpath(*rest) for folder in spec.submodule_search_locations or ()]
    return any((folder / "__init__.py").is_file() or any(folder.parent.glob(folder.name + ".*")) for folder in folders)


def _place(name: str) -> tuple[int, str]:
    top = name.partition(".")[0]
    return HEAVY.index(top) if top in HEAVY else len(HEAVY), name

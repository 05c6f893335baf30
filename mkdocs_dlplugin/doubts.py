"""Doubts: what an author probably does not mean, said as a warning, because it may be meant all the same."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from pathlib import Path

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Run


def shadows(runs: Iterable[Run], root: Path) -> list[DLError]:
    """Name the runs that import a module of Python's own while a file of the project has the same name.

    Which of the two they get depends on whether Python's was loaded before, so it may differ between machines.

    Args:
        runs: All runs.
        root: The folder of `mkdocs.yml`, where their imports look first.
    """
    own = {file.stem: file for file in root.glob("*.py")}
    own |= {file.parent.name: file for file in root.glob("*/__init__.py")}
    taken = own.keys() & sys.stdlib_module_names
    if not taken:
        return []
    found = []
    for run in runs:
        for name in sorted(_imported(run.code) & taken):
            file = own[name].relative_to(root).as_posix()
            problem = f"run '{run.name}' imports '{name}', and {file} has the name of that module of Python's own."
            hint = "Give the file another name; which of the two is imported may differ between machines."
            found.append(DLError(run.where, problem, hint))
    return found


def _imported(code: str) -> set[str]:
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError):
        return set()
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.partition(".")[0] for name in names}

"""Imports: what a snippet imports stays light, and the build's process never loads a training library."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import mkdocs_dlplugin

ROOT = Path(__file__).parents[1]


def python(code: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/")


def loaded(imports: str) -> set[str]:
    return set(python(f"import {imports}; print(*sorted(sys.modules))").stdout.split())


def test_importing_what_snippets_import_loads_the_standard_library_only():
    modules = {name.partition(".")[0] for name in loaded("mkdocs_dlplugin") - loaded("sys")}

    assert modules - sys.stdlib_module_names <= {"mkdocs_dlplugin", "_sysconfigdata__linux_x86_64-linux-gnu"}


def test_the_engine_loads_no_training_library_into_the_build():
    heavy = {"torch", "numpy", "sklearn", "pandas", "matplotlib", "mkdocs"}

    assert not heavy & loaded("mkdocs_dlplugin.engines, mkdocs_dlplugin.engines.zygote, mkdocs_dlplugin.worker")


def test_the_version_is_the_one_of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    assert mkdocs_dlplugin.__version__ == project["version"]


def test_a_system_that_cannot_fork_measures_in_fresh_processes(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text(
        '```python {run="a"}\nfrom mkdocs_dlplugin import run\nrun.log({"b": 7})\n```\n'
    )
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nplugins: [dlplugin]\n")
    # What Windows lacks; a stand-in, for none is at hand.
    without = (
        "import os, sys, subprocess; sys.platform = 'win32'; del os.fork;"
        "sys.modules.update(fcntl=None, resource=None);"
        f"os.chdir({str(tmp_path)!r}); from mkdocs_dlplugin.__main__ import main; raise SystemExit(main(['run']))"
    )
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {without}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)

    assert run.returncode == 0, run.stderr
    assert '"b": 7' in (tmp_path / "records/a/_/0.json").read_text("utf-8")

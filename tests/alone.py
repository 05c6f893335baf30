"""Alone: execute a script as a stranger does: in another folder, without the project and without the plugin."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

START = """
import runpy, sys
sys.path += sys.argv[1].split(":")
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Without `site`, whose path files could bring the plugin or this project back."""


def execute(script: Path, *arguments: str, packages: tuple[str, ...] = (), **environ: str) -> tuple[int, str]:
    """Execute a script in a folder of its own.

    Args:
        script: The file.
        arguments: Its command line.
        packages: What it may import besides the standard library and what lies beside these.
        environ: Environment variables that it gets.

    Returns:
        Its exit code, and what it printed.
    """
    found = [importlib.util.find_spec(name) for name in packages]
    folders = dict.fromkeys(str(Path(str(spec.origin)).parents[1]) for spec in found if spec)
    command = [sys.executable, "-I", "-S", "-c", START, ":".join(folders), str(script), *arguments]
    folder = script.parent / "elsewhere"
    folder.mkdir(exist_ok=True)
    env = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), **environ}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, done.stdout + done.stderr

"""Repositories that real Git writes, for tests of what is read from them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

WHO = {
    **{f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_COMMITTER_DATE": "2026-03-04T23:30:00+0000",
}


class Repository:
    """A folder under version control."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main", *options)

    def git(self, *words: str) -> str:
        """Run a command of Git's and return what it prints."""
        command = ["git", "-C", str(self.folder), *words]
        return subprocess.run(command, env={**os.environ, **WHO}, check=True, capture_output=True, text=True).stdout

    def commit(self, **files: str) -> str:
        """Write files, `__` in a name standing for a folder, and commit all there is; returns the commit."""
        for name, text in files.items():
            path = self.folder / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")
        return self.git("rev-parse", "HEAD").strip()

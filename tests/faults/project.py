"""Project: a small site on disk, built as an author builds it, and everything that can be seen of it afterwards."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import yaml

LIMIT = 30.0
"""Seconds after which a build counts as hanging; the slowest case takes five."""

THEME = "<html><head><title>{{ page.title }}</title></head><body>{{ page.content }}</body></html>"

EXTENSIONS = ("admonition", "footnotes", "tables", "pymdownx.details", "pymdownx.tabbed", "pymdownx.snippets")

NOBODY = 65534
"""User and group without rights, as whom some cases are built."""

_WATCH = str(Path(__file__).parent / "watch.py")
_SOURCE = str(Path(__file__).parents[2])
_PACKAGES = os.pathsep.join([_SOURCE, *(path for path in sys.path if path.endswith("-packages"))])
"""Where another Python finds what this one has."""


@dataclass(frozen=True)
class Built:
    """One build, seen from outside."""

    root: Path
    code: int | None
    """Exit status of the command; `None` when it had to be ended."""
    said: str
    """What stood in the terminal, both streams."""
    left: tuple[str, ...] = ()
    """Command lines of the processes that it left behind."""

    @property
    def hung(self) -> bool:
        """Whether it had to be ended."""
        return self.code is None

    def html(self, page: str) -> str:
        """Return the HTML of a page; empty when it was not built."""
        file = self.root / "site" / page / "index.html"
        return file.read_text("utf-8") if file.is_file() else ""

    def page(self, page: str) -> str:
        """Return the text of a page, as a reader sees it."""
        text = re.sub(r"<(style|script|svg)\b.*?</\1>", " ", self.html(page), flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())

    @property
    def records(self) -> list[str]:
        """Name the results that are kept, as `run/point/seed`."""
        folder = self.root / "records"
        return sorted(f.relative_to(folder).with_suffix("").as_posix() for f in folder.glob("[!_]*/*/*.json"))

    @property
    def litter(self) -> list[str]:
        """Name what should not be there any more: temporary files, and folders of runs that ended."""
        files = [*self.root.rglob("*.tmp"), *(self.root / ".dlplugin/jobs").glob("*")]
        return sorted(f.relative_to(self.root).as_posix() for f in files if f.name != "zygote")


@dataclass
class Project:
    """A site in a folder of its own."""

    root: Path
    settings: Mapping[str, Any] = field(default_factory=dict)
    """What stands under `plugins: dlplugin:`."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """More of mkdocs.yml."""
    nobody: bool = False
    """Whether it is built by a user without rights."""

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        file = self.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8", newline="")
        return file

    def configure(self, **more: Any) -> None:
        """Write mkdocs.yml and the theme."""
        self.write("theme/main.html", THEME)
        whole = {
            "site_name": "Faults",
            "theme": {"name": None, "custom_dir": "theme"},
            "markdown_extensions": list(EXTENSIONS),
            "plugins": [{"dlplugin": {**self.settings}}],
            **self.config,
            **more,
        }
        self.write("mkdocs.yml", yaml.safe_dump(whole))

    def start(
        self,
        *arguments: str,
        environ: Mapping[str, str] | None = None,
        limit: float = LIMIT,
        command: Sequence[str] = ("-m", "mkdocs"),
    ) -> Started:
        """Start a command in the project's folder, `mkdocs build` unless said."""
        if not (self.root / "mkdocs.yml").exists():
            self.configure()
        kept = {name: value for name, value in os.environ.items() if name not in ("DLPLUGIN_EXECUTION", "PYTHONPATH")}
        env = {**kept, "PYTHONPATH": _SOURCE, "NO_MKDOCS_2_WARNING": "1", **(environ or {})}
        words = [nobodys_python() if self.nobody else sys.executable, *command, *(arguments or ("build",))]
        if self.nobody:
            _give(self.root)
            words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *words]
            env |= {"HOME": str(self.root), "PYTHONPATH": _PACKAGES}
        report, terminal = self.root.with_suffix(".report"), self.root.with_suffix(".said")
        report.with_suffix(".pid").unlink(missing_ok=True)
        with terminal.open("wb") as out:
            watch = subprocess.Popen(
                [sys.executable, "-I", "-S", _WATCH, str(report), str(limit), *words],
                cwd=self.root,
                env=env,
                stdout=out,
                stderr=out,
            )
        return Started(self.root, watch, report, terminal)

    def build(self, *arguments: str, **how: Any) -> Built:
        """Run a command in the project's folder to its end, `mkdocs build` unless said."""
        return self.start(*arguments, **how).end()


@dataclass(frozen=True)
class Started:
    """A command that is at work."""

    root: Path
    watch: subprocess.Popen[bytes]
    report: Path
    terminal: Path

    @property
    def pid(self) -> int:
        """Return the process number of the command."""
        file = self.report.with_suffix(".pid")
        while not file.exists() or not file.read_text("ascii"):
            time.sleep(0.01)
        return int(file.read_text("ascii"))

    @property
    def said(self) -> str:
        """Return what stands in the terminal so far."""
        return self.terminal.read_text("utf-8", "replace")

    def wait_for(self, words: str, seconds: float = LIMIT) -> None:
        """Wait until something stands in the terminal, or a file of that name in the project."""
        limit = time.monotonic() + seconds
        while words not in self.said and not (self.root / words).exists():
            assert time.monotonic() < limit, f"{words!r} did not come:\n{self.said}"
            assert self.watch.poll() is None, f"ended before {words!r} came:\n{self.said}"
            time.sleep(0.02)

    def signal(self, number: signal.Signals) -> None:
        """Send the command a signal."""
        os.kill(self.pid, number)

    def end(self) -> Built:
        """Wait for the end."""
        self.watch.wait()
        report = json.loads(self.report.read_text("utf-8"))
        return Built(self.root, None if report["hung"] else report["code"], self.said, tuple(report["left"]))


@functools.cache
def nobodys_python() -> str:
    """Find a Python that a user without rights can start; empty where there is none, or we are not root."""
    if os.geteuid() or shutil.which("setpriv") is None:
        return ""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    become = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    # What setpriv starts may still read what root may; what that starts may not.
    test = "import subprocess, sys; sys.exit(subprocess.run([sys.executable, '-c', 'import mkdocs']).returncode)"
    env = {**os.environ, "PYTHONPATH": _PACKAGES}
    for python in (sys.executable, shutil.which(version, path="/usr/local/bin:/usr/bin") or ""):
        if (
            python
            and not subprocess.run([*become, python, "-c", test], env=env, capture_output=True, check=False).returncode
        ):
            return python
    return ""


def _give(root: Path) -> None:
    for path in (root, *root.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

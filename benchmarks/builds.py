"""Builds: one site of 12 small torch snippets, built cold, unchanged and after one edit, by this plugin and by a peer.

`python -m benchmarks.builds` prints the table. The same function is a run of docs/plugin/speed.md, so that the figures
of that page come from a record.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

SNIPPETS = 12
TOOLS = ("plain", "dlplugin", "markdown-exec")
"""`plain` builds the same pages without executing anything: the floor for all others."""

# Two spirals and a small network: some 0.3 s of training, and nothing but torch to import.
SNIPPET = """\
import torch

torch.manual_seed(0)
turn = torch.linspace(0.2, 1.0, 512)
side = torch.arange(512) % 2
angle = 4 * turn + 3.14159 * side + 0.3 * torch.rand(512)
points = torch.stack([turn * torch.cos(angle), turn * torch.sin(angle)], dim=1)
net = torch.nn.Sequential(torch.nn.Linear(2, {width}), torch.nn.ReLU(), torch.nn.Linear({width}, 2))
optimiser = torch.optim.Adam(net.parameters(), lr={rate})
for _ in range({steps}):
    optimiser.zero_grad()
    loss = torch.nn.functional.cross_entropy(net(points), side)
    loss.backward()
    optimiser.step()
acc = (net(points).argmax(1) == side).float().mean().item()
print(f"loss {{loss.item():.6f}} accuracy {{acc:.4f}}")
"""

HEADERS = {
    "plain": "python",
    "dlplugin": 'python {{run="snippet-{n}"}}',
    "markdown-exec": 'python exec="on" source="above"',
}
PLUGINS = {"plain": "[]", "dlplugin": "[dlplugin]", "markdown-exec": "[markdown-exec]"}


class Recorder(Protocol):
    """What of `mkdocs_dlplugin.run` a measurement needs."""

    config: Mapping[str, Any]
    summary: Any

    def timer(self, name: str) -> contextlib.AbstractContextManager[Any]:
        """Time what stands inside."""


# --8<-- [start:measure]
def measure(run: Recorder) -> None:
    """Build the site of one tool three times: cold, unchanged, and after one snippet was edited."""
    tool = str(run.config["tool"])
    folder = Path(tempfile.mkdtemp(prefix="builds-"))
    try:
        write(folder, tool)
        build(folder)  # a build to warm the file system's cache; its results are thrown away
        forget(folder)
        with run.timer("cold_s"):
            build(folder)
        with run.timer("unchanged_s"):
            build(folder)
        write(folder, tool, edited=True)
        with run.timer("one_edit_s"):
            build(folder)
        run.summary["results"] = shown(folder)
    finally:
        shutil.rmtree(folder)


# --8<-- [end:measure]


def write(folder: Path, tool: str, *, edited: bool = False) -> None:
    """Write a project with three pages of four snippets each."""
    (folder / "docs").mkdir(exist_ok=True)
    settings = (
        f"site_name: Builds\ntheme: mkdocs\nplugins: {PLUGINS[tool]}\nmarkdown_extensions: [pymdownx.superfences]\n"
    )
    (folder / "mkdocs.yml").write_text(settings)
    for page in range(3):
        parts = [f"# Page {page}\n"]
        for n in range(page * 4, page * 4 + 4):
            steps = 301 if edited and n == 0 else 300
            code = SNIPPET.format(width=64 + 8 * n, rate=0.01, steps=steps)
            parts.append(f"```{HEADERS[tool].format(n=n)}\n{code}```\n")
        (folder / "docs" / ("index.md" if page == 0 else f"page{page}.md")).write_text("\n".join(parts))


def build(folder: Path) -> None:
    """Build a project in a process of its own, one torch thread in it, as its author would.

    Raises:
        subprocess.CalledProcessError: the build failed.
    """
    env = {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet"]
    subprocess.run(command, cwd=folder, check=True, env={**os.environ, **env}, stdout=subprocess.DEVNULL)


def forget(folder: Path) -> None:
    """Remove what a build left behind, so that the next one is cold."""
    for name in ("site", "records", ".dlplugin", ".cache"):
        shutil.rmtree(folder / name, ignore_errors=True)


def shown(folder: Path) -> int:
    """Count the results on the built pages: 12 where snippets were executed, 0 for the plain build."""
    return sum(page.read_text("utf-8").count("loss 0.") for page in (folder / "site").rglob("index.html"))


class _Stopwatch:
    """A recorder for the command line."""

    def __init__(self, tool: str) -> None:
        self.config = {"tool": tool}
        self.summary: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def timer(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began


def main() -> None:
    """Print wall seconds per tool, and the ratio to the plain build."""
    watches = [_Stopwatch(tool) for tool in TOOLS]
    for watch in watches:
        measure(watch)
    plain = watches[0].seconds
    print(f"{'':16}{'cold':>18}{'unchanged':>18}{'one edit':>18}")
    for watch in watches:
        cells = "".join(f"{s:9.2f} s {s / plain[name]:5.1f}×" for name, s in watch.seconds.items())
        print(f"{watch.config['tool']:16}{cells}")


if __name__ == "__main__":
    main()

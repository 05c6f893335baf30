"""Tools: the same twelve torch snippets as each tool wants them, and the environment of those that are not ours."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
SNIPPETS = 12
PER_PAGE = 4

# Two spirals and a small network: some 0.3 s of training a seed, and nothing but torch to import.
TRAINING = """\
import torch

def train(seed):
    torch.manual_seed(seed)
    turn = torch.linspace(0.2, 1.0, 512)
    side = torch.arange(512) % 2
    angle = 4 * turn + 3.14159 * side + 0.3 * torch.rand(512)
    points = torch.stack([turn * torch.cos(angle), turn * torch.sin(angle)], dim=1)
    net = torch.nn.Sequential(torch.nn.Linear(2, {width}), torch.nn.ReLU(), torch.nn.Linear({width}, 2))
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range({steps}):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(points), side)
        loss.backward()
        optimiser.step()
    print(f"loss {{loss.item():.6f}}")
"""
LOOP = "\nfor seed in range({seeds}):\n    train(seed)\n"
OURS = "\nfrom mkdocs_dlplugin import run\ntrain(run.seed)\n"
STEPS = 300


def training(number: int, steps: int = STEPS) -> str:
    """Write one snippet without the loop over its seeds."""
    return TRAINING.format(width=64 + 8 * number, steps=steps)


@dataclass(frozen=True)
class Tool:
    """A tool, how its project is written, and how it is built."""

    name: str
    write: Callable[[Path, int, int], None]
    """Writes a project into a folder, for so many seeds, with so many steps in its first snippet."""
    command: tuple[str, ...]
    """What follows `python -m`."""
    own: bool = False
    """Whether it is installed beside this plugin, and not in the environment of peers."""
    left: tuple[str, ...] = ("site", "records", ".dlplugin", ".cache", "_build", ".jupyter_cache", "jupyter_execute")
    """What a build leaves behind."""


def shown(folder: Path) -> int:
    """Count the results on the built pages of a project."""
    pages = [page for site in ("site", "_build") for page in (folder / site).rglob("*.html")]
    return sum(len(re.findall(r"\bloss \d\.\d{6}\b", page.read_text("utf-8", "replace"))) for page in pages)


def forget(folder: Path, tool: Tool) -> None:
    """Remove what a build left behind, so that the next one is cold."""
    for name in tool.left:
        shutil.rmtree(folder / name, ignore_errors=True)


def _pages(folder: Path, seeds: int, steps: int, fence: str, ending: str, top: str = "") -> None:
    (folder / "docs").mkdir(parents=True, exist_ok=True)
    for page in range(SNIPPETS // PER_PAGE):
        parts = [f"{top}# Page {page}\n"]
        for n in range(page * PER_PAGE, (page + 1) * PER_PAGE):
            code = training(n, steps if n == 0 else STEPS) + ending.format(seeds=seeds)
            parts.append(f"```{fence.format(n=n, seeds=seeds)}\n{code}```\n")
        name = "index.md" if page == 0 else f"page{page}.md"
        (folder / "docs" / name).write_text("\n".join(parts), "utf-8")


def _mkdocs(folder: Path, plugins: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    lines = ("site_name: Peers", "theme: mkdocs", f"plugins: {plugins}", "markdown_extensions: [pymdownx.superfences]")
    (folder / "mkdocs.yml").write_text("\n".join(lines) + "\n", "utf-8")


def _plain(folder: Path, seeds: int, steps: int) -> None:
    _mkdocs(folder, "[]")
    _pages(folder, seeds, steps, "python", OURS)


def _dlplugin(folder: Path, seeds: int, steps: int) -> None:
    _mkdocs(folder, "[dlplugin]")
    _pages(folder, seeds, steps, 'python {{run="snippet-{n}" seeds={seeds}}}', OURS)


def _markdown_exec(folder: Path, seeds: int, steps: int) -> None:
    _mkdocs(folder, "[markdown-exec]")
    _pages(folder, seeds, steps, 'python exec="on" source="above"', LOOP)


def _notebook(cells: list[str]) -> str:
    made = [
        {"cell_type": "code", "execution_count": None, "id": f"c{n}", "metadata": {}, "outputs": [], "source": source}
        for n, source in enumerate(cells)
    ]
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return json.dumps({"cells": made, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5})


def _mkdocs_jupyter(folder: Path, seeds: int, steps: int) -> None:
    _mkdocs(folder, "[mkdocs-jupyter: {execute: true, allow_errors: false, include: ['*.ipynb']}]")
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "docs/index.md").write_text("# Start\n", "utf-8")
    for page in range(SNIPPETS // PER_PAGE):
        numbers = range(page * PER_PAGE, (page + 1) * PER_PAGE)
        cells = [training(n, steps if n == 0 else STEPS) + LOOP.format(seeds=seeds) for n in numbers]
        (folder / f"docs/page{page}.ipynb").write_text(_notebook(cells), "utf-8")


def _myst_nb(folder: Path, seeds: int, steps: int) -> None:
    kernel = "---\nfile_format: mystnb\nkernelspec: {name: python3}\n---\n\n"
    _pages(folder, seeds, steps, "{{code-cell}} python", LOOP, kernel)
    conf = "extensions = ['myst_nb']\nnb_execution_mode = 'cache'\nnb_execution_raise_on_error = True\n"
    (folder / "docs/conf.py").write_text(f"project = 'Peers'\n{conf}", "utf-8")
    index = folder / "docs/index.md"
    index.write_text(index.read_text("utf-8") + "\n```{toctree}\npage1\npage2\n```\n", "utf-8")


def _sphinx_gallery(folder: Path, seeds: int, steps: int) -> None:
    (folder / "examples").mkdir(parents=True, exist_ok=True)
    (folder / "docs").mkdir(exist_ok=True)
    (folder / "examples/README.rst").write_text("Examples\n========\n", "utf-8")
    for n in range(SNIPPETS):
        code = training(n, steps if n == 0 else STEPS) + LOOP.format(seeds=seeds)
        title = f"Snippet {n}"
        text = f'"""\n{title}\n{"=" * len(title)}\n"""\n{code}'
        (folder / f"examples/plot_{n}.py").write_text(text, "utf-8")
    conf = {"examples_dirs": "../examples", "gallery_dirs": "../gallery", "parallel": 2, "abort_on_example_error": True}
    said = f"project = 'Peers'\nextensions = ['sphinx_gallery.gen_gallery']\nsphinx_gallery_conf = {conf!r}\n"
    (folder / "docs/conf.py").write_text(said.replace("../gallery", "gallery"), "utf-8")
    (folder / "docs/index.rst").write_text("Start\n=====\n\n.. toctree::\n\n   gallery/index\n", "utf-8")


_SPHINX = ("sphinx", "-q", "-b", "html", "docs", "_build")
TOOLS = (
    Tool("plain", _plain, ("mkdocs", "build", "--quiet"), own=True),
    Tool("dlplugin", _dlplugin, ("mkdocs", "build", "--quiet"), own=True),
    Tool("markdown-exec", _markdown_exec, ("mkdocs", "build", "--quiet")),
    Tool("mkdocs-jupyter", _mkdocs_jupyter, ("mkdocs", "build", "--quiet")),
    Tool("MyST-NB", _myst_nb, _SPHINX),
    Tool("sphinx-gallery", _sphinx_gallery, _SPHINX, left=("_build", "docs/gallery", "docs/sg_execution_times.rst")),
)
"""`plain` builds the same pages without executing anything: the floor for all others."""


def peers(folder: Path) -> Path | str:
    """Make the environment of the peers, once, and return its Python; why not, where it cannot be made.

    Packages that are installed beside this plugin in the version that is asked for, torch and MkDocs among them, are
    taken from there, so that all tools run on the same ones.
    """
    python = folder / "peers" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = folder / "peers" / "ready.txt"
    if ready.is_file() and ready.read_text("utf-8") == REQUIREMENTS.read_text("utf-8"):
        return python
    shutil.rmtree(folder / "peers", ignore_errors=True)
    venv.create(folder / "peers", with_pip=True)
    ask = [str(python), "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]
    theirs = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    Path(theirs, "beside.pth").write_text(
        "\n".join(path for path in sys.path if path.endswith("site-packages")), "utf-8"
    )
    command = [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(REQUIREMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["pip failed"]
        return f"not installed: {lines[-1]}"
    kernel = [str(python), "-m", "ipykernel", "install", "--sys-prefix", "--name", "python3"]
    subprocess.run(kernel, capture_output=True, check=False)
    ready.write_text(REQUIREMENTS.read_text("utf-8"), "utf-8")
    return python


def beside() -> dict[str, str]:
    """Say where the templates of Jupyter's packages are, which do not lie among the packages themselves."""
    found = importlib.util.find_spec("nbconvert")
    # <prefix>/lib/pythonX.Y/site-packages/nbconvert/__init__.py
    prefix = Path(found.origin).parents[4] if found is not None and found.origin else Path(sys.prefix)
    return {
        "JUPYTER_PATH": os.pathsep.join(filter(None, [str(prefix / "share/jupyter"), os.environ.get("JUPYTER_PATH")]))
    }


def interpreter(tool: Tool, folder: Path) -> str:
    """Return the Python that runs a tool.

    Raises:
        RuntimeError: it is not installed, and cannot be.
    """
    if tool.own:
        return sys.executable
    found = peers(folder)
    if isinstance(found, str):
        raise RuntimeError(found)
    return str(found)

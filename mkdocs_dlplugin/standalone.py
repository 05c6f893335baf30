"""Standalone: write a run as one file of Python, or as a notebook, that executes it without the site and the plugin."""

from __future__ import annotations

import ast
import base64
import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from importlib import resources
from typing import Any

from mkdocs_dlplugin.belongings import Belonging
from mkdocs_dlplugin.fingerprint import results_digest
from mkdocs_dlplugin.model import Record, Run, Value
from mkdocs_dlplugin.notebook import Cell, notebook
from mkdocs_dlplugin.parts import BETWEEN
from mkdocs_dlplugin.results import Group, Results, device_of
from mkdocs_dlplugin.stats import estimate
from mkdocs_dlplugin.words import listed, say

LARGEST = 400_000
"""Bytes of upstream results, written as JSON, that travel inside the file."""

DISTRIBUTIONS = {
    "Bio": "biopython", "PIL": "pillow", "attr": "attrs", "bs4": "beautifulsoup4", "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil", "dotenv": "python-dotenv", "fitz": "pymupdf", "git": "gitpython",
    "igraph": "python-igraph", "lightning_fabric": "lightning-fabric", "mpl_toolkits": "matplotlib",
    "pytorch_lightning": "pytorch-lightning", "serial": "pyserial", "skimage": "scikit-image",
    "sklearn": "scikit-learn", "skopt": "scikit-optimize", "umap": "umap-learn", "yaml": "pyyaml",
}  # fmt: skip
"""What to install for a package that is imported under another name."""

_NAME, _VERSION = re.compile(r"[A-Za-z0-9][\w.-]*", re.ASCII), re.compile(r"\d[\w.!]*", re.ASCII)


@dataclass(frozen=True)
class Kit:
    """A run with all that executing it elsewhere takes."""

    run: Run
    groups: Sequence[Group]
    results: Results
    """For the intervals of its metrics."""
    belongings: Sequence[Belonging] = ()
    upstream: Mapping[str, Sequence[Record]] = field(default_factory=dict)
    """Records of each run that it uses, in fixed order."""
    assets: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict)
    """Files that those kept, by place of the record and name."""
    home: str = ""
    """Address of the run's page; empty where the site has none."""

    @property
    def records(self) -> list[Record]:
        """All records, points as written, then seeds."""
        return [record for group in self.groups for record in group.records]

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """Digest of what each record measured, by place."""
        return {record.place: results_digest(record) for record in self.records}

    @cached_property
    def facts(self) -> str:
        """What the stand-in must know, as JSON."""
        return json.dumps(_facts(self), ensure_ascii=True, allow_nan=False)


def script(kit: Kit) -> str:
    """Write the run as one file, whose requirements tools like `uv run` understand (PEP 723)."""
    futures, code = _prepared(kit.run)
    packages = "".join(f"#   {json.dumps(one)},\n" for one in requirements(kit))
    lines = "\n\n".join(textwrap.fill(one, 100, break_long_words=False) for one in _introduction(kit))
    return (
        f'# /// script\n# requires-python = "{_python(kit)}"\n# dependencies = [\n{packages}# ]\n# ///\n'
        f'"""{_plain(kit.run.title)}\n\n{_plain(lines)}\n"""\n\n'
        + (f"from __future__ import {', '.join(futures)}\n\n" if futures else "")
        + _AGAIN
        + _setup([kit], "sys.argv[1:]", named=kit)
        + f"\n# {'-' * 8} {_plain(say('alone-code'))} {'-' * 60}\n\n{code}\n\n# {'-' * 88}\n\n"
        'sys.exit(sys.modules["mkdocs_dlplugin"].finish(globals()))\n'
    )


def book(kit: Kit) -> str:
    """Write the run as a notebook, one cell per block."""
    words = "\n\n".join(_introduction(kit))
    install = " ".join(requirements(kit))
    told = [
        Cell("markdown", f"# {kit.run.title}\n\n{words}" + (f"\n\n```sh\npip install {install}\n```" * bool(install)))
    ]
    return notebook([*told, Cell("code", setup([kit]), folded=True), *cells(kit)])


def setup(kits: Sequence[Kit]) -> str:
    """Write the cell that brings everything some runs need."""
    return _setup(kits, "[]").rstrip("\n")


def cells(kit: Kit) -> list[Cell]:
    """Write the cells of one run, between the one that chooses its seed and the one that compares its results."""
    run = kit.run
    choice = " ".join(f"--set {name}={json.dumps(value)}" for name, value in sorted(run.points[0].items()))
    begin = f"_dl.begin({_literal(kit.facts)}, _dl_folder.name, {f'--seed {_seeds(kit)[0]} {choice}'.split()!r})"
    codes = [run.code]
    if len(run.parts) > 1:
        lines, at, codes = run.code.split("\n"), 0, []
        for part in run.parts:
            codes.append("\n".join(lines[at : at + part.lines]))
            at += part.lines + len(BETWEEN) - 1
    replaced = not _imports_run(run.code)
    written = [Cell("code", _given(code, {"seed", *run.points[0]}) if replaced else code) for code in codes]
    return [Cell("code", begin, folded=True), *written, Cell("code", "_dl.finish(globals());", folded=True)]


def requirements(kit: Kit) -> list[str]:
    """Name the packages that the run imports, in the versions it was measured with, as installers know them."""
    found: dict[str, str] = {}
    for record in kit.records:
        found |= dict(record.provenance.get("packages") or {})
    pinned = []
    for name, version in sorted(found.items()):
        # Builds of one version for several devices (`2.9.1+cpu`) are one to an index.
        number = str(version).partition("+")[0]
        if _NAME.fullmatch(name) and _VERSION.fullmatch(number):
            pinned.append(f"{DISTRIBUTIONS.get(name, name)}=={number}")
    return pinned


def _python(kit: Kit) -> str:
    versions = {str(record.provenance.get("python", "")) for record in kit.records}
    known = sorted(tuple(map(int, found.groups())) for v in versions if (found := re.match(r"(\d+)\.(\d+)\b", v)))
    return ">={}.{}".format(*known[0]) if known else ">=3.11"


def _introduction(kit: Kit) -> list[str]:
    """Say what the file is, what it was measured on, how to use it and what it lacks."""
    records = kit.records
    said = [say("alone", run=kit.run.name) + (f" {kit.home}" if kit.home else "")]
    if records:
        days = sorted({str(record.provenance.get("started", ""))[:10] for record in records} - {""})
        devices = listed(list(dict.fromkeys(device_of(record) for record in records)))
        said.append(say("alone-measured", device=devices, date=days[0] if days else "–"))
    said.append(say("alone-use"))
    lacking = [*_files(kit), *_lacking(kit), *_variables(kit)]
    if lacking:
        said.append(say("alone-lacks", names=", ".join(lacking)))
    if kit.run.raises:
        said.append(say("alone-raises", error=kit.run.raises))
    return said


def _setup(kits: Sequence[Kit], arguments: str, named: Kit | None = None) -> str:
    """Write what stands before the code: the stand-in for the plugin, and the files of the project."""
    texts = {path: text for kit in kits for path, text in _sources(kit).items()}
    data = {one.path: one.content for kit in kits for one in kit.belongings if not one.module and one.content}
    texts |= _stand_in(" ".join([*(kit.run.code for kit in kits), *texts.values()]))
    written = "".join(f"    {name!r}: {_literal(text)},\n" for name, text in texts.items())
    packed = "".join(f"    {name!r}: {base64.b64encode(content).decode()!r},\n" for name, content in data.items())
    begin = f"_dl.begin({_literal(named.facts)}, _dl_folder.name, {arguments})\n" if named else ""
    return _SETUP.format(texts=written, data=packed) + begin


_AGAIN = """\
import os
import subprocess
import sys

if __name__ == "__main__" and os.environ.get("PYTHONHASHSEED") != "0":
    # As it was measured: sets then come in the same order.
    sys.exit(subprocess.call([sys.executable, *sys.orig_argv[1:]], env={**os.environ, "PYTHONHASHSEED": "0"}))

"""

_SETUP = """\
import base64
import pathlib
import sys
import tempfile

_dl_texts = {{
{texts}}}
_dl_data = {{
{data}}}
_dl_folder = tempfile.TemporaryDirectory(prefix="project-", ignore_cleanup_errors=True)
for _dl_name, _dl_content in (_dl_texts | _dl_data).items():
    _dl_path = pathlib.Path(_dl_folder.name, _dl_name)
    _dl_path.parent.mkdir(parents=True, exist_ok=True)
    _dl_path.write_bytes(_dl_content.encode() if _dl_name in _dl_texts else base64.b64decode(_dl_content))
sys.path.insert(0, _dl_folder.name)
import mkdocs_dlplugin as _dl  # the stand-in above

"""


HELPERS = {"confusion": "matrices.py", "images": "pictures.py"}
"""Modules of ours that the stand-in needs, by the word that code must hold to ask for them."""


def _stand_in(code: str) -> dict[str, str]:
    """Return what stands for the plugin, by path, with those of our modules that some code needs."""
    needed = {f"mkdocs_dlplugin/{name}": _own(name) for word, name in HELPERS.items() if word in code}
    return {"mkdocs_dlplugin/__init__.py": _own("assets/alone.py"), **needed}


@cache
def _own(name: str) -> str:
    return resources.files("mkdocs_dlplugin").joinpath(name).read_text("utf-8")


def _sources(kit: Kit) -> dict[str, str]:
    """Return the modules of the project that can travel, by path."""
    return {
        one.path: one.content.decode("utf-8", "replace")
        for one in kit.belongings
        if one.module and one.content is not None
    }


def _files(kit: Kit) -> list[str]:
    """Name the files that a reader must have, because they do not travel."""
    return [one.path for one in kit.belongings if one.content is None]


def _variables(kit: Kit) -> list[str]:
    """Name the environment variables without which the run is another."""
    set_then = " ".join(str((r.provenance.get("options") or {}).get("env", "")) for r in kit.records)
    return [name for name in kit.run.env if f"{name}=" in set_then] + list(kit.run.secrets)


def _lacking(kit: Kit) -> list[str]:
    """Name what no reader can bring: results of other runs that are too large to travel."""
    return [f"the results of run {name}" for name in kit.upstream if _size(kit, name) > LARGEST]


def _size(kit: Kit, name: str) -> int:
    files = sum(len(content) for r in kit.upstream[name] for content in kit.assets.get(r.place, {}).values())
    return files + len(json.dumps([_input(kit, record) for record in kit.upstream[name]], allow_nan=False))


def _input(kit: Kit, record: Record) -> dict[str, Any]:
    return {
        "run": record.run,
        "params": dict(record.params),
        "seed": record.seed,
        "metrics": dict(record.metrics),
        "series": {name: {"step": list(s), "value": list(v)} for name, (s, v) in record.series.items()},
        "assets": {
            name: base64.b64encode(content).decode() for name, content in kit.assets.get(record.place, {}).items()
        },
    }


def _seeds(kit: Kit) -> list[int]:
    return sorted({record.seed for record in kit.records}) or list(kit.run.seeds)


def _facts(kit: Kit) -> dict[str, Any]:
    """Gather what the stand-in must know."""
    run, records = kit.run, kit.records
    return {
        "run": run.name,
        "seeds": _seeds(kit),
        "points": [dict(point) for point in run.points],
        "device": str(records[0].provenance.get("device", "cpu")) if records else "cpu",
        "threads": run.threads,
        "metrics": list(run.metrics),
        "source": run.source_path,
        "files": _files(kit),
        "variables": _variables(kit),
        "lacking": _lacking(kit),
        "inputs": {
            name: [_input(kit, record) for record in found]
            for name, found in kit.upstream.items()
            if _size(kit, name) <= LARGEST
        },
        "recorded": [_recorded(group, kit.results) for group in kit.groups],
    }


def _recorded(group: Group, results: Results) -> dict[str, Any]:
    """Tell what is recorded at a point, and how wide each metric's interval is."""
    half = {}
    for name in dict.fromkeys(name for record in group.records for name in record.metrics):
        sample = results.find(group, name)
        half[name] = estimate(sample).half_width if sample else None
    params: dict[str, Value] = dict(group.params)
    return {"params": params, "half": half, "seeds": {str(r.seed): dict(r.metrics) for r in group.records}}


# The code.


def _prepared(run: Run) -> tuple[list[str], str]:
    """Return what the code imports from `__future__`, and the code without that, with parameters in their places."""
    futures, code = without_futures(run.code)
    return futures, code if _imports_run(code) else _given(code, {"seed", *run.points[0]})


def without_futures(code: str) -> tuple[list[str], str]:
    """Take what code imports from `__future__` out of it, for that must stand at the top of a file."""
    if "__future__" not in code:
        return [], code
    found = [n for n in ast.parse(code).body if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    names = dict.fromkeys(alias.name for node in found for alias in node.names)
    return list(names), _edited(code, [(node, "pass") for node in found])


def _imports_run(code: str) -> bool:
    # A page of a run asks three times, and most code that does not name it need not be read for that.
    return "mkdocs_dlplugin" in code and _imports_it(code)


@lru_cache(maxsize=8)
def _imports_it(code: str) -> bool:
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module == "mkdocs_dlplugin":
            return True
        if isinstance(node, ast.Import) and any(alias.name == "mkdocs_dlplugin" for alias in node.names):
            return True
    return False


def _given(code: str, wanted: Iterable[str]) -> str:
    """Let the command line say what the first top-level assignments to some names say, as a build does."""
    left, edits = set(wanted), list[tuple[ast.AST, str]]()
    for node in ast.parse(code).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value, target = getattr(node, "value", None), targets[0]
        if len(targets) != 1 or not isinstance(target, ast.Name) or target.id not in left:
            continue
        if not isinstance(node, ast.Assign | ast.AnnAssign) or value is None or not _is_literal(value):
            continue
        left.remove(target.id)
        then = ast.get_source_segment(code, value) or ""
        edits.append((value, f'__import__("mkdocs_dlplugin").given({target.id!r}, {then})'))
    return _edited(code, edits)


def _is_literal(node: ast.AST) -> bool:
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def _edited(code: str, edits: Sequence[tuple[Any, str]]) -> str:
    """Put texts into the places of nodes."""
    # Columns of a syntax tree count bytes.
    lines = [line.encode() for line in code.split("\n")]
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    whole = b"\n".join(lines)
    for node, text in sorted(edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        whole = whole[:begin] + text.encode() + whole[end:]
    return whole.decode()


@lru_cache(maxsize=64)  # modules of a project are in the files of many of its runs
def _literal(text: str) -> str:
    """Write a text as a literal that people can read where that is possible."""
    raw = "'''" not in text and "\r" not in text and "\0" not in text and text[-1:] not in ("'", "\\")
    return f"r'''{text}'''" if raw else repr(text)


def _plain(text: str) -> str:
    """Keep a text from ending the comment or the docstring that it stands in."""
    lines = (line if line.isprintable() else _spaced(line) for line in text.split("\n"))
    return "\n".join(lines).replace("\\", "/").replace('"""', "'''")


def _spaced(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in line)

"""Support for rows about records: forged ones, projects built by a process of its own, and what a machine can do."""

from __future__ import annotations

import copy
import functools
import json
import os
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin.fingerprint import digest_bytes, digest_json
from mkdocs_dlplugin.model import Observed, Output, Record
from mkdocs_dlplugin.store import serialise

ROOT = Path(__file__).parents[2]


def png(width: int = 1, height: int = 1) -> bytes:
    """Make a whole PNG, small also where it says that it is large."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4) + kind + content + zlib.crc32(kind + content).to_bytes(4)

    header = width.to_bytes(4) + height.to_bytes(4) + b"\x08\x00\x00\x00\x00"
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\x00\x00")) + chunk(b"IEND", b"")
    )


RECORD = Record(
    key="k" * 64,
    run="mlp",
    params={"lr": 0.1, "model": "svm"},
    seed=0,
    metrics={"acc": 0.75, "n_test": 8, "n_train": 100},
    series={"loss": ((0, 1, 2), (1.5, None, 0.25))},
    correct="01101111",
    outputs=(
        Output("text", text="done\n"),
        Output("png", asset="fig-1.png"),
        Output("html", text="<h2>a</h2><p>b</p>", plain="a b"),
        Output("markdown", text="# a\n\nb"),
        Output("table", text='{"shape":[1,1],"index":0,"names":["a"],"types":["i"],"rows":[[1]],"above":-1,"left":-1}'),
        Output("vega", text='{"data":{"values":[{"a":1}]},"mark":"bar","encoding":{"x":{"field":"a"}}}'),
    ),
    assets={"fig-1.png": digest_bytes(png())},
    observed=Observed({"a.py": "1"}, {"d.csv": None}, {".": "2"}, {"up/_/3": "3"}),
    timings={"train_s": {"cpu": 1.0, "wall": 1.5}},
    provenance={"started": "2026-01-01T00:00:00Z", "wall": 1.0, "options": {"threads": "1"}},
    notes=("left 1 thread running (Thread-3)",),
    blobs={"fig-1.png": png()},
)
"""A record that has something in every field."""


def plain_record() -> dict[str, Any]:
    """Return the JSON of `RECORD`, to be changed."""
    return dict(json.loads(serialise(RECORD, "0" * 16, "0" * 16)))


def sign(value: dict[str, Any]) -> bytes:
    """Write a record with a digest that fits, as a stranger could."""
    body = {name: item for name, item in value.items() if name != "digest"}
    return (json.dumps({**body, "digest": digest_json(body)}, indent=1, sort_keys=True) + "\n").encode()


def forge(file: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a record on disk and make its digest fit."""
    value = json.loads(file.read_bytes())
    change(value)
    file.write_bytes(sign(value))


def set_at(*path: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change that puts the last of *path* at the others."""
    *steps, last, new = path

    def change(value: dict[str, Any]) -> None:
        for step in steps:
            value = value[step]
        value[last] = copy.deepcopy(new)

    return change


def build(root: Path, *, before: Sequence[str] = (), **environ: str) -> subprocess.CompletedProcess[str]:
    """Build a project as its author does, in a process of its own, with *before* before the command; it never hangs."""
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONPATH": str(ROOT), **environ}
    return subprocess.run(
        [*before, sys.executable, "-m", "mkdocs", "build"],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def project(root: Path, page: str) -> Path:
    """Write a small project of two pages, one of them without anything of ours."""
    (root / "docs").mkdir(parents=True)
    (root / "docs/index.md").write_text(page)
    (root / "docs/good.md").write_text("# Good\n\nStill here.\n")
    (root / "mkdocs.yml").write_text("site_name: x\nplugins: [dlplugin]\n")
    return root


needs_root = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="file systems are mounted, which takes root"
)
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")


@functools.cache
def traces() -> bool:
    """Tell whether strace may trace here; some containers forbid it."""
    if shutil.which("strace") is None:
        return False
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    return tried.returncode == 0

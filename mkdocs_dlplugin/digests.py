"""Digests: short names for content, so that two files, folders or values can be told apart without keeping them."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

IGNORED = frozenset(
    (
        *(".dlplugin", ".git", ".hg", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".tox", ".venv"),
        *(".coverage", ".idea", ".import_linter_cache", ".ipynb_checkpoints", ".vscode"),
        *("__pycache__", "node_modules", "records", "site", "site-packages", "venv"),
    )
)
"""Names of what tools make, our own records among them: never an input of a run."""

_LEFT = re.compile(r".*~|#.*#|\.#.*|\..*\.sw[a-z]|\.DS_Store|Thumbs\.db|desktop\.ini")
"""Names of what editors and desktops leave beside an author's files."""

Stamp = tuple[int, int] | None
"""When a file was written, in nanoseconds, and its size; `None` for one that is not there."""


def digest_bytes(content: bytes) -> str:
    """Digest a file's content: SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def digest_names(names: Iterable[str]) -> str:
    """Digest a folder's listing: its names, sorted."""
    return digest_bytes("\0".join(sorted(names)).encode("utf-8", "surrogateescape"))


def listing(folder: str | Path) -> list[str]:
    """List the names in a folder as records digest them: sorted, without what tools make and editors leave."""
    names = os.listdir(folder)  # noqa: PTH208 - names are wanted
    return sorted(name for name in names if name not in IGNORED and not _LEFT.fullmatch(name))


def digest_json(value: Any) -> str:
    """Digest a JSON value in its canonical form: sorted keys, no spaces, no NaN."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return digest_bytes(text.encode())


def stamp(path: str | Path) -> Stamp:
    """Look at a file from outside."""
    try:
        status = os.stat(path)  # noqa: PTH116 - ten thousand of them; `Path` takes three times as long
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size

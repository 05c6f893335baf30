"""Bundle: the project files a job needs where the project is not, named by what is in them."""

from __future__ import annotations

import ast
import functools
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mkdocs_dlplugin.engines.preload import reach
from mkdocs_dlplugin.fingerprint import digest_bytes, digest_json, digest_names, listing
from mkdocs_dlplugin.model import Job, Observed

Contents = Mapping[str, tuple[int, bytes]]
"""Files by path, with their permissions and their bytes."""

LARGEST = 512 * 1024**2
"""Bytes of project files that are sent for one job."""

_TEXT_LIMIT = 300
"""String literals longer than this are prose, not paths."""


@dataclass(frozen=True)
class Bundle:
    """Which files of the project a job gets, by their contents; equal bundles are unpacked once."""

    files: Mapping[str, str]
    """SHA-256 of each file's bytes, by path below the project's folder."""
    folders: tuple[str, ...] = ()
    """Folders that exist even where none of their files is sent."""
    size: int = 0
    """Bytes of all files."""

    @property
    def digest(self) -> str:
        """The name of this bundle: SHA-256 in hex."""
        return digest_json({"files": dict(self.files), "folders": list(self.folders)})


def gather(job: Job, more: Iterable[str] = ()) -> Bundle:
    """Choose the files a job needs.

    They are the modules its code imports, through others too; the files that string literals in all this code name;
    those in `depends`; and those its last record was seen to read, all files of a folder that it listed.  Folders at
    the top and those that literals name are made, without files, so that it is seen when they are listed.

    Args:
        job: The job, with the project's folder in `root`.
        more: Files and folders that it has turned out to look for.
    """
    root = Path(job.root)
    _, modules = reach([job.code], root)
    named = {job.source_path} if job.source_path.endswith(".py") else set()
    named |= {path.relative_to(root).as_posix() for path in modules}
    for folder, code in ((root, job.code), *((path.parent, text) for path, text in modules.items())):
        named |= {*_named(code, folder, root), *_named(code, root, root)}
    read = {*job.depends, *job.reads, *more}
    opened = [name for name in read if (root / name).is_dir()]
    inside = {f"{name}/{entry}".removeprefix("./") for name in opened for entry in listing(root / name)}
    top = {entry for entry in listing(root) if (root / entry).is_dir()}
    found = {*named, *read, *inside, *top} - {"."}
    files = {name for name in found if (root / name).is_file()}
    folders = {name for name in found if (root / name).is_dir()}
    stamps = {name: (root / name).stat() for name in sorted(files)}
    digests = {name: _digest(str(root / name), stamp.st_mtime_ns, stamp.st_size) for name, stamp in stamps.items()}
    return Bundle(digests, tuple(sorted(folders)), sum(stamp.st_size for stamp in stamps.values()))


def contents(bundle: Bundle, root: Path) -> Contents:
    """Read the files of a bundle."""
    return {name: ((root / name).stat().st_mode & 0o777, (root / name).read_bytes()) for name in bundle.files}


def unpack(bundle: Bundle, read: Contents, folder: Path) -> bool:
    """Make a project of a bundle, all of it or nothing.

    Args:
        bundle: What belongs into it.
        read: The files.
        folder: Where it will stand; not there yet, unlike the folder around it.

    Returns:
        Whether the files are those of the bundle; one may have changed since it was made.
    """
    if any(digest_bytes(content) != bundle.files.get(name) for name, (_, content) in read.items()):
        return False
    made = Path(tempfile.mkdtemp(dir=folder.parent))
    for name in bundle.folders:
        (made / name).mkdir(parents=True, exist_ok=True)
    for name, (mode, content) in read.items():
        file = made / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        file.chmod(mode | 0o600)
    try:
        made.rename(folder)
    except OSError:  # another process was faster
        shutil.rmtree(made)
    return True


def missed(observed: Observed, root: Path) -> set[str]:
    """Name the files that a job looked for in vain and the folders it listed, where the project has other ones."""
    absent = {name for name, digest in observed.files.items() if digest is None and (root / name).exists()}
    listed = {name: digest for name, digest in observed.folders.items() if (root / name).is_dir()}
    return absent | {name for name, digest in listed.items() if digest != digest_names(listing(root / name))}


@functools.lru_cache(maxsize=4096)
def _digest(path: str, modified: int, size: int) -> str:  # noqa: ARG001 - an edited file is another one
    return digest_bytes(Path(path).read_bytes())


def _named(code: str, folder: Path, root: Path) -> Iterator[str]:
    """Yield the project's files and folders that string literals name, seen from a folder."""
    try:
        nodes = list(ast.walk(ast.parse(code)))
    except (SyntaxError, ValueError):
        return
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and 0 < len(text) < _TEXT_LIMIT and text.isprintable():
            path = os.path.normpath(folder / text)
            if path.startswith(str(root) + os.sep) and os.path.exists(path):  # noqa: PTH110 - not for any name
                yield Path(path).relative_to(root).as_posix()

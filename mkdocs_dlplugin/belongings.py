"""Belongings: the files of the project that a run was seen to read, as far as they may leave it with the run's code."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pathspec.gitignore import GitIgnoreSpec

from mkdocs_dlplugin import regular
from mkdocs_dlplugin.fingerprint import Files
from mkdocs_dlplugin.model import Record

SMALL = 200_000
"""Bytes up to which a file travels inside a download."""

RULES = ".gitignore"
"""Files that name what stays at home."""


@dataclass(frozen=True)
class Belonging:
    """One file that a run read, as it is now."""

    path: str
    """Relative to the folder of mkdocs.yml."""
    digest: str
    """As it was observed: of a module's syntax tree, of any other file's bytes."""
    module: bool
    """Whether it is code that was imported."""
    same: bool
    """Whether it is now what it was then."""
    content: bytes | None
    """Its bytes; `None` where it is another now, is large, or is not for others."""


class Belongings:
    """The files of one project, each read once per build."""

    def __init__(self, root: Path, files: Files) -> None:
        self._root, self._files = root, files
        self._known: dict[tuple[str, str], Belonging] = {}
        self._rules: dict[Path, GitIgnoreSpec] = {}

    def of(self, records: Iterable[Record], depends: Mapping[str, str]) -> list[Belonging]:
        """List what some records were seen to read, and what their author named, by path.

        Args:
            records: Of one run.
            depends: Files named as inputs, with the digest of their bytes; empty for one that is not there.
        """
        modules: dict[str, str] = {}
        others = {path: digest for path, digest in depends.items() if digest}
        for record in records:
            modules |= record.observed.modules
            others |= {path: digest for path, digest in record.observed.files.items() if digest}
        found = {path: self._one(path, digest, module=False) for path, digest in others.items()}
        found |= {path: self._one(path, digest, module=True) for path, digest in modules.items()}
        return [found[path] for path in sorted(found)]

    def _one(self, path: str, digest: str, *, module: bool) -> Belonging:
        # Records may be written by strangers: only what is the project's own and known to them already is handed on.
        if (path, digest) not in self._known:
            now = self._files.module(path) if module else self._files.content(path)
            content = self._read(path) if now == digest else None
            self._known[path, digest] = Belonging(path, digest, module, now == digest, content)
        return self._known[path, digest]

    def _read(self, path: str) -> bytes | None:
        if any(part.startswith(".") for part in path.split("/")) or self._ignored(path):
            return None
        try:
            return regular.read(self._root, path, SMALL)
        except (OSError, regular.Odd):
            return None

    def _ignored(self, path: str) -> bool:
        """Tell whether git is told to leave a file out, which may be for a reason."""
        file = self._root / path
        return any(self._spec(up).match_file(file.relative_to(up).as_posix()) for up in _folders(self._root, path))

    def _spec(self, folder: Path) -> GitIgnoreSpec:
        if folder not in self._rules:
            try:
                lines = (folder / RULES).read_text("utf-8", "replace").splitlines()
            except OSError:
                lines = []
            self._rules[folder] = GitIgnoreSpec.from_lines(lines)
        return self._rules[folder]


def rules(root: Path, paths: Iterable[str]) -> set[Path]:
    """Name the files that say which of some paths stay at home, whether they are there or not."""
    return {folder / RULES for path in paths for folder in _folders(root, path)}


def _folders(root: Path, path: str) -> list[Path]:
    """List the folders of a repository whose rules hold for a file."""
    return [*_above(root), *((root / path).parents[: path.count("/")])]


@functools.cache
def _above(root: Path) -> list[Path]:
    """List the folder of mkdocs.yml and those around it, up to that of the repository."""
    above = [root, *root.parents]
    top = next((place for place, up in enumerate(above) if (up / ".git").exists()), 0)
    return above[: top + 1]

"""History: what a repository held at an earlier revision, read from its files alone."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from mkdocs_dlplugin.digests import Stamp, stamp
from mkdocs_dlplugin.gitobjects import Objects, Unread

FARTHEST = 5000
"""Commits that are looked at to find the one that last touched a folder."""

_DIGITS = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REVISION = re.compile(r"(?P<name>[\w@][\w./@+-]*?)(?P<back>(?:[~^]\d{0,5})*)")
_FOLDER = 0o40000


class Unknown(Exception):
    """A revision that is not here; its text says which, as the end of a sentence."""


@dataclass(frozen=True)
class Commit:
    """One commit, as far as we ask for it."""

    name: str
    """Its digest in hexadecimal digits."""
    tree: str
    """The digest of the folder it holds."""
    parents: tuple[str, ...]
    day: str
    """When it was committed, in UTC: `2026-11-29`."""

    @property
    def short(self) -> str:
        """Its first digits, as people write them."""
        return self.name[:7]


class History:
    """A repository as it was."""

    def __init__(self, folder: Path, top: Path, common: Path) -> None:
        self._folder, self._common = folder, common
        self.top = top
        """The folder of the working tree."""
        self.looked: dict[str, Stamp] = {}
        """Files that said which commit is meant, as they were then; when one changes, another may be."""
        sha256 = re.search(r"(?mi)^\s*objectformat\s*=\s*sha256", self._look("config") or "")
        self._objects, self._hash = Objects(common / "objects", 32 if sha256 else 20), "sha256" if sha256 else "sha1"
        self.looked.clear()

    @property
    def shallow(self) -> bool:
        """Whether only the latest commits were fetched."""
        return self._look("shallow") is not None

    def commit(self, revision: str) -> Commit:
        """Find the commit that a revision names: `HEAD`, `v1.0`, `main~2`, `17f1d84`.

        Raises:
            Unknown: no such commit is here.
        """
        shape = _REVISION.fullmatch(revision)
        if not shape or ".." in revision:
            raise Unknown(f"'{revision}' names no revision")
        found = self._read(self._named(shape["name"], revision), revision)
        for sign, digits in re.findall(r"([~^])(\d*)", shape["back"]):
            count = int(digits or 1)
            if count > FARTHEST:
                raise Unknown(f"'{revision}' names no revision")
            steps = [1] * count if sign == "~" else [count]
            for step in steps:
                if step and step > len(found.parents):
                    raise Unknown(f"'{revision}' goes back further than the history that is here")
                found = self._read(found.parents[step - 1], revision) if step else found
        return found

    def before(self, folder: str) -> Commit | None:
        """Find the commit before the one that last changed a folder, along first parents.

        Args:
            folder: Its path in the repository; empty for all of it.

        Returns:
            The commit; `None` where the history that is here does not reach back so far.
        """
        here = self.commit("HEAD")
        held = self._entry(here, folder)
        for _ in range(FARTHEST):
            if not here.parents:
                return None
            try:
                here = self._read(here.parents[0], "HEAD")
            except Unknown:
                return None
            if self._entry(here, folder) != held:
                return here
        return None

    def files(self, commit: Commit, folder: str) -> dict[str, str]:
        """Name the files below a folder at a commit, by path relative to it, with the digest of each.

        Raises:
            Unknown: a part of it is not here, as in a partial clone.
        """
        name = self._entry(commit, folder)
        return dict(self._below(name, "", 0)) if name else {}

    def read(self, name: str) -> bytes:
        """Return the content of a file by its digest.

        Raises:
            Unknown: it is not here.
        """
        return self._object(name, "blob")

    def digest(self, content: bytes) -> str:
        """Name the content of a file as the repository would."""
        return hashlib.new(self._hash, b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()

    def _below(self, tree: str, prefix: str, depth: int) -> Iterator[tuple[str, str]]:
        for name, (mode, digest) in self._tree(tree).items():
            if mode == _FOLDER and depth < 10:
                yield from self._below(digest, f"{prefix}{name}/", depth + 1)
            elif mode >> 12 == 0o10:  # a plain file: no link, no other repository
                yield f"{prefix}{name}", digest

    def _entry(self, commit: Commit, folder: str) -> str:
        """Return the digest of a folder at a commit; empty where it was not there."""
        name = commit.tree
        for part in PurePosixPath(folder).parts:
            mode, name = self._tree(name).get(part, (0, ""))
            if mode != _FOLDER:
                return ""
        return name

    def _tree(self, name: str) -> Mapping[str, tuple[int, str]]:
        content, at, width = self._object(name, "tree"), 0, len(name) // 2
        found: dict[str, tuple[int, str]] = {}
        try:
            while at < len(content):
                space, end = content.index(b" ", at), content.index(b"\0", at)
                digest = content[end + 1 : end + 1 + width].hex()
                found[content[space + 1 : end].decode("utf-8", "surrogateescape")] = int(content[at:space], 8), digest
                at = end + 1 + width
        except ValueError as damage:
            raise Unknown(f"object {name[:12]} cannot be read ({damage})") from damage
        return found

    def _read(self, name: str, revision: str) -> Commit:
        """Read a commit, or the one that a tag names."""
        for _ in range(5):
            try:
                kind, content = self._objects.read(name)
            except Unread as missing:
                raise Unknown(f"'{revision}' is not in this copy of the repository ({missing})") from missing
            fields = [line.split(b" ", 1) for line in content.partition(b"\n\n")[0].split(b"\n") if b" " in line]
            said = [(key, value.decode("utf-8", "replace")) for key, value in fields]
            first = dict(reversed(said))
            if kind == "commit":
                parents = tuple(value for key, value in said if key == b"parent")
                return Commit(name, first.get(b"tree", ""), parents, _day(first.get(b"committer", "")))
            if kind != "tag":
                break
            name = first.get(b"object", "")
        raise Unknown(f"'{revision}' names no commit")

    def _object(self, name: str, kind: str) -> bytes:
        try:
            found, content = self._objects.read(name)
        except Unread as missing:
            raise Unknown(str(missing)) from missing
        if found != kind:
            raise Unknown(f"object {name[:12]} is no {kind}")
        return content

    def _named(self, name: str, revision: str) -> str:
        name = "HEAD" if name == "@" else name
        for place in (name, f"refs/{name}", f"refs/tags/{name}", f"refs/heads/{name}", f"refs/remotes/{name}"):
            if found := self._ref(place, 5):
                return found
        if re.fullmatch(r"[0-9a-f]{4,64}", name):
            try:
                digests = self._objects.beginning(name)
                commits = [digest for digest in digests if self._objects.read(digest)[0] in ("commit", "tag")]
            except Unread as damage:
                raise Unknown(str(damage)) from damage
            if len(commits) == 1:
                return commits[0]
        raise Unknown(f"'{revision}' names no revision that is here")

    def _ref(self, name: str, depth: int) -> str:
        """Return what a name of Git's stands for; empty when there is none."""
        if name != "HEAD" and not name.startswith("refs/"):
            return ""
        said = (self._look(name) or "").strip()
        if said.startswith("ref: ") and depth:
            return self._ref(said.removeprefix("ref: "), depth - 1)
        if _DIGITS.fullmatch(said):
            return said
        packed = self._look("packed-refs") or ""
        lines = (line.split(" ", 1) for line in packed.splitlines() if not line.startswith(("#", "^")))
        return next((parts[0] for parts in lines if parts[1:] == [name] and _DIGITS.fullmatch(parts[0])), "")

    def _look(self, name: str) -> str | None:
        """Read one of Git's own files, of this working tree or of all that share the repository."""
        for folder in dict.fromkeys((self._folder, self._common)):
            self.looked.setdefault(str(folder / name), stamp(folder / name))
            try:
                return (folder / name).read_text("utf-8")
            except (OSError, UnicodeError):
                continue
        return None


def of(root: Path) -> History | None:
    """Open the repository that a folder belongs to; `None` when it belongs to none."""
    for top in (root.resolve(), *root.resolve().parents):
        there = top / ".git"
        if there.is_file():  # a second working tree, or a repository inside another one
            said = there.read_text("utf-8", "replace").strip()
            there = top / said.removeprefix("gitdir: ")
        if (there / "HEAD").is_file():
            try:
                common = there / (there / "commondir").read_text("utf-8").strip()
            except OSError:
                common = there
            return History(there, top, common)
    return None


def _day(committer: str) -> str:
    found = re.search(r" (\d{1,11}) [+-]\d{4}$", committer)
    return datetime.fromtimestamp(int(found[1]), UTC).date().isoformat() if found else ""

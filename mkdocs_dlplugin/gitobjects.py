"""Git objects: read what a repository keeps, from its files alone; no program is started and nothing is written.

Git itself would read the repository's configuration, which can name programs to start, and a build that may execute
nothing must not have to trust it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

LARGEST = 16 * 1024 * 1024
"""Bytes of an object beyond which it is not read; records are far smaller."""
DEEPEST = 4096
"""Differences that may stand on each other; Git itself makes chains of 50, or of 250 when asked to try hard."""

_KINDS = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_BY_OFFSET, _BY_NAME = 6, 7
_PIECE = 65536


class Unread(Exception):
    """An object that is not here, or that cannot be read; its text says which."""


class Objects:
    """All objects of one repository, by the hexadecimal digits of their digest."""

    def __init__(self, folder: Path, width: int = 20) -> None:
        """Look at where objects lie.

        Args:
            folder: Git's own folder `objects`.
            width: Bytes of a digest; 32 where the repository uses SHA-256.
        """
        self._width = width
        self._folders = list(_with_alternates(folder))
        self._packs: list[_Pack] | None = None

    def read(self, name: str) -> tuple[str, bytes]:
        """Return the kind and the content of an object.

        Raises:
            Unread: it is not here, as in a shallow or partial clone, or is damaged or too large.
        """
        try:
            return self._loose(name) or self._packed(name)
        except (OSError, zlib.error, struct.error, ValueError, IndexError) as error:
            raise Unread(f"object {name[:12]} cannot be read ({error})") from error

    def beginning(self, digits: str) -> list[str]:
        """Name the objects whose digest begins with some digits, four or more.

        Raises:
            Unread: the list of what is here is damaged.
        """
        try:
            found = {name for folder in self._folders for name in _loose_names(folder, digits)}
            return sorted(found.union(*(pack.beginning(digits) for pack in self._all_packs())))
        except (OSError, struct.error, ValueError, IndexError) as error:
            raise Unread(f"the list of objects cannot be read ({error})") from error

    def _loose(self, name: str) -> tuple[str, bytes] | None:
        for folder in self._folders:
            path = folder / name[:2] / name[2:]
            if path.is_file():
                packed = path.read_bytes() if path.stat().st_size <= LARGEST else b""
                content = _inflate(packed, LARGEST + 64)
                head, _, body = content.partition(b"\0")
                kind, _, size = head.decode("ascii").partition(" ")
                if len(body) != int(size):
                    raise ValueError("its size is not what it says")
                return kind, body
        return None

    def _packed(self, name: str) -> tuple[str, bytes]:
        for pack in self._all_packs():
            offset = pack.find(bytes.fromhex(name))
            if offset is not None:
                return self._from_pack(pack, offset)
        raise Unread(f"object {name[:12]} is not in this copy of the repository")

    def _from_pack(self, pack: _Pack, offset: int) -> tuple[str, bytes]:
        """Read an object that may be written as differences to another one, and that to a third."""
        differences: list[bytes] = []
        while True:
            number, base, content = pack.entry(offset)
            if number in _KINDS:
                break
            differences.append(content)
            if len(differences) > DEEPEST:
                raise ValueError("its differences have no end")
            if isinstance(base, bytes):
                kind, content = self.read(base.hex())
                return kind, _patched(content, differences)
            offset = base
        return _KINDS[number], _patched(content, differences)

    def _all_packs(self) -> list[_Pack]:
        if self._packs is None:
            files = (file for folder in self._folders for file in sorted((folder / "pack").glob("*.idx")))
            self._packs = [_Pack(file, self._width) for file in files]
        return self._packs


class _Pack:
    """One file with many objects, and its index."""

    def __init__(self, index: Path, width: int) -> None:
        self._width = width
        self._index, self._path = index.read_bytes(), index.with_suffix(".pack")
        if self._index[:8] != b"\xfftOc\0\0\0\2":
            raise ValueError("the index of a pack is of a version that is not known")
        self._fan = struct.unpack(">256I", self._index[8:1032])

    def _name(self, number: int) -> bytes:
        at = 1032 + number * self._width
        return self._index[at : at + self._width]

    def find(self, name: bytes) -> int | None:
        """Return where an object begins in the pack; `None` when it is not there."""
        low, high = self._fan[name[0] - 1] if name[0] else 0, self._fan[name[0]]
        while low < high:
            middle = (low + high) // 2
            if self._name(middle) < name:
                low = middle + 1
            else:
                high = middle
        if low >= self._fan[name[0]] or self._name(low) != name:
            return None
        count = self._fan[-1]
        offsets = 1032 + count * (self._width + 4)
        (offset,) = struct.unpack_from(">I", self._index, offsets + 4 * low)
        if offset >> 31:
            (offset,) = struct.unpack_from(">Q", self._index, offsets + 4 * count + 8 * (offset & 0x7FFFFFFF))
        return int(offset)

    def beginning(self, digits: str) -> Iterator[str]:
        """Name the objects whose digest begins with some digits."""
        first = int(digits[:2], 16)
        for number in range(self._fan[first - 1] if first else 0, self._fan[first]):
            if (name := self._name(number).hex()).startswith(digits):
                yield name

    def entry(self, offset: int) -> tuple[int, int | bytes, bytes]:
        """Read what stands at an offset: its kind, where what it differs from is, and its content."""
        with self._path.open("rb") as file:
            file.seek(offset)
            head = file.read(64)
            byte, at = head[0], 1
            number, size, shift = (byte >> 4) & 7, byte & 15, 4
            while byte & 0x80:
                byte, at = head[at], at + 1
                size |= (byte & 0x7F) << shift
                shift += 7
            if size > LARGEST:
                raise ValueError("it is too large")
            base: int | bytes = 0
            if number == _BY_OFFSET:
                back, at = _offset(head, at)
                base = offset - back
            elif number == _BY_NAME:
                base, at = head[at : at + self._width], at + self._width
            elif number not in _KINDS:
                raise ValueError("it is of a kind that is not known")
            file.seek(offset + at)
            unpacker, content = zlib.decompressobj(), b""
            while len(content) <= size and not unpacker.eof and (piece := file.read(_PIECE)):
                content += unpacker.decompress(piece, size + 1 - len(content))
        if len(content) != size:
            raise ValueError("its size is not what it says")
        return number, base, content


def _offset(head: bytes, at: int) -> tuple[int, int]:
    """Read how far before an object that lies which it differs from; returns where the next byte stands as well."""
    byte, at = head[at], at + 1
    back = byte & 0x7F
    while byte & 0x80:
        byte, at = head[at], at + 1
        back = ((back + 1) << 7) | (byte & 0x7F)
    return back, at


def _patched(content: bytes, differences: list[bytes]) -> bytes:
    for difference in reversed(differences):
        content = _apply(content, difference)
    return content


def _apply(base: bytes, difference: bytes) -> bytes:
    """Write an object from another one and the differences to it: copies of parts of it, and bytes that are new."""
    size, at = _size(difference, 0)
    if size != len(base):
        raise ValueError("it differs from something else")
    size, at = _size(difference, at)
    parts: list[bytes] = []
    made = 0
    while at < len(difference):
        order, at = difference[at], at + 1
        if order & 0x80:
            start = length = 0
            for bit in range(7):
                if order & (1 << bit):
                    value, at = difference[at], at + 1
                    if bit < 4:
                        start |= value << (8 * bit)
                    else:
                        length |= value << (8 * (bit - 4))
            parts.append(base[start : start + (length or 0x10000)])
        else:
            parts.append(difference[at : at + order])
            at += order
        made += len(parts[-1])
        if made > min(size, LARGEST):
            raise ValueError("it is larger than it says")
    if made != size:
        raise ValueError("its size is not what it says")
    return b"".join(parts)


def _size(content: bytes, at: int) -> tuple[int, int]:
    size = shift = 0
    while True:
        byte, at = content[at], at + 1
        size |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return size, at


def _inflate(packed: bytes, most: int) -> bytes:
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(packed, most)
    if not unpacker.eof:
        raise ValueError("it is too large, or cut off")
    return content


def _loose_names(folder: Path, digits: str) -> Iterator[str]:
    inside = folder / digits[:2]
    if inside.is_dir():
        yield from (f"{digits[:2]}{file.name}" for file in inside.iterdir() if file.name.startswith(digits[2:]))


def _with_alternates(folder: Path, depth: int = 5) -> Iterator[Path]:
    """Name a folder of objects and those it borrows from, as clones on one disk do."""
    yield folder
    try:
        lines = (folder / "info" / "alternates").read_text("utf-8").splitlines()
    except (OSError, UnicodeError):
        return
    for line in lines:
        if depth and line and not line.startswith("#"):
            yield from _with_alternates(folder / line, depth - 1)

"""Kept: which files a record may keep, and whether their bytes are what their names say; nothing of them executes."""

from __future__ import annotations

import ast
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping

from mkdocs_dlplugin import svg
from mkdocs_dlplugin.vetting import Damaged

MOST = 1000
"""Files one record may keep."""

LARGEST = 100_000_000
"""Bytes of all the files of one record beyond which they are not read; GitHub takes no larger ones."""

PIXELS = 100_000_000
"""Pixels of a figure beyond which it is a bomb for whoever opens the page; a large poster has a third of it."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DEVICES = frozenset(
    ("con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10)))
)
"""Names that are no files on Windows, whatever they end in."""
_PNG = b"\x89PNG\r\n\x1a\n"
_UNPACKED = 4_000_000_000
"""Bytes an archive may hold when unpacked."""


def names(found: Iterable[str]) -> None:
    """Check the names of all the files a record keeps.

    Raises:
        Damaged: one leaves its folder, is no name on every system, or is of a type that is not kept.
    """
    listed = list(found)
    if len(listed) > MOST:
        raise Damaged(f"keeps {len(listed):,} files, more than {MOST:,}")
    for name in listed:
        if not _NAME.fullmatch(name):
            raise Damaged(f"names an asset {name[:120]!r}, which leaves the run's folder or is no plain file name")
        stem, _, kind = name.rpartition(".")
        if stem.partition(".")[0].lower() in _DEVICES or not stem:
            raise Damaged(f"names an asset '{name}', which is no file on every system")
        if kind not in KINDS:
            raise Damaged(f"asset type .{kind} is not allowed ('{name}'); kept are {', '.join(sorted(KINDS))}")
    if len({name.lower() for name in listed}) != len(listed):
        raise Damaged("names two assets that differ by capital letters only, which some file systems take for one")


def check(name: str, content: bytes) -> None:
    """Check the bytes of one kept file, limits first; nothing in it is unpacked or executed.

    Raises:
        Damaged: they are not what the name says, or would fill whoever opens them.
    """
    try:
        KINDS[name.rpartition(".")[2]](content)
    except _Wrong as wrong:
        raise Damaged(f"asset '{name}' {wrong}") from wrong


def png_size(content: bytes) -> tuple[int, int]:
    """Read width and height in pixels from a PNG's header, so that the page keeps their place; zeros if it is none."""
    if content[:8] != _PNG or content[12:16] != b"IHDR":
        return 0, 0
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def jpg_size(content: bytes) -> tuple[int, int]:
    """Read width and height from a JPEG's first frame, likewise."""
    at = 2 if content[:2] == b"\xff\xd8" else len(content)
    while at + 9 <= len(content) and content[at] == 0xFF:
        kind, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        # Frames, but not the tables (C4, CC) and the reserved kind (C8) that are numbered among them.
        if 0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xC8, 0xCC):
            height, width = content[at + 5 : at + 7], content[at + 7 : at + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        at += 2 + max(length, 2)
    return 0, 0


class _Wrong(Exception):
    """What is wrong with a file, as the end of a sentence."""


def _any(content: bytes) -> None:
    """Take any bytes: browsers show text as text."""


def _png(content: bytes) -> None:
    _pixels("PNG", *png_size(content))


def _jpg(content: bytes) -> None:
    _pixels("JPEG", *jpg_size(content))


def _svg(content: bytes) -> None:
    try:
        svg.check(content)
    except svg.Refused as refused:
        raise _Wrong(str(refused)) from refused


def _pixels(kind: str, width: int, height: int) -> None:
    if not width or not height:
        raise _Wrong(f"is no {kind}")
    if width * height > PIXELS:
        raise _Wrong(f"has {width:,} × {height:,} pixels, more than a page can show")


def _npz(content: bytes) -> None:
    """Check an archive of arrays by its table of contents and the headers of its members: numbers only, no objects."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if len(members) > MOST or sum(member.file_size for member in members) > _UNPACKED:
                raise _Wrong("unpacks to more than a run may keep")
            for member in members:
                if not member.filename.endswith(".npy") or member.filename.startswith(("/", "..")):
                    raise _Wrong(f"holds {member.filename[:60]!r}, which is no array")
                with archive.open(member) as file:
                    _array(file.read(65536))
    except _Wrong:
        raise
    except Exception as error:  # archives and decompressors raise many, and each says the same
        raise _Wrong(f"is no archive of arrays ({type(error).__name__})") from error


def _array(head: bytes) -> None:
    """Refuse arrays of Python objects, which only unpickling could read."""
    found = re.match(rb"\x93NUMPY[\x01-\x03]\x00.{2,4}?\{'descr': (.+?), 'fortran_order'", head, re.DOTALL)
    if not found:
        raise _Wrong("holds what is no array of NumPy")
    if _has_objects(ast.literal_eval(found[1].decode("latin-1"))):
        raise _Wrong("holds Python objects, which are never unpickled")


def _has_objects(described: object) -> bool:
    """Tell whether a type of NumPy's, as a text or as a list of named fields, holds objects."""
    if isinstance(described, list):
        return any(_has_objects(field[1]) for field in described)
    return not isinstance(described, str) or described.lstrip("|<>=").startswith("O")


def _safetensors(content: bytes) -> None:
    size = int.from_bytes(content[:8], "little")
    try:
        header = json.loads(content[8 : 8 + size]) if 2 <= size <= len(content) - 8 else None
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise _Wrong("is no file of tensors")


KINDS: Mapping[str, Callable[[bytes], None]] = {
    "csv": _any, "jpg": _jpg, "json": _any, "npz": _npz, "png": _png, "safetensors": _safetensors, "svg": _svg,
    "txt": _any,
}  # fmt: skip
"""Endings of the files a record may keep, each with its check; what could carry a script or a pickle is not here."""

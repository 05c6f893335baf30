"""Pictures: write arrays of numbers as PNG files, with the standard library alone."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

MOST = 200
"""Pictures of one call; nobody looks at more."""

PIXELS = 4_000_000
"""Pixels of all of them together; larger ones are for tools made for it."""

_GREY, _RGB = 0, 2
"""Types of colour in the header of a PNG."""


@dataclass(frozen=True)
class Picture:
    """Rows of bytes, one or three per pixel."""

    width: int
    height: int
    channels: int
    """1 for grey, 3 for red, green and blue."""
    rows: tuple[bytes, ...]
    """From top to bottom, each of `width × channels` bytes."""


def png(picture: Picture) -> bytes:
    """Write a picture as a PNG file of 8 bits per channel.

    Source:
        W3C (2003), Portable Network Graphics (PNG) Specification, second edition, sections 5 and 11.
    """
    colour = _GREY if picture.channels == 1 else _RGB
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, colour, 0, 0, 0)
    # Each row begins with the number of its filter; 0 leaves the bytes as they are.
    data = zlib.compress(b"".join(b"\0" + row for row in picture.rows), 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", data) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def read(given: Any) -> list[Picture]:
    """Read one or more pictures from an array, a tensor, nested lists, or a list of any of these.

    Args:
        given: Grey of shape ``(height, width)``, colour of shape ``(height, width, 3)``, or several, of shape
            ``(n, height, width)`` or ``(n, height, width, 3)``. Values from 0 to 1, or whole numbers from 0 to 255.

    Raises:
        ValueError: the shape is none of these, or a value lies outside.
    """
    several = _several(_plain(given))
    if len(several) > MOST:
        raise ValueError(f"there are {len(several)} pictures, more than {MOST}")
    found = [_Values.of(rows) for rows in several]
    pixels = sum(one.width * len(one.rows) for one in found)
    if pixels > PIXELS:
        raise ValueError(f"the pictures have {pixels:,} pixels, more than {PIXELS:,}; keep a PNG file with `run.save`")
    # A fraction anywhere says that all are shares. Zeros and ones alone are shares too, unless their type is bytes.
    numbers = [value for one in found for row in one.rows for value in row]
    shares = not _bytes(given) and (max(numbers) <= 1 or any(isinstance(value, float | bool) for value in numbers))
    return [one.picture(shares=shares) for one in found]


def _plain(given: Any) -> Any:
    """Turn arrays and tensors of any library, also inside a list, into nested lists."""
    if hasattr(given, "detach"):
        given = given.detach().cpu()
    if hasattr(given, "tolist"):
        return given.tolist()
    return [_plain(one) for one in given] if isinstance(given, list | tuple) else given


def _several(given: Any) -> list[Any]:
    """Tell one picture from several."""
    depth, inner = 0, given
    while isinstance(inner, list):
        depth, inner = depth + 1, inner[0] if inner else None
    if inner is None and depth:
        raise ValueError("a picture is empty")
    colour = depth == 3 and all(isinstance(pixel, list) and len(pixel) == 3 for row in given for pixel in row)
    if depth == 2 or colour:
        return [given]
    if depth in (3, 4):
        return list(given)
    raise ValueError(f"pictures have 2 to 4 dimensions, (n,) height, width (, 3); these have {depth}")


@dataclass(frozen=True)
class _Values:
    """A picture as it was given."""

    width: int
    channels: int
    rows: list[list[float]]

    @classmethod
    def of(cls, rows: Sequence[Any]) -> _Values:
        width = len(rows[0]) if isinstance(rows[0], list) else 0
        if not width or any(not isinstance(row, list) or len(row) != width for row in rows):
            raise ValueError("a picture needs rows of the same length")
        colour = isinstance(rows[0][0], list)
        return cls(width, 3 if colour else 1, [list(_numbers(row, colour=colour)) for row in rows])

    def picture(self, *, shares: bool) -> Picture:
        most, scale = (1, 255) if shares else (255, 1)
        outside = next((value for row in self.rows for value in row if not 0 <= value <= most), None)
        if outside is not None:
            raise ValueError(f"a pixel is {outside:g}; use values from 0 to 1, or whole numbers from 0 to 255")
        rows = tuple(bytes(round(value * scale) for value in row) for row in self.rows)
        return Picture(self.width, len(rows), self.channels, rows)


def _numbers(row: Sequence[Any], *, colour: bool) -> Iterator[float]:
    for pixel in row:
        parts: Any = pixel if colour else [pixel]
        if not isinstance(parts, list) or len(parts) != (3 if colour else 1):
            raise ValueError("a colour picture needs red, green and blue at each pixel")
        for value in parts:
            if not isinstance(value, int | float):
                raise ValueError(f"a pixel is {value!r}, which is no number")
            yield value


def _bytes(given: Any) -> bool:
    """Tell whether an array, or the arrays of a list, hold bytes."""
    if isinstance(given, list | tuple):
        return bool(given) and _bytes(given[0])
    return str(getattr(given, "dtype", "")).endswith("uint8")

"""Sizes: numbers of bytes, as authors write them and as readers see them."""

from __future__ import annotations

import re

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Where

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_UNITS |= {"kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40}
_WRITTEN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*", re.ASCII)


def read(value: object, name: str, where: Where) -> int:
    """Read a size as an author wrote it: `4 GiB`, `500 MB`, or a number of bytes.

    Args:
        value: What was written.
        name: The option, for the message.
        where: Its place, likewise.

    Returns:
        Bytes.

    Raises:
        DLError: it is no size, or zero.
    """
    found = _WRITTEN.fullmatch(str(value)) if not isinstance(value, bool) else None
    if found is None or found[2].lower() not in _UNITS or not (size := int(float(found[1]) * _UNITS[found[2].lower()])):
        raise DLError(where, f"'{name}' must be a size, got {value!r}.", f"Write it with its unit: `{name}: 2 GiB`.")
    return size


def show(number: float) -> str:
    """Print bytes of memory, in the binary units that memory is sold in: `512 MiB`, `6.2 GiB`."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024 or unit == "GiB":
            break
        number /= 1024
    return f"{number:.0f} {unit}" if number >= 100 or float(number).is_integer() else f"{number:.1f} {unit}"


def decimal(number: int) -> str:
    """Print bytes of text or files, in the units that editors show: `950 bytes`, `20.0 MB`."""
    if number < 1000:
        return f"{number} bytes"
    if number < 1_000_000:
        return f"{number / 1e3:.0f} kB"
    return f"{number / 1e6:.1f} MB" if number < 1e9 else f"{number / 1e9:.1f} GB"

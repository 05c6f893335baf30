"""Versions: with which packages a record was measured, and which of them are others now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import metadata

from mkdocs_dlplugin.model import Record


@cache
def distributions() -> Mapping[str, Sequence[str]]:
    """Name the distributions that provide each importable package here (`sklearn`: scikit-learn)."""
    return metadata.packages_distributions()


@cache
def installed(package: str) -> str:
    """Return the version of an importable package that is installed here; empty when it is not."""
    return next((metadata.version(name) for name in distributions().get(package, ())), "")


def drift(record: Record) -> list[str]:
    """Say which packages are installed in another version than a record was measured with; it stays fresh."""
    said = []
    for name, then in sorted(dict(record.provenance.get("packages") or {}).items()):
        now = installed(name)
        if not same(then, now):
            said.append(f"measured with {name} {then}, " + (f"{now} is installed" if now else "which is not installed"))
    return said


def outdated(strict: Iterable[str], record: Record) -> list[str]:
    """Say which packages that a run is strict about are others than those its record was measured with.

    A package that is not installed here leaves the record fresh: a site is often built where nothing could be measured,
    and what was measured elsewhere still stands.
    """
    # What was noted for `strict` was asked in the same way as now; a package's `__version__` may be spelt otherwise.
    measured = {**(record.provenance.get("packages") or {}), **(record.provenance.get("strict") or {})}
    said = []
    for name in strict:
        now, then = installed(name), measured.get(name, "")
        if now and not same(then, now):
            said.append(f"{name} was {then}, is {now}" if then else f"{name} is {now}, and was not noted before")
    return said


def same(then: str, now: str) -> bool:
    """Tell whether two versions are one, of which the shorter may leave out the end: `4.9.0` and `4.9.0.80`."""
    short, long = sorted((then, now), key=len)
    return long == short or (bool(short) and long.startswith(f"{short}."))

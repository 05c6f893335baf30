"""`gc`: remove the records, assets, sources and environments that no page names."""

from __future__ import annotations

import argparse
import contextlib
import re
import time
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mkdocs_dlplugin import asked
from mkdocs_dlplugin.build import Build, pages_of
from mkdocs_dlplugin.commands.common import Answer, build
from mkdocs_dlplugin.errors import DLError, StoreError
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.plan import places
from mkdocs_dlplugin.reporting import Reporter, counted
from mkdocs_dlplugin.sizes import decimal
from mkdocs_dlplugin.store import Damaged, Store

_SEED = re.compile(r"-?\d+")
_SHARED = re.compile(r"[0-9a-f]{16}\.(py|json)")
_LEFT = 3600.0
"""Seconds after which a temporary file belongs to nobody, also on a disk that several machines write to."""


@dataclass(frozen=True)
class Named:
    """What the pages name."""

    places: frozenset[str]
    """Every job of every run of the published pages."""
    runs: frozenset[str]
    """Runs that only unpublished pages name, such as drafts; everything of theirs is kept."""

    def __contains__(self, place: object) -> bool:
        return place in self.places or str(place).partition("/")[0] in self.runs


def gc(chosen: argparse.Namespace, reporter: Reporter) -> Answer:
    """Remove what nobody names, or with `dry_run` only say what that is.

    Raises:
        DLError: a page has a mistake, and what it would name cannot be known; or no page names any run.
    """
    made = build(chosen, reporter)
    named, store = _named(made), made.store
    if not named.places and not named.runs and any(store.places()):
        hint = f"Is `docs_dir` right? To remove all results, delete {store.folder.name}/ by hand."
        raise DLError(Where(chosen.config_file.name), "no page names a run, so everything would be removed.", hint)
    with store.locked(alone=True):
        found = list(unnamed(store, named))
        sizes = {path: path.stat().st_size for path in found if path.exists()}
        if not chosen.dry_run:
            remove(store, found)
    # The store may stand beside the project.
    files = [
        {"path": f"{store.folder.name}/{path.relative_to(store.folder).as_posix()}", "bytes": size}
        for path, size in sizes.items()
    ]
    told = {"removed": [] if chosen.dry_run else files, "would_remove": files if chosen.dry_run else []}
    return Answer({**told, "bytes": sum(sizes.values())}, _lines(store, sizes, dry=chosen.dry_run))


def _named(made: Build) -> Named:
    runs = made.asked.runs.values()
    published = {page.name for page in pages_of(made.site)}
    others = [page for page in pages_of(replace(made.site, excluded=())) if page.name not in published]
    # What is wrong in a draft is no concern of the site; what it names is kept all the same.
    drafts = asked.read(made.site, others)
    names = {block.name for page in drafts.pages.values() for block in page.blocks if block.kind == "run"}
    return Named(
        frozenset(place for run in runs for place in places(run)),
        frozenset((names | drafts.runs.keys()) - {""} - {run.name for run in runs}),
    )


def unnamed(store: Store, named: Container[str]) -> Iterator[Path]:
    """Find the files of a store that stand for nothing a page names; records first, so that a reader never meets half.

    What is not one of our files is left alone, whatever its place.
    """
    shared: set[str] | None = set()
    assets: list[Path] = []
    for place in store.places():
        if not _SEED.fullmatch(place.rpartition("/")[2]):
            continue
        if place not in named:
            yield store.path(place)
            assets += _files(store.folder / place)
            continue
        try:
            record = store.read(place)
        except (Damaged, StoreError):
            # Nobody knows what it stands on: conflict markers hold two records, a newer version writes others.
            shared = None
            continue
        if record is not None:
            assets += [file for file in _files(store.folder / place) if file.name not in record.assets]
            if shared is not None:
                own = (record.provenance["source"], record.provenance["environment"])
                shared |= {str(digest)[:16] for digest in (*own, *record.observed.modules.values())}
    yield from assets
    for folder in store.folder.glob("*/*/*/"):
        if _SEED.fullmatch(folder.name) and not folder.with_name(f"{folder.name}.json").exists():
            yield from _files(folder)
    for file in (*_files(store.folder / "_sources"), *_files(store.folder / "_environments")):
        if shared is not None and _SHARED.fullmatch(file.name) and file.stem not in shared:
            yield file
    for file in store.folder.rglob(".*.tmp"):
        with contextlib.suppress(OSError):
            if time.time() - file.stat().st_mtime > _LEFT:
                yield file


def _files(folder: Path) -> list[Path]:
    """List the files in a folder, without those that somebody is writing."""
    if not folder.is_dir() or folder.is_symlink():
        return []
    return sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))


def remove(store: Store, files: Sequence[Path]) -> None:
    """Remove files, and the folders that are empty then.

    Raises:
        StoreError: one cannot be removed; those before it are.
    """
    for file in files:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            where = Where(f"{store.folder.name}/{file.relative_to(store.folder).as_posix()}")
            raise StoreError(where, f"it cannot be removed: {error.strerror or error}.") from error
    folders = {folder for file in files for folder in file.parents if folder.is_relative_to(store.folder)}
    for folder in sorted(folders - {store.folder}, key=lambda folder: len(folder.parts), reverse=True):
        with contextlib.suppress(OSError):  # not empty
            folder.rmdir()


def _lines(store: Store, sizes: dict[Path, int], *, dry: bool) -> list[str]:
    """Say per run, and for what runs share, what goes."""
    groups: dict[str, list[Path]] = {}
    for path in sizes:
        groups.setdefault(path.relative_to(store.folder).parts[0], []).append(path)
    lines = []
    for name, paths in sorted(groups.items()):
        records = [path for path in paths if len(path.relative_to(store.folder).parts) == 3 and path.suffix == ".json"]
        others = len(paths) - len(records)
        parts = [counted(len(records), "record")] * (len(records) > 0) + [counted(others, "file")] * (others > 0)
        lines.append(f"{store.folder.name}/{name}: {', '.join(parts)}, {decimal(sum(sizes[path] for path in paths))}")
    verb = "would remove" if dry else "removed"
    total = f"{counted(len(sizes), 'file')}, {decimal(sum(sizes.values()))}"
    return [*lines, f"{verb} {total}" if sizes else "nothing to remove: every record is named by a page"]

"""Record: keep what was measured, as files a person can read and git can merge."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import kept, regular, vetting
from mkdocs_dlplugin.digests import Stamp, stamp
from mkdocs_dlplugin.errors import StoreError
from mkdocs_dlplugin.fingerprint import digest_bytes, digest_code, digest_json, results_digest
from mkdocs_dlplugin.model import PICTURES, SCHEMA, Observed, Output, Record, Where
from mkdocs_dlplugin.vetting import Damaged, Newer

if sys.platform != "win32":  # on Windows two builds at once may measure the same job twice, and the last one stays
    import fcntl

__all__ = ["Damaged", "Store", "parse", "serialise"]

OLD = 3600.0
"""Seconds after which a file that a build was writing belongs to a build that is gone."""
_NUMBERS = re.compile(r"\[\n\s*((?:(?:-?[\d.eE+-]+|null),?\n\s*)+)\]")
"""A list of numbers, one per line; no text of a record looks like that, for JSON writes its line breaks as `\\n`."""
_DIGEST = re.compile(r"[0-9a-f]{16}")
_HALVES = re.compile("[\ud800-\udfff]")
_PREFIX, _SUFFIX = ".dl-", ".tmp"
_NOT_THERE = (FileNotFoundError, NotADirectoryError)


class Store:
    """The folder of records: one current record per job, found by its place, each with its key inside."""

    def __init__(self, folder: Path, scratch: Path, warn: Callable[[str], None] = lambda _: None) -> None:
        self.folder = folder
        """Meant to be committed."""
        self.scratch = scratch
        """For locks and damaged files; never committed."""
        self.warn = warn
        """Hears what an author should know of the file system."""
        self.unwritten: dict[str, Record] = {}
        """Records that could not be written, by place; they stand as long as this store does."""
        self.stamps: dict[str, Stamp] = {}
        """Per file that was read or written, when and how large it was then."""
        self._left: set[str] = set()
        """Places whose file must stay: a later version wrote it, it lies elsewhere, or could not be moved aside."""
        self._environments: dict[str, dict[str, Any]] = {}
        self._swept = False

    def path(self, place: str) -> Path:
        """Return the file of a job's record."""
        return self.folder / f"{place}.json"

    def read(self, place: str) -> Record | None:
        """Read the record of a job; `None` when there is none.

        Raises:
            Damaged: the file is there but cannot stand for a result.
            StoreError: the file cannot be read at all.
        """
        if place in self.unwritten:
            return self.unwritten[place]
        try:
            self._look(self.path(place))
            record = parse(regular.read(self.folder, f"{place}.json", vetting.LARGEST))
        except _NOT_THERE:
            return None
        except regular.Odd as odd:
            if isinstance(odd, regular.Behind):
                self._left.add(place)
            raise Damaged(str(odd)) from odd
        except Newer:
            self._left.add(place)
            raise
        except OSError as error:
            raise self._unreadable(f"{place}.json", error) from error
        self._check_assets(place, record)
        return record

    def _check_assets(self, place: str, record: Record) -> None:
        kept.names(record.assets)
        total = 0
        for name, digest in record.assets.items():
            self._look(self.asset_path(place, name))
            try:
                content = regular.read(self.folder, f"{place}/{name}", kept.LARGEST - total)
            except _NOT_THERE as error:
                raise Damaged(f"lacks its asset '{name}'") from error
            except regular.Odd as odd:
                raise Damaged(f"has an asset '{name}' that {odd}") from odd
            except OSError as error:
                raise self._unreadable(f"{place}/{name}", error) from error
            total += len(content)
            if vetting.is_pointer(content):
                raise Damaged(f"has an asset '{name}' that is a Git LFS pointer: run `git lfs pull`")
            if digest_bytes(content) != digest:
                raise Damaged(f"lacks its asset '{name}' as it was, for that was changed")
            kept.check(name, content)
        # What is shown is published: a record of a stranger must not name other files of this machine.
        shown = [output for output in record.outputs if output.kind in PICTURES]
        if any(output.asset not in record.assets for output in shown):
            raise Damaged("shows a figure that is none of its assets")
        if any(not output.asset.endswith(f".{output.kind}") for output in shown):
            raise Damaged("shows a figure as what it is not")

    def _look(self, path: Path) -> None:
        self.stamps[str(path)] = stamp(path)

    def _unreadable(self, file: str, error: OSError) -> StoreError:
        return StoreError(Where(f"{self.folder.name}/{file}"), f"it cannot be read: {error.strerror or error}.")

    def asset_path(self, place: str, name: str) -> Path:
        """Return the file of one asset; a run's figures stand in a folder named after its seed."""
        return self.folder / place / name

    def asset(self, record: Record, name: str) -> bytes:
        """Read one asset of a record that was read before.

        Raises:
            StoreError: it is gone, or cannot be read.
        """
        if name in record.blobs:
            return record.blobs[name]
        try:
            return regular.read(self.folder, f"{record.place}/{name}", kept.LARGEST)
        except regular.Odd as odd:
            raise StoreError(Where(f"{self.folder.name}/{record.place}/{name}"), f"it {odd}.") from odd
        except OSError as error:
            raise self._unreadable(f"{record.place}/{name}", error) from error

    def write(self, record: Record, code: str) -> None:
        """Keep a record, its assets and, once per digest, its code and environment; old or new, never half.

        Raises:
            StoreError: the folder cannot be written, or the record would not be read again.
        """
        place = record.place
        self.unwritten[place] = record
        if place in self._left:
            return
        where, hint = Where(self.folder.name), "Results of this build are shown but not kept."
        try:
            with self.locked():
                _replace_all(self._files(record, code))
            for path in (self.path(place), *(self.asset_path(place, name) for name in record.assets)):
                self._look(path)
            self._sweep()
        except (Damaged, regular.Odd) as refused:
            raise StoreError(where, f"record {place} is not kept, for it {refused}.", hint) from refused
        except OSError as error:
            # Not which record: that a disk is full is one message and not one for each.
            raise StoreError(where, f"records cannot be written: {error.strerror or error}.", hint) from error
        del self.unwritten[place]

    def _files(self, record: Record, code: str) -> dict[Path, bytes]:
        """Name the files of a record with their contents, the record itself last.

        Raises:
            Damaged: it would not be read again.
            regular.Odd: one lies behind a link.
        """
        kept.names(record.blobs)
        if (total := sum(map(len, record.blobs.values()))) > kept.LARGEST:
            raise Damaged(f"keeps files of {total:,} bytes, more than {kept.LARGEST:,}")
        for name, content in record.blobs.items():
            kept.check(name, content)
        environment = {name: record.provenance.get(name) for name in _ENVIRONMENT}
        vetting.check_shared(environment)
        source, surroundings = digest_bytes(code.encode())[:16], digest_json(environment)[:16]
        body = serialise(record, source, surroundings)
        vetting.load(body)
        self._environments.pop(surroundings, None)
        shared = {self._source(source): code.encode(), f"_environments/{surroundings}.json": _dump(environment)}
        named = {name: content for name, content in shared.items() if not self._has(name, content)}
        named |= {f"{record.place}/{name}": content for name, content in record.blobs.items()}
        named[f"{record.place}.json"] = body
        return {regular.locate(self.folder, name): content for name, content in named.items()}

    def _has(self, name: str, content: bytes) -> bool:
        try:
            return regular.read(self.folder, name, vetting.LARGEST) == content
        except (OSError, regular.Odd):
            return False

    def _sweep(self) -> None:
        """Remove what builds that were killed while they wrote have left; once, by a build that writes anyway."""
        if self._swept:
            return
        self._swept = True
        for left in self.folder.glob(f"**/{_PREFIX}*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                if time.time() - left.lstat().st_mtime > OLD:
                    left.unlink()

    def keep_sources(self, modules: Mapping[str, str], root: Path) -> None:
        """Keep the project modules a record stands on, once per digest, so that `why` can say what changed in them.

        Args:
            modules: Path and digest of each, as observed.
            root: Folder of `mkdocs.yml`.

        Raises:
            StoreError: the folder cannot be written.
        """
        for path, digest in modules.items():
            name = self._source(digest)
            # A record may come from elsewhere: what it names is kept only if it is the project's, and unchanged.
            if (self.folder / name).is_file() or not (root / path).resolve().is_relative_to(root.resolve()):
                continue
            try:
                text = (root / path).read_text("utf-8")
            except (OSError, UnicodeError):
                continue
            if digest_code(text) == digest:
                try:
                    with self.locked():
                        _replace_all({regular.locate(self.folder, name): text.encode()})
                except (OSError, regular.Odd) as error:
                    problem = f"the source of {path} cannot be written: {getattr(error, 'strerror', None) or error}."
                    raise StoreError(Where(self.folder.name), problem) from error

    def source(self, digest: str) -> str | None:
        """Read code that was kept, by its digest in a record; `None` when it was not kept."""
        if not _DIGEST.match(digest):
            return None
        try:
            return regular.read(self.folder, self._source(digest), vetting.LARGEST).decode("utf-8")
        except (OSError, UnicodeError, regular.Odd):
            return None

    @staticmethod
    def _source(digest: str) -> str:
        return f"_sources/{digest[:16]}.py"

    def environment(self, digest: str) -> dict[str, Any]:
        """Read the environment that records share; empty when its file is gone.

        Raises:
            Damaged: that file is not what was written.
        """
        if digest not in self._environments:
            self._look(self.folder / "_environments" / f"{digest}.json")
            self._environments[digest] = self._environment(digest) if _DIGEST.fullmatch(digest) else {}
        return self._environments[digest]

    def _environment(self, digest: str) -> dict[str, Any]:
        name = f"_environments/{digest}.json"
        try:
            value = vetting.strict_json(regular.read(self.folder, name, vetting.LARGEST))
            if digest_json(value)[:16] != digest:
                raise Damaged("was edited by hand (its digest differs)")
            vetting.check_shared(value)
        except _NOT_THERE:
            return {}
        except OSError as error:
            raise self._unreadable(name, error) from error
        except (Damaged, regular.Odd, ValueError) as damage:
            raise Damaged(f"names {name}, which {damage}") from damage
        return {part: said for part, said in value.items() if said is not None}

    def complete(self, record: Record) -> Record:
        """Fill in the environment that the record names by digest.

        Raises:
            Damaged: that was changed.
        """
        digest = record.provenance.get("environment")
        if not isinstance(digest, str):
            return record
        return replace(record, provenance={**self.environment(digest), **record.provenance})

    def set_aside(self, place: str) -> Path:
        """Move a damaged record out of the way, so that it is measured again and nothing is lost.

        One that a later version wrote stays where it is, and so does one that only a link brings here.

        Raises:
            StoreError: it cannot be moved; then it stays there also when it was measured again.
        """
        if place in self._left:
            return self.path(place)
        aside = self.scratch / "quarantine" / f"{place.replace('/', '~')}-{time.time_ns()}.json"
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            self.path(place).replace(aside)
        except FileNotFoundError:
            pass  # another build was faster
        except OSError as error:
            self._left.add(place)
            name = f"{self.folder.name}/{place}.json"
            said = f"the damaged record cannot be moved aside: {error.strerror or error}."
            raise StoreError(Where(name), said, "Remove it, or make its folder writable.") from error
        return aside

    def places(self) -> Iterator[str]:
        """Name every record there is, in the order of the file system's names."""
        if not self.folder.is_dir():
            return
        for file in sorted(self.folder.glob("*/*/*.json")):
            yield file.relative_to(self.folder).with_suffix("").as_posix()

    def claim(self, key: str, until: contextlib.ExitStack) -> bool:
        """Take the right to measure one job until *until* closes; tell whether it was free.

        The kernel gives the lock back when a build dies, so no stale lock is ever left.
        """
        try:
            handle = self._lock(key[:32], alone=True, wait=False)
        except BlockingIOError:
            return False
        if handle is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, 0)
                os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            until.callback(os.close, handle)
        return True

    @contextlib.contextmanager
    def locked(self, *, alone: bool = False) -> Iterator[None]:
        """Write together with other builds, or *alone*, so that what no record names can be told and removed."""
        handle = self._lock("store", alone=alone)
        try:
            yield
        finally:
            if handle is not None:
                os.close(handle)

    def _lock(self, name: str, *, alone: bool, wait: bool = True) -> int | None:
        """Lock a file in the scratch folder until the handle that this returns is closed.

        Returns:
            The handle; `None` where nothing can be locked.

        Raises:
            BlockingIOError: somebody else has it, and we are not to wait.
        """
        if sys.platform == "win32":
            return None
        locks = self.scratch / "locks"
        try:
            locks.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            handle = os.open(locks / f"{name}.lock", flags, 0o644)
        except OSError:
            return None  # read-only scratch: measuring twice does less harm than not measuring
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(handle)
            raise
        except OSError as error:
            # Such as some NFS mounts: measuring twice does less harm than not measuring.
            said = f"no locks on this file system ({error.strerror or error}): of two builds at once, both measure."
            self.warn(f"{self.scratch.name}: {said}")
        return handle

    def holder(self, key: str) -> int:
        """Name the process that took the right to measure a job last; 0 when nobody did."""
        try:
            return int(regular.read(self.scratch, f"locks/{key[:32]}.lock", 20))
        except (OSError, ValueError, regular.Odd):
            return 0


_ENVIRONMENT = ("python", "packages", "os", "cpu", "device", "device_name", "threads", "plugin")
"""What of a record's provenance many records share; kept once per digest."""


def serialise(record: Record, source: str, environment: str) -> bytes:
    """Write a record as JSON: what was measured first, what differs from day to day last, a digest over all of it."""
    body = {
        "schema": SCHEMA,
        "key": record.key,
        "run": record.run,
        "params": dict(record.params),
        "seed": record.seed,
        "metrics": dict(record.metrics),
        "series": {
            name: {"step": list(steps), "value": list(values)} for name, (steps, values) in record.series.items()
        },
        "correct": _pack(record.correct),
        "assets": dict(record.assets),
        "results": results_digest(record),
        "observed": {
            "modules": dict(record.observed.modules),
            "files": dict(record.observed.files),
            "folders": dict(record.observed.folders),
            "inputs": dict(record.observed.inputs),
        },
        "outputs": [
            {
                "kind": o.kind,
                **({"asset": o.asset} if o.kind in PICTURES else {"text": o.text}),
                **({"part": o.part} if o.part else {}),
                **({"plain": o.plain} if o.plain else {}),
            }
            for o in record.outputs
        ],
        "notes": list(record.notes),
        "source": source,
        "environment": environment,
        "timings": {name: dict(spent) for name, spent in record.timings.items()},
        "provenance": {name: value for name, value in record.provenance.items() if name not in _ENVIRONMENT},
    }
    return _dump({**body, "digest": digest_json(body)})


def parse(content: bytes) -> Record:
    """Read a record's JSON.

    Raises:
        Damaged: it is no record of ours, a newer one, or was edited.
    """
    value = vetting.load(content)
    observed = value["observed"]
    return Record(
        key=value["key"],
        run=value["run"],
        params=value["params"],
        seed=value["seed"],
        metrics=value["metrics"],
        series={name: (tuple(s["step"]), tuple(s["value"])) for name, s in value["series"].items()},
        correct=_unpack(value["correct"]),
        outputs=tuple(
            Output(o["kind"], o.get("text", ""), o.get("asset", ""), o.get("part", 0), o.get("plain", ""))
            for o in value["outputs"]
        ),
        assets=value["assets"],
        observed=Observed(*(observed.get(name, {}) for name in ("modules", "files", "folders", "inputs"))),
        timings=value["timings"],
        provenance={**value["provenance"], "source": value["source"], "environment": value["environment"]},
        notes=tuple(value["notes"]),
    )


def _dump(value: Mapping[str, Any]) -> bytes:
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    # A list of numbers on one line: a changed series is then one changed line.
    text = _NUMBERS.sub(lambda match: "[" + " ".join(match[1].split()) + "]", text)
    # A file name or a text that is not UTF-8 holds halves of characters, which only an escape can write.
    return _HALVES.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode() + b"\n"


def _pack(correct: str) -> str:
    """Write correctness per item as `count:hex`, a quarter of its length."""
    return f"{len(correct)}:{int(correct, 2):x}" if correct else ""


def _unpack(packed: str) -> str:
    count, _, digits = packed.partition(":")
    return f"{int(digits, 16):0{int(count)}b}" if digits else ""


def _replace_all(files: Mapping[Path, bytes]) -> None:
    """Replace files, each as a whole: a reader, a crash or a power cut sees the old content or the new.

    Nothing is replaced before everything is on the disk, so that a full one leaves all as it was.
    """
    staged: list[tuple[Path, Path]] = []
    changed: set[Path] = set()
    try:
        for path, content in files.items():
            changed |= {path.parent, *_make(path.parent)}
            staged.append((_stage(path, content), path))
        while staged:
            staged[0][0].replace(staged[0][1])
            del staged[0]
        for folder in changed:
            _sync(folder)
    except BaseException:
        for written, _ in staged:
            with contextlib.suppress(OSError):
                written.unlink()
        raise


def _make(folder: Path) -> list[Path]:
    """Make a folder with those above it; return the folders that have a new one in them."""
    missing = [up for up in (folder, *folder.parents) if not up.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return [up.parent for up in missing]


def _stage(path: Path, content: bytes) -> Path:
    """Write a file beside the one it will replace, down to the disk."""
    handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_SUFFIX, dir=path.parent)
    written = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        written.chmod(0o644)
    except BaseException:
        with contextlib.suppress(OSError):
            written.unlink()
        raise
    return written


def _sync(folder: Path) -> None:
    """Have the disk keep which files a folder holds; a rename alone may be forgotten in a power cut."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems know no such thing
            raise
    finally:
        os.close(handle)

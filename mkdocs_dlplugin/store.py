"""Record: keep what was measured, as files a person can read and git can merge."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mkdocs_dlplugin.digests import Stamp, stamp
from mkdocs_dlplugin.errors import StoreError
from mkdocs_dlplugin.fingerprint import digest_bytes, digest_code, digest_json, results_digest
from mkdocs_dlplugin.model import SCHEMA, Observed, Output, Record, Where

if sys.platform != "win32":  # on Windows two builds at once may measure the same job twice, and the last one stays
    import fcntl

LARGEST = 4 * 1024 * 1024
"""Bytes of a record file beyond which it is not one of ours; real ones stay below 8 KB."""
_NUMBERS = re.compile(r"\[\n\s*((?:(?:-?[\d.eE+-]+|null),?\n\s*)+)\]")
"""A list of numbers, one per line; no text of a record looks like that, for JSON writes its line breaks as `\\n`."""
_ASSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_DIGEST = re.compile(r"[0-9a-f]{16}")
_HALVES = re.compile("[\ud800-\udfff]")


class Damaged(Exception):
    """A record file that cannot stand for a result; its text says why."""


class Store:
    """The folder of records: one current record per job, found by its place, each with its key inside."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.folder = folder
        """Meant to be committed."""
        self.scratch = scratch
        """For locks and damaged files; never committed."""
        self.unwritten: dict[str, Record] = {}
        """Records that could not be written, by place; they stand as long as this store does."""
        self.stamps: dict[str, Stamp] = {}
        """Per file that was read or written, when and how large it was then."""
        self._environments: dict[str, dict[str, Any]] = {}

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
        path = self.path(place)
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                self.stamps[str(path)] = status.st_mtime_ns, status.st_size
                # Asking for the limit would set aside that much memory for every record.
                content = file.read(min(status.st_size, LARGEST) + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._unreadable(f"{place}.json", error) from error
        record = parse(content)
        self._check_assets(place, record)
        return record

    def _check_assets(self, place: str, record: Record) -> None:
        for name, digest in record.assets.items():
            if not _ASSET.fullmatch(name):
                raise Damaged(f"names an asset {name!r} outside its folder")
            self._look(self.asset_path(place, name))
            try:
                same = digest_bytes(self.asset_path(place, name).read_bytes()) == digest
            except FileNotFoundError:
                same = False
            except OSError as error:
                raise self._unreadable(f"{place}/{name}", error) from error
            if not same:
                raise Damaged(f"lacks its asset '{name}', or that was changed")
        # What is shown is published: a record of a stranger must not name other files of this machine.
        if any(output.kind != "text" and output.asset not in record.assets for output in record.outputs):
            raise Damaged("shows a figure that is none of its assets")

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
            return self.asset_path(record.place, name).read_bytes()
        except OSError as error:
            raise self._unreadable(f"{record.place}/{name}", error) from error

    def write(self, record: Record, code: str) -> None:
        """Keep a record, its assets and, once per digest, its code and environment; old or new, never half.

        Raises:
            StoreError: the folder cannot be written.
        """
        try:
            with self.locked():
                self._write_all(record, code)
            for path in (self.path(record.place), *(self.asset_path(record.place, name) for name in record.assets)):
                self._look(path)
            self.unwritten.pop(record.place, None)
        except OSError as error:
            self.unwritten[record.place] = record
            reason = f"{error.strerror or error}"
            hint = "Results of this build are shown but not kept."
            raise StoreError(
                Where(str(self.folder)), f"record {record.place} cannot be written: {reason}.", hint
            ) from error

    def _write_all(self, record: Record, code: str) -> None:
        for name, content in record.blobs.items():
            _write(self.asset_path(record.place, name), content)
        source = digest_bytes(code.encode())
        _write_once(self._source(source), code.encode())
        environment = {name: record.provenance.get(name) for name in _ENVIRONMENT}
        surroundings = digest_json(environment)
        _write_once(self.folder / "_environments" / f"{surroundings[:16]}.json", _dump(environment))
        self._environments.pop(surroundings[:16], None)
        _write(self.path(record.place), serialise(record, source[:16], surroundings[:16]))

    def keep_sources(self, modules: Mapping[str, str], root: Path) -> None:
        """Keep the project modules a record stands on, once per digest, so that `why` can say what changed in them.

        Args:
            modules: Path and digest of each, as observed.
            root: Folder of `mkdocs.yml`.

        Raises:
            StoreError: the folder cannot be written.
        """
        for path, digest in modules.items():
            kept = self._source(digest)
            # A record may come from elsewhere: what it names is kept only if it is the project's, and unchanged.
            if kept.is_file() or not (root / path).resolve().is_relative_to(root.resolve()):
                continue
            try:
                text = (root / path).read_text("utf-8")
            except (OSError, UnicodeError):
                continue
            if digest_code(text) == digest:
                try:
                    with self.locked():
                        _write_once(kept, text.encode())
                except OSError as error:
                    problem = f"the source of {path} cannot be written: {error.strerror or error}."
                    raise StoreError(Where(str(self.folder)), problem) from error

    def source(self, digest: str) -> str | None:
        """Read code that was kept, by its digest in a record; `None` when it was not kept."""
        try:
            return self._source(digest).read_text("utf-8") if _DIGEST.match(digest) else None
        except (OSError, UnicodeError):
            return None

    def _source(self, digest: str) -> Path:
        return self.folder / "_sources" / f"{digest[:16]}.py"

    def environment(self, digest: str) -> dict[str, Any]:
        """Read the environment that records share; empty when its file is gone."""
        if digest not in self._environments:
            value = None
            with contextlib.suppress(OSError, ValueError):
                if _DIGEST.fullmatch(digest):
                    path = self.folder / "_environments" / f"{digest}.json"
                    self._look(path)
                    value = json.loads(path.read_bytes())
            self._environments[digest] = value if isinstance(value, dict) else {}
        return self._environments[digest]

    def complete(self, record: Record) -> Record:
        """Fill in the environment that the record names by digest."""
        digest = record.provenance.get("environment")
        if not isinstance(digest, str):
            return record
        return replace(record, provenance={**self.environment(digest), **record.provenance})

    def set_aside(self, place: str) -> Path:
        """Move a damaged record out of the way, so that it is measured again and nothing is lost.

        Raises:
            StoreError: it cannot be moved.
        """
        aside = self.scratch / "quarantine" / f"{place.replace('/', '~')}-{time.time_ns()}.json"
        try:
            aside.parent.mkdir(parents=True, exist_ok=True)
            self.path(place).replace(aside)
        except FileNotFoundError:
            pass  # another build was faster
        except OSError as error:
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
            handle = os.open(locks / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:
            return None  # read-only scratch: measuring twice does less harm than not measuring
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(handle)
            raise
        except OSError:
            pass  # a file system without locks, such as some NFS mounts
        return handle


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
                **({"text": o.text} if o.kind == "text" else {"asset": o.asset}),
                **({"part": o.part} if o.part else {}),
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
    if not content.strip():
        raise Damaged("is empty")
    if len(content) > LARGEST:
        raise Damaged("is far larger than a record")
    if b"<<<<<<< " in content:
        raise Damaged("has git conflict markers: keep either side, both are complete")
    if content.startswith(b"version https://git-lfs"):
        raise Damaged("is a Git LFS pointer: run `git lfs pull`")
    try:
        value = json.loads(content, parse_constant=_refuse)
        if not isinstance(value, dict) or value.get("schema") != SCHEMA:
            newer = isinstance(value, dict) and isinstance(value.get("schema"), int) and value["schema"] > SCHEMA
            raise Damaged("was written by a newer version of the plugin" if newer else "is not a record")
        digest = value.pop("digest", None)
        if digest != digest_json(value):
            raise Damaged("was edited by hand (its digest differs)")
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
                Output(o["kind"], o.get("text", ""), o.get("asset", ""), _count(o.get("part", 0)))
                for o in value["outputs"]
            ),
            assets=value["assets"],
            observed=Observed(observed["modules"], observed["files"], observed["folders"], observed["inputs"]),
            timings=value["timings"],
            provenance={**value["provenance"], "source": value["source"], "environment": value["environment"]},
            notes=tuple(value["notes"]),
        )
    except RecursionError as error:
        raise Damaged("is nested too deeply") from error
    except (ValueError, KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
        raise Damaged(f"is not a record ({error})") from error


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


def _count(value: Any) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no block of a session")
    return value


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _write_once(path: Path, content: bytes) -> None:
    if not path.is_file():
        _write(path, content)


def _write(path: Path, content: bytes) -> None:
    """Replace a file as a whole: a reader, a crash or a power cut sees the old content or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise

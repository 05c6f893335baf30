"""The fault matrix, section F: whatever happens to records and their disk, results stay true and builds go on."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin import kept
from mkdocs_dlplugin.errors import StoreError
from mkdocs_dlplugin.fingerprint import digest_bytes
from mkdocs_dlplugin.store import Damaged, Store, parse, serialise

from .hostile_support import (
    RECORD,
    ROOT,
    build,
    forge,
    needs_root,
    needs_strace,
    plain_record,
    png,
    project,
    set_at,
    sign,
    traces,
)

PAGE = """\
# Page

```python {run="mlp"}
from mkdocs_dlplugin import run

run.log({"acc": 0.75})
run.save("kept.txt", "as it was")
print("measured")
```

It got `{run} mlp.acc`.
"""
FILE, ASSET = "records/mlp/_/0.json", "records/mlp/_/0/kept.txt"


@dataclass(frozen=True)
class Spoilt:
    """One way a record is not what was written, and what its author is told."""

    name: str
    """Row of the matrix, then what it is."""
    spoil: Callable[[Path], Any]
    """Does it to a project."""
    says: str
    """Part of the message."""
    stays: bool = False
    """Whether the file stays as it is, because it is not ours to replace."""


def content(new: bytes, file: str = FILE) -> Callable[[Path], None]:
    return lambda root: (root / file).write_bytes(new) and None


def cut(root: Path) -> None:
    file = root / FILE
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def forged(*path: Any) -> Callable[[Path], None]:
    return lambda root: forge(root / FILE, set_at(*path))


def edited(root: Path) -> None:
    file = root / FILE
    file.write_bytes(file.read_bytes().replace(b"0.75", b"0.99"))


def huge(root: Path) -> None:
    with (root / FILE).open("r+b") as file:
        file.truncate(1 << 30)


def linked(name: str, target: str) -> Callable[[Path], None]:
    def link(root: Path) -> None:
        path = root / name
        path.rename(root / "elsewhere")
        path.symlink_to(root / "elsewhere" if target == "itself" else target)

    return link


def pipe(name: str) -> Callable[[Path], None]:
    def make(root: Path) -> None:
        (root / name).unlink()
        os.mkfifo(root / name)

    return make


def device(root: Path) -> None:
    (root / FILE).unlink()
    try:
        os.mknod(root / FILE, 0o600 | 0o020000, os.makedev(1, 5))  # /dev/zero
    except OSError:
        pytest.skip("devices are made, which takes root")


def conflict(root: Path) -> None:
    text = (root / FILE).read_text()
    (root / FILE).write_text(f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> theirs\n")


def twice(root: Path) -> None:
    text = (root / FILE).read_text()
    (root / FILE).write_text(text.replace('"seed": 0', '"seed": 0,\n "seed": 0'))


def environment(root: Path) -> None:
    (file,) = (root / "records/_environments").iterdir()
    file.write_text(file.read_text().replace('"device": "cpu"', '"device": "tpu"'))


def another_asset(name: str, inside: bytes = b"x") -> Callable[[Path], None]:
    """Let a record keep one more file, written where a careless reader would look for it."""

    def change(root: Path) -> None:
        forge(root / FILE, set_at("assets", name, digest_bytes(inside)))
        with contextlib.suppress(OSError, ValueError):
            (root / "records/mlp/_/0" / name).write_bytes(inside)

    return change


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, inside in members.items():
            packed.writestr(f"{name}.npy", inside)
    return file.getvalue()


def array(described: str, more: bytes = b"") -> bytes:
    header = f"{{'descr': {described}, 'fortran_order': False, 'shape': (1,), }}".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + more


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
NO_RECORD = "is not a record"

SPOILT = [
    Spoilt("F7 empty", content(b""), "is empty"),
    Spoilt("F7 blank", content(b"\n \n"), "is empty"),
    Spoilt("F8 truncated", cut, NO_RECORD),
    Spoilt("F8 garbage", content(bytes(range(256))), NO_RECORD),
    Spoilt("F8 UTF-16", content("{}".encode("utf-16")), NO_RECORD),
    Spoilt("F8 not JSON", content(b'{"schema": 1 nonsense'), "is not a record (line 1, column 14"),
    Spoilt("F8 a list", content(b"[]"), "it is no mapping"),
    Spoilt("F8 a number", content(b"7"), "it is no mapping"),
    Spoilt("F8 without a schema", content(b"{}"), "names no schema"),
    Spoilt("F8 nested", content(b"[" * 100_000), "nested too deeply"),
    Spoilt("F8 nested in a record", forged("params", {"a": [[[[[[[[{"b": [[[[[1]]]]]}]]]]]]]]}), NO_RECORD),
    Spoilt("F8 1 GB", huge, "bytes large"),
    Spoilt("F8 duplicate keys", twice, "'seed' stands twice"),
    Spoilt("F8 NaN", content(b'{"schema": 1, "metrics": {"a": NaN}}'), "NaN is not JSON"),
    Spoilt("F8 infinity", content(b'{"schema": 1, "metrics": {"a": 1e999}}'), NO_RECORD),
    Spoilt("F8 endless whole number", content(b'{"schema": 1, "seed": ' + b"9" * 5000 + b"}"), NO_RECORD),
    Spoilt("F8 fields missing", content(sign({"schema": 1})), "has no 'key'"),
    Spoilt("F9 conflict", conflict, "git conflict markers"),
    Spoilt("F10 newer", content(b'{"schema": 5}'), "newer version of the plugin (schema 5, this one reads 1)", True),
    Spoilt("F12 edited number", edited, "edited by hand"),
    Spoilt("F12 edited environment", environment, "edited by hand"),
    Spoilt("F13 asset missing", lambda root: (root / ASSET).unlink(), "lacks its asset 'kept.txt'"),
    Spoilt("F13 asset truncated", content(b"as", ASSET), "that was changed"),
    Spoilt("F14 asset above", another_asset("../../x.txt"), "leaves the run's folder"),
    Spoilt("F14 asset absolute", another_asset("/etc/passwd"), "leaves the run's folder"),
    Spoilt("F14 asset on a drive", another_asset("C:\\x.txt"), "leaves the run's folder"),
    Spoilt("F14 asset with NUL", another_asset("a\0.txt"), "leaves the run's folder"),
    Spoilt("F14 asset CON", another_asset("CON.txt"), "no file on every system"),
    Spoilt("F14 asset of 300 letters", another_asset("a" * 300 + ".txt"), NO_RECORD),
    Spoilt("F14 asset hidden", another_asset(".htaccess"), "leaves the run's folder"),
    Spoilt("F14 asset in a folder", another_asset("a/b.txt"), "leaves the run's folder"),
    Spoilt("F14 asset differs by case", another_asset("KEPT.txt", b"as it was"), "capital letters"),
    Spoilt("F14 asset a symlink", linked(ASSET, "itself"), "is a symlink"),
    Spoilt("F14 asset a symlink outside", linked(ASSET, "/etc/hostname"), "is a symlink"),
    Spoilt("F14 asset a pipe", pipe(ASSET), "is a pipe"),
    Spoilt("F14 record a pipe", pipe(FILE), "is a pipe"),
    Spoilt("F14 record a device", device, "is a pipe or a device"),
    Spoilt("I14 pickle", another_asset("model.pkl"), "asset type .pkl is not allowed"),
    Spoilt("I14 page", another_asset("a.html"), "asset type .html is not allowed"),
    Spoilt("I14 script", another_asset("a.js"), "asset type .js is not allowed"),
    Spoilt("B9 SVG", another_asset("a.svg"), "is no SVG"),
    Spoilt("I14 objects", another_asset("a.npz", archive(a=array("'|O'"))), "never unpickled"),
    Spoilt("I14 objects in fields", another_asset("a.npz", archive(a=array("[('x', '|O')]"))), "never unpickled"),
    Spoilt("I14 pickle in an archive", another_asset("a.npz", archive(a=b"\x80\x04N.")), "no array of NumPy"),
    Spoilt("I14 no archive", another_asset("a.npz", b"PK"), "no archive"),
    Spoilt("I14 no tensors", another_asset("a.safetensors", b"\xff" * 9), "no file of tensors"),
    Spoilt("B9 PNG bomb", another_asset("a.png", png(50_000, 50_000)), "50,000 × 50,000 pixels"),
    Spoilt("B9 no PNG", another_asset("a.png", b"GIF89a"), "is no PNG"),
    Spoilt("I18 many assets", forged("assets", {f"a{n}.txt": "0" for n in range(1001)}), NO_RECORD),
    Spoilt("I18 many letters", forged("outputs", [{"kind": "text", "text": "x" * (5 << 20)}]), "bytes large"),
    Spoilt("I18 many items", forged("correct", "9999999:0"), "'correct'"),
    Spoilt("I16 record a symlink", linked(FILE, "itself"), "is a symlink"),
    Spoilt("I16 folder a symlink", linked("records/mlp/_", "itself"), "behind a symlink", True),
    Spoilt("I16 folder of a run a symlink", linked("records/mlp", "itself"), "behind a symlink", True),
    Spoilt("I13 metric a text", forged("metrics", "acc", "0.5"), "not a number"),
    Spoilt("I13 metric a truth", forged("metrics", "acc", True), "not a number"),
    Spoilt("I13 metric's name", forged("metrics", "<img src=x>", 1), "'<img src=x>'"),
    Spoilt("I13 series of two lengths", forged("series", {"a": {"step": [1], "value": []}}), "as many steps"),
    Spoilt("I13 seed", forged("seed", -1), "'seed'"),
    Spoilt("I13 timing", forged("timings", {"t": {"cpu": 1}}), "lacks its seconds"),
    Spoilt("I13 provenance a list", forged("provenance", []), "'provenance'"),
    Spoilt("I13 start", forged("provenance", "started", "<b>"), "'started'"),
    Spoilt("I13 output as a program", forged("outputs", [{"kind": "javascript", "text": "1"}]), "shows 'javascript'"),
    Spoilt("I13 output as a table", forged("outputs", [{"kind": "table", "text": "<b>"}]), "has a table that"),
    Spoilt("I16 reads above", forged("observed", "files", {"../../etc/passwd": "0"}), "not in the project"),
    Spoilt("I16 reads a device", forged("observed", "files", {"/dev/zero": "0"}), "not in the project"),
    Spoilt("F23 LFS pointer", content(POINTER), "is a Git LFS pointer: run `git lfs pull`"),
    Spoilt("F23 asset an LFS pointer", content(POINTER, ASSET), "a Git LFS pointer"),
]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as it was built once, to be copied."""
    root = project(tmp_path_factory.mktemp("measured"), PAGE)
    built = build(root)
    assert built.returncode == 0, built.stderr
    return root


@pytest.mark.parametrize("spoilt", SPOILT, ids=lambda spoilt: spoilt.name)
def test_a_spoilt_record_is_an_error_where_nothing_may_run_and_is_measured_again_elsewhere(site, measured, spoilt):
    shutil.copytree(measured / "records", site.root / "records")
    site.write("docs/good.md", "# Good\n\nStill here.\n")
    spoilt.spoil(site.root)
    before = tree(site.root / "records")
    frozen = site(PAGE, execution="never")

    assert (frozen.code, frozen.executed) == (4, [])
    assert re.search(rf"docs/index\.md:3: the record {FILE} .*{re.escape(spoilt.says)}", frozen.said), frozen.said
    assert "Still here." in frozen.page("good")
    assert tree(site.root / "records") == before

    mended = site(PAGE)

    assert (mended.code, mended.executed) == (0, ["mlp/_/0"])
    assert mended.said.count("measured again") == 1
    assert "0.75" in mended.page()
    assert not list((site.root / "records").rglob("*.tmp"))
    aside = list((site.root / ".dlplugin").glob("quarantine/*"))
    if spoilt.stays:
        assert tree(site.root / "records") == before
        assert not aside
        return
    assert aside

    again = site(PAGE, execution="never")

    assert (again.code, again.said) == (0, "")


def tree(folder: Path) -> dict[str, tuple[int, int]]:
    """List what lies in a folder, links unfollowed."""
    return {str(p): (p.lstat().st_mode, p.lstat().st_mtime_ns) for p in folder.rglob("*") if not p.is_dir()}


@pytest.mark.parametrize("name", ["../x.txt", "/x.txt", "C:\\x.txt", "a\0.txt", "CON.txt", "a" * 300 + ".txt", "a.pkl"])
def test_f14_an_asset_with_such_a_name_is_refused_when_written(tmp_path, name):
    store = Store(tmp_path / "records", tmp_path / ".dlplugin")
    record = replace(RECORD, outputs=(), assets={name: digest_bytes(b"x")}, blobs={name: b"x"})

    with pytest.raises(StoreError, match="asset"):
        store.write(record, "x = 1")

    assert store.read(record.place) is record
    assert not [path for path in (tmp_path / "records").rglob("*") if path.is_file()]


def test_f14_what_lies_behind_a_link_is_not_written_to(tmp_path):
    store = Store(tmp_path / "records", tmp_path / ".dlplugin")
    (tmp_path / "outside").mkdir()
    (tmp_path / "records").mkdir()
    (tmp_path / "records/mlp").symlink_to(tmp_path / "outside")

    with pytest.raises(StoreError, match="behind a symlink"):
        store.write(RECORD, "x = 1")

    assert not list((tmp_path / "outside").iterdir())


def test_f14_a_hard_link_is_replaced_and_what_it_named_stays(tmp_path):
    store = Store(tmp_path / "records", tmp_path / ".dlplugin")
    other = tmp_path / "other.png"
    other.write_bytes(b"another's")
    asset = store.asset_path(RECORD.place, "fig-1.png")
    asset.parent.mkdir(parents=True)
    os.link(other, asset)
    store.write(RECORD, "x = 1")

    assert other.read_bytes() == b"another's"
    assert asset.read_bytes() == png()


def test_f13_a_file_too_many_is_left_to_its_owner(tmp_path):
    store = Store(tmp_path / "records", tmp_path / ".dlplugin")
    store.write(RECORD, "x = 1")
    extra = store.asset_path(RECORD.place, "extra.png")
    extra.write_bytes(b"?")

    assert store.read(RECORD.place)
    assert extra.exists()


def test_f23_records_with_other_line_ends_are_the_same_records(site, measured):
    shutil.copytree(measured / "records", site.root / "records")
    for file in (site.root / "records").rglob("*.json"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    assert site(PAGE, execution="never").code == 0


# Crashes and power cuts.

WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from mkdocs_dlplugin.store import Store
from tests.faults.hostile_support import RECORD

store = Store(Path(sys.argv[1]), Path(sys.argv[2]))
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    # Long, so that many kills fall into a write.
    text = f"{number} " * 40_000
    outputs = (replace(RECORD.outputs[0], text=text),)
    store.write(replace(RECORD, seed=number % 5, notes=(f"{number}",), outputs=outputs), "x")
"""


def writer(root: Path, count: int, *before: str, **options: Any) -> subprocess.Popen[bytes]:
    """Start a process that writes records, one over the other."""
    command = [*before, sys.executable, "-c", WRITER, str(root / "records"), str(root / "scratch"), str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, **options)


def test_f1_a_build_that_is_killed_while_it_writes_leaves_old_or_new_records(tmp_path):
    chance = random.Random(0)
    for _ in range(30):
        process = writer(tmp_path, 1_000_000)
        process.stdout.readline()
        time.sleep(chance.uniform(0.0, 0.06))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for file in (tmp_path / "records").glob("*/*/*.json"):
            record = parse(file.read_bytes())
            assert record.outputs[0].text.startswith(f"{record.notes[0]} ")

    assert list((tmp_path / "records").glob("*/*/*.json"))


def test_f2_what_a_killed_build_left_goes_when_it_is_old_and_nothing_else(tmp_path):
    store = Store(tmp_path / "records", tmp_path / ".dlplugin")
    store.write(RECORD, "x = 1")
    folder = store.path(RECORD.place).parent
    old, young, other = folder / ".dl-old.tmp", folder / ".dl-young.tmp", folder / "mine.tmp"
    for file in (old, young, other):
        file.write_text("half")
        os.utime(file, (0, 0) if file is not young else None)
    again = Store(tmp_path / "records", tmp_path / ".dlplugin")
    again.write(replace(RECORD, seed=1), "x = 1")

    assert [file.exists() for file in (old, young, other)] == [False, True, True]


@needs_strace
def test_f3_a_record_is_on_the_disk_before_it_takes_its_place_and_so_is_its_folder_after(tmp_path):
    if not traces():
        pytest.skip("strace may not trace here")
    log = tmp_path / "log"
    process = writer(tmp_path, 1, "strace", "-f", "-y", "-e", "trace=fsync,rename,renameat,renameat2", "-o", str(log))
    process.communicate(timeout=60)
    said = [line for line in log.read_text().splitlines() if "records" in line]
    steps = ["rename" if "rename" in line else "file" if ".tmp" in line else "folder" for line in said]

    assert process.returncode == 0
    assert "0.json" in [line for line in said if "rename" in line][-1]
    assert re.fullmatch(r"(file )+(rename )+(folder )+", " ".join(steps) + " "), said
    assert steps.count("file") == steps.count("rename") == 4


# Disks that are full, broken or not ours.

DISK = """\
```python {run="mlp" seeds=3}
from mkdocs_dlplugin import run

run.log({"acc": 0.75})
print("x" * 30_000)
```

It got `{run} mlp.acc`.
"""


@contextlib.contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    folder.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"cannot mount here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@needs_root
def test_f4_a_full_disk_costs_what_was_not_kept_and_nothing_of_the_page(tmp_path):
    root = project(tmp_path / "p", DISK)
    with mounted(root / "records", "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
        built = build(root)
        left = list((root / "records").rglob("*.tmp"))
        whole = [parse(file.read_bytes()).seed for file in (root / "records").glob("*/*/*.json")]

    assert built.returncode == 5
    assert built.stderr.count("records: records cannot be written: No space left on device.") == 1
    assert "Results of this build are shown but not kept." in built.stderr
    assert "0.75" in (root / "site/index.html").read_text()
    assert (root / "site/good/index.html").is_file()
    assert len(whole) < 3
    assert left == []


@needs_strace
@pytest.mark.parametrize(
    ("call", "code"),
    [("rename", "ENOSPC"), ("fsync", "ENOSPC"), ("mkdir", "ENOSPC"), ("fsync", "EIO"), ("fsync", "EDQUOT")],
)
def test_f4_f5_f6_a_call_that_fails_leaves_all_as_it_was(tmp_path, call, code):
    if not traces():
        pytest.skip("strace may not trace here")
    store = Store(tmp_path / "records", tmp_path / ".dlplugin")
    if call != "mkdir":
        store.write(RECORD, "x")
    before = {path: path.read_bytes() for path in (tmp_path / "records").rglob("*") if path.is_file()}
    process = writer(
        tmp_path,
        1,
        *("strace", "-f", "-o", os.devnull, "-e", f"trace={call}", "-e", f"inject={call}:error={code}"),
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    said = process.communicate(timeout=60)[1].decode()

    assert f"records: records cannot be written: {os.strerror(getattr(errno, code))}." in said
    assert {path: path.read_bytes() for path in (tmp_path / "records").rglob("*") if path.is_file()} == before


@needs_strace
def test_f5_a_record_that_the_disk_cannot_read_ends_with_5_and_a_complete_site(tmp_path, measured):
    if not traces():
        pytest.skip("strace may not trace here")
    root = tmp_path / "p"
    shutil.copytree(measured, root)
    failing = ["strace", "-f", "-o", os.devnull, "-P", str(root / FILE), "-e", "trace=read,pread64"]
    built = build(root, before=(*failing, "-e", "inject=read,pread64:error=EIO"), DLPLUGIN_EXECUTION="never")

    assert built.returncode == 5, built.stderr
    assert f"{FILE}: it cannot be read: Input/output error." in built.stderr
    assert "Still here." in (root / "site/good/index.html").read_text()


@needs_root
@pytest.mark.parametrize("frozen", [True, False])
def test_f6_a_store_that_cannot_be_written_shows_what_it_has_and_what_was_measured_now(tmp_path, measured, frozen):
    root = tmp_path / "p"
    shutil.copytree(measured, root)
    if not frozen:
        (root / "docs/index.md").write_text(PAGE.replace("0.75", "0.85"))
    with mounted(root / "records", "--bind", str(root / "records")):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(root / "records")], check=True)
        built = build(root, **({"DLPLUGIN_EXECUTION": "never"} if frozen else {}))

    assert ("0.75" if frozen else "0.85") in (root / "site/index.html").read_text()
    assert built.returncode == (0 if frozen else 5), built.stderr
    assert ("Read-only file system. " in built.stderr.replace("\n", " ")) is not frozen


@needs_root
def test_f6_a_damaged_record_that_cannot_be_moved_is_measured_again_and_stays(tmp_path, measured):
    root = tmp_path / "p"
    shutil.copytree(measured, root)
    (root / FILE).write_text("")
    with mounted(root / "records", "--bind", str(root / "records")):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(root / "records")], check=True)
        built = build(root)

    assert built.returncode == 5
    assert f"{FILE}: the damaged record cannot be moved aside" in built.stderr
    assert "0.75" in (root / "site/index.html").read_text()
    assert (root / FILE).read_bytes() == b""


# Several builds, and file systems that are not like others.

SLOW = """\
```python {run="mlp" seeds=10}
import time

from mkdocs_dlplugin import run

time.sleep(0.1)
run.log({"acc": 0.5 + run.seed / 100})
```
"""


def test_f16_two_builds_at_once_measure_each_job_once(tmp_path):
    root = project(tmp_path / "p", SLOW)
    command = [sys.executable, "-m", "mkdocs_dlplugin", "run", "--json"]
    both = [
        subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
        for _ in range(2)
    ]
    said = [json.loads(process.communicate(timeout=120)[0]) for process in both]
    ran = [place for one in said for place in one["executed"]]

    assert [process.returncode for process in both] == [0, 0]
    assert sorted(ran) == sorted(f"mlp/_/{seed}" for seed in range(10))
    assert len(list((root / "records/mlp/_").glob("*.json"))) == 10


def test_f16_a_build_that_waits_says_for_whom(site, monkeypatch):
    site(PAGE)
    record = json.loads((site.root / FILE).read_bytes())
    (site.root / FILE).unlink()
    store = Store(site.root / "records", site.root / ".dlplugin")
    held, said = contextlib.ExitStack(), []
    assert store.claim(record["key"], held)
    monkeypatch.setattr("mkdocs_dlplugin.conduct.PATIENCE", 0.0)

    def hear(message: str, *_: Any) -> None:
        said.append(message)
        if message.startswith("waiting"):
            held.close()

    monkeypatch.setattr("mkdocs_dlplugin.plugin.log.info", hear)
    built = site(PAGE)

    assert (built.code, built.executed) == (0, ["mlp/_/0"])
    waiting = [message for message in said if message.startswith("waiting")]
    assert waiting == [f"waiting for the build of process {os.getpid()}, which measures mlp seed 0 (docs/index.md:3)"]


def test_f17_the_lock_of_a_build_that_was_killed_is_free(tmp_path):
    code = (
        "import contextlib, sys, time; from pathlib import Path; from mkdocs_dlplugin.store import Store\n"
        "assert Store(Path(sys.argv[1]), Path(sys.argv[1])).claim('key', contextlib.ExitStack())\n"
        "print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    holder.stdout.readline()
    store = Store(tmp_path, tmp_path)

    assert not store.claim("key", contextlib.ExitStack())
    holder.kill()
    holder.communicate()
    assert store.claim("key", contextlib.ExitStack())


def test_f18_without_locks_builds_work_and_say_so_once(site, monkeypatch):
    def none(*_: Any) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", none)
    built = site(PAGE.replace('run="mlp"', 'run="mlp" seeds=3'))

    assert (built.code, len(built.executed)) == (0, 3)
    assert built.said.count("no locks on this file system") == 1


@pytest.mark.parametrize("lost", [FILE, ASSET, "records/mlp"])
def test_f19_what_disappears_while_it_is_read_is_missing_and_no_crash(site, measured, monkeypatch, lost):
    shutil.copytree(measured / "records", site.root / "records")
    opened, gone = os.open, []

    def vanishing(path: Any, *more: Any, **named: Any) -> int:
        if str(path).endswith(lost if lost != "records/mlp" else FILE) and not gone:
            gone.append(path)
            shutil.rmtree(site.root / lost) if (site.root / lost).is_dir() else (site.root / lost).unlink()
        return opened(path, *more, **named)

    monkeypatch.setattr("mkdocs_dlplugin.regular.os.open", vanishing)
    built = site(PAGE)

    assert gone
    assert (built.code, built.executed) == (0, ["mlp/_/0"])
    assert "0.75" in built.page()


def test_f20_a_store_that_is_a_file_ends_with_5_and_shows_what_was_measured(site):
    site.write("records", "I am a file\n")
    built = site(PAGE)

    assert built.code == 5
    assert "records: records cannot be written: " in built.said
    assert "0.75" in built.page()


def test_f20_a_store_that_is_a_link_to_itself_ends_with_5(site):
    (site.root / "records").symlink_to("records")
    built = site(PAGE)

    assert built.code == 5
    assert "Too many levels of symbolic links" in built.said


def test_f20_a_store_without_its_parents_and_one_whose_name_is_no_text_are_made(tmp_path):
    for name in ("a/b/c", os.fsdecode(b"\xff")):
        store = Store(tmp_path / name, tmp_path / ".dlplugin")
        store.write(RECORD, "x = 1")
        assert store.read(RECORD.place)


def test_f15_places_that_differ_by_capital_letters_only_are_no_two_files():
    long = {"model": "A" * 10}
    assert replace(RECORD, params=long).place.isascii()
    with pytest.raises(Damaged, match="capital letters"):
        kept.names(["a.png", "A.png"])


def test_f21_a_look_reads_one_file_whatever_the_store_holds(tmp_path, monkeypatch):
    store = Store(tmp_path / "records", tmp_path / ".dlplugin")
    store.write(RECORD, "x = 1")
    folder = store.path(RECORD.place).parent
    for seed in range(1, 2000):
        (folder / f"{seed}.json").touch()
    opened, seen = os.open, []
    monkeypatch.setattr("mkdocs_dlplugin.regular.os.open", lambda path, *more: seen.append(path) or opened(path, *more))
    monkeypatch.setattr("os.scandir", None)
    monkeypatch.setattr("os.listdir", None)

    assert store.read(RECORD.place)
    assert len(seen) == 2  # the record and its figure


def test_f22_a_second_measurement_changes_no_line_but_those_that_differ(tmp_path):
    later = replace(RECORD, provenance={**RECORD.provenance, "started": "2026-01-02T00:00:00Z", "wall": 2.0})
    first, second = (serialise(record, "0" * 16, "0" * 16).decode().splitlines() for record in (RECORD, later))
    changed = [line.split(":")[0].strip(' "') for line in second if line not in first]

    assert sorted(changed) == ["digest", "started", "wall"]
    assert json.loads("\n".join(second)) == dict(sorted(json.loads("\n".join(second)).items()))
    assert serialise(RECORD, "0" * 16, "0" * 16) == serialise(RECORD, "0" * 16, "0" * 16)


# Anything at all.


def test_f8_no_change_of_a_record_is_more_than_a_damaged_record(tmp_path):
    whole, chance = sign(plain_record()), random.Random(8)
    read = damaged = 0
    for _ in range(5000):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 8))):
            at, length = chance.randrange(len(content) + 1), chance.choice((1, 1, 1, 4, 64, 512))
            new = chance.choice((b"", chance.randbytes(length), content[at : at + length] * 2, chance.choice(TOKENS)))
            content[at : at + length] = new
        try:
            record = parse(bytes(content))
        except Damaged:
            damaged += 1
        else:
            assert record == parse(whole)
            read += 1

    assert damaged > 4000


TOKENS = [
    *(b"{", b"}", b"[", b"]", b'"', b",", b":", b"null", b"true", b"NaN", b"1e999", b"-", b"\\u0000", b"\\ud800"),
    *(b"\xff", b"\x00", b"<<<<<<< ", b"\n<<<<<<< x\n", b"9" * 5000, b'"schema": 1,', b"\xef\xbb\xbf", b"[" * 5000),
]

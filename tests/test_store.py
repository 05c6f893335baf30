"""Records are files that survive crashes, hands and git."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace

import pytest

from mkdocs_dlplugin.errors import StoreError
from mkdocs_dlplugin.fingerprint import digest_bytes
from mkdocs_dlplugin.model import Observed, Output, Record, address, place
from mkdocs_dlplugin.store import Damaged, Store, parse, serialise

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01"
"""The head of a figure of one pixel, which is all that is looked at."""

RECORD = Record(
    key="k",
    run="mlp",
    params={"lr": 0.1, "model": "a/b"},
    seed=3,
    metrics={"acc": 0.1 + 0.2, "n": 5210},
    series={"loss": ((0.0, 1.0, 2.0), (1.5, None, 0.25))},
    correct="0110",
    outputs=(Output("text", text="ä\n"), Output("png", asset="fig-1.png")),
    assets={"fig-1.png": digest_bytes(PNG)},
    observed=Observed({"a.py": "1"}, {"d.csv": None}, {".": "2"}, {"up/_/3": "3"}),
    timings={"train_s": {"cpu": 1.0, "wall": 1.5}},
    provenance={"python": "3.11.7", "device": "cpu", "started": "2026-01-01T00:00:00Z", "wall": 1.0},
    notes=("left 1 thread running (Thread-3)",),
    blobs={"fig-1.png": PNG},
)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "records", tmp_path / ".dlplugin")


def test_a_record_comes_back_as_it_was_written(store):
    store.write(RECORD, "x = 1")

    read = store.complete(store.read(RECORD.place))
    assert {**read.provenance, **RECORD.provenance} == read.provenance
    for name in (
        "key",
        "run",
        "params",
        "seed",
        "metrics",
        "series",
        "correct",
        "outputs",
        "assets",
        "observed",
        "timings",
        "notes",
    ):
        assert getattr(read, name) == getattr(RECORD, name)
    assert store.asset(read, "fig-1.png") == PNG


def test_the_path_names_run_point_and_seed_and_is_safe():
    assert place("mlp", {}, 0) == "mlp/_/0"
    assert place("mlp", {"n": 100.0, "lr": 0.1}, 2) == "mlp/lr=0.1,n=100/2"
    assert place("mlp", {"m": "../x"}, 0) != place("mlp", {"m": "..x"}, 0)
    assert "/../" not in place("mlp", {"m": "../x"}, 0)
    assert address("mlp", {"n": 1, "a": True}) == "mlp(a=true, n=1)"


def test_two_writes_are_equal_byte_for_byte(store):
    assert serialise(RECORD, "s", "e") == serialise(RECORD, "s", "e")


def test_a_series_is_one_line(store):
    text = serialise(RECORD, "s", "e").decode()

    assert "[1.5, null, 0.25]" in text
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"{", "is not a record"),
        (b"[]", "is not a record"),
        (b'{"schema": 99}', "newer version"),
        (b"<<<<<<< HEAD\n{}", "git conflict markers"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"schema": 1, "metrics": {"a": NaN}}', "NaN is not JSON"),
        (b"\xff\xfe", "is not a record"),
    ],
)
def test_what_is_no_record_says_so(content, said):
    with pytest.raises(Damaged, match=said):
        parse(content)


def test_an_edited_number_is_noticed():
    value = json.loads(serialise(RECORD, "s", "e"))
    value["metrics"]["acc"] = 0.99

    with pytest.raises(Damaged, match="edited by hand"):
        parse(json.dumps(value).encode())


def test_every_truncation_of_a_record_is_noticed():
    whole = serialise(RECORD, "s", "e")

    for length in range(0, len(whole) - 1, 7):
        with pytest.raises(Damaged):
            parse(whole[:length])


def test_a_missing_asset_makes_the_record_worthless(store):
    store.write(RECORD, "x = 1")
    store.asset_path(RECORD.place, "fig-1.png").unlink()

    with pytest.raises(Damaged, match=r"fig-1\.png"):
        store.read(RECORD.place)


def test_a_failed_write_leaves_the_old_record_and_no_temporary_file(store, monkeypatch):
    store.write(RECORD, "x = 1")
    before = store.path(RECORD.place).read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match="No space left"):
        store.write(RECORD, "x = 2")

    assert store.path(RECORD.place).read_bytes() == before
    assert not list(store.folder.rglob("*.tmp"))


def test_only_one_build_measures_a_job(store):
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        assert store.claim("key", first)
        assert not store.claim("key", second)
    with contextlib.ExitStack() as third:
        assert store.claim("key", third)


def test_a_record_stays_small(store):
    series = {
        name: (tuple(float(i) for i in range(40)), tuple(round(i / 7, 7) for i in range(40)))
        for name in ("loss", "acc")
    }
    record = Record("k" * 64, "mlp", {}, 0, {"acc": 0.1}, series=series, correct="01" * 500)

    assert len(serialise(record, "s", "e")) < 8 * 1024


@pytest.mark.parametrize("text", ["[ 1, 2 ]", "[ 0 ]", "a\n[\n 1,\n 2\n]\n", "half a character \ud800", "\x00\x1b[0m"])
def test_what_a_run_prints_comes_back_letter_by_letter(store, text):
    store.write(replace(RECORD, outputs=(Output("text", text),), notes=(text,)), "x = 1")

    read = store.read(RECORD.place)
    assert read.outputs[0].text == text
    assert read.notes == (text,)


def test_a_file_whose_name_is_no_text_can_be_an_input(store):
    name = b"data/\xff.csv".decode("utf-8", "surrogateescape")
    store.write(replace(RECORD, observed=Observed(files={name: "1"})), "x = 1")

    assert store.read(RECORD.place).observed.files == {name: "1"}


def test_numbers_come_back_exactly(store):
    metrics = {"big": 2**63 + 1, "zero": -0.0, "tiny": 5e-324, "third": 1 / 3, "float32": 0.10000000149011612}
    store.write(replace(RECORD, metrics=metrics, series={"one": ((0,), (-0.0,))}), "x = 1")

    read = store.read(RECORD.place)
    assert repr(read.metrics) == repr(dict(sorted(metrics.items())))
    assert repr(read.series) == "{'one': ((0,), (-0.0,))}"


@pytest.mark.parametrize("name", ["../../../mkdocs.yml", "/etc/passwd", "", "fig-2.png"])
def test_a_record_shows_no_file_but_its_own(store, name):
    store.write(replace(RECORD, outputs=(Output("png", asset=name),)), "x = 1")

    with pytest.raises(Damaged, match="none of its assets"):
        store.read(RECORD.place)


def test_a_record_takes_its_environment_from_no_file_but_its_own(store, tmp_path):
    (tmp_path / "secret.json").write_text('{"cpu": "secret"}')
    (tmp_path / "records/_environments").mkdir(parents=True)

    assert store.environment("../../secret") == {}


def test_an_asset_that_cannot_be_read_is_an_error_of_the_store(store):
    store.write(RECORD, "x = 1")
    store.asset_path(RECORD.place, "fig-1.png").unlink()
    store.asset_path(RECORD.place, "fig-1.png").mkdir()

    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        store.read(RECORD.place)

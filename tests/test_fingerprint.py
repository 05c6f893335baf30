"""What changes a key, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mkdocs_dlplugin.fingerprint import Files, changes, digest_code, key
from mkdocs_dlplugin.model import Job, Observed, Where

JOB = Job(run="mlp", code="x = 1", where=Where("docs/p.md", 3), source_path="docs/p.md", first_line=4, seed=0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1  # one"),
        ("x = 1", "x  =  1\n\n"),
        ("f(a, b)", "f(\n    a,\n    b,\n)"),
        ('def f():\n    """Say."""\n    return 1', "def f():\n    return 1"),
        ("x = 'a'", 'x = "a"'),
        ("x = 1_000", "x = 1000"),
        ("x = 1\r\ny = 2", "x = 1\ny = 2"),
    ],
)
def test_code_that_does_the_same_has_the_same_digest(one, other):
    assert digest_code(one) == digest_code(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 2"),
        ("x = 1", "x = 1.0"),
        ("x = True", "x = 1"),
        ("x = '1'", "x = b'1'"),
        (
            "x = None",
            "x = ...",
        ),
        ("f(a)", "f(*a)"),
        ("a + b", "a - b"),
        ("'shown'", "'shown too'"),
        ('def f():\n    """One."""\nprint(f.__doc__)', 'def f():\n    """Two."""\nprint(f.__doc__)'),
        ("x = (", "x = ["),
        ("async def f(): pass", "def f(): pass"),
    ],
)
def test_code_that_may_do_something_else_has_another_digest(one, other):
    assert digest_code(one) != digest_code(other)


def test_digests_are_those_of_every_supported_python():
    # Golden values: a Python that computes others would measure every published result again.
    code = "\n".join(
        (
            "import math",
            "def area(r: float = 2.0) -> float:",
            "    return math.pi * r**2 if r else 0.0",
            "print(f'{area():.2f}', *[x for x in (1, 'a', b'b', None)])",
        )
    )

    assert digest_code(code) == GOLDEN_CODE
    assert key(JOB, []) == GOLDEN_KEY


GOLDEN_CODE = "bf85f19bc4e3548b234cf34a8ed48d25ed559a27f5d5a2c84fca64d357ece6b4"
GOLDEN_KEY = "4601633e2d1ed8b07623635a679beaad40eb333a125e8d442e0a7679f7150b1a"


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "x = 2"},
        {"params": {"n": 1}},
        {"seed": 1},
        {"threads": 2},
        {"device": "cpu"},
        {"env": {"A": "b"}},
        {"metrics": ("acc",)},
    ],
)
def test_what_may_change_a_result_changes_the_key(changed):
    assert key(replace(JOB, **changed), []) != key(JOB, [])


@pytest.mark.parametrize(
    "changed",
    [
        {"where": Where("docs/other.md", 99)},
        {"first_line": 100},
        {"run": "renamed"},
        {"timeout": 5.0},
        {"device": "prefer:cuda"},
        {"root": "/elsewhere"},
        {"exclusive": True},
    ],
)
def test_what_cannot_change_a_result_leaves_the_key(changed):
    assert key(replace(JOB, **changed), []) == key(JOB, [])


def test_parameters_are_compared_by_value():
    assert key(replace(JOB, params={"n": 1}), []) == key(replace(JOB, params={"n": 1.0}), [])
    assert key(replace(JOB, params={"n": 1}), []) != key(replace(JOB, params={"n": True}), [])
    assert key(replace(JOB, params={"n": 1}), []) != key(replace(JOB, params={"n": "1"}), [])


def test_an_upstream_run_is_part_of_the_key():
    assert key(JOB, ["a"]) != key(JOB, ["b"])


def test_changes_are_said_in_words(tmp_path):
    (tmp_path / "helper.py").write_text("x = 1")
    (tmp_path / "data.csv").write_text("1")
    files = Files(tmp_path)
    seen = Observed(
        modules={"helper.py": str(files.module("helper.py"))},
        files={"data.csv": str(files.content("data.csv")), "maybe.json": None},
        folders={".": str(files.listing("."))},
        inputs={"pretrain/_/0": "abc"},
    )
    assert changes(seen, Files(tmp_path), {"pretrain/_/0": "abc"}) == []

    (tmp_path / "helper.py").write_text("x = 2")
    (tmp_path / "data.csv").unlink()
    (tmp_path / "maybe.json").write_text("{}")

    assert changes(seen, Files(tmp_path), {}) == [
        "helper.py changed",
        "data.csv is gone",
        "maybe.json is there now",
        "the files in ./ are others",
        "pretrain/_/0 has no result",
    ]

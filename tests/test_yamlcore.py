"""Stories of YAML: what a word means, and what an author is told about a slip."""

from __future__ import annotations

import math

import pytest

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.yamlcore import load, scalar

PLACE = Where("docs/p.md", 10)


def refused(text: str) -> str:
    with pytest.raises(DLError) as caught:
        load(text, PLACE)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 1e-3),
        ("1E5", 1e5),
        ("-.5", -0.5),
        ("3.", 3.0),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("010", 10),
        ("+7", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("No", "No"),
        ("y", "y"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("190:20:30", "190:20:30"),
        ("2024-05-01", "2024-05-01"),
        ("2024-05-01 12:00:00", "2024-05-01 12:00:00"),
        ("<<", "<<"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("'5'", "5"),
        ('"true"', "true"),
        ("e5", "e5"),
        ("0-4", "0-4"),
        ("tRUE", "tRUE"),
    ],
)
def test_a_word_means_what_the_core_schema_says(text, value):
    read = load(text, PLACE)

    assert read == value
    assert type(read) is type(value)


def test_not_a_number_is_a_number():
    assert math.isnan(load(".nan", PLACE))


def test_mappings_and_lists_keep_their_order():
    assert list(load("{n: [100, 1000], model: [svm, cnn]}", PLACE).items()) == [
        ("n", [100, 1000]),
        ("model", ["svm", "cnn"]),
    ]


def test_a_merge_key_is_a_plain_word():
    assert load("<<: {a: 1}\nb: 2", PLACE) == {"<<": {"a": 1}, "b": 2}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: 2\na: 3", "12: 'a' stands twice"),
        ("x:\n  a: 1\n  a: 1", "12: 'a' stands twice"),
        ("1: a\n1.0: b", "11: '1.0' stands twice"),
        ("a: [1, 2\nb: 3", "11: did not find expected ',' or ']'"),
        ("a: !!python/object:os.system {}", "10: the tag '!!python/object:os.system' is not read here"),
        ("a: !ENV HOME", "10: the tag '!ENV' is not read here"),
        ("? [a]\n: 1", "10: a key must be a word or a number"),
        ("a: 1\n--- \nb: 2", "11: but found another document"),
    ],
)
def test_a_slip_is_reported_with_its_line(text, says):
    line, why = says.split(": ", 1)

    assert refused(text) == f"docs/p.md:{line}: this is not YAML we can read: {why}."


def test_an_alias_is_refused_with_its_line():
    assert refused("a: &x [1]\nb: *x") == (
        "docs/p.md:10: anchors and aliases (`&x`, `*x`) are not read here.\n  Write the value out."
    )


def test_an_anchor_nobody_uses_is_harmless():
    assert load("a: &x 1", PLACE) == {"a": 1}


@pytest.mark.parametrize("text", ["[" * 5000, "{a: " * 5000, "- " * 5000 + "a", "? " * 5000 + "a", "a: " * 3000])
def test_deep_nesting_is_refused_and_not_fatal(text):
    assert refused(text).startswith("docs/p.md:10: this ")


def test_indentation_without_end_is_refused_and_not_fatal():
    assert refused("\n".join(" " * depth + "a:" for depth in range(600))).startswith("docs/p.md:")


def test_too_much_of_it_is_refused():
    assert "more than the 200,000 a block may hold" in refused("a" * 200_001)


def test_a_billion_laughs_end_at_the_first():
    laughs = "a: &a [x, x]\n" + "".join(
        f"{n}: &{n} [*{p}, *{p}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)
    )

    assert "anchors and aliases" in refused(laughs)


def test_only_the_asked_key_is_read():
    text = "hide: !!python/name:x.y\ndlplugin: {seeds: 3}\nalias: &a 1\nagain: *a"

    assert load(text, PLACE, key="dlplugin") == {"seeds": 3}
    assert load("title: x", PLACE, key="dlplugin") is None
    assert load("", PLACE, key="dlplugin") is None


def test_the_asked_key_stands_once():
    with pytest.raises(DLError, match="'dlplugin' stands twice"):
        load("dlplugin: {a: 1}\ndlplugin: {a: 2}", PLACE, key="dlplugin")


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("1e2", 100.0), ("true", True), ("a: [", "a: ["), ("", ""), ("~", "~"), ("[1, 2]", [1, 2])],
)
def test_a_single_word_is_read_or_kept(text, value):
    assert scalar(text) == value

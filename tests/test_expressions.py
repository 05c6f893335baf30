"""Expressions: what authors may write in selectors, checks and inline values, and what they are told otherwise."""

from __future__ import annotations

import math

import pytest

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.expressions import (
    STAR,
    Call,
    Check,
    InlineValue,
    Number,
    Operation,
    Ref,
    evaluate_numbers,
    format_number,
    matches,
    parse_check,
    parse_selector,
    parse_value,
    refs,
)
from mkdocs_dlplugin.model import Where, address

HERE = Where("docs/p.md", 3)


def ref(run: str, metric: str = "", point: tuple | None = None, text: str = "") -> Ref:
    return Ref(run, point, metric, text or run)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mlp", ref("mlp")),
        ("mlp-x", ref("mlp-x")),
        ("digits-*", ref("digits-*")),
        ("*", ref("*")),
        ("mlp(n=100)", ref("mlp", point=(("n", 100),), text="mlp(n=100)")),
        ("mlp(n=*)", ref("mlp", point=(("n", STAR),), text="mlp(n=*)")),
        (
            "mlp( model = svm rbf , lr=1e-3 )",
            ref("mlp", point=(("lr", 0.001), ("model", "svm rbf")), text="mlp( model = svm rbf , lr=1e-3 )"),
        ),
        ('mlp(a="1, 2", b=true)', ref("mlp", point=(("a", "1, 2"), ("b", True)), text='mlp(a="1, 2", b=true)')),
        ("digits-*(n=-3)", ref("digits-*", point=(("n", -3),), text="digits-*(n=-3)")),
    ],
)
def test_a_selector_is_read(text, expected):
    assert parse_selector(text, HERE) == expected


@pytest.mark.parametrize(
    ("selector", "run", "params", "expected"),
    [
        ("mlp", "mlp", {}, True),
        ("mlp", "mlp", {"n": 100}, True),
        ("mlp", "mlp-x", {}, False),
        ("digits-*", "digits-svm", {"n": 1}, True),
        ("*", "_index-3f2a91c0", {}, False),
        ("mlp(n=100)", "mlp", {"n": 100.0}, True),
        ("mlp(n=100)", "mlp", {"n": 100, "lr": 0.1}, False),
        ("mlp(n=*, lr=0.1)", "mlp", {"n": 100, "lr": 0.1}, True),
        ("mlp(n=*)", "mlp", {}, False),
        ("mlp(on=true)", "mlp", {"on": 1}, False),
        ("mlp(on=1)", "mlp", {"on": True}, False),
        ("mlp(on=true)", "mlp", {"on": True}, True),
        ("mlp(n=1)", "mlp", {"n": "1"}, False),
    ],
)
def test_a_selector_matches_by_value(selector, run, params, expected):
    assert matches(parse_selector(selector, HERE), run, params) is expected


@pytest.mark.parametrize("params", [{"n": 100, "lr": 1e-05}, {"model": "k-nn 5", "on": False}, {"x": 2.0}])
def test_what_we_print_as_an_address_is_read_back(params):
    assert matches(parse_selector(address("mlp", params), HERE), "mlp", params)


def test_an_inline_value_carries_its_format():
    assert parse_value("mlp.test_acc:.1%", HERE) == InlineValue(ref("mlp", "test_acc"), ".1%")
    assert parse_value("mlp.val/acc", HERE) == InlineValue(ref("mlp", "val/acc"), "")
    assert parse_value("mlp.acc - logreg.acc:+pp", HERE) == InlineValue(
        Operation("-", ref("mlp", "acc"), ref("logreg", "acc")), "+pp"
    )


def test_products_bind_before_sums_and_to_the_left():
    node = parse_value("a.x - b.x - 2 * c.x / 4", HERE).node

    assert node == Operation(
        "-",
        Operation("-", ref("a", "x"), ref("b", "x")),
        Operation("/", Operation("*", Number(2), ref("c", "x")), Number(4)),
    )


def test_parentheses_and_functions_nest():
    node = parse_value("max(a.x, (b.x + 1) * 2)", HERE).node

    assert node == Call("max", (ref("a", "x"), Operation("*", Operation("+", ref("b", "x"), Number(1)), Number(2))))


def test_a_run_may_be_called_like_a_function():
    assert parse_value("log(n=1).acc", HERE).node == ref("log", "acc", (("n", 1),), "log(n=1)")
    assert parse_value("log.acc", HERE).node == ref("log", "acc")


@pytest.mark.parametrize("op", [">", "<", ">=", "<=", "~"])
def test_a_check_is_read(op):
    assert parse_check(f"svm(n=1).acc  {op} cnn.acc", HERE) == Check(
        op, ref("svm", "acc", (("n", 1),), "svm(n=1)"), ref("cnn", "acc"), None, f"svm(n=1).acc {op} cnn.acc"
    )


def test_a_check_may_name_an_interval():
    assert parse_check("a.x in [-1, 0.95]", HERE) == Check("in", ref("a", "x"), None, (-1, 0.95), "a.x in [-1, 0.95]")


def test_refs_come_in_the_order_written():
    check = parse_check("a.x - b.x > max(a.x, 0.1)", HERE)

    assert [str(found) for found in refs(check)] == ["a.x", "b.x", "a.x"]


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (parse_value, "a.x-b.x", "'a.x-b.x' has no spaces around '-'.\n  Binary operators need spaces: a.x - b.x"),
        (parse_value, "a.x/b.x", "'a.x/b.x' has no spaces around '/'.\n  Binary operators need spaces: a.x / b.x"),
        (parse_value, "2*a.x", "'2*a.x' has no spaces around '*'.\n  Binary operators need spaces: 2 * a.x"),
        (parse_value, "a.x +", "'a.x +' stops where a run or number is expected."),
        (parse_value, "-a.x", "'-a.x' has no run or number at '-a.x'.\n  Write 0 - a.x"),
        (parse_value, "a:.1%", "'a:.1%' names no metric of 'a'.\n  Write run and metric with a dot, as in a.test_acc."),
        (parse_value, "a.:.1%", "'a.:.1%' has no metric after 'a.'."),
        (parse_value, "a.x:.1q", "'a.x:.1q' ends in ':.1q', which is not a format."),
        (parse_value, "1 + 2", "'1 + 2' names no run."),
        (parse_value, "(a.x + 1", "'(a.x + 1' does not close a '('."),
        (parse_value, "abs(a.x, b.x)", "'abs(a.x, b.x)' gives 'abs' 2 values."),
        (parse_value, "__import__(1)", "'__import__(1)' has no run or number at '__import__(1)'."),
        (parse_selector, "Mlp", "'Mlp' is not a run's name."),
        (parse_selector, "mlp.acc", "'mlp.acc' names a metric where runs are expected.\n  Write 'mlp';"),
        (parse_selector, "mlp(n)", "'mlp(n)' has a point that cannot be read."),
        (parse_selector, "mlp(n=1", "'mlp(n=1' does not close a '('."),
        (parse_selector, "mlp(n=1, n=2)", "'mlp(n=1, n=2)' names 'n' twice in one point."),
        (parse_check, "a.x => b.x", "'a.x => b.x' has '=>' where a comparison is expected.\n  Did you mean '>='?"),
        (parse_check, "a.x == b.x", "'a.x == b.x' asks whether measured numbers are equal.\n  Write a ~ b"),
        (parse_check, "a.x", "'a.x' compares nothing."),
        (parse_check, "3 > 2", "'3 > 2' compares no run."),
        (parse_check, "a.x > b.x > c.x", "'a.x > b.x > c.x' cannot be read from '> c.x' on."),
        (parse_check, "a.x in [1, 0]", "'a.x in [1, 0]' has an interval that ends before it begins."),
        (parse_check, "a.x in 3", "'a.x in 3' has no interval after 'in'."),
        (parse_check, "", "'' stops where a run or number is expected."),
    ],
)
def test_what_cannot_be_read_is_named_with_a_way_out(read, text, said):
    with pytest.raises(DLError) as caught:
        read(text, HERE)

    assert str(caught.value).startswith(f"docs/p.md:3: {said}")


def test_arithmetic_is_done_seed_by_seed():
    values = {"a": (1.0, 2.0, 3.0), "b": (1.0, 1.0, 2.0), "n": (10.0,)}
    node = parse_value("max(a.x - b.x, 0.5) * n.x", HERE).node

    assert evaluate_numbers(node, lambda found: values[found.run]) == (5.0, 10.0, 10.0)
    assert evaluate_numbers(parse_value("log(n.x)", HERE).node, lambda found: values[found.run]) == (math.log(10),)
    assert evaluate_numbers(parse_value("abs(0 - a.x)", HERE).node, lambda found: values[found.run]) == (1, 2, 3)


@pytest.mark.parametrize(
    ("text", "said"),
    [("a.x / z.x", "divides by zero"), ("log(z.x)", "logarithm of 0"), ("a.x + c.x", "2 and 3 seeds do not pair")],
)
def test_what_has_no_value_says_so(text, said):
    values = {"a": (1.0, 2.0, 3.0), "c": (1.0, 2.0), "z": (0.0,)}

    with pytest.raises(ValueError, match=said):
        evaluate_numbers(parse_value(text, HERE).node, lambda found: values[found.run])


@pytest.mark.parametrize(
    ("value", "spec", "shown"),
    [
        (0.94166, "", "0.9417"),
        (3.0, "", "3"),
        (12345.678, ",", "12,346"),
        (61706.0, ",", "61,706"),
        (0.94166, ".1%", "94.2%"),
        (0.0312, "+", "+0.0312"),
        (1234.4, "d", "1234"),
        (-2.0, ".1f", "−2.0"),
        (0.031, "+pp", "+3.1\N{NO-BREAK SPACE}pp"),
        (-0.031, ".2pp", "−3.10\N{NO-BREAK SPACE}pp"),
        (-0.00001, "pp", "0.0\N{NO-BREAK SPACE}pp"),
        (2.34, "x", "2.3×"),
        (234.5, "x", "234×"),
        (0.5, "", "0.5"),
        (0.0, "", "0"),
        (float("nan"), "", "nan"),
    ],
)
def test_numbers_are_printed_in_the_format_asked_for(value, spec, shown):
    assert format_number(value, spec) == shown


def test_a_format_that_is_none_of_ours_is_refused():
    with pytest.raises(ValueError, match=r"'\{\}' is not a format"):
        format_number(1.0, "{}")

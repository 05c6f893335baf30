"""A measured value reads the same wherever it stands, with the digits its interval supports and no others."""

from __future__ import annotations

import itertools
import re

import pytest

from mkdocs_dlplugin import words
from mkdocs_dlplugin.digits import brief
from mkdocs_dlplugin.model import Metric
from mkdocs_dlplugin.numbers import shown, spoken
from mkdocs_dlplugin.stats import Estimate

PERCENT = Metric("acc", style="percent", range=(0, 1))
PLAIN = Metric("loss")
SECONDS = Metric("s", unit="s", kind="timing")
RAISED = "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"


def over(mean: float, half: float | None, n: int = 5, skew: float = 1.0) -> Estimate:
    if half is None:
        return Estimate(mean, None, None, 1, "single", "single run")
    return Estimate(mean, mean - half * skew, mean + half, n, "t", "over seeds")


def said(mean: float, half: float | None, metric: Metric = PLAIN, spec: str = "", skew: float = 1.0) -> str:
    number = shown(over(mean, half, skew=skew), metric, spec)
    return f"{number.value} {number.spread}".replace("\u00a0", " ").strip()


@pytest.mark.parametrize(
    ("mean", "half", "metric", "spec", "text"),
    [
        (0.9423, 0.0113, PLAIN, "", "0.942 ± 0.011"),
        (0.9423, 0.0321, PLAIN, "", "0.94 ± 0.03"),
        (0.9423, 0.0113, PERCENT, "", "94.2 % ± 1.1"),
        (12345.6, 1234.5, PLAIN, "", "12,300 ± 1,200"),
        (12345.6, 4567.8, SECONDS, "", "12,300 s ± 4,600"),
        (41.234, 0.0, SECONDS, "", "41.23 s all agree"),
        (1.234e-6, 3.1e-8, PLAIN, "", "1.23 × 10⁻⁶ ± 0.03 × 10⁻⁶"),
        (0.94235, 3e-9, PLAIN, "", "0.94235 ± <0.00001"),
        (1.5e30, 2e29, PLAIN, "", "1.50 × 10³⁰ ± 0.20 × 10³⁰"),
        (0.81, None, PLAIN, "", "0.81 single run"),
        (0.0001234567, None, PLAIN, "", "1.235 × 10⁻⁴ single run"),
        (1234567.8, None, PLAIN, "", "1,234,568 single run"),
        (0.94237, 0.0113, PLAIN, ".4f", "0.9424 ± 0.011"),
        (0.94237, 0.0004, PERCENT, ".0%", "94 % ± <1"),
        (0.04237, 0.0113, PERCENT, "+pp", "+4.2 pp ± 1.1"),
        (0.04237, 0.0113, PLAIN, "+", "+0.042 ± 0.011"),
        (-0.04237, 0.0113, PLAIN, "+", "−0.042 ± 0.011"),
        (0.94237, 0.0113, PLAIN, ".2e", "9.42e-01 ± 1.1e-02"),
        (1.6, 0.2, PLAIN, "x", "1.6× ± 0.2"),
        (0.5, 0.1, PERCENT, "%", "50.0 % ± 10"),
        (0.012, 0.003, PLAIN, ".1x", "0.012× ± 0.003"),
        (0.012, None, PLAIN, ".1x", "0.01× single run"),
        (0.012, 0.0, PLAIN, ".1x", "0.01× all agree"),
        (0.0, 0.0, PLAIN, ".1x", "0.0× all agree"),
        (3e-8, 4e-9, PLAIN, "x", "3.0 × 10⁻⁸× ± 0.4 × 10⁻⁸"),
        (0.0001, 0.00003, PERCENT, ".1%", "0.010 % ± 0.003"),
        (0.00002, None, PERCENT, "", "0.002 % single run"),
        (0.0004, 0.0001, PLAIN, "+.0pp", "+0.040 pp ± 0.010"),
        # What the interval does not support is not brought back.
        (0.0001, 0.02, PERCENT, ".1%", "0.0 % ± 2"),
    ],
)
def test_digits_follow_the_interval(mean, half, metric, spec, text):
    assert said(mean, half, metric, spec) == text


@pytest.mark.parametrize(
    ("half", "n", "text"),
    [
        (0.0, 5, "100.0 % (all 5 seeds agree)"),
        (None, 1, "100.0 % single run"),
        (0.02, 5, "100 % ± 2 (5 seeds)"),
    ],
)
def test_in_a_sentence_seeds_that_agree_are_said_in_words(half, n, text):
    number = spoken(over(1.0, half, n), PERCENT)

    assert number.text.replace("\u00a0", " ") == text


def test_a_skewed_ratio_keeps_both_ends():
    assert said(0.05, 0.06, PLAIN, ".1x", skew=0.5) == "0.05× (0.02× to 0.11×)"


WIDE = list(
    itertools.product(
        [0.0, 1.0, -0.5, 0.94237, 12.3456, 99999.0, 1.23456789e-7, 5.5e-4, 3.3e7, 9.87654e11, 4.2e20, 5e-324, 1e150],
        [None, 0.0, 1.04e-9, 9.96e-7, 3.3e-5, 0.0996, 0.1, 0.19, 0.951, 1.0, 12.7, 950.0, 1e6, 3e15],
        [PLAIN, PERCENT, SECONDS],
        [1.0, 0.4],
    )
)
"""Means, half-widths, metrics, and how much shorter the lower arm is."""


def test_no_number_claims_more_than_its_interval_knows():
    for mean, half, metric, skew in WIDE:
        text = said(mean, half, metric, skew=skew)
        arm = re.search(r"± <?([\d.,]+)", text)

        assert max((len(found) for found in re.findall(r"\.(\d+)", text)), default=0) <= 5, text
        assert arm is None or len(arm[1].replace(",", "").replace(".", "").strip("0")) <= 2, text
        assert arm is None or arm[1].strip("0.,"), text
        assert not re.search(r"nan|inf|e[+-]", text), text


@pytest.mark.parametrize("spec", [".1%", ".3f", ",", "+pp", ".2pp", "x", ".2x", "+", "d", "f", "%", ".5f"])
def test_no_format_claims_more_of_an_interval_either(spec):
    for mean, half, metric, _ in WIDE:
        arm = re.search(r"± <?([\d.,]+)", said(mean, half, metric, spec))

        assert arm is None or len(arm[1].replace(",", "").replace(".", "").strip("0")) <= 2, (mean, half, arm[0])
        assert arm is None or arm[1].strip("0.,"), (mean, half, arm[0])


def test_value_and_spread_have_the_same_decimals():
    for mean, half, metric, _ in WIDE:
        found = re.match(r"[−\d,]*\.?(\d*)[^±]*± <?([\d,]*\.?(\d*))", said(mean, half, metric))

        assert found is None or len(found[1]) == len(found[3]), said(mean, half, metric)


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 5210.0, 0.25, 1 / 3, 1e-9, 123.456789, 2e15])
def test_a_number_without_interval_is_brief(value):
    digits = re.sub(r"[^\d]", "", brief(value).partition("×")[0]).strip("0")

    assert len(digits) <= 4


def test_an_interval_without_end_is_written_as_one():
    assert said(0.5, float("inf")) == "0.5 ± ∞"


def test_a_language_has_its_own_separators_and_the_raw_value_stays():
    words.speak("en", {"decimal": ",", "thousands": ".", "points": "Pp."})

    assert said(12345.6, 1234.5) == "12.300 ± 1.200"
    assert said(0.9423, 0.0113, PERCENT) == "94,2 % ± 1,1"
    assert said(0.0423, 0.0113, PERCENT, "+pp") == "+4,2 Pp. ± 1,1"
    assert said(1.234e-6, 3.1e-8) == "1,23 × 10⁻⁶ ± 0,03 × 10⁻⁶"
    assert shown(over(0.9423, 0.0113), PERCENT).raw == 0.9423

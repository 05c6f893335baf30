"""Scaling: each law is found where it holds."""

from __future__ import annotations

import pytest

from examples.recorder import PlainRun

np = pytest.importorskip("numpy")

from examples import scaling  # noqa: E402 - only where there is numpy

SIZES = (100, 300, 1000, 4000, 16_000, 32_000)


def described(accuracy):
    run = PlainRun()
    scaling.describe(run, {n: accuracy(n) for n in SIZES})
    return run.summary


def test_a_power_law_is_found_with_its_exponent():
    found = described(lambda n: 1 - 3 * n**-0.3)

    assert found["exponent"] == pytest.approx(0.3)
    assert found["r2_power"] == pytest.approx(1)
    assert found["r2_linear"] < 0.7


def test_a_straight_line_in_the_number_is_told_from_one_in_its_logarithm():
    number, logarithm = described(lambda n: 0.2 + n / 64_000), described(lambda n: 0.05 * np.log(n))

    assert number["r2_linear"] == pytest.approx(1)
    assert number["r2_log"] < 0.9
    assert logarithm["r2_log"] == pytest.approx(1)
    assert logarithm["r2_linear"] < 0.9


def test_a_perfect_model_has_an_error_that_has_a_logarithm():
    assert np.isfinite(described(lambda n: 1.0 if n > 1000 else 0.9)["exponent"])


def test_each_seed_is_fitted_to_its_own_curve():
    class Row:
        def __init__(self, seed, n, accuracy):
            self.seed, self.params, self.metrics = seed, {"n": n}, {"test_acc": accuracy}

    class Inputs:
        def all(self, name):
            assert name == "curve-x"
            return [Row(seed, n, 1 - n ** -(0.1 + 0.1 * seed)) for seed in range(3) for n in SIZES]

    run = PlainRun(seed=2)
    run.inputs = Inputs()
    scaling.fit_curve(run, "curve-x")

    assert run.summary["exponent"] == pytest.approx(0.3)
    assert run.summary["n_sizes"] == 6

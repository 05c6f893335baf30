"""Statistics: every rule against a reference value, and the choice of the rule from what a sample says of itself."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from mkdocs_dlplugin.model import Metric, Sample
from mkdocs_dlplugin.stats import (
    benjamini_hochberg,
    clip,
    clopper_pearson,
    compare_times,
    corrected_error,
    decimals,
    difference,
    estimate,
    item_error,
    mcnemar,
    newcombe,
    smallest_alpha,
    student_quantile,
    student_tail,
    welch,
    wilson,
)

scipy_stats = pytest.importorskip("scipy.stats")

ACC = Metric("acc", style="percent", range=(0.0, 1.0), tie=0.01)
FRESH = frozenset({"data", "split", "order", "init"})
INIT = frozenset({"order", "init"})


def sample(*values: float, varies=FRESH, metric=ACC, **more) -> Sample:
    more.setdefault("seeds", tuple(range(len(values))))
    return Sample(title="a", metric=metric, values=values, varies=varies, **more)


def masks(*rights: int, items: int = 100) -> tuple[str, ...]:
    return tuple("1" * right + "0" * (items - right) for right in rights)


@pytest.mark.parametrize("freedom", [0.7, 1, 1.3, 2, 3, 4.5, 9, 29, 100, 9999, 2e5, 1e8])
@pytest.mark.parametrize("level", [0.001, 0.5, 0.9, 0.95, 0.99, 0.999999])
def test_student_quantiles_agree_with_the_reference(level, freedom):
    assert student_quantile(level, freedom) == pytest.approx(scipy_stats.t.isf((1 - level) / 2, freedom), rel=1e-8)


@pytest.mark.parametrize("freedom", [1, 1.3, 2, 9, 100, 9999])
def test_student_tails_agree_with_the_reference(freedom):
    for t in (0.0, 0.001, 0.5, 2, 20):
        assert student_tail(t, freedom) == pytest.approx(2 * scipy_stats.t.sf(t, freedom), rel=1e-8)


def test_proportions_agree_with_the_reference():
    for right in (0, 1, 7, 19, 20):
        found = scipy_stats.binomtest(right, 20)

        assert wilson(right, 20) == pytest.approx(tuple(found.proportion_ci(method="wilson")), abs=1e-12)
        assert clopper_pearson(right, 20) == pytest.approx(tuple(found.proportion_ci()), abs=1e-10)


def test_newcombe_reproduces_the_published_example():
    # Newcombe (1998), Table II (a), method 10: 56/70 against 48/80.
    assert newcombe((56, 70), (48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


@pytest.mark.parametrize(("wins", "losses"), [(0, 0), (5, 0), (6, 0), (12, 3), (11, 4), (3, 12), (20, 20)])
def test_mcnemar_leaves_out_zero_exactly_when_the_exact_test_rejects(wins, losses):
    a = "1" * wins + "0" * losses + "1" * 50
    b = "0" * wins + "1" * losses + "1" * 50

    low, high = mcnemar(a, b)

    p = scipy_stats.binomtest(wins, wins + losses).pvalue if wins + losses else 1.0
    assert (not low <= 0 <= high) is bool(p < 0.05)
    assert low <= (wins - losses) / len(a) <= high


def test_two_runs_that_agree_on_few_items_are_not_thereby_equal():
    low, high = mcnemar("1" * 50, "1" * 50)

    assert low < -0.05
    assert high > 0.05


def test_the_correction_for_repeated_splits_widens_the_error():
    values = (0.90, 0.92, 0.91, 0.93, 0.89)

    assert corrected_error(values) == pytest.approx(np.std(values, ddof=1) / math.sqrt(5))
    assert corrected_error(values, 0.25) == pytest.approx(np.std(values, ddof=1) * math.sqrt(1 / 5 + 0.25))


def test_welch_agrees_with_the_reference():
    a, b = (0.90, 0.92, 0.91, 0.93, 0.89), (0.80, 0.91, 0.85)
    found = scipy_stats.ttest_ind(a, b, equal_var=False)

    error, freedom = welch((corrected_error(a), 4), (corrected_error(b), 2))

    assert freedom == pytest.approx(found.df)
    assert student_tail((np.mean(a) - np.mean(b)) / error, freedom) == pytest.approx(found.pvalue)


def test_item_error_is_the_spread_over_items_of_their_mean_correctness():
    a, b = ("1100", "1000"), ("0110", "0010")
    means = np.array([[1, 1, 0, 0], [1, 0, 0, 0]]).mean(0), np.array([[0, 1, 1, 0], [0, 0, 1, 0]]).mean(0)

    assert item_error(a) == pytest.approx(means[0].std(ddof=1) / 2)
    assert item_error(a, b) == pytest.approx((means[0] - means[1]).std(ddof=1) / 2)


def test_benjamini_and_hochberg_reproduce_their_example():
    # Their 1995 paper, section 4.1: 15 tests, of which the first four hold.
    ps = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344]
    ps += [0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]

    assert benjamini_hochberg(ps) == [True] * 4 + [False] * 11
    assert benjamini_hochberg([]) == []


def test_the_smallest_alpha_is_found():
    assert smallest_alpha(lambda alpha: alpha > 0.0123) == pytest.approx(0.0123, rel=1e-3)
    assert smallest_alpha(lambda _: False) == 1.0
    assert smallest_alpha(lambda _: True) == 1e-12


@pytest.mark.parametrize(
    ("half_width", "shown"),
    [(0.011, "0.011"), (0.05, "0.05"), (0.16, "0.16"), (0.096, "0.10"), (0.0104, "0.010"), (12, "12"), (3.4, "3"),
     (1.4, "1.4"), (0.0034, "0.003")],
)  # fmt: skip
def test_decimals_follow_the_interval(half_width, shown):
    assert f"{half_width:.{decimals(half_width)}f}" == shown


def test_an_interval_never_prints_as_zero():
    assert all(float(f"{half:.{decimals(half)}f}") > 0 for half in (10**-place * 1.5 for place in range(9)))
    assert decimals(None) == decimals(0.0) == 3


def test_an_interval_ends_where_its_metric_ends():
    assert clip((0.95, 1.02), (0.0, 1.0)) == (0.95, 1.0)

    found = estimate(sample(0.97, 0.99, 1.0))

    assert found.high == 1.0
    assert not found.symmetric
    assert found.half_width == pytest.approx(found.mean - found.low)


def test_fresh_data_per_seed_give_students_interval():
    values = (0.90, 0.92, 0.91, 0.93, 0.89)

    found = estimate(sample(*values))

    reference = scipy_stats.t.interval(0.95, 4, np.mean(values), np.std(values, ddof=1) / math.sqrt(5))
    assert (found.low, found.high) == pytest.approx(reference)
    assert (found.kind, found.label, found.n, found.doubt) == ("t", "over seeds, data drawn anew", 5, "")
    assert found.symmetric


def test_one_seed_is_a_single_run_without_an_interval():
    found = estimate(sample(0.9, correct=masks(90)))

    assert (found.low, found.kind, found.label, found.half_width) == (None, "single", "single run", None)


def test_what_nobody_said_varies_is_labelled_and_doubted():
    found = estimate(sample(0.9, 0.91, varies=frozenset()))

    assert (found.label, found.doubt) == ("over seeds, unspecified", "what a seed varies is unsaid")
    assert found.low is not None


def test_one_test_set_without_its_items_is_training_variation_only():
    found = estimate(sample(0.9, 0.91, varies=INIT))

    assert (found.label, found.doubt) == ("training variation on one test set", "measured on one test set only")


def test_one_test_set_with_its_items_is_wider_than_either_source_alone():
    values, items = (0.90, 0.91, 0.92), masks(90, 91, 92)

    found = estimate(sample(*values, varies=INIT, correct=items))

    assert (found.kind, found.doubt) == ("t+items", "")
    seeds = student_quantile(0.95, 2) * corrected_error(values)
    test_items = 1.959964 * item_error(items)
    assert found.mean - found.low == pytest.approx(math.hypot(seeds, test_items), rel=1e-5)


def test_repeated_splits_are_corrected():
    values = (0.90, 0.92, 0.91, 0.93, 0.89)

    found = estimate(sample(*values, varies=frozenset({"split", "init"}), n_train=80, n_test=20))

    half = student_quantile(0.95, 4) * np.std(values, ddof=1) * math.sqrt(1 / 5 + 0.25)
    assert found.kind == "nadeau-bengio"
    assert found.mean - found.low == pytest.approx(half)


def test_repeated_splits_of_unknown_size_are_doubted():
    found = estimate(sample(0.9, 0.92, varies=frozenset({"split"})))

    assert "sizes are unknown" in found.label
    assert found.doubt == "the sizes of the splits are unknown"


def test_equal_values_are_deterministic_and_count_as_one_run():
    bare = estimate(sample(0.9, 0.9, 0.9, varies=INIT))
    items = estimate(sample(0.9, 0.9, 0.9, varies=INIT, correct=masks(90, 90, 90)))

    assert (bare.low, bare.kind, bare.label) == (None, "deterministic", "all agree")
    assert bare.doubt
    assert (items.low, items.high) == wilson(90, 100)
    assert items.label.startswith("all seeds agree")


def test_tiny_values_that_differ_have_a_spread_of_their_own():
    found = estimate(sample(1.2e-12, 1.4e-12, 1.3e-12, varies=INIT))

    assert found.kind == "t"
    assert found.low < 1.3e-12 < found.high


def test_differences_that_rounding_leaves_have_no_spread():
    pair = sample(0.1 + 0.2, 0.3, varies=INIT, data="a"), sample(0.3, 0.3, varies=INIT, data="a")

    assert difference(*pair).kind == "deterministic"


def test_exact_metrics_are_their_values():
    found = estimate(sample(10, 10, metric=Metric("n_params", kind="exact")))

    assert (found.mean, found.low, found.high, found.kind) == (10, 10, 10, "exact")


def test_an_empty_sample_is_refused():
    with pytest.raises(ValueError, match="no values"):
        estimate(sample())


def test_runs_on_one_data_source_are_paired_by_seed():
    a = sample(0.90, 0.92, 0.95, data="digits")
    b = sample(0.89, 0.90, 0.95, 0.94, data="digits")

    found = difference(a, b)

    reference = scipy_stats.ttest_rel((0.90, 0.92, 0.95), (0.89, 0.90, 0.95))
    assert (found.kind, found.n) == ("paired-t", 3)
    assert found.p == pytest.approx(reference.pvalue, rel=1e-3)
    assert (found.low, found.high) == pytest.approx(tuple(reference.confidence_interval()))


def test_only_seeds_that_both_have_are_paired():
    a = sample(0.90, 0.92, 0.95, data="digits", seeds=(3, 5, 7))
    b = sample(0.10, 0.91, 0.90, data="digits", seeds=(0, 3, 5))

    found = difference(a, b)

    assert (found.kind, found.n) == ("paired-t", 2)
    assert found.mean == pytest.approx(((0.90 - 0.91) + (0.92 - 0.90)) / 2)


@pytest.mark.parametrize("more", [{}, {"data": "digits", "seeds": (7, 8, 9)}])
def test_runs_that_cannot_be_paired_are_compared_after_welch(more):
    a, b = sample(0.90, 0.92, 0.95, data="digits"), sample(0.80, 0.91, 0.85, **more)

    found = difference(a, b)

    reference = scipy_stats.ttest_ind(a.values, b.values, equal_var=False)
    assert found.kind == "welch"
    assert found.p == pytest.approx(reference.pvalue, rel=1e-3)
    assert (found.low, found.high) == pytest.approx(tuple(reference.confidence_interval()))


def test_equal_differences_of_a_few_seeds_are_no_certainty():
    found = difference(sample(0.90, 0.95, 0.80, data="d"), sample(0.85, 0.90, 0.75, data="d"))

    assert found.kind == "welch"
    assert found.high - found.low > 0.1


def test_two_runs_on_the_same_items_are_compared_item_by_item():
    a = sample(0.90, 0.91, 0.92, varies=INIT, data="d", correct=masks(90, 91, 92))
    b = sample(0.89, 0.91, 0.91, varies=INIT, data="d", correct=masks(89, 91, 91))

    together, apart = difference(a, b), difference(a, sample(*b.values, varies=INIT, data="e", correct=b.correct))

    assert together.kind == apart.kind == "t+items"
    assert apart.half_width > together.half_width


def test_one_doubtful_run_makes_the_difference_doubtful():
    good = sample(0.90, 0.91)

    assert difference(good, sample(0.9, 0.8, varies=INIT)).doubt == "measured on one test set only"
    assert difference(good, sample(0.9, 0.8, varies=frozenset())).doubt == "what a seed varies is unsaid"
    assert difference(good, sample(0.9)).doubt == "a single run"


def test_deterministic_runs_are_compared_on_their_items():
    a = sample(0.9, 0.9, varies=INIT, data="d", correct=masks(90, 90))
    b = sample(0.7, 0.7, varies=INIT, data="d", correct=masks(70, 70))

    assert difference(a, b).kind == "mcnemar"
    assert difference(a, b).low > 0
    assert difference(a, sample(0.7, 0.7, varies=INIT, data="e", correct=b.correct)).kind == "newcombe"
    assert difference(a, sample(0.7, 0.7, varies=INIT, data="d")).low is None


def test_a_deterministic_run_is_compared_with_a_varying_one():
    a = sample(0.9, 0.9, 0.9, varies=INIT, data="d", correct=masks(90, 90, 90))
    b = sample(0.7, 0.72, 0.71, varies=INIT, data="d", correct=masks(70, 72, 71))

    assert difference(a, b).kind == "t+items"
    assert difference(a, b).low > 0


def test_exact_metrics_differ_exactly():
    size = Metric("n_params", kind="exact")

    found = difference(sample(10, 10, metric=size), sample(30, metric=size))

    assert (found.low, found.high, found.kind, found.p) == (-20, -20, "exact", None)


def test_lower_levels_lie_inside_higher_ones():
    a = sample(0.90, 0.91, 0.97, varies=INIT, data="d", correct=masks(90, 91, 97))
    b = sample(0.92, 0.90, 0.93, varies=INIT, data="d", correct=masks(92, 90, 93))

    found = [difference(a, b, level) for level in (0.5, 0.9, 0.95, 0.999)]

    assert all(narrow.low > wide.low and narrow.high < wide.high for narrow, wide in pairwise(found))


SECONDS = Metric("train_s", unit="s", kind="timing")


def timing(*values: float, **more) -> Sample:
    return sample(*values, metric=SECONDS, varies=frozenset(), **({"exclusive": True, "machine": "EPYC, cpu"} | more))


def test_times_are_compared_as_a_ratio_on_logarithms():
    a, b = (2.0, 2.2, 2.1), (1.0, 1.1, 1.2)

    found = compare_times(timing(*a), timing(*b)).mapped(math.exp).at()

    reference = scipy_stats.ttest_ind(np.log(a), np.log(b), equal_var=False).confidence_interval()
    assert (found.low, found.high) == pytest.approx((math.exp(reference.low), math.exp(reference.high)))
    assert found.doubt == ""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"exclusive": False}, "not every run was timed alone (`exclusive: true`)"),
        ({"machine": "Xeon, cpu"}, "timed on different machines"),
        ({"machine": ""}, "the machine is not known"),
    ],
)
def test_times_of_crowded_or_different_machines_are_doubted(more, said):
    assert compare_times(timing(2.0, 2.2), timing(1.0, 1.1, **more)).doubt == said


def test_times_must_be_positive():
    with pytest.raises(ValueError, match="not positive"):
        compare_times(timing(0.0, 1.0))

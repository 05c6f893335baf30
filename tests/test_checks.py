"""Checks: how settings are decided and claims summed up, told from samples."""

from __future__ import annotations

import pytest

from mkdocs_dlplugin.checks import Outcome, Verdict, judge, mark_doubtful, verdict
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.expressions import parse_check
from mkdocs_dlplugin.model import Metric, Sample, Where
from mkdocs_dlplugin.stats import Estimate

HERE = Where("docs/p.md", 3)
METRICS = {
    "acc": Metric("acc", style="percent", better="higher", tie=0.01, range=(0.0, 1.0)),
    "train_acc": Metric("train_acc", style="percent"),
    "loss": Metric("loss"),
    "n": Metric("n", kind="exact"),
    "s": Metric("s", unit="s", kind="timing"),
}
FRESH = frozenset({"data", "init"})
INIT = frozenset({"init"})
RUNS: dict[str, tuple[float, ...]] = {
    "good": (0.941, 0.950, 0.945, 0.938, 0.951),
    "near": (0.943, 0.949, 0.947, 0.939, 0.949),
    "poor": (0.911, 0.909, 0.913, 0.900, 0.914),
    "wild": (0.990, 0.800, 0.910, 0.960, 0.930),
    "big": (61706.0, 61706.0),
    "small": (650.0, 650.0),
    "grown": (600.0, 700.0),
    "fast": (1.0, 1.1, 1.05),
    "slow": (10.0, 11.5, 10.5),
    "same": (1.02, 1.12, 1.01),
    "once": (0.9,),
}


def ask(text: str, **more):
    """Judge a check over RUNS; keywords change samples, `good={"varies": …}`, `all={…}` every one of them."""

    def lookup(ref):
        values = RUNS[ref.run]
        given = {
            "title": ref.run, "metric": METRICS[ref.metric], "seeds": tuple(range(len(values))), "values": values,
            "varies": FRESH, "data": "digits", "exclusive": True, "machine": "EPYC, cpu",
        }  # fmt: skip
        return Sample(**(given | more.get("all", {}) | more.get(ref.run, {})))

    return judge(parse_check(text, HERE), lookup, HERE)


def masks(*rights: int, items: int = 1000) -> tuple[str, ...]:
    return tuple("1" * right + "0" * (items - right) for right in rights)


@pytest.mark.parametrize(
    ("text", "outcome", "why"),
    [
        # Run against run: first a tie, then a side.
        ("good.acc > poor.acc", "pass", "interval 3.0 to 4.1 pp lies above 0"),
        ("poor.acc > good.acc", "fail", "interval −4.1 to −3.0 pp lies below 0"),
        ("poor.acc < good.acc", "pass", "interval −4.1 to −3.0 pp lies below 0"),
        ("good.acc > near.acc", "tie", "interval −0.3 to 0.2 pp lies inside ±1 pp"),
        ("good.acc > wild.acc", "undecided", "interval −7 to 12 pp holds 0"),
        ("good.loss > poor.loss", "pass", "interval 0.030 to 0.041 lies above 0"),
        # Not worse by more than the margin, and the same within it.
        ("near.acc >= good.acc", "pass", "interval −0.2 to 0.3 pp does not lie below 0 by more than 1 pp"),
        ("poor.acc >= good.acc", "fail", "interval −4.1 to −3.0 pp lies below 0 by more than 1 pp"),
        ("wild.acc >= good.acc", "undecided", "interval −12 to 7 pp may lie below 0 by more than 1 pp"),
        ("near.acc <= good.acc", "pass", "interval −0.2 to 0.3 pp does not lie above 0 by more than 1 pp"),
        ("near.acc ~ good.acc", "pass", "interval −0.2 to 0.3 pp lies inside ±1 pp"),
        ("poor.acc ~ good.acc", "fail", "interval −4.1 to −3.0 pp lies outside ±1 pp"),
        ("wild.acc ~ good.acc", "undecided", "interval −12 to 7 pp crosses the end of ±1 pp"),
        ("near.loss ~ good.loss", "undecided", "no tie margin is declared for it"),
        # Against a constant there is no tie.
        ("good.acc > 0.93", "pass", "interval 93.8 to 95.2 % lies above 93 %"),
        ("good.acc > 0.944", "undecided", "interval 93.8 to 95.2 % holds 94.4 %"),
        ("0.96 < good.acc", "fail", "interval 93.8 to 95.2 % lies below 96 %"),
        ("good.acc >= 0.944", "undecided", "interval 93.8 to 95.2 % holds 94.4 %"),
        ("good.acc ~ 0.944", "pass", "interval 93.8 to 95.2 % lies inside 94.4 % ±1 pp"),
        ("good.acc in [0.9, 0.96]", "pass", "interval 93.8 to 95.2 % lies inside [90 %, 96 %]"),
        ("good.acc in [0.5, 0.6]", "fail", "interval 93.8 to 95.2 % lies outside [50 %, 60 %]"),
        ("good.acc in [0.94, 0.96]", "undecided", "interval 93.8 to 95.2 % crosses the end of [94 %, 96 %]"),
        ("good.acc - near.acc > 0", "undecided", "interval −0.3 to 0.2 pp holds 0"),
        ("good.acc - poor.acc > 0.02", "pass", "interval 3.0 to 4.1 pp lies above 2 pp"),
        ("good.acc > poor.acc + 0.02", "pass", "interval 1.0 to 2.1 pp lies above 0"),
        # Other arithmetic is seed by seed.
        ("(good.acc - poor.acc) / good.acc > 0.01", "pass", "interval 0.032 to 0.043 lies above 0.01"),
        ("max(near.acc, poor.acc) < good.acc", "tie", "interval −0.2 to 0.3 pp lies inside ±1 pp"),
        ("2 * good.acc > poor.acc", "pass", "interval 0.970 to 0.991 lies above 0"),
        ("log(good.acc) > -1", "pass", "interval −0.064 to −0.049 lies above −1"),
        ("1 - good.loss < 0.07", "pass", "interval 0.048 to 0.062 lies below 0.07"),
        # Counts compare directly.
        ("small.n < big.n", "pass", "the exact value −61056 lies below 0"),
        ("small.n > small.n", "fail", "the exact value 0 does not lie above 0"),
        ("big.n >= big.n", "pass", "the exact value 0 does not lie below 0"),
        ("big.n ~ big.n", "pass", "the exact value 0 lies inside ±0"),
        ("big.n > 90 * small.n", "pass", "the exact value 3206 lies above 0"),
        ("big.n in [60000, 62000]", "pass", "the exact value 61706 lies inside [60000, 62000]"),
        ("grown.n > 650", "undecided", "interval 600 to 700 holds 650"),
        ("good.acc / big.n > 0.00001", "pass", "interval 1.520 × 10⁻⁵ to 1.543 × 10⁻⁵ lies above 0.00001"),
        # Times compare as ratios.
        ("fast.s < slow.s", "pass", "ratio 0.085 to 0.114× lies below 1×"),
        ("slow.s > 5 * fast.s", "pass", "ratio 8.8 to 11.7× lies above 5×"),
        ("slow.s / fast.s > 20", "fail", "ratio 8.8 to 11.7× lies below 20×"),
        ("fast.s < same.s", "tie", "ratio 0.89 to 1.13× lies inside a factor of 1.25"),
        ("fast.s ~ same.s", "pass", "ratio 0.89 to 1.13× lies inside a factor of 1.25"),
        ("fast.s <= slow.s", "pass", "ratio 0.085 to 0.114× does not lie above 1× by more than a factor of 1.25"),
        ("slow.s / fast.s in [5, 15]", "pass", "ratio 8.8 to 11.7× lies inside [5×, 15×]"),
        ("60 > slow.s", "pass", "interval 8.9 to 12.7 s lies below 60 s"),
        ("slow.s - fast.s > 5", "undecided", "timings are compared as a ratio of two runs"),
        ("slow.s > good.acc", "undecided", "timings are compared as a ratio of two runs"),
        # What cannot be known.
        ("once.acc > poor.acc", "undecided", "a single run"),
    ],
)  # fmt: skip
def test_a_setting_is_decided_by_its_whole_interval(text, outcome, why):
    found = ask(text)

    assert (found.outcome, found.why.replace("\N{NO-BREAK SPACE}", " "), found.text) == (outcome, why, text)


def test_an_outcome_carries_its_estimate_and_p():
    found = ask("good.acc > poor.acc")

    assert found.n == found.estimate.n == 5
    assert found.estimate.kind == "paired-t"
    assert found.estimate.low < found.estimate.mean < found.estimate.high
    assert found.p == found.estimate.p < 1e-4
    assert ask("small.n < big.n").p is None
    assert ask("good.acc > wild.acc").p > 0.05


def test_the_ratio_of_times_is_told_in_plain_numbers():
    assert ask("slow.s / fast.s > 5").estimate.mean == pytest.approx(10.15, abs=0.01)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"all": {"varies": frozenset()}}, "what a seed varies is unsaid"),
        ({"good": {"varies": frozenset()}}, "what a seed varies is unsaid"),
        ({"all": {"varies": INIT}}, "measured on one test set only"),
        ({"all": {"varies": frozenset({"split"})}}, "the sizes of the splits are unknown"),
        ({"all": {"values": (0.9, 0.9), "seeds": (0, 1)}}, "no spread over seeds, and its test items are not recorded"),
    ],
)
def test_a_doubtful_sample_decides_nothing(more, why):
    found = ask("good.acc > poor.acc", **more)

    assert (found.outcome, found.why, found.p) == ("undecided", why, None)


def test_test_items_make_one_test_set_enough():
    good, poor = {"correct": masks(941, 950, 945, 938, 951)}, {"correct": masks(911, 909, 913, 900, 914)}

    found = ask("good.acc > poor.acc", all={"varies": INIT}, good=good, poor=poor)

    assert (found.outcome, found.estimate.kind) == ("pass", "t+items")


def test_repeated_splits_decide_with_their_correction():
    found = ask("good.acc > poor.acc", all={"varies": frozenset({"split"}), "n_train": 800, "n_test": 200})

    assert (found.outcome, found.estimate.kind) == ("pass", "nadeau-bengio")


def test_runs_without_common_data_are_compared_after_welch():
    assert ask("good.acc > poor.acc", good={"data": ""}).estimate.kind == "welch"
    assert ask("2 * good.acc > poor.acc", good={"data": ""}).estimate.kind == "welch"


def test_other_arithmetic_of_unpaired_runs_is_undecided():
    found = ask("(good.acc - poor.acc) / good.acc > 0.01", all={"data": ""})

    assert found.outcome == "undecided"
    assert found.why == "its runs are not paired: they name no common data source"
    assert found.estimate.mean == pytest.approx(0.0376, abs=1e-3)


def test_two_metrics_of_one_run_are_paired_whatever_its_data():
    found = ask("good.train_acc - good.acc < 0.05", all={"data": ""})

    assert found.estimate.mean == 0
    assert ask("good.train_acc / (good.acc + 1) < 2", all={"data": ""}).outcome == "pass"


def test_a_check_that_cannot_be_calculated_names_its_place():
    with pytest.raises(DLError, match=r"'log\(good.acc - 2\) > 0' cannot be calculated: a seed takes the logarithm"):
        ask("log(good.acc - 2) > 0")
    with pytest.raises(DLError, match="a run is compared with itself"):
        ask("good.acc > good.acc")


def outcomes(words: str, p: float | None = None) -> list[Outcome]:
    """`p` pass, `f` fail, `t` tie, `u` undecided."""
    names = {"p": "pass", "f": "fail", "t": "tie", "u": "undecided"}
    return [Outcome(names[word], Estimate(0, None, None, 1, "none", ""), "", 1, p, "") for word in words]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ("pp", Verdict("supported", 2, 2, "2 of 2 settings decided: 2 pass.")),
        ("ppu", Verdict("supported", 2, 3, "2 of 3 settings decided: 2 pass.")),
        ("ppuu", Verdict("undecided", 2, 4, "2 of 4 settings decided: 2 pass.")),
        ("pu", Verdict("undecided", 1, 2, "1 of 2 settings decided: 1 passes.")),
        ("ff", Verdict("contradicted", 2, 2, "2 of 2 settings decided: 2 fail.")),
        ("ft", Verdict("contradicted", 2, 2, "2 of 2 settings decided: 1 fails, 1 is a tie.")),
        ("ffuu", Verdict("undecided", 2, 4, "2 of 4 settings decided: 2 fail.")),
        ("ttt", Verdict("no-difference", 3, 3, "3 of 3 settings decided: 3 are ties.")),
        ("pf", Verdict("depends", 2, 2, "2 of 2 settings decided: 1 passes, 1 fails.")),
        ("ptuuu", Verdict("depends", 2, 5, "2 of 5 settings decided: 1 passes, 1 is a tie.")),
        ("uu", Verdict("undecided", 0, 2, "0 of 2 settings decided.")),
        ("p", Verdict("supported", 1, 1, "One setting: it passes.")),
        ("f", Verdict("contradicted", 1, 1, "One setting: it fails.")),
        ("t", Verdict("no-difference", 1, 1, "One setting: it is a tie.")),
        ("u", Verdict("undecided", 0, 1, "One setting: it is undecided.")),
        ("", Verdict("undecided", 0, 0, "0 of 0 settings decided.")),
    ],
)
def test_a_claim_is_summed_up_in_a_word(settings, expected):
    assert verdict(outcomes(settings)) == expected


def test_among_many_checks_those_that_chance_would_decide_are_marked():
    ledger = outcomes("p", 0.04) + outcomes("f", 1e-6) + outcomes("u" * 8, 0.6) + outcomes("p")

    assert mark_doubtful(ledger) == {0}
    assert mark_doubtful([]) == set()


def test_what_rounding_leaves_of_equal_terms_decides_nothing():
    first, second, both = (0.1, 0.2, 0.01, 0.01, 0.01), (0.2, 0.4, 0.28, 0.56, 0.68), (0.3, 0.6, 0.29, 0.57, 0.69)

    found = ask("good.loss + poor.loss > near.loss", good=of(first), poor=of(second), near=of(both))

    assert all(a + b > c for a, b, c in zip(first, second, both, strict=True))
    assert found.outcome == "undecided"


def of(values: tuple[float, ...]) -> dict[str, object]:
    return {"values": values, "seeds": tuple(range(len(values)))}

"""Statistics: what a metric's values over seeds say about the metric, as an interval that names its own limits.

`weigh` looks at one sample and `compare` at two; both choose the rule from what the sample says about itself and
return evidence that gives an interval at any level.  `estimate` and `difference` are these at one level.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from statistics import NormalDist, fmean
from typing import Literal

from mkdocs_dlplugin.model import Sample
from mkdocs_dlplugin.words import say

LEVEL = 0.95
"""Coverage of every interval we print or decide by."""

Kind = Literal[
    "t", "paired-t", "welch", "nadeau-bengio", "t+items", "wilson", "newcombe", "mcnemar", "exact", "single",
    "deterministic", "none",
]  # fmt: skip

Interval = tuple[float, float]


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval at one level, in the metric's own unit."""

    mean: float
    low: float | None
    """`None` where one run, or none, leaves no interval."""
    high: float | None
    n: int
    """Seeds it rests on; pairs of seeds where two runs are paired."""
    kind: Kind
    """The rule the interval comes from."""
    label: str
    """What the interval is over, for captions: `over seeds, data drawn anew`."""
    p: float | None = None
    """Of a difference: the smallest significance level at which the interval leaves out zero."""
    doubt: str = ""
    """Why no check may be decided by it; empty where one may."""

    @property
    def half_width(self) -> float | None:
        """The longer arm of the interval; `None` without one."""
        return None if self.low is None or self.high is None else max(self.mean - self.low, self.high - self.mean)

    @property
    def symmetric(self) -> bool:
        """Whether `mean ± half_width` tells the whole interval; else print its two ends."""
        if self.low is None or self.high is None:
            return False
        return math.isclose(self.mean - self.low, self.high - self.mean, rel_tol=1e-6)


@dataclass(frozen=True)
class Evidence:
    """What is known of a mean before a level is chosen."""

    mean: float
    n: int
    kind: Kind
    label: str
    doubt: str = ""
    interval: Callable[[float], Interval] | None = None
    """Takes a level between 0 and 1, returns lowest and highest value; intervals of lower levels lie inside."""

    def at(self, level: float = LEVEL, p: float | None = None) -> Estimate:
        """Return the estimate at one level."""
        low, high = self.interval(level) if self.interval else (None, None)
        return Estimate(self.mean, low, high, self.n, self.kind, self.label, p, self.doubt)

    def mapped(self, change: Callable[[float], float]) -> Evidence:
        """Return the evidence in another unit; *change* must rise or fall throughout."""
        inner = self.interval
        if inner is None:
            return replace(self, mean=change(self.mean))

        def interval(level: float) -> Interval:
            low, high = sorted(change(end) for end in inner(level))
            return low, high

        return replace(self, mean=change(self.mean), interval=interval)


def estimate(sample: Sample, level: float = LEVEL) -> Estimate:
    """Estimate one metric of one run; see `weigh`."""
    return weigh(sample).at(level)


def difference(a: Sample, b: Sample, level: float = LEVEL) -> Estimate:
    """Estimate by how much *a* exceeds *b*, in the metric's unit, with the p-value of no difference; see `compare`."""
    found = compare(a, b)
    interval = found.interval
    if interval is None or found.kind == "exact":
        return found.at(level)
    return found.at(level, smallest_alpha(lambda alpha: not interval(1 - alpha)[0] <= 0 <= interval(1 - alpha)[1]))


def weigh(sample: Sample) -> Evidence:
    """Choose the rule for one run from what its seeds vary.

    Exact metrics span their values.  One seed is a single run, without an interval.  Equal values on all seeds are
    deterministic and count as one run, whose uncertainty comes from its test items.  Else Student's t over seeds:
    with Nadeau and Bengio's correction where seeds only split one data set anew, and with the sampling of test items
    on top where all seeds share one test set.

    Raises:
        ValueError: the sample is empty.
    """
    values, n = sample.values, len(sample.values)
    mean = _mean(values)
    if sample.metric.kind == "exact":
        return Evidence(mean, n, "exact", say("exact"), interval=lambda _: (min(values), max(values)))
    if n == 1:
        return Evidence(mean, 1, "single", say("single-run"), say("one-run-only"))
    doubt = "" if sample.varies else say("unsaid")
    if is_deterministic(values):
        if not sample.correct:
            return Evidence(mean, n, "deterministic", say("deterministic"), doubt or say("no-items"))
        right, items = sample.correct[0].count("1"), len(sample.correct[0])
        label = say("deterministic-items")
        return Evidence(mean, n, "wilson", label, doubt, lambda level: wilson(right, items, level))
    kind, label, doubt = _rule([sample], "t")
    error = corrected_error(values, _ratio(sample))
    items_error = item_error(sample.correct) if kind == "t+items" else 0.0
    # Seconds end at zero without being told.
    bounds = sample.metric.range or ((0.0, math.inf) if sample.metric.kind == "timing" else None)
    return Evidence(mean, n, kind, label, doubt, _around(mean, error, n - 1, items_error, bounds))


def compare(a: Sample, b: Sample) -> Evidence:
    """Choose the rule for the difference ``a - b`` from what the seeds of both vary.

    Seeds are paired where both runs name the same data source and share at least two seeds; then the interval is over
    the differences, else it is Welch's.  Corrections are those of `weigh`.  Two deterministic runs are compared on
    their test items.

    Raises:
        ValueError: a sample is empty.
    """
    if a.metric.kind == b.metric.kind == "exact":
        low, high = min(a.values) - max(b.values), max(a.values) - min(b.values)
        mean = _mean(a.values) - _mean(b.values)
        return Evidence(mean, min(len(a.values), len(b.values)), "exact", say("exact"), interval=lambda _: (low, high))
    pairs = paired_values([a, b])
    gaps = [x - y for x, y in pairs]
    # A handful of coarse values can differ by the same amount by chance; no spread is then no knowledge.
    paired = len(gaps) >= 2 and not is_deterministic(gaps, max(abs(value) for pair in pairs for value in pair))
    mean = fmean(gaps) if len(gaps) >= 2 else _mean(a.values) - _mean(b.values)
    n = len(gaps) if paired else min(len(a.values), len(b.values))
    if n == 1:
        return Evidence(mean, 1, "single", say("single-run"), say("one-run-only"))
    if is_deterministic(a.values) and is_deterministic(b.values):
        return _compare_deterministic(a, b, mean, n)
    kind, label, doubt = _rule([a, b], "paired-t" if paired else "welch")
    if paired:
        error, freedom = corrected_error(gaps, max(_ratio(a), _ratio(b))), float(n - 1)
    else:
        error, freedom = welch(
            (corrected_error(a.values, _ratio(a)), len(a.values) - 1),
            (corrected_error(b.values, _ratio(b)), len(b.values) - 1),
        )
    if kind != "t+items":
        items_error = 0.0
    elif _share_items(a, b):
        items_error = item_error(a.correct, b.correct)
    else:
        items_error = math.hypot(*(item_error(sample.correct) for sample in (a, b) if _one_test_set(sample)))
    return Evidence(mean, n, kind, label, doubt, _around(mean, error, freedom, items_error, _bounds(a, b)))


def compare_times(a: Sample, b: Sample | None = None) -> Evidence:
    """Weigh the logarithm of ``a / b`` for seconds, or of *a* alone; `math.exp` of it is the ratio.

    Times spread by factors, not by amounts, so intervals stand on logarithms.  Only jobs that ran alone, on one
    machine, decide anything.

    Raises:
        ValueError: a time is not positive.
    """
    both = [a] if b is None else [a, b]
    if any(value <= 0 for sample in both for value in sample.values):
        raise ValueError("a time is not positive")
    logs = [[math.log(value) for value in sample.values] for sample in both]
    mean = fmean(logs[0]) - (fmean(logs[1]) if b else 0.0)
    n = min(map(len, logs))
    doubt = ""
    if not all(sample.exclusive for sample in both):
        doubt = say("not-alone")
    elif not all(sample.machine for sample in both):
        doubt = say("machine-unknown")
    elif len({sample.machine for sample in both}) > 1:
        doubt = say("other-machines")
    if n == 1:
        return Evidence(mean, 1, "single", say("single-run"), doubt or say("one-run-only"))
    if any(is_deterministic(values, 1.0) for values in logs):
        return Evidence(mean, n, "deterministic", say("deterministic"), doubt or say("no-spread"))
    error, freedom = corrected_error(logs[0]), float(len(logs[0]) - 1)
    if b:
        error, freedom = welch((error, freedom), (corrected_error(logs[1]), len(logs[1]) - 1))
    return Evidence(mean, n, "welch" if b else "t", say("over-timings"), doubt, _around(mean, error, freedom))


def paired_values(samples: Sequence[Sample]) -> list[tuple[float, ...]]:
    """Line samples up by seed where all name the same data source: one row per seed all of them have, else none."""
    if not samples[0].data or len({sample.data for sample in samples}) > 1:
        return []
    columns = [dict(zip(sample.seeds, sample.values, strict=True)) for sample in samples]
    seeds = sorted(set.intersection(*(set(column) for column in columns)))
    return [tuple(column[seed] for column in columns) for seed in seeds]


def is_deterministic(values: Sequence[float], scale: float = 0.0) -> bool:
    """Tell whether values have no spread beyond what rounding leaves.

    Args:
        values: At least one, of any size: gradients of 1e-12 may differ as much as accuracies do.
        scale: Size of what the values were calculated from, where that is larger than they are.
    """
    return max(values) - min(values) <= 1e-12 * max(scale, *(abs(value) for value in values))


def corrected_error(values: Sequence[float], ratio: float = 0.0) -> float:
    """Calculate the standard error of a mean over seeds.

    Args:
        values: One per seed, at least two.
        ratio: Test items over training items where seeds split one finite data set anew; the splits overlap, so
            their values are not independent.  0 gives the ordinary ``s / sqrt(S)``.

    Returns:
        ``s * sqrt(1 / S + ratio)``.

    Source:
        Nadeau & Bengio (2003), Inference for the generalization error, Machine Learning 52.
    """
    mean, n = fmean(values), len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (n - 1) * (1 / n + ratio))


def welch(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
    """Combine the standard errors and degrees of freedom of two independent means into those of their difference.

    Source:
        Welch (1947), The generalization of Student's problem when several different population variances are
        involved, Biometrika 34; degrees of freedom after Satterthwaite (1946).
    """
    total = a[0] ** 2 + b[0] ** 2
    freedom = total**2 / sum(error**4 / degrees for error, degrees in (a, b))
    return math.sqrt(total), freedom


def wilson(successes: int, n: int, level: float = LEVEL) -> Interval:
    """Bound a proportion by the score interval, which behaves near 0 and 1.

    Source:
        Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA 22.
    """
    z, share = normal_quantile(0.5 + level / 2), successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    arm = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, min(share, middle - arm)), min(1.0, max(share, middle + arm))


def newcombe(a: tuple[int, int], b: tuple[int, int], level: float = LEVEL) -> Interval:
    """Bound the difference of two independent proportions, each given as successes and number of items.

    Source:
        Newcombe (1998), Interval estimation for the difference between independent proportions, Statistics in
        Medicine 17, method 10.
    """
    (low_a, high_a), (low_b, high_b) = wilson(*a, level), wilson(*b, level)
    share_a, share_b = a[0] / a[1], b[0] / b[1]
    gap = share_a - share_b
    return gap - math.hypot(share_a - low_a, high_b - share_b), gap + math.hypot(high_a - share_a, share_b - low_b)


def mcnemar(a: str, b: str, level: float = LEVEL) -> Interval:
    """Bound the difference in accuracy of two runs on the same test items.

    Only items that exactly one of them gets right tell them apart: the share won by *a* has its exact binomial
    interval, so the result leaves out zero exactly when McNemar's exact test rejects at that level.  How many such
    items there are is itself uncertain and widens the interval, so two runs that agree on 50 items are not thereby
    equal.

    Args:
        a: Correctness per item as `0` and `1`.
        b: The same of the other run, same items in the same order.
        level: Coverage of the interval.

    Source:
        McNemar (1947), Note on the sampling error of the difference between correlated proportions, Psychometrika
        12; Clopper & Pearson (1934), Biometrika 26.
    """
    wins = sum(x == "1" and y == "0" for x, y in zip(a, b, strict=True))
    losses = sum(x == "0" and y == "1" for x, y in zip(a, b, strict=True))
    few, many = wilson(wins + losses, len(a), level)
    least, most = clopper_pearson(wins, wins + losses, level)
    return min((2 * least - 1) * few, (2 * least - 1) * many), max((2 * most - 1) * few, (2 * most - 1) * many)


def clopper_pearson(successes: int, n: int, level: float = LEVEL) -> Interval:
    """Bound a proportion exactly, by the binomial distribution itself.

    Source:
        Clopper & Pearson (1934), The use of confidence or fiducial limits, Biometrika 26.
    """
    alpha = 1 - level
    low = 0.0 if successes == 0 else _beta_quantile(alpha / 2, successes, n - successes + 1)
    high = 1.0 if successes == n else _beta_quantile(1 - alpha / 2, successes + 1, n - successes)
    return low, high


@lru_cache(maxsize=256)
def item_error(a: tuple[str, ...], b: tuple[str, ...] = ()) -> float:
    """Calculate the standard error that the choice of test items puts on a mean accuracy over seeds.

    Args:
        a: Per seed, correctness per item as `0` and `1`.
        b: The same of a second run on the same items; then the error is that of the difference of both.

    Returns:
        Standard deviation over items of their mean correctness (or its difference), over the root of their number.

    Source:
        Miller (2024), Adding error bars to evals, arXiv:2411.00640.
    """
    shares = _item_means(a)
    if b:
        shares = tuple(x - y for x, y in zip(shares, _item_means(b), strict=True))
    return corrected_error(shares) if len(shares) > 1 else math.inf


def benjamini_hochberg(ps: Sequence[float], rate: float = 0.05) -> list[bool]:
    """Tell which of many tests hold when at most a share of *rate* of those that do may be false.

    Source:
        Benjamini & Hochberg (1995), Controlling the false discovery rate, JRSS B 57.
    """
    ordered = sorted(ps)
    passing = [p for rank, p in enumerate(ordered, start=1) if p <= rate * rank / len(ps)]
    return [p <= max(passing, default=-1.0) for p in ps]


def smallest_alpha(decided: Callable[[float], bool]) -> float:
    """Find the smallest significance level at which something is decided; 1 where it never is.

    Args:
        decided: Takes a level between 0 and 1; once it is true it stays so for every larger one.
    """
    low, high = -12.0, 0.0
    if not decided(1 - 1e-9):
        return 1.0
    if decided(10**low):
        return 10**low
    while high - low > 1e-4:
        middle = (low + high) / 2
        low, high = (low, middle) if decided(10**middle) else (middle, high)
    return float(10**high)


def decimals(half_width: float | None) -> int:
    """Count the decimals a mean is printed with: as many as its interval supports.

    One significant digit of the half-width, two where it leads with 1, so ``0.942 ± 0.011`` and ``0.94 ± 0.03``.
    Three where there is no interval.
    """
    if not half_width or not math.isfinite(half_width):
        return 3
    digits, exponent = f"{half_width:.1e}".split("e")
    return max(0, (1 if digits[0] == "1" else 0) - int(exponent))


def clip(interval: Interval, bounds: Interval | None) -> Interval:
    """End an interval where its metric ends, which may make it asymmetric."""
    if bounds is None:
        return interval
    return max(interval[0], bounds[0]), min(interval[1], bounds[1])


def normal_quantile(p: float) -> float:
    """Return the value that a standard normal variable stays below with probability *p*."""
    return NormalDist().inv_cdf(p)


def student_tail(t: float, freedom: float) -> float:
    """Return the probability that Student's t exceeds *t* in absolute value.

    Source:
        Student (1908), The probable error of a mean, Biometrika 6(1); by the incomplete beta function.
    """
    return _beta(freedom / 2, 0.5, freedom / (freedom + t * t), t * t / (freedom + t * t))


@lru_cache(maxsize=4096)
def student_quantile(level: float, freedom: float) -> float:
    """Return the t that Student's t stays within, in absolute value, with probability *level*.

    Args:
        level: Between 0 and 1; 0.95 with 4 degrees of freedom gives 2.776.
        freedom: Degrees of freedom, above 0, not necessarily whole.
    """
    if level <= 0:
        return 0.0
    z = normal_quantile(0.5 + level / 2)
    if freedom > 1e5:
        # The next term of this expansion is below 1e-9; Abramowitz & Stegun (1964), 26.7.5.
        return z + (z**3 + z) / (4 * freedom)
    alpha = 1 - level
    # Student's tails are the heavier ones, so the normal quantile is a lower bound.
    low = z
    high = max(1.0, 2 * low)
    while student_tail(high, freedom) > alpha:
        low, high = high, 2 * high
    scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    t = low
    for _ in range(200):
        gap = student_tail(t, freedom) - alpha
        low, high = (t, high) if gap > 0 else (low, t)
        density = 2 * math.exp(scale - (freedom + 1) / 2 * math.log1p(t * t / freedom))
        step = t + gap / density if density else math.inf
        following = step if low < step < high else (low + high) / 2
        if abs(following - t) <= 1e-13 * max(1.0, t):
            return following
        t = following
    return t


def _rule(samples: Sequence[Sample], plain: Kind) -> tuple[Kind, str, str]:
    """Name the rule, its label and its doubt, from what the seeds of one or two runs vary."""
    if not all(sample.varies for sample in samples):
        return plain, say("over-unspecified"), say("unsaid")
    fixed = [sample for sample in samples if _one_test_set(sample)]
    if fixed:
        if all(len({len(mask) for mask in sample.correct}) == 1 for sample in fixed):
            return "t+items", say("over-items"), ""
        return plain, say("over-one-set"), say("one-test-set")
    split = [sample for sample in samples if "data" not in sample.varies]
    if split and not all(sample.n_test and sample.n_train for sample in split):
        return plain, say("over-splits-unknown"), say("sizes-unknown")
    if split:
        return "nadeau-bengio", say("over-splits"), ""
    return plain, say("over-data"), ""


def _one_test_set(sample: Sample) -> bool:
    return not sample.varies & {"data", "split"}


def _ratio(sample: Sample) -> float:
    """Return test over training items where seeds only split one data set anew and both are known, else 0."""
    resplit = "split" in sample.varies and "data" not in sample.varies
    return sample.n_test / sample.n_train if resplit and sample.n_train else 0.0


def _around(
    mean: float, error: float, freedom: float, items_error: float = 0.0, bounds: Interval | None = None
) -> Callable[[float], Interval]:
    """Build an interval around a mean from its standard error over seeds and, on one test set, over test items."""

    def interval(level: float) -> Interval:
        # Both arms add as a right triangle's: the larger of the two alone decided falsely in up to 11 % of cases
        # where both matter alike (simulated in tests/test_false_decisions.py), and this one never above 5 %.
        arm = math.hypot(student_quantile(level, freedom) * error, normal_quantile(0.5 + level / 2) * items_error)
        return clip((mean - arm, mean + arm), bounds)

    return interval


def _compare_deterministic(a: Sample, b: Sample, mean: float, n: int) -> Evidence:
    doubt = "" if a.varies and b.varies else say("unsaid")
    if not (a.correct and b.correct):
        return Evidence(mean, n, "deterministic", say("deterministic"), doubt or say("no-items"))
    first, second = a.correct[0], b.correct[0]
    label = say("deterministic-items")
    if _share_items(a, b):
        return Evidence(mean, n, "mcnemar", label, doubt, lambda level: mcnemar(first, second, level))
    shares = (first.count("1"), len(first)), (second.count("1"), len(second))
    return Evidence(mean, n, "newcombe", label, doubt, lambda level: newcombe(*shares, level))


def _share_items(a: Sample, b: Sample) -> bool:
    """Tell whether the first masks of two runs speak of the same items: one data source, chosen alike, as many."""
    alike = (_one_test_set(a) and _one_test_set(b)) or (a.varies == b.varies and a.seeds[0] == b.seeds[0])
    return bool(a.data) and a.data == b.data and alike and len(a.correct[0]) == len(b.correct[0])


def _bounds(a: Sample, b: Sample) -> Interval | None:
    if a.metric.range is None or b.metric.range is None:
        return None
    return a.metric.range[0] - b.metric.range[1], a.metric.range[1] - b.metric.range[0]


def _mean(values: Sequence[float]) -> float:
    if not values:
        raise ValueError("no values")
    # The mean of equal values is that value, without the rounding of a sum.
    return values[0] if min(values) == max(values) else fmean(values)


@lru_cache(maxsize=256)
def _item_means(correct: tuple[str, ...]) -> tuple[float, ...]:
    """Average correctness over seeds, item by item; masks of different lengths do not share a test set."""
    return tuple(sum(mark == "1" for mark in marks) / len(correct) for marks in zip(*correct, strict=True))


def _beta(a: float, b: float, x: float, y: float) -> float:
    """Calculate the regularised incomplete beta function I_x(a, b), where ``y = 1 - x`` without its cancellation.

    Source:
        Abramowitz & Stegun (1964), 26.5.8, its continued fraction evaluated after Lentz (1976).
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    # The fraction converges fast only on this side of the mean.
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(b, a, y, x)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log(y)
    tiny = 1e-300
    fraction = c = 1.0
    d = 0.0
    for step in range(1, 10_000):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / ((1 + term * d) or tiny)
        c = (1 + term / c) or tiny
        fraction *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return math.exp(scale) / (a * fraction)


def _beta_quantile(p: float, a: float, b: float) -> float:
    low, high = 0.0, 1.0
    while high - low > 1e-14:
        middle = (low + high) / 2
        low, high = (middle, high) if _beta(a, b, middle, 1 - middle) < p else (low, middle)
    return (low + high) / 2

"""False decisions: where two runs are equally good, a check must not say otherwise more often than it promises.

Each test draws many worlds in which the true means are equal, judges `a.acc > b.acc` in each, and counts how often the
answer is *pass* or *fail*.  The promise is 5 %; the counts may exceed it only by what drawing so few worlds explains.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from mkdocs_dlplugin.checks import judge
from mkdocs_dlplugin.expressions import parse_check
from mkdocs_dlplugin.model import Metric, Sample, Where
from mkdocs_dlplugin.stats import corrected_error, difference, student_quantile

PROMISED = 0.05
ACC = Metric("acc")
ITEMS = 1000


def rate(worlds: int, decides: Callable[[], bool]) -> float:
    return sum(decides() for _ in range(worlds)) / worlds


def at_most(promised: float, worlds: int) -> float:
    """The rate that a true rate of *promised* exceeds once in a thousand times."""
    return promised + 3.1 * math.sqrt(promised * (1 - promised) / worlds)


def falsely_decided(a: Sample, b: Sample) -> bool:
    found = difference(a, b)
    assert not found.doubt
    return not found.low <= 0 <= found.high


def naively_decided(gaps: np.ndarray) -> bool:
    return abs(gaps.mean()) > student_quantile(0.95, len(gaps) - 1) * corrected_error(gaps.tolist())


def sample(values: np.ndarray, varies: str, **more) -> Sample:
    return Sample("a", ACC, tuple(range(len(values))), tuple(values.tolist()), frozenset(varies.split()), **more)


@pytest.mark.parametrize("data", ["drawn", ""], ids=["paired", "welch"])
@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_fresh_data_per_seed_decide_falsely_as_rarely_as_promised(seeds, data):
    rng, worlds = np.random.default_rng(seeds), 1000

    def decides() -> bool:
        # Both runs meet the same data, easy for both or hard for both, and one of them is less steady.
        luck = rng.normal(0, 0.01, seeds)
        a = sample(0.9 + luck + rng.normal(0, 0.01, seeds), "data init", data=data)
        b = sample(0.9 + luck + rng.normal(0, 0.02, seeds), "data init", data=data)
        return falsely_decided(a, b)

    assert rate(worlds, decides) <= at_most(PROMISED, worlds)


def test_a_judged_check_keeps_the_promise_with_its_tie_margin():
    rng, worlds = np.random.default_rng(1), 300
    check, metric = parse_check("a.acc > b.acc", Where("p.md")), Metric("acc", tie=0.02)

    def outcome() -> str:
        runs = {
            name: Sample(name, metric, tuple(range(5)), tuple(rng.normal(0.9, 0.02, 5)), frozenset({"data"}))
            for name in "ab"
        }
        return judge(check, lambda ref: runs[ref.run], Where("p.md")).outcome

    said = [outcome() for _ in range(worlds)]

    assert (said.count("pass") + said.count("fail")) / worlds <= at_most(PROMISED, worlds)
    assert "undecided" in said


@pytest.mark.parametrize("data", ["set", ""], ids=["paired", "welch"])
@pytest.mark.parametrize("seeds", [5, 10])
def test_repeated_splits_of_one_data_set_keep_the_promise_by_their_correction(seeds, data):
    """Nearest-mean classifiers see one half of the features each; the halves are alike, so neither is better."""
    rng, worlds, n, n_test = np.random.default_rng(seeds), 400, 100, 20
    naive = 0

    def decides() -> bool:
        nonlocal naive
        labels = rng.integers(0, 2, n) * 2 - 1
        features = rng.normal(size=(n, 8)) + 0.4 * labels[:, None]
        order = rng.permuted(np.tile(np.arange(n), (seeds, 1)), axis=1)
        test, train = order[:, :n_test], order[:, n_test:]
        # The mean of features times labels is half the distance between the class means.
        direction = (features * labels[:, None])[train].mean(axis=1)
        votes = features[test] * direction[:, None, :]
        right = [(votes[..., half].sum(axis=-1) * labels[test] > 0).mean(axis=1) for half in (slice(4), slice(4, 8))]
        naive += naively_decided(right[0] - right[1])
        return falsely_decided(*(sample(r, "split", data=data, n_train=n - n_test, n_test=n_test) for r in right))

    found = rate(worlds, decides)

    assert found <= at_most(PROMISED, worlds)
    assert naive / worlds > 0.1


def shared_test_set(rng: np.random.Generator, seeds: int, own: float, steadiness: float) -> list[np.ndarray]:
    """Draw which test items two equally good runs get right, shape ``(seeds, items)`` each.

    Args:
        rng: Where chance comes from.
        seeds: Seeds per run.
        own: How much the items a run finds hard are its own, in logits; seeds of a run share them.
        steadiness: How much a whole seed is better or worse than another, in logits.
    """
    common = rng.normal(2, 2, ITEMS)
    logits = [common + rng.normal(0, own, ITEMS) + rng.normal(0, steadiness, (seeds, 1)) for _ in range(2)]
    return [rng.random((seeds, ITEMS)) < 1 / (1 + np.exp(-logit)) for logit in logits]


@pytest.mark.parametrize(
    ("own", "steadiness"), [(2, 0), (2, 0.2), (3, 0.3), (1, 0.3)], ids=["items", "both", "both, more", "seeds"]
)
@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_one_shared_test_set_keeps_the_promise_by_its_items(seeds, own, steadiness):
    rng, worlds = np.random.default_rng(seeds), 300
    naive = larger = 0

    def decides() -> bool:
        nonlocal naive, larger
        right = shared_test_set(rng, seeds, own, steadiness)
        gaps, items = right[0].mean(1) - right[1].mean(1), right[0].mean(0) - right[1].mean(0)
        naive += naively_decided(gaps)
        larger += naively_decided(gaps) and abs(gaps.mean()) > 1.96 * items.std(ddof=1) / math.sqrt(ITEMS)
        # Read as bytes, a row of 0 and 1 becomes a mask sixty times faster than item by item.
        masks = [tuple((row.astype(np.uint8) + 48).tobytes().decode() for row in r) for r in right]
        pair = [sample(r.mean(1), "order init", data="set", correct=m) for r, m in zip(right, masks, strict=True)]
        return falsely_decided(*pair)

    found = rate(worlds, decides)

    assert found <= at_most(PROMISED, worlds)
    if steadiness == 0:
        # What the rule prevents: seeds alone know nothing of the choice of items, and the more of them, the worse.
        assert naive / worlds > {3: 0.08, 5: 0.14, 10: 0.3}[seeds]
    if (own, seeds) == (3, 10):
        # Nor is the larger of both half-widths enough where seeds and items matter alike.
        assert larger / worlds > 0.07

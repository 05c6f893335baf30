"""Anomalies: find payments whose values are all ordinary but do not belong together, mostly without being told which.

Try one detector at the terminal: `python -m examples.anomaly autoencoder`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.metrics import average_precision_score, roc_auc_score

from examples.recorder import PlainRun, Run

Score = Callable[[np.ndarray], np.ndarray]
"""Turns rows, shape `(n, columns)`, into how odd each is, shape `(n,)`; only the order counts."""

N_TRAIN = 4000
"""Payments to learn from."""
N_TEST = 4000
"""Payments to be tested on."""
FRAUDS_TRAIN = 0.01
"""Share of frauds among the payments to learn from; nobody says which they are."""
FRAUDS_TEST = 0.03
"""Share of frauds among those to be tested on."""
COLUMNS = 16
"""Values known of each payment."""
HABITS = 3
"""Hidden habits behind them."""
BROKEN = 5
"""Values of a fraud that come from somebody else."""
STEPS = 600
"""Updates of each network."""


# --8<-- [start:payments]
def habits(n: int, chance: np.random.Generator, world: int) -> np.ndarray:
    """Draw payments of people with three hidden habits, say how late, how much and how far from home they buy.

    All 16 values follow from the habits by a curved rule, the same for everybody in a world, plus a little noise.

    Args:
        n: How many.
        chance: Decides the payments.
        world: Decides the rule.

    Returns:
        Shape `(n, 16)`.
    """
    rule = np.random.default_rng([world, 7])
    directions, second = rule.normal(size=(HABITS, COLUMNS)), rule.normal(size=(HABITS, COLUMNS))
    habit = chance.normal(size=(n, HABITS))
    curved = np.tanh(habit @ directions) + 0.6 * np.sin(habit @ second)
    return np.asarray(curved + 0.12 * chance.normal(size=(n, COLUMNS)))


def payments(n: int, share: float, chance: np.random.Generator, world: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw payments of which some are frauds.

    In a fraud five of the values are those of another person.  Each of them is ordinary by itself; together they cannot
    be.

    Returns:
        Values, shape `(n, 16)`, and 1 for a fraud, 0 for none, shape `(n,)`.
    """
    x, y = habits(n, chance, world), np.zeros(n, int)
    frauds = chance.choice(n, round(n * share), replace=False)
    others = habits(len(frauds), chance, world)
    for row, other in zip(frauds, others, strict=True):
        stolen = chance.choice(COLUMNS, BROKEN, replace=False)
        x[row, stolen] = other[stolen]
    y[frauds] = 1
    return x, y


# --8<-- [end:payments]


# --8<-- [start:data]
@dataclass(frozen=True)
class Watch:
    """What a detector sees, and what it is judged by."""

    x_train: np.ndarray
    """Columns with mean 0 and spread 1, shape `(n, columns)`."""
    y_train: np.ndarray
    """1 for odd; only the detectors with labels look at it."""
    x_test: np.ndarray
    y_test: np.ndarray
    inner: int
    """How few values a row is pressed into, by those that press."""


def load(table: str, seed: int, n: int = N_TRAIN, n_test: int = N_TEST) -> Watch:
    """Draw payments anew, or split the digits anew and let the digit of the seed be unknown.

    Args:
        table: `payments` or `digits`.
        seed: For digits, it also says which digit no detector has seen: its last figure.
        n: Payments to learn from.
        n_test: Payments to be tested on.
    """
    one, other = np.random.default_rng([seed, 8]).spawn(2)
    if table == "payments":
        x, y = payments(n, FRAUDS_TRAIN, one, seed)
        x_test, y_test = payments(n_test, FRAUDS_TEST, other, seed)
        middle, spread, inner = x.mean(0), x.std(0), HABITS
    else:
        pixels, digit = load_digits(return_X_y=True)
        odd, order = digit == seed % 10, one.permutation(len(digit))
        known = order[~odd[order]]
        train, test = known[:1100], np.concatenate([known[1100:], order[odd[order]]])
        x, y, x_test, y_test = pixels[train], np.zeros(1100, int), pixels[test], odd[test].astype(int)
        # Pixels share one scale; a pixel that is nearly always empty must not be blown up.
        middle, spread, inner = x.mean(0), x.std(), 12
    return Watch((x - middle) / spread, y, (x_test - middle) / spread, y_test, inner)


# --8<-- [end:data]


# --8<-- [start:classical]
def isolation(watch: Watch, seed: int) -> Score:
    """Cut at random until a row stands alone: odd ones do so early (isolation forest).

    Source:
        Liu, Ting and Zhou (2008), Isolation forest, ICDM.
    """
    from sklearn.ensemble import IsolationForest  # noqa: PLC0415 - a run loads only what it trains

    model = IsolationForest(n_estimators=100, random_state=seed).fit(watch.x_train)
    return lambda x: -model.score_samples(x)


def flat(watch: Watch, seed: int) -> Score:
    """Press rows onto a flat surface and measure how far off it they lie (principal component analysis)."""
    from sklearn.decomposition import PCA  # noqa: PLC0415

    model = PCA(watch.inner, random_state=seed).fit(watch.x_train)
    return lambda x: ((x - model.inverse_transform(model.transform(x))) ** 2).sum(1)


def neighbours(watch: Watch, seed: int) -> Score:  # noqa: ARG001 - nothing is left to chance
    """Measure how far the tenth nearest known row is."""
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415

    model = NearestNeighbors(n_neighbors=10).fit(watch.x_train)
    return lambda x: model.kneighbors(x)[0][:, -1]


def local(watch: Watch, seed: int) -> Score:  # noqa: ARG001
    """Compare how lonely a row is with how lonely its neighbours are (local outlier factor).

    Source:
        Breunig, Kriegel, Ng and Sander (2000), LOF: identifying density-based local outliers, SIGMOD.
    """
    from sklearn.neighbors import LocalOutlierFactor  # noqa: PLC0415

    model = LocalOutlierFactor(n_neighbors=20, novelty=True).fit(watch.x_train)
    return lambda x: -model.score_samples(x)


# --8<-- [end:classical]


# --8<-- [start:autoencoder]
def autoencoder(watch: Watch, seed: int) -> Score:
    """Train a network to repeat its input through a narrow middle; what it cannot repeat is odd."""
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    from examples import training  # noqa: PLC0415

    torch.manual_seed(seed)
    columns = watch.x_train.shape[1]
    net = nn.Sequential(
        nn.Linear(columns, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, watch.inner),
        nn.Linear(watch.inner, 32), nn.ReLU(), nn.Linear(32, 64), nn.ReLU(), nn.Linear(64, columns),
    )  # fmt: skip
    x, _ = training.tensors(watch.x_train, watch.y_train)
    training.fit(net, x, x, seed=seed, steps=STEPS, batch=200, learning_rate=0.01, loss=nn.functional.mse_loss)

    def odd(rows: np.ndarray) -> np.ndarray:
        x = torch.as_tensor(rows, dtype=torch.float32)
        return np.asarray(((training.scores(net, x) - x) ** 2).sum(1))

    return odd


# --8<-- [end:autoencoder]


# --8<-- [start:told]
def told_boosting(watch: Watch, seed: int) -> Score:
    """Learn from payments of which each is known to be a fraud or none: boosted trees."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    model = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, early_stopping=False, random_state=seed)
    model.fit(watch.x_train, watch.y_train)
    return lambda x: model.predict_proba(x)[:, 1]


def told_network(watch: Watch, seed: int) -> Score:
    """Learn from the same labels with a network of two hidden layers."""
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    from examples import training  # noqa: PLC0415

    torch.manual_seed(seed)
    columns = watch.x_train.shape[1]
    net = nn.Sequential(nn.Linear(columns, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    x, y = training.tensors(watch.x_train, watch.y_train)
    training.fit(net, x, y, seed=seed, steps=STEPS, batch=200, learning_rate=0.003, weight_decay=0.1)
    return lambda rows: np.asarray(training.scores(net, torch.as_tensor(rows, dtype=torch.float32)).softmax(1)[:, 1])


# --8<-- [end:told]

DETECTORS: dict[str, Callable[[Watch, int], Score]] = {
    "isolation": isolation,
    "flat": flat,
    "neighbours": neighbours,
    "local": local,
    "autoencoder": autoencoder,
    "told-boosting": told_boosting,
    "told-network": told_network,
}
"""All detectors; the last two are told which payments were frauds."""


# --8<-- [start:detect]
def detect(run: Run, name: str, table: str = "payments") -> None:
    """Let a detector learn, and judge its order of the test rows once.

    Records ``auc``, how often an odd row is ranked above an ordinary one, and ``average_precision``, how pure the top
    of the list is; ``train_auc`` says the same of the rows it learnt from, where some of them are odd.
    """
    watch = load(table, run.seed, run.config.get("n", N_TRAIN), run.config.get("n_test", N_TEST))
    with run.timer("train_s"):
        score = DETECTORS[name](watch, run.seed)
    said = score(watch.x_test)
    run.summary["auc"] = float(roc_auc_score(watch.y_test, said))
    run.summary["average_precision"] = float(average_precision_score(watch.y_test, said))
    if watch.y_train.any():
        run.summary["train_auc"] = float(roc_auc_score(watch.y_train, score(watch.x_train)))
    run.summary["n_train"] = len(watch.x_train)
    run.summary["n_test"] = len(watch.x_test)
    run.summary["n_frauds"] = int(watch.y_train.sum())
    run.summary["share_odd"] = float(watch.y_test.mean())


# --8<-- [end:detect]


def spread(run: Run) -> Any:
    """Say how ordinary each value of a fraud is by itself: count values beyond all but 1 % of honest ones."""
    watch = load("payments", run.seed)
    honest = watch.x_train[watch.y_train == 0]
    low, high = np.quantile(honest, [0.005, 0.995], axis=0)
    outside = (watch.x_test < low) | (watch.x_test > high)
    run.summary["outside_fraud"] = float(outside[watch.y_test == 1].mean())
    run.summary["outside_honest"] = float(outside[watch.y_test == 0].mean())
    run.summary["n_columns"] = watch.x_train.shape[1]


def main() -> None:
    """Run one detector on the payments at the terminal and print what was measured."""
    parser = argparse.ArgumentParser(description="Run one detector on payments and print what was measured.")
    parser.add_argument("detector", choices=sorted(DETECTORS))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    run = PlainRun(seed=given.seed)
    detect(run, given.detector)
    run.tell()


if __name__ == "__main__":
    main()

"""Hybrid: let a convolutional network see and a classical model decide."""

from __future__ import annotations

from typing import Any, BinaryIO

from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from examples.contest import N_TEST
from examples.probes import restore, stages
from examples.recorder import Run
from examples.shapes import load

N_VALID = 500
"""Pictures on which the classical half's settings are chosen."""

# --8<-- [start:heads]
HEADS: dict[str, tuple[dict[str, Any], ...]] = {
    "logreg": tuple({"C": c} for c in (0.003, 0.03, 0.3)),
    "svm": tuple({"C": c} for c in (0.3, 3.0, 30.0)),
    "forest": tuple({"min_samples_leaf": leaf} for leaf in (1, 3, 9)),
}
"""What may decide in the network's place, with three settings to choose from for each."""


def head(name: str, settings: dict[str, Any], seed: int) -> Any:
    """Make an untrained decider."""
    if name == "logreg":
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, **settings))
    if name == "svm":
        return make_pipeline(StandardScaler(), SVC(**settings))
    return RandomForestClassifier(100, random_state=seed, **settings)


# --8<-- [end:heads]


# --8<-- [start:join]
def join(run: Run, weights: BinaryIO) -> None:
    """Take a trained network's last answers, one per filter, as features of a classical model, and record how it does.

    Network and model learn from the same pictures; three settings of the model are compared on validation pictures
    that neither learned from.

    Args:
        run: Its parameters say `n`, the number of training pictures, and `head`, the classical model.
        weights: What the run that trained the network on these pictures kept.
    """
    data = load(run.seed, run.config["n"], run.config.get("n_test", N_TEST), run.config.get("n_valid", N_VALID))
    network = restore(weights, run.seed)
    train, valid, test = (stages(network, part.x)["strongest"] for part in (data.train, data.valid, data.test))
    name = run.config["head"]
    with run.timer("train_s"):
        tried = [head(name, settings, run.seed).fit(train, data.train.y) for settings in HEADS[name]]
        best = max(tried, key=lambda model: model.score(valid, data.valid.y))
    run.summary["test_acc"] = float(best.score(test, data.test.y))
    run.summary["train_acc"] = float(best.score(train, data.train.y))
    run.summary["n_features"] = train.shape[1]
    run.summary["n_train"], run.summary["n_test"] = len(train), len(test)


# --8<-- [end:join]

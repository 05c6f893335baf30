"""Clusters: sort digits into ten groups without being told what any of them shows; then with a few labels.

Two experiments on the same 1,797 digits: what grouping finds without labels, and what unlabelled digits are worth to
somebody who has a few labelled ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from examples import digits
from examples.recorder import Run

CODE_STEPS = 500
"""Updates of the network that learns a code."""
STEPS = 200
"""Updates of every network that learns from labels."""
PARTS = 5
"""Disjoint parts of the digits, one for each seed of the experiment with few labels."""
MOST = 20
"""Labelled digits of each class that a part has at most."""


# --8<-- [start:code]
def learn_code(x: np.ndarray, *, seed: int, steps: int = CODE_STEPS) -> Callable[[np.ndarray], np.ndarray]:
    """Train an autoencoder: a network that must copy each digit through ten numbers, and so learns to sum it up.

    Args:
        x: Pixels, shape `(n, 64)`; no labels.
        seed: Decides first weights and order.
        steps: Updates of the weights.

    Returns:
        A function that turns pixels into codes of unit spread, shape `(n, 10)`.
    """
    import torch  # noqa: PLC0415 - only this way of learning needs it
    from torch import nn  # noqa: PLC0415

    from examples.training import fit, scores, tensors  # noqa: PLC0415

    torch.manual_seed(seed)
    encoder = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    decoder = nn.Sequential(nn.Linear(10, 128), nn.ReLU(), nn.Linear(128, 64))
    images, copies = tensors(x, x)
    loss = nn.functional.mse_loss
    fit(nn.Sequential(encoder, decoder), images, copies, seed=seed, steps=steps, learning_rate=0.01, loss=loss)
    spread = scores(encoder, images).std(0)
    return lambda new: (scores(encoder, torch.as_tensor(new, dtype=torch.float32)) / spread).double().numpy()


# --8<-- [end:code]


# --8<-- [start:group]
def group(way: str, x: np.ndarray, *, seed: int) -> np.ndarray:
    """Sort digits into ten groups without labels.

    Args:
        way: `kmeans` looks for ten centres and gives each digit to the nearest; `gmm` for ten clouds of their own
            shape; `ward` joins the two most similar groups until ten are left; `spectral` cuts the web of nearest
            neighbours where it is thinnest.
        x: Digits, shape `(n, values)`.
        seed: Decides where the search begins, if anything does.

    Returns:
        The group of each, 0 to 9, shape `(n,)`.
    """
    from sklearn import cluster, mixture  # noqa: PLC0415

    if way == "gmm":
        return mixture.GaussianMixture(10, random_state=seed, reg_covar=0.01).fit_predict(x)
    found = {
        "kmeans": lambda: cluster.KMeans(10, n_init=4, random_state=seed),
        "ward": lambda: cluster.AgglomerativeClustering(10),
        "spectral": lambda: cluster.SpectralClustering(
            10, affinity="nearest_neighbors", assign_labels="cluster_qr", random_state=seed
        ),
    }
    return found[way]().fit_predict(x)


# --8<-- [end:group]


# --8<-- [start:groups]
def measure_groups(run: Any, way: str, *, seen: str = "pixels") -> None:
    """Group training digits without labels, and see what the groups turn out to be.

    Labels come in only afterwards: each group is named after its commonest digit, and a test digit gets the name of
    the group that its nearest training digit is in.

    Args:
        run: Takes the results.
        way: How to group.
        seen: What is grouped: `pixels`, their ten `components`, the ten numbers of a learnt `code`, or pixels
            `scrambled` between digits, in which there is nothing to find.
    """
    from sklearn.metrics import adjusted_rand_score  # noqa: PLC0415
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415

    data = digits.load(run.seed)
    x, y = np.concatenate([data.x_train, data.x_valid]), np.concatenate([data.y_train, data.y_valid])
    x_test, y_test = data.x_test, data.y_test
    with run.timer("train_s"):
        look = represent(seen, x, seed=run.seed, steps=run.config.get("steps", CODE_STEPS))
        groups = group(way, look(x), seed=run.seed)
    nearest = NearestNeighbors(n_neighbors=1).fit(look(x)).kneighbors(look(x_test), return_distance=False)[:, 0]
    names = np.array([np.bincount(y[groups == g], minlength=10).argmax() for g in range(10)])
    run.summary["test_purity"] = float((names[groups[nearest]] == y_test).mean())
    run.summary["train_purity"] = float((names[groups] == y).mean())
    run.summary["test_ari"] = float(adjusted_rand_score(y_test, groups[nearest]))
    run.summary["n_found"] = len(set(names.tolist()))
    run.summary["n_train"], run.summary["n_test"] = len(x), len(x_test)
    if way == "kmeans" and seen == "pixels" and hasattr(run, "images"):
        order = names.argsort(kind="stable")
        centres = np.array([x[groups == g].mean(axis=0).reshape(8, 8) for g in order])
        run.images("centre", centres, [f"mostly {names[g]}" for g in order])


def represent(seen: str, x: np.ndarray, *, seed: int, steps: int = CODE_STEPS) -> Callable[[np.ndarray], np.ndarray]:
    """Return a function that turns pixels, shape `(n, 64)`, into what is grouped; it learns from *x* alone."""
    if seen == "components":
        from sklearn.decomposition import PCA  # noqa: PLC0415

        return PCA(10, random_state=seed).fit(x).transform
    if seen == "code":
        return learn_code(x, seed=seed, steps=steps)
    if seen == "scrambled":

        def scramble(new: np.ndarray) -> np.ndarray:
            return np.random.default_rng([13, seed, len(new)]).permuted(new, axis=0)

        return scramble
    return lambda new: new


# --8<-- [end:groups]


# --8<-- [start:split]
@dataclass(frozen=True)
class FewLabels:
    """What somebody has who could label only a few digits."""

    x: np.ndarray
    """The labelled digits, shape `(10 k, 64)`, each class equally often."""
    y: np.ndarray
    """What they show, shape `(10 k,)`."""
    x_plain: np.ndarray
    """Digits whose labels nobody looked at, shape `(n, 64)`."""
    x_test: np.ndarray
    y_test: np.ndarray


def load(seed: int, k: int) -> FewLabels:
    """Give each seed a fifth of the digits, labelled and test digits of its own; the other four fifths are unlabelled.

    No labelled and no test digit of one seed is a labelled or test digit of another.

    Args:
        seed: Which fifth; from 5 on the digits are dealt anew.
        k: Labelled digits of each class, at most 20.
    """
    from sklearn.datasets import load_digits  # noqa: PLC0415
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415

    x, y = load_digits(return_X_y=True)
    x = x / 16
    deal = StratifiedKFold(PARTS, shuffle=True, random_state=seed // PARTS)
    mine = list(deal.split(x, y))[seed % PARTS][1]
    mine = np.random.default_rng([13, seed]).permutation(mine)
    may_label = np.concatenate([mine[y[mine] == digit][:MOST] for digit in range(10)])
    labelled = np.concatenate([mine[y[mine] == digit][:k] for digit in range(10)])
    test = np.setdiff1d(mine, may_label)
    plain = np.setdiff1d(np.arange(len(x)), np.concatenate([labelled, test]))
    return FewLabels(x[labelled], y[labelled], x[plain], x[test], y[test])


# --8<-- [end:split]


# --8<-- [start:labels]
def learn_labels(way: str, data: FewLabels, *, seed: int, steps: int, code_steps: int) -> Callable[[Any], np.ndarray]:
    """Learn to name digits from few labels, with or without the unlabelled digits.

    Args:
        way: Labels only: `logreg`, `svm`, `mlp`.  With unlabelled digits: `spread` lets labels seep from neighbour to
            neighbour; `selftrain` and `mlp-selftrain` name unlabelled digits themselves and believe what they are
            sure of; `code` learns ten numbers per digit from all of them, then fits logistic regression to those.
        data: What there is; test digits are not looked at.
        seed: Decides first weights and order.
        steps: Updates of a network that learns from labels.
        code_steps: Updates of the network that learns a code.

    Returns:
        A function that names digits.
    """
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.semi_supervised import LabelSpreading, SelfTrainingClassifier  # noqa: PLC0415
    from sklearn.svm import SVC  # noqa: PLC0415

    everything = np.concatenate([data.x, data.x_plain])
    known = np.concatenate([data.y, np.full(len(data.x_plain), -1)])
    if way.startswith("mlp"):
        sure = None
        names = learn_network(data.x, data.y, seed=seed, steps=steps)
        if way == "mlp-selftrain":
            shares = names(data.x_plain)
            sure = shares.max(axis=1) > 0.9
            x = np.concatenate([data.x, data.x_plain[sure]])
            y = np.concatenate([data.y, shares.argmax(axis=1)[sure]])
            names = learn_network(x, y, seed=seed, steps=steps)
        return lambda new: names(new).argmax(axis=1)
    if way == "code":
        look = learn_code(everything, seed=seed, steps=code_steps)
        head = LogisticRegression(max_iter=1000).fit(look(data.x), data.y)
        return lambda new: head.predict(look(new))
    if way == "spread":
        spread = LabelSpreading(kernel="knn", n_neighbors=7).fit(everything, known)

        def named(new: np.ndarray) -> np.ndarray:
            # A digit none of whose neighbours got a label divides nothing by nothing, and is called a zero.
            with np.errstate(invalid="ignore"):
                return np.asarray(spread.predict(new))

        return named
    if way == "selftrain":
        return SelfTrainingClassifier(LogisticRegression(max_iter=1000), threshold=0.9).fit(everything, known).predict
    model = SVC(C=10) if way == "svm" else LogisticRegression(max_iter=1000)
    return model.fit(data.x, data.y).predict


def learn_network(x: np.ndarray, y: np.ndarray, *, seed: int, steps: int) -> Callable[[np.ndarray], np.ndarray]:
    """Train a network with two hidden layers; returns a function that says how likely each digit is, `(n, 10)`."""
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    from examples.training import fit, scores, tensors  # noqa: PLC0415

    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))
    fit(model, *tensors(x, y), seed=seed, steps=steps, weight_decay=0.01)
    return lambda new: scores(model, torch.as_tensor(new, dtype=torch.float32)).softmax(1).numpy()


# --8<-- [end:labels]


# --8<-- [start:measure]
def measure_labels(run: Run, way: str) -> None:
    """Learn from `k` labels of each digit and name test digits."""
    data = load(run.seed, run.config.get("k", 5))
    steps, code_steps = run.config.get("steps", STEPS), run.config.get("code_steps", CODE_STEPS)
    with run.timer("train_s"):
        names = learn_labels(way, data, seed=run.seed, steps=steps, code_steps=code_steps)
    run.summary["test_acc"] = float((names(data.x_test) == data.y_test).mean())
    run.summary["train_acc"] = float((names(data.x) == data.y).mean())
    run.summary["n_train"], run.summary["n_test"] = len(data.x), len(data.x_test)
    run.summary["n_plain"] = len(data.x_plain)


# --8<-- [end:measure]

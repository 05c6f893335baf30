"""Memory: name the first of so many symbols, when only the last thing read may answer.

A recurrent network must carry the symbol through every step in between; a transformer can look straight back.  Try one
at the terminal: `python -m examples.memory gru 20`.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from examples import training
from examples.chosen import chosen
from examples.recorder import PlainRun, Run
from examples.reviews import Block
from examples.trials import Settings, search

SYMBOLS = 8
"""Different symbols, all equally common, so that chance is one in eight."""
WIDTH = 32
"""Numbers that stand for a symbol, and that a recurrent network remembers."""
N_TRAIN = 4000
"""Sequences to learn from."""
N_TEST = 1000
"""Sequences to be tested on."""
STEPS = 300
"""Updates of the weights, the same for every network and length."""
BATCH = 50
"""Sequences per update."""
SEARCH_SEED = 1000
"""Draws the sequences on which settings are chosen."""
SEARCH_LENGTH = 20
"""Their length; what is found there is used for all lengths."""


# --8<-- [start:data]
def load(seed: int, length: int, n: int = N_TRAIN, n_test: int = N_TEST) -> tuple[np.ndarray, ...]:
    """Draw sequences of symbols; the answer is the first symbol, and all others are there to distract.

    Returns:
        Sequences to learn from, shape `(n, length)`, their answers, shape `(n,)`, and the same for testing.
    """
    chance = np.random.default_rng([seed, length])
    x, x_test = (chance.integers(0, SYMBOLS, (size, length)) for size in (n, n_test))
    return x, x[:, 0], x_test, x_test[:, 0]


# --8<-- [end:data]


# --8<-- [start:networks]
class Reader(nn.Module):  # type: ignore[misc]
    """Reads symbol by symbol, keeps 32 numbers in mind, and answers after the last."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.embed = nn.Embedding(SYMBOLS, WIDTH)
        self.read = {"rnn": nn.RNN, "gru": nn.GRU}[kind](WIDTH, WIDTH, batch_first=True)
        self.decide = nn.Linear(WIDTH, SYMBOLS)

    def think(self, vectors: torch.Tensor) -> torch.Tensor:
        """Turn vectors of symbols, shape `(n, length, WIDTH)`, into scores, shape `(n, SYMBOLS)`."""
        states, _ = self.read(vectors)
        out: torch.Tensor = self.decide(states[:, -1])
        return out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Turn symbols, shape `(n, length)`, into scores, shape `(n, SYMBOLS)`."""
        return self.think(self.embed(x.long()))


class Looker(nn.Module):  # type: ignore[misc]
    """One layer of attention: the last place looks at all places at once and answers."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(SYMBOLS, WIDTH)
        self.place = nn.Parameter(0.1 * torch.randn(length, WIDTH))
        self.block = Block(WIDTH)
        self.decide = nn.Linear(WIDTH, SYMBOLS)

    def think(self, vectors: torch.Tensor) -> torch.Tensor:
        """Turn vectors of symbols, shape `(n, length, WIDTH)`, into scores, shape `(n, SYMBOLS)`."""
        there = torch.ones(vectors.shape[:2], dtype=torch.bool)
        out: torch.Tensor = self.decide(self.block(vectors + self.place, there)[:, -1])
        return out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Turn symbols, shape `(n, length)`, into scores, shape `(n, SYMBOLS)`."""
        return self.think(self.embed(x.long()))


def network(kind: str, length: int, seed: int) -> Reader | Looker:
    """Make an untrained network; the seed decides its first weights."""
    torch.manual_seed(seed)
    return Looker(length) if kind == "transformer" else Reader(kind)


# --8<-- [end:networks]


# --8<-- [start:gradients]
def gradients(model: Reader | Looker, x: torch.Tensor, y: torch.Tensor) -> np.ndarray:
    """Measure how strongly the error at the end depends on what stood at each place, before any training.

    Args:
        model: Asked, not changed.
        x: Sequences, shape `(n, length)`.
        y: Their answers, shape `(n,)`.

    Returns:
        Mean length of the gradient at each place, shape `(length,)`.
    """
    vectors = model.embed(x.long()).detach().requires_grad_()
    nn.functional.cross_entropy(model.think(vectors), y, reduction="sum").backward()
    found: np.ndarray = vectors.grad.norm(dim=2).mean(0).double().numpy()
    return found


# --8<-- [end:gradients]

CANDIDATES: Mapping[str, Sequence[Settings]] = {
    "bag": [{"C": c} for c in (0.1, 1.0, 10.0)],
    **{kind: [{"learning_rate": rate} for rate in (0.003, 0.01, 0.03)] for kind in ("rnn", "gru", "transformer")},
}
"""Three trials for every model, written down beforehand."""


def settings_of(run: Run, kind: str) -> Settings:
    """Look up what the search found best for a model."""
    return chosen(run, "memory-tune", {"model": kind}, CANDIDATES[kind])


def bags(x: np.ndarray) -> np.ndarray:
    """Count each symbol of each sequence, whatever its place; shape `(n, SYMBOLS)`."""
    return np.stack([(x == symbol).sum(1) for symbol in range(SYMBOLS)], axis=1)


def fit_network(kind: str, settings: Settings, x: np.ndarray, y: np.ndarray, seed: int, steps: int) -> nn.Module:
    """Train the network called *kind*."""
    model = network(kind, x.shape[1], seed)
    given, wanted = training.tensors(x, y)
    rate = settings["learning_rate"]
    return training.fit(model, given, wanted, seed=seed, steps=steps, batch=BATCH, learning_rate=rate)


# --8<-- [start:measure]
def measure(run: Run, kind: str) -> None:
    """Train a network on sequences of the run's length; record what it remembers and how far back its error reaches."""
    length = run.config["length"]
    x, y, x_test, y_test = load(run.seed, length, run.config.get("n", N_TRAIN))
    probe, answers = training.tensors(x[:128], y[:128])
    found = gradients(network(kind, length, run.seed), probe, answers)
    powers = np.log10(found / found[-1])
    for place, power in enumerate(powers, 1):
        run.log({"grad": float(power)}, step=place)
    run.summary["grad_first"] = float(powers[0])
    with run.timer("train_s"):
        model = fit_network(kind, settings_of(run, kind), x, y, run.seed, run.config.get("steps", STEPS))
    given, wanted = training.tensors(x_test, y_test)
    correct = training.scores(model, given).argmax(1) == wanted
    run.summary["test_acc"] = float(correct.double().mean())
    # If all seeds agree, the test sequences alone say how sure the number is.
    run.correct(correct.tolist())
    run.summary["train_acc"] = training.accuracy(model, *training.tensors(x, y))
    run.summary["n_params"] = training.count(model)
    run.summary["n_train"], run.summary["n_test"] = len(x), len(x_test)


# --8<-- [end:measure]


def train_rnn(run: Run) -> None:
    """Measure the plain recurrent network."""
    measure(run, "rnn")


def train_gru(run: Run) -> None:
    """Measure the recurrent network with gates."""
    measure(run, "gru")


def train_transformer(run: Run) -> None:
    """Measure the transformer."""
    measure(run, "transformer")


def train_bag(run: Run) -> None:
    """Measure logistic regression that sees how often each symbol occurs: the control without order."""
    x, y, x_test, y_test = load(run.seed, run.config["length"], run.config.get("n", N_TRAIN))
    with run.timer("train_s"):
        model = LogisticRegression(C=settings_of(run, "bag")["C"], max_iter=1000).fit(bags(x), y)
    run.summary["test_acc"] = float(model.score(bags(x_test), y_test))
    run.summary["train_acc"] = float(model.score(bags(x), y))
    run.summary["n_params"] = int(model.coef_.size + model.intercept_.size)
    run.summary["n_train"], run.summary["n_test"] = len(x), len(x_test)


# --8<-- [start:tune]
def tune(run: Run) -> None:
    """Choose the settings of the model named in the run's parameters, on sequences of their own."""
    kind = run.config["model"]
    length = run.config.get("length", SEARCH_LENGTH)
    x, y, x_held, y_held = load(SEARCH_SEED + run.seed, length, run.config.get("n", N_TRAIN))

    def score(settings: Settings) -> float:
        if kind == "bag":
            model = LogisticRegression(C=settings["C"], max_iter=1000).fit(bags(x), y)
            return float(model.score(bags(x_held), y_held))
        trained = fit_network(kind, settings, x, y, run.seed, run.config.get("steps", STEPS))
        return training.accuracy(trained, *training.tensors(x_held, y_held))

    search(run, CANDIDATES[kind], score)


# --8<-- [end:tune]


def main() -> None:
    """Train one model at the terminal and print what was measured."""
    parser = argparse.ArgumentParser(description="Let a model name the first of so many symbols.")
    parser.add_argument("model", choices=["rnn", "gru", "transformer", "bag"])
    parser.add_argument("length", type=int)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    run = PlainRun(seed=given.seed, config={"length": given.length})
    {"rnn": train_rnn, "gru": train_gru, "transformer": train_transformer, "bag": train_bag}[given.model](run)
    run.tell()


if __name__ == "__main__":
    main()

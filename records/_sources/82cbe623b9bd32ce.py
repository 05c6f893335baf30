"""Spam: are words enough?  Generated mails that single words give away, or only pairs of words, learnt by four models.

Try one at the terminal: `python -m examples.spam bayes`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.tree import DecisionTreeClassifier
from torch import nn

from examples import training
from examples.recorder import PlainRun, Run

N_TRAIN = 1500
"""Mails to learn from."""
N_VALID = 500
"""Mails on which each model's setting is chosen."""
N_TEST = 2000
"""Mails to be tested on, used after every choice."""
STEPS = 100
"""Updates of the network's weights."""

# --8<-- [start:mails]
PLAIN = (
    "the", "a", "to", "you", "for", "and", "we", "is", "on", "at", "your", "of", "in", "this", "with", "please",
    "now", "today", "account", "order", "team", "call", "new", "time",
)  # fmt: skip
"""Words that every mail may have."""
HAM = (
    "meeting", "lunch", "report", "family", "photos", "invoice", "train", "tomorrow", "garden", "draft", "thanks",
    "dinner", "project", "notes", "birthday", "score", "library", "doctor", "weekend",
)  # fmt: skip
"""Words of people who know each other."""
SPAM = (
    "winner", "free", "prize", "urgent", "claim", "cash", "bonus", "crypto", "casino", "limited", "offer", "click",
    "password", "verify", "loan", "miracle",
)  # fmt: skip
"""Words of those who want something."""
ASKING, GOODS = SPAM[:8], SPAM[8:]
"""Two halves of the same words, for mails that only a pair gives away."""
ODD = 0.05
"""Share of those mails whose pair says the opposite, so that nobody can always be right."""
VOCABULARY = (*PLAIN, *HAM, *SPAM)


def words(spam: bool, kind: str, chance: np.random.Generator) -> list[str]:
    """Write one mail: eight to nineteen plain words, and those that tell.

    Args:
        spam: Whether it is.
        kind: `keywords`, where one to four words are of its own kind and none or one is of the other; or `pairs`, where
            two words tell, and it is spam if they come from different halves of the spam words, but for the odd one;
            each word by itself is as common in spam as elsewhere.
        chance: Draws everything.
    """
    mail = list(chance.choice(PLAIN, chance.integers(8, 20)))
    if kind == "keywords":
        own, other = (SPAM, HAM) if spam else (HAM, SPAM)
        mail += [*chance.choice(own, chance.integers(1, 5)), *chance.choice(other, chance.integers(0, 2))]
    else:
        first, second = (ASKING, GOODS) if chance.random() < 0.5 else (GOODS, ASKING)
        apart = spam != bool(chance.random() < ODD)
        mail += [chance.choice(first), chance.choice(second if apart else first)]
    chance.shuffle(mail)
    return [str(word) for word in mail]


def count(mails: Sequence[Sequence[str]]) -> np.ndarray:
    """Count how often each word of the vocabulary stands in each mail, shape `(mails, words)`; order is lost."""
    place = {word: i for i, word in enumerate(VOCABULARY)}
    counts = np.zeros((len(mails), len(VOCABULARY)), np.float32)
    for row, mail in zip(counts, mails, strict=True):
        for word in mail:
            row[place[word]] += 1
    return counts


@dataclass(frozen=True)
class Mails:
    """Mails as counts of words, with the truth beside them."""

    x_train: np.ndarray
    """Counts, shape `(n, 58)`."""
    y_train: np.ndarray
    """1 for spam, else 0, shape `(n,)`."""
    x_valid: np.ndarray
    y_valid: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def load(seed: int, kind: str = "keywords", n: int = N_TRAIN) -> Mails:
    """Write fresh mails for learning, for choosing and for testing; half of them are spam, by chance."""
    parts: list[np.ndarray] = []
    chance = np.random.default_rng([seed, len(kind)])
    for size in (n, N_VALID, N_TEST):
        spam = chance.integers(0, 2, size)
        parts += [count([words(bool(one), kind, chance) for one in spam]), spam]
    return Mails(*parts)


# --8<-- [end:mails]


def measure(run: Run, fit: Callable[[Any, Mails], Callable[[np.ndarray], np.ndarray]], settings: Sequence[Any]) -> None:
    """Train with each setting, keep the one that names most validation mails, and count what it gets right.

    Args:
        run: Gets the accuracies.
        fit: Trains with a setting and returns what names mails: counts, shape `(n, words)`, to classes, shape `(n,)`.
        settings: As many as every rival has.
    """
    mails = load(run.seed, run.config.get("mails", "keywords"), run.config.get("n", N_TRAIN))
    tried = [fit(setting, mails) for setting in settings]
    name = max(tried, key=lambda one: float((one(mails.x_valid) == mails.y_valid).mean()))
    run.summary["test_acc"] = float((name(mails.x_test) == mails.y_test).mean())
    run.summary["train_acc"] = float((name(mails.x_train) == mails.y_train).mean())
    run.summary["n_train"], run.summary["n_test"] = len(mails.y_train), len(mails.y_test)
    run.summary["trials"] = len(tried)


# --8<-- [start:bayes]
def train_bayes(run: Run) -> None:
    """Ask of each word how much commoner it is in spam, and add up."""
    measure(run, lambda alpha, m: MultinomialNB(alpha=alpha).fit(m.x_train, m.y_train).predict, [0.1, 1.0, 10.0])


# --8<-- [end:bayes]


# --8<-- [start:logreg]
def train_logreg(run: Run) -> None:
    """Give each word a weight, all chosen together."""

    def fit(strength: float, m: Mails) -> Callable[[np.ndarray], np.ndarray]:
        model = LogisticRegression(C=strength, max_iter=500)
        named: Callable[[np.ndarray], np.ndarray] = model.fit(m.x_train, m.y_train).predict
        return named

    measure(run, fit, [0.1, 1.0, 10.0])


# --8<-- [end:logreg]


# --8<-- [start:tree]
def train_tree(run: Run) -> None:
    """Ask for one word after the other."""

    def fit(leaf: int, m: Mails) -> Callable[[np.ndarray], np.ndarray]:
        model = DecisionTreeClassifier(min_samples_leaf=leaf, random_state=run.seed)
        named: Callable[[np.ndarray], np.ndarray] = model.fit(m.x_train, m.y_train).predict
        return named

    measure(run, fit, [1, 5, 20])


# --8<-- [end:tree]


# --8<-- [start:network]
def network() -> nn.Module:
    """Make a network with two hidden layers of 32 units."""
    return nn.Sequential(
        nn.Linear(len(VOCABULARY), 32), nn.ReLU(),
        nn.Linear(32, 32), nn.ReLU(),
        nn.Linear(32, 2),
    )  # fmt: skip


def train_network(run: Run) -> None:
    """Let hidden units combine words."""

    def fit(decay: float, m: Mails) -> Callable[[np.ndarray], np.ndarray]:
        torch.manual_seed(run.seed)
        model, (x, y) = network(), training.tensors(m.x_train, m.y_train)
        steps = run.config.get("steps", STEPS)
        training.fit(model, x, y, seed=run.seed, steps=steps, learning_rate=0.02, weight_decay=decay)
        return lambda x: training.scores(model, torch.as_tensor(x)).argmax(1).numpy()

    measure(run, fit, [0.0, 0.1, 1.0])


# --8<-- [end:network]


def main() -> None:
    """Train one model on both kinds of mails and print what it gets right."""
    models = {"bayes": train_bayes, "logreg": train_logreg, "tree": train_tree, "network": train_network}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=models)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for kind in ("keywords", "pairs"):
        run = PlainRun(seed=args.seed, config={"mails": kind})
        models[args.model](run)
        print(f"{kind}: {run.summary['test_acc']:.1%}")


if __name__ == "__main__":
    main()

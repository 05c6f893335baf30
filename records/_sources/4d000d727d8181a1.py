"""Reviews: does the order of words matter?  Generated opinions in which "not" and "but" turn the verdict round.

Bags of words, n-grams, a recurrent network and a small transformer say whether a review likes its subject.  Try one at
the terminal: `python -m examples.reviews gru`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from torch import nn

from examples import training
from examples.recorder import PlainRun, Run
from examples.trials import Settings, search

N_TRAIN = 4000
"""Reviews to learn from."""
N_TEST = 1500
"""Reviews to be tested on; none of them occurs among those to learn from."""
STEPS = 300
"""Updates of the weights, the same for every network."""
BATCH = 50
"""Reviews per update."""
SEARCH_SEED = 1000
"""Draws the reviews on which settings are chosen; no measurement uses them."""

# --8<-- [start:grammar]
GOOD = ("good", "great", "fine", "lovely", "superb", "warm", "bright", "solid", "fresh", "clever", "kind", "sweet")
BAD = ("bad", "poor", "dull", "awful", "weak", "cold", "broken", "stale", "rude", "bland", "noisy", "cheap")
THINGS = (
    "film", "soup", "hotel", "phone", "song", "story", "bread", "lamp", "train", "tea",
    "chair", "novel", "play", "salad", "radio", "tent", "clerk", "cake", "game", "coat",
)  # fmt: skip
FILLERS = ("really", "quite", "rather", "very", "just", "somewhat", "truly")
NEGATED = 0.3
"""Share of clauses that say it by a negation."""
TURNED = 0.3
"""Share of reviews that say the opposite first."""
VOCABULARY = ("the", "was", "not", "but", *GOOD, *BAD, *THINGS, *FILLERS)
LONGEST = 2 * (4 + 3 + 1) + 1
"""Words of the longest review: two clauses of up to eight, and "but"."""


def clause(likes: bool, chance: np.random.Generator) -> list[str]:
    """Write one clause, such as "the soup was not really bad"; three in ten say it by a negation.

    Up to three fillers stand between "not" and the word it turns round.
    """
    negated = bool(chance.random() < NEGATED)
    words = GOOD if likes != negated else BAD
    fillers = list(chance.choice(FILLERS, chance.integers(0, 4)))
    return ["the", str(chance.choice(THINGS)), "was", *["not"] * negated, *map(str, fillers), str(chance.choice(words))]


def review(likes: bool, chance: np.random.Generator) -> list[str]:
    """Write a review; in three of ten the opposite comes first, and what counts stands after "but"."""
    if chance.random() >= TURNED:
        return clause(likes, chance)
    return [*clause(not likes, chance), "but", *clause(likes, chance)]


# --8<-- [end:grammar]


@dataclass(frozen=True)
class Reviews:
    """One data set of reviews, as lists of words, and whether each likes its subject (1) or not (0)."""

    train: list[list[str]]
    y_train: np.ndarray
    """Shape `(n_train,)`."""
    test: list[list[str]]
    y_test: np.ndarray


def load(seed: int, n_train: int = N_TRAIN, n_test: int = N_TEST, *, shuffled: bool = False) -> Reviews:
    """Write a data set of its own for each seed.

    Args:
        seed: Decides every word.
        n_train: Reviews to learn from, half of them good.
        n_test: Reviews to be tested on, half of them good, none word for word among those to learn from.
        shuffled: Put the words of each review into a random order: the same words, without their order.
    """
    chance = np.random.default_rng([seed, 9])
    y_train, y_test = (chance.permutation(np.arange(n) % 2) for n in (n_train, n_test))
    train = [review(bool(likes), chance) for likes in y_train]
    known = {tuple(words) for words in train}
    test = []
    for likes in y_test:
        words = review(bool(likes), chance)
        while tuple(words) in known:
            words = review(bool(likes), chance)
        test.append(words)
    if shuffled:
        train, test = ([list(map(str, chance.permutation(words))) for words in part] for part in (train, test))
    return Reviews(train, y_train, test, y_test)


# --8<-- [start:classical]
def pipeline(model: Any, longest: int) -> tuple[Any, Any]:
    """Pair what counts words, or runs of up to *longest* words, with the classical model that gets the counts."""
    counts = CountVectorizer(ngram_range=(1, longest), analyzer="word", tokenizer=str.split, token_pattern=None)
    return counts, model


def naive_bayes(settings: Settings) -> Any:
    """Make naive Bayes on the bag of words: each word votes on its own."""
    return pipeline(MultinomialNB(alpha=settings["alpha"]), 1)


def bow(settings: Settings) -> Any:
    """Make logistic regression on the bag of words: one weight per word, the order is thrown away."""
    return pipeline(LogisticRegression(C=settings["C"], solver="liblinear"), 1)


def bigrams(settings: Settings) -> Any:
    """Make logistic regression on words and pairs of neighbours: "not good" is a feature of its own."""
    return pipeline(LogisticRegression(C=settings["C"], solver="liblinear"), 2)


def fourgrams(settings: Settings) -> Any:
    """Make logistic regression on runs of up to four words."""
    return pipeline(LogisticRegression(C=settings["C"], solver="liblinear"), 4)


# --8<-- [end:classical]


def numbers(reviews: Sequence[Sequence[str]]) -> np.ndarray:
    """Turn words into numbers, 1 for the first of the vocabulary, and fill up with 0; shape `(n, LONGEST)`."""
    place = {word: index for index, word in enumerate(VOCABULARY, 1)}
    out = np.zeros((len(reviews), LONGEST), dtype=np.int64)
    for row, words in zip(out, reviews, strict=True):
        row[: len(words)] = [place[word] for word in words]
    return out


def last(states: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    """Take the state at the last word of each review.

    Args:
        states: Shape `(n, LONGEST, width)`.
        words: Numbers of the words, 0 where there is none, shape `(n, LONGEST)`.

    Returns:
        Shape `(n, width)`.
    """
    return states[torch.arange(len(words)), (words > 0).sum(1) - 1]


# --8<-- [start:mlp]
class BagMlp(nn.Module):  # type: ignore[misc]
    """Averages the vectors of all words, whatever their order, and decides with one hidden layer."""

    def __init__(self, width: int = 32, hidden: int = 64) -> None:
        super().__init__()
        self.bag = nn.EmbeddingBag(len(VOCABULARY) + 1, width, mode="mean", padding_idx=0)
        self.decide = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Turn words, shape `(n, LONGEST)`, into two scores, shape `(n, 2)`."""
        out: torch.Tensor = self.decide(self.bag(x.long()))
        return out


# --8<-- [end:mlp]


# --8<-- [start:gru]
class ReviewGru(nn.Module):  # type: ignore[misc]
    """Reads word by word, keeps a memory of 32 numbers, and answers from what it remembers at the last word."""

    def __init__(self, width: int = 24, hidden: int = 32) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(VOCABULARY) + 1, width)
        self.read = nn.GRU(width, hidden, batch_first=True)
        self.decide = nn.Linear(hidden, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Turn words, shape `(n, LONGEST)`, into two scores, shape `(n, 2)`."""
        words = x.long()
        states, _ = self.read(self.embed(words))
        out: torch.Tensor = self.decide(last(states, words))
        return out


# --8<-- [end:gru]


# --8<-- [start:transformer]
class Block(nn.Module):  # type: ignore[misc]
    """One layer of a transformer: every word looks at every other, then thinks by itself.

    Both steps add to what is there (a residual connection) and work on numbers of mean 0 and spread 1 (layer norm).
    """

    def __init__(self, width: int, heads: int = 2) -> None:
        super().__init__()
        self.heads = heads
        self.norm_look, self.norm_think = nn.LayerNorm(width), nn.LayerNorm(width)
        self.ask, self.offer, self.give, self.join = (nn.Linear(width, width) for _ in range(4))
        self.think = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def split(self, x: torch.Tensor) -> torch.Tensor:
        """Share the numbers of each word among the heads: `(n, words, width)` to `(n, heads, words, width / heads)`."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def attention(self, x: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Say how much each word looks at each other: shares that add up to 1, shape `(n, heads, words, words)`.

        Args:
            x: States of the words, shape `(n, words, width)`.
            there: Which places hold a word, shape `(n, words)`.
        """
        normed = self.norm_look(x)
        match = self.split(self.ask(normed)) @ self.split(self.offer(normed)).transpose(-1, -2)
        scaled = match / (x.shape[-1] / self.heads) ** 0.5
        return scaled.masked_fill(~there[:, None, None, :], float("-inf")).softmax(-1)

    def forward(self, x: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Return the new states of the words, shape `(n, words, width)`."""
        seen = self.attention(x, there) @ self.split(self.give(self.norm_look(x)))
        x = x + self.join(seen.transpose(1, 2).flatten(2))
        out: torch.Tensor = x + self.think(self.norm_think(x))
        return out


class ReviewTransformer(nn.Module):  # type: ignore[misc]
    """Two layers of attention; where a word stands is added to what it is, since attention itself sees no order."""

    def __init__(self, width: int = 32, layers: int = 2) -> None:
        super().__init__()
        self.embed = nn.Embedding(len(VOCABULARY) + 1, width)
        self.place = nn.Parameter(0.02 * torch.randn(LONGEST, width))
        self.blocks = nn.ModuleList(Block(width) for _ in range(layers))
        self.decide = nn.Linear(width, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Turn words, shape `(n, LONGEST)`, into two scores, shape `(n, 2)`."""
        words = x.long()
        states = self.embed(words) + self.place
        for block in self.blocks:
            states = block(states, words > 0)
        out: torch.Tensor = self.decide(last(states, words))
        return out


# --8<-- [end:transformer]

CLASSICAL: Mapping[str, Callable[[Settings], Any]] = {
    "nb": naive_bayes,
    "bow": bow,
    "bigrams": bigrams,
    "fourgrams": fourgrams,
}
NETWORKS: Mapping[str, Callable[[], nn.Module]] = {"mlp": BagMlp, "gru": ReviewGru, "transformer": ReviewTransformer}

CANDIDATES: Mapping[str, Sequence[Settings]] = {
    "nb": [{"alpha": alpha} for alpha in (0.1, 1.0, 10.0)],
    **{name: [{"C": c} for c in (0.1, 1.0, 10.0)] for name in ("bow", "bigrams", "fourgrams")},
    **{name: [{"learning_rate": rate} for rate in (0.003, 0.01, 0.03)] for name in NETWORKS},
}
"""Three trials for every model, written down beforehand."""
# The winners of `tune`, copied here so that a page need not search again for each seed.
SETTINGS: Mapping[str, Settings] = {
    "nb": {"alpha": 0.1},
    "bow": {"C": 10.0},
    "bigrams": {"C": 1.0},
    "fourgrams": {"C": 10.0},
    "mlp": {"learning_rate": 0.03},
    "gru": {"learning_rate": 0.003},
    "transformer": {"learning_rate": 0.003},
}


def fit(name: str, settings: Settings, data: Reviews, seed: int, steps: int = STEPS) -> Any:
    """Train the model called *name* and return it: a counter with a classical model, or a network."""
    if name in CLASSICAL:
        counts, model = CLASSICAL[name](settings)
        return counts, model.fit(counts.fit_transform(map(" ".join, data.train)), data.y_train)
    torch.manual_seed(seed)
    x, y = training.tensors(numbers(data.train), data.y_train)
    rate = settings["learning_rate"]
    return training.fit(NETWORKS[name](), x, y, seed=seed, steps=steps, batch=BATCH, learning_rate=rate)


def right(model: Any, reviews: Sequence[Sequence[str]], y: np.ndarray) -> np.ndarray:
    """Say for each review whether the model judges it rightly, shape `(n,)`."""
    if isinstance(model, nn.Module):
        x, _ = training.tensors(numbers(reviews), y)
        said = training.scores(model, x).argmax(1).numpy()
    else:
        counts, classifier = model
        said = classifier.predict(counts.transform(map(" ".join, reviews)))
    correct: np.ndarray = said == y
    return correct


# --8<-- [start:measure]
def measure(run: Run, name: str, *, shuffled: bool = False) -> Any:
    """Train a model on the run's reviews, test it once, and record what came out."""
    data = load(run.seed, run.config.get("n", N_TRAIN), run.config.get("n_test", N_TEST), shuffled=shuffled)
    with run.timer("train_s"):
        model = fit(name, SETTINGS[name], data, run.seed, run.config.get("steps", STEPS))
    correct = right(model, data.test, data.y_test)
    run.summary["test_acc"] = float(correct.mean())
    run.summary["train_acc"] = float(right(model, data.train, data.y_train).mean())
    # Apart: reviews with and without the word that turns all round.
    for word in ("not", "but"):
        has = np.array([word in words for words in data.test])
        run.summary[f"acc_{word}"] = float(correct[has].mean())
        run.summary[f"acc_no_{word}"] = float(correct[~has].mean())
    run.summary["n_train"], run.summary["n_test"] = len(data.train), len(data.test)
    run.summary["n_words"] = len(VOCABULARY)
    if isinstance(model, nn.Module):
        run.summary["n_params"] = training.count(model)
    else:
        run.summary["n_params"] = int(np.size(model[1].feature_count_ if name == "nb" else model[1].coef_)) + 1
    return model


# --8<-- [end:measure]


def train_nb(run: Run) -> None:
    """Measure naive Bayes on the bag of words."""
    measure(run, "nb")


def train_bow(run: Run) -> None:
    """Measure logistic regression on the bag of words."""
    measure(run, "bow")


def train_bigrams(run: Run) -> None:
    """Measure logistic regression on words and pairs of words."""
    measure(run, "bigrams")


def train_fourgrams(run: Run) -> None:
    """Measure logistic regression on runs of up to four words."""
    measure(run, "fourgrams")


def train_mlp(run: Run) -> None:
    """Measure the shallow network on the bag of words."""
    measure(run, "mlp")


def train_gru(run: Run, *, shuffled: bool = False) -> None:
    """Measure the recurrent network."""
    measure(run, "gru", shuffled=shuffled)


# --8<-- [start:attention]
PROBE = ("the", "film", "was", "good", "but", "the", "song", "was", "not", "really", "bright")
"""A sentence to look into the transformer with."""


def looks(model: ReviewTransformer, words: Sequence[str]) -> np.ndarray:
    """Show where the transformer looks from the last word of a review.

    Returns:
        Shares that add up to 1 along each row, shape `(layers * heads, len(words))`.
    """
    x = torch.as_tensor(numbers([words]))
    rows: list[torch.Tensor] = []
    with torch.no_grad():
        states = model.embed(x) + model.place
        for block in model.blocks:
            rows.append(block.attention(states, x > 0)[0, :, len(words) - 1, : len(words)])
            states = block(states, x > 0)
    return torch.cat(rows).numpy()


def train_transformer(run: Run) -> None:
    """Measure the transformer, and keep where it looks from the last word of one sentence.

    The series `attention` has one point for each row and word: step 11 r + w is row *r*, word *w*.
    """
    model = measure(run, "transformer")
    for step, share in enumerate(looks(model, PROBE).ravel()):
        run.log({"attention": float(share)}, step=step)


# --8<-- [end:attention]


# --8<-- [start:tune]
def tune(run: Run) -> None:
    """Choose the settings of the model named in the run's parameters, on reviews of their own."""
    name = run.config["model"]
    data = load(SEARCH_SEED + run.seed, run.config.get("n", N_TRAIN))

    def score(settings: Settings) -> float:
        model = fit(name, settings, data, run.seed, run.config.get("steps", STEPS))
        return float(right(model, data.test, data.y_test).mean())

    search(run, CANDIDATES[name], score, SETTINGS[name])


# --8<-- [end:tune]


def show(run: Run, n: int = 6) -> None:
    """Print some reviews with their label."""
    data = load(run.seed, n)
    for words, likes in zip(data.train, data.y_train, strict=True):
        print("+" if likes else "-", " ".join(words))


def main() -> None:
    """Train one model at the terminal and print what was measured."""
    parser = argparse.ArgumentParser(description="Train one model on generated reviews and print what was measured.")
    parser.add_argument("model", choices=[*CLASSICAL, *NETWORKS])
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    run = PlainRun(seed=given.seed)
    measure(run, given.model)
    run.tell()


if __name__ == "__main__":
    main()

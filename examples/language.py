"""Language: a small grammar writes a weather keeper's notebook, and models of text learn to write on.

Counting models look a few characters back; a recurrent network and a transformer learn how far to look.  Because
the grammar is known, three things can be measured exactly that are guesses for real languages: the fewest bits per
character that any model could reach, whether a sentence is correct, and whether it is new.

Source:
    C. E. Shannon, A Mathematical Theory of Communication, Bell System Technical Journal 27 (1948), wrote text by
    counting letters; I. H. Witten and T. C. Bell, The zero-frequency problem, IEEE Transactions on Information Theory
    37(4) (1991), is the way the counting model here deals with what it has never seen.
"""

from __future__ import annotations

import argparse
import itertools
import math
import string
from collections import ChainMap, Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from examples.recorder import PlainRun, Run

N_TRAIN = 60_000
"""Characters to learn from, about a thousand sentences."""
N_TEST = 6_000
WINDOW = 48
"""Characters that a network sees at once in training."""
STEPS = 500
"""Updates of a network, each on 32 windows."""
BATCH = 32
LEARNING_RATE = {"gru": 0.01, "transformer": 0.01}
"""The best of three for each, by `python -m examples.language`, on a notebook of its own."""
SHARPNESS = 0.8
"""The temperature at which every model writes: likely characters become a little likelier."""
TEXTS, LENGTH = 40, 220
"""How many pieces of text a model writes, and how many characters each has."""

# --8<-- [start:grammar]
PLACES = ["harbour", "mill", "orchard", "lighthouse", "station", "valley", "bridge", "ridge", "meadow", "quarry"]
PEOPLE = ["Ada", "Bruno", "Chiara", "Dmitri", "Esi", "Farid", "Greta", "Hana"]
SKIES = ["clear", "grey", "pale", "stormy", "misty", "golden"]
WINDS = ["north", "south", "east", "west"]
THINGS = ["barometer", "lantern", "kettle", "notebook", "compass", "telescope", "raincoat", "bicycle"]
VERBS = ["carried", "repaired", "painted", "borrowed", "forgot", "cleaned", "measured", "traded"]
TIMES = ["at dawn", "before noon", "after supper", "near midnight", "in the evening"]

Slot = Sequence[dict[str, str]]
"""One free choice in a sentence: each entry fills one or more of its gaps."""


def words(gap: str, choices: Sequence[str]) -> Slot:
    """Fill one gap by one of several words."""
    return [{gap: choice} for choice in choices]


def weather(degrees: int) -> str:
    """Say what follows from a temperature; the ending of a sentence depends on the number before it."""
    return "so the pond froze" if degrees < 1 else "so we kept the stove lit" if degrees < 12 else "so we sat outside"


TWO_PEOPLE: Slot = [{"asker": a, "other": b} for a, b in itertools.permutations(PEOPLE, 2)]
DEGREES: Slot = [{"degrees": str(t), "so": weather(t)} for t in range(-9, 28)]
FORMS: Sequence[tuple[str, Sequence[Slot]]] = [
    ("The sky over the {place} was {sky} and the wind came from the {wind}. ",
     [words("place", PLACES), words("sky", SKIES), words("wind", WINDS)]),
    ("{who} {did} the {thing} {when}. ",
     [words("who", PEOPLE), words("did", VERBS), words("thing", THINGS), words("when", TIMES)]),
    ("{asker} asked {other} about the {thing}, and {other} said it was at the {place}. ",
     [TWO_PEOPLE, words("thing", THINGS), words("place", PLACES)]),
    ("It was {degrees} degrees {when}, {so}. ", [DEGREES, words("when", TIMES)]),
    ("Nobody {did} the {thing} because the {wind} wind was strong. ",
     [words("did", VERBS), words("thing", THINGS), words("wind", WINDS)]),
]  # fmt: skip
"""Sentence forms, all equally likely, and their slots, whose entries are equally likely, too."""
ALPHABET = sorted(set(string.ascii_letters + string.digits + " ,.-") & set(str(FORMS) + string.digits + "-"))


def write(chance: np.random.Generator, length: int) -> str:
    """Write as the grammar does, cut at *length* characters."""
    text = ""
    while len(text) < length:
        form, slots = FORMS[chance.integers(len(FORMS))]
        gaps: dict[str, str] = {}
        for slot in slots:
            gaps |= slot[chance.integers(len(slot))]
        text += form.format(**gaps)
    return text[:length]


@cache
def sentences() -> tuple[frozenset[str], ...]:
    """List every sentence there is, one set per form; each ends with a full stop and a space."""
    return tuple(
        frozenset(form.format(**dict(ChainMap(*chosen))) for chosen in itertools.product(*slots))
        for form, slots in FORMS
    )


def fewest_bits() -> float:
    """Calculate the bits per character below which no model can stay on average: the entropy rate of the grammar."""
    surprise = [math.log2(len(FORMS)) + math.log2(len(form)) for form in sentences()]
    length = [sum(map(len, form)) / len(form) for form in sentences()]
    return sum(surprise) / sum(length)


# --8<-- [end:grammar]


@dataclass(frozen=True)
class Notebook:
    """One drawn text, cut in two, and questions about it."""

    train: str
    test: str
    asked: list[tuple[str, str]]
    """Beginnings like `… Ada asked Esi about the kettle, and ` with the letter that has to follow, here `E`."""


def load(seed: int, n_train: int = N_TRAIN, n_test: int = N_TEST, n_asked: int = 200) -> Notebook:
    """Write a notebook of its own for each seed.

    Args:
        seed: Decides every sentence.
        n_train: Characters to learn from.
        n_test: Characters that follow them, for testing.
        n_asked: How many sentences to break off before the name that the reader can know.
    """
    chance = np.random.default_rng(seed)
    text = write(chance, n_train + n_test)
    asked = []
    for _ in range(n_asked):
        asker, other = (PEOPLE[i] for i in chance.permutation(len(PEOPLE))[:2])
        before = write(chance, 400).rpartition(". ")[0] + ". "
        thing = THINGS[chance.integers(len(THINGS))]
        asked.append((f"{before[-WINDOW:]}{asker} asked {other} about the {thing}, and ", other[0]))
    return Notebook(text[:n_train], text[n_train:], asked)


# --8<-- [start:judge]
Next = Callable[[Sequence[str]], np.ndarray]
"""Gives each of several texts a probability per next character, shape `(texts, characters of the alphabet)`."""


def continued(following: Next, starts: Sequence[str], length: int, seed: int) -> list[str]:
    """Let a model write on, a character at a time, drawn from its own sharpened probabilities."""
    chance, texts = np.random.default_rng(seed), list(starts)
    for _ in range(length):
        likely = following(texts) ** (1 / SHARPNESS)
        edges = np.cumsum(likely / likely.sum(1, keepdims=True), axis=1)
        drawn = (chance.random((len(texts), 1)) > edges[:, :-1]).sum(1)
        texts = [text + ALPHABET[which] for text, which in zip(texts, drawn, strict=True)]
    return [text[len(start) :] for text, start in zip(texts, starts, strict=True)]


def judge(run: Run, book: Notebook, following: Next, bits: Callable[[str], float]) -> None:
    """Record how well a model predicts unseen text, and what it writes itself.

    Args:
        run: Records; prints the beginning of one text.
        book: What the model has learned from, and the text it has not seen.
        following: The model.
        bits: Mean surprise of the model about a text, in bits per character.
    """
    run.summary["bits"] = bits(book.test)
    run.summary["train_bits"] = bits(book.train[:N_TEST])
    run.summary["fewest_bits"] = fewest_bits()
    answers = following([beginning for beginning, _ in book.asked]).argmax(1)
    run.summary["names_kept"] = float(
        np.mean([ALPHABET[a] == right for a, (_, right) in zip(answers, book.asked, strict=True)])
    )
    # Each text goes on after a whole sentence of the unseen text.
    stops = [place + 2 for place in range(WINDOW, len(book.test) - 2) if book.test[place : place + 2] == ". "]
    starts = [
        book.test[stop - WINDOW : stop] for stop in stops[:: max(1, len(stops) // TEXTS)][:TEXTS] if stop >= WINDOW
    ]
    texts = continued(following, starts, run.config.get("length", LENGTH), run.seed)
    made = [sentence + ". " for text in texts for sentence in text.split(". ")[:-1]]
    every = frozenset().union(*sentences())
    correct = [sentence for sentence in made if sentence in every]
    run.summary["correct"] = len(correct) / max(1, len(made))
    run.summary["new"] = sum(sentence not in book.train for sentence in correct) / max(1, len(made))
    known = set("".join(every).replace(".", " ").replace(",", " ").split())
    spelt = [word in known for text in texts for word in text.replace(".", " ").replace(",", " ").split()[:-1]]
    run.summary["misspelt"] = 1 - float(np.mean(spelt or [0.0]))
    run.summary["n_train"], run.summary["n_test"] = len(book.train), len(book.test)
    print(texts[0])


# --8<-- [end:judge]


# --8<-- [start:counting]
class Counting:
    """Counts which character followed each stretch of text, and mixes what short and long stretches say.

    The mixture is that of Witten and Bell: the more different characters a stretch has been followed by, the more
    weight goes to the next shorter one.
    """

    def __init__(self, text: str, back: int) -> None:
        self.back = back
        self.counts: list[defaultdict[str, Counter[str]]] = []
        for length in range(back + 1):
            counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
            for place in range(length, len(text)):
                counts[text[place - length : place]][text[place]] += 1
            self.counts.append(counts)

    def following(self, texts: Sequence[str]) -> np.ndarray:
        """Return a probability per next character, shape `(texts, characters)`."""
        return np.stack([self._after(text[-self.back :]) for text in texts])

    def _after(self, stretch: str) -> np.ndarray:
        chances = np.full(len(ALPHABET), 1 / len(ALPHABET))
        for length, counts in enumerate(self.counts[: len(stretch) + 1]):
            found = counts.get(stretch[len(stretch) - length :])
            if not found:
                break
            kinds, total = len(found), found.total()
            chances *= kinds / (total + kinds)
            for character, times in found.items():
                chances[PLACE[character]] += times / (total + kinds)
        return chances

    def bits(self, text: str) -> float:
        """Return the mean surprise about the characters of a text, in bits; the first ones only begin it."""
        places = range(WINDOW, len(text))
        chances = [self._after(text[place - self.back : place])[PLACE[text[place]]] for place in places]
        return float(-np.mean(np.log2(chances)))


PLACE = {character: place for place, character in enumerate(ALPHABET)}


def train_counting(run: Run) -> None:
    """Measure a counting model that looks `back` characters back."""
    book = load(run.seed, run.config.get("n", N_TRAIN))
    with run.timer("train_s"):
        model = Counting(book.train, run.config["back"])
    judge(run, book, model.following, model.bits)
    run.summary["n_counts"] = sum(len(found) for counts in model.counts for found in counts.values())


# --8<-- [end:counting]


# --8<-- [start:networks]
def network(kind: str, seed: int) -> Any:
    """Make an untrained network that gives scores for the next character after each one of a text.

    Args:
        kind: `gru`, which reads on character by character, or `transformer`, which looks back at all of them at once.
        seed: Decides the first weights.
    """
    import torch  # noqa: PLC0415 - the counting model does not wait for torch
    from torch import nn  # noqa: PLC0415

    class Gru(nn.Module):  # type: ignore[misc]
        """Carries what it has read in 96 numbers."""

        def __init__(self) -> None:
            super().__init__()
            self.spell = nn.Embedding(len(ALPHABET), 32)
            self.read = nn.GRU(32, 96, batch_first=True)
            self.guess = nn.Linear(96, len(ALPHABET))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            """Turn characters, shape `(texts, length)`, into scores, shape `(texts, length, characters)`."""
            scores: torch.Tensor = self.guess(self.read(self.spell(x))[0])
            return scores

    class Transformer(nn.Module):  # type: ignore[misc]
        """Two layers in which each character looks at those before it."""

        def __init__(self, size: int = 48) -> None:
            super().__init__()
            self.spell = nn.Embedding(len(ALPHABET), size)
            self.place = nn.Parameter(0.02 * torch.randn(WINDOW, size))
            layer = nn.TransformerEncoderLayer(
                size, 4, 4 * size, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            self.look = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
            self.guess = nn.Sequential(nn.LayerNorm(size), nn.Linear(size, len(ALPHABET)))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            """Turn characters, shape `(texts, length up to 48)`, into scores, shape `(texts, length, characters)`."""
            ahead = nn.Transformer.generate_square_subsequent_mask(x.shape[1])
            scores: torch.Tensor = self.guess(
                self.look(self.spell(x) + self.place[: x.shape[1]], mask=ahead, is_causal=True)
            )
            return scores

    torch.manual_seed(seed)
    return Gru() if kind == "gru" else Transformer()


def train_network(run: Run, kind: str) -> None:
    """Measure the recurrent network (`gru`) or the `transformer`."""
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    from examples.training import count, fit  # noqa: PLC0415

    book = load(run.seed, run.config.get("n", N_TRAIN))
    model = network(kind, run.seed)
    windows = spelt(book.train).unfold(0, WINDOW + 1, 1)

    def surprise(scores: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(scores.flatten(0, 1), right.flatten())

    def watch(step: int, loss: float) -> None:
        run.log({"bits_curve": loss / math.log(2)}, step=step)

    with run.timer("train_s"):
        fit(
            model, windows[:, :-1], windows[:, 1:],
            seed=run.seed, steps=run.config.get("steps", STEPS), batch=BATCH,
            learning_rate=run.config.get("rate", LEARNING_RATE[kind]), loss=surprise, watch=watch, every=25,
        )  # fmt: skip

    @torch.no_grad()
    def following(texts: Sequence[str]) -> np.ndarray:
        ends = torch.stack([spelt(text[-WINDOW:]) for text in texts])
        chances: np.ndarray = model(ends)[:, -1].double().softmax(1).numpy()
        return chances

    @torch.no_grad()
    def bits(text: str) -> float:
        # Each window is read whole and judged by its second half, so that every guess knows at least 24 characters.
        pieces = spelt(text).unfold(0, WINDOW + 1, WINDOW // 2)
        half = WINDOW // 2
        return surprise(model(pieces[:, :-1])[:, half:], pieces[:, half + 1 :]).item() / math.log(2)

    judge(run, book, following, bits)
    run.summary["n_params"] = count(model)


def spelt(text: str) -> Any:
    """Turn characters into their places in the alphabet, shape `(length,)`."""
    import torch  # noqa: PLC0415

    return torch.tensor([PLACE[character] for character in text])


# --8<-- [end:networks]


def main() -> None:
    """Try three learning rates for each network on a notebook that no measurement uses."""
    parser = argparse.ArgumentParser(description="Try three learning rates for each network.")
    parser.add_argument("--steps", type=int, default=STEPS)
    steps = parser.parse_args().steps
    for kind in LEARNING_RATE:
        for rate in (0.0025, 0.005, 0.01):
            run = PlainRun(seed=1000, config={"steps": steps, "rate": rate, "length": 1})
            train_network(run, kind)
            print(f"{kind} {rate}: {run.summary['bits']:.4f} bits, {run.timings['train_s']:.0f} CPU seconds")


if __name__ == "__main__":
    main()

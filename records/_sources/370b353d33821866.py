"""Recommendations: guess the stars that viewers would give to films they have not rated, from those they have.

Viewers and films are generated.  Averages, neighbours, matrix factorisation and a network guess the rest.  Try one at
the terminal: `python -m examples.recommend factors`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from examples import training
from examples.recorder import PlainRun, Run

VIEWERS, FILMS = 500, 250
TASTES = 4
"""Directions in which tastes differ."""
KNOWN, VALID, TEST = 0.12, 0.03, 0.05
"""Shares of all pairs of a viewer and a film whose stars serve to learn, to choose and to test; the rest is unknown."""
STEPS = 250
"""Updates of the network's weights."""


# --8<-- [start:ratings]
@dataclass(frozen=True)
class Ratings:
    """Stars, one to five, and which of them serve what."""

    stars: np.ndarray
    """Whole numbers as reals, shape `(viewers, films)`."""
    known: np.ndarray
    """True where stars may be learnt from, shape `(viewers, films)`; the next two never overlap with it."""
    valid: np.ndarray
    test: np.ndarray


def load(seed: int, viewers: int = VIEWERS, films: int = FILMS) -> Ratings:
    """Draw tastes, films and moods, and let everybody rate.

    Stars are 3.2, plus how generous the viewer and how popular the film is, plus how well taste and film match, which
    saturates so that factors cannot be exactly right, plus mood; rounded and kept between one and five.
    """
    chance = np.random.default_rng(seed)
    match = chance.normal(size=(viewers, TASTES)) @ chance.normal(size=(films, TASTES)).T
    generous, popular = 0.4 * chance.normal(size=(viewers, 1)), 0.6 * chance.normal(size=(1, films))
    mood = 0.35 * chance.normal(size=(viewers, films))
    stars = np.clip(np.round(3.2 + generous + popular + 1.1 * np.tanh(match / 2) + mood), 1, 5)
    draw = chance.random((viewers, films))
    known, valid = draw < KNOWN, (draw >= KNOWN) & (draw < KNOWN + VALID)
    return Ratings(stars, known, valid, (draw >= KNOWN + VALID) & (draw < KNOWN + VALID + TEST))


# --8<-- [end:ratings]


def rmse(guess: np.ndarray, stars: np.ndarray, where: np.ndarray) -> float:
    """Return the root of the mean squared error in stars; guesses outside one to five are pulled back."""
    return float(np.sqrt(((np.clip(guess, 1, 5) - stars)[where] ** 2).mean()))


def measure(run: Run, guess: Callable[[Any, Ratings], np.ndarray], settings: Sequence[Any]) -> None:
    """Guess with each setting, keep the one with the smallest error on validation stars, and test that.

    Args:
        run: Gets the errors, in stars.
        guess: Learns with a setting and returns stars for all pairs, shape `(viewers, films)`.
        settings: As many as every rival has.
    """
    ratings = load(run.seed, run.config.get("viewers", VIEWERS), run.config.get("films", FILMS))
    tried = [guess(setting, ratings) for setting in settings]
    best = min(tried, key=lambda one: rmse(one, ratings.stars, ratings.valid))
    run.summary["test_rmse"] = rmse(best, ratings.stars, ratings.test)
    run.summary["train_rmse"] = rmse(best, ratings.stars, ratings.known)
    run.summary["trials"] = len(tried)
    run.summary["n_viewers"], run.summary["n_films"] = ratings.stars.shape
    run.summary["known_share"] = float(ratings.known.mean())


# --8<-- [start:averages]
def averages(pull: float, ratings: Ratings) -> np.ndarray:
    """Guess mean plus generosity plus popularity, each pulled towards none by *pull* imagined ratings."""
    stars, known = ratings.stars, ratings.known
    mean = stars[known].mean()
    generous, popular = np.zeros((len(stars), 1)), np.zeros((1, stars.shape[1]))
    for _ in range(10):
        popular = ((stars - mean - generous) * known).sum(0, keepdims=True) / (known.sum(0, keepdims=True) + pull)
        generous = ((stars - mean - popular) * known).sum(1, keepdims=True) / (known.sum(1, keepdims=True) + pull)
    guess: np.ndarray = mean + generous + popular
    return guess


def train_averages(run: Run) -> None:
    """Measure popularity and generosity alone: everybody is recommended the same films."""
    measure(run, averages, [1.0, 3.0, 10.0])


# --8<-- [end:averages]


# --8<-- [start:neighbours]
def neighbours(setting: tuple[int, float], ratings: Ratings) -> np.ndarray:
    """Guess what the viewer thought of the films most alike, above or below what averages say.

    Args:
        setting: How many films alike are asked, and how many ratings pull each likeness towards none.
        ratings: The stars.
    """
    nearest, pull = setting
    base = averages(3.0, ratings)
    left = (ratings.stars - base) * ratings.known
    alike = left.T @ left
    size = np.sqrt(np.diag(alike)) + pull
    alike = alike / np.outer(size, size)
    np.fill_diagonal(alike, 0)
    least = np.sort(alike, axis=1)[:, [-min(nearest, len(alike))]]
    alike = np.where(alike >= least, alike, 0)
    guess: np.ndarray = base + (left @ alike.T) / (ratings.known @ np.abs(alike.T) + 0.3)
    return guess


def train_neighbours(run: Run) -> None:
    """Measure films alike."""
    measure(run, neighbours, [(30, 5.0), (100, 5.0), (100, 15.0)])


# --8<-- [end:neighbours]


# --8<-- [start:factors]
def solve(other: np.ndarray, left: np.ndarray, known: np.ndarray, pull: float) -> np.ndarray:
    """Find the factors of one side while those of the other are held still: a least-squares problem each.

    Args:
        other: Factors of the other side, shape `(m, k)`.
        left: What averages leave over, zero where unknown, shape `(n, m)`.
        known: Where it is known, shape `(n, m)`.
        pull: How strongly factors are pulled towards zero.

    Returns:
        Factors, shape `(n, k)`.
    """
    k = other.shape[1]
    squares = (known.astype(float) @ (other[:, :, None] * other[:, None, :]).reshape(-1, k * k)).reshape(-1, k, k)
    found: np.ndarray = np.linalg.solve(squares + pull * np.eye(k), (left @ other)[..., None])[..., 0]
    return found


def factors(setting: tuple[int, float], ratings: Ratings, seed: int = 0) -> np.ndarray:
    """Guess averages plus the product of a few numbers per viewer and a few per film (alternating least squares)."""
    k, pull = setting
    base = averages(3.0, ratings)
    left = (ratings.stars - base) * ratings.known
    films = 0.1 * np.random.default_rng(seed).normal(size=(left.shape[1], k))
    viewers = np.zeros((len(left), k))
    for _ in range(15):
        viewers = solve(films, left, ratings.known, pull)
        films = solve(viewers, left.T, ratings.known.T, pull)
    guess: np.ndarray = base + viewers @ films.T
    return guess


def train_factors(run: Run) -> None:
    """Measure matrix factorisation; how many factors there really are, it must find out."""
    measure(run, lambda s, ratings: factors(s, ratings, run.seed), [(4, 3.0), (8, 3.0), (8, 6.0)])


# --8<-- [end:factors]


# --8<-- [start:network]
class Matcher(nn.Module):  # type: ignore[misc]
    """A few numbers per viewer and per film, combined by their product and by a network with two hidden layers."""

    def __init__(self, viewers: int, films: int, k: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList([nn.Embedding(viewers, k), nn.Embedding(films, k)])
        self.levels = nn.ModuleList([nn.Embedding(viewers, 1), nn.Embedding(films, 1)])
        self.combine = nn.Sequential(
            nn.Linear(2 * k, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 1)
        )  # fmt: skip
        for table in self.tables:
            nn.init.normal_(table.weight, 0, 0.1)
        for level in self.levels:
            nn.init.zeros_(level.weight)

    def forward(self, pairs: torch.Tensor) -> torch.Tensor:
        """Turn pairs of a viewer and a film, shape `(n, 2)`, into stars above the mean, shape `(n, 1)`."""
        viewer, film = (table(pairs[:, i]) for i, table in enumerate(self.tables))
        level = sum(table(pairs[:, i]) for i, table in enumerate(self.levels))
        stars: torch.Tensor = level + (viewer * film).sum(1, keepdim=True) + self.combine(torch.cat([viewer, film], 1))
        return stars


def matcher(setting: tuple[int, float], ratings: Ratings, seed: int = 0, steps: int = STEPS) -> np.ndarray:
    """Train the network on known stars and let it guess all.

    Args:
        setting: Numbers per viewer and per film, and the weight decay.
        ratings: The stars.
        seed: Decides first weights and order.
        steps: Updates of the weights.
    """
    k, decay = setting
    torch.manual_seed(seed)
    model = Matcher(*ratings.stars.shape, k)
    mean = ratings.stars[ratings.known].mean()
    pairs = torch.as_tensor(np.argwhere(ratings.known))
    stars = torch.as_tensor(ratings.stars[ratings.known] - mean, dtype=torch.float32)[:, None]
    training.fit(
        model, pairs, stars,
        seed=seed, steps=steps, learning_rate=0.02, weight_decay=decay, batch=500, loss=nn.functional.mse_loss,
    )  # fmt: skip
    everything = torch.as_tensor(np.argwhere(np.ones_like(ratings.known)))
    guess: np.ndarray = mean + training.scores(model, everything, 20_000).numpy().reshape(ratings.stars.shape)
    return guess


def train_network(run: Run) -> None:
    """Measure the neural recommender."""
    steps = run.config.get("steps", STEPS)
    settings = [(4, 0.5), (8, 0.5), (8, 1.0)]
    measure(run, lambda s, ratings: matcher(s, ratings, run.seed, steps), settings)


# --8<-- [end:network]


def main() -> None:
    """Let one method guess and print its error in stars."""
    models = {
        "averages": train_averages,
        "neighbours": train_neighbours,
        "factors": train_factors,
        "network": train_network,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=models)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    run = PlainRun(seed=args.seed)
    models[args.model](run)
    print(f"{run.summary['test_rmse']:.3f} stars")


if __name__ == "__main__":
    main()

"""Generating digits: two classical models of probability and a network make new ones; a classifier judges.

Each model learns how the pictures of each digit are spread, and draws new ones from what it has learned.  Four controls
go beside them: real digits nobody has learned from, plain copies of the training digits, and pixels drawn one by one.

Source:
    D. P. Kingma and M. Welling, Auto-Encoding Variational Bayes, ICLR 2014, https://arxiv.org/abs/1312.6114, is the
    network; its noise is learned as in O. Rybkin et al., Simple and Effective VAE Training with Calibrated Decoders,
    ICML 2021, https://arxiv.org/abs/2006.13202.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from examples import digits
from examples.recorder import Run

N_FRESH = 300
"""Real digits that nobody learns from, the yardstick for what is new."""
EACH = 30
"""Pictures made of each digit, so that every model makes as many as there are fresh ones."""
COMPONENTS = 20
"""Directions in which digits differ most, kept by the classical models (principal components)."""
STEPS = 500
"""Updates of the network."""
CHOICES: dict[str, Sequence[Any]] = {"mixture": (1, 3, 6), "kernel": (0.15, 0.25, 0.4), "vae": (4, 8, 16)}
"""Three settings for each model: clouds per digit, width of a kernel, numbers in the network's code."""


# --8<-- [start:data]
@dataclass(frozen=True)
class Parts:
    """The digits of one split, by what they are for."""

    x: np.ndarray
    """Pictures to learn from, pixels between 0 and 1, shape `(777, 64)`."""
    y: np.ndarray
    x_fresh: np.ndarray
    """Real pictures for comparison only, shape `(300, 64)`."""
    y_fresh: np.ndarray
    x_valid: np.ndarray
    """Pictures by which settings are chosen, shape `(180, 64)`."""
    y_valid: np.ndarray
    x_judge: np.ndarray
    """Pictures from which the judge learns, shape `(540, 64)`."""
    y_judge: np.ndarray


def load(seed: int) -> Parts:
    """Split the digits anew for each seed."""
    d = digits.load(seed)
    n = len(d.x_train) - N_FRESH
    return Parts(
        d.x_train[:n], d.y_train[:n], d.x_train[n:], d.y_train[n:], d.x_valid, d.y_valid, d.x_test, d.y_test
    )  # fmt: skip


WANTED = np.repeat(np.arange(10), EACH)
"""The digit that each made picture is meant to show, shape `(300,)`."""
# --8<-- [end:data]


# --8<-- [start:judge]
def judge(run: Run, parts: Parts, made: np.ndarray, wanted: np.ndarray = WANTED) -> None:
    """Record whether made pictures are recognised, are new, vary, and whether one can learn from them.

    Distances are those between the 64 pixels of two pictures (Euclidean); a white and a black picture are 8 apart.

    Args:
        run: Records, and keeps one picture of each digit with the training picture next to it.
        parts: The real digits.
        made: Pixels between 0 and 1, shape `(n, 64)`.
        wanted: What they are meant to show, shape `(n,)`.
    """
    from sklearn.neighbors import NearestNeighbors  # noqa: PLC0415 - a run loads only what it uses
    from sklearn.svm import SVC  # noqa: PLC0415

    expert = SVC(C=10).fit(parts.x_judge, parts.y_judge)
    run.summary["recognised"] = float(expert.score(made, wanted))
    gap, nearest = NearestNeighbors(n_neighbors=1).fit(parts.x).kneighbors(made)
    run.summary["novelty"] = float(gap.mean())
    run.summary["closest"] = float(gap.min())
    run.summary["variety"] = float(NearestNeighbors(n_neighbors=1).fit(made).kneighbors()[0].mean())
    run.summary["test_acc"] = float(SVC(C=10).fit(made, wanted).score(parts.x_judge, parts.y_judge))
    run.summary["n_made"] = len(made)
    run.summary["n_train"], run.summary["n_test"] = len(parts.x), len(parts.x_judge)
    shown = [int(np.flatnonzero(wanted == digit)[0]) for digit in range(10)]
    pictures = np.concatenate([made[shown], parts.x[nearest[shown, 0]]]).reshape(-1, 8, 8)
    names = [f"{digit}" for digit in range(10)] + ["nearest"] * 10
    if hasattr(run, "images"):
        run.images("made", pictures, labels=names)


# --8<-- [end:judge]


# --8<-- [start:controls]
def show_real(run: Run) -> None:
    """Measure fresh real digits by the same yardsticks: the best that a model could hope for."""
    parts = load(run.seed)
    judge(run, parts, parts.x_fresh, parts.y_fresh)


def copy(run: Run) -> None:
    """Measure a copier, which hands out training pictures: always recognised, never new."""
    parts = load(run.seed)
    judge(run, parts, np.concatenate([parts.x[parts.y == digit][:EACH] for digit in range(10)]))


def draw_pixels(run: Run) -> None:
    """Measure pixels drawn one by one around their mean in each digit, as if neighbours did not matter."""
    parts, chance = load(run.seed), np.random.default_rng(run.seed)
    of = [parts.x[parts.y == digit] for digit in range(10)]
    made = [one.mean(0) + one.std(0) * chance.standard_normal((EACH, 64)) for one in of]
    judge(run, parts, np.concatenate(made).clip(0, 1))


# --8<-- [end:controls]


# --8<-- [start:classical]
def train_classical(run: Run, name: str) -> None:
    """Measure a `mixture` of bell-shaped clouds, or a `kernel` estimate with a small cloud round every picture.

    Both work on the 20 numbers that describe most of a picture, one model per digit, and of three settings keep the one
    under which unseen validation digits are most likely.
    """
    from sklearn.decomposition import PCA  # noqa: PLC0415
    from sklearn.mixture import GaussianMixture  # noqa: PLC0415
    from sklearn.neighbors import KernelDensity  # noqa: PLC0415

    makers: dict[str, Callable[[Any], Any]] = {
        "mixture": lambda n: GaussianMixture(n, reg_covar=0.01, random_state=run.seed),
        "kernel": lambda width: KernelDensity(bandwidth=width),
    }
    parts = load(run.seed)
    with run.timer("train_s"):
        squeeze = PCA(COMPONENTS, random_state=run.seed).fit(parts.x)
        x, x_valid = squeeze.transform(parts.x), squeeze.transform(parts.x_valid)
        tried = []
        for setting in CHOICES[name]:
            models = [makers[name](setting).fit(x[parts.y == digit]) for digit in range(10)]
            fit = sum(model.score_samples(x_valid[parts.y_valid == digit]).sum() for digit, model in enumerate(models))
            tried.append((fit / len(x_valid), setting, models))
    _, setting, models = max(tried, key=lambda one: one[0])
    # A mixture draws by its own random state, a kernel estimate by the one that it is handed.
    drawn = [m.sample(EACH)[0] if name == "mixture" else m.sample(EACH, random_state=run.seed) for m in models]
    judge(run, parts, squeeze.inverse_transform(np.concatenate(drawn)).clip(0, 1))
    run.summary["trials"] = len(tried)
    print("chosen:", "components" if name == "mixture" else "bandwidth", setting)


# --8<-- [end:classical]


# --8<-- [start:vae]
def autoencoder(code: int, seed: int) -> Any:
    """Make an untrained variational autoencoder that is told which digit it deals with.

    It squeezes a picture into *code* numbers that look as if drawn from a bell curve, and unfolds them again.  To make
    a picture, draw the numbers and unfold.
    """
    import torch  # noqa: PLC0415 - classical models do not wait for torch
    from torch import nn  # noqa: PLC0415

    class Autoencoder(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.squeeze = nn.Sequential(nn.Linear(74, 128), nn.ReLU(), nn.Linear(128, 2 * code))
            self.open = nn.Sequential(
                nn.Linear(code + 10, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 64)
            )
            self.log_noise = nn.Parameter(torch.tensor(-1.0))

        def make(self, numbers: torch.Tensor, digit: torch.Tensor) -> torch.Tensor:
            """Unfold numbers, shape `(n, code)`, and digits, shape `(n, 10)`, to pixels, shape `(n, 64)`."""
            return torch.sigmoid(self.open(torch.cat([numbers, digit], 1)))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            """Turn pixels and digit, shape `(n, 74)`, into a bound on their surprise in nats, shape `(n,)`."""
            pixels, digit = x[:, :64], x[:, 64:]
            mean, log_variance = self.squeeze(x).chunk(2, 1)
            made = self.make(mean + (log_variance / 2).exp() * torch.randn_like(mean), digit)
            missed = (pixels - made).square().sum(1) / 2 * (-2 * self.log_noise).exp() + 64 * (
                self.log_noise + 0.5 * math.log(2 * math.pi)
            )
            spent = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1) / 2
            bound: torch.Tensor = missed + spent
            return bound

    torch.manual_seed(seed)
    return Autoencoder()


def train_vae(run: Run) -> None:
    """Measure the network: of three sizes of its code, the one under which validation digits are most likely."""
    import torch  # noqa: PLC0415

    from examples.training import count, fit, scores  # noqa: PLC0415

    parts = load(run.seed)
    digit = torch.eye(10)
    with_digit = [
        torch.cat([torch.as_tensor(x, dtype=torch.float32), digit[torch.as_tensor(y)]], 1)
        for x, y in ((parts.x, parts.y), (parts.x_valid, parts.y_valid))
    ]
    x, x_valid = with_digit
    tried = []
    with run.timer("train_s"):
        for code in CHOICES["vae"]:
            model = autoencoder(code, run.seed)
            fit(
                model, x, x,
                seed=run.seed, steps=run.config.get("steps", STEPS), learning_rate=0.005,
                loss=lambda bound, _: bound.mean() / 64,
            )  # fmt: skip
            tried.append((float(scores(model, x_valid).mean()), code, model))
    _, code, model = min(tried, key=lambda one: one[0])
    with torch.no_grad():
        made = model.make(torch.randn(len(WANTED), code), digit[torch.as_tensor(WANTED)])
    judge(run, parts, made.double().numpy())
    run.summary["trials"] = len(tried)
    run.summary["n_params"] = count(model)
    print("chosen: a code of", code, "numbers")


# --8<-- [end:vae]

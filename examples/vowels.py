"""Vowels: made-up spoken words of two vowels, seven ways to tell them apart, and speakers with another accent.

Each word is a buzz (a tone and its overtones) that two resonances colour, as a throat and a mouth do.  That two
resonances tell vowels apart is from Peterson and Barney, Control Methods Used in a Study of the Vowels, Journal of the
Acoustical Society of America 24 (1952), https://doi.org/10.1121/1.1906875; ours were chosen to stay under 2 kHz.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from examples import trials
from examples.recorder import Run
from examples.training import accuracy, count, fit, tensors
from examples.trials import Settings

RATE = 4000
"""Samples a second."""
LENGTH = 1024
"""Samples of a word, about a quarter of a second."""
VOWELS = {"a": (700, 1200), "i": (300, 1700), "u": (320, 800), "e": (450, 1550), "o": (480, 900)}
"""The two resonances of each vowel, in hertz; chosen by us."""
WORDS = ["ai", "ia", "ua", "au", "eo", "oe", "iu", "ui"]
"""The classes: each pair of vowels in both orders, so that which sounds occur does not settle the word."""
ACCENTS = (-1.0, -0.5, 0.5, 1.0)
"""Accents that nobody is trained on: 1 raises all resonances by 18 % and changes vowels 20 ms earlier."""
NOISE = 0.8
"""Loudness of the noise, where a word has 1."""

N_TRAIN = 1200
N_TEST = 400
"""Words per accent that are only listened to once training is over."""
N_FEW = 60
"""Words of the new accent that a model may learn from in the end."""
STEPS = 300
"""Updates of every network."""
STEPS_MORE = 80
"""Updates with the few words of the new accent."""
BATCH = 64

# --8<-- [start:settings]
CANDIDATES: Mapping[str, Sequence[Settings]] = {
    "logreg-wave": [{"C": c} for c in (0.001, 0.01, 0.1, 1.0)],
    "forest-wave": [{"max_features": f, "min_samples_leaf": n} for f in (16, 32) for n in (1, 3)],
    "logreg-bands": [{"C": c} for c in (0.03, 0.3, 3.0, 30.0)],
    "forest-bands": [{"max_features": f, "min_samples_leaf": n} for f in (4, 12) for n in (1, 3)],
    "shallow-bands": [{"hidden": h, "learning_rate": r} for h in (32, 128) for r in (0.003, 0.01)],
    "cnn-picture": [{"channels": c, "learning_rate": r} for c in (4, 8) for r in (0.003, 0.01)],
    "cnn-wave": [{"channels": c, "learning_rate": r} for c in (16, 24) for r in (0.003, 0.01)],
}
"""Four trials for each model, written down before any was tried."""
# --8<-- [end:settings]

# The winners of `search`, copied here so that no page searches again for each seed.
SETTINGS: Mapping[str, Settings] = {
    "logreg-wave": {"C": 0.01},
    "forest-wave": {"max_features": 32, "min_samples_leaf": 3},
    "logreg-bands": {"C": 0.3},
    "forest-bands": {"max_features": 4, "min_samples_leaf": 1},
    "shallow-bands": {"hidden": 128, "learning_rate": 0.01},
    "cnn-picture": {"channels": 4, "learning_rate": 0.003},
    "cnn-wave": {"channels": 24, "learning_rate": 0.01},
}


# --8<-- [start:speak]
def speak(n: int, chance: np.random.Generator, accent: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Let *n* different speakers say a word each.

    Pitch, length of the throat, moment of the change, loudness and noise differ from word to word.

    Args:
        n: How many words.
        chance: Decides everything about them.
        accent: 0 is how the speakers of the training words talk.

    Returns:
        Waves of unit loudness and the noise on top, shape `(n, 1024)`, and which word each is, shape `(n,)`.
    """
    word = chance.integers(len(WORDS), size=n)
    pitch = chance.uniform(90, 220, (n, 1))
    throat = 1 + 0.18 * accent + 0.08 * chance.standard_normal((n, 1))
    change = LENGTH * (chance.uniform(0.35, 0.65, (n, 1)) - 0.08 * accent)

    # Resonances glide slowly, so 64 moments are enough; between two of them loudness changes in a straight line.
    moments = np.linspace(0, LENGTH - 1, 64)
    position = np.arange(LENGTH) / (LENGTH - 1) * 63
    between = np.maximum(0, 1 - np.abs(position - np.arange(64)[:, None])).astype(np.float32)
    later = np.clip((moments - change) / 120 + 0.5, 0, 1)
    resonances = np.array([[VOWELS[vowel] for vowel in text] for text in WORDS])[word]  # n, two vowels, two resonances
    low, high = (throat * (resonances[:, :1, k] * (1 - later) + resonances[:, 1:, k] * later) for k in range(2))

    time = np.arange(LENGTH) / RATE
    vibrato = 1 + 0.02 * np.sin(2 * np.pi * 5 * time)
    turn = np.exp(2j * np.pi * np.cumsum(pitch * vibrato, axis=1) / RATE).astype(np.complex64)
    overtone = np.ones_like(turn)
    wave = np.zeros((n, LENGTH), dtype=np.float32)
    for h in range(1, int(1900 / pitch.min()) + 1):
        overtone *= turn
        heard = np.exp(-(((h * pitch - low) / 90) ** 2)) + 0.7 * np.exp(-(((h * pitch - high) / 120) ** 2)) + 0.03
        heard = heard * (h * pitch < 1900)
        phase = np.exp(1j * chance.uniform(0, 2 * np.pi, (n, 1))).astype(np.complex64)
        wave += (heard.astype(np.float32) @ between) * (overtone * phase).imag
    wave /= wave.std(axis=1, keepdims=True)
    return wave + NOISE * chance.standard_normal(wave.shape).astype(np.float32), word


# --8<-- [end:speak]


@dataclass(frozen=True)
class Speech:
    """All words of one seed; no two seeds share any."""

    x_train: np.ndarray
    """Waves, shape `(n, 1024)`."""
    y_train: np.ndarray
    """Which of the eight words each is, shape `(n,)`."""
    x_test: np.ndarray
    y_test: np.ndarray
    x_few: np.ndarray
    """A few words of the new accent that a model may learn from."""
    y_few: np.ndarray
    accents: Mapping[float, tuple[np.ndarray, np.ndarray]]
    """Test words by accent."""


def load(seed: int, n: int = N_TRAIN, n_test: int = N_TEST) -> Speech:
    """Record new speakers for each seed; training speakers have no accent."""
    chance = np.random.default_rng([18, seed])
    train, test, few = speak(n, chance), speak(n_test, chance), speak(N_FEW, chance, ACCENTS[-1])
    return Speech(*train, *test, *few, {accent: speak(n_test, chance, accent) for accent in ACCENTS})


# --8<-- [start:features]
def picture(waves: np.ndarray) -> np.ndarray:
    """Turn waves into spectrograms: how loud each of 60 pitches is at each of 15 moments.

    Returns:
        Log power, scaled to about unit size, shape `(n, 15, 60)`; a pitch step is 31 Hz, a moment 16 ms.
    """
    windows = np.lib.stride_tricks.sliding_window_view(waves, 128, axis=1)[:, ::64] * np.hanning(128)
    power = np.abs(np.fft.rfft(windows, axis=2)[:, :, 1:61]) ** 2
    return ((np.log(power + 0.01) - 1) / 3).astype(np.float32)


def bands(waves: np.ndarray) -> np.ndarray:
    """Describe waves as a speech engineer would: 12 bands of pitch in three thirds of the word, and how they change.

    Returns:
        Shape `(n, 48)`: 36 loudnesses relative to the whole word, then last third minus first for each band.
    """
    grouped = picture(waves).reshape(len(waves), 15, 12, 5).mean(axis=3)
    thirds = grouped.reshape(len(waves), 3, 5, 12).mean(axis=2)
    thirds = thirds - thirds.mean(axis=(1, 2), keepdims=True)
    return np.concatenate([thirds.reshape(len(waves), 36), thirds[:, 2] - thirds[:, 0]], axis=1)


# --8<-- [end:features]


def whole(waves: np.ndarray) -> np.ndarray:
    """Leave waves as they are."""
    return waves


HEARD: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {"wave": whole, "bands": bands, "picture": picture}
"""What a model is shown, by the second half of its name."""


def build(name: str, settings: Settings, seed: int) -> Any:
    """Make the untrained model called *name*; the seed decides its first weights or its draws."""
    kind = name.partition("-")[0]
    if kind == "logreg":
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - a run loads only what it trains
        from sklearn.pipeline import make_pipeline  # noqa: PLC0415
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

        return make_pipeline(StandardScaler(), LogisticRegression(C=settings["C"], max_iter=300))
    if kind == "forest":
        from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415
        from sklearn.pipeline import make_pipeline  # noqa: PLC0415

        return make_pipeline(RandomForestClassifier(80, random_state=seed, **settings))
    torch.manual_seed(seed)
    return {"shallow-bands": shallow, "cnn-picture": cnn_picture, "cnn-wave": cnn_wave}[name](settings)


# --8<-- [start:networks]
def shallow(settings: Settings) -> nn.Module:
    """Make a network with one hidden layer for the 48 numbers that the engineer chose."""
    hidden = settings["hidden"]
    return nn.Sequential(nn.BatchNorm1d(48), nn.Linear(48, hidden), nn.ReLU(), nn.Linear(hidden, len(WORDS)))


def cnn_picture(settings: Settings) -> nn.Module:
    """Make three layers of filters that slide over the spectrogram, from 15x60 down to 8x15 places."""
    c = settings["channels"]
    return nn.Sequential(
        nn.Unflatten(1, (1, 15)),
        nn.Conv2d(1, c, (3, 5), stride=(1, 2), padding=(1, 2)), nn.BatchNorm2d(c), nn.ReLU(),
        nn.Conv2d(c, 2 * c, 3, stride=2, padding=1), nn.BatchNorm2d(2 * c), nn.ReLU(),
        nn.Conv2d(2 * c, 2 * c, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d((3, 5)),
        nn.Flatten(), nn.Linear(30 * c, len(WORDS)),
    )  # fmt: skip


def cnn_wave(settings: Settings) -> nn.Module:
    """Make three layers of filters that slide along the wave itself; the first must find pitches by itself."""
    c = settings["channels"]
    return nn.Sequential(
        nn.Unflatten(1, (1, LENGTH)),
        nn.Conv1d(1, c, 64, stride=8), nn.BatchNorm1d(c), nn.ReLU(),
        nn.Conv1d(c, 32, 5, stride=2), nn.BatchNorm1d(32), nn.ReLU(),
        nn.Conv1d(32, 32, 5, stride=2), nn.BatchNorm1d(32), nn.ReLU(),
        nn.AdaptiveAvgPool1d(4), nn.Flatten(), nn.Linear(128, len(WORDS)),
    )  # fmt: skip


# --8<-- [end:networks]


def train(model: Any, x: np.ndarray, y: np.ndarray, *, seed: int, rate: float = 0.0, steps: int = STEPS) -> Any:
    """Fit either kind of model to examples `x`, shape `(n, ...)`, and classes `y`, shape `(n,)`."""
    if isinstance(model, nn.Module):
        return fit(model, *tensors(x, y), seed=seed, steps=steps, learning_rate=rate, weight_decay=0.01, batch=BATCH)
    return model.fit(x, y)


def right(model: Any, x: np.ndarray, y: np.ndarray) -> float:
    """Return the share of words that either kind of model names."""
    return accuracy(model, *tensors(x, y)) if isinstance(model, nn.Module) else float(model.score(x, y))


# --8<-- [start:adapt]
def adapt(model: Any, x: np.ndarray, y: np.ndarray, few: np.ndarray, y_few: np.ndarray, *, seed: int) -> Any:
    """Teach a trained model the few words of the new accent, each family in its own way.

    A classical model is fitted again to the old words and the new, and a new one counts eight times.  A network goes
    on training, with small steps, on the new words and as many old ones, so that it does not forget those.
    """
    model = copy.deepcopy(model)
    if isinstance(model, nn.Module):
        both = np.concatenate([few, x[: len(few)]]), np.concatenate([y_few, y[: len(few)]])
        return train(model, *both, seed=seed, rate=0.001, steps=STEPS_MORE)
    weights = np.concatenate([np.ones(len(x)), np.full(len(few), 8.0)])
    last = model.steps[-1][0]
    return model.fit(np.concatenate([x, few]), np.concatenate([y, y_few]), **{f"{last}__sample_weight": weights})


# --8<-- [end:adapt]


# --8<-- [start:measure]
def measure(run: Run, name: str) -> None:
    """Train a model on words without accent; then let it listen to new speakers, accents, and learn a little more."""
    speech = load(run.seed, run.config.get("n", N_TRAIN), run.config.get("n_test", N_TEST))
    hear = HEARD[name.partition("-")[2]]
    settings, steps = SETTINGS[name], run.config.get("steps", STEPS)
    x, x_test, x_few = hear(speech.x_train), hear(speech.x_test), hear(speech.x_few)
    accents = {accent: (hear(waves), y) for accent, waves_y in speech.accents.items() for waves, y in [waves_y]}
    model = build(name, settings, run.seed)
    rate = settings.get("learning_rate", 0.0)
    with run.timer("train_s"):
        train(model, x, speech.y_train, seed=run.seed, rate=rate, steps=steps)
    run.summary["train_acc"] = right(model, x, speech.y_train)

    before = fingerprint(model)
    heard = {0.0: right(model, x_test, speech.y_test), **{a: right(model, *test) for a, test in accents.items()}}
    run.summary["n_changed"] = int((fingerprint(model) != before).sum())
    for step, accent in enumerate(sorted(heard)):
        run.log({"accent": 18 * accent, "heard_acc": heard[accent]}, step=step)
    run.summary["test_acc"] = heard[0.0]
    run.summary["accent_acc"] = heard[ACCENTS[-1]]

    adapted = adapt(model, x, speech.y_train, x_few, speech.y_few, seed=run.seed)
    run.summary["adapted_acc"] = right(adapted, *accents[ACCENTS[-1]])
    run.summary["native_after_acc"] = right(adapted, x_test, speech.y_test)
    run.summary["n_train"] = len(x)
    run.summary["n_test"] = len(x_test)
    run.summary["n_few"] = len(x_few)
    if isinstance(model, nn.Module):
        run.summary["n_params"] = count(model)


# --8<-- [end:measure]


def fingerprint(model: Any) -> np.ndarray:
    """Lay out all weights of a network in a row, shape `(weights,)`; of a classical model the bytes that make it up."""
    if isinstance(model, nn.Module):
        return np.concatenate([value.double().numpy().ravel() for value in model.state_dict().values()])
    import pickle  # noqa: PLC0415 - only compared, never kept or read

    return np.frombuffer(pickle.dumps(model), dtype=np.uint8)


def search(run: Run) -> None:
    """Try the four candidates of one model on speakers of their own, and say which is best and whether it is in use."""
    name = run.config["model"]
    waves, y = speak(N_TRAIN, np.random.default_rng([18, 1000]))
    waves_valid, y_valid = speak(N_TEST, np.random.default_rng([18, 1001]))
    hear = HEARD[name.partition("-")[2]]
    x, x_valid = hear(waves), hear(waves_valid)

    def score(settings: Settings) -> float:
        model = build(name, settings, 0)
        steps = run.config.get("steps", STEPS)
        train(model, x, y, seed=0, rate=settings.get("learning_rate", 0.0), steps=steps)
        return right(model, x_valid, y_valid)

    trials.search(run, CANDIDATES[name], score, SETTINGS[name])


# --8<-- [start:draw]
def draw(run: Any) -> None:
    """Keep a spectrogram of each word, spoken without accent and with the strongest, and count the data."""
    chance = np.random.default_rng([18, 2000])
    pictures, labels = [], []
    for accent, said in ((0.0, ""), (ACCENTS[-1], ", new accent")):
        waves, word = speak(200, chance, accent)
        for k, text in enumerate(WORDS):
            seen = picture(waves[word == k][:1])[0]
            pictures.append(np.clip((seen.T[::-1] + 1.5) / 3, 0, 1).repeat(3, axis=1))
            labels.append(text + said)
    run.images("word", np.array(pictures), labels)
    run.summary["n_train"], run.summary["n_test"], run.summary["n_few"] = N_TRAIN, N_TEST, N_FEW
    run.summary["n_positions"], run.summary["n_classes"] = LENGTH, len(WORDS)


# --8<-- [end:draw]

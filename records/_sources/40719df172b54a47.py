"""Probes: look into a convolutional network while it learns and afterwards, on pictures whose figure we placed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
import torch
from sklearn.linear_model import RidgeClassifier
from sklearn.preprocessing import StandardScaler
from torch import nn

from examples.contest import N_TEST
from examples.contest_nets import SETTINGS
from examples.shapenets import BATCH, STEPS, build, centred
from examples.shapes import KINDS, N_TRAIN, Pictures, Run, load
from examples.training import accuracy, fit, scores, tensors

N_VALID = 500
"""Pictures on which a probe's only setting is chosen."""
PENALTIES = (1.0, 30.0, 1000.0, 30000.0)
"""How strongly a probe's weights are pulled towards zero; the best on validation pictures is kept."""
STAGES = ("pixels", "block1", "block2", "block3", "strongest")
"""Where probes are put: the picture, what each block says of each place, each filter's strongest answer."""


# --8<-- [start:stages]
def stages(model: nn.Module, x: np.ndarray) -> dict[str, np.ndarray]:
    """Return what a network from `shapenets.cnn` makes of pictures, stage by stage.

    Args:
        model: The network; it is asked, not trained.
        x: Pictures, shape `(n, 24, 24)`.

    Returns:
        One array per name in `STAGES`, each with all that the stage says in a row per picture.
    """
    found = {"pixels": centred(x).reshape(len(x), -1)}
    for name, depth in (("block1", 2), ("block2", 3), ("block3", 4), ("strongest", 6)):
        part = nn.Sequential(*list(model.children())[:depth])
        found[name] = scores(part, torch.as_tensor(centred(x))).flatten(1).numpy()
    return found


# --8<-- [end:stages]


# --8<-- [start:probe]
def probe(train: np.ndarray, valid: np.ndarray, test: np.ndarray, y: Sequence[np.ndarray]) -> float:
    """Ask how well a weighted sum can tell the classes apart, the simplest reader there is.

    Args:
        train: A row per picture, shape `(n, columns)`; likewise *valid* and *test*.
        valid: Chooses the penalty.
        test: Is what counts.
        y: The classes of the three.

    Returns:
        Share of test pictures that are named.

    Source:
        Alain and Bengio, Understanding intermediate layers using linear classifier probes, 2016, arXiv:1610.01644.
    """
    scale = StandardScaler().fit(train)
    rows, held, asked = (scale.transform(part) for part in (train, valid, test))
    readers = [RidgeClassifier(alpha=penalty).fit(rows, y[0]) for penalty in PENALTIES]
    return float(max(readers, key=lambda reader: reader.score(held, y[1])).score(asked, y[2]))


# --8<-- [end:probe]


# --8<-- [start:edges]
def edge_likeness(filters: np.ndarray, angles: int = 24) -> float:
    """Say how much filters look like an edge or a bar: 1 is one exactly, and what chance makes is well above 0.

    Each filter is compared with ramps, steps, bars and stripes in all directions; the share of its variation that the
    most similar one explains is averaged over filters.

    Args:
        filters: Shape `(n, side, side)`.
        angles: Directions that are tried.
    """
    half = filters.shape[1] // 2
    down, across = np.mgrid[-half : half + 1, -half : half + 1]
    window = np.exp(-(across**2 + down**2) / 8)
    filters = filters - filters.mean(axis=(1, 2), keepdims=True)
    best = np.zeros(len(filters))
    for angle in np.linspace(0, np.pi, angles, endpoint=False):
        along = across * np.cos(angle) + down * np.sin(angle)
        for pattern in (along, np.tanh(2 * along), np.sin(1.3 * along), np.cos(1.6 * along)):
            shaped = pattern * window - (pattern * window).mean()
            match = (filters * shaped).sum(axis=(1, 2)) ** 2 / (shaped**2).sum() / (filters**2).sum(axis=(1, 2))
            best = np.maximum(best, match)
    return float(best.mean())


# --8<-- [end:edges]


# --8<-- [start:saliency]
def saliency(model: nn.Module, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Ask which pixels matter: how much the true class's lead over the others changes when a pixel does.

    Args:
        model: The network.
        x: Pictures, shape `(n, 24, 24)`.
        y: Their classes, shape `(n,)`.

    Returns:
        Steepness at each pixel, averaged over its 3 by 3 neighbourhood, shape `(n, 24, 24)`, at least 0.

    Source:
        Simonyan, Vedaldi and Zisserman, Deep inside convolutional networks, 2013, arXiv:1312.6034.
    """
    pictures = torch.as_tensor(centred(x)).requires_grad_()
    lead = nn.functional.log_softmax(model.eval()(pictures), dim=1)
    lead.gather(1, torch.as_tensor(y)[:, None]).sum().backward()
    steep = pictures.grad.abs()[:, None]
    mean: np.ndarray = nn.functional.avg_pool2d(steep, 3, stride=1, padding=1)[:, 0].numpy()
    return mean


def pointing(heat: np.ndarray, pictures: Pictures) -> float:
    """Return how often the hottest pixel lies on the figure or next to it."""
    near = nn.functional.max_pool2d(torch.as_tensor(pictures.covered)[:, None], 3, stride=1, padding=1)[:, 0] > 0.5
    hottest = heat.reshape(len(heat), -1).argmax(axis=1)
    return float(near.flatten(1).numpy()[np.arange(len(heat)), hottest].mean())


def area(pictures: Pictures) -> float:
    """Return how often a pixel drawn by lot lies on the figure or next to it."""
    near = nn.functional.max_pool2d(torch.as_tensor(pictures.covered)[:, None], 3, stride=1, padding=1) > 0.5
    return float(near.double().mean())


# --8<-- [end:saliency]


def grey(values: np.ndarray) -> np.ndarray:
    """Turn weights into grey: 0.5 is zero, white the largest size with plus, black with minus."""
    tinted: np.ndarray = 0.5 + values / (2 * np.abs(values).max() + 1e-9)
    return tinted


CELL = 25
"""Height and width of one small picture on a sheet."""


def strip(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Put small pictures side by side, their pixels as large as fit a cell, with a white line between."""
    cells = []
    for picture in pictures:
        large = np.kron(picture, np.ones((CELL // len(picture),) * 2))
        room = CELL + 2 - len(large)
        cells.append(np.pad(large, (room // 2, room - room // 2), constant_values=1.0))
    return np.concatenate(cells, axis=1)


# --8<-- [start:film]
def frame(model: nn.Module, picture: np.ndarray) -> np.ndarray:
    """Show the first block: above, its filters; below, how strongly each answers where in a picture.

    Args:
        model: The network.
        picture: Shape `(24, 24)`.

    Returns:
        Grey values between 0 and 1, shape `(54, 27 * filters)`.
    """
    block = list(model.children())[1]
    filters = block[0].weight.detach().numpy()[:, 0]
    with torch.no_grad():
        answers = block.eval()(torch.as_tensor(centred(picture))[None, None])[0].numpy()
    return np.concatenate([strip([grey(f) for f in filters]), strip([a / (a.max() + 1e-9) for a in answers])])


# --8<-- [end:film]


# --8<-- [start:record]
def film(run: Run) -> None:
    """Train the network once more and keep a frame of its first block after each epoch, as pictures `film`."""
    config, settings = run.config, SETTINGS["pixels-cnn"]
    data = load(run.seed, config.get("n", N_TRAIN), config.get("n_test", N_TEST))
    model = build("cnn", settings, run.seed)
    star = data.test.x[data.test.y == KINDS.index("star")][0]
    frames, words = [frame(model, star)], ["before training"]

    def watch(_: int, loss: float) -> None:
        """Keep a frame after each epoch."""
        words.append(f"after {len(frames)} epoch{'s' if len(frames) > 1 else ''}, training loss {loss:.2f}")
        frames.append(frame(model, star))

    rates = {key: settings[key] for key in ("learning_rate", "weight_decay")}
    steps, epoch = config.get("steps", STEPS), max(1, len(data.train.x) // BATCH)
    x, y = tensors(centred(data.train.x), data.train.y)
    fit(model, x, y, seed=run.seed, steps=steps, batch=BATCH, watch=watch, every=epoch, **rates)
    run.summary["n_epochs"] = len(frames) - 1
    run.images("film", np.stack(frames), words)


# --8<-- [end:record]


def restore(weights: BinaryIO, seed: int) -> nn.Module:
    """Make the network whose weights another run kept."""
    model = build("cnn", SETTINGS["pixels-cnn"], seed)
    kept = np.load(io.BytesIO(weights.read()))
    model.load_state_dict({name: torch.as_tensor(kept[name]) for name in kept.files})
    return model.eval()


# --8<-- [start:look]
def look(run: Run, weights: BinaryIO | None = None) -> None:
    """Record what is found inside a trained network, or inside the same one as chance made it.

    Args:
        run: Keeps pictures of the first seed only.
        weights: What the run that trained the network on the pictures of this seed kept.  Without them everything is
            measured in the same way on a network that never learned: the control.
    """
    config = run.config
    data = load(run.seed, config.get("n", N_TRAIN), config.get("n_test", N_TEST), config.get("n_valid", N_VALID))
    model = build("cnn", SETTINGS["pixels-cnn"], run.seed) if weights is None else restore(weights, run.seed)
    parts = [stages(model, part.x) for part in (data.train, data.valid, data.test)]
    for place, name in enumerate(STAGES):
        found = probe(*(part[name] for part in parts), [data.train.y, data.valid.y, data.test.y])
        run.log({"probe_acc": found}, step=place)
        run.summary[f"probe_{name}"] = found
        run.summary[f"columns_{name}"] = parts[0][name].shape[1]
    run.summary["test_acc"] = accuracy(model, *tensors(centred(data.test.x), data.test.y))
    run.summary["train_acc"] = accuracy(model, *tensors(centred(data.train.x), data.train.y))
    run.summary["edge_likeness"] = edge_likeness(list(model.children())[1][0].weight.detach().numpy()[:, 0])
    heat = saliency(model, data.test.x, data.test.y)
    run.summary["pointing"], run.summary["figure_share"] = pointing(heat, data.test), area(data.test)
    run.summary["n_train"], run.summary["n_test"] = len(data.train.x), len(data.test.x)
    if weights is not None and run.seed == 0:
        keep(run, data.test, heat, model)


# --8<-- [end:look]


def keep(run: Run, test: Pictures, heat: np.ndarray, model: nn.Module) -> None:
    """Keep pictures of where the network looks, and of what its last filters answer to."""
    first = [int(np.flatnonzero(test.y == kind)[0]) for kind in range(len(KINDS))]
    seen = [strip([np.clip(test.x[i], 0, 1), heat[i] / heat[i].max()]) for i in first]
    run.images("gaze", np.stack(seen), [KINDS[test.y[i]] for i in first])
    last = scores(nn.Sequential(*list(model.children())[:6]), torch.as_tensor(centred(test.x))).numpy()
    best = [np.argsort(-last[:, unit])[:6] for unit in range(8)]
    run.images(
        "strongest",
        np.stack([strip(np.clip(test.x[chosen], 0, 1)) for chosen in best]),
        [most(test.y[chosen]) for chosen in best],
    )


def most(classes: np.ndarray) -> str:
    """Name the commonest kind and its count."""
    counts = np.bincount(classes, minlength=len(KINDS))
    return f"{KINDS[counts.argmax()]} {counts.max()} of {len(classes)}"

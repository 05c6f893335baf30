"""Adversarial: change every pixel a little in the direction that misleads a network most, and in a random one.

Network and reader of descriptors are those of `contest.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO, Protocol

import numpy as np
import torch
from torch import nn

from examples import recorder
from examples.contest import SETTINGS, drawn
from examples.features import Reader
from examples.probes import restore, strip
from examples.shapenets import centred
from examples.shapes import KINDS
from examples.training import scores

SIZES = (0.0, 0.02, 0.04, 0.06, 0.08, 0.1)
"""By how much each pixel is changed, where black is 0 and white is 1; the pictures' own noise has a spread of 0.12."""


# --8<-- [start:push]
def push(model: nn.Module, x: np.ndarray, y: np.ndarray, seed: int, *, aimed: bool) -> np.ndarray:
    """Choose for each pixel whether to make it lighter or darker.

    Args:
        model: The network to mislead.
        x: Pictures, shape `(n, 24, 24)`.
        y: Their classes, shape `(n,)`.
        seed: Decides the random directions.
        aimed: Follow the slope of the network's error, or toss a coin for each pixel: the control, of equal size.

    Returns:
        -1 or 1 for each pixel, the shape of *x*.

    Source:
        Goodfellow, Shlens and Szegedy, Explaining and harnessing adversarial examples, 2014, arXiv:1412.6572.
    """
    if not aimed:
        return np.random.default_rng(seed).choice([-1.0, 1.0], size=x.shape).astype(np.float32)
    pictures = torch.as_tensor(centred(x)).requires_grad_()
    nn.functional.cross_entropy(model.eval()(pictures), torch.as_tensor(y), reduction="sum").backward()
    directions: np.ndarray = pictures.grad.sign().numpy()
    return directions


# --8<-- [end:push]


class Run(recorder.Run, Protocol):
    """The part of `mkdocs_dlplugin.run` that showing pictures takes."""

    def images(self, name: str, array: np.ndarray, labels: Sequence[str] | None = None) -> None:
        """Keep arrays as pictures."""


# --8<-- [start:attack]
def attack(run: Run, weights: BinaryIO) -> None:
    """Record how many pictures are still named when they are pushed harder and harder.

    Args:
        run: Its parameters say `push` (`aimed` or `random`) and who is asked, `asked` (`cnn` or `descriptors`).
            Aimed pushes are always aimed at the CNN.
        weights: What the run that trained the CNN kept.
    """
    data = drawn(run)
    test, model = data.test, restore(weights, run.seed)

    def ask(x: np.ndarray) -> np.ndarray:
        """Name the CNN's choice for each picture."""
        chosen: np.ndarray = scores(model, torch.as_tensor(centred(x))).argmax(1).numpy()
        return chosen

    if run.config["asked"] == "descriptors":
        settings = SETTINGS["descriptors-forest"]
        reader = Reader("descriptors", "forest", settings, run.seed).fit(data.train.x, data.train.y)
        named = lambda x: reader.learned.predict(reader.see(x))  # noqa: E731 - two ways to say one thing
    else:
        named = ask
    directions = push(model, test.x, test.y, run.seed, aimed=run.config["push"] == "aimed")
    for step, size in enumerate(SIZES):
        right = named(test.x + size * directions) == test.y
        run.log({"push_size": size, "pushed_acc": float(right.mean())}, step=step)
    run.summary["n_train"], run.summary["n_test"] = len(data.train.x), len(test.x)
    if run.seed == 0 and run.config["push"] == "aimed" and named is ask:
        show(run, test.x, test.y, directions, ask)


# --8<-- [end:attack]


def show(
    run: Run, x: np.ndarray, y: np.ndarray, directions: np.ndarray, ask: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Keep pictures that the CNN names rightly until they are pushed: before, the push, after."""
    size = SIZES[-1]
    before, after = ask(x), ask(x + size * directions)
    fooled = np.flatnonzero((before == y) & (after != y))[:6]
    pushed = x + size * directions
    sheets = [strip([np.clip(x[i], 0, 1), 0.5 + size * directions[i], np.clip(pushed[i], 0, 1)]) for i in fooled]
    run.images("fooled", np.stack(sheets), [f"{KINDS[y[i]]}, then {KINDS[after[i]]}" for i in fooled])

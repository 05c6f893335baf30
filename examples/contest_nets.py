"""Contest, networks: train the networks of shapes with the settings their search found, and keep what they learned."""

from __future__ import annotations

from typing import Any, Protocol

from examples import recorder
from examples.contest import drawn, report
from examples.features import Settings
from examples.shapenets import STEPS, centred, learn
from examples.shapes import NOISE, SIZE
from examples.training import accuracy, count, tensors

# What `python -m examples.features_tuning` found; a test compares this with the recorded search.
SETTINGS: dict[str, Settings] = {
    "pixels-mlp": {"hidden": 128, "learning_rate": 0.01, "weight_decay": 0.01, "dropout": 0.2},
    "pixels-cnn": {"channels": 8, "learning_rate": 0.01, "weight_decay": 1.0, "dropout": 0.0},
}


class Run(recorder.Run, Protocol):
    """The part of `mkdocs_dlplugin.run` that the contest of networks uses."""

    def save(self, name: str, data: Any = None) -> None:
        """Keep a file."""


# --8<-- [start:train]
def train(run: Run, name: str) -> None:
    """Train a network on the pixels and keep the CNN's weights: other pages look into it and build on it.

    Args:
        run: Gets the weights as `weights.npz` where the pictures are as quiet as usual.
        name: `mlp` or `cnn`.
    """
    data, settings = drawn(run), SETTINGS[f"pixels-{name}"]
    steps = run.config.get("steps", STEPS)
    with run.timer("train_s"):
        model = learn(name, settings, data.train.x, data.train.y, seed=run.seed, steps=steps)
    run.summary["n_features"] = SIZE * SIZE
    run.summary["n_params"] = count(model)
    if name == "cnn" and run.config.get("noise", NOISE) == NOISE:
        run.save("weights.npz", model.state_dict())
    report(run, f"pixels-{name}", data, lambda x, y: accuracy(model, *tensors(centred(x), y)))


# --8<-- [end:train]

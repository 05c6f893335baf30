"""Hardware: how fast one family of convolutional networks trains as it grows, on whatever device the run has.

`python -m examples.hardware` prints the sweep for this machine's CPU, `--device cuda` for a GPU.
"""

from __future__ import annotations

import argparse

import torch
from torch import nn

from examples import training
from examples.recorder import PlainRun, Run

SIDE = 24
"""Pixels along each side of an image."""
CLASSES = 8
BATCH = 64
"""Images per update."""
STEPS = 6
"""Updates that are timed."""


# --8<-- [start:network]
def network(width: int) -> nn.Module:
    """Make three layers of filters for 24x24 grey images; the width sets how many filters each layer has."""
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(2 * width, 2 * width, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(2),
        nn.Flatten(), nn.Linear(8 * width, CLASSES),
    )  # fmt: skip


def operations(width: int) -> int:
    """Count the multiplications and additions of one update, the backward pass at twice the forward one.

    Each filter weight is used once per position: 24x24, then 12x12, then 6x6.
    """
    forward = SIDE**2 * 9 * width + (SIDE // 2) ** 2 * 9 * width * 2 * width + (SIDE // 4) ** 2 * 9 * (2 * width) ** 2
    return 2 * 3 * BATCH * (forward + 8 * width * CLASSES)


# --8<-- [end:network]


# --8<-- [start:speed]
def speed(run: Run) -> None:
    """Time six updates on noise images, after two that do not count; what is learnt does not matter here.

    Noise stands in for images because only the amount of arithmetic decides the time.  On a GPU `run.timer` waits until
    it has finished.
    """
    width = run.config["width"]
    torch.manual_seed(run.seed)
    model = network(width).to(run.device)
    x = torch.randn(BATCH, 1, SIDE, SIDE, device=run.device)
    y = torch.randint(0, CLASSES, (BATCH,), device=run.device)
    training.fit(model, x, y, seed=run.seed, steps=2, batch=BATCH)
    with run.timer("updates_s"):
        training.fit(model, x, y, seed=run.seed, steps=STEPS, batch=BATCH)
    run.summary["n_params"] = training.count(model)
    run.summary["n_operations"] = operations(width)
    run.summary["n_images"] = BATCH * STEPS


# --8<-- [end:speed]


def main() -> None:
    """Print the sweep at the terminal."""
    parser = argparse.ArgumentParser(description="Time updates of convolutional networks of growing width.")
    parser.add_argument("--device", default="cpu")
    device = parser.parse_args().device
    for width in (8, 16, 32, 64):
        run = PlainRun(device=device, config={"width": width})
        speed(run)
        rate = run.summary["n_images"] / run.timings["updates_s"]
        print(f"width {width:3}  {run.summary['n_params']:9,} parameters  {rate:8,.0f} images a second")


if __name__ == "__main__":
    main()

"""Backpropagation by hand: a network in NumPy that learns digits, with every derivative written out and checked.

Its rivals, with as many passes over examples: training the last layer alone, and changing weights by chance.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from examples.digits import Digits, load
from examples.recorder import Run

HIDDEN = 24
"""Units of the hidden layer."""
STEPS, BATCH = 800, 64
"""Updates, and digits per update."""
PASSES = 3 * STEPS * BATCH
"""Passes of one digit through the network that every rival may spend: a step back costs about two forward."""
RATES = (0.1, 0.3, 1.0)
"""Learning rates of which validation digits choose one."""
JUMPS = (0.01, 0.03, 0.1)
"""First sizes of a random change, of which validation digits choose one."""
POOL = 256
"""Training digits on which random changes are judged."""
POINTS = 16
"""Points of a curve."""


# --8<-- [start:forward]
@dataclass(frozen=True)
class Weights:
    """All that the network learns."""

    w1: np.ndarray
    """From the 64 pixels to the hidden units, shape `(64, h)`."""
    b1: np.ndarray
    w2: np.ndarray
    """From the hidden units to the ten digits, shape `(h, 10)`."""
    b2: np.ndarray

    def parts(self) -> list[np.ndarray]:
        """List the four arrays."""
        return [self.w1, self.b1, self.w2, self.b2]


def first(seed: int, hidden: int = HIDDEN) -> Weights:
    """Draw first weights; larger layers get smaller ones, so that sums keep their size."""
    chance = np.random.default_rng(seed)
    return Weights(
        chance.standard_normal((64, hidden)) / 8, np.zeros(hidden),
        chance.standard_normal((hidden, 10)) / math.sqrt(hidden), np.zeros(10),
    )  # fmt: skip


def forward(w: Weights, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Run pixels, shape `(n, 64)`, through the network.

    Returns:
        What the hidden units say, shape `(n, h)`, and the probability of each digit, shape `(n, 10)`.
    """
    hidden = np.tanh(x @ w.w1 + w.b1)
    scores = hidden @ w.w2 + w.b2
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, raised / raised.sum(axis=1, keepdims=True)


def loss(w: Weights, x: np.ndarray, y: np.ndarray) -> float:
    """Return the mean cross-entropy: how surprised the network is by the right digits, shape `(n,)`, in nats."""
    return float(-np.log(forward(w, x)[1][np.arange(len(y)), y]).mean())


# --8<-- [end:forward]


# --8<-- [start:backward]
def backward(w: Weights, x: np.ndarray, y: np.ndarray) -> Weights:
    """Return the derivative of the loss by each weight, in the shape of the weights.

    The chain rule, from the end: what a unit passes on is how much the loss would grow if its sum grew.

    Source:
        Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors, Nature 323.
    """
    hidden, probability = forward(w, x)
    # Output: too much probability is positive, too little negative; the mean is over the examples.
    at_output = probability.copy()
    at_output[np.arange(len(y)), y] -= 1
    at_output /= len(y)
    # Hidden: each unit collects the errors it fed, weighted by its edges, times the slope of tanh.
    at_hidden = (at_output @ w.w2.T) * (1 - hidden**2)
    # An edge: what came in at its start, times the error at its end.
    return Weights(x.T @ at_hidden, at_hidden.sum(axis=0), hidden.T @ at_output, at_output.sum(axis=0))


# --8<-- [end:backward]


# --8<-- [start:check]
def numeric(w: Weights, x: np.ndarray, y: np.ndarray, width: float = 1e-5) -> Weights:
    """Measure each derivative instead: move a weight up and down a little, and see how the loss changes."""
    found = []
    for part in w.parts():
        slope = np.empty(part.size)
        for at in range(part.size):
            kept = part.flat[at]
            part.flat[at] = kept + width
            above = loss(w, x, y)
            part.flat[at] = kept - width
            below = loss(w, x, y)
            part.flat[at] = kept
            slope[at] = (above - below) / (2 * width)
        found.append(slope.reshape(part.shape))
    return Weights(*found)


def automatic(w: Weights, x: np.ndarray, y: np.ndarray) -> Weights:
    """Let torch's automatic differentiation find the derivatives."""
    import torch  # noqa: PLC0415 - only this check needs it

    parts = [torch.tensor(part, requires_grad=True) for part in w.parts()]
    hidden = torch.tanh(torch.tensor(x) @ parts[0] + parts[1])
    torch.nn.functional.cross_entropy(hidden @ parts[2] + parts[3], torch.as_tensor(y)).backward()
    return Weights(*(part.grad.numpy() for part in parts))


def apart(a: Weights, b: Weights) -> float:
    """Return the largest difference between two sets of derivatives."""
    return max(float(np.abs(one - other).max()) for one, other in zip(a.parts(), b.parts(), strict=True))


def check(run: Run) -> None:
    """Compare the derivatives by hand with measured and with automatic ones, for every weight."""
    data, w = load(run.seed), first(run.seed)
    x, y = data.x_train[:BATCH], data.y_train[:BATCH]
    by_hand = backward(w, x, y)
    run.summary["diff_numeric"] = apart(by_hand, numeric(w, x, y))
    run.summary["diff_autograd"] = apart(by_hand, automatic(w, x, y))
    run.summary["largest_gradient"] = max(float(np.abs(part).max()) for part in by_hand.parts())
    run.summary["n_params"] = sum(part.size for part in w.parts())
    run.summary["n_train"], run.summary["n_test"] = len(data.x_train), len(data.x_test)


# --8<-- [end:check]


# --8<-- [start:descend]
Curve = list[tuple[int, float]]
"""Passes spent so far, and the share of validation digits named."""


def descend(data: Digits, seed: int, rate: float, *, all_layers: bool = True) -> tuple[Weights, Curve]:
    """Follow the slope downhill: each update moves every weight against its derivative.

    Args:
        data: The digits.
        seed: Decides first weights and the order of the digits.
        rate: How far to move.
        all_layers: Whether the hidden layer learns too, or stays as it was drawn.
    """
    w, chance, curve = first(seed), np.random.default_rng([seed, 1]), []
    for step in range(1, STEPS + 1):
        chosen = chance.integers(0, len(data.x_train), BATCH)
        slope = backward(w, data.x_train[chosen], data.y_train[chosen])
        moved = [part - rate * by for part, by in zip(w.parts(), slope.parts(), strict=True)]
        w = Weights(*moved) if all_layers else Weights(w.w1, w.b1, *moved[2:])
        if step % (STEPS // POINTS) == 0:
            curve.append((3 * step * BATCH, accuracy(w, data.x_valid, data.y_valid)))
    return w, curve


# --8<-- [end:descend]


# --8<-- [start:climb]
def climb(data: Digits, seed: int, jump: float) -> tuple[Weights, Curve]:
    """Change all weights by chance and keep a change that lowers the loss: no derivative is needed.

    Jumps grow after a success and shrink after a failure.
    """
    w, chance, curve = first(seed), np.random.default_rng([seed, 1]), []
    x, y = data.x_train[:POOL], data.y_train[:POOL]
    best, tries = loss(w, x, y), PASSES // len(x)
    for number in range(1, tries + 1):
        other = Weights(*(part + jump * chance.standard_normal(part.shape) for part in w.parts()))
        found = loss(other, x, y)
        if found < best:
            w, best, jump = other, found, jump * 1.1
        else:
            jump = max(jump * 0.98, 1e-3)
        if number % (tries // POINTS) == 0:
            curve.append((number * len(x), accuracy(w, data.x_valid, data.y_valid)))
    return w, curve


# --8<-- [end:climb]


def accuracy(w: Weights, x: np.ndarray, y: np.ndarray) -> float:
    """Return the share of digits named."""
    return float(np.mean(forward(w, x)[1].argmax(axis=1) == y))


# --8<-- [start:measure]
def train(run: Run, way: str) -> None:
    """Measure one way to learn: of three step sizes the one that does best on validation digits is tested.

    Args:
        run: Its seed decides the split of the digits, the first weights and the order.
        way: `backprop`, `last-layer` or `climb`.
    """
    data = load(run.seed)
    found = []
    for size in JUMPS if way == "climb" else RATES:
        if way == "climb":
            w, curve = climb(data, run.seed, size)
        else:
            w, curve = descend(data, run.seed, size, all_layers=way == "backprop")
        found.append((accuracy(w, data.x_valid, data.y_valid), size, w, curve))
    best, _, w, curve = max(found, key=lambda one: one[0])
    for passes, share in curve:
        run.log({"val_acc": share}, step=passes)
    run.summary["val_acc"] = best
    run.summary["test_acc"] = accuracy(w, data.x_test, data.y_test)
    run.summary["train_acc"] = accuracy(w, data.x_train, data.y_train)
    run.summary["trials"] = len(found)
    run.summary["n_passes"] = PASSES
    run.summary["n_train"], run.summary["n_test"] = len(data.x_train), len(data.x_test)


# --8<-- [end:measure]


# --8<-- [start:steps]
INPUTS, TARGET, RATE = (1.0, 0.5), 1.0, 1.0
"""What the smallest network sees, what it should say, and how far an update goes."""
EDGES: Mapping[str, float] = {
    "x1 → h1": 0.6, "x2 → h1": -0.4, "x1 → h2": -0.5, "x2 → h2": 0.8, "h1 → y": 0.7, "h2 → y": -0.9,
}  # fmt: skip
"""The weights of its six edges."""


def squash(total: float) -> float:
    """Squeeze a sum between 0 and 1: the logistic function."""
    return 1 / (1 + math.exp(-total))


@dataclass(frozen=True)
class Pass:
    """One pass forward and back through the smallest network."""

    sums: dict[str, float]
    """What arrives at `h1`, `h2` and `y`."""
    outputs: dict[str, float]
    """What each of the five nodes passes on."""
    errors: dict[str, float]
    """How much the error would grow if the sum of a node grew."""
    gradients: dict[str, float]
    """How much the error would grow if the weight of an edge grew."""
    error: float
    """Half the squared distance from the target."""


def one_pass(edges: Mapping[str, float]) -> Pass:
    """Run the inputs forward and the error back."""
    outputs, sums = dict(zip(("x1", "x2"), INPUTS, strict=True)), {}
    for node in ("h1", "h2", "y"):
        sums[node] = sum(w * outputs[e.split(" → ")[0]] for e, w in edges.items() if e.endswith(node))
        outputs[node] = squash(sums[node])
    slope = {node: outputs[node] * (1 - outputs[node]) for node in sums}
    errors = {"y": (outputs["y"] - TARGET) * slope["y"]}
    for node in ("h1", "h2"):
        errors[node] = errors["y"] * edges[f"{node} → y"] * slope[node]
    gradients = {e: outputs[e.split(" → ")[0]] * errors[e.split(" → ")[1]] for e in edges}
    return Pass(sums, outputs, errors, gradients, (outputs["y"] - TARGET) ** 2 / 2)


def update(edges: Mapping[str, float], found: Pass) -> dict[str, float]:
    """Move each weight against its gradient."""
    return {edge: weight - RATE * found.gradients[edge] for edge, weight in edges.items()}


# --8<-- [end:steps]


class Table:
    """Rows that a page shows as a table."""

    def __init__(self, head: list[str], rows: list[list[Any]]) -> None:
        self.head, self.rows = head, rows

    def _repr_markdown_(self) -> str:
        """Write the rows as Markdown, numbers with four decimals."""
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(value: Any) -> str:
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def show_steps(run: Any) -> None:
    """Show one pass through the smallest network as two tables, and record the error before and after the update."""
    found = one_pass(EDGES)
    after = update(EDGES, found)
    nodes = [[node, found.sums.get(node, "–"), found.outputs[node], found.errors.get(node, "–")]
             for node in found.outputs]  # fmt: skip
    run.show(Table(["Node", "Sum", "Output", "Error signal"], [*nodes, ["target", "–", TARGET, "–"]]))
    edges = [[edge, EDGES[edge], found.gradients[edge], after[edge]] for edge in EDGES]
    run.show(Table(["Edge", "Weight", "Gradient", "New weight"], edges))
    run.summary["error_before"] = found.error
    run.summary["error_after"] = one_pass(after).error

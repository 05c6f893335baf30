"""Serving: what a trained model costs afterwards, in bytes to keep and seconds to answer."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from examples.recorder import Run

ANSWERS = 100
"""Questions asked one by one, as an application on a small device would."""
BYTES_PER_PARAMETER = 4
"""A parameter of a network is a real number of 32 bits."""


# --8<-- [start:answer]
def answer(run: Run, ask: Callable[[np.ndarray], Any], x: np.ndarray) -> None:
    """Time a hundred answers, each to one signal alone, after one that does not count.

    Args:
        run: Gets the timing `answer_s`, the seconds of all hundred together.
        ask: Names the digits of signals, shape `(n, 40)`.
        x: At least one signal, shape `(n, 40)`.
    """
    questions = [x[i % len(x)][None] for i in range(ANSWERS)]
    ask(questions[0])
    with run.timer("answer_s"):
        for question in questions:
            ask(question)


def stored(model: Any) -> int:
    """Count the bytes of a classical model as Python keeps it (`pickle`)."""
    return len(pickle.dumps(model))


# --8<-- [end:answer]

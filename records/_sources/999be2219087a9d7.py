"""Digits: 1,797 small handwritten digits that come with scikit-learn, split anew for each seed.

Source:
    E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998),
    https://doi.org/10.24432/C50P49; 8x8 pixels of 0 to 16, the test part of that set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

N_TEST = 540
"""Digits kept for testing, about three of ten."""
N_VALID = 180
"""Digits kept for every choice that is not made on training data, such as when to stop."""


@dataclass(frozen=True)
class Digits:
    """One split of the digits; every part holds each digit about equally often."""

    x_train: np.ndarray
    """Pixels between 0 and 1, shape `(n, 64)`; rows of eight."""
    y_train: np.ndarray
    """The digit each one shows, 0 to 9, shape `(n,)`."""
    x_valid: np.ndarray
    y_valid: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def load(seed: int, n: int | None = None) -> Digits:
    """Split the digits; the seed decides who stands where.

    Repeated splits of one finite set share digits, so their results are not independent: runs on them say
    `varies: [split]`.

    Args:
        seed: Decides the split.
        n: How many digits to learn from, each class about equally often; all that are left unless said, 1,077.
    """
    pixels, digit = load_digits(return_X_y=True)
    pixels = pixels / 16
    x, x_test, y, y_test = train_test_split(pixels, digit, test_size=N_TEST, stratify=digit, random_state=seed)
    x, x_valid, y, y_valid = train_test_split(x, y, test_size=N_VALID, stratify=y, random_state=seed)
    if n is not None and n < len(x):
        x, _, y, _ = train_test_split(x, y, train_size=n, stratify=y, random_state=seed)
    return Digits(x, y, x_valid, y_valid, x_test, y_test)

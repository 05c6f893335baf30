"""Keeping: a plain run that also keeps the files and pictures it is given, in memory."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from examples.recorder import PlainRun


@dataclass
class KeepingRun(PlainRun):
    """A run for tests of code that draws or saves."""

    files: dict[str, bytes] = field(default_factory=dict)
    """By name, arrays as NumPy writes them."""
    pictures: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """By name, the array and what is said below each picture."""

    def save(self, name: str, data: Any = None) -> None:
        """Keep tensors by name."""
        file = io.BytesIO()
        np.savez(file, **{key: value.numpy() for key, value in data.items()})
        self.files[name] = file.getvalue()

    def images(self, name: str, array: Any, labels: Any = None) -> None:
        """Keep pictures."""
        self.pictures[name] = (array, labels)

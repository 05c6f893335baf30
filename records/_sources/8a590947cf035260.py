"""Recorder: what training code asks of a run, and a plain one for terminals, notebooks and tests."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol


class Run(Protocol):
    """The part of `mkdocs_dlplugin.run` that the examples use, so that they also work without the plugin."""

    @property
    def seed(self) -> int:
        """Which repetition this is."""

    @property
    def device(self) -> str:
        """Where networks train: `cpu`, `cuda` or `mps`."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The parameters of this run."""

    @property
    def summary(self) -> MutableMapping[str, Any]:
        """Final values, by metric."""

    def log(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Add one point to the curves."""

    def correct(self, mask: Iterable[Any]) -> None:
        """Keep which test items were answered rightly, one after another."""

    def timer(self, name: str) -> AbstractContextManager[Any]:
        """Take the time of a `with` block."""


@dataclass
class PlainRun:
    """A run that keeps what it is told in memory."""

    seed: int = 0
    device: str = "cpu"
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    series: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    """Per metric the steps and values, in the order logged."""
    timings: dict[str, float] = field(default_factory=dict)
    """CPU seconds per timer."""
    items: list[bool] = field(default_factory=list)
    """Per test item whether it was answered rightly, where the code says so."""

    def log(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Add one point to the curves; the last one is the summary, unless set by hand."""
        for name, value in values.items():
            points = self.series.setdefault(name, [])
            points.append((len(points) if step is None else step, value))
            self.summary[name] = value

    def correct(self, mask: Iterable[Any]) -> None:
        """Keep which test items were answered rightly, one after another."""
        self.items = [bool(item) for item in mask]

    @contextmanager
    def timer(self, name: str) -> Iterator[None]:
        """Take the CPU seconds of a `with` block; several of one name add up."""
        start = time.process_time()
        yield
        self.timings[name] = self.timings.get(name, 0.0) + time.process_time() - start

    def tell(self) -> None:
        """Print what was measured, a line for each metric and timer."""
        values = {**self.summary, **self.timings}
        width = max(map(len, values), default=0)
        for name, value in values.items():
            print(f"{name:{width}} {value:.4g}" if isinstance(value, float) else f"{name:{width}} {value:,}")

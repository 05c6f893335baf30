"""Kinds: one module per kind of chart that is drawn, each checking, reading and laying out its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.views.choices import Chart
from mkdocs_dlplugin.views.drawing import Spec
from mkdocs_dlplugin.views.figures import Chosen, Figure, Wanted
from mkdocs_dlplugin.views.kinds import bar, dot, heatmap, hist, line, scatter


class Kind(Protocol):
    """What a module here offers."""

    @property
    def TAKES(self) -> Collection[str]:  # noqa: N802 - a constant of the module
        """Options it understands, besides those of every chart."""

    @property
    def HINTS(self) -> Mapping[str, str]:  # noqa: N802 - likewise
        """What to do instead, by an option that it does not understand."""

    def check(self, chart: Chart, where: Where, /) -> Chart:
        """Check and complete what an author wrote, without looking at any result; raises `DLError`."""

    def read(self, chart: Chart, chosen: Sequence[Chosen], wanted: Wanted, /) -> Figure:
        """Read from the records what is shown; raises `DLError`."""

    def lay_out(self, figure: Figure, chart: Chart, width: int, /) -> Spec:
        """Lay the figure out as a Vega-Lite spec for a total width in pixels."""


KINDS: Mapping[str, Kind] = {
    "line": line,
    "dot": dot,
    "bar": bar,
    "scatter": scatter,
    "heatmap": heatmap,
    "hist": hist,
}
"""Kinds by the name that authors write."""

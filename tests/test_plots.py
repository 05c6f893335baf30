"""Figures are kept small when a palette shows the same, and as they are when it does not."""

from __future__ import annotations

import io

import pytest

from mkdocs_dlplugin import plots

matplotlib = pytest.importorskip("matplotlib")
np = pytest.importorskip("numpy")

from matplotlib.figure import Figure  # noqa: E402
from PIL import Image, ImageChops  # noqa: E402


def drawn(image: bool) -> Figure:
    """Draw curves, or a picture of many colours."""
    figure = Figure(figsize=(4, 2))
    axes = figure.subplots()
    if image:
        axes.imshow(np.random.default_rng(0).random((60, 60, 3)))
    else:
        axes.plot(np.sin(np.arange(60)), color="#b3261e")
        axes.set_title("A curve")
    return figure


def saved(figure: Figure) -> bytes:
    """Save a figure as matplotlib does."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=144, bbox_inches="tight", metadata={"Software": None})
    return file.getvalue()


def test_a_figure_of_curves_is_kept_in_a_third_and_looks_the_same():
    figure = drawn(image=False)

    whole, kept = saved(figure), plots.png(figure)

    assert len(kept) < len(whole) / 2
    as_it_was, as_it_is = (Image.open(io.BytesIO(content)).convert("RGB") for content in (whole, kept))
    assert max(high for _, high in ImageChops.difference(as_it_was, as_it_is).getextrema()) <= plots.UNSEEN


def test_a_picture_of_many_colours_keeps_them():
    figure = drawn(image=True)

    assert plots.png(figure) == saved(figure)


def test_a_figure_that_lets_the_page_through_stays_transparent():
    figure = drawn(image=False)
    figure.patch.set_alpha(0)

    assert plots.png(figure) == saved(figure)


def test_what_is_no_png_is_left_alone():
    assert plots.slim(b"not a picture") == b"not a picture"

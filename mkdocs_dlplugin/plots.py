"""Plots: a matplotlib figure as a PNG file, a third of the size where a palette shows the same."""

from __future__ import annotations

import io
from typing import Any

MANY = 2000
"""Most colours of a figure that may do with a palette of 256: curves and text with smooth edges, no photographs."""
UNSEEN = 16
"""How far a channel of a pixel may move for it, of 255; at edges of lines, where nobody sees it."""


def png(figure: Any) -> bytes:
    """Draw a figure as a PNG of 144 dots per inch, cut to what is on it.

    Args:
        figure: Anything with matplotlib's `savefig`.
    """
    file = io.BytesIO()
    # The version of matplotlib inside the file would change it with every upgrade.
    figure.savefig(file, format="png", dpi=144, bbox_inches="tight", metadata={"Software": None})
    return slim(file.getvalue())


def slim(content: bytes) -> bytes:
    """Write a PNG with a palette when that is smaller and no pixel of it moves visibly; else leave it as it is."""
    try:
        # matplotlib writes PNG by Pillow, so who has a figure has it loaded; nobody else should pay.
        from PIL import Image, ImageChops  # noqa: PLC0415
    except ImportError:
        return content
    try:
        image = Image.open(io.BytesIO(content))
    except (OSError, Image.DecompressionBombError):
        return content
    if image.mode not in ("RGB", "RGBA") or any(low < 255 for low, _ in _ranges(image)[3:]):
        return content
    whole = image.convert("RGB")
    if whole.getcolors(MANY) is None:
        return content
    few = whole.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    moved = max(high for _, high in _ranges(ImageChops.difference(whole, few.convert("RGB"))))
    file = io.BytesIO()
    few.save(file, "PNG", optimize=True)
    return min(content, file.getvalue(), key=len) if moved <= UNSEEN else content


def _ranges(image: Any) -> list[tuple[int, int]]:
    """Return the least and the greatest value of each channel of an image."""
    return [(int(low), int(high)) for low, high in image.getextrema()]

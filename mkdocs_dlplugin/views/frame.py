"""Frame: put a drawing, its caption, its data and its files into one figure, with or without a drawing."""

from __future__ import annotations

from html import escape
from typing import Any

from mkdocs_dlplugin.model import Where
from mkdocs_dlplugin.vega import Failed, Renderer, Unavailable
from mkdocs_dlplugin.words import say


def draw(renderer: Renderer, spec: Any, name: str, label: str, where: Where) -> tuple[str, ...]:
    """Draw a spec once per width; nothing, and a warning, where that fails."""
    try:
        return renderer.render(spec, name=inner(name), label=label)
    except (Unavailable, Failed) as problem:
        renderer.warn(f"{where}: the chart is shown as a table: {problem}")
        return ()


def framed(name: str, drawn: tuple[str, ...], said: str, table: str, files: str, more: str = "") -> str:
    """Frame a drawing with its caption, its data and its files; without a drawing the data stand open.

    Args:
        name: HTML id of the figure.
        drawn: The drawing, once per width.
        said: HTML of the caption.
        table: HTML of the data.
        files: HTML of the links to its files.
        more: Attributes of the plot, by which scripts find what they need.
    """
    plot = f'<div class="dl-plot"{more}>{"".join(drawn)}</div>' if drawn else ""
    return (
        f'<figure class="dl-chart" id="{escape(name)}">{plot}'
        f'<details class="dl-data" data-search-exclude{"" if drawn else " open"}>'
        f"<summary>{escape(say('data'))}</summary>{table}"
        f'<p class="dl-links">{files}</p></details>'
        f'<figcaption id="{escape(inner(name))}-caption">{said}</figcaption></figure>'
    )


def inner(name: str) -> str:
    """Prefix the ids inside a figure, which are ours, unless the figure's own is ours too."""
    return name if name.startswith("dl-") else f"dl-{name}"

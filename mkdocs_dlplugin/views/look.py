"""Look: draw one thing that a run showed: a picture, a table, a chart, HTML or Markdown; nothing of it is trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from mkdocs_dlplugin import ansi, clean, specs, svg, words
from mkdocs_dlplugin.fingerprint import digest_bytes
from mkdocs_dlplugin.kept import jpg_size, png_size
from mkdocs_dlplugin.model import PICTURES, Output, Record
from mkdocs_dlplugin.results import PLAIN, Place, anchor
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.vega import COLORS, FG, WIDTHS, Failed, Renderer, Unavailable
from mkdocs_dlplugin.vetting import Damaged, inner
from mkdocs_dlplugin.views import dataframe

Asset = Callable[[Record, str], bytes]
"""Reads an asset of a record; the store's method is one."""

_COLOURS: Mapping[str, Mapping[str, Any]] = {
    "mark": {"color": COLORS[0]},
    "title": {"color": FG, "anchor": "start", "fontSize": 14},
    "header": {"labelColor": FG, "titleColor": FG, "labelFontSize": 12, "titleFontSize": 12},
}
_COMPOSED = ("facet", "concat", "hconcat", "vconcat", "repeat")
_SIZES: Mapping[str, Callable[[bytes], tuple[int, int]]] = {"png": png_size, "jpg": jpg_size, "svg": svg.size}


LINES = 14
"""From more lines on printed text may be taller than its box."""


@dataclass(frozen=True)
class Frame:
    """What stands around the things that a run showed."""

    place: Place
    read: Asset
    renderer: Renderer | None = None
    """Draws charts; without one their data stand in."""
    fig_cap: str = ""
    fig_alt: str = ""
    tbl_cap: str = ""
    text: bool = False
    """Whether only text is wanted."""
    titled: bool = True
    """Whether captions are shown, and headings are headings of the page; not so where they would stand there twice."""


def draw(record: Record, output: Output, frame: Frame) -> str:
    """Draw one thing; empty when there is nothing to see."""
    if output.kind == "text":
        return _text(output.text)
    if frame.text:
        return _text(output.plain)
    if output.kind in PICTURES:
        return _picture(record, output, frame)
    if output.kind in ("html", "markdown"):
        return _html(record, output, frame) or _text(output.plain)
    try:
        value = inner(output.text)
    except Damaged:  # what `vetting` lets pass is none; this is for those who hand over a record of their own
        return _text(output.plain)
    return _table(record, value, frame) if output.kind == "table" else _chart(record, value, frame)


def _text(text: str) -> str:
    shown = ansi.html(text.rstrip())
    # Long text scrolls, and what scrolls must be reachable by keyboard; on a phone a line holds some forty letters.
    lines = sum(1 + len(line) // 40 for line in text.splitlines())
    reached = f' tabindex="0" role="region" aria-label="{escape(words.say("output"))}"' if lines > LINES else ""
    return f'<pre class="dl-text"{reached}><code>{shown}</code></pre>' if shown.strip() else ""


def _picture(record: Record, output: Output, frame: Frame) -> str:
    content = frame.read(record, output.asset)
    try:
        width, height = _SIZES[output.kind](content)
    except svg.Refused:
        return ""
    url = frame.place.file(f"{record.run}-{record.seed}-{output.asset}", content)
    alt = frame.fig_alt or frame.fig_cap or words.say("figure-alt", run=record.run, seed=record.seed)
    size = f' width="{width}" height="{height}"' if width else ""
    image = f'<img src="{escape(url)}" alt="{escape(alt)}"{size} loading="lazy">'
    return f'<figure class="dl-figure">{image}{_caption(frame.fig_cap, frame)}</figure>'


def _caption(text: str, frame: Frame, more: str = "", identity: str = "") -> str:
    text = text if frame.titled else ""
    # What follows begins a sentence.
    text += "." if text and more and text[-1] not in ".?!" else ""
    said = " ".join(part for part in (text, more) if part)
    named = f' id="{identity}"' if identity else ""
    return f"<figcaption{named}>{escape(said)}</figcaption>" if said else ""


def _html(record: Record, output: Output, frame: Frame) -> str:
    make = clean.html if output.kind == "html" else clean.markdown
    # Anonymous runs are named after their code, and a link should outlive a change of that.
    named = (record.run if not record.run.startswith("_") else "", anchor(record.params))
    shown = make(
        output.text,
        name="-".join(["dl", *(part for part in named if part)]),
        keep=frame.place.file,
        label=words.say("table-shown", run=record.run),
        titled=frame.titled,
    )
    return f'<div class="dl-html {PLAIN}">{shown}</div>' if shown else ""


def _table(record: Record, value: Mapping[str, Any], frame: Frame) -> str:
    label = frame.tbl_cap or words.say("table-shown", run=record.run)
    drawn = dataframe.draw(value, label=label)
    return f'<figure class="dl-table {PLAIN}">{drawn}{_caption(frame.tbl_cap, frame, dataframe.size(value))}</figure>'


def _chart(record: Record, spec: Mapping[str, Any], frame: Frame) -> str:
    name = f"dl-shown-{digest_bytes(repr((record.place, spec)).encode('utf-8', 'backslashreplace'))[:8]}"
    label = (
        frame.fig_alt or frame.fig_cap or _title(spec) or _described(spec) or words.say("chart-shown", run=record.run)
    )
    drawn: tuple[str, ...] = ()
    composed = any(key in spec for key in _COMPOSED)
    if frame.renderer is not None:
        try:
            # What is laid out in parts has widths of its own.
            drawn = frame.renderer.render(_coloured(spec), WIDTHS[: 1 if composed else 2], name=name, label=label)
        except (Unavailable, Failed) as problem:
            hint = "" if isinstance(problem, Unavailable) else " Compute it in the code, and show a plainer chart."
            frame.renderer.warn(f"{frame.place.where}: the chart it shows is drawn as a table: {problem}{hint}")
    rows = _rows(spec)
    table = dataframe.draw(dataframe.of_rows(rows), label=label) if rows else ""
    plot = f'<div class="dl-plot">{"".join(drawn)}</div>' if drawn else ""
    if drawn and composed:
        plot = f'<div class="dl-scroll" tabindex="0" role="region" aria-label="{escape(label)}">{drawn[0]}</div>'
    data = (
        f'<details class="dl-data {PLAIN}" data-search-exclude{"" if drawn else " open"}>'
        f"<summary>{escape(words.say('data'))}</summary>{table}</details>"
    )
    caption = _caption(frame.fig_cap, frame)
    return f'<figure class="dl-chart">{plot}{data if rows else ""}{caption}</figure>' if plot or rows else ""


def _coloured(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Give what has no colour one of ours, which follows light and dark."""
    own = _mapping(spec.get("config"))
    ours = {name: {**chosen, **_mapping(own.get(name))} for name, chosen in _COLOURS.items()}
    return {**spec, "config": {**own, **ours}}


def _described(spec: Mapping[str, Any]) -> str:
    """Say what a chart of one layer shows; empty for any other."""
    mark, encoding = spec.get("mark"), _mapping(spec.get("encoding"))
    mark = mark.get("type") if isinstance(mark, Mapping) else mark
    fields = {}
    for name in ("x", "y"):
        channel = _mapping(encoding.get(name))
        titles = (channel[key] for key in ("title", "field", "aggregate") if isinstance(channel.get(key), str))
        fields[name] = plain(next(titles, ""))
    if not isinstance(mark, str) or not all(fields.values()):
        return ""
    return words.say("chart-of", mark=plain(mark).capitalize(), **fields)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _title(spec: Mapping[str, Any]) -> str:
    """Take the title out of a spec, if it is a text."""
    title = spec.get("title")
    title = title.get("text") if isinstance(title, Mapping) else title
    return next((plain(said) for said in (spec.get("description"), title) if isinstance(said, str) and said), "")


def _rows(spec: Mapping[str, Any]) -> list[Any]:
    """Find the first data of a spec."""
    try:
        for path, value in specs.entries(spec):
            if path[-1] == "data" and isinstance(value, Mapping) and isinstance(value.get("values"), list):
                return list(value["values"])
    except ValueError:
        pass
    return []

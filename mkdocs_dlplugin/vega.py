"""Vega: turn a Vega-Lite spec into slim inline SVG whose colours follow the page, drawn in a process of its own."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from mkdocs_dlplugin import explore, regular, slim, specs, words

WIDTHS = (688, 328)
"""Pixels of a text column and of a phone: one drawing scaled to both would shrink 12 px text to 5 px."""

LARGEST = 10_000_000
"""Bytes of one drawing, and of what is handed over for it."""

PALETTE = ("#2f7ad6", "#883105", "#0b513e", "#7b2078", "#a89116", "#e3508a")
"""Colours of the light scheme, told apart also by colour-blind readers; `tests/test_palette.py` measures it."""

DARK = ("#a5d3f0", "#d9742a", "#28f6b5", "#df5ae0", "#ebd831", "#e8467f")
"""The same six on a dark page."""

COLORS = tuple(f"var(--dl-c{number},{color})" for number, color in enumerate(PALETTE, start=1))
"""What a spec writes; the fallback keeps the colours of an SVG saved from the page."""

FG, MUTED, GRID, BG = (
    "var(--dl-fg,#1c1e21)",
    "var(--dl-muted,#5a6069)",
    "var(--dl-grid,#e2e4e8)",
    "var(--dl-bg,#fff)",
)

ON = "var(--dl-on,#000)"
"""Text on the tints of a heat map."""

SHARES = (11, 28, 46, 64, 82, 100)
"""Percent of the colour for quantities in each tint of a heat map."""

CELLS = tuple(f"color-mix(in srgb, var(--dl-seq,#3a78c4) {share}%, var(--dl-bg,#fff))" for share in SHARES)
"""Tints of a heat map, from few to many: mixed here, since no scale can reckon with variables."""

CONFIG: Mapping[str, Any] = {
    "background": None,
    "aria": False,
    # Widths of labels come from the one bundled font, so every machine computes the same layout.
    "font": "Liberation Sans",
    "padding": 2,
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED, "labelFontSize": 12, "labelPadding": 5, "titleColor": FG, "titleFontSize": 12,
        "titleFontWeight": "normal", "titlePadding": 9, "gridColor": GRID, "domainColor": MUTED, "tickColor": MUTED,
        "tickSize": 4,
    },
    "axisY": {"domain": False, "ticks": False},
    "legend": {
        "labelColor": FG, "labelFontSize": 12, "labelLimit": 0, "titleColor": FG, "titleFontSize": 12, "orient": "top",
        "titleFontWeight": "normal",
        "symbolOpacity": 1, "symbolSize": 70, "symbolStrokeWidth": 2, "columnPadding": 18, "rowPadding": 4,
        "offset": 14,
    },
    "text": {"color": FG, "fontSize": 12},
    "title": {"color": FG, "subtitleColor": MUTED, "fontSize": 12},
    "header": {"labelColor": FG, "labelFontSize": 12, "labelFontWeight": "bold", "titleColor": FG, "titleFontSize": 12,
               "titleFontWeight": "normal"},
    "mark": {"color": COLORS[0]},
    "rule": {"color": FG},
    "boxplot": {"median": {"color": BG}},
    "range": {"category": list(COLORS), "symbol": ["circle", "square", "triangle-up", "diamond", "cross"]},
}  # fmt: skip


class Unavailable(Exception):
    """Nothing here can draw; the data table stands in."""


class Failed(Exception):
    """The spec was refused, or drawing it failed or took too long."""


class Renderer:
    """The one process that draws, started when first needed, with the drawings it made before on disk."""

    def __init__(
        self,
        cache: Path | None = None,
        *,
        command: Sequence[str] = (sys.executable, "-P", str(Path(__file__).with_name("renderer.py"))),
        limit: float = 20.0,
        version: str | None = None,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare to draw; nothing is started.

        Args:
            cache: Folder for finished drawings; it is made when needed.
            command: What to start instead of our renderer, for tests.
            limit: Seconds one drawing may take, start of the process included.
            version: Version of what draws; looked up when not given.
            warn: Called by views that show a table because a chart could not be drawn.
        """
        self.warn = warn
        self._cache, self._command, self._limit = cache, tuple(command), limit
        self._version = version or _installed()
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> Renderer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def render(
        self,
        spec: Mapping[str, Any] | Callable[[int], Mapping[str, Any]],
        widths: Sequence[int] = WIDTHS,
        *,
        name: str = "dl-chart",
        label: str = "",
    ) -> tuple[str, ...]:
        """Draw a spec once per width.

        Args:
            spec: A Vega-Lite spec, or a function that lays one out for a width in pixels.
            widths: Total widths, widest first; the stylesheet shows the one that fits.
            name: Id of the chart in its page; prefixes every id inside the drawing.
            label: Alternative text; without one the drawing is labelled by the element `{name}-caption`.

        Returns:
            One `<svg>` element per width, the same bytes for the same spec.

        Raises:
            Unavailable: vl-convert is not installed.
            Failed: the spec names an address, or drawing it failed or took longer than the limit.
        """
        said = f'aria-label="{html.escape(label)}"' if label else f'aria-labelledby="{html.escape(name)}-caption"'
        drawings = []
        for index, width in enumerate(widths):
            laid_out = _sized(spec(width) if callable(spec) else spec, width)
            _refuse(laid_out)
            kind = "dl-svg" + ("" if len(widths) == 1 else " dl-narrow" if index else " dl-wide")
            # Search would index tick labels; the attribute keeps Material's from doing so.
            head = f'<svg class="{kind}" role="img" {said} data-search-exclude=""'
            # Ids of its own: what the hidden drawing defines, a legend's gradient say, is not there for the other.
            inner = f"{name}-narrow" if index else name
            drawings.append(_exact(self._drawn(laid_out, inner), width).replace("<svg", head, 1))
        return tuple(drawings)

    def explorable(
        self, spec: Callable[[int], Mapping[str, Any]], along: str = "", widths: Sequence[int] = WIDTHS
    ) -> bytes:
        """Compile a spec for the runtime that readers may load, with what they may do there.

        Args:
            spec: Lays a Vega-Lite spec out for a width in pixels.
            along: Name of the x axis inside a sentence.
            widths: As in `render`.

        Returns:
            The Vega specs, by width, as JSON; empty when there is nothing to do, or the runtime lacks what they need.

        Raises:
            Unavailable, Failed: as in `render`.
        """
        compiled = {}
        for width in widths:
            laid_out = _sized(spec(width), width)
            _refuse(laid_out)
            more = explore.interactive(laid_out)
            if not explore.offers(more):
                return b""
            compiled[width] = json.loads(self._made(more, "vega"))
            _refuse_addresses(compiled[width])
        return explore.bundle(compiled, along) if all(map(explore.runs, compiled.values())) else b""

    def picture(self, svg: str) -> bytes:
        """Turn a drawing of ours, that names no address, into a PNG for those who take nothing else.

        Raises:
            Unavailable: vl-convert is not installed.
            Failed: it failed or took longer than the limit.
        """
        if self._version is None:
            raise Unavailable("pictures of pages need vl-convert. `pip install vl-convert-python`")
        known = hashlib.sha256(f"png\n{self._version}\n{svg}".encode()).hexdigest()
        path = self._cache / f"{known}.png" if self._cache else None
        if path and (kept := _kept_picture(path)):
            return kept
        with self._lock:
            answer = self._ask(json.dumps({"picture": svg}), "png")
        content = base64.b64decode(answer)
        if path:
            _write(path, content)
        return content

    def close(self) -> None:
        """End the process, if one runs."""
        with self._lock:
            self._end()

    def _drawn(self, spec: Mapping[str, Any], name: str) -> str:
        """Take a slim drawing from the cache, or make it and keep it."""
        return self._made(spec, "svg", name)

    def _made(self, spec: Mapping[str, Any], kind: Literal["svg", "vega"], name: str = "") -> str:
        """Take what was made of a spec, a slim drawing or a compiled spec, from the cache, or make it and keep it."""
        if self._version is None:
            raise Unavailable("charts need vl-convert; without it a table stands in. `pip install vl-convert-python`")
        # For drawings and for those that readers explore alike: ticks are written as the numbers beside them.
        own = words.separators()
        config = {**CONFIG, "locale": own} if own else CONFIG
        asked = {"spec": finite(spec), "config": config} | ({"as": kind} if kind == "vega" else {})
        request = json.dumps(asked, sort_keys=True, allow_nan=False)
        if len(request) > LARGEST:
            raise Failed(f"the data of this chart are {len(request):,} bytes, more than {LARGEST:,}.")
        known = hashlib.sha256(f"{slim.VERSION}\n{self._version}\n{name}\n{request}".encode()).hexdigest()
        path = self._cache / f"{known}.{kind}" if self._cache else None
        if path and (kept := _kept(path, kind)):
            return kept
        with self._lock:
            made = self._ask(request, kind)
        try:
            made = slim.slim(made, name) if kind == "svg" else made
        except ValueError as error:
            raise Failed(str(error)) from error
        if path:
            _write(path, made)
        return made

    def _ask(self, request: str, kind: str) -> str:
        """Hand one request to the process; end it when the answer is not what was asked for.

        A failed conversion spoils the ones after it in the same process, so no process survives an error.
        """
        process = self._process = self._process or self._start()
        assert process.stdin is not None  # noqa: S101 - both are pipes, see _start
        assert process.stdout is not None  # noqa: S101
        late = threading.Event()

        def stop() -> None:
            late.set()
            process.kill()

        alarm = threading.Timer(self._limit, stop)
        alarm.daemon = True
        alarm.start()
        try:
            process.stdin.write(request.encode() + b"\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = b""
        finally:
            alarm.cancel()
        answer = _parsed(line)
        found = answer.get(kind)
        if found and not late.is_set():
            return found if isinstance(found, str) else json.dumps(found, sort_keys=True, allow_nan=False)
        self._end()
        if late.is_set():
            raise Failed(f"drawing took longer than {self._limit:g} s.")
        raise Failed(str(answer.get("error") or f"the renderer ended with status {process.returncode}."))

    def _start(self) -> subprocess.Popen[bytes]:
        # A new program and never a fork of this one: V8 hangs for ever in a fork.
        pipe = subprocess.PIPE
        try:
            return subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        except OSError as error:
            raise Failed(f"the renderer cannot be started: {error}.") from error

    def _end(self) -> None:
        process, self._process = self._process, None
        if process:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                try:
                    if pipe:
                        pipe.close()
                except OSError:
                    # What was still buffered for a process that is gone.
                    pass
            process.wait()


def _refuse(spec: Mapping[str, Any]) -> None:
    try:
        specs.refuse(spec)
    except ValueError as error:
        raise Failed(str(error)) from error


def _refuse_addresses(compiled: Mapping[str, Any]) -> None:
    """Refuse a compiled spec that would fetch or link, whatever it was compiled from."""
    for path, value in specs.entries(compiled):
        inline = isinstance(value, str) and value.startswith("data:image/")
        if path[-1] == "href" or (path[-1] == "url" and not inline):
            raise Failed(f"'{path[-1]}' is refused in a chart, nothing may be fetched or linked.")


def _kept(path: Path, kind: str) -> str:
    """Read what was made before; empty when there is nothing, or when somebody else put it there.

    A drawing will stand in the page itself, where a script in it would run, and a folder of work in progress is easily
    handed from one build to the next.  A compiled spec is only ever interpreted, by what can neither fetch nor link.
    """
    try:
        made = regular.read(path.parent, path.name, LARGEST).decode("utf-8")
        trusted = slim.trusted(made) if kind == "svg" else isinstance(json.loads(made), dict)
    except (OSError, ValueError, RecursionError, regular.Odd):
        return ""
    return made if trusted else ""


def _kept_picture(path: Path) -> bytes:
    """Read a picture made before; empty when there is none, or when something else lies there."""
    try:
        content = regular.read(path.parent, path.name, LARGEST)
    except (OSError, regular.Odd):
        return b""
    return content if content.startswith(b"\x89PNG\r\n\x1a\n") else b""


def finite(value: Any) -> Any:
    """Copy a spec with `None` for every number that JSON cannot hold."""
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _sized(spec: Mapping[str, Any], width: int) -> dict[str, Any]:
    """Fill in the width, and a height, where the spec leaves them open and its kind allows it."""
    sized = dict(spec)
    if not any(key in sized for key in ("facet", "concat", "hconcat", "vconcat", "repeat")):
        sized["width"] = width
        sized.setdefault("height", 320 if width >= 480 else 260)
        sized.setdefault("autosize", {"type": "fit", "contains": "padding"})
    return sized


def _exact(svg: str, width: int) -> str:
    """Give a drawing the width that was asked for; one of several views comes out as wide as these happen to be.

    A narrower one gets an empty margin at its right, so that letters keep their size; a wider one is made smaller.
    """
    found = _SIZE.search(svg)
    if not found or float(found[1]) == width:
        return svg
    drawn, height = float(found[1]), float(found[2])
    high = height if drawn <= width else height * width / drawn
    size = f'width="{width}" height="{high:.0f}" viewBox="0 0 {max(drawn, width):g} {height:g}"'
    return svg[: found.start()] + size + svg[found.end() :]


_SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)" viewBox="0 0 [\d.]+ [\d.]+"')


def _parsed(line: bytes) -> dict[str, Any]:
    """Read an answer; a process that broke off or wrote something else has given none."""
    try:
        answer = json.loads(line)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _write(path: Path, content: str | bytes) -> None:
    """Write a file at once, so that a build next door never reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    with os.fdopen(handle, "wb") as file:
        file.write(content.encode("utf-8") if isinstance(content, str) else content)
    Path(temporary).replace(path)


def _installed() -> str | None:
    try:
        return metadata.version("vl-convert-python")
    except metadata.PackageNotFoundError:
        return None

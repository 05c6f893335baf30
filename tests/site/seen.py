"""Seen: what a page owes its readers in the browser, whatever their screen, paper, fingers or eyes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.site import scripts
from tests.site.criteria import Book
from tests.site.reading import BARE, DARK, FORCED, NARROW, PAPER, STILL, Reader
from tests.site.tab import WIDE

book = Book()

BYTES, CHARTED = 400_000, 150_000
"""Most bytes of a page over the wire; and those of a page with six charts, which is also what all pages aim at."""
LIBRARY, INDEX = "vega-runtime.js", "search_index.json"
"""What charts load once a reader asks for it, and what the search does."""
OURS = ("__palette", "__consent", "__tabs", "__search", "__outdated", "__toggle")
"""What Material keeps in the browser: the reader's own choices."""


@book.must("R01", f"A page weighs at most {BYTES // 1000} kB over the wire, and with six charts {CHARTED // 1000} kB")
def weighs(reader: Reader, page: str) -> Iterator[str]:
    facts = reader.plain(page)
    limit = CHARTED if facts["charts"] >= 6 else BYTES
    if facts["bytes"] > limit:
        yield f"{page or '/'}: {facts['bytes'] / 1000:.0f} kB with {facts['charts']} charts"


@book.should("R01b", f"A page weighs at most {CHARTED // 1000} kB over the wire")
def aims(reader: Reader, page: str) -> Iterator[str]:
    if reader.plain(page)["bytes"] > CHARTED:
        yield f"{page or '/'}: {reader.plain(page)['bytes'] / 1000:.0f} kB"


@book.must("R03", "Nothing jumps while a page loads and is read to its end")
def steady(reader: Reader, page: str) -> Iterator[str]:
    if reader.plain(page)["shift"] > 0.02:
        yield f"{page or '/'}: layout shift {reader.plain(page)['shift']:.3f}"


@book.must("R04", "Every drawing has its place before it is there")
def reserved(reader: Reader, page: str) -> Iterator[str]:
    for name in reader.plain(page)["unsized"]:
        yield f"{page or '/'}: {name[:80]}"


@book.must("R07", "No request leaves the site")
def alone(reader: Reader, page: str) -> Iterator[str]:
    for url in reader.plain(page)["asked"]:
        if not url.startswith((reader.url, "data:", "blob:")):
            yield f"{page or '/'}: {url[:100]}"


@book.must(
    "R08", "No error, no failed request, no broken policy: scripts of its own only, and none that evaluates text"
)
def quiet(reader: Reader, page: str) -> Iterator[str]:
    for error in reader.plain(page)["errors"]:
        yield f"{page or '/'}: {error[:200]}"


@book.must("R09b", "No library for charts is loaded before a reader asks for it")
def patient(reader: Reader, page: str) -> Iterator[str]:
    for url in reader.plain(page)["asked"]:
        if url.endswith(f"/{LIBRARY}"):
            yield f"{page or '/'}: {url}"


@book.must("R06b", "The index of the search is not loaded before a reader searches")
def unasked(reader: Reader, page: str) -> Iterator[str]:
    for url in reader.plain(page)["asked"]:
        if url.endswith(f"/{INDEX}"):
            yield f"{page or '/'}: {url}"


@book.must("R10", "axe-core finds nothing, in light and dark, on a desk and on a phone")
def accessible(reader: Reader, page: str) -> Iterator[str]:
    for mode, said in reader.axe(page).items():
        for fault in said["violations"]:
            yield f"{page or '/'} {mode}: {fault}"


@book.should("R11", "What axe-core cannot judge was judged by a human")
def judged(reader: Reader, page: str) -> Iterator[str]:
    for doubt in reader.axe(page)[str(WIDE)]["incomplete"]:
        yield f"{page or '/'}: {doubt[:160]}"


@book.must("R12", "The Tab key reaches every control, and gets out again")
def reached(reader: Reader, page: str) -> Iterator[str]:
    walk = reader.walk(page)
    if not walk["stops"] or len(walk["stops"]) < 0.95 * walk["wanted"]:
        yield f"{page or '/'}: {len(walk['stops'])} of {walk['wanted']}"


@book.must("R13", "What has the focus shows it")
def marked(reader: Reader, page: str) -> Iterator[str]:
    for stop in reader.walk(page)["stops"]:
        if not stop["ring"]:
            yield f"{page or '/'}: {stop['name']}"


@book.must("R14", "Nothing that has the focus is out of sight")
def visible(reader: Reader, page: str) -> Iterator[str]:
    for stop in reader.walk(page)["stops"]:
        if not stop["seen"]:
            yield f"{page or '/'}: {stop['name']}"


@book.must("R15", "The first stop of the Tab key leads to the content")
def skipped(reader: Reader, page: str) -> Iterator[str]:
    stops = reader.walk(page)["stops"]
    if not (stops and stops[0]["skip"]):
        yield f"{page or '/'}: {stops[0]['name'] if stops else 'no stop at all'}"


@book.must("R16", "The text in place of a chart tells what was found, with a number")
def spoken(reader: Reader, page: str) -> Iterator[str]:
    for name, text in reader.plain(page)["alts"]:
        if len(text) < 40 or not any(sign.isdigit() for sign in text):
            yield f"{page or '/'}#{name}: '{text}'"


@book.must("R17", "Wider spacing of the text cuts nothing off")
def spaced(reader: Reader, page: str) -> Iterator[str]:
    for name in reader.ask(page, NARROW, scripts.SPACING):
        yield f"{page or '/'}: {name}"


@book.must("R18", "Nothing moves for readers who asked for that")
def still(reader: Reader, page: str) -> Iterator[str]:
    for name in reader.ask(page, STILL, scripts.MOVING):
        yield f"{page or '/'}: {name}"


@book.should("R19", "Charts are seen in forced colours")
def forced(reader: Reader, page: str) -> Iterator[str]:
    said = reader.ask(page, FORCED, scripts.DRAWN)
    for name in said["blank"] if said["forced"] else ["the browser does not force colours"]:
        yield f"{page or '/'}: {name}"


@book.must("R23", "Nothing needs sideways scrolling at 320 pixels")
def reflowed(reader: Reader, page: str) -> Iterator[str]:
    for name in reader.ask(page, NARROW, scripts.OVERFLOW):
        yield f"{page or '/'}: {name}"


@book.must("R24", "Without scripts the same words, drawings, tables, numbers and code are there")
def bare(reader: Reader, page: str) -> Iterator[str]:
    full, plain = reader.ask(page, WIDE, scripts.CONTENT), reader.ask(page, BARE, scripts.CONTENT)
    for what, count in full.items():
        if plain[what] < (0.97 * count if what == "words" else count):
            yield f"{page or '/'}: {plain[what]} of {count} {what}"


@book.must("R27", "In the dark the page is dark, and its charts are written in light")
def dark(reader: Reader, page: str) -> Iterator[str]:
    said = reader.ask(page, DARK, scripts.SHADE)
    if said["ground"] > 0.25 or said["wrong"] or said["ink"] < 0.5:
        yield f"{page or '/'}: {said}"


@book.must(
    "R28", "On paper there is no navigation, each chart is there once and dark on white, and no number is missing"
)
def printed(reader: Reader, page: str) -> Iterator[str]:
    said = reader.ask(page, PAPER, scripts.PRINTED)
    for what in ("around", "hidden", "twice"):
        for name in said[what][:4]:
            yield f"{page or '/'}: {what} {name}"
    if said["paper"] < 0.95:
        yield f"{page or '/'}: the paper is {said['alpha']}"
    if said["writing"] > 0.6:
        yield f"{page or '/'}: charts are written in light"


@book.must("R49", "Every block of code can be copied, and the copy is the code")
def copied(reader: Reader, page: str) -> Iterator[str]:
    said = reader.copied(page)
    for text in said["bare"]:
        yield f"{page or '/'}: no button at {text!r}"
    for text, code in said["copied"]:
        if text.strip() != code.strip():
            yield f"{page or '/'}: {text[:60]!r} for {code[:60]!r}"


@book.should("R57", "Terms of the glossary explain themselves to the keyboard too")
def explained(reader: Reader, page: str) -> Iterator[str]:
    for term, stops in reader.plain(page)["terms"]:
        if not stops:
            yield f"{page or '/'}: {term}"


@book.must("R76", "No cookie is set, and nothing is kept but the reader's own choices")
def forgetful(reader: Reader, page: str) -> Iterator[str]:
    facts = reader.plain(page)
    if facts["cookies"]:
        yield f"{page or '/'}: {facts['cookies']}"
    for key in facts["keys"]:
        if not key.endswith(OURS):
            yield f"{page or '/'}: {key}"

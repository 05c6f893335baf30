"""Unchanged: what the last build showed, shown again as long as everything it was made from is the same.

What a build of unchanged pages would parse, plan, read and draw only to come out as before is kept in one file of the
scratch folder. It is safe to lose, and is not believed when it is damaged or when any input differs.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from mkdocs_dlplugin import placeholders
from mkdocs_dlplugin.digests import Stamp, digest_bytes, digest_json, digest_names, listing, stamp
from mkdocs_dlplugin.scene import Facts, Look, Scene

FILE = "unchanged"
"""Name of the file in the scratch folder."""


@dataclass
class Inputs:
    """Everything that what a site shows was made from, besides its pages."""

    files: dict[str, Stamp] = field(default_factory=dict)
    """By path, absolute or relative to the folder of mkdocs.yml; records and their assets among them."""
    folders: dict[str, str] = field(default_factory=dict)
    """Folders whose names count, with their digest; empty for one that is not there."""
    patterns: dict[str, str] = field(default_factory=dict)
    """Patterns of files, with the digest of the names they match."""
    environ: dict[str, str] = field(default_factory=dict)
    """Environment variables by name, with the digest of their value; empty for one that is not set."""
    packages: dict[str, str] = field(default_factory=dict)
    """Distributions whose version counts; empty for one that is not installed."""


@dataclass
class Memory:
    """What one build showed, noted while it does."""

    looks: dict[str, list[tuple[str, Look]]] = field(default_factory=dict)
    """Blocks in page order by page, kind, name and body (see `block_key`): an identity, and how each stands there."""
    pieces: dict[str, str] = field(default_factory=dict)
    """HTML by identity and URL of the page that shows it (see `piece_key`)."""
    words: dict[str, str] = field(default_factory=dict)
    """Plain text of inline values, likewise."""
    headers: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    """Lines that were rewritten, by digest of all of them."""
    missed: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """By page, what is said when a block is not shown, with the block's key."""
    anchors: dict[str, list[str]] = field(default_factory=dict)
    """By page."""
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    """By page and id, the numbers of tables and figures."""
    runs: dict[str, str] = field(default_factory=dict)
    """Runs with a page of their own, and the page of each one's block."""
    around: dict[str, str] = field(default_factory=dict)
    """What stands in the head and at the end of pages (see `around_key`)."""
    assets: dict[str, bytes] = field(default_factory=dict)
    """Files put into the site."""
    idle: bool = False
    """Whether no page has anything of ours."""


def block_key(page: str, kind: str, name: str, body: str) -> str:
    """Name a block as Markdown meets it."""
    return f"{page}\n{kind}\n{name}\n{digest_bytes(body.encode('utf-8', 'surrogatepass'))}"


def piece_key(identity: str, url: str) -> str:
    """Name what stands for something on the page with a URL."""
    return f"{identity}\n{url}"


def value_key(page: str, text: str) -> str:
    """Name an inline value."""
    return f"{page}\n{text}"


def around_key(part: str, page: str, facts: Facts) -> str:
    """Name what stands around a page, as long as its generator says the same about it."""
    return f"{part}\n{page}\n{digest_json(list(facts))}"


def run_key(name: str, facts: Facts, page_url: str) -> str:
    """Name what stands on the page of a run."""
    return f"run {name} {page_url} {facts.canonical} {facts.repository}"


def list_key(facts: Facts, homes: Mapping[str, str]) -> str:
    """Name what stands on the page of all runs."""
    return f"runs {digest_json([list(facts), dict(homes)])}"


def rewritten(lines: Sequence[str], out: Sequence[str]) -> list[tuple[int, str]]:
    """List which lines came out different, and how."""
    return [(index, line) for index, line in enumerate(out) if line != lines[index]]


def lines_key(lines: Sequence[str]) -> str:
    """Name the lines of a page."""
    return digest_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))


def ours() -> str:
    """Digest what the plugin itself is: it may draw differently after an upgrade or an edit."""
    said = []
    for folder, inside, names in os.walk(Path(__file__).parent):
        inside[:] = [name for name in inside if name != "__pycache__"]
        said += [f"{folder}/{name} {stamp(f'{folder}/{name}')}" for name in names]
    return digest_names([*said, sys.version])


# -- keeping ----------------------------------------------------------------------------------------------------------


def keep(path: Path, site: str, inputs: Inputs, memory: Memory) -> None:
    """Write down what a build showed; a disk that does not take it costs the next build its time, and no more.

    Args:
        path: The file.
        site: Digest of the pages and of how the site is configured.
        inputs: Everything else that it was made from.
        memory: What it showed.
    """
    index: dict[str, Any] = {"site": site, "inputs": vars(inputs)}
    at = check = 0
    blob: list[bytes] = []

    def put(content: bytes) -> tuple[int, int]:
        nonlocal at, check
        blob.append(content)
        at, check = at + len(content), zlib.crc32(content, check)
        return at - len(content), len(content)

    index["looks"] = memory.looks
    index["pieces"] = {key: put(html.encode("utf-8", "surrogatepass")) for key, html in memory.pieces.items()}
    index["assets"] = {name: put(content) for name, content in memory.assets.items()}
    for name in ("idle", "words", "headers", "missed", "anchors", "labels", "runs", "around"):
        index[name] = getattr(memory, name)
    index["blob"] = at, check
    text = json.dumps(index).encode()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(text).hexdigest().encode() + b"\n" + text + b"\n")
            file.writelines(blob)
        Path(temporary).replace(path)


# -- showing again ----------------------------------------------------------------------------------------------------


def recall(path: Path, site: str, root: Path, full: Callable[[], Scene]) -> Unchanged | None:
    """Take up what was kept, if all that it was made from is as it was.

    Args:
        path: The file.
        site: Digest of the pages and of how the site is configured now.
        root: Folder of mkdocs.yml.
        full: Builds everything after all, for what is asked for and was not kept.
    """
    try:
        # It stays open: pieces are read when they are asked for.
        file = path.open("rb")
    except OSError:
        return None
    try:
        said, text = file.readline().strip(), file.readline().rstrip(b"\n")
        if hashlib.sha256(text).hexdigest().encode() == said:
            index = json.loads(text)
            if index["site"] == site and _same(index["inputs"], root) and _whole(file, *index["blob"]):
                return Unchanged(index, file, full)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # written by another version, or damaged: built as if it were not there
    file.close()
    return None


def _same(inputs: Mapping[str, Any], root: Path) -> bool:
    base, join = str(root), os.path.join
    return (
        all(now(name) == then for name, then in inputs["environ"].items())
        and all((stamp(join(base, path)) or ()) == tuple(then or ()) for path, then in inputs["files"].items())
        and all(names(root / path) == then for path, then in inputs["folders"].items())
        and all(matching(root, pattern) == then for pattern, then in inputs["patterns"].items())
        and all(version(name) == then for name, then in inputs["packages"].items())
    )


def _whole(file: BinaryIO, length: int, check: int) -> bool:
    """Tell whether what follows is all that was kept; leaves the file where it is."""
    start, found, size = file.tell(), 0, 0
    while part := file.read(1 << 20):
        found, size = zlib.crc32(part, found), size + len(part)
    file.seek(start)
    return (size, found) == (length, check)


def now(variable: str) -> str:
    """Digest an environment variable; empty when it is not set."""
    return digest_names([os.environ[variable]]) if variable in os.environ else ""


def names(folder: Path) -> str:
    """Digest the names in a folder; empty when it is not there."""
    try:
        return digest_names(listing(folder))
    except OSError:
        return ""


def matching(root: Path, pattern: str) -> str:
    """Digest the names of the files that a pattern matches."""
    return digest_names(str(found) for found in root.glob(pattern))


def version(distribution: str) -> str:
    """Name the installed version of a distribution; empty when there is none."""
    from importlib import metadata  # noqa: PLC0415 - few sites need it

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


class Unchanged:
    """A scene whose results are those of the last build."""

    def __init__(self, index: Mapping[str, Any], file: BinaryIO, full: Callable[[], Scene]) -> None:
        self._index, self._file, self._start = index, file, file.tell()
        self._full_scene: Scene | None = None
        self._make_full = full
        self._marks: list[tuple[str, tuple[str, ...]]] = []
        """Per mark its identity, and how the full build is asked for it; a mark of the full build has no identity."""
        self._seen: Counter[str] = Counter()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def idle(self) -> bool:
        """See `Scene`."""
        return bool(self._index["idle"])

    # -- while pages are rendered ---------------------------------------------------------------------------------

    def look(self, page: str, kind: str, name: str, body: str) -> Look | None:
        """See `Scene`."""
        key = block_key(page, kind, name, body)
        same = self._index["looks"].get(key)
        self._seen[key] += 1
        if not same:
            return None
        identity, look = same[(self._seen[key] - 1) % len(same)]
        return Look(placeholders.block(self._mark(identity, (page, kind, name, body))), *look[1:])

    def stranger(self, page: str, kind: str, name: str) -> str:
        """See `Scene`."""
        return placeholders.block(self._mark("", (self._full.stranger(page, kind, name),)))

    def headers(self, lines: list[str]) -> list[str]:
        """See `Scene`."""
        known = self._index["headers"].get(lines_key(lines))
        if known is None:
            return self._full.headers(lines)
        out = list(lines)
        for number, line in known:
            out[number] = line
        return out

    def put_value(self, page: str, text: str) -> str:
        """See `Scene`."""
        return placeholders.mark(self._mark(value_key(page, text), (page, text)))

    def _mark(self, identity: str, asked: tuple[str, ...]) -> int:
        self._marks.append((identity, asked))
        return len(self._marks) - 1

    def missed(self, page: str) -> Sequence[str]:
        """See `Scene`."""
        return [said for said, key in self._index["missed"].get(page, ()) if not self._seen[key]]

    def unread(self, page: str, path: str, text: str) -> None:
        """See `Scene`."""
        self._full.unread(page, path, text)

    def anchors(self, page: str) -> Collection[str]:
        """See `Scene`."""
        return list(self._index["anchors"].get(page, ()))

    def label(self, page: str, anchor: str) -> str:
        """See `Scene`."""
        return str(self._index["labels"].get(page, {}).get(anchor, ""))

    # -- when results are there -----------------------------------------------------------------------------------

    def fill(self, html: str, url: str) -> str:
        """See `Scene`."""
        return placeholders.fill(html, lambda n: self._block(n, url), lambda n: self._value(n, url))

    def fill_text(self, text: str, url: str) -> str:
        """See `Scene`."""
        return placeholders.fill_text(text, lambda n: self._value(n, url))

    def runs(self) -> Mapping[str, str]:
        """See `Scene`."""
        return dict(self._index["runs"])

    def run_page(self, name: str, facts: Facts, page_url: str) -> str:
        """See `Scene`."""
        kept = self._piece(run_key(name, facts, page_url), facts.url)
        return kept or self._full.run_page(name, facts, page_url)

    def run_list(self, facts: Facts, homes: Mapping[str, str]) -> str:
        """See `Scene`."""
        return self._piece(list_key(facts, homes), facts.url) or self._full.run_list(facts, homes)

    def head(self, page: str, facts: Facts) -> str:
        """See `Scene`."""
        kept = self._index["around"].get(around_key("head", page, facts))
        return self._full.head(page, facts) if kept is None else str(kept)

    def foot(self, page: str, facts: Facts) -> str:
        """See `Scene`."""
        kept = self._index["around"].get(around_key("foot", page, facts))
        return self._full.foot(page, facts) if kept is None else str(kept)

    def card(self, page: str, facts: Facts) -> str:
        """See `Scene`."""
        kept = self._index["around"].get(around_key("card", page, facts))
        return self._full.card(page, facts) if kept is None else str(kept)

    def byline(self, page: str, facts: Facts) -> str:
        """See `Scene`."""
        kept = self._index["around"].get(around_key("byline", page, facts))
        return self._full.byline(page, facts) if kept is None else str(kept)

    def finding(self, page: str) -> str:
        """See `Scene`."""
        kept = self._index["around"].get(f"finding\n{page}")
        return self._full.finding(page) if kept is None else str(kept)

    def ship(self) -> Mapping[str, bytes]:
        """See `Scene`."""
        # What the full build drew, if it was needed, brings its own.
        drawn = self._full_scene.ship() if self._full_scene is not None else {}
        return {**{name: self._read(place) for name, place in self._index["assets"].items()}, **drawn}

    def _block(self, number: int, url: str) -> str:
        identity, asked = self._marks[number]
        if not identity:
            return self._full.fill(asked[0], url)
        found = self._piece(identity, url)
        if found is None:
            look = self._full.look(*asked)
            found = self._full.fill(look.mark if look else self._full.stranger(*asked[:3]), url)
        return found

    def _value(self, number: int, url: str) -> tuple[str, str]:
        identity, asked = self._marks[number]
        found = self._piece(identity, url)
        text = self._index["words"].get(piece_key(identity, url))
        if found is None or text is None:
            mark = self._full.put_value(*asked)
            # `fill` returns elements only for the whole of what Markdown writes around a mark.
            return self._full.fill(f'<span class="dl-here">{mark}</span>', url), self._full.fill_text(mark, url)
        return found, text

    def _piece(self, identity: str, url: str) -> str | None:
        place = self._index["pieces"].get(piece_key(identity, url))
        return self._read(place).decode("utf-8", "surrogatepass") if place else None

    def _read(self, place: Sequence[int]) -> bytes:
        at, length = place
        self._file.seek(self._start + at)
        return self._file.read(length)

    @property
    def _full(self) -> Scene:
        if self._full_scene is None:
            self._full_scene = self._make_full()
        return self._full_scene


def site_digest(pages: Sequence[tuple[str, str, str, bytes]], config: Mapping[str, Any]) -> str:
    """Digest the pages of a site and how it is configured.

    Args:
        pages: Name, path, URL and content of each that may concern us, in order.
        config: Whatever else of the configuration the result depends on, as JSON.
    """
    said = [[name, path, url, digest_bytes(content)] for name, path, url, content in pages]
    return digest_json([said, json.loads(json.dumps(config, default=str)), ours()])

"""Images: pictures that a run kept, in a grid, each with what it is."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from mkdocs_dlplugin import kept
from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.expressions import Ref
from mkdocs_dlplugin.model import Record, Where
from mkdocs_dlplugin.results import Group, Place, Results
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.views import written
from mkdocs_dlplugin.views.listing import digest
from mkdocs_dlplugin.words import say

MOST = 200
"""Pictures of one block."""

COLUMNS = range(1, 13)
"""Columns that may be asked for; a phone shows as many as it has room for."""

TINY = 64
"""Pixels; smaller pictures are shown larger, by whole factors, with their pixels as they are."""

LARGEST = 100_000
"""Bytes of a file of labels."""

_NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Picture:
    """One picture of the grid."""

    group: Group
    seed: int
    name: str
    """Of its file."""
    label: str
    """What stands below it."""
    content: bytes
    width: int
    height: int

    @property
    def factor(self) -> int:
        """By which it is shown larger."""
        return max(1, -(-TINY // max(self.width, self.height)))


def check(options: Any, where: Where) -> None:
    """Refuse what this kind does not know.

    Raises:
        DLError: an option is missing, has no such value, or belongs to another kind.
    """
    written.check(options, where)
    if not options.images:
        hint = 'For example images: "filter-*.png", kept by `run.images("filter", weights)`.'
        raise DLError(where, "a chart of this kind needs `images`: which pictures it shows.", hint)
    if options.columns and options.columns not in COLUMNS:
        problem = f"`columns` must be {COLUMNS[0]} to {COLUMNS[-1]}, got {options.columns}."
        raise DLError(where, problem, "On a phone there are as many as fit.")
    if options.labels is not None and not isinstance(options.labels, list | tuple | Mapping):
        raise DLError(where, f"`labels` must be a list, or a mapping of file names, got {options.labels!r}.")


def references(options: Any, where: Where) -> list[Ref]:
    """Name the runs the chart asks for."""
    check(options, where)
    return written.references(options, where)


def render(options: Any, results: Results, place: Place) -> str:
    """Show pictures of some runs in a grid.

    Raises:
        DLError: an option is wrong, or a run kept no such picture.
    """
    check(options, place.where)
    chosen = written.choose(options, results, place.where)
    notes = [escape(why) for group in chosen if (why := written.missing(group))]
    there = [group for group in chosen if group.complete]
    pictures = [picture for group in there for picture in _read(group, options, place)]
    if len(pictures) > MOST:
        raise DLError(place.where, f"{len(pictures)} pictures are too many for one figure.", f"Show at most {MOST}.")
    inner = f"dl-{place.id or digest(repr(options))}"
    title = written.title(options.fig_cap, say("images-title", pattern=options.images))
    shown = "".join(
        _shown(picture, number, pictures, options.fig_alt, place) for number, picture in enumerate(pictures)
    )
    columns = f' data-columns="{options.columns}"' if options.columns else ""
    grid = f'<ul class="dl-images" role="list"{columns}>{shown}</ul>' if shown else ""
    said = [_said(group, [p for p in pictures if p.group is group], place) for group in there]
    return written.figure(grid, " ".join([title, *said, *notes]), _links(pictures, place), place, inner)


def _read(group: Group, options: Any, place: Place) -> list[Picture]:
    """Read the pictures of a run, those of one seed."""
    number = next((i for i, r in enumerate(group.records) if options.seed in (None, r.seed)), None)
    if number is None:
        seeds = ", ".join(str(record.seed) for record in group.records)
        raise DLError(place.where, f"run '{group.address}' has no result of seed {options.seed}.", f"It has {seeds}.")
    record = group.records[number]
    # `filter` alone is what `run.images("filter", …)` kept.
    pattern = options.images if re.search(r"[*?\[]|\.png$", options.images) else f"{options.images}-*.png"
    names = sorted((name for name in record.assets if _matches(name, pattern)), key=_natural)
    if not names:
        hint = suggest(pattern, sorted(record.assets)) or 'Keep some by `run.images("name", array)`.'
        raise DLError(place.where, f"run '{group.address}' kept no picture '{pattern}'.", hint)
    labels = _labels(record, group, pattern, names, options, place)
    found = []
    for name, label in zip(names, labels, strict=True):
        content = place.asset(record, name)
        width, height = kept.png_size(content)
        if not 0 < width * height <= kept.PIXELS:
            raise DLError(place.where, f"run '{group.address}': '{name}' is no picture.", "Only PNG files are shown.")
        found.append(Picture(group, record.seed, name, label, content, width, height))
    return found


def _matches(name: str, pattern: str) -> bool:
    return name.endswith(".png") and fnmatch.fnmatchcase(name, pattern)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort 2 before 10."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in _NUMBER.split(name)]


def _labels(record: Record, group: Group, pattern: str, names: Sequence[str], options: Any, place: Place) -> list[str]:
    """Say what each picture is: as the block says, as the run said, or by its file name."""
    said = options.labels
    if isinstance(said, Mapping):
        return [str(said.get(name, said.get(name.removesuffix(".png"), _spoken(name)))) for name in names]
    if said is not None:
        if len(said) != len(names):
            problem = f"there are {len(names)} pictures of run '{group.address}' and {len(said)} `labels`."
            raise DLError(place.where, problem, "Give one for each, in order.")
        return [str(label) for label in said]
    file = f"{pattern.partition('*')[0].rstrip('-')}.json"
    own = _own(place.asset(record, file)) if file in record.assets else None
    return own if own is not None and len(own) == len(names) else [_spoken(name) for name in names]


def _own(content: bytes) -> list[str] | None:
    """Read the labels that a run gave; nothing of the file is taken on trust."""
    try:
        said = json.loads(content) if len(content) <= LARGEST else None
    except (ValueError, RecursionError):
        return None
    labels = said.get("labels") if isinstance(said, dict) else None
    return labels if isinstance(labels, list) and all(isinstance(label, str) for label in labels) else None


def _spoken(name: str) -> str:
    return name.removesuffix(".png").replace("-", " ").replace("_", " ")


def _shown(picture: Picture, number: int, pictures: Sequence[Picture], what: str, place: Place) -> str:
    label = plain(picture.label)[:80]
    of = say("image-alt", n=number + 1, all=len(pictures), label=label, run=picture.group.label, seed=picture.seed)
    alt = f"{what}: {of}" if what else of
    file = place.file(f"{picture.group.run.name}-{picture.seed}-{picture.name}", picture.content)
    size = f'width="{picture.width * picture.factor}" height="{picture.height * picture.factor}"'
    tiny = ' class="dl-pixels"' if picture.factor > 1 else ""
    return (
        f'<li><img{tiny} src="{escape(file)}" {size} alt="{escape(alt)}" loading="lazy" decoding="async">'
        f'<span class="dl-what" aria-hidden="true">{written.recorded(label)}</span></li>'
    )


def _said(group: Group, pictures: Sequence[Picture], place: Place) -> str:
    """Say how many pictures there are, and which of several seeds they come from."""
    first = pictures[0]
    size = f"{first.width} × {first.height}"
    many = len(group.records) > 1
    text = say(
        "images-of-seed" if many else "images-of",
        n=len(pictures),
        size=size,
        seed=first.seed,
        all=len(group.records),
        run="\0",
    )
    before, _, after = text.partition("\0")
    return f"{escape(before)}{written.runs([group], place)}{escape(after)}"


def _links(pictures: Sequence[Picture], place: Place) -> str:
    if not pictures:
        return ""
    listed = [
        {"run": p.group.address, "seed": p.seed, "file": p.name, "label": p.label, "width": p.width, "height": p.height}
        for p in pictures
    ]
    text = json.dumps(listed, indent=1, sort_keys=True) + "\n"
    link = place.file(f"{place.id or 'images'}.json", text.encode("utf-8", "backslashreplace"))
    return f'<a href="{escape(link)}" download>JSON</a>'

"""Fences: find our blocks and inline values in the text of all pages, with their places, before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mkdocs_dlplugin import headers, nesting, yamlcore
from mkdocs_dlplugin import lines as texts
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.glance import KEY, SUFFIXES, concerns, mentioned, mentioned_in
from mkdocs_dlplugin.headers import Header
from mkdocs_dlplugin.lines import Line, SnippetPaths
from mkdocs_dlplugin.model import Block, Where
from mkdocs_dlplugin.nesting import Fence, Structure

__all__ = ["KEY", "SUFFIXES", "Inline", "Page", "Scan", "normalise", "scan"]

_RUN_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}\Z")
_ID = re.compile(r"[A-Za-z][\w.:-]*\Z")
_OPTION_LINE = re.compile(r"#\| ?(.*)\Z")
_LATE_OPTION = re.compile(r"#\|\s*[\w-]+\s*:")
_SPAN_OR_COMMENT = re.compile(r"(?<![\\`])(?P<marks>`+)(?!`)(?P<text>.+?)(?<!`)(?P=marks)(?!`)|<!--.*?-->", re.DOTALL)
_TABLE_RULE = re.compile(r"[ |:-]*-[ |:-]*\Z")


@dataclass(frozen=True)
class Page:
    """A page as the generator hands it over."""

    name: str
    """As MkDocs names it (`compare/mnist1d.md`)."""
    path: str
    """Its file relative to the folder of `mkdocs.yml` (`docs/compare/mnist1d.md`)."""
    text: str
    """All of it, front matter included."""
    url: str = ""
    """Its URL relative to the site's root, as its generator says; empty where none was asked."""


@dataclass(frozen=True)
class Inline:
    """An inline value: a code span that begins with `{run}`."""

    text: str
    """The expression behind the mark, on one line (`mlp.test_acc:.1%`)."""
    where: Where
    """The line it begins in."""
    page: str
    """The page that shows it."""


@dataclass(frozen=True)
class Scan:
    """Everything of ours on all pages, and what is wrong with it."""

    blocks: tuple[Block, ...] = ()
    """In page order."""
    inlines: tuple[Inline, ...] = ()
    """In page order."""
    fronts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Per page that has one, the mapping under `dlplugin:` in its front matter."""
    problems: tuple[DLError, ...] = ()
    """All mistakes found, not only the first."""


@dataclass
class _Found:
    """What the pages looked at so far hold."""

    blocks: list[Block] = field(default_factory=list)
    inlines: list[Inline] = field(default_factory=list)
    fronts: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    problems: list[DLError] = field(default_factory=list)


def scan(pages: Iterable[Page], *, root: Path, snippets: SnippetPaths) -> Scan:
    """Find all blocks, inline values and front matter of ours.

    Args:
        pages: In the order their blocks are to have.
        root: The folder of `mkdocs.yml`, which included files are named relative to.
        snippets: Where the site's includes look.
    """
    found = _Found()
    for page in pages:
        if concerns(page.text, includes=bool(snippets.base)):
            _page(page, root, snippets, found)
    return Scan(tuple(found.blocks), tuple(found.inlines), found.fronts, tuple(found.problems))


def normalise(lines: list[str]) -> list[str]:
    """Write the headers of our fences so that superfences reads all of them, and number them under `KEY`.

    Only header lines change. Fences that are shown as indented code, stand in a comment or inside another fence keep
    theirs, so that a validator asking for `KEY` never takes them.
    """
    if not mentioned_in(lines):
        return lines
    found = nesting.structure([texts.clean(line) for line in lines], headers.opens, headers.is_ours)
    out = list(lines)
    number = 0
    for fence, header in _ours(found):
        if fence.end >= 0 and not header.problem and not fence.listed and _nameable(header):
            # A word without a value arrives differently in each Python-Markdown, so the name is always given.
            named = f'{header.kind}="{header.name}"'
            words = header.line.partition("{" + header.key)[2]
            language = "python" if header.kind == "run" else "yaml"
            out[fence.start] = f"{fence.prefix}{fence.marks}{language} {{{KEY}={number} {named}{words}"
            number += 1
    return out


def _page(page: Page, root: Path, snippets: SnippetPaths, found: _Found) -> None:
    front, markdown, first = texts.split(page.text)
    if KEY in front:
        _front(page, front, found)
    lines = texts.read(markdown, page.path, first, root=root, snippets=snippets)
    if not any("{run}" in line.text or mentioned(line.text) for line in lines):
        return
    structure = nesting.structure([line.text for line in lines], headers.opens, headers.is_ours)
    before = len(found.blocks)
    for fence, header in _ours(structure):
        _fence(page, lines, fence, header, found)
    for start in structure.swallowed:
        fence = next(fence for fence in structure.fences if fence.start == start)
        if headers.parse(fence.info):
            problem = "this fence stands against indented code, which swallows it."
            found.problems.append(DLError(lines[start].where, problem, "Put a blank line before it."))
    for block in sorted(structure.prose):
        _prose(page, lines, block, found)
    _twice(found.blocks[before:], found)


def _ours(structure: Structure) -> Iterable[tuple[Fence, Header]]:
    for fence in structure.fences:
        if fence.start not in structure.hidden and fence.start not in structure.swallowed:
            header = headers.parse(fence.info)
            if header:
                yield fence, header


def _front(page: Page, front: str, found: _Found) -> None:
    # The opening `---` is line 1.
    where = Where(page.path, 2)
    try:
        options = yamlcore.load(front, where, key=KEY)
    except DLError as error:
        found.problems.append(error)
        return
    if isinstance(options, dict):
        found.fronts[page.name] = options
    elif options is not None:
        found.problems.append(
            DLError(
                where, f"'{KEY}' in front matter must be a mapping, got {options!r}.", "Write `dlplugin: {seeds: 5}`."
            )
        )


def _fence(page: Page, lines: Sequence[Line], fence: Fence, header: Header, found: _Found) -> None:
    where = lines[fence.start].where
    shown = f"{fence.marks} {header.line}" if fence.marks.startswith("~") else f"{fence.marks}{header.line}"
    if fence.listed:
        problem = "a fence on the line of a list marker is not read as a fence."
        found.problems.append(DLError(where, problem, f"Begin a new line, four spaces in: {shown}"))
        return
    if header.problem:
        thing = "run" if header.kind == "run" else f"block of kind '{header.kind}'"
        found.problems.append(
            DLError(where, f"'{fence.info.strip()}' is not read as a {thing}: {header.problem}.", f"Write {shown}")
        )
        return
    if fence.end < 0:
        called = f" '{header.name}'" if header.name else ""
        problem = f"the fence of {header.kind}{called} is never closed."
        found.problems.append(DLError(where, problem, f"Close it with {fence.marks} at the indentation it opens with."))
        return
    if not _nameable(header):
        rule = (
            "at most 100 small letters, digits, '-' and '_'"
            if header.kind == "run"
            else "letters, digits, '-', '_' and '.'"
        )
        better = re.sub(r"[^a-z0-9_-]+", "-", header.name.lower()).strip("-_")
        hint = f"Names consist of {rule} and begin with a letter" + (
            f", such as '{better}'." if _RUN_NAME.match(better) else "."
        )
        found.problems.append(DLError(where, f"'{header.name[:100]}' cannot be a name.", hint))
        return
    found.blocks.append(_block(page, lines, fence, header, found))


def _nameable(header: Header) -> bool:
    pattern = _RUN_NAME if header.kind == "run" else _ID
    return not header.name or pattern.match(header.name) is not None


def _block(page: Page, lines: Sequence[Line], fence: Fence, header: Header, found: _Found) -> Block:
    where = lines[fence.start].where
    if header.kind != "run":
        return Block(header.kind, header.name, where, page.name, fence.body, header.options)
    body = fence.body.split("\n")
    top = next((index for index, text in enumerate(body) if text.strip()), 0)
    end = next((index for index in range(top, len(body)) if not _OPTION_LINE.match(body[index])), len(body))
    begin = next((index for index in range(end, len(body)) if body[index].strip()), end)
    options: dict[str, Any] = {}
    if end > top:
        yaml = "\n".join(_OPTION_LINE.sub(r"\1", text) for text in body[top:end])
        options = _options(yaml, lines[fence.start + 1 + top].where, found)
    for index in range(begin, len(body)):
        if _LATE_OPTION.match(body[index]):
            problem = f"'{body[index].strip()}' stands behind code, so it is no option."
            found.problems.append(
                DLError(
                    lines[fence.start + 1 + index].where,
                    problem,
                    "Move `#|` lines to the top of the block, without blank lines between.",
                )
            )
    line = lines[min(fence.start + 1 + begin, fence.end)]
    first = line.number if line.path == where.path else where.line + 1 + begin
    code = "\n".join(body[begin:]).rstrip()
    merged = {**options, **_over(options, header.options)}
    return Block("run", header.name, where, page.name, fence.body, merged, code, first, header.session)


def _options(yaml: str, where: Where, found: _Found) -> dict[str, Any]:
    try:
        options = yamlcore.load(yaml, where)
    except DLError as error:
        found.problems.append(error)
        return {}
    if options is None:
        return {}
    if not isinstance(options, dict):
        found.problems.append(
            DLError(where, "`#|` lines hold options, one `name: value` each.", "Write `#| timeout: 120`.")
        )
        return {}
    return {str(name): value for name, value in options.items()}


def _over(options: dict[str, Any], header: Mapping[str, str | bool]) -> dict[str, str | bool]:
    """Let the header win over `#|` lines, also where one of them writes `fig_alt` for `fig-alt`."""
    written = {name.replace("-", "_"): name for name in options}
    return {written.get(name.replace("-", "_"), name): value for name, value in header.items()}


def _prose(page: Page, lines: Sequence[Line], block: Sequence[tuple[int, str]], found: _Found) -> None:
    if not any("run" in text and "`" in text for _, text in block):
        return
    table = any("|" in text and _TABLE_RULE.match(text) for _, text in block[1:2])
    # Each row of a table is on its own: a stray backtick in one does not pair with one in the next.
    for part in [[row] for row in block] if table else [block]:
        _spans(page, lines, part, found)


def _spans(page: Page, lines: Sequence[Line], part: Sequence[tuple[int, str]], found: _Found) -> None:
    text = "\n".join(row for _, row in part)
    for span in _SPAN_OR_COMMENT.finditer(text):
        if span["marks"] != "`":
            continue
        words = span["text"].strip()
        begin = span.start("text") + len(span["text"]) - len(span["text"].lstrip())
        where = lines[part[text.count("\n", 0, begin)][0]].where
        if "\n" in words and re.match(r"\{run\}\s", words):
            problem = "an inline value stands on one line."
            found.problems.append(DLError(where, problem, f"Write `{' '.join(words.split())}`"))
        elif re.match(r"\{run\}\s", words):
            found.inlines.append(Inline(" ".join(words.removeprefix("{run}").split()), where, page.name))
        elif almost := re.match(r"\{\s*run\s*\}\s*(\S.*)", words, re.DOTALL):
            problem = f"`{words}` is not read as an inline value."
            found.problems.append(DLError(where, problem, f"Write `{{run}} {' '.join(almost[1].split())}`"))


def _twice(blocks: Sequence[Block], found: _Found) -> None:
    """Complain about ids that stand twice on one page, where a link could reach only the first."""
    first: dict[str, Block] = {}
    for block in blocks:
        if block.kind == "run" or not block.name:
            continue
        if block.name in first:
            other = first[block.name].where
            found.problems.append(
                DLError(
                    block.where,
                    f"'{block.name}' is already the id of the block at {other}.",
                    "Give one of them another id.",
                )
            )
        first.setdefault(block.name, block)

"""Differences: compare two versions of Python code and name what changed in them, comments and empty lines left out."""

from __future__ import annotations

import ast
import copy
import difflib
import io
import tokenize
from collections.abc import Iterator

from mkdocs_dlplugin.fingerprint import digest_code

MOST = 20
"""Lines of a difference that are shown."""
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def changed_lines(then: str, now: str, path: str, first_line: int) -> list[str]:
    """Show how code changed, removed lines with `-` and added ones with `+`, each place with its `page:line`.

    Args:
        then: The code that was measured.
        now: The code as it is.
        path: The file it stands in now.
        first_line: The line of that file at which it begins.
    """
    old, new = _meaningful(then), _meaningful(now)
    matcher = difflib.SequenceMatcher(None, [key for key, _, _ in old], [key for key, _, _ in new], autojunk=False)
    shown: list[str] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        at = new[min(c, len(new) - 1)][1] if new else 1
        shown.append(f"{path}:{first_line + at - 1}")
        shown += [f"- {text}" for _, _, text in old[a:b]] + [f"+ {text}" for _, _, text in new[c:d]]
    if len(shown) > MOST:
        return [*shown[:MOST], f"… {len(shown) - MOST} more lines"]
    return shown


def changed_names(then: str, now: str) -> list[str]:
    """Name the functions, classes and methods of a module that do something else now, or are new or gone."""
    old, new = dict(_parts(then)), dict(_parts(now))
    return [name for name in dict.fromkeys([*new, *old]) if old.get(name) != new.get(name)] or [
        "the order of its parts"
    ]


def _parts(source: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a module that have a name, with the digest of each, and the rest as one."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        yield "the whole file", digest_code(source)
        return
    yield "the code outside functions", _digest(_own(tree.body))
    yield from _named(tree.body, "")


def _named(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            header = copy.copy(node)
            header.body = _own(node.body) or [ast.Pass()]
            yield f"{prefix}{node.name}", _digest([header])
            yield from _named(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, _FUNCTION):
            yield f"{prefix}{node.name}", _digest([node])


def _own(body: list[ast.stmt]) -> list[ast.stmt]:
    """Leave out what is named by itself."""
    return [node for node in body if not isinstance(node, (*_FUNCTION, ast.ClassDef))]


def _digest(body: list[ast.stmt]) -> str:
    return digest_code(ast.unparse(ast.fix_missing_locations(ast.Module(body, []))))


def _meaningful(source: str) -> list[tuple[str, int, str]]:
    """List the lines that do something: without their comment, their number from 1, and as written."""
    lines = source.split("\n")
    bare = list(lines)
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                bare[token.start[0] - 1] = token.line[: token.start[1]]
    except (tokenize.TokenError, IndentationError):
        bare = list(lines)
    pairs = zip(bare, lines, strict=True)
    return [(key.rstrip(), number, text) for number, (key, text) in enumerate(pairs, 1) if key.strip()]

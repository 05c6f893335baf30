"""YAML: read what authors write in pages with the 1.2 core schema, and say the line when it is wrong."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Where

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

LIMIT = 200_000
"""Characters of YAML one block may hold; more is data, which belongs in a file."""

# Below the depth at which libyaml's own recursion would end the process instead of raising.
_DEPTH = 100


class _Loader(_Base):  # type: ignore[misc]
    """PyYAML's safe loader with the 1.2 core schema in place of the 1.1 types."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the class attribute PyYAML looks at

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping; a key that stands twice is a mistake, not a correction."""
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be a word or a number", key_node.start_mark
                )
            if key in mapping:
                raise yaml.constructor.ConstructorError(None, None, f"'{key}' stands twice", key_node.start_mark)
            mapping[key] = self.construct_object(value_node, deep=deep)
        return mapping


def _integer(loader: Any, node: Any) -> int:
    text = loader.construct_scalar(node)
    if text[:2] in ("0o", "0x"):
        return int(text, 0)
    return int(text)


def _number(loader: Any, node: Any) -> float:
    return float(loader.construct_scalar(node).lower().replace(".inf", "inf").replace(".nan", "nan"))


def _truth(loader: Any, node: Any) -> bool:
    return bool(loader.construct_scalar(node).lower() == "true")


def _nothing(loader: Any, node: Any) -> None:
    loader.construct_scalar(node)


def _pairs(loader: Any, node: Any) -> Any:
    mapping: dict[Any, Any] = {}
    yield mapping
    mapping.update(loader.construct_mapping(node, deep=True))


for _tag, _pattern, _first, _build in (
    ("null", r"(?:|~|null|Null|NULL)\Z", ["", "~", "n", "N"], _nothing),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)\Z", list("tTfF"), _truth),
    ("int", r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z", list("-+0123456789"), _integer),
    (
        "float",
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z",
        list("-+.0123456789"),
        _number,
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _build)
_Loader.add_constructor("tag:yaml.org,2002:map", _pairs)


def load(text: str, where: Where, *, key: str | None = None) -> Any:
    """Read YAML by the 1.2 core schema: `1e-3` is a number, `on` a word, `010` ten, a date stays text.

    Args:
        text: The YAML; empty text reads as `None`.
        where: The place of its first line.
        key: Read only what stands under this key of the top mapping, whatever else is there; `None` when absent.

    Raises:
        DLError: it is not YAML, a key stands twice, or it uses anchors or tags; with the line.
    """
    if len(text) > LIMIT:
        raise DLError(
            where,
            f"{len(text):,} characters of YAML are more than the {LIMIT:,} a block may hold.",
            "Keep data in a file.",
        )
    _refuse_depth(text, where)
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if key is not None:
            node = _under(node, key)
        if node is None:
            return None
        _refuse_aliases(node, where)
        return loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        lines = text.rstrip("\n").split("\n")
        # What is missing at the end is missed one line further down.
        line = min(mark.line if mark else 0, len(lines) - 1)
        said = f"this is not YAML we can read: {_why(error, lines[line])}."
        raise DLError(Where(where.path, where.line + line) if where.line else where, said) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DLError(where, f"this is not YAML we can read: {str(error).splitlines()[0]}.") from None
    finally:
        loader.dispose()


def places(text: str) -> dict[tuple[str | int, ...], int]:
    """Find the line of every key of YAML that could be read, counted from 0, by the way to it; JSON is YAML, too."""
    if len(text) > LIMIT:
        return {}
    found: dict[tuple[str | int, ...], int] = {}
    loader = _Loader(text)
    try:
        waiting: list[tuple[tuple[str | int, ...], Any]] = [((), loader.get_single_node())]
    except yaml.YAMLError:
        return {}
    finally:
        loader.dispose()
    while waiting:
        way, node = waiting.pop()
        if isinstance(node, yaml.MappingNode):
            found |= {(*way, str(key.value)): key.start_mark.line for key, _ in node.value}
            waiting += [((*way, str(key.value)), value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [((*way, index), item) for index, item in enumerate(node.value)]
    return found


def scalar(text: str) -> Any:
    """Read one word the way YAML would: `5` is a number, `true` a truth, `[1, 2]` a list; else the text itself."""
    try:
        value = load(text, Where(""))
    except DLError:
        return text
    return text if value is None else value


def _under(node: Any, key: str) -> Any:
    if not isinstance(node, yaml.MappingNode):
        return None
    found = [value for name, value in node.value if name.value == key]
    if len(found) > 1:
        raise yaml.constructor.ConstructorError(None, None, f"'{key}' stands twice", found[1].start_mark)
    return found[0] if found else None


def _refuse_aliases(node: Any, where: Where) -> None:
    """Refuse anchors that are used again: ten lines of them can stand for a million values."""
    seen: set[int] = set()
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            raise DLError(
                _at(where, current.start_mark),
                "anchors and aliases (`&x`, `*x`) are not read here.",
                "Write the value out.",
            )
        seen.add(id(current))
        if isinstance(current, yaml.MappingNode):
            waiting += [part for pair in current.value for part in pair]
        elif isinstance(current, yaml.SequenceNode):
            waiting += current.value


def _refuse_depth(text: str, where: Where) -> None:
    """Refuse brackets nested deeper than anyone writes, before the parser recurses over them."""
    deepest = depth = 0
    for char in text:
        if char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    dashes = max((line.count("- ") + line.count("? ") for line in text.splitlines()), default=0)
    if max(deepest, dashes) > _DEPTH:
        raise DLError(where, f"this YAML is nested more than {_DEPTH} levels deep.")


def _at(where: Where, mark: Any) -> Where:
    return Where(where.path, where.line + mark.line) if mark and where.line else where


def _why(error: yaml.MarkedYAMLError, line: str) -> str:
    text = (error.problem or error.context or "").rstrip(".")
    if "could not determine a constructor for the tag" in text:
        tag = text.rsplit(" ", 1)[-1].replace("tag:yaml.org,2002:", "!!")
        return f"the tag {tag} is not read here"
    if "cannot start any token" in text and line.lstrip(" ").startswith("\t"):
        return "tabs do not indent"
    return text

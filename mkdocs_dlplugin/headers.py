"""Headers: what the line that opens a fence asks of us, and how it is written where it almost does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("comparison", "chart", "claim", "claims")
"""Blocks that show what was measured: keys of a `yaml` fence, and fence names of their own."""

_PYTHON = ("python", "py", "python3", "py3", "ipython", "ipython3", "pycon")
_YAML = ("yaml", "yml")

_WORD = r"[\w#.+-]+"
_LEGAL = re.compile(
    rf"[ ]*(?:\.?{_WORD}(?=[ ]|\Z))?"
    r"(?:[ ]*\{.*\}|(?:[ ]*[a-zA-Z][a-zA-Z0-9_]*(?:=(?:\".*?\"|'.*?'))?(?=[ ]|\Z))+)?[ ]*\Z"
)
_BRACED = re.compile(rf"(?:(?P<lang>\.?{_WORD})[ ]+)?\{{(?P<inner>.*)\}}\Z")
_PLAIN = re.compile(rf"(?P<lang>\.?{_WORD})(?:[ ]+(?P<inner>.*))?\Z")
_STRICT = re.compile(
    r"(?:([A-Za-z][\w-]*)(?:=(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'=,{}]+)))?|#([\w:.-]+)|\.([\w:-]+))(?=[ ]|\Z)[ ]*"
)
_LOOSE = re.compile(r"([A-Za-z][\w-]*)(?:=(?:\"([^\"]*)\"|'([^']*)'|[\"']?([^\s\"']*)))?|#([\w:.-]+)|\.([\w:-]+)")
_MENTION = re.compile(r"(?i)\b(?:run|session|comparison|chart|claims?)\b")


@dataclass(frozen=True)
class Header:
    """The opening line of a fence of ours."""

    kind: str
    """`run`, or one of `KINDS`."""
    name: str
    """The run's name or the block's id; empty when none was given."""
    options: Mapping[str, str | bool] = field(default_factory=dict)
    """The other words, as written; a word without a value is true."""
    classes: tuple[str, ...] = ()
    """CSS classes, which the fence hands on."""
    problem: str = ""
    """Why this header would not be read, when it is only nearly one of ours."""
    session: bool = False
    """Whether the run is split over its page and this is one of its blocks: `session="mlp"` instead of `run="mlp"`."""

    @property
    def key(self) -> str:
        """The word that makes it ours, with the name: `run="mlp"`."""
        return ("session" if self.session else self.kind) + (f'="{self.name}"' if self.name else "")

    @property
    def line(self) -> str:
        """The header as superfences reads it, in the canonical form."""
        words = [
            self.key,
            *(_pair(name, value) for name, value in self.options.items()),
            *(f".{name}" for name in self.classes),
        ]
        return f"{'python' if self.kind == 'run' else 'yaml'} {{{' '.join(words)}}}"


@dataclass
class _Words:
    """What could be told apart in a header, before it is judged."""

    lang: str = ""
    values: dict[str, str | bool] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    braces: bool = False
    broken: bool = False
    """Whether something in it is neither a word, a `key="value"`, an `#id` nor a `.class`."""
    unquoted: bool = False
    twice: str = ""


def mentions(text: str) -> bool:
    """Tell quickly whether a header may be one of ours."""
    return _MENTION.search(text) is not None


def is_ours(info: str) -> bool:
    """Tell whether a header is one of ours, or nearly."""
    return parse(info) is not None


def opens(info: str) -> bool:
    """Tell whether superfences would open a fence with such a header, whoever it belongs to."""
    return not info or _LEGAL.match(info) is not None or is_ours(info)


def parse(info: str) -> Header | None:
    """Read the text behind the fence's marks; `None` when it is not ours and not nearly ours."""
    text = info.strip()
    # Backticks in it make it inline code that happens to begin a line.
    if "`" in text or not mentions(text):
        return None
    words = _words(text)
    short = words.lang.lower() if words.lang.lower() in KINDS and not words.braces else ""
    word = short or (words.lang.lower() if words.lang.lower() in KINDS else "") or _key(words)
    if not word:
        return None
    if words.lang.lower() in KINDS:
        return _short(words, word)
    kind = "run" if word == "session" else word
    value = next(words.values[key] for key in words.values if key.lower() == word)
    options = {key: written for key, written in words.values.items() if key.lower() != word}
    name = "" if value is True else str(value)
    if kind == "run" and words.ids:
        options["id"] = words.ids[0]
    elif words.ids and not name:
        name = words.ids[0]
    problem = _problem(words, word, value)
    if word == "session":
        return Header(kind, name or "name", options, tuple(words.classes), problem, session=True)
    return Header(kind, name, options, tuple(words.classes), problem)


def _key(words: _Words) -> str:
    """Find the key that makes a fence ours; a bare word counts only where the language is one we read."""
    lang = words.lang.lower()
    for key, value in words.values.items():
        low = key.lower()
        if low == "run" and (lang in _PYTHON or words.braces or value is not True):
            return "run"
        if low in KINDS and (lang in _YAML or (not lang and (words.braces or value is not True))):
            return low
    # A block of a session has no `run`; markdown-exec has sessions too, with `exec`.
    session = next((value for key, value in words.values.items() if key.lower() == "session"), None)
    if session is not None and "exec" not in words.values:
        return "session" if lang in _PYTHON or (not lang and words.braces and session is not True) else ""
    return ""


def _short(words: _Words, kind: str) -> Header | None:
    """Read a fence with a name of its own: `comparison`, `comparison tbl-x`, `comparison {#tbl-x}`."""
    bare = [key for key, value in words.values.items() if value is True] if not words.braces else []
    # The word alone may open prose or another plugin's block: `chart of the nation` is not nearly ours.
    if len(bare) > 1:
        return None
    given = words.values.get("id") or (bare[0] if bare else "") or (words.ids[0] if words.ids else "")
    options = {key: value for key, value in words.values.items() if key != "id" and key not in bare}
    problem = "" if words.lang == kind else f"the fence is called '{kind}'"
    if words.broken or words.twice:
        problem = _problem(words, kind, given)
    return Header(kind, "" if given is True else str(given), options, tuple(words.classes), problem)


def _problem(words: _Words, kind: str, value: str | bool) -> str:
    lang = "python" if kind in ("run", "session") else "yaml"
    keys = [key for key in words.values if key.lower() == kind]
    checks = (
        (words.twice != "", f"'{words.twice}' stands twice"),
        (words.broken, "options are words and `key=value` pairs with spaces between, inside one pair of braces"),
        (bool(words.lang) and words.lang != lang and words.lang.lower() not in KINDS, f"its language is '{lang}'"),
        (not words.lang, f"its language, '{lang}', comes first"),
        (bool(keys) and keys[0] != kind, f"the key is written '{kind}'"),
        (words.unquoted, "a value without quotes stands in braces"),
        (kind == "session" and value is True, "'session' needs the name of the run behind '='"),
        (value is True and not words.braces and words.lang not in KINDS, f"'{kind}' without a value stands in braces"),
        (value == "", f"'{kind}' needs a name behind '='"),
    )
    return next((text for wrong, text in checks if wrong), "")


def _words(text: str) -> _Words:
    words = _Words()
    braced = _BRACED.match(text)
    plain = None if braced else _PLAIN.match(text)
    shape = braced or plain
    words.braces = "{" in _unquoted(text)
    inner = ((shape["inner"] or "") if shape else "").strip()
    if shape and _fill(words, inner, _STRICT):
        words.lang = (shape["lang"] or "").removeprefix(".")
        if not words.lang and words.classes:
            words.lang = words.classes.pop(0)
        words.broken = words.braces and not braced
    else:
        words = _Words(braces=words.braces, broken=True)
        _fill(words, _loosen(text), _LOOSE)
        words.lang = words.classes.pop(0) if text.startswith(("{.", "{ .", ".")) and words.classes else ""
    if not words.lang and words.values:
        first = next(iter(words.values))
        # `{python run="x"}`, as Quarto writes it.
        if words.values[first] is True and first.lower() not in ("run", *KINDS):
            words.lang, words.broken = first, words.broken or words.braces
            del words.values[first]
        elif words.values[first] is True and first.lower() in KINDS and not words.braces:
            words.lang = first
            del words.values[first]
    return words


def _fill(words: _Words, inner: str, pattern: re.Pattern[str]) -> bool:
    """Take the words of a header apart; false when something is left over."""
    position = 0
    for found in pattern.finditer(inner):
        if pattern is _STRICT and found.start() != position:
            return False
        position = found.end()
        key, double, single, plain, id_, class_ = found.groups()
        if id_ or class_:
            (words.ids if id_ else words.classes).append(id_ or class_)
            words.unquoted = words.unquoted or (bool(id_) and not words.braces)
            continue
        value = next((part for part in (double, single, plain) if part is not None), None)
        words.unquoted = words.unquoted or (plain is not None and not words.braces)
        if key in words.values:
            words.twice = key
        words.values.setdefault(key, True if value is None else value)
    return pattern is _LOOSE or position == len(inner)


def _loosen(text: str) -> str:
    """Drop commas and braces outside quotes and close up `=`, so that what was meant can be told."""
    parts = re.split(r"(\"[^\"]*\"|'[^']*')", text)
    for index in range(0, len(parts), 2):
        plain = re.sub(r"(\w):\s+", r"\1=", re.sub(r"[,{}]", " ", parts[index]))
        parts[index] = re.sub(r"\s*=\s*(?![\w-]+\s*=)", "=", plain)
    return "".join(parts)


def _unquoted(text: str) -> str:
    return re.sub(r"\"[^\"]*\"|'[^']*'", "", text)


def _pair(name: str, value: str | bool) -> str:
    if value is True or value is False:
        return name
    if re.fullmatch(r"[\w.+:/-]+", value):
        return f"{name}={value}"
    return f"{name}='{value}'" if '"' in value else f'{name}="{value}"'

"""Expressions: the one grammar in which pages name runs and metrics, calculate with them and check them.

Parsed by hand and never `eval`ed.  Run names may hold `-` and metric names `/`, so arithmetic needs a space on both
sides of its operator: `cnn-x.acc` is one name, `cnn.acc - x.acc` a difference.
"""

from __future__ import annotations

import fnmatch
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Value, Where

STAR = "*"
"""The value of a parameter in a selector that takes any value: `mlp(n=*)`."""

Comparison = Literal[">", "<", ">=", "<=", "~", "in"]

_COMPARISONS: dict[str, Comparison] = {">": ">", "<": "<", ">=": ">=", "<=": "<=", "~": "~", "in": "in"}

_FUNCTIONS = ("max", "min", "abs", "log")
_RUN = re.compile(r"[a-z][a-z0-9_-]*")
_PATTERN = re.compile(r"[a-z_*][a-z0-9_*-]*")
_METRIC = re.compile(r"[A-Za-z_][\w/]*", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])", re.ASCII)
_PARAMETER = re.compile(r"\s*([A-Za-z_]\w*)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^,()\"']*))\s*", re.ASCII)
_COMPARISON = re.compile(r"\s*(>=|<=|>|<|~|in\b)\s*(?![=<>~])")
_MOST_DIGITS = 5
"""Decimals that a format may ask for."""
_FORMAT = re.compile(r"(?P<sign>[+ -]?)(?P<group>0?\d{0,2}[,_]?)(?:\.(?P<digits>\d{1,2}))?(?P<type>%|[deEfFgG]|pp|x)?")


@dataclass(frozen=True)
class Ref:
    """A run, or several, by name, point and metric, as written on a page."""

    run: str
    """Name of the run; in selectors it may hold `*`."""
    point: tuple[tuple[str, Value], ...] | None
    """Parameters in alphabetical order, `STAR` for any value; `None` where no parentheses were written."""
    metric: str
    """Name of the metric; empty in selectors."""
    text: str
    """Run and point as written, without the metric."""

    def __str__(self) -> str:
        return f"{self.text}.{self.metric}" if self.metric else self.text


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True)
class Operation:
    """Two expressions with `+`, `-`, `*` or `/` between them."""

    op: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Call:
    """`max`, `min`, `abs` or `log` of expressions."""

    name: str
    args: tuple[Node, ...]


Node = Ref | Number | Operation | Call


@dataclass(frozen=True)
class InlineValue:
    """An expression with the format its number is shown in."""

    node: Node
    format: str
    """Python's format, or one that ends in `pp` (percentage points) or `x` (ratio); empty when none was written."""


@dataclass(frozen=True)
class Check:
    """One comparison that measured numbers can pass or fail."""

    op: Comparison
    left: Node
    right: Node | None
    """`None` for `in`."""
    interval: tuple[float, float] | None
    """For `in`: lowest and highest value that pass."""
    text: str
    """As written, with spaces tidied."""


def parse_selector(text: str, where: Where) -> Ref:
    """Read which runs are meant: `mlp`, `digits-*`, `mlp(n=100)`, `mlp(n=*, model=svm)`.

    Raises:
        DLError: not the name of runs, or more than that.
    """
    reader = _Reader(text, where)
    start = reader.place
    run = reader.take(_PATTERN) or reader.fail(
        "is not a run's name", "Names are lower-case letters, digits, '-' and '_'; '*' stands for any of them."
    )
    point = reader.point()
    written = reader.text[start : reader.place]
    if reader.text[reader.place :].startswith("."):
        hint = f"Write '{written}'; metrics are named in `metrics` or `y`."
        reader.fail("names a metric where runs are expected", hint)
    reader.end("A run is named like mlp, digits-* or mlp(n=100).")
    return Ref(run, point, "", written)


def parse_value(text: str, where: Where) -> InlineValue:
    """Read an inline value: `mlp.test_acc:.1%`, `mlp.n_params:,`, `mlp.test_acc - logreg.test_acc:+pp`.

    Raises:
        DLError: the expression or its format cannot be read, or it names no run.
    """
    reader = _Reader(text, where)
    node = reader.expression()
    spec = ""
    if found := reader.take(re.compile(r"\s*:")):
        spec = reader.text[reader.place :].strip()
        reader.place = len(reader.text)
        if not spec or not _FORMAT.fullmatch(spec):
            reader.fail(
                f"ends in '{found.strip()}{spec}', which is not a format",
                "Formats are like .3f  .1%  ,  +.2f  pp (percentage points)  +pp  x (ratio).",
            )
        if (format_parts(spec).digits or 0) > _MOST_DIGITS:
            reader.fail(f"asks for more than {_MOST_DIGITS} decimals", "No measured number here is known that finely.")
    reader.end()
    if not any(refs(node)):
        reader.fail("names no run", "Write a run and its metric, as in mlp.test_acc:.1%.")
    return InlineValue(node, spec)


def parse_check(text: str, where: Where) -> Check:
    """Read a comparison: `svm.acc > cnn.acc`, `cnn.acc - mlp.acc >= 0.05`, `a.acc ~ b.acc`, `a.acc in [0.9, 0.95]`.

    Raises:
        DLError: it cannot be read, compares nothing, or compares constants only.
    """
    reader = _Reader(text, where)
    left = reader.expression()
    op = reader.comparison()
    right, interval = (None, reader.interval()) if op == "in" else (reader.expression(), None)
    reader.end("One check is one comparison; write two settings for two.")
    check = Check(op, left, right, interval, " ".join(text.split()))
    if not any(refs(check)):
        reader.fail("compares no run", "Write a run and its metric, as in svm.test_acc > mlp.test_acc.")
    return check


def matches(ref: Ref, run: str, params: Mapping[str, Value]) -> bool:
    """Tell whether a run at a point is among those a ref names.

    Without a point every point of the run is; with one, all parameters must be named and have the value, or `STAR`.
    Runs without a name of their own start with `_` and are never caught by a glob.
    """
    if run.startswith("_") and not ref.run.startswith("_"):
        return False
    if not fnmatch.fnmatchcase(run, ref.run):
        return False
    if ref.point is None:
        return True
    wanted = dict(ref.point)
    return wanted.keys() == params.keys() and all(_same(wanted[name], params[name]) for name in wanted)


def refs(node: Node | Check) -> Iterator[Ref]:
    """Yield every ref in the order written, repeated where it is written repeatedly."""
    match node:
        case Ref():
            yield node
        case Operation():
            yield from refs(node.left)
            yield from refs(node.right)
        case Call():
            for arg in node.args:
                yield from refs(arg)
        case Check():
            yield from refs(node.left)
            if node.right is not None:
                yield from refs(node.right)
        case Number():
            pass


def evaluate_numbers(node: Node, lookup: Callable[[Ref], tuple[float, ...]]) -> tuple[float, ...]:
    """Calculate an expression seed by seed.

    Args:
        node: The expression.
        lookup: Returns a ref's values, one per seed, all of the same seeds in the same order; a single value stands
            for every seed.

    Returns:
        One value per seed; a single one when nothing has more.

    Raises:
        ValueError: numbers of seeds differ, or a seed's value is not defined (division by zero, log of 0).
    """
    match node:
        case Number():
            return (node.value,)
        case Ref():
            return lookup(node)
        case Operation():
            columns = [evaluate_numbers(node.left, lookup), evaluate_numbers(node.right, lookup)]
            return tuple(_operate(node.op, row) for row in _rows(columns))
        case Call():
            return tuple(_operate(node.name, row) for row in _rows([evaluate_numbers(a, lookup) for a in node.args]))


@dataclass(frozen=True)
class Format:
    """What one of our formats asks for."""

    digits: int | None
    """Digits behind the point, or significant ones for `g`; `None` where the format leaves them to the number."""
    kind: str
    """`%`, `pp`, `x`, one of Python's letters, or empty."""
    signed: bool
    """Whether what is above 0 gets a `+`."""


def format_parts(spec: str) -> Format:
    """Take a format apart: `+.2pp` has two digits and is of the kind `pp`, which without them has one."""
    found = _FORMAT.fullmatch(spec)
    if not found:
        raise ValueError(f"'{spec}' is not a format")
    kind = found["type"] or ""
    usual = {"pp": 1, "x": 1, "%": 1, "f": 3, "F": 3, "e": 3, "E": 3, "d": 0}.get(kind)
    return Format(int(found["digits"]) if found["digits"] else usual, kind, found["sign"] == "+")


def format_number(value: float, spec: str = "") -> str:
    """Print a number in one of our formats, with a true minus sign.

    Args:
        value: The number.
        spec: As `InlineValue.format`; without digits in it, whole numbers stay whole and others get four significant
            digits (`%`, `pp` and `x`: one decimal, `f` and `e`: three).

    Raises:
        ValueError: not one of our formats.
    """
    found = _FORMAT.fullmatch(spec)
    if not found:
        raise ValueError(f"'{spec}' is not a format")
    sign, group, digits, kind = found["sign"], found["group"], found["digits"], found["type"] or ""
    if kind == "pp":
        text = f"{value * 100:{sign}{group}.{digits or 1}f}\N{NO-BREAK SPACE}pp"
    elif kind == "x":
        text = f"{value:{sign}{group}.{digits or (1 if abs(value) < 100 else 0)}f}×"
    elif kind == "d":
        text = f"{round(value):{sign}{group}d}"
    elif kind in tuple("%fFeE") and not digits:
        text = f"{value:{sign}{group}.{format_parts(spec).digits}{kind}}"
    elif kind or digits:
        text = f"{value:{spec}}"
    else:
        text = f"{_shortened(value):{spec}}"
    # A value that rounds to nothing has no direction to show.
    if not any(c in "123456789" for c in text):
        text = text.replace("-", "", 1)
    return "−" + text[1:] if text.startswith("-") else text


class _Reader:
    """A place in a text that is being read."""

    def __init__(self, text: str, where: Where) -> None:
        self.text, self.where, self.place = text.strip(), where, 0

    def take(self, pattern: re.Pattern[str]) -> str:
        """Step over what matches here and return it; empty when nothing does."""
        found = pattern.match(self.text, self.place)
        if not found:
            return ""
        self.place = found.end()
        return found[0]

    def fail(self, problem: str, hint: str = "") -> NoReturn:
        raise DLError(self.where, f"'{self.text}' {problem}.", hint)

    def end(self, hint: str = "") -> None:
        """Insist that everything has been read."""
        rest = self.text[self.place :]
        if not rest.strip():
            return
        if re.fullmatch(r"\s*[-+*/]\s*", rest):
            self.fail("stops where a run or number is expected", "Write a run and its metric, as in mlp.test_acc.")
        if found := re.match(r"\s*([-+*/])\s*", rest):
            self._spaces(self.place + found.start(1))
        # The metric of `a.x/b.x` is read as `x/b`, and only the dot after it shows what was meant.
        metric = re.search(r"/[\w-]*$", self.text[: self.place])
        if rest.startswith((".", "(")) and metric:
            self._spaces(metric.start())
        self.fail(f"cannot be read from '{rest.strip()}' on", hint or "Write a run and its metric, as in mlp.test_acc.")

    def _spaces(self, at: int) -> NoReturn:
        mended = f"{self.text[:at].rstrip()} {self.text[at]} {self.text[at + 1 :].lstrip()}"
        self.fail(f"has no spaces around '{self.text[at]}'", f"Binary operators need spaces: {mended}")

    def expression(self) -> Node:
        return self._chain("+-", lambda: self._chain("*/", self._operand))

    def _chain(self, operators: str, operand: Callable[[], Node]) -> Node:
        node = operand()
        while op := self.take(re.compile(rf"\s+[{re.escape(operators)}]\s+")):
            node = Operation(op.strip(), node, operand())
        return node

    def _operand(self) -> Node:
        self.take(re.compile(r"\s+"))
        if number := self.take(_NUMBER):
            return Number(float(number))
        if self.take(re.compile(r"\(")):
            node = self.expression()
            self._close()
            return node
        called = re.compile(rf"({'|'.join(_FUNCTIONS)})\((?!\s*\w+\s*=)").match(self.text, self.place)
        if called:
            self.place = called.end()
            return self._call(called[1])
        return self._ref()

    def _call(self, name: str) -> Call:
        args = [self.expression()]
        while self.take(re.compile(r"\s*,")):
            args.append(self.expression())
        self._close()
        if name in ("abs", "log") and len(args) > 1:
            self.fail(f"gives '{name}' {len(args)} values", f"Write {name}(…) around one expression.")
        return Call(name, tuple(args))

    def _close(self) -> None:
        if not self.take(re.compile(r"\s*\)")):
            if self.text[self.place :].strip():
                self.end("A '(' is not closed before that.")
            self.fail("does not close a '('")

    def _ref(self) -> Ref:
        start = self.place
        run = self.take(_RUN)
        if not run:
            rest = self.text[self.place :].strip()
            if not rest:
                self.fail("stops where a run or number is expected", "Write a run and its metric, as in mlp.test_acc.")
            sign = re.match(r"[-+](?=[a-z(])", rest)
            self.fail(
                f"has no run or number at '{rest}'",
                f"Write 0 {sign[0]} {rest[1:]}" if sign else "Run names are lower-case letters, digits, '-' and '_'.",
            )
        point = self.point()
        text = self.text[start : self.place]
        if not self.take(re.compile(r"\.")):
            self.fail(f"names no metric of '{text}'", f"Write run and metric with a dot, as in {text}.test_acc.")
        metric = self.take(_METRIC) or self.fail(f"has no metric after '{text}.'", f"Write {text}.test_acc, say.")
        return Ref(run, point, metric, text)

    def point(self) -> tuple[tuple[str, Value], ...] | None:
        """Read `(n=100, model=svm)`, if it stands here."""
        if not self.take(re.compile(r"\(")):
            return None
        point: dict[str, Value] = {}
        while True:
            found = _PARAMETER.match(self.text, self.place)
            if not found or not any(found.groups()[1:]):
                self.fail("has a point that cannot be read", "Write points like mlp(n=100, model=svm) or mlp(n=*).")
            name, double, single, plain = found.groups()
            if name in point:
                self.fail(f"names '{name}' twice in one point")
            quoted = double or single
            point[name] = quoted if quoted is not None else _value(plain.strip())
            self.place = found.end()
            if self.take(re.compile(r"\)")):
                return tuple(sorted(point.items()))
            if not self.take(re.compile(",")):
                self.fail("does not close a '('", "A point is written like mlp(n=100, model=svm).")

    def comparison(self) -> Comparison:
        if found := self.take(_COMPARISON):
            return _COMPARISONS[found.strip()]
        if turned := re.match(r"\s*(=[<>])", self.text[self.place :]):
            self.fail(f"has '{turned[1]}' where a comparison is expected", f"Did you mean '{turned[1][::-1]}'?")
        if re.match(r"\s*[=!]", self.text[self.place :]):
            self.fail(
                "asks whether measured numbers are equal",
                "Write a ~ b for 'no difference that matters', or a in [low, high].",
            )
        hint = "A check compares with >, <, >=, <=, ~ or in [low, high]."
        self.end(hint)
        return self.fail("compares nothing", hint)

    def interval(self) -> tuple[float, float]:
        found = re.compile(r"\[\s*([^\s,\]]+)\s*,\s*([^\s,\]]+)\s*\]").match(self.text, self.place)
        if not found or not all(_NUMBER.fullmatch(end) for end in found.groups()):
            self.fail("has no interval after 'in'", "Write two numbers, as in mlp.test_acc in [0.9, 0.95].")
        low, high = float(found[1]), float(found[2])
        if low > high:
            self.fail("has an interval that ends before it begins", f"Write [{found[2]}, {found[1]}].")
        self.place = found.end()
        return low, high


def _value(text: str) -> Value:
    """Read a parameter's value as YAML's core schema does: `100`, `1e-3`, `true`, else a word."""
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"[+-]?[0-9]+", text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _same(wanted: Value, given: Value) -> bool:
    # Python's True equals 1, an author's does not.
    return wanted == STAR or (isinstance(wanted, bool) == isinstance(given, bool) and wanted == given)


def _rows(columns: Sequence[tuple[float, ...]]) -> Iterator[tuple[float, ...]]:
    """Turn one column per operand into one row per seed; a column of one value repeats."""
    lengths = {len(column) for column in columns} - {1}
    if len(lengths) > 1:
        raise ValueError(f"values of {' and '.join(map(str, sorted(lengths)))} seeds do not pair up")
    length = lengths.pop() if lengths else 1
    return zip(*(column * length if len(column) == 1 else column for column in columns), strict=True)


def _operate(name: str, row: tuple[float, ...]) -> float:
    match name:
        case "+":
            return row[0] + row[1]
        case "-":
            return row[0] - row[1]
        case "*":
            return row[0] * row[1]
        case "/":
            if row[1] == 0:
                raise ValueError("a seed divides by zero")
            return row[0] / row[1]
        case "max":
            return max(row)
        case "min":
            return min(row)
        case "abs":
            return abs(row[0])
        case _:
            if row[0] <= 0:
                raise ValueError(f"a seed takes the logarithm of {row[0]:g}")
            return math.log(row[0])


def _shortened(value: float) -> float | int:
    """Keep whole numbers whole and four significant digits of others."""
    if value == 0:
        return 0
    if not math.isfinite(value):
        return value
    places = 3 - math.floor(math.log10(abs(value)))
    short = round(value, max(places, 0))
    return int(short) if short == int(short) and (places <= 0 or value == int(value)) else short

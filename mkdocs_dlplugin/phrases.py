"""Phrases: a check as a sentence, with the names that readers know: `The loss of CNN is higher than that of MLP`."""

from __future__ import annotations

import math
from collections.abc import Callable

from mkdocs_dlplugin.digits import brief
from mkdocs_dlplugin.expressions import Call, Check, Comparison, Node, Number, Operation, Ref, refs
from mkdocs_dlplugin.model import Metric
from mkdocs_dlplugin.words import say

NBSP = "\N{NO-BREAK SPACE}"

_NAMES: dict[Comparison, str] = {">": "more", "<": "less", ">=": "at-least", "<=": "at-most", "~": "same", "in": "in"}
_TAKEN_OR_HAD = {"timing": "time", "exact": "count"}
"""Kinds of metrics that are said otherwise than what is high or low."""
_OPERATORS = {"+": "sum-of", "-": "difference-of", "*": "product-of", "/": "quotient-of"}


class Phrases:
    """Says checks in words, with the names that readers know."""

    def __init__(self, label: Callable[[Ref], str], metric: Callable[[Ref], Metric], margin: str = "") -> None:
        """Prepare for one check.

        Args:
            label: Names the run that a ref means.
            metric: Returns the metric it means.
            margin: The tie margin as readers see it, `±1 pp`; empty where none plays a part.
        """
        self._label, self._metric, self._margin = label, metric, margin.lstrip("±")

    def check(self, check: Check) -> str:
        """Say a whole check as a sentence."""
        left, right, op = check.left, check.right, check.op
        if check.interval is not None:
            low, high = (self._value(end, left) for end in check.interval)
            return self._sentence("value-in", left=self._node(left), low=low, high=high)
        if right is None:
            raise ValueError("a check without interval compares two sides")
        if not any(refs(left)):
            left, right, op = right, left, _mirrored(op)
        name = _NAMES[op]
        if isinstance(right, Number):
            return self._against(left, name, right.value)
        if isinstance(left, Ref) and isinstance(right, Ref) and left.metric == right.metric:
            return self._between(left, right, name)
        given = "" if op in (">", "<") or not self._margin else "-margin"
        said = self._node(right)
        if isinstance(left, Ref) and isinstance(right, Ref) and self._label(left) == self._label(right):
            said = say("of-same", metric=inside(self._metric(right).title))
        return self._sentence(f"is-{name}{given}", left=self._node(left), right=said, margin=self._margin)

    def _between(self, left: Ref, right: Ref, name: str) -> str:
        """Compare one metric of two runs: the usual case, said briefly."""
        metric = self._metric(left)
        spares = bool(self._margin) and metric.kind != "exact" and name not in ("more", "less")
        kind = _TAKEN_OR_HAD.get(metric.kind, "run")
        if kind == "time" and not spares and name not in ("more", "less"):
            kind = "run"
        a, b = self._label(left), self._label(right)
        name = f"{kind}-{name}{'-margin' if spares else ''}"
        return self._sentence(name, a=a, b=b, metric=inside(metric.title), margin=self._margin)

    def _against(self, left: Node, name: str, value: float) -> str:
        """Compare with a constant; a difference of one metric of two runs is said as such."""
        match left:
            case Operation("-", Ref() as a, Ref() as b) if a.metric == b.metric and value > 0 and name != "same":
                by = self._value(value, left)
                title = inside(self._metric(a).title)
                return self._sentence(f"exceeds-{name}", a=self._label(a), b=self._label(b), metric=title, value=by)
        given = "-margin" if name == "same" and self._margin else ""
        said = self._value(value, left)
        if isinstance(left, Ref) and name in ("more", "less"):
            metric = self._metric(left)
            kind = _TAKEN_OR_HAD.get(metric.kind)
            if kind == "time" or (kind == "count" and not metric.unit and metric.style != "percent"):
                title = inside(metric.title)
                return self._sentence(f"{kind}-{name}-than", a=self._label(left), metric=title, value=said)
        return self._sentence(f"value-{name}{given}", left=self._node(left), value=said, margin=self._margin)

    def _node(self, node: Node) -> str:
        """Say an expression."""
        match node:
            case Number(value):
                return brief(value)
            case Ref():
                return say("of-run", run=self._label(node), metric=inside(self._metric(node).title))
            case Operation(op, left, right):
                return say(_OPERATORS[op], left=self._node(left), right=self._node(right))
            case Call(name, args):
                return say(f"{name}-of", values=", ".join(self._node(arg) for arg in args))

    def _value(self, value: float, beside: Node) -> str:
        """Write a constant in the unit of what it is compared with."""
        metric = self._metric(next(iter(refs(beside))))
        if _changes_unit(beside) or not value:
            return brief(value)
        if metric.style == "percent":
            share = isinstance(beside, Ref)
            return f"{brief(_tidy(value * 100))}{NBSP}{'%' if share else say('points')}"
        return f"{brief(value)}{NBSP}{metric.unit}" if metric.unit else brief(value)

    def _sentence(self, name: str, **values: str) -> str:
        text = say(name, **values)
        return f"{text[:1].upper()}{text[1:]}."


def inside(title: str) -> str:
    """Write a title inside a sentence; abbreviations keep their capitals, and so do nouns where they have them."""
    if say("nouns") == "capital":
        return title
    return title[:1].lower() + title[1:] if title[1:2].islower() else title


def _changes_unit(node: Node) -> bool:
    """Tell whether an expression no longer has the unit of its metrics."""
    match node:
        case Operation(op, left, right):
            return op in "*/" or _changes_unit(left) or _changes_unit(right)
        case Call(name, args):
            return name == "log" or any(_changes_unit(arg) for arg in args)
        case _:
            return False


def _mirrored(op: Comparison) -> Comparison:
    mirror: dict[Comparison, Comparison] = {">": "<", "<": ">", ">=": "<=", "<=": ">="}
    return mirror.get(op, op)


def _tidy(value: float) -> float:
    """Take away what binary fractions add: 7.000000000000001."""
    return float(f"{value:.12g}") if math.isfinite(value) else value

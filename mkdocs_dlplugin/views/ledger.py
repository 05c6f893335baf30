"""Ledger: all claims of a site with their outcomes, chosen, ordered, counted, and written as data."""

from __future__ import annotations

import csv
import io
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from mkdocs_dlplugin.checks import Outcome
from mkdocs_dlplugin.sources import Source
from mkdocs_dlplugin.stats import LEVEL
from mkdocs_dlplugin.views.claim import Judged, Options, anchor_of, label_of, sentence_of, word_of
from mkdocs_dlplugin.views.tables import cell

VERDICTS = ("supported", "contradicted", "depends", "no-difference", "undecided", "not-testable", "by-sources")
"""All verdicts, in the order in which they are counted."""


@dataclass(frozen=True)
class Entry:
    """A claim with its verdict and its place in the site."""

    options: Options
    id: str
    """The author's id; empty where none was given."""
    judged: tuple[Judged, ...]
    """One per setting."""
    sources: tuple[Source, ...]
    """Who says it."""
    page: str
    """The page it stands on, as MkDocs names it."""
    url: str
    """That page's URL relative to the site's root."""
    title: str
    """That page's title."""

    @property
    def word(self) -> str:
        """Its verdict."""
        return word_of(self.options, self.judged)

    @property
    def label(self) -> str:
        """Its verdict as readers see it."""
        return label_of(self.options, self.word)

    @property
    def sentence(self) -> str:
        """What the verdict rests on."""
        return sentence_of(self.options, self.judged)

    @property
    def target(self) -> str:
        """Where it stands, relative to the site's root."""
        return f"{self.url}#{anchor_of(self.options, self.id)}"

    @property
    def counts(self) -> Counter[str]:
        """How many settings ended how."""
        return Counter(item.outcome.outcome for item in self.judged)


@dataclass(frozen=True)
class Summary:
    """What all checks of a site come to, taken together."""

    checks: int
    decided: int
    tested: int
    """Those that chance could decide: exact comparisons and those without an interval are none."""
    doubtful: int
    """Decided, but not passing Benjamini and Hochberg's procedure at 5 %."""

    @property
    def by_chance(self) -> float:
        """How many chance alone would decide if nothing differed: the error rate of one interval times the tests."""
        return (1 - LEVEL) * self.tested


@dataclass(frozen=True)
class Wanted:
    """Which claims are asked for; what is empty asks for all."""

    topics: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    """Pages or patterns of pages: `compare/mnist1d.md`, `compare/*`."""
    said_by: tuple[str, ...] = ()
    """Parts of a source's title, author or address."""
    ids: tuple[str, ...] = ()

    def takes(self, entry: Entry) -> bool:
        """Tell whether a claim is among them."""
        return (
            (not self.topics or any(topic in self.topics for topic in entry.options.topics))
            and (not self.verdicts or entry.word in self.verdicts)
            and (not self.pages or any(on_page(entry.page, page) for page in self.pages))
            and (not self.ids or entry.id in self.ids)
            and (not self.said_by or any(is_by(entry.sources, name) for name in self.said_by))
        )


def on_page(page: str, pattern: str) -> bool:
    """Tell whether a pattern names a page, with or without the ending of its file."""
    return fnmatchcase(page, pattern) or fnmatchcase(page.rpartition(".")[0], pattern.rstrip("/"))


def is_by(sources: Iterable[Source], name: str) -> bool:
    """Tell whether a name is part of what one of the sources is called, whatever its capitals."""
    return any(name.lower() in f"{source.author}\n{source.title}\n{source.url}".lower() for source in sources)


def summary(entries: Iterable[Entry]) -> Summary:
    """Count the checks of claims."""
    judged = [item for entry in entries for item in entry.judged]
    return Summary(
        checks=len(judged),
        decided=sum(item.outcome.decided for item in judged),
        tested=sum(item.outcome.p is not None for item in judged),
        doubtful=sum(item.doubtful for item in judged),
    )


def ordered(entries: Sequence[Entry], by: str) -> list[Entry]:
    """Order claims: by verdict, topic or statement, and alike ones as they stand in the site."""
    keys: dict[str, Callable[[Entry], Any]] = {
        "verdict": lambda entry: VERDICTS.index(entry.word),
        "topic": lambda entry: tuple(topic.lower() for topic in entry.options.topics) or ("\U0010ffff",),
        "statement": lambda entry: entry.options.statement.lower(),
    }
    return sorted(entries, key=keys[by]) if by in keys else list(entries)


def grouped(entries: Sequence[Entry], by: str) -> list[tuple[str, list[Entry]]]:
    """Put claims under headings, in the order in which these come up; several topics or sources, several headings.

    Returns:
        Heading and claims; one heading, empty, without *by*.  Claims that have none stand last, under an empty one.
    """
    named: dict[str, Callable[[Entry], Sequence[str]]] = {
        "topic": lambda entry: entry.options.topics,
        "verdict": lambda entry: (entry.word,),
        "page": lambda entry: (entry.title,),
        "article": lambda entry: tuple(source.name for source in entry.sources),
    }
    if by not in named:
        return [("", list(entries))]
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        for name in dict.fromkeys(named[by](entry) or ("",)):
            groups.setdefault(name, []).append(entry)
    if by == "verdict":
        return [(word, groups[word]) for word in VERDICTS if word in groups]
    return sorted(groups.items(), key=lambda item: not item[0])


def as_json(entries: Sequence[Entry], counted: Summary) -> str:
    """Write claims as strict JSON."""
    claims = [
        {
            "id": entry.id,
            "statement": entry.options.statement,
            "page": entry.page,
            "url": entry.target,
            "topics": list(entry.options.topics),
            "said_by": [source.data() for source in entry.sources],
            "verdict": entry.word,
            **({"finding": entry.options.finding} if entry.options.finding else {}),
            "because": entry.sentence,
            "settings": [
                {"setting": label, **_data(item)}
                for label, item in zip(entry.options.settings, entry.judged, strict=True)
            ],
        }
        for entry in entries
    ]
    checks = {
        "made": counted.checks,
        "decided": counted.decided,
        "tested": counted.tested,
        "decided_by_chance_if_nothing_differed": round(counted.by_chance, 6),
        "failing_benjamini_hochberg_at_5_percent": counted.doubtful,
    }
    return json.dumps({"checks_of_the_site": checks, "claims": claims}, indent=1, ensure_ascii=False, allow_nan=False)


def as_csv(entries: Sequence[Entry]) -> str:
    """Write claims for spreadsheets, one row per setting, in the metric's own unit."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    first = ["claim", "statement", "page", "topics", "said_by", "verdict", "setting"]
    writer.writerow([*first, *_data(None)])
    for entry in entries:
        about = [
            entry.id,
            entry.options.statement,
            entry.page,
            "; ".join(entry.options.topics),
            "; ".join(source.name for source in entry.sources),
            entry.word,
        ]
        rows: list[tuple[str, Judged | None]] = [*zip(entry.options.settings, entry.judged, strict=True)]
        for label, item in rows or [("", None)]:
            said = ("" if value is None else value for value in _data(item).values())
            writer.writerow([cell(value) if isinstance(value, str) else value for value in (*about, label, *said)])
    return out.getvalue()


def _data(item: Judged | None) -> dict[str, Any]:
    """Return the outcome of a setting as data; of none, the same names with nothing behind them."""
    if item is None:
        names = ("check", "outcome", "measures", "mean", "low", "high", "seeds", "p", "chance_may_explain_it")
        return dict.fromkeys(names)
    outcome: Outcome = item.outcome
    measured = outcome.estimate.kind != "none"
    ends = (outcome.estimate.mean, outcome.estimate.low, outcome.estimate.high) if measured else (None, None, None)
    mean, low, high = (value if value is not None and math.isfinite(value) else None for value in ends)
    return {
        "check": outcome.text,
        "outcome": outcome.outcome,
        "measures": outcome.measures,
        "mean": mean,
        "low": low,
        "high": high,
        "seeds": outcome.n,
        "p": outcome.p,
        "chance_may_explain_it": item.doubtful,
    }

"""Words: what readers see that no author wrote, in one place, in the language of the site.

Messages for authors stay English, as those of their generator do.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from importlib import resources
from typing import Any

Entry = str | Mapping[str, str]
"""A text with `{names}` for what is put into it, or one text for `one` and one for `other`, chosen by `n`."""

ENGLISH: Mapping[str, Entry] = {
    # -- numbers ------------------------------------------------------------------------------------------------------
    "decimal": ".",
    "thousands": ",",
    "seeds": {"one": "{n} seed", "other": "{n} seeds"},
    "single-run": "single run",
    "deterministic": "deterministic",
    "no-interval": "no interval",
    "range": "({low} to {high})",
    "counted": "counted, not estimated",
    "basis": "mean of {basis}, 95\N{NO-BREAK SPACE}% interval: {label}",
    "no-basis": "{label}, no interval",
    # -- tables and comparisons ---------------------------------------------------------------------------------------
    "table-number": "Table {n}",
    "figure-number": "Figure {n}",
    "run": "Run",
    "metric": "Metric",
    "other": "other",
    "higher-better": "higher is better",
    "lower-better": "lower is better",
    "best": "best",
    "tied": "not told apart from the best",
    "bold-column": "Bold: the best mean of its column",
    "bold-row": "Bold: the best mean of its row",
    "tied-sign": "≈: not told apart from it.",
    "up-to": "{low} to {high}",
    "single-runs": "Single runs, no intervals.",
    "means": "Mean over {seeds} seeds, no intervals.",
    "means-interval": "Mean over {seeds} seeds; {sign} is the 95\N{NO-BREAK SPACE}% interval ({over}).",
    "plus-minus-or-range": "± or the range in brackets",
    "clock": "{metrics} in {unit}.",
    "cpu-seconds": "CPU seconds",
    "wall-seconds": "wall seconds",
    "percent": "per cent",
    "no-unit": "numbers without a unit",
    "constant": "The same in every run: {metrics}.",
    "sparklines": "Curves: {series} by step, mean over the seeds, all on one scale.",
    "from-to": "from {first} to {last}",
    "measured-on": "Measured on {devices}, {when}.",
    "note": "note {n}",
    "note-back": "back to the table",
    "row-no-result": "No result yet.",
    "point-not-run": "Not run at this point.",
    "unreported": "Not reported by this run.",
    "no-series": "This run logs no such series.",
    "no-mean-absent": {
        "one": "No mean: there is no result for seed {seeds}.",
        "other": "No mean: there is no result for seeds {seeds}.",
    },
    "no-mean-unreported": {
        "one": "No mean: seed {seeds} does not report it.",
        "other": "No mean: seeds {seeds} do not report it.",
    },
    "no-mean-devices": "No mean: its seeds ran on different kinds of device.",
    "without-seeds": {
        "one": "Without seed {seeds}, which has no result.",
        "other": "Without seeds {seeds}, which have no result.",
    },
    "mixed-unit": "In {unit}, where most are in {other}; the column is not ranked.",
    "mixed-machine": "Timed on {device}, where most were not; the column is not ranked.",
    # -- charts that are HTML: confusion matrices and images -----------------------------------------------------------
    "not-shown": "{run} is not shown: no results yet.",
    "not-shown-seeds": {
        "one": "{run} is not shown: no result for seed {seeds}.",
        "other": "{run} is not shown: no result for seeds {seeds}.",
    },
    "true-class": "True",
    "predicted-class": "Predicted",
    "recall": "Recall",
    "correct": "(correct)",
    "confusion-title": "Confusion matrix of {runs}",
    "confusion-shares": "In each cell the share of the items of its row, and their number, mean over the seeds.",
    "confusion-counts": "In each cell the number of items, mean over the seeds.",
    "confusion-right": "{run}: {share} of {items} test items lie on the diagonal ({seeds}).",
    "confusion-worst": "Most often mistaken: {true} for {other}, {share} of its row.",
    "confusion-spread": "Over the seeds a share varies by up to {points} percentage points (standard deviation).",
    "recall-is": "Recall is the share of a class that was recognised.",
    "interval-is": "± or the range in brackets is its 95\N{NO-BREAK SPACE}% interval ({over}).",
    "images-title": "Images {pattern}",
    "image-alt": "{n} of {all}, {label} ({run}, seed {seed})",
    "images-of": {
        "one": "One picture of {size} pixels from {run}.",
        "other": "{n} pictures of {size} pixels from {run}.",
    },
    "images-of-seed": {
        "one": "One picture of {size} pixels from {run}, seed {seed} of {all} seeds.",
        "other": "{n} pictures of {size} pixels from {run}, seed {seed} of {all} seeds.",
    },
    # -- charts -------------------------------------------------------------------------------------------------------
    # -- claims -------------------------------------------------------------------------------------------------------
    # -- output of runs -----------------------------------------------------------------------------------------------
    # -- pages of runs ------------------------------------------------------------------------------------------------
    # -- what stands around a page: where it was measured, how to cite it, what changed -------------------------------
    "about": "About the numbers on this page",
    "about-measured": "{results} of {runs}, measured {days} on {device} with {software}; {plugin}{commit}.",
    "about-results": {"one": "{n} result", "other": "{n} results"},
    "about-runs": {"one": "{n} run", "other": "{n} runs"},
    "about-days": "{first} to {last}",
    "about-commit": ", commit {commit}",
    "about-commits": ", {n} commits, the last {commit}",
    "about-uncommitted": " with uncommitted changes",
    "about-and": "{others} and {last}",
    "about-more": "{listed} and {n} more",
    "about-processor": "an unnamed processor",
    "about-no-day": "on an unknown day",
    "about-all-runs": "All runs",
    "about-licence": "{what}: {licence}",
    "about-text": "text",
    "about-data": "data",
    "about-code": "code",
    "cite": "Cite this page",
    "cite-undated": "{author}. {title}. {site}. {url}",
    "cite-note": "{site}; newest measurement {day}",
    "cite-dated": "{author} ({day}). {title}. {site}. {url}",
    "report": "Report a problem with a number on this page",
    "report-title": "{number} on {page}",
    "report-page": "A number on {page}",
    "report-number": "The page {url} says that {metric} of run {run} is {value}.\n\nWhat is wrong with it:\n\n",
    "report-runs": "The page {url} shows numbers of the runs {runs}.\n\nWhich number, and what is wrong with it:\n\n",
    "reading": {"one": "About {n} minute to read", "other": "About {n} minutes to read"},
    "byline": "{reading}. {measured}",
    "byline-measured": "Measured {days}",
    "finding-supported": "Supported",
    "finding-contradicted": "Contradicted",
    "finding-no-difference": "No difference",
    "finding-depends": "It depends",
    "finding-undecided": "Undecided",
    "finding-not-testable": "Not testable here",
    "finding-by-sources": "By sources",
    "finding-best": "{metric}, best: {run}, {number}.",
    "finding-number": "{metric} of {run}: {number}.",
    "finding-measured": "{results} of {runs}, measured {days}.",
    "changes": "What changed",
    "changes-since": "{day} ({commit})",
    "changes-moved": {"one": "{n} number moved since {since}.", "other": "{n} numbers moved since {since}."},
    "changes-none-moved": "No number moved since {since}.",
    "changes-none": "Nothing changed since {since}.",
    "changes-numbers": {"one": "{n} number", "other": "{n} numbers"},
    "changes-new": "New: {names}.",
    "changes-gone": "Gone: {names}.",
    "changes-more": {"one": "{n} more number moved.", "other": "{n} more numbers moved."},
    "changes-kept": "Seconds are left out.",
    "changes-beyond": "outside the new interval",
    "changes-number": "Number",
    "changes-was": "Was",
    "changes-is": "Is",
    "changes-by": "Moved by",
    "no-history": "What changed cannot be told here: this site was built without the history of its repository.",
    "no-earlier": "What changed cannot be told here: this site was built with too little of its repository's history.",
    "only-shown": "Not run, because its page only shows this code.",
    "run-described": "Run {run}: its code, the results of every seed, the environment, and how to measure it again.",
    "feed": "New and changed results",
    "feed-line": "{run}: {numbers}",
    "feed-number": "{metric} {now}",
    "feed-moved": "{metric} {now}, was {then}",
    "feed-more": {"one": "{n} more point.", "other": "{n} more points."},
    # -- scripts in the browser ---------------------------------------------------------------------------------------
    "reader-keys": "Read values with the arrow keys",
    "reader-at": "{series}, {along} {at}: {value}",
    "reader-one": "{series}: {value}",
    "reader-explore": "Explore",
    "reader-back": "Back to the static chart",
    "reader-loading": "Loading…",
    "reader-broken": "This chart cannot be explored here.",
    "reader-how": "Scroll or press + and − to zoom, drag or press arrow keys to move, double-click or press 0 to undo.",
    "reader-pick": "Click a name to see it alone.",
    "reader-link": "Copy link",
    "reader-copied": "Link copied",
}
"""All of them, by name; a translation has the same names."""

PSEUDO = "xx-pseudo"
"""A language for tests: no letter of it is English, and every text is longer, so that what it lacks is seen."""

_spoken: dict[str, Entry] = dict(ENGLISH)


def speak(language: str, own: Mapping[str, Any] | None = None) -> None:
    """Choose the language of everything that is said from here on.

    Args:
        language: As in `lang` of HTML: `de`, `pt-BR`; one that has no translation is English.
        own: Texts of the site's own, by name, which go before ours.
    """
    _spoken.clear()
    _spoken.update({**ENGLISH, **_translated(language), **_known(own or {})})


def say(name: str, **values: Any) -> str:
    """Say something as plain text; `n` chooses between one and many."""
    return _chosen(name, values).format(**values)


def html(name: str, **values: str) -> str:
    """Say something with HTML put into it; what is said around it is escaped."""
    return escape(_chosen(name, values)).format(**values)


def _chosen(name: str, values: Mapping[str, Any]) -> str:
    entry = _spoken[name]
    if isinstance(entry, str):
        return entry
    return entry["one" if values.get("n") in (1, "1") else "other"]


def _known(given: Mapping[str, Any]) -> dict[str, Entry]:
    return {name: entry for name, entry in given.items() if name in ENGLISH and isinstance(entry, str | Mapping)}


def _translated(language: str) -> dict[str, Entry]:
    """Read a translation: that of the language and country, else that of the language."""
    if language == PSEUDO:
        return {name: _pseudo(entry) for name, entry in ENGLISH.items() if name not in ("decimal", "thousands")}
    for name in dict.fromkeys((language, language.partition("-")[0])):
        file = resources.files("mkdocs_dlplugin") / "assets" / "words" / f"{name}.json"
        if name.replace("-", "").isalnum() and file.is_file():
            return _known(json.loads(file.read_text("utf-8")))
    return {}


def _pseudo(entry: Entry) -> Entry:
    if not isinstance(entry, str):
        return {form: str(_pseudo(text)) for form, text in entry.items()}
    parts = entry.replace("{", "\0{").replace("}", "}\0").split("\0")
    return "".join(part if part.startswith("{") else part.translate(_LETTERS) for part in parts) + "~~~"


_LETTERS = str.maketrans("aceginorsuyACEGINORSUY", "áçéĝíñóŕšúýÁÇÉĜÍÑÓŔŠÚÝ") | {ord("t"): "ť", ord("T"): "Ť"}

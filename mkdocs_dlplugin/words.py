"""Words: what readers see that no author wrote, in one place, in the language of the site.

Messages for authors stay English, as those of their generator do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib import resources
from string import Formatter
from typing import Any

Entry = str | Mapping[str, str]
"""A text with `{names}` for what is put into it, or one text for `one` and one for `other`, chosen by `n`."""

ENGLISH: Mapping[str, Entry] = {
    # -- numbers ------------------------------------------------------------------------------------------------------
    "decimal": ".",
    "thousands": ",",
    "points": "pp",
    "seeds": {"one": "{n} seed", "other": "{n} seeds"},
    "single-run": "single run",
    "of-seeds": {"one": "seed {seeds}", "other": "seeds {seeds}"},
    "deterministic": "all agree",
    "seeds-agree": "all {n} seeds agree",
    "no-interval": "no interval",
    "range": "({low} to {high})",
    "counted": "counted, not estimated",
    "basis": "mean of {basis}, 95\N{NO-BREAK SPACE}% interval: {label}",
    "no-basis": "{label}, no interval",
    "exact": "exact",
    "no-result": "no result",
    "pending": "pending",
    "deterministic-items": "all seeds agree; over test items",
    "over-unspecified": "over seeds, unspecified",
    "over-items": "over seeds and test items",
    "over-one-set": "training variation on one test set",
    "over-splits": "over repeated splits, corrected",
    "over-splits-unknown": "over repeated splits, uncorrected as their sizes are unknown",
    "over-data": "over seeds, data drawn anew",
    "over-timings": "over repeated timings",
    # -- what several of them say -------------------------------------------------------------------------------------
    "runs": {"one": "{n} run", "other": "{n} runs"},
    "run": "Run",
    "metric": "Metric",
    "data": "Data",
    "output": "Output",
    "seed": "Seed {seed}",
    "seeds-head": "Seeds",
    "seeds-span": "{low} to {high} seeds",
    "up-to": "{low} to {high}",
    "from-to": "from {first} to {last}",
    "days": "{first} to {last}",
    "no-record": "There is no recorded result.",
    "step": "step",
    "list-and": "{others} and {last}",
    "list-more": "{listed} and {n} more",
    "recorded": {"one": "{n} recorded result", "other": "{n} recorded results"},
    "pages": {"one": "{n} page", "other": "{n} pages"},
    "results": {"one": "{n} result", "other": "{n} results"},
    # -- tables and comparisons ---------------------------------------------------------------------------------------
    "table-number": "Table {n}",
    "figure-number": "Figure {n}",
    "other": "other",
    "higher-better": "higher is better",
    "lower-better": "lower is better",
    "best": "best",
    "tied": "not told apart from the best",
    "bold-column": "Bold: the best mean of its column",
    "bold-row": "Bold: the best mean of its row",
    "tied-sign": "≈: not told apart from it.",
    "single-runs": "Single runs ({seeds}), no intervals.",
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
        "one": "One picture of {size} pixels from {run}, seed {seed}.",
        "other": "{n} pictures of {size} pixels from {run}, seed {seed}.",
    },
    "images-of-seed": {
        "one": "One picture of {size} pixels from {run}, seed {seed} of {all} seeds.",
        "other": "{n} pictures of {size} pixels from {run}, seed {seed} of {all} seeds.",
    },
    # -- charts -------------------------------------------------------------------------------------------------------
    "chart-line": "Line chart",
    "chart-dot": "Dot chart",
    "chart-bar": "Bar chart",
    "chart-scatter": "Scatter plot",
    "chart-heatmap": "Heat map",
    "chart-hist": "Histogram",
    "chart-axis": "{title}",
    "chart-higher-is-better": "{title}, higher is better",
    "chart-lower-is-better": "{title}, lower is better",
    "chart-others": "others",
    "chart-title": "{subject}",
    "chart-title-along": "{subject} by {along}",
    "chart-title-points": "{subject} against {along}",
    "chart-title-cells": "{subject} by {along} and {up}",
    "chart-shared": "All with {params}.",
    "chart-without-seed": "{who} is shown without seed {seeds}, which has no result.",
    "chart-no-step": "{who} is not shown: its seeds share no step.",
    "chart-no-values": "{who} is not shown: it has no finite value.",
    "chart-told": "{who} {number}",
    "chart-told-panel": "{who}: {number}",
    "chart-told-point": "{who} {number} at {along} {place}",
    "chart-told-counts": "{who}: {number}, median {median}, from {low} to {high}",
    "chart-highest": "highest {told}",
    "chart-lowest": "lowest {told}",
    "chart-first-highest": "Highest {told}",
    "chart-told-cell": "{number} at {along} {place} and {up} {row}",
    "chart-at": "At {along} {place}: {told}.",
    "chart-at-ends": "At the end of each line: {told}.",
    "chart-at-nothing": "{told}.",
    "chart-single-line": "Lines are single runs ({seeds}), without interval.",
    "chart-single-dot": "Dots are single runs ({seeds}), without interval.",
    "chart-single-bar": "Bars are single runs ({seeds}), without interval.",
    "chart-single-scatter": "Marks are single runs ({seeds}), without interval.",
    "chart-single-heatmap": "Cells are single runs ({seeds}), without interval.",
    "chart-bare-line": "Lines are means of {seeds}, without interval.",
    "chart-bare-dot": "Dots are means of {seeds}, without interval; small dots are single seeds.",
    "chart-bare-bar": "Bars are means of {seeds}, without interval.",
    "chart-bare-scatter": "Marks are means of {seeds}, without interval.",
    "chart-bare-heatmap": "Cells are means of {seeds}, without interval.",
    "chart-means-line": "Lines are means of {seeds}; bands are 95\N{NO-BREAK SPACE}% intervals ({label}).",
    "chart-means-dot": (
        "Dots are means of {seeds}; bars are 95\N{NO-BREAK SPACE}% intervals ({label}); small dots are single seeds."
    ),
    "chart-means-bar": "Bars are means of {seeds}; lines on them are 95\N{NO-BREAK SPACE}% intervals ({label}).",
    "chart-means-scatter": (
        "Marks are means of {seeds}; lines through them are 95\N{NO-BREAK SPACE}% intervals ({label})."
    ),
    "chart-means-heatmap": (
        "Cells are means of {seeds}; their 95\N{NO-BREAK SPACE}% intervals ({label}) stand in the table."
    ),
    "chart-or": " or ",
    "chart-bins": "Bins are {width} wide; every value is counted, so there is no interval.",
    "chart-values-seeds": {"one": "{n} value, one for each seed", "other": "{n} values, one for each seed"},
    "chart-values-points": {"one": "{n} mean, one per point", "other": "{n} means, one per point"},
    "chart-values-series": {
        "one": "{n} logged value, one for each seed and step",
        "other": "{n} logged values, one for each seed and step",
    },
    "chart-count-seeds": "Seeds",
    "chart-count-points": "Points of the grid",
    "chart-count-series": "Logged values",
    "chart-reference": "Dashed line: {label}, {value}.",
    "chart-alt": "{kind} of {subject} for {of}. {told}",
    "chart-alt-along": "{kind} of {subject} by {along} from {first} to {last} for {of}. {told}",
    "chart-own-runs": {
        "one": "Drawn from one row, of {runs} ({seeds}).",
        "other": "Drawn from {n} rows, one per run, point and seed: {runs} ({seeds} each).",
    },
    "chart-own-series": {
        "one": "Drawn from one logged step, of {runs} ({seeds}).",
        "other": "Drawn from {n} logged steps: {runs} ({seeds} each).",
    },
    "chart-places": "{kept} of {n} places; the CSV file holds all.",
    "chart-rows": "{kept} of {n} rows; the CSV file holds all.",
    "chart-from": "From",
    "chart-to": "To",
    # -- claims -------------------------------------------------------------------------------------------------------
    "verdict-supported": "Supported",
    "verdict-contradicted": "Contradicted",
    "verdict-no-difference": "No difference",
    "verdict-depends": "It depends",
    "verdict-undecided": "Undecided",
    "verdict-not-testable": "Not testable here",
    "verdict-by-sources": "By sources",
    "finding-agree": "Sources agree",
    "finding-contradict": "Sources contradict",
    "finding-contested": "Sources differ",
    "finding-misreported": "Misreported",
    "finding-not-found": "No source found",
    "outcome-pass": "passes",
    "outcome-fail": "fails",
    "outcome-tie": "a tie",
    "outcome-undecided": "undecided",
    "outcome-head": "Outcome and difference",
    "measured-head": "What was measured",
    "settings-label": "Settings of the claim",
    "tie-margin": "A difference is a tie where its whole interval lies within {margin}.",
    "own-tie": "That margin holds for {metric} in this claim alone, {own} in place of {usual}: {reason}.",
    "no-tie": "no margin",
    "doubtful": "† Among all checks of this site, chance alone may explain this one.",
    "cited": "Sources: {sources}.",
    "accessed": "read {date}",
    "count-undecided": {"one": "{n} undecided", "other": "{n} undecided"},
    "count-doubtful": {"one": "{n} may be chance (†)", "other": "{n} may be chance (†)"},
    # The table of all claims.
    "verdict-head": "Verdict",
    "claim-head": "Claim",
    "tally": "Claims by verdict",
    "no-claims": "No claim of this site is so.",
    "no-group": "Others",
    "checks-decided": {
        "one": "{decided} of {n} check of this site is decided.",
        "other": "{decided} of {n} checks of this site are decided.",
    },
    "by-chance": "If nothing differed, chance alone would decide at most about {expected} of the {tested} falsely "
    "({rate} × {tested}).",
    "unmarked": "All decided ones hold when at most 5 % of those that hold may be false ({source}).",
    "marked": {
        "one": "{n} decided one does not hold when at most 5 % of those that hold may be false ({source}); "
        "it bears a †.",
        "other": "{n} decided ones do not hold when at most 5 % of those that hold may be false ({source}); "
        "they bear a †.",
    },
    "embed": "Embed this verdict",
    "no-address": "The address of this site is not known here; put it before the paths.",
    # A check as a sentence; `nouns` says whether the names of metrics keep their capital inside it: `small`, `capital`.
    "nouns": "small",
    "of-run": "the {metric} of {run}",
    "of-same": "its {metric}",
    "run-more": "the {metric} of {a} is higher than that of {b}",
    "run-less": "the {metric} of {a} is lower than that of {b}",
    "run-at-least": "the {metric} of {a} is not lower than that of {b}",
    "run-at-least-margin": "the {metric} of {a} is not lower than that of {b} by more than {margin}",
    "run-at-most": "the {metric} of {a} is not higher than that of {b}",
    "run-at-most-margin": "the {metric} of {a} is not higher than that of {b} by more than {margin}",
    "run-same": "the {metric} of {a} equals that of {b}",
    "run-same-margin": "the {metric} of {a} differs from that of {b} by no more than {margin}",
    "time-more": "{metric}: {a} takes longer than {b}",
    "time-less": "{metric}: {a} takes less time than {b}",
    "time-more-than": "{metric}: {a} takes more than {value}",
    "time-less-than": "{metric}: {a} takes less than {value}",
    "time-at-least-margin": "{metric}: {a} does not take less time than {b} by more than {margin}",
    "time-at-most-margin": "{metric}: {a} does not take longer than {b} by more than {margin}",
    "time-same-margin": "{metric}: {a} takes as long as {b}, within {margin}",
    "count-more": "{a} has more {metric} than {b}",
    "count-less": "{a} has fewer {metric} than {b}",
    "count-more-than": "{a} has more than {value} {metric}",
    "count-less-than": "{a} has fewer than {value} {metric}",
    "count-at-least": "{a} has at least as many {metric} as {b}",
    "count-at-most": "{a} has at most as many {metric} as {b}",
    "count-same": "{a} has as many {metric} as {b}",
    "exceeds-more": "the {metric} of {a} exceeds that of {b} by more than {value}",
    "exceeds-less": "the {metric} of {a} exceeds that of {b} by less than {value}",
    "exceeds-at-least": "the {metric} of {a} exceeds that of {b} by at least {value}",
    "exceeds-at-most": "the {metric} of {a} exceeds that of {b} by at most {value}",
    "value-more": "{left} is above {value}",
    "value-less": "{left} is below {value}",
    "value-at-least": "{left} is at least {value}",
    "value-at-most": "{left} is at most {value}",
    "value-same": "{left} equals {value}",
    "value-same-margin": "{left} is within {margin} of {value}",
    "value-in": "{left} lies between {low} and {high}",
    "is-more": "{left} is higher than {right}",
    "is-less": "{left} is lower than {right}",
    "is-at-least": "{left} is not lower than {right}",
    "is-at-least-margin": "{left} is not lower than {right} by more than {margin}",
    "is-at-most": "{left} is not higher than {right}",
    "is-at-most-margin": "{left} is not higher than {right} by more than {margin}",
    "is-same": "{left} equals {right}",
    "is-same-margin": "{left} differs from {right} by no more than {margin}",
    "sum-of": "{left} plus {right}",
    "difference-of": "{left} minus {right}",
    "product-of": "{left} times {right}",
    "quotient-of": "{left} divided by {right}",
    "max-of": "the largest of {values}",
    "min-of": "the smallest of {values}",
    "abs-of": "the absolute value of {values}",
    "log-of": "the logarithm of {values}",
    # How one setting ended, and why.
    "interval-span": "interval {low} to {high}",
    "ratio-span": "ratio {low} to {high}",
    "exact-value": "the exact value {value}",
    "lies-inside": "lies inside {zone}",
    "lies-outside": "lies outside {zone}",
    "lies-across": "crosses the end of {zone}",
    "lies-above": "lies above {value}",
    "lies-below": "lies below {value}",
    "lies-not-above": "does not lie above {value}",
    "lies-not-below": "does not lie below {value}",
    "lies-around": "holds {value}",
    "may-lie-above": "may lie above {value}",
    "may-lie-below": "may lie below {value}",
    "by-more-than": "by more than {margin}",
    "factor": "a factor of {value}",
    "unsaid": "what a seed varies is unsaid",
    "one-test-set": "measured on one test set only",
    "one-run-only": "a single run",
    "no-items": "no spread over seeds, and its test items are not recorded",
    "sizes-unknown": "the sizes of the splits are unknown",
    "not-alone": "not every run was timed alone (`exclusive: true`)",
    "machine-unknown": "the machine is not known",
    "other-machines": "timed on different machines",
    "no-spread": "times without any spread",
    "ratio-only": "timings are compared as a ratio of two runs",
    "not-paired": "its runs are not paired: they name no common data source",
    "no-margin": "no tie margin is declared for it",
    # What all settings say together.
    "settings-decided": "{decided} of {total} settings decided",
    "count-pass": {"one": "{n} passes", "other": "{n} pass"},
    "count-fail": {"one": "{n} fails", "other": "{n} fail"},
    "count-tie": {"one": "{n} is a tie", "other": "{n} are ties"},
    "one-pass": "One setting: it passes.",
    "one-fail": "One setting: it fails.",
    "one-tie": "One setting: it is a tie.",
    "one-undecided": "One setting: it is undecided.",
    # -- devices ------------------------------------------------------------------------------------------------------
    "device-cpu": {"one": "CPU, {n} thread", "other": "CPU, {n} threads"},
    "device-unnamed": "an unnamed processor",
    # -- output of runs -----------------------------------------------------------------------------------------------
    "still-running": {"one": "Still running: {n} job.", "other": "Still running: {n} jobs."},
    "older": "These results are older than the code.",
    "not-run": "Not run.",
    "only-shown": "Not run, because its page only shows this code.",
    "no-result-see": "No result{seeds}: see {where}.",
    "not-run-failed": "Not run{seeds}: the run failed at {where}.",
    "no-result-failed": "No result{seeds}: the run failed at {where}.",
    "with-seeds": {"one": " with seed {seeds}", "other": " with seeds {seeds}"},
    "end-of-output": "The end of its output",
    "other-seeds": "Output of the other seeds",
    "all-points": "Output at each of {n} points",
    "figure-alt": "Figure drawn by run {run}, seed {seed}",
    "chart-shown": "Chart drawn by run {run}",
    "chart-of": "{mark} chart: {y} by {x}",
    "table-shown": "Table shown by run {run}",
    "n-rows": {"one": "{n} row", "other": "{n} rows"},
    "n-columns": {"one": "{n} column", "other": "{n} columns"},
    "table-size": "{rows} × {columns}.",
    "rows-left-out": "… {n} more rows …",
    "ran": "Ran on {devices}, {day}, {time} for {jobs}.",
    # Several of them in one line.
    "ran-runs": "Ran on {devices}, {day}: {runs}.",
    "ran-run": "{run}, {time} for {jobs}",
    "unknown-day": "an unknown day",
    "details": "details",
    "code-of": "Code: {title}",
    # -- pages of runs ------------------------------------------------------------------------------------------------
    "run-title": "Run {run}",
    "runs-title": "All runs",
    "run-name": "Name",
    "run-defined": "Defined in",
    "run-measured": "Measured",
    "run-on": "On",
    "run-varies": "{seeds}; a seed varies {what}",
    "run-varies-unsaid": "{seeds}; what a seed varies is not said",
    "varies-data": "the data drawn",
    "varies-split": "the split",
    "varies-order": "the order of examples",
    "varies-init": "the initial weights",
    "run-took": "Took",
    "run-duration": "{wall} in all",
    "run-duration-cpu": "{wall} in all, {cpu} of CPU",
    "run-points": {"one": "{n} point", "other": "{n} points"},
    "run-grid": "Grid",
    "run-uses": "Uses",
    "run-tags": "Tags",
    "run-state": "State",
    "run-complete": "complete",
    "run-incomplete": "{there} of {all} results",
    "run-absent": "No recorded result for seeds {seeds}.",
    "run-downloads": "Download:",
    "run-json": "records (JSON)",
    "run-metrics-csv": "metrics (CSV)",
    "run-series-csv": "series (CSV)",
    "run-script": "script (.py)",
    "run-notebook": "notebook (.ipynb)",
    "run-results": "Results",
    "run-no-metric": "It recorded no metric.",
    "run-estimate": "Estimate",
    "run-per-seed": "Results per seed",
    "run-table-caption": "Values per seed as recorded; the estimate carries a 95\N{NO-BREAK SPACE}% interval.",
    "run-points-table": "Results per point",
    "run-points-caption": "One row per point of the grid, with 95\N{NO-BREAK SPACE}% intervals. {more}",
    "run-points-curve": "The line is the mean of {series}, from its first step to its last.",
    "run-kept": "Files it kept",
    "run-kept-one": "{file}, seed {seed}",
    "run-curves": "Curves",
    "run-curve-caption": "By step; thick is the mean of {seeds}, thin are single seeds.",
    "run-curve-band": "By step; the line is the mean of {seeds}, the band from the lowest to the highest.",
    "run-curve-single": "By step; a single run.",
    "run-curve-alt": "Curve of {metric} by step, run {run}, {seeds}: {ends}, steps {low} to {high}.",
    "run-curve-more": "Not drawn, but in the CSV: {names}.",
    "run-output-rest": "The output of the other points is in the records (JSON).",
    "run-code": "Code",
    "run-code-file": "From {file}:",
    "run-how": "How it is executed.",
    "run-option": "Option",
    "run-value": "Value",
    "run-parameters": "parameters",
    "run-device": "device",
    "run-threads": "threads",
    "run-limit": "time limit",
    "run-read": "What it read",
    "run-read-caption": "Files of the project and results of other runs, as they were when it was measured.",
    "run-read-nothing": "Nothing of the project besides its own code.",
    "run-file": "File",
    "run-digest": "Digest",
    "run-now": "Now",
    "run-unchanged": "the same",
    "run-other": "another",
    "run-environment": "Environment",
    "run-what": "What",
    "run-processor": "processor",
    "run-python": "Python",
    "run-packages": "packages",
    "run-system": "system",
    "run-plugin": "plugin",
    "run-isolation": "kept apart by",
    "run-shared": {"one": "{n} of {all} records.", "other": "{n} of {all} records."},
    "run-records": "Records",
    "run-records-caption": "The key digests all that a result depends on; the other digest, what was measured.",
    "run-key": "Key",
    "run-date": "Date",
    "run-commit": "Commit",
    "run-dirty": "{commit}, changed",
    "run-again": "Measure it again",
    "run-again-here": "In a copy of this project:",
    "run-again-alone": "Without it, with the script from above:",
    "run-report": "Report a problem with this result",
    "run-report-title": "Result of run {run}",
    "run-report-body": "Page: {page}\nRun: {run}\nRecorded: {value}\nCode: {digest}\n\nWhat is wrong with it:\n",
    "runs-summary": "{runs} with {jobs}, of {pages}.",
    "runs-page": "Page",
    "runs-filter": "Filter",
    "runs-by-page": "By page",
    "runs-by-tag": "By {tag}",
    "runs-no-metric": "no such metric",
    "runs-caption": "Means with 95\N{NO-BREAK SPACE}% intervals; of a grid, the lowest and the highest mean.",
    # -- runs as files of their own -----------------------------------------------------------------------------------
    "alone": "Executes the run {run} without the site it comes from, and compares it with what is recorded there.",
    "alone-measured": "Measured on {device}, {date}.",
    "alone-use": (
        "Use: uv run FILE.py --seed 0, or python FILE.py where its packages are installed; --help says what "
        "else it takes. As a notebook: execute all cells. The code itself stands at the end."
    ),
    "alone-lacks": "It needs what is not in this file: {names}. Name the folder of its files with --project.",
    "alone-raises": "Its code is expected to end with {error}.",
    "alone-code": "The code of the run",
    "alone-page": "A page with its runs ({runs}), which execute here as they were measured. The next cell brings all.",
    # -- what stands around a page: where it was measured, how to cite it, what changed -------------------------------
    "about": "About the numbers on this page",
    "about-measured": "{results} of {runs}, measured {days} on {device} with {software}; {plugin}{commit}.",
    "about-commit": ", commit {commit}",
    "about-commits": ", {n} commits, the last {commit}",
    "about-uncommitted": " with uncommitted changes",
    "about-no-day": "on an unknown day",
    "about-licence": "{what}: {licence}",
    "about-text": "text",
    "about-data": "data",
    "about-code": "code",
    "cite": "Cite this page",
    "cite-undated": "{author}. {title}. {site}. {url}",
    "cite-note": "{site}; newest measurement {day}",
    "cite-dated": "{author} ({day}). {title}. {site}. {url}",
    "report": "Report a problem with a number on this page",
    "report-page": "A number on {page}",
    "report-runs": "The page {url} shows numbers of the runs {runs}.\n\nWhich number, and what is wrong with it:\n\n",
    "reading": {"one": "About {n} minute to read", "other": "About {n} minutes to read"},
    "byline": "{reading}. {measured}",
    "byline-measured": "Measured {days}",
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
    """Say something as plain text; `n` chooses between one and many, and a whole number is written as people do."""
    return _chosen(name, values).format(**_counted(values))


def number(text: str) -> str:
    """Write a number that Python printed, `1,234.5`, with the separators of the language."""
    own = {".": say("decimal"), ",": say("thousands")}
    return "".join(own.get(character, character) for character in text)


def html(name: str, **values: str | int) -> str:
    """Say something with HTML put into it; what is said around it is escaped."""
    return escape(_chosen(name, values)).format(**_counted(values))


def listed(names: Sequence[str]) -> str:
    """Write a list as people say it: `a, b and c`."""
    return say("list-and", others=", ".join(names[:-1]), last=names[-1]) if len(names) > 1 else "".join(names)


def named(seeds: Iterable[int]) -> str:
    """Name seeds: `seed 0`, `seeds 0, 1 and 7`."""
    once = sorted(set(seeds))
    return say("of-seeds", n=len(once), seeds=listed([str(seed) for seed in once]))


def separators() -> dict[str, Any]:
    """Describe how the language writes numbers, as `locale` in the configuration of a chart; empty for English."""
    own = {"decimal": say("decimal"), "thousands": say("thousands")}
    if all(own[name] == ENGLISH[name] for name in own):
        return {}
    return {"number": {**own, "grouping": [3], "currency": ["", ""], "percent": "\N{NO-BREAK SPACE}%"}}


def strange(name: str, entry: Any) -> str:
    """Say what is wrong with a text that is to stand for one of ours; empty when nothing is."""
    forms = list(entry.values()) if isinstance(entry, Mapping) else [entry]
    if isinstance(entry, Mapping) and set(entry) != {"one", "other"}:
        return "has other forms than `one` and `other`"
    known = _places(ENGLISH[name])
    for text in forms:
        try:
            other = _places(text) - known if isinstance(text, str) else None
        except ValueError:
            return "has a brace without its partner"
        if other is None:
            return "is no text"
        if other:
            return f"asks for {{{min(other)}}}, which is not known here"
    return ""


def _places(entry: Entry) -> set[str]:
    """Name what is put into a text."""
    forms = [entry] if isinstance(entry, str) else list(entry.values())
    return {name for text in forms for _, name, _, _ in Formatter().parse(text) if name is not None}


def _chosen(name: str, values: Mapping[str, Any]) -> str:
    entry = _spoken[name]
    if isinstance(entry, str):
        return entry
    return entry["one" if values.get("n") in (1, "1") else "other"]


def _counted(values: Mapping[str, Any]) -> Mapping[str, Any]:
    n = values.get("n")
    return {**values, "n": number(f"{n:,}")} if isinstance(n, int) else values


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

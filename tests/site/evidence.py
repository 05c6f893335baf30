"""Evidence: each number of the site leads to what measured it, and says how sure it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.site.criteria import Book
from tests.site.pages import Site, runs, short, words

book = Book()

NUMBER = ".dl-num[data-run]"
VERDICTS = {"supported", "contradicted", "no-difference", "depends", "undecided", "not-testable", "by-sources"}
SURE = re.compile(r"±|\bto\b|\bseeds?\b|single run|all agree|no interval|counted|[(\[][^)]*(?: to |–)[^)]*[)\]]")
LEAK = re.compile(r"\b(?:nan|NaN|inf|None)\b(?= ?(?:±|%|\)))|\{\{.*?\}\}|Traceback \(most recent call last\)")
SECRET = re.compile(r"/home/|/root/|/Users/|C:\\\\Users|ghp_\w{20}|github_pat_\w{20}|AKIA[0-9A-Z]{12}|hf_[A-Za-z]{20}")
BY_HAND = {"not-testable", "by-sources"}
"""Verdicts that authors set; in place of a number they give a reason, the latter with a citation."""
COMPLETE = ("device", "python", "packages", "started", "wall", "source", "code", "threads")
"""What the provenance of a record holds."""


@book.must("R35", "Every measured number has a published record")
def published(site: Site) -> Iterator[str]:
    known = {record["run"] for held in site.records.values() for record in held["records"]}
    numbers = list(site.bodies("[data-run]"))
    if not numbers:
        yield "no measured number at all"
    for page, number in numbers:
        for run in runs(str(number["data-run"])):
            if run.split("(")[0] not in known:
                yield f"{short(page)}: {run} of {words(number)}"


@book.must("R36", "Every measured number is a link to its run, and the run offers its record")
def linked(site: Site) -> Iterator[str]:
    for page, number in site.bodies("[data-run]"):
        if number.find_parent("a") or number.name != "a":
            if number.name != "a" and not number.find("a", href=True) and not number.find_parent("a", href=True):
                yield f"{short(page)}: {words(number)} is no link"
            continue
        target = site.target(page, str(number.get("href", "")))
        if target not in site.files:
            yield f"{short(page)}: {words(number)} leads nowhere"
        elif not any(site.target(target, a["href"]) in site.records for a in site.body(target).select("a[href]")):
            yield f"{short(page)}: the page behind {words(number)} offers no record"


@book.must("R37", "Every chart has a caption with seeds and interval, its data, and a link to a run")
def charted(site: Site) -> Iterator[str]:
    """Look at charts of metrics; what a run itself drew stands above the line that says what ran."""
    for page, chart in site.bodies("figure.dl-chart[id]"):
        caption, name = chart.find("figcaption"), chart.get("id")
        if not caption:
            yield f"{short(page)}#{name}: no caption"
            continue
        said = words(caption)
        pictured = chart.select_one(".dl-images") and re.search(r"\d+ pictures? of", said)
        if not (pictured or re.search(r"\d+ seeds|(?:each|per) seed|single run|\bseed \d|\d logged values", said)):
            yield f"{short(page)}#{name}: the caption does not say how many seeds"
        measured = not chart.select_one(".dl-images") and "Drawn from" not in said
        if measured and "seeds" in said and not re.search(r"interval|one dot per seed|single seeds", said):
            yield f"{short(page)}#{name}: the caption does not say what the interval is"
        if not chart.select("a[href$='.csv'], a[href$='.json'], table"):
            yield f"{short(page)}#{name}: no data"
        if not any((site.target(page, str(a["href"])) or "").startswith("runs/") for a in chart.select("a[href]")):
            yield f"{short(page)}#{name}: no link to a run"


@book.must("R38", "Every number says how sure it is, or that it is a single run")
def sure(site: Site) -> Iterator[str]:
    for page, number in site.bodies(NUMBER):
        shown = f"{words(number)} {number.get('title', '')}"
        if not number.select_one(".dl-ci:not(:empty)") and not SURE.search(shown):
            yield f"{short(page)}: {shown}"


@book.must("R39", "No number claims more digits than its interval supports")
def rounded(site: Site) -> Iterator[str]:
    for page, number in site.bodies(".dl-num, .dl-table td, .dl-data td"):
        shown = words(number)
        if number.name == "td" and number.find_parent(attrs={"class": "dl-values"}) and "±" not in shown:
            continue
        # 0.000001 has one digit, 0.1234567 has seven.
        if re.search(r"\d\.0*[1-9]\d{5,}", shown):
            yield f"{short(page)}: {shown}"
        for half in re.findall(r"±\s*([\d.,]+)", shown):
            digits = half.replace(",", "").lstrip("0.").replace(".", "")
            if "." in half and len(digits) > 2:
                yield f"{short(page)}: {shown} has {len(digits)} digits in its interval"


@book.must("R40", "Nothing pending, stale or failed is published")
def finished(site: Site) -> Iterator[str]:
    for page, box in site.bodies(".dl-pending, .dl-stale, .dl-error"):
        yield f"{short(page)}: {words(box)[:80]}"


@book.must("R41", "No template, nan or traceback is left in a text")
def clean(site: Site) -> Iterator[str]:
    for page in site.pages:
        body = site.body(page)
        code = {id(text) for block in body.select("pre, code") for text in block.find_all(string=True)}
        said = " ".join(str(text) for text in body.find_all(string=True) if id(text) not in code)
        if found := LEAK.search(said):
            yield f"{short(page)}: {found[0]}"


@book.must("R42", "Each claim has its words, its source, a verdict, its numbers and its check")
def claimed(site: Site) -> Iterator[str]:
    for page, claim in site.bodies("section.dl-claim"):
        name = f"{short(page)}#{claim.get('id')}"
        if claim.get("data-verdict") not in VERDICTS:
            yield f"{name}: verdict {claim.get('data-verdict')}"
        if not claim.select_one(".dl-statement"):
            yield f"{name}: no statement"
        if claim.get("data-verdict") in BY_HAND:
            verdict, badge = claim.select_one(".dl-verdict"), claim.select_one(".dl-verdict .dl-badge")
            if not (verdict and badge and len(words(verdict)) > len(words(badge)) + 20):
                yield f"{name}: no reason"
            cited = claim.select_one(".dl-note a[href^=http] cite") or (badge and words(badge) == "No source found")
            if claim.get("data-verdict") == "by-sources" and not cited:
                yield f"{name}: cites nothing"
            continue
        if not claim.select_one(f"{NUMBER}, [data-run]"):
            yield f"{name}: no measured number"
        if not claim.select_one("code"):
            yield f"{name}: no check"


@book.must("R42b", "Each claim names where it was said")
def quoted(site: Site) -> Iterator[str]:
    for page, claim in site.bodies("section.dl-claim"):
        if not claim.select_one(".dl-source a[href^=http] cite"):
            yield f"{short(page)}#{claim.get('id')}: no source"


@book.must("R43", "Every record is strict JSON and complete")
def complete(site: Site) -> Iterator[str]:
    for name, held in site.records.items():
        if "broken" in held:
            yield f"{name}: {held['broken']}"
        for record in held["records"]:
            missing = [key for key in COMPLETE if key not in record.get("provenance", {})]
            missing += [key for key in ("run", "seed", "metrics", "params", "key") if key not in record]
            if missing:
                yield f"{name}: lacks {', '.join(missing)}"


@book.must("R44", "No record holds a home path, a user or a token")
def private(site: Site) -> Iterator[str]:
    for name in site.records:
        if found := SECRET.search(site.text(name)):
            yield f"{name}: {found[0]}"


@book.must("R45", "The same run, metric and format read the same everywhere")
def agreed(site: Site) -> Iterator[str]:
    seen: dict[tuple[str, ...], dict[str, str]] = {}
    for page, number in site.bodies(f"{NUMBER}[data-metric]"):
        # What is calculated from a metric, `1 - cnn.test_acc`, has another value.
        asked = tuple(str(number.get(f"data-{key}", "")) for key in ("run", "metric", "format", "value"))
        seen.setdefault(asked, {}).setdefault(words(number), short(page))
    for asked, shown in seen.items():
        if len({re.sub(r"\s*(±|\().*", "", text) for text in shown}) > 1:
            yield f"{' '.join(asked)}: {shown}"

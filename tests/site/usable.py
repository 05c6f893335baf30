"""Code: what readers see, copy and download is what ran."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote_plus

import nbformat
import yaml
from bs4 import Tag

from mkdocs_dlplugin.fingerprint import digest_code
from mkdocs_dlplugin.views.measured import NAMES
from tests.site.criteria import Book
from tests.site.pages import REPO, Site, runs, short, words

book = Book()


@book.must("R52", "The code that is shown is the code that ran")
def same(site: Site) -> Iterator[str]:
    for page, ran in site.bodies("p.dl-ran"):
        run = _run(site, page, ran)
        # Nothing between two such lines: the code of this run is hidden, and nothing is shown to compare.
        shown = [block for block in _above(ran) if block.name == "pre" and "dl-text" not in (block.get("class") or [])]
        if run and shown and not any(_ran(site, run, block.get_text()) for block in shown):
            yield f"{short(page)}: the code above '{words(ran)[:40]}' is not that of {run}"
    for page, code in site.bodies("#dl-code"):
        block = code.find_next("pre")
        if page.startswith("runs/") and block and not _ran(site, page.split("/")[1], block.get_text()):
            yield f"{short(page)}: not the code that was recorded"


@book.must("R71", "Every run says on what, when and how long it ran, or why it did not")
def told(site: Site) -> Iterator[str]:
    for page, ran in site.bodies("p.dl-ran"):
        said = words(ran)
        if not re.search(r"\d{4}-\d\d-\d\d.*\d+(\.\d+)? (ms|s|min|h)\b|[Nn]ot run", said):
            yield f"{short(page)}: {said}"
    for page in site.pages:
        if page.startswith("runs/") and page != "runs/index.html":
            facts = site.body(page).select_one(".dl-facts")
            rows = {words(row.dt): words(row.dd) for row in facts.select("div") if row.dt and row.dd} if facts else {}
            if missing := [word for word in ("On", "Measured", "Took") if not rows.get(word)]:
                yield f"{short(page)}: no {', '.join(missing)}"
            elif not re.search(r"\d+(\.\d+)? (ms|s|min|h)\b", rows["Took"]):
                yield f"{short(page)}: took {rows['Took']}"


@book.must("R50", "Every script that is offered parses")
def parses(site: Site) -> Iterator[str]:
    """Parse them; that they run alone and reproduce their numbers is tested in `tests/test_standalone.py`."""
    for name in site.files:
        if name.endswith(".py"):
            try:
                ast.parse(site.text(name))
            except SyntaxError as error:
                yield f"{name}: {error}"


@book.must("R50b", "The page of every run offers its code as a script")
def offered(site: Site) -> Iterator[str]:
    yield from _without(site, ".dl-links a[download][href$='.py']")


@book.must("R51", "Every notebook that is offered is valid")
def valid(site: Site) -> Iterator[str]:
    """Validate them; that they execute is tested in `tests/test_standalone.py`."""
    for name in site.files:
        if name.endswith(".ipynb"):
            try:
                notebook = nbformat.reads(site.text(name), as_version=4)
                nbformat.validate(notebook)
            except (ValueError, nbformat.ValidationError, nbformat.reader.NotJSONError) as error:
                yield f"{name}: {str(error)[:80]}"
                continue
            if not any(cell.cell_type == "code" for cell in notebook.cells):
                yield f"{name}: no code"


@book.must("R51b", "The page of every run offers its code as a notebook")
def noted(site: Site) -> Iterator[str]:
    yield from _without(site, ".dl-links a[download][href$='.ipynb']")


@book.should("R47", "Every page with results says when they were measured, and with what")
def dated(site: Site) -> Iterator[str]:
    for page in site.pages:
        body = site.body(page)
        about = body.select_one(".dl-about, .dl-facts, .dl-runs")
        if body.select_one("[data-run]") and not (
            about and about.select_one("time[datetime]") and re.search(r"CPU|GPU|cuda|Processor", words(about))
        ):
            yield short(page)


@book.should("R73", "Every page with results helps to report a problem with them, and names their runs in the report")
def reported(site: Site) -> Iterator[str]:
    for page in site.pages:
        numbers = site.body(page).select(".dl-num[data-run]") if not page.startswith("runs/") else []
        named = {run.split("(")[0] for number in numbers for run in runs(str(number["data-run"]))}
        if named:
            link = site.body(page).select_one(".dl-about a[href*='/issues/new?']")
            said = set(re.findall(r"[\w-]+", unquote_plus(str(link["href"])) if link else ""))
            if lost := sorted(named - said):
                yield f"{short(page)}: {', '.join(lost[:3])}"


@book.should("R73b", "The page of every run helps to report a problem with it")
def reported_there(site: Site) -> Iterator[str]:
    yield from _without(site, "a[href*='/issues/new']")


@book.should("R74", "The site says which published numbers changed")
def changed(site: Site) -> Iterator[str]:
    if not any(site.body(page).select_one(":is(figure, div)[id$=changes]") for page in site.pages):
        yield "no page says what changed"


@book.must("R30", "Everything the plugin says to readers comes from its catalogue")
def catalogued(pseudo: Site) -> Iterator[str]:
    """Look at pages in the language for tests, in which no word of ours is written in plain letters."""
    theirs = _authors(pseudo)
    for page in pseudo.pages:
        of_run = page.startswith("runs/")
        for element in pseudo.body(page).select(f"{OURS}, {OF_RUNS}" if of_run else OURS):
            said = re.sub(r"[\w./-]+\.(py|json|png|md)\b|\d\w+", "", words(element))
            if unknown := [word for word in re.findall(r"\b[A-Za-z]{4,}\b", said) if word not in theirs]:
                yield f"{short(page)}: {', '.join(unknown)} in '{words(element)[:60]}'"


OURS = ".dl-ran, .dl-links, .dl-byline, .dl-tally, .dl-badge, details.dl-data > summary, .dl-about > p"
"""What the plugin writes on every page; names in it are the author's."""

OF_RUNS = ":is(h1, h2, thead th, summary, figcaption, .dl-facts dt):not(.dl-output *)"
"""What it writes on the pages of runs."""


def _authors(site: Site) -> set[str]:
    """Collect the words of authors and of their machines that may stand between ours."""
    found: list[object] = [yaml.safe_load((REPO / "mkdocs.yml").read_text("utf-8"))["plugins"]]
    for file in (REPO / "docs").rglob("*.md"):
        text = file.read_text("utf-8")
        found += re.findall(r"(?ms)\A---\n(.*?)^---$", text) + re.findall(r"(?m)^#\| (?:name|tags|params): (.*)", text)
    for held in site.records.values():
        for record in held["records"]:
            found += [record["run"], record.get("params"), list(record["metrics"]), record["provenance"]]
            found += [list(record.get("series", ())), record.get("notes")]
    return set(re.findall(r"[A-Za-z]{4,}", repr([found, NAMES]))) | {"JSON", "Vega", "Lite", "Python"}


def _without(site: Site, selector: str) -> Iterator[str]:
    """Yield the pages of runs on which a selector finds nothing."""
    pages = [page for page in site.pages if page.startswith("runs/") and page != "runs/index.html"]
    yield from (short(page) for page in pages if not site.body(page).select_one(selector))


def _run(site: Site, page: str, ran: Tag) -> str:
    for link in ran.select("a[href]"):
        target = site.target(page, str(link["href"])) or ""
        if target.startswith("runs/"):
            return target.split("/")[1]
    return ""


def _above(ran: Tag) -> Iterator[Tag]:
    """Yield the elements between a line on what ran and the one before it, nearest first."""
    for element in ran.find_all_previous(["pre", "p", "h2", "h3"]):
        if element.name in ("h2", "h3") or "dl-ran" in (element.get("class") or []):
            return
        # A fold with the source of another block.
        if not element.find_parent("details", class_="example"):
            yield element


def _ran(site: Site, run: str, shown: str) -> bool:
    """Tell whether a text is a run's code, or stands in a module that the run read and that has not changed since."""
    records = [record for held in site.records.values() for record in held["records"] if record["run"] == run]
    if not records:
        return False
    if digest_code(shown).startswith(str(records[0]["provenance"]["code"])):
        return True
    return any(_flat(shown) in _flat(text) for text in _observed(run)) or _flat(shown) in _flat(_source(records[0]))


def _flat(code: str) -> str:
    return "\n".join(line.strip() for line in code.splitlines() if line.strip() and not line.strip().startswith("# --"))


def _source(record: dict[str, object]) -> str:
    provenance = record["provenance"]
    file = REPO / "records/_sources" / f"{provenance['source']}.py"  # type: ignore[index]
    return file.read_text("utf-8") if file.is_file() else ""


@lru_cache(maxsize=64)
def _observed(run: str) -> tuple[str, ...]:
    record = json.loads(next((REPO / "records" / run).rglob("*.json")).read_text("utf-8"))
    modules = {REPO / name: digest for name, digest in record["observed"]["modules"].items()}
    texts = {file.read_text("utf-8"): digest for file, digest in modules.items() if file.is_file()}
    return tuple(text for text, digest in texts.items() if digest_code(text) == digest)

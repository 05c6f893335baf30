"""The reference site keeps what it promises: no number is typed, every statement is judged, every page leads on."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.manuscript import DOCS, Manuscript, pages

PAGES = pages()
MEASURED = [page for page in PAGES if page.path.startswith("compare/")]
STATEMENTS = yaml.safe_load((Path(__file__).parent / "cases/statements.yml").read_text("utf-8"))
each = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)

METRIC = (
    r"accura\w+|errors?|precision|recall|auc|loss|percent|percentage points?|correct(?:ly)?|mistakes?"
    r"|seconds?|minutes?|hours?|times (?:as|faster|slower|more|fewer)|parameters?|weights|bits|rmse"
    r"|megabytes?|watts?|kwh|joules?"
)
"""Words that make the number beside them a result."""
_TYPED = re.compile(
    rf"(?<![\w.,:/^-])\d[\d.,]*\s?(?:%|pp\b|×)|(?<![\w.,:/^-])\d[\d.,]*\s+(?:\w+\s+){{0,2}}(?:{METRIC})\b"
    rf"|\b(?:{METRIC})\s+(?:of|is|are|at|to|by|under|over|above|below|reaches|about|around|nearly)\s+(?:about\s+)?\d",
    re.IGNORECASE,
)
_CITED = re.compile(
    r"\[\^[^\]]+\]|\((?:[^()]*\b(?:1[89]|20)\d\d\w?[^()]*)\)|\b[A-Z]\w+ (?:et al\. )?\(?(?:1[89]|20)\d\d\)?"
)
"""A footnote, or names with a year."""
_MEANT = re.compile(
    r"\b(?:95 %|5 %)\s*(?:intervals?|confidence|level|of those)|\b(?:interval|level|confidence)[^.]{0,20}95 %",
    re.IGNORECASE,
)
"""What the method fixes, and nobody measured."""


def typed(page: Manuscript) -> list[str]:
    """List the sentences that state a result as a number their author typed, without saying where it is from."""
    return [
        sentence
        for sentence in page.sentences
        if _TYPED.search(_MEANT.sub("", sentence)) and not _CITED.search(sentence)
    ]


@each
def test_no_number_is_typed(page):
    assert typed(page) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "The forest reaches 93 % here.",
        "It names 93.5 % of them.",
        "An accuracy of 0.93 is usual.",
        "It trains in 40 seconds.",
        "That makes it 12 times faster.",
        "It has 5,210 parameters.",
        "| Forest | 93 % |",
        "- The error is 7 in a hundred.",
    ],
)
def test_a_typed_number_is_found(sentence):
    assert typed(Manuscript("x.md", f"# Title\n\n{sentence}\n"))


@pytest.mark.parametrize(
    "sentence",
    [
        "The forest reaches `{run} forest.test_acc:.1%` here.",
        "The paper reports 94 %.[^paper]",
        "Greydanus and Kobak (2020) report an accuracy of 94 %.",
        "The 4,000 signals have 40 values.",
        "The bar is the 95 % interval over five seeds.",
        "```python\naccuracy = 0.93  # 93 %\n```",
    ],
)
def test_what_is_measured_cited_or_no_result_is_not_found(sentence):
    assert typed(Manuscript("x.md", f"# Title\n\n{sentence}\n")) == []


@each
def test_every_footnote_names_a_year_and_is_used(page):
    assert [name for name, text in page.footnotes.items() if not re.search(r"\b(1[6-9]|20)\d\d\b", text)] == []
    assert [name for name in page.footnotes if f"[^{name}]" not in page.text.replace(f"[^{name}]:", "")] == []


@each
def test_every_page_introduces_itself_and_leads_on(page):
    assert len(re.findall(r"^# ", page.prose, re.MULTILINE)) == 1
    assert 50 <= len(page.front.get("description", "")) <= 300
    assert page.path == "index.md" or page.headings[-1] == "Where to go next"
    assert re.search(r"\]\([^)]+\.md[^)]*\)", page.prose.rpartition("\n## ")[2])


@each
def test_no_page_is_an_outline(page):
    words = len(re.findall(r"\w+", page.prose)) + sum(len(re.findall(r"\w+", block.body)) for block in page.of("claim"))

    assert words >= 300


@pytest.mark.parametrize("page", MEASURED, ids=lambda page: page.path)
def test_a_measured_page_has_its_parts(page):
    last = ["What people say, what we measured", "How fair is this?", "What would change it", "Run it yourself"]

    assert page.opening.startswith("**")
    assert "`{run} " in page.opening
    assert re.search(r"^\| *The data *\|", page.prose, re.MULTILINE)
    assert page.of("chart")
    assert page.of("comparison")
    assert [heading for heading in page.headings if heading in last] == last
    assert page.of("claim")


@each
def test_every_chart_and_table_says_what_it_shows(page):
    assert [block.name for block in page.of("chart") if not block.options.get("fig-cap")] == []
    assert [block.name for block in page.of("comparison") if not block.options.get("tbl-cap")] == []


def sources(block) -> set[str]:
    """Name the articles that a claim is said by."""
    said = block.options.get("said_by") or []
    entries = said if isinstance(said, list) else [said]
    return {one.get("source", "") if isinstance(one, dict) else one for one in entries}


def test_every_statement_of_the_articles_stands_on_one_page():
    found = Counter(block.name for page in PAGES for block in page.of("claim"))

    assert sorted(STATEMENTS.keys() - found.keys()) == []
    assert [name for name, times in found.items() if times > 1] == []


def test_every_statement_names_the_articles_that_make_it():
    blocks = {block.name: block for page in PAGES for block in page.of("claim")}
    there = STATEMENTS.keys() & blocks.keys()
    wrong = {name: sources(blocks[name]) for name in there if not sources(blocks[name]) >= {*STATEMENTS[name]}}

    assert wrong == {}


def test_what_sources_decide_names_them_with_their_year():
    by_sources = [block for page in PAGES for block in page.of("claim") if block.options.get("verdict") == "by-sources"]
    unnamed = []
    for block in by_sources:
        cited = block.options.get("citation") or []
        entries = cited if isinstance(cited, list) else [cited]
        named = entries and all(one.get("year") or one.get("source") for one in entries if isinstance(one, dict))
        if not block.options.get("finding") or not (named or block.options["finding"] == "not-found"):
            unnamed.append(block.name)

    assert unnamed == []


def test_the_pages_are_those_of_the_navigation():
    config = (DOCS.parent / "mkdocs.yml").read_text("utf-8")
    named = re.findall(r": ((?:start|terms|how|compare|use|evidence)/[\w-]+\.md|index\.md)$", config, re.MULTILINE)

    assert sorted(named) == sorted(page.path for page in PAGES)
    assert len(PAGES) == 41

"""The glossary of this site: written once, found everywhere."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.hooks import load

ROOT = Path(__file__).parent.parent
SOURCE = """## Models

### Convolutional network { #cnn data-also="CNN" }

Slides *filters*, see below, over its input. See [inside](../how/inside.md).

### Network { #network }

Layers of sums.

### Tie { #tie .plain data-also="dead heat" }

No difference that matters.

"""


glossary = load("glossary")


def marked(page: str) -> str:
    return str(glossary.mark(page, glossary.read(SOURCE), "../g/"))


def test_a_term_says_what_it_means_without_its_pointers():
    cnn, network, tie = glossary.read(SOURCE)

    assert cnn.says == "Slides filters, see below, over its input."
    assert cnn.words == ("Convolutional network", "CNN")
    assert network.id == "network"
    assert tie.words == ("dead heat",)


def test_the_first_use_alone_leads_to_the_glossary():
    page = marked("<p>A network. Two networks.</p>")

    assert (
        page
        == '<p>A <a class="term" href="../g/#network" title="Network: Layers of sums.">network</a>. Two networks.</p>'
    )


def test_the_longest_term_wins_and_its_spellings_are_one_term():
    page = marked("<p>Convolutional networks, then a CNN, then a network.</p>")

    assert re.findall(r'#(\w+)"[^>]*>([^<]*)<', page) == [("cnn", "Convolutional networks"), ("network", "network")]


@pytest.mark.parametrize(
    "page",
    [
        "<h2>A network</h2>",
        "<table><tr><td>a network</td></tr></table>",
        '<p><a href="x">a network</a></p>',
        "<p><code>network</code></p>",
        "<p><strong>A network.</strong></p>",
        '<section class="dl-claim"><p>A network.</p></section>',
        '<div class="footnote"><ol><li><p>A network.</p></li></ol></div>',
        "<p>a sub-network, networked, cnn</p>",
        "<p>It ended in a tie.</p>",
        "a network outside of prose",
        '<p><img alt="a network" src="x.png"></p>',
        "<p><!-- a network --></p>",
    ],
)
def test_only_prose_is_touched(page):
    assert marked(page) == page


def test_prose_after_what_is_left_alone_is_found():
    page = marked('<p><img src="x.png"> <em>old</em> <br> A <b>network</b>.</p>')

    assert page.count('class="term"') == 1


def test_each_term_of_the_site_has_a_place_a_meaning_and_spellings_of_its_own():
    source = (ROOT / "docs/start/glossary.md").read_text(encoding="utf-8")
    terms = glossary.read(source)
    spelt = Counter(word.lower() for term in terms for word in term.words)

    assert len(terms) == len(re.findall(r"^### ", source, re.MULTILINE)) >= 60
    assert len({term.id for term in terms}) == len(terms)
    assert [word for word, count in spelt.items() if count > 1] == []
    assert [term.name for term in terms if not 15 < len(term.says) < 260] == []

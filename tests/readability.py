"""Readability: how hard each page of the reference site is to read, as a report; `python -m tests.readability`.

Flesch's reading ease: 60 to 70 is plain English, below 50 is hard, below 30 is for graduates.

Source:
    R. Flesch, A new readability yardstick, Journal of Applied Psychology 32(3), 1948.
"""

from __future__ import annotations

import re

import pyphen

from tests.manuscript import Manuscript, pages

_HYPHENS = pyphen.Pyphen(lang="en_US", left=1, right=1)
"""Where a word may be parted is about where its syllables end."""


def ease(page: Manuscript) -> float:
    """Return Flesch's reading ease of a page's sentences, measured values read as a word."""
    sentences = [found for one in page.sentences if len(found := re.findall(r"[A-Za-z']+|…", one)) > 4]
    words = [word for sentence in sentences for word in sentence]
    syllables = sum(1 + len(_HYPHENS.positions(word)) for word in words)
    return 206.835 - 1.015 * len(words) / len(sentences) - 84.6 * syllables / len(words)


def main() -> None:
    """Print a line per page, the hardest first."""
    print(f"{'ease':>6}{'words':>7}  page")
    for page in sorted(pages(), key=ease):
        words = sum(len(sentence.split()) for sentence in page.sentences)
        print(f"{ease(page):6.0f}{words:7}  {page.path}")


if __name__ == "__main__":
    main()

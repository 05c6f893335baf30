"""What each page of the reference site owes its readers in the browser, in one look at every page.

`test_seen.py` judges one page of each kind by all criteria; here all others are judged by those that a page may
break alone.
"""

from __future__ import annotations

import pytest

from tests.manuscript import pages
from tests.site import seen
from tests.site.reading import AXE, PAGES

ADDRESSES = [page.path.removesuffix("index.md").removesuffix(".md") + "/" for page in pages()]
OTHERS = [address for address in ADDRESSES if address not in {*PAGES, "/"}]
CRITERIA = [seen.weighs, seen.steady, seen.reserved, seen.alone, seen.quiet, seen.reflowed]


@pytest.mark.parametrize("page", OTHERS)
@pytest.mark.parametrize("criterion", CRITERIA, ids=str)
def test_the_page_keeps(criterion, page, reader, judge):
    judge(criterion, reader, page)


@pytest.mark.parametrize("page", OTHERS)
def test_axe_core_is_content(page, reader, judge, lacking):
    if not AXE.is_file():
        lacking("axe-core, which .ci/browser brings")

    judge(seen.accessible, reader, page)

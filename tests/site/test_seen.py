"""What a page owes its readers in the browser: one test for each criterion and page."""

from __future__ import annotations

import pytest

from tests.site import seen
from tests.site.reading import AXE, PAGES

BY_AXE = (seen.accessible, seen.judged)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("criterion", [one for one in seen.book if one not in BY_AXE], ids=str)
def test_the_page_keeps(criterion, page, reader, judge):
    judge(criterion, reader, page)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("criterion", BY_AXE, ids=str)
def test_axe_core_is_content(criterion, page, reader, judge, lacking):
    if not AXE.is_file():
        lacking("axe-core, which .ci/browser brings")

    judge(criterion, reader, page)

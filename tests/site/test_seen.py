"""What a page owes its readers in the browser: one test for each criterion and page."""

from __future__ import annotations

import pytest

from tests.site import seen
from tests.site.reading import PAGES

ELSEWHERE = (seen.accessible, seen.judged)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("criterion", [one for one in seen.book if one not in ELSEWHERE], ids=str)
def test_the_page_keeps(criterion, page, reader, judge):
    judge(criterion, reader, page)

"""No rule of WCAG is broken on any of the pages, in light and dark, on a desk and on a phone."""

from __future__ import annotations

import pytest

from tests.site import seen
from tests.site.reading import AXE, PAGES


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("criterion", [seen.accessible, seen.judged], ids=str)
def test_axe_core_is_content(criterion, page, reader, judge, lacking):
    if not AXE.is_file():
        lacking("axe-core, which .ci/browser brings")

    judge(criterion, reader, page)

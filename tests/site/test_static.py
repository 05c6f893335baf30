"""What can be judged without a browser: one test for each criterion of the rubric, over all pages of the site."""

from __future__ import annotations

import pytest

from tests.site import evidence, structure, usable, wayfinding, weight

ALL = [*evidence.book, *usable.book, *structure.book, *wayfinding.book, *weight.book]
ELSEWHERE = (usable.catalogued,)
"""Judged over another build."""


@pytest.mark.parametrize("criterion", [one for one in ALL if one not in ELSEWHERE], ids=str)
def test_the_site_keeps(criterion, site, judge):
    judge(criterion, site)

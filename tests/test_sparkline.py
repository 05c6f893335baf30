"""A sparkline is a curve the size of a word: small, drawn in the colour of its text, hidden from screen readers."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from mkdocs_dlplugin.views.sparkline import HEIGHT, WIDTH, sparkline


def drawn(svg):
    line = ET.fromstring(svg).find("polyline")
    return [tuple(map(float, point.split(","))) for point in line.get("points").split()]


def test_it_begins_at_the_left_and_ends_in_a_dot_at_the_right():
    svg = sparkline([0.0, 1.0])
    dot = ET.fromstring(svg).find("circle")

    assert drawn(svg) == [(2, HEIGHT - 2), (WIDTH - 2, 2)]
    assert (float(dot.get("cx")), float(dot.get("cy"))) == (WIDTH - 2, 2)


def test_it_weighs_a_third_of_a_kilobyte_however_many_values_there_are():
    assert len(sparkline([value % 7 for value in range(5000)])) < 500


def test_the_first_and_last_of_many_values_are_drawn():
    points = drawn(sparkline([9.0, *[5.0] * 1000, 1.0], 0, 10))

    assert points[0][1] < points[1][1] < points[-1][1]


def test_several_share_a_scale():
    alone, shared = drawn(sparkline([0.4, 0.5])), drawn(sparkline([0.4, 0.5], 0, 1))

    assert alone[0][1] - alone[1][1] == HEIGHT - 4
    assert shared[0][1] - shared[1][1] < 3


def test_values_that_are_all_the_same_are_a_level_line():
    assert {y for _, y in drawn(sparkline([3.0, 3.0, 3.0]))} == {HEIGHT / 2}


def test_what_is_not_finite_is_left_out():
    assert len(drawn(sparkline([1.0, float("nan"), float("inf"), 2.0]))) == 2


def test_a_single_value_is_no_curve():
    assert sparkline([1.0]) == ""


def test_it_says_nothing_to_screen_readers_and_brings_no_style_of_its_own():
    svg = sparkline([1.0, 2.0])

    assert 'aria-hidden="true"' in svg
    assert not re.search(r"style=|fill=|stroke=|id=", svg)

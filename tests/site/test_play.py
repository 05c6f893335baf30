"""What readers can try answers to the keyboard, says what came out, keeps it in the address, and has a figure."""

from __future__ import annotations

import pytest

from tests.manuscript import pages
from tests.site.pages import REPO
from tests.site.tab import Mode

TRIED = [
    (page.path.removesuffix(".md") + "/", name)
    for page in pages()
    for name in page.front.get("play", [])
    if f'data-play="{name}"' in page.text
]
PHONE = Mode(width=360, height=780, dark=True)

CONTROLS = "input[type=range], select, button:not([disabled])"
KEYS = {"range": ("ArrowRight", 39), "select-one": ("ArrowDown", 40), "submit": ("Enter", 13), "button": ("Enter", 13)}

SEEN = """
name => {
  const box = document.querySelector(`[data-play="${name}"]`);
  return box.querySelector('.play-said').textContent + '|' + box.querySelectorAll('svg, img, table').length;
}
"""
FIRST = """
(name, controls, at) => {
  const all = [...document.querySelectorAll(`[data-play="${name}"] :is(${controls})`)]
    .filter(e => e.offsetParent && !e.closest('.dl-table, .dl-chart, figure'));
  if (at >= all.length) return null;
  all[at].focus();
  const size = all[at].getBoundingClientRect();
  return {kind: all[at].type, height: size.height, right: size.right,
    label: (all[at].labels && all[at].labels[0] || all[at]).textContent.trim()};
}
"""
PLAIN = """
name => {
  const box = document.querySelector(`[data-play="${name}"]`);
  return {figures: box.querySelectorAll("svg, img, table, figure").length,
    words: box.textContent.trim().split(/\\s+/).length,
    controls: box.querySelectorAll('.play-controls, .play-control').length};
}
"""
each = pytest.mark.parametrize(("page", "name"), TRIED, ids=lambda value: value.strip("/").replace("/", "-"))


def test_seven_explanations_can_be_tried():
    assert {name for _, name in TRIED} >= {"neuron", "surfaces", "backprop", "size", "depth", "bias", "filters"}


@each
def test_the_keyboard_moves_it_it_says_so_and_the_address_keeps_it(page, name, reader):
    with reader.open(page, PHONE) as tab:
        before, start = tab.ask(SEEN, name), tab.evaluate("location.search")
        moved = []
        for at in range(8):
            control = tab.ask(FIRST, name, CONTROLS, at)
            if control is None:
                break
            assert control["label"]
            assert control["height"] >= 24
            assert control["right"] <= 360
            tab.press(*KEYS[control["kind"]])
            tab.pause(0.1)
            moved.append((tab.ask(SEEN, name), tab.evaluate("location.search")))
        if not moved:
            raise AssertionError(f"{name} has no control")
        seen, address = moved[-1]

        assert any(one != before for one, _ in moved)
        assert address != start
        assert tab.errors == []

    with reader.open(page + address, PHONE) as tab:
        assert tab.ask(SEEN, name) == seen


@each
def test_without_scripts_it_is_a_figure_with_words_and_has_no_dead_control(page, name, reader):
    with reader.open(page, Mode(scripts=False)) as tab:
        said = tab.ask(PLAIN, name)

    assert said["figures"] or name == "ledger"
    assert said["words"] > 5
    assert said["controls"] == 0


def test_each_script_is_small():
    sizes = {file.name: file.stat().st_size for file in (REPO / "docs/assets").glob("play*.js")}

    assert len(sizes) > len({name for _, name in TRIED}) - 1
    assert {name: size for name, size in sizes.items() if size > 6000} == {}

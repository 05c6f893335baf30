"""The line on what a run ran on, alone and where several runs follow each other."""

from __future__ import annotations

import re
from dataclasses import replace

from mkdocs_dlplugin.ran import Ran, gathered, line

FOREST = Ran("Forest", "A CPU", "<time>2026-11-29</time>", "41 s", "10 seeds", link="../runs/forest/")
NET = Ran("Net & co", "A CPU", "<time>2026-11-29</time>", "3 s", "1 seed", ("Left 1 thread running.",), "../runs/net/")


def text(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


def test_a_line_alone_stays_as_it_is():
    html = gathered(f"<p>a</p>\n{line(FOREST, 'plain')}\n<p>b</p>")

    assert html == (
        '<p>a</p>\n<p class="dl-ran"><span class="plain">Ran on A CPU, '
        '<time>2026-11-29</time>, 41 s for 10 seeds. <a href="../runs/forest/">details</a></span></p>\n<p>b</p>'
    )


def test_lines_in_a_row_become_one_that_names_the_runs():
    html = gathered(f"<p>a</p>\n{line(FOREST, 'plain')}\n{line(NET, 'plain')}\n<p>b</p>")

    assert html.count('class="dl-ran"') == 1
    assert text(html) == (
        "a\nRan on A CPU, 2026-11-29: Forest, 41 s for 10 seeds; Net &amp; co, 3 s for 1 seed. "
        "Net &amp; co: Left 1 thread running.\nb"
    )
    assert re.findall(r'href="([^"]+)">([^<]+)', html) == [
        ("../runs/forest/", "Forest"),
        ("../runs/net/", "Net &amp; co"),
    ]


def test_runs_of_other_days_or_machines_are_said_in_a_sentence_of_their_own():
    other = Ran("Old", "A GPU", "<time>2026-11-01</time>", "2 s", "1 seed")

    assert text(gathered(line(FOREST, "plain") + line(other, "plain") + line(NET, "plain"))).startswith(
        "Ran on A CPU, 2026-11-29: Forest, 41 s for 10 seeds; Net &amp; co, 3 s for 1 seed. Net &amp; co: Left 1 "
        "thread running. Ran on A GPU, 2026-11-01: Old, 2 s for 1 seed."
    )


def test_runs_that_readers_know_by_one_name_are_told_apart_by_their_own():
    first, second = (replace(FOREST, name=name) for name in ("forest-made", "forest-real"))

    assert text(gathered(line(first, "plain") + line(second, "plain"))) == (
        "Ran on A CPU, 2026-11-29: Forest (forest-made), 41 s for 10 seeds; Forest (forest-real), 41 s for 10 seeds."
    )


def test_lines_with_something_between_them_stay_apart():
    assert gathered(f"{line(FOREST, 'plain')}\n<p>b</p>\n{line(NET, 'plain')}").count('class="dl-ran"') == 2


def test_a_page_that_hides_its_code_has_one_line_for_runs_in_a_row(site):
    block = '```python {run="RUN" source="none"}\nx = 1\n```\n\n'
    built = site(block.replace("RUN", "a") + block.replace("RUN", "b") + "And\n\n" + block.replace("RUN", "c"))

    first, second = (text(found) for found in re.findall(r'<p class="dl-ran">.*?</p>', built.html(), re.DOTALL))
    assert re.search(r": a, [\d.]+ m?s for 1 seed; b, [\d.]+ m?s for 1 seed\.$", first)
    assert re.search(r", [\d.]+ m?s for 1 seed\. details$", second)
    assert "data-ran" not in built.html()

"""Tables and figures are numbered in the order of their page, and a link without a text reads as the number."""

from __future__ import annotations

import re

RUN = """
    ```python {run="tree" seeds=3}
    #| varies: [data]
    from mkdocs_dlplugin import run

    run.summary["acc"] = 0.8 + run.seed / 100
    ```
    """


def table(name):
    return f"""
    ```yaml {{comparison="{name}"}}
    runs: [tree]
    metrics: [acc]
    tbl-cap: Trees
    ```
    """


TWO = RUN + table("tbl-one") + table("tbl-two")


def links(html):
    return re.findall(r'<a href="([^"]*#[^"]*)">([^<]*)</a>', html)


def test_captions_carry_the_number_of_their_table(site):
    page = site(TWO).page()

    assert page.index("Table 1. Trees.") < page.index("Table 2. Trees.")


def test_an_empty_link_reads_as_the_number(site):
    built = site(TWO + "\n    See [](#tbl-two) and [the first](#tbl-one).\n")

    assert ("#tbl-two", "Table 2") in links(built.html())
    assert ("#tbl-one", "the first") in links(built.html())


def test_an_empty_link_from_another_page_does_too_also_when_nothing_changed(site):
    pages = {"index": TWO, "a/other": "See [](../index.md#tbl-two).\n"}

    assert ("../../#tbl-two", "Table 2") in links(site(pages).html("a/other"))
    assert ("../../#tbl-two", "Table 2") in links(site(pages).html("a/other"))


def test_a_number_in_a_heading_is_part_of_its_id(site):
    built = site(TWO + "\n    ## What [](#tbl-two) says\n")

    assert '<h2 id="what-table-2-says">' in built.html()


def test_tables_and_figures_are_counted_apart(site):
    chart = '\n    ```yaml {chart="fig-a"}\n    runs: [tree]\n    y: acc\n    ```\n'
    page = site(RUN + table("tbl-one") + chart + table("tbl-two")).page()

    assert "Figure 1. " in page
    assert "Table 2. " in page


def test_an_empty_link_to_something_else_is_left_alone(site):
    built = site(TWO + "\n    See [](#elsewhere).\n")

    assert ("#elsewhere", "") in links(built.html())


def test_a_block_without_an_id_has_no_number(site):
    assert "Table" not in site(RUN + table("").replace('{comparison=""}', "{comparison}")).page()

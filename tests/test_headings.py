"""Headings of results stand at the level of their place, in the table of contents, with ids that links may name."""

from __future__ import annotations

import re

import markdown
import pytest

from mkdocs_dlplugin import headings

PAGE = """\
# Page

See [one](#dl-a-one) and [none](#dl-a-none).

## First

```python {run="a" source=none}
class Report:
    def _repr_html_(self):
        return "<h1>One</h1><p>x</p><h3>Two <b>&amp; more</b></h3><h3>Two &amp; more</h3><h1>Three</h1>"


Report()
```

### Below

## Second

```python {run="b" source=none}
class Report:
    def _repr_markdown_(self):
        return "### One"


Report()
```
"""
OURS = [(3, "dl-a-one"), (4, "dl-a-two-more"), (4, "dl-a-two-more-2"), (3, "dl-a-three")]
ALL = [(1, "page"), (2, "first"), *OURS, (3, "below"), (2, "second"), (3, "dl-b-one")]


def outline(html: str) -> list[tuple[int, str]]:
    return [(int(level), name) for level, name in re.findall(r'<h([1-6])[^>]* id="([^"]+)"', html)]


def contents(html: str) -> list[str]:
    """Ids in the table of contents that the theme of these tests prints: title and fragment, one a line."""
    return re.findall(r" - #(\S+)", html)


def test_they_stand_in_the_page_and_its_table_of_contents_where_they_belong(site):
    built = site(PAGE)

    assert outline(built.html()) == ALL
    assert contents(built.html()) == [name for _, name in ALL]
    assert "    Two &amp; more - #dl-a-two-more\n" in built.html()


def test_an_unchanged_site_shows_them_again(site):
    first = site(PAGE)
    again = site(PAGE)

    assert again.executed == []
    assert again.html() == first.html()


def test_links_to_them_are_valid_and_others_are_not(site, caplog):
    site.config = {"validation": {"links": {"anchors": "warn"}}}
    site(PAGE)

    assert "dl-a-one" not in caplog.text
    assert "'#dl-a-none', but there is no such anchor" in caplog.text


def test_the_depth_that_a_site_asks_for_holds_for_them(site):
    site.config = {"markdown_extensions": [{"toc": {"toc_depth": 3}}]}

    assert contents(site(PAGE).html()) == [name for level, name in ALL if level <= 3]


def test_their_ids_do_not_change_with_what_stands_around_them(site):
    site(PAGE)
    moved = site(PAGE.replace("## First", "## Zeroth\n\n#### Deep\n\ntext").replace("# Page\n", "# Title\n"))

    assert [name for _, name in outline(moved.html()) if name.startswith("dl-")] == [
        *(name for _, name in OURS),
        "dl-b-one",
    ]


def test_an_id_that_a_page_has_already_is_left_to_it(site):
    built = site(PAGE.replace("## Second", '<p id="dl-b-one">x</p>\n\n## Second'))

    assert (3, "dl-b-one-2") in outline(built.html())


def test_the_same_run_twice_has_ids_of_its_own(site):
    block = PAGE[PAGE.index('```python {run="b"') :]
    built = site(f"# Page\n\n{block}\n\n{block}")

    assert outline(built.html())[1:] == [(2, "dl-b-one"), (2, "dl-b-one-2")]


def test_output_of_other_seeds_has_no_headings(site):
    method = "def _repr_html_(self):\n        return f'<h2>{run.seed}</h2>'\n"
    code = f"from mkdocs_dlplugin import run\n\n\nclass R:\n    {method}"
    built = site(f'# Page\n\n```python {{run="a" seeds=2}}\n{code}\n\nR()\n```\n')

    assert contents(built.html()) == ["page", "dl-a-0"]
    assert '<p class="dl-label">1</p>' in built.html()


def test_the_extension_alone_has_them_too(site):
    site(PAGE)
    options = {"dlplugin": {"config_file": str(site.root / "mkdocs.yml"), "page": "index.md"}}
    md = markdown.Markdown(extensions=["toc", "pymdownx.superfences", "dlplugin"], extension_configs=options)
    html = md.convert(PAGE)

    assert outline(html) == ALL
    second = md.toc_tokens[0]["children"][0]
    assert [token["id"] for token in second["children"]] == ["dl-a-one", "dl-a-three", "below"]
    assert [token["name"] for token in second["children"][0]["children"]] == ["Two &amp; more"] * 2


@pytest.mark.parametrize(
    ("given", "closed"),
    [([], []), ([1, 3, 3, 2], [1, 2, 2, 2]), ([6], [1]), ([3, 2, 1], [1, 1, 1]), ([1, 2, 6, 3, 1], [1, 2, 3, 3, 1])],
)
def test_no_level_is_skipped(given, closed):
    assert headings.levels(given) == closed


@pytest.mark.parametrize("theme", [None, {"name": "material", "font": False}])
def test_no_theme_makes_attributes_or_elements_of_their_text(site, monkeypatch, theme):
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    site.config = {"theme": theme} if theme else {}
    attack = "&quot; onfocus=&quot;x() &lt;img src=x onerror=x()&gt; &amp;lt;b&amp;gt;"
    html = f"<h2>{attack}</h2><h3>{attack}</h3>"
    code = f"class R:\n    def _repr_html_(self):\n        return {html!r}\n\n\nR()"
    built = site(f'# Page\n\n```python {{run="a" source=none}}\n{code}\n```\n\nText.\n')

    assert "‹img src=x onerror=x()›" in built.html()
    assert not re.search(r"<[^<>]*onfocus=\"x", built.html())
    assert "<img" not in built.html()


def test_below_the_sixth_level_there_is_none():
    html = "<h5 id='x'>X</h5>" + "".join(f"{headings.opened(level, f'dl-{level}')}t</h6>" for level in (1, 2, 3))

    assert re.findall(r"<h(\d) class", headings.settle(html)) == ["6", "6", "6"]

"""Stories of the scanner: what authors write, what is found, and what they are told."""

from __future__ import annotations

import random
import re
from pathlib import Path
from typing import Any

import markdown
import pytest
from markdown.preprocessors import Preprocessor
from pymdownx.superfences import SuperFencesCodeExtension

from mkdocs_dlplugin.fences import KEY, Page, Scan, normalise, scan
from mkdocs_dlplugin.headers import KINDS
from mkdocs_dlplugin.lines import SnippetPaths

CASES = Path(__file__).parent / "cases"


def pages(text: str, root: Path = CASES, **others: str) -> Scan:
    """Scan one page, and others where given."""
    all_ = {"p": text, **others}
    return scan(
        [Page(f"{name}.md", f"docs/{name}.md", content) for name, content in all_.items()],
        root=root,
        snippets=SnippetPaths((".",)),
    )


def said(found: Scan) -> list[str]:
    return [str(problem) for problem in found.problems]


# -- the torture page ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def torture() -> Scan:
    page = Page("torture.md", "torture.md", (CASES / "torture.md").read_text())
    return scan([page], root=CASES, snippets=SnippetPaths((".",)))


class Normalise(Preprocessor):
    def run(self, lines: list[str]) -> list[str]:
        return normalise(lines)


class Rendered:
    """A page through Python-Markdown, with a formatter that notes what superfences hands it."""

    EXTENSIONS = (
        "abbr attr_list admonition def_list footnotes tables md_in_html toc pymdownx.details pymdownx.snippets"
        " pymdownx.tabbed pymdownx.highlight pymdownx.inlinehilite pymdownx.superfences pymdownx.blocks.admonition"
    )

    def __init__(self, text: str, **more: Any) -> None:
        self.seen: list[tuple[str, str, str]] = []
        names = ("python", "yaml")
        fences = [{"name": name, "class": name, "format": self._format, "validator": self._ours} for name in names]
        self.md = markdown.Markdown(
            extensions=self.EXTENSIONS.split(),
            extension_configs={
                "pymdownx.superfences": {"custom_fences": fences, **more},
                "pymdownx.tabbed": {"alternate_style": True},
                "pymdownx.snippets": {"base_path": [str(CASES)], "check_paths": True},
            },
        )
        self.md.preprocessors.register(Normalise(self.md), "normalise", 31.5)
        self.html = self.md.convert(text)
        shown = re.sub(r"<!--.*?-->", "", self.html, flags=re.DOTALL)
        self.shown = [self.seen[int(number)] for number in re.findall(r"<dl-here n=(\d+)>", shown)]
        self.shown.sort(key=self.seen.index)

    @staticmethod
    def _ours(language: str, inputs: dict[str, str], options: dict[str, str], attrs: Any, md: Any) -> bool:
        options.update(inputs)
        return KEY in inputs

    def _format(self, src: str, language: str, css: str, options: dict[str, str], md: Any, **_: Any) -> str:
        kind = next(kind for kind in ("run", *KINDS) if kind in options)
        self.seen.append((kind, options[kind], src))
        return f"<dl-here n={len(self.seen) - 1}></dl-here>"


def test_the_torture_page_has_no_problem(torture):
    assert said(torture) == []


def test_the_torture_page_is_torture(torture):
    assert len(torture.blocks) >= 40
    assert (CASES / "torture.md").read_text().count("no-") > 20


def test_every_fence_that_should_be_found_is_found_and_no_other(torture):
    sources = "".join((CASES / name).read_text() for name in ("torture.md", "torture-included.md", "torture-listed.md"))
    expected = set(re.findall(r"""(?<=[="'# ])yes-[\w-]+(?=["' }\n])""", sources)) - {"yes-"}
    found = {re.findall(r"yes-[\w-]+|$", block.name or block.body)[0] for block in torture.blocks}

    assert found == {name for name in expected if not name.startswith("yes-top.")}
    assert not any("no-" in (block.name or block.body) for block in torture.blocks if block.name != "yes-longer")


def test_every_fence_knows_the_file_and_line_it_opens_in(torture):
    for block in torture.blocks:
        lines = (CASES / block.where.path).read_text().split("\n")
        opening = lines[block.where.line - 1]

        assert re.match(r"[> ]*(```|~~~)", opening)
        assert (block.name or block.kind) in opening


def test_the_first_line_of_code_stands_where_the_run_says(torture):
    for block in torture.blocks:
        if block.kind == "run":
            lines = (CASES / block.where.path).read_text().expandtabs(4).split("\n")

            assert lines[block.first_line - 1].endswith(block.code.split("\n")[0])


def test_superfences_shows_exactly_the_fences_that_were_scanned(torture):
    text = (CASES / "torture.md").read_text().split("---\n", 2)[2]

    rendered = Rendered(text)

    assert rendered.shown == [(block.kind, block.name, block.body) for block in torture.blocks]


@pytest.mark.parametrize("more", [{"preserve_tabs": True}, {"relaxed_headers": True}])
def test_other_settings_of_superfences_change_nothing(torture, more):
    if not more.keys() <= SuperFencesCodeExtension().config.keys():
        pytest.skip("this version of pymdown-extensions has no such setting")
    text = (CASES / "torture.md").read_text().split("---\n", 2)[2]

    names = [(kind, name) for kind, name, _ in Rendered(text, **more).shown]

    assert names == [(block.kind, block.name) for block in torture.blocks]


def nested(rng: random.Random, count: list[int], depth: int = 0) -> list[str]:
    """Write a random but well-formed piece of a page, with fences at every depth."""
    out: list[str] = []
    for _ in range(rng.randint(1, 3)):
        kind = rng.choice(("fence", "fence", "text", "code", *CONTAINERS)) if depth < 3 else "fence"
        if kind == "fence":
            count[0] += 1
            out += [f'```python {{run="r{count[0]}"}}', f"x = {count[0]}", "", "if x:", "    y = 1", "```", ""]
        elif kind == "text":
            out += ["Some text", "on two lines.", ""]
        elif kind == "code":
            out += ["Text before code.", "", '    ```python {run="hidden"}', "    ```", "", "Text behind it.", ""]
        elif kind == "> ":
            out += [f"> {line}".rstrip() for line in nested(rng, count, depth + 1)[:-1]] + ["", "Text behind it.", ""]
        else:
            inner = nested(rng, count, depth + 1)
            out += [*kind.split("\n"), "", *(f"    {line}".rstrip() for line in inner), "Text behind it.", ""]
    return out


CONTAINERS = ("!!! note", '??? tip "t"', '=== "One"', "- item", "1. first", "> ", "Term\n:   Definition")


@pytest.mark.parametrize("seed", range(40))
def test_however_places_nest_scanner_and_superfences_agree(seed):
    text = "\n".join(nested(random.Random(seed), [0]))

    found = pages(text)

    assert said(found) == []
    assert [(block.kind, block.name, block.body) for block in found.blocks] == Rendered(text).shown


def test_inline_values_are_found_outside_code_and_comments(torture):
    assert [value.text for value in torture.inlines] == [
        "yes-top.heading:.1%",
        "yes-top.cell",
        "yes-top.second - yes-list.x:+pp",
        "yes-top.listed",
        "yes-top.last:,",
        "yes-top.alt",
    ]


def test_python_markdown_shows_exactly_the_inline_values_that_were_scanned(torture):
    html = Rendered((CASES / "torture.md").read_text().split("---\n", 2)[2]).html
    shown = re.sub(r"<!--.*?-->|<pre.*?</pre>|`` `.*", "", html, flags=re.DOTALL)

    spans = re.findall(r"<code>\{run\} (yes[^<]*)</code>", shown)

    assert spans == [value.text for value in torture.inlines if "alt" not in value.text]


def test_inline_values_know_their_line(torture):
    for value in torture.inlines:
        line = (CASES / value.where.path).read_text().split("\n")[value.where.line - 1]

        assert f"`{{run}} {value.text}`" in line


def test_front_matter_is_kept_for_its_page(torture):
    assert torture.fronts == {"torture.md": {"seeds": 2}}


# -- headers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "options"),
    [
        ('python {run="mlp" seeds=5}', {"seeds": "5"}),
        ('{.python run="mlp" seeds="5"}', {"seeds": "5"}),
        ('python run="mlp" seeds="5"', {"seeds": "5"}),
        ("python {run=mlp exclusive}", {"exclusive": True}),
        ('python {title="a, b = {c}" run="mlp" #fig-1 .wide}', {"title": "a, b = {c}", "id": "fig-1"}),
    ],
)
def test_every_accepted_form_names_the_run_and_its_options(header, options):
    found = pages(f"```{header}\nx = 1\n```\n")

    assert said(found) == []
    assert (found.blocks[0].name, found.blocks[0].options) == ("mlp", options)


@pytest.mark.parametrize(
    ("header", "corrected"),
    [
        ('py {run="a"}', '```python {run="a"}'),
        ('python3 {run="a"}', '```python {run="a"}'),
        ('Python {run="a"}', '```python {run="a"}'),
        ('pyton {run="a"}', '```python {run="a"}'),
        ('{run="a"}', '```python {run="a"}'),
        ('{python run="a" seeds=5}', '```python {run="a" seeds=5}'),
        ('python title="x y" {run="a"}', '```python {run="a" title="x y"}'),
        ("python run", "```python {run}"),
        ('python {run="a", seeds=5}', '```python {run="a" seeds=5}'),
        ('python {run = "a" seeds = 5}', '```python {run="a" seeds=5}'),
        ("python {run: a, seeds: 5}", '```python {run="a" seeds=5}'),
        ("python run=x", '```python {run="x"}'),
        ('python run="x" seeds=5', '```python {run="x" seeds=5}'),
        ('python run="x" #fig', '```python {run="x" id=fig}'),
        ("python {run=mlp seeds=5", '```python {run="mlp" seeds=5}'),
        ('python {run="mlp seeds=5}', '```python {run="mlp" seeds=5}'),
        ('python {run="a"} seeds=5', '```python {run="a" seeds=5}'),
        ('python{run="a"}', '```python {run="a"}'),
        ('python {{run="a"}}', '```python {run="a"}'),
        ('python {run="a"seeds=5}', '```python {run="a" seeds=5}'),
        ('python {RUN="a"}', '```python {run="a"}'),
        ('python {run="a" run="b"}', '```python {run="a"}'),
        ('python {run="" seeds=2}', "```python {run seeds=2}"),
        ("python {run= seeds=2}", "```python {run seeds=2}"),
        ('py {session="a"}', '```python {session="a"}'),
        ('{session="a" title=x}', '```python {session="a" title=x}'),
        ("python session=a", '```python {session="a"}'),
        ("python {session}", '```python {session="name"}'),
        ('python {Session="a"}', '```python {session="a"}'),
        ('yml {chart="fig"}', '```yaml {chart="fig"}'),
        ("yaml chart=fig", '```yaml {chart="fig"}'),
        ('yaml {comparison="t", width=5}', '```yaml {comparison="t" width=5}'),
        ("Chart fig", '```yaml {chart="fig"}'),
    ],
)
def test_a_near_miss_is_answered_with_the_corrected_line(header, corrected):
    found = pages(f'Text.\n\n```{header}\nx = 1\n```\n\n```python {{run="next"}}\ny = 2\n```\n')

    (problem,) = found.problems
    assert (str(problem.where), problem.hint) == ("docs/p.md:3", f"Write {corrected}")
    assert [block.name for block in found.blocks] == ["next"]


def test_a_near_miss_reads_as_a_sentence():
    found = pages('```py {run="a"}\nx = 1\n```\n')

    assert said(found) == [
        "docs/p.md:1: 'py {run=\"a\"}' is not read as a run: its language is 'python'.\n  Write ```python {run=\"a\"}"
    ]


@pytest.mark.parametrize(
    "header",
    [
        "python",
        "",
        'python exec="on" session="run"',
        'python title="run.py"',
        'python {hl_lines="1 2" .run}',
        "bash run",
        "text how to run this",
        "chart of the nation",
        'json {chart="x"}',
        "mermaid",
        'yaml title="chart"',
        "console run it",
        "running",
    ],
)
def test_what_is_not_ours_is_left_alone(header):
    text = f"```{header}\nx = 1\n```\n"

    assert pages(text) == Scan()
    assert normalise(text.split("\n")) == text.split("\n")


@pytest.mark.parametrize(
    "header",
    ['python {session="mlp" title=One}', 'python session="mlp" title="One"', '{.python session="mlp" title=One}'],
)
def test_a_session_names_its_run(header):
    found = pages(f"```{header}\nx = 1\n```\n")
    rendered = normalise(["```" + header, "x = 1", "```"])

    (block,) = found.blocks
    assert (block.kind, block.name, block.session, block.options) == ("run", "mlp", True, {"title": "One"})
    assert rendered[0] == f'```python {{{KEY}=0 run="mlp" title=One}}'


def test_a_fence_on_the_line_of_a_list_marker_is_reported():
    found = pages('- ```python {run="a"}\n  x = 1\n  ```\n\n```python {run="b"}\nx = 2\n```\n')

    assert said(found) == [
        "docs/p.md:1: a fence on the line of a list marker is not read as a fence.\n"
        '  Begin a new line, four spaces in: ```python {run="a"}'
    ]
    assert [block.name for block in found.blocks] == ["b"]


def test_a_fence_that_indented_code_swallows_is_reported():
    found = pages('    code\n```python {run="a"}\nx = 1\n```\n')

    assert said(found) == [
        "docs/p.md:2: this fence stands against indented code, which swallows it.\n  Put a blank line before it."
    ]


@pytest.mark.parametrize(
    "text",
    [
        '```python {run="a"}\nx = 1\n',
        '- item\n\n    ```python {run="a"}\n    x = 1\n  ```\n',
        '> ```python {run="a"}\n> x\n\n',
    ],
)
def test_an_unclosed_fence_is_reported(text):
    found = pages(text)

    assert [problem.problem for problem in found.problems] == ["the fence of run 'a' is never closed."]


@pytest.mark.parametrize(
    ("name", "better"), [("MLP", "'mlp'"), ("my run", "'my-run'"), ("7up", "begin with a letter.")]
)
def test_a_name_that_cannot_be_addressed_is_reported(name, better):
    found = pages(f'```python {{run="{name}"}}\nx = 1\n```\n')

    assert better in found.problems[0].hint


def test_two_blocks_of_one_page_cannot_share_an_id():
    found = pages('```yaml {chart="a"}\n```\n\n```yaml {claim="a"}\n```\n')

    assert said(found) == [
        "docs/p.md:4: 'a' is already the id of the block at docs/p.md:1.\n  Give one of them another id."
    ]


# -- bodies ----------------------------------------------------------------------------------------------------------


def test_option_lines_are_read_and_taken_out_of_the_code():
    found = pages(
        '```python {run="a" seeds=3}\n#| timeout: 1e2\n#| params:\n#|   n: [1, 2]\n#| seeds: 9\n\nx = 1\n\n```\n'
    )

    (block,) = found.blocks
    assert block.options == {"timeout": 100.0, "params": {"n": [1, 2]}, "seeds": "3"}
    assert (block.code, block.first_line) == ("x = 1", 7)


def test_the_header_wins_however_the_option_is_spelled():
    found = pages('```python {run="a" fig-alt="header"}\n#| fig_alt: line\nx = 1\n```\n')

    assert found.blocks[0].options == {"fig_alt": "header"}


def test_a_mistake_in_option_lines_is_reported_at_its_line():
    found = pages('```python {run="a"}\n#| seeds: 5\n#| seeds: 6\nx = 1\n```\n')

    assert said(found) == ["docs/p.md:3: this is not YAML we can read: 'seeds' stands twice."]


def test_an_option_line_behind_code_is_reported():
    found = pages('```python {run="a"}\nx = 1\n#| seeds: 6\n```\n')

    assert [str(problem.where) for problem in found.problems] == ["docs/p.md:3"]


def test_windows_line_ends_change_nothing():
    text = '---\ndlplugin: {seeds: 2}\n---\n\n```python {run="a"}\nx = 1\n```\n'

    assert pages(text.replace("\n", "\r\n")) == pages(text)


# -- inline values ---------------------------------------------------------------------------------------------------


def test_a_value_without_its_space_is_reported():
    found = pages("It is `{run}mlp.acc`, or `{ run } mlp.acc`.\n")

    assert [problem.hint for problem in found.problems] == ["Write `{run} mlp.acc`"] * 2


def test_a_value_over_two_lines_is_reported():
    found = pages("It is\n`{run} mlp.acc -\nlogreg.acc`.\n")

    assert said(found) == ["docs/p.md:2: an inline value stands on one line.\n  Write `{run} mlp.acc - logreg.acc`"]


def test_a_stray_backtick_in_one_table_row_does_not_hide_the_next():
    found = pages("| a |\n| - |\n| ` |\n| `{run} mlp.acc` |\n")

    assert [value.text for value in found.inlines] == ["mlp.acc"]


# -- front matter and includes ---------------------------------------------------------------------------------------


def test_front_matter_of_others_is_not_our_business():
    found = pages('---\nhide: !!python/name:x [a\n---\n\n```python {run="a"}\nx = 1\n```\n')

    assert said(found) == []
    assert found.blocks[0].where.line == 5


def test_front_matter_of_ours_is_checked():
    found = pages("---\ntitle: x\ndlplugin: 5\n---\n")

    assert [problem.problem for problem in found.problems] == ["'dlplugin' in front matter must be a mapping, got 5."]


def test_all_problems_of_all_pages_are_gathered():
    found = pages('```py {run="a"}\n```\n```py {run="b"}\n```\n', q='```py {run="c"}\n```\n')

    assert [str(problem.where) for problem in found.problems] == ["docs/p.md:1", "docs/p.md:3", "docs/q.md:1"]


def test_an_include_that_includes_itself_ends(tmp_path):
    (tmp_path / "a.md").write_text('--8<-- "a.md"\n\n```python {run="a"}\nx = 1\n```\n')

    found = pages('--8<-- "a.md"\n', root=tmp_path)

    assert [str(block.where) for block in found.blocks] == ["a.md:3"]


def test_lines_and_sections_of_a_file_can_be_included(tmp_path):
    (tmp_path / "a.py").write_text("# --8<-- [start:one]\nx = 1\n# --8<-- [end:one]\ny = 2\nz = 3\n")

    found = pages('```python {run="a"}\n--8<-- "a.py:one"\n--8<-- "a.py:5:5"\n```\n', root=tmp_path)

    assert found.blocks[0].code == "x = 1\nz = 3"


def test_an_include_cannot_leave_its_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.md").write_text('```python {run="a"}\nx = 1\n```\n')

    page = Page("p.md", "p.md", '--8<-- "../secret.md"\n')

    assert scan([page], root=tmp_path, snippets=SnippetPaths(("in",))).blocks == ()


def test_pages_without_us_are_not_parsed(monkeypatch):
    def parsed(page: Page, *_: Any) -> None:
        raise AssertionError(f"{page.name} was parsed")

    monkeypatch.setattr("mkdocs_dlplugin.fences._page", parsed)
    prose = "Some words of prose here and there, with `code` in it and trunk runs.\n" * 6 + "\n"
    text = prose * 8 + '```python title="a"\nx = 1\n```\n' * 5

    found = scan([Page("p.md", "docs/p.md", text)], root=CASES, snippets=SnippetPaths(("docs",)))

    assert found == Scan()

"""What authors get wrong in a page is told with its line before anything runs, or costs nothing at all."""

from __future__ import annotations

import itertools
import json

import pytest

RUN = '```python {run="a"}\n%s\n```\n'


@pytest.mark.parametrize(
    ("runs", "path"),
    [
        ({"a": "a"}, "a (docs/index.md:1) -> a (docs/index.md:1)"),
        (
            {"a": "b", "b": "c", "c": "a"},
            "a (docs/index.md:1) -> b (docs/index.md:5) -> c (docs/index.md:9) -> a (docs/index.md:1)",
        ),
    ],
)
def test_a_circle_of_runs_is_shown_as_a_path(site, runs, path):
    built = site("\n".join(f'```python {{run="{name}" uses="{used}"}}\nx = 1\n```\n' for name, used in runs.items()))

    assert built.said == f"docs/index.md:1: runs use each other in a circle: {path}.\n  Remove one `uses`."
    assert (built.code, built.executed) == (1, [])


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (RUN % "#| timeout: 5\n#|  seeds: 5\nx = 1", "3: this is not YAML we can read: mapping values are not allowed"),
        (RUN % "#| timeout: 5\n#| timeout: 6\nx = 1", "3: this is not YAML we can read: 'timeout' stands twice."),
        (RUN % "#| env: &a [A]\n#| secrets: *a\nx = 1", "2: anchors and aliases (`&x`, `*x`) are not read here."),
        (RUN % "#| tags: [a\nx = 1", "2: this is not YAML we can read:"),
        ('```yaml {chart="c"}\nruns: [a]\ny: x\n y: z\n```\n', "4: this is not YAML we can read: mapping values"),
        (
            "---\ndlplugin:\n  seeds: 5\n  seeds: 6\n---\n" + RUN % "1",
            "4: this is not YAML we can read: 'seeds'",
        ),
        ("---\ndlplugin:\n\tseeds: 5\n---\n" + RUN % "1", "3: this is not YAML we can read: tabs do not indent."),
    ],
)
def test_broken_yaml_is_told_with_its_line(site, page, says):
    built = site(page)

    assert built.said.startswith(f"docs/index.md:{says}")
    assert (built.code, built.executed) == (1, [])


def test_tabs_in_a_block_are_four_spaces_as_everywhere_in_a_page(site):
    table = '\n```yaml {comparison="t"}\nruns:\n\t- a\nmetrics: [v]\n```\n'
    built = site(RUN % "#| metrics: v\n#| tags:\n#| \tfamily: x\nv = 1" + table)

    assert built.said == ""
    assert built.executed == ["a/_/0"]


def test_aliases_that_stand_for_a_million_values_are_refused_before_they_are_built(site):
    lines = ["#| a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for old, new in itertools.pairwise("abcdefghi"):
        lines.append(f"#| {new}: &{new} [{', '.join(['*' + old] * 10)}]")
    built = site(RUN % "\n".join([*lines, "x = 1"]))

    assert "anchors and aliases (`&x`, `*x`) are not read here." in built.said
    assert built.executed == []


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("x = 1\nreturn x", "SyntaxError: 'return' outside function\n  return x"),
        ("x = 1\nawait x", "SyntaxError: 'await' outside function\n  await x"),
        ("x = 1\nyield x", "SyntaxError: 'yield' outside function\n  yield x"),
        ("x = 1\nfrom __future__ import division", "SyntaxError: from __future__ imports must occur at the beginning"),
        ("x = 1\ny = '\0'", "a null byte stands in this code.\n  Remove it; inside a string it is written `\\0`."),
        ("x = 1\n\ufeffy = 2", "SyntaxError: invalid non-printable character U+FEFF"),
        ("x = 1\n\ty = 2", "IndentationError: unexpected indent\n  y = 2"),
    ],
)
def test_what_python_refuses_at_the_top_of_a_script_is_told_with_its_line(site, code, says):
    built = site(RUN % code)

    assert built.said.startswith(f"docs/index.md:3: {says}")
    assert (built.code, built.executed) == (1, [])


@pytest.mark.parametrize("code", ["", "   \n\t", "# only\n    # comments", "#| seeds: 2\n\n# none"])
def test_a_run_without_code_is_a_mistake(site, code):
    says = "this run has no code.\n  Write some, or name a file: `file: examples/cnn.py`."

    assert site(RUN % code).said == f"docs/index.md:1: {says}"


def test_comments_alone_may_be_shown(site):
    built = site('```python {run="a" eval=false}\n# what comes next\n```\n')

    assert built.code == 0
    assert "# what comes next" in built.page()


PAGE = '# T\n\n```python {run="a"}\n#| name: A\nx = "a"\n\nif x:\n    print(x)\n```\n\n`{run} a.v`\n'.replace(
    "`{run} a.v`", "The end."
)


@pytest.mark.parametrize(
    "written",
    [
        PAGE.replace("\n", "\r\n"),
        PAGE.replace("\n", "\r"),
        PAGE.replace("\n", "\r\n", 4),
        "\ufeff" + PAGE,
        PAGE.rstrip("\n"),
        PAGE.replace("\n\nif", "\n\f\nif"),
        PAGE.replace('"a"\n', '"a"  \n'),
    ],
    ids=["CRLF", "CR", "mixed", "byte order mark", "no final newline", "form feed", "trailing blanks"],
)
def test_line_ends_change_no_result(site, written):
    first = site(PAGE)
    key = json.loads((site.root / "records/a/_/0.json").read_text())["key"]
    (site.root / "docs/index.md").write_bytes(written.encode())
    built = site()
    forced = site(execution="force")

    assert first.executed == forced.executed == ["a/_/0"]
    assert built.executed == []
    assert built.said == forced.said == ""
    assert json.loads((site.root / "records/a/_/0.json").read_text())["key"] == key
    assert "The end." in built.page()


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_a_failure_has_its_line_whatever_ends_it(site, end):
    (site.root / "docs").mkdir()
    page = '---\ntitle: x\n---\n\n```python {run="a"}\nx = 1\n\f\n1 / 0\n```\n'
    (site.root / "docs/index.md").write_bytes(page.replace("\n", end).encode())

    assert site().said.startswith("docs/index.md:8: run 'a' seed 0: ZeroDivisionError")


def test_a_traceback_that_the_code_prints_shows_the_lines_of_the_page(site):
    built = site(
        RUN % "import traceback\n\f\ntry:\n    1 / 0  # here\nexcept ZeroDivisionError:\n    traceback.print_exc()"
    )

    assert 'File "docs/index.md", line 5, in <module> 1 / 0 # here' in built.page().split("Traceback")[1]


def test_a_page_outside_the_navigation_is_published_and_runs(site):
    site.config = {"nav": [{"Home": "index.md"}]}

    assert site({"index": "Home.\n", "other": RUN % "1"}).executed == ["a/_/0"]


@pytest.mark.parametrize("how", ["exclude_docs", "draft_docs"])
def test_a_page_that_is_not_published_runs_nothing_and_cannot_be_referred_to(site, how):
    site.config = {how: "drafts/\n"}
    built = site({"index": RUN % "1", "drafts/d": RUN.replace('"a"', '"d"') % "2"})
    named = site("It is `{run} d.v`.\n")

    assert (built.code, built.executed) == (0, ["a/_/0"])
    assert named.said.startswith("docs/index.md:1: no run is called 'd'.")
    assert named.executed == []


def test_a_missing_helper_names_where_it_is_looked_for_and_the_helper_that_wants_it(site):
    site.write("outer.py", "x = 1\nimport helpers.inner\n")
    built = site(RUN % "import outer")

    assert built.said == (
        "docs/index.md:2: run 'a' seed 0: ModuleNotFoundError: No module named 'helpers'\n"
        "    docs/index.md:2  import outer\n"
        "    outer.py:2  import helpers.inner\n"
        "  Install it where the documentation is built, or correct the import; project modules are looked up in the"
        " folder of mkdocs.yml."
    )


def test_helpers_that_import_each_other_are_shown_as_a_path(site):
    site.write("one.py", "from two import y\nx = 1\n")
    site.write("two.py", "from one import x\ny = 1\n")
    said = site(RUN % "import one").said

    assert "docs/index.md:2: run 'a' seed 0: ImportError: cannot import name 'x'" in said
    assert "    docs/index.md:2  import one\n    one.py:1  from two import y\n    two.py:1  from one import x\n" in said


@pytest.mark.parametrize(
    ("file", "code"), [("random.py", "import random"), ("statistics/__init__.py", "from statistics import mean")]
)
def test_a_file_with_the_name_of_a_module_of_pythons_own_is_told_to_who_imports_it(site, file, code):
    site.write(file, "def mean(x):\n    return 0\n")
    name = code.split()[1]
    built = site({"index": RUN % code, "other": RUN.replace('"a"', '"b"') % "import math"})

    assert built.said == (
        f"docs/index.md:1: run 'a' imports '{name}', and {file} has the name of that module of Python's own.\n"
        "  Give the file another name; which of the two is imported may differ between machines."
    )
    assert built.code == 0

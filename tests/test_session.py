"""An author splits a run over a page: one script, told in pieces, each piece with its own output."""

from __future__ import annotations

import json
import re

import pytest

from mkdocs_dlplugin.engines.parted import Parted
from mkdocs_dlplugin.fingerprint import key
from mkdocs_dlplugin.model import Job, Part, Where
from mkdocs_dlplugin.parts import at_lines, mark

STORY = """\
# A story

First the data.

```python {session="story" seeds=2}
#| varies: [order]
from mkdocs_dlplugin import run

numbers = [1, 2, 3]
print("drawn", len(numbers))
```

Then prose, with a list in it:

- and a block in the list

    ```python {session="story" title="The sum"}
    total = sum(numbers)
    total
    ```

And the end.

```python {session="story" source="fold"}
run.summary["total"] = total + run.seed
print("kept")
```

It is `{run} story.total` in the mean.
"""


def outputs(html: str) -> list[str]:
    """Return what stands under each block of a page, in order, as text."""
    blocks = html.split('<div class="highlight">')[1:]
    found = (re.findall(r'<pre class="dl-text"[^>]*><code>(.*?)</code></pre>', block, re.DOTALL) for block in blocks)
    return [" | ".join(texts) for texts in found]


def test_blocks_of_a_session_are_one_script_and_each_shows_its_own_output(site):
    built = site(STORY)

    assert built.said == ""
    assert built.executed == ["story/_/0", "story/_/1"]
    assert outputs(built.html()) == ["drawn 3", "6", "kept"]
    assert "It is 6 ± 6 (2 seeds)" in built.page().replace("\xa0", " ")
    assert built.page().count("Ran on") == 1


@pytest.mark.parametrize("isolation", ["auto", "group", "spawn"])
def test_a_session_runs_in_a_process_of_its_own_like_any_run(real_site, isolation):
    built = real_site(STORY, isolation=isolation)

    assert built.said == ""
    assert outputs(built.html()) == ["drawn 3", "6", "kept"]


LOUD = """
    ```python {session="a"}
    import ctypes, io, os, sys
    os.system("echo from a child")
    ctypes.CDLL(None).printf(b"from C")
    sys.stdout = io.StringIO()
    ```

    ```python {session="a"}
    sys.stdout = sys.__stdout__
    print("x" * 100_000)
    ```

    ```python {session="a"}
    print("short")
    ```

    ```python {session="a"}
    print("y" * 100_000)
    ```
    """


def test_output_is_told_apart_whatever_wrote_it_and_however_much_there_is(real_site):
    built = real_site(LOUD)
    first, second, third, fourth = outputs(built.html())

    assert built.code == 0
    assert first == "from a child\nfrom C"
    assert second.startswith("x" * 8000 + "\n[… 84 kB not kept …]\n")
    assert third == "short"
    assert fourth.endswith("y" * 7999)


def test_the_page_of_a_session_shows_all_of_its_code_as_one(site):
    page = site(STORY).html("runs/story")

    code = re.search(r'<h2 id="dl-code">Code</h2>.*?<code class="language-python">(.*?)</code>', page, re.DOTALL)[1]
    code = re.sub(r"<[^>]+>", "", code)
    assert code.count("\n\n") == 3
    assert code.index("numbers =") < code.index("total = sum") < code.index("kept")


def test_prose_between_the_blocks_runs_nothing(site):
    site(STORY)

    assert site(STORY.replace("Then prose", "Now\n\n- some more\n\nprose")).executed == []


def test_splitting_a_block_or_joining_two_runs_nothing_and_says_what_the_page_shows(site):
    whole = 'print("one")\nx = 1\n%sprint("two", x)\n'
    split = "```\n\nAnd then:\n\n```python {session='a'}\n"
    site(f"```python {{run='a'}}\n{whole % ''}```\n")

    built = site(f"```python {{session='a'}}\n{whole % split}```\n")
    shown = outputs(built.html())

    assert built.executed == []
    assert shown == ["", "one\ntwo 1"]
    assert built.said == (
        "docs/index.md:1: session 'a' was split into other blocks when it was measured, so its output stands under the"
        " last one.\n  To show it block by block: mkdocs-dlplugin run a --force"
    )

    again = site(f"```python {{session='a'}}\n{whole % split}```\n", execution="force")
    shown = outputs(again.html())
    joined = site(f"```python {{session='a'}}\n{whole % ''}```\n")

    assert shown == ["one", "two 1"]
    assert outputs(joined.html()) == ["one | two 1"]
    assert again.said == joined.said == ""
    assert joined.executed == []


def test_the_key_is_that_of_the_same_code_in_one_block():
    one = Job("a", "x = 1\ny = 2", Where("p.md", 1), "p.md", 2, 0)
    two = Job("a", "x = 1\n\ny = 2", Where("p.md", 1), "p.md", 2, 0, parts=(Part(2, 1), Part(9, 1)))

    assert key(one, ()) == key(two, ())


def test_a_record_of_a_run_in_one_block_says_nothing_of_parts(site):
    site("```python {run='a'}\nprint(1)\n```\n\n```python {session='b'}\n2\n```\n\n```python {session='b'}\n3\n```\n")
    a, b = (json.loads((site.root / f"records/{name}/_/0.json").read_text()) for name in "ab")

    assert a["outputs"] == [{"kind": "text", "text": "1\n"}]
    assert "blocks" not in a["provenance"]
    assert b["outputs"] == [{"kind": "text", "text": "2\n"}, {"kind": "text", "text": "3\n", "part": 1}]
    assert b["provenance"]["blocks"] == [1, 1]


def test_an_added_seed_runs_alone(site):
    site(STORY)

    assert site(STORY.replace("seeds=2", "seeds=3")).executed == ["story/_/2"]


def test_the_output_of_other_seeds_is_folded_under_the_block_that_differs(site):
    built = site("""
        ```python {session="a" seeds=2}
        from mkdocs_dlplugin import run
        print("same")
        ```

        Next.

        ```python {session="a"}
        print("seed", run.seed)
        ```
        """)
    first, second = built.html().split("Next.")

    assert "Seed 1" not in first
    assert "<summary>Seed 1</summary>" in second
    assert "seed 1" in second


def test_a_grid_of_a_session_shows_each_point_under_each_block(site):
    page = site("""
        ```python {session="a"}
        #| params: {n: [1, 2]}
        n = 0
        print("begin", n)
        ```

        Next.

        ```python {session="a"}
        print("end", n)
        ```
        """).page()
    first, second = page.split("Next.")

    assert [first.count(text) for text in ("begin 1", "begin 2", "end 1")] == [1, 1, 0]
    assert [second.count(text) for text in ("begin 1", "end 1", "end 2")] == [0, 1, 1]


FIGURES = """
    ```python {session="a"}
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots()
    ```

    First.

    ```python {session="a"}
    x = 1
    ```

    Second.

    ```python {session="a" fig-cap="Mended"}
    axes.plot([1, 2])
    figure
    ```
    """


def test_a_figure_stands_under_the_block_that_drew_it(site):
    pytest.importorskip("matplotlib")
    built = site(FIGURES)
    first, second, third = re.split("First|Second", built.html())

    assert built.said == ""
    assert [part.count("<img") for part in (first, second, third)] == [1, 0, 1]
    assert "Mended" in third
    assert len(set(re.findall(r'<img src="([^"]*)"', built.html()))) == 2


# -- failures --------------------------------------------------------------------------------------------------------

FAILING = """\
```python {session="a" seeds=2}
from mkdocs_dlplugin import run

def half(x):
    return 1 / x

print("begun")
```

One.

- in a list

    ```python {session="a"}
    if run.seed == 1:
        half(0)
    print("second")
    ```

Two.

```python {session="a"}
print("third")
run.summary["x"] = 1
```
"""


@pytest.mark.parametrize("engine", ["site", "real_site"])
def test_a_failure_stands_at_its_block_and_later_ones_say_that_they_did_not_run(engine, request):
    built = request.getfixturevalue(engine)(FAILING)
    first, second, third = re.split(r"One\.|Two\.", built.page())

    assert built.code == 3
    assert built.said == (
        "docs/index.md:5: run 'a' seed 1: ZeroDivisionError: division by zero\n"
        "    docs/index.md:16  half(0)\n"
        "    docs/index.md:5  return 1 / x\n"
        "  To run only this: mkdocs-dlplugin run 'a'"
    )
    assert "No result with seed 1: the run failed at docs/index.md:5." in first
    assert "begun" in first
    assert "ZeroDivisionError" in second
    assert "docs/index.md:16 half(0)" in second
    assert "Not run with seed 1: the run failed at docs/index.md:5." in third
    assert "ZeroDivisionError" not in first + third


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("import os; os._exit(4)", "Exited (code 4)"),
        ("import sys; sys.exit(4)", "Exited (code 4)"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "Crashed (SIGSEGV)"),
        ("while True: pass", "Timeout: stopped after 1 s"),
    ],
)
def test_a_block_that_ends_the_process_is_the_one_that_says_so(real_site, line, says):
    begin = "```python {session='a' timeout=1}\nprint(1)\n```\n\nOne.\n\n"
    middle = f"```python {{session='a'}}\n{line}\n```\n\nTwo.\n\n"
    page = real_site(begin + middle + "```python {session='a'}\nprint(3)\n```\n").page()
    first, second, third = re.split(r"One\.|Two\.", page)

    assert "No result: the run failed at" in first
    assert says in second
    assert "Not run: the run failed at" in third


def test_what_fails_after_the_last_block_is_said_there(site):
    page = site(
        "```python {session='a' metrics='acc'}\nx = 1\n```\n\nOne.\n\n```python {session='a'}\nprint(2)\n```\n"
    ).page()
    first, second = page.split("One.")

    assert "No result: the run failed at docs/index.md:1." in first
    assert "acc" in second
    assert "Not run" not in page


def test_a_session_without_a_record_says_so_once_where_nothing_may_run(site):
    built = site(STORY, execution="never")

    assert built.code == 4
    assert built.said.startswith("docs/index.md:5: run 'story' has no recorded result.")
    assert built.page().count("has no recorded result") == 1
    assert built.page().count("No result with seeds 0-1: see docs/index.md:5.") == 2


def test_an_announced_exception_ends_the_script_at_its_block(site):
    block = "```python {session='a'%s}\n%s\n```\n\n"
    middle = block % ("", "raise ValueError('no')")
    built = site(block % (" raises=ValueError", "print(1)") + middle + block % ("", "print(3)"))

    assert built.code == 0
    assert outputs(built.html()) == ["1", "ValueError: no", ""]


# -- what an author is told ------------------------------------------------------------------------------------------

FIRST = "```python {session='a'}\nx = 1\n```\n\n"


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (
            FIRST + "```python {session='a' seeds=3}\ny = 2\n```\n",
            "docs/index.md:5: 'seeds' is an option of the whole run, and this is a later block of session 'a'.\n"
            "  Move it to the first block (docs/index.md:1).",
        ),
        (
            FIRST + "```python {session='a'}\n#| title: T\n#| timeout: 5\ny = 2\n```\n",
            "docs/index.md:7: 'timeout' is an option of the whole run, and this is a later block of session 'a'.\n"
            "  Move it to the first block (docs/index.md:1).",
        ),
        (
            FIRST + "```python {session='a' tilte=x}\ny = 2\n```\n",
            "docs/index.md:5: 'tilte' is not an option here.\n  Did you mean 'title'?",
        ),
        (
            "```python {run='a' session='a'}\nx = 1\n```\n",
            "docs/index.md:1: 'session' is the run's name itself, in the header.\n  Write ```python {session=\"a\"}",
        ),
        (
            "```python {run}\n#| session: a\nx = 1\n```\n",
            "docs/index.md:2: 'session' is the run's name itself, in the header.\n  Write ```python {session=\"a\"}",
        ),
        (
            FIRST + "```python {session='a'}\ny = (2\n```\n\n```python {session='a'}\n)\n```\n",
            "docs/index.md:6: SyntaxError: '(' was never closed\n  y = (2",
        ),
        (
            FIRST + "```python {session='a'}\nfrom __future__ import annotations\n```\n",
            "docs/index.md:6: SyntaxError: from __future__ imports must occur at the beginning of the file\n"
            "  from __future__ import annotations",
        ),
        (
            FIRST + "```python {session='a'}\n```\n",
            "docs/index.md:5: this run has no code.\n  Write some, or name a file: `file: examples/cnn.py`.",
        ),
        (
            FIRST + "```python {session='a' file='code.py'}\n```\n",
            "docs/index.md:5: `file: code.py` is all the code of a run, and this is one block of session 'a'.\n"
            "  Name a section to show, `file: path.py:section`, or write `run` instead of `session`.",
        ),
        (
            FIRST + "```python {run='a'}\ny = 2\n```\n",
            "docs/index.md:5: run 'a' stands for different code at docs/index.md:1.\n"
            "  Give one of them another name, or make them the same.",
        ),
        (
            "```python {session='a'}\n--8<-- \"code.py\"\n```\n\n```python {session='a'}\ny = 2\n```\n",
            "docs/index.md:1: the code of this block of session 'a' is longer than its place on the page.\n"
            "  It includes a file. Import that file instead, and show a section of it: `file: path.py:section`.",
        ),
        (
            FIRST + '--8<-- "part.md"\n',
            "part.md:1: this block of session 'a' stands in another file than its first (docs/index.md:1).\n"
            "  Include all blocks of a session from one file, or none.",
        ),
        (
            '--8<-- "part.md"\n\n--8<-- "part.md"\n',
            "part.md:1: the blocks of session 'a' stand on this page twice, or in another order than in their"
            " file.\n  Include them once on a page, as they are.",
        ),
    ],
)
def test_a_mistake_in_a_session_is_explained_and_nothing_runs(site, page, says):
    site.config = {"markdown_extensions": [{"pymdownx.snippets": {"base_path": [str(site.root)]}}]}
    site.write("code.py", "x = 1\n" * 20)
    site.write("part.md", "```python {session='a'}\nz = 3\n```\n")
    built = site(page)

    assert built.said.split("\ndocs/")[0] == says
    assert built.code == 1
    assert built.executed == []


def test_a_session_stands_on_one_page(site):
    built = site({"index": FIRST, "other": FIRST.replace("x = 1", "y = 2")})

    assert built.said == (
        "docs/other.md:1: session 'a' began at docs/index.md:1, and all its blocks stand on one page.\n"
        "  Give one of them another name, or make them the same."
    )


def test_the_same_session_on_two_pages_is_one_run_wherever_its_blocks_stand(site):
    built = site({"index": STORY, "other": STORY.replace("Then prose", "Dann\n\nProsa")})

    assert built.said == ""
    assert built.executed == ["story/_/0", "story/_/1"]
    assert outputs(built.html()) == outputs(built.html("other")) == ["drawn 3", "6", "kept"]


def test_the_same_session_split_otherwise_on_another_page_is_a_mistake(site):
    two = FIRST + "```python {session='a'}\ny = 2\n```\n"
    three = two.replace("y = 2", "y = 2\n```\n\n```python {session='a'}\nz = 3")
    built = site({"index": two.replace("y = 2", "y = 2\n\nz = 3"), "other": three})

    assert built.said == (
        "docs/other.md:1: session 'a' is split into other blocks at docs/index.md:1.\n"
        "  Give one of them another name, or make them the same."
    )


def test_a_session_may_be_included_as_a_whole(site):
    site.config = {"markdown_extensions": [{"pymdownx.snippets": {"base_path": [str(site.root)]}}]}
    site.write("part.md", STORY.replace('print("kept")', "1 / 0"))
    built = site('Before.\n\n--8<-- "part.md"\n')

    assert "part.md:26: run 'story' seeds 0-1 (2 of 2): ZeroDivisionError" in built.said


def test_a_block_shows_a_section_of_a_file_while_its_body_runs(site):
    site.write("model.py", "# --8<-- [start:net]\nNET = 1\n# --8<-- [end:net]\n")
    built = site(
        FIRST + "```python {session='a' file='model.py:net'}\nfrom model import NET\nNET + x\n```\n",
    )

    assert built.said == ""
    assert "NET = 1" in built.page()
    assert outputs(built.html()) == ["", "2"]


def test_a_block_that_is_only_shown_is_no_part_of_the_script(site):
    built = site(
        FIRST + "```python {session='a' eval=false}\nx = 100\nprint(x)\n```\n\n```python {session='a'}\nprint(x)\n```\n"
    )

    assert outputs(built.html()) == ["", "", "1"]
    assert built.page().count("Not run, because its page only shows this code.") == 1


def test_an_import_from_the_future_holds_for_all_blocks(site):
    built = site(
        "```python {session='a'}\nfrom __future__ import annotations\n```\n\n"
        "```python {session='a'}\ndef f(x: Undefined): ...\nf.__annotations__\n```\n"
    )

    assert built.said == ""
    assert "{'x': 'Undefined'}" in built.page()


def test_page_wide_options_hold_for_the_run_and_for_how_each_block_looks(site):
    front = "---\ndlplugin: {seeds: 2, source: none}\n---\n\n"
    built = site(front + FIRST + "```python {session='a'}\nprint(x)\n```\n")

    assert built.said == ""
    assert built.executed == ["a/_/0", "a/_/1"]
    assert "x = 1" not in built.page()


# -- marks in the output ---------------------------------------------------------------------------------------------


def job(blocks: int) -> Job:
    parts = tuple(Part(10 * number + 1, 1) for number in range(blocks))
    return Job("a", "\n\n".join("x" * blocks), Where("p.md", 1), "p.md", 1, 0, key="0123456789abcdef" * 4, parts=parts)


def texts(parted: Parted) -> list[tuple[int, str]]:
    return [(output.part, output.text) for output in parted.outputs()]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_marks_are_found_however_the_output_arrives(size):
    a = job(3)
    stream = (f"one\n{mark(a, 1)}{mark(a, 2)}\n\nthree" + mark(a, 3)).encode()
    parted = Parted(a, 1000)
    for at in range(0, len(stream), size):
        parted.add(stream[at : at + size])

    assert texts(parted) == [(0, "one\n"), (2, "\n\nthree")]
    assert parted.ended == 3
    assert parted.text() == "one\n\n\nthree"


def test_every_block_keeps_some_of_its_output_however_much_the_others_print():
    a = job(3)
    parted = Parted(a, 3000)
    for text in ("a" * 100_000, mark(a, 1), "short\n", mark(a, 2), "c" * 100_000, mark(a, 3)):
        parted.add(text.encode())
    first, second, third = texts(parted)

    assert first[1].startswith("a" * 1000 + "\n[… 98 kB not kept …]\n")
    assert second == (1, "short\n")
    assert len(third[1]) < 2100
    assert parted.total == 200_006


def test_marks_that_the_code_prints_itself_move_output_at_most_by_a_block():
    a = job(2)
    parted = Parted(a, 1000)
    for text in (mark(a, 7), "x", mark(a, 1), "y", mark(a, 1), "z", mark(a, 2), mark(a, 999999), "end"):
        parted.add(text.encode())

    assert texts(parted) == [(0, "x"), (1, "yzend")]
    assert parted.ended == 2


def test_what_only_looks_like_a_mark_is_output():
    a = job(2)
    parted = Parted(a, 1000)
    parted.add(b"a\n\x1e0123 1\x1e\nb\n\x1e")

    assert texts(parted) == [(0, "a\n\x1e0123 1\x1e\nb\n\x1e")]


def test_code_stands_at_its_own_lines():
    parts = (Part(3, 2), Part(8, 1))

    assert at_lines("a\nb\n\nc", 3, parts).split("\n") == ["", "", "a", "b", "", "", "", "c"]
    assert at_lines("a\nb", 3) == "\n\na\nb"

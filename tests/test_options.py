"""Stories of options: what an author may say about a run or a block, and what is answered to the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

from mkdocs_dlplugin.errors import DLError, suggest
from mkdocs_dlplugin.fences import Page, scan
from mkdocs_dlplugin.lines import SnippetPaths
from mkdocs_dlplugin.model import Block, Run, Where
from mkdocs_dlplugin.options import (
    Display,
    RunOptions,
    check_front,
    check_unique,
    read,
    read_body,
    read_params,
    read_run,
    read_seeds,
)

HERE = Where("docs/p.md", 3)


def block(header: str, body: str = "x = 1") -> Block:
    text = f"# Page\n\n```python {{{header}}}\n{body}\n```\n"
    found = scan([Page("compare/p.md", "docs/p.md", text)], root=Path(), snippets=SnippetPaths())
    assert not found.problems
    return found.blocks[0]


def run(header: str, body: str = "x = 1", *, root: Path = Path(), site: Any = None, front: Any = None) -> Run:
    return both(header, body, root=root, site=site, front=front)[0]


def both(
    header: str, body: str = "x = 1", *, root: Path = Path(), site: Any = None, front: Any = None
) -> tuple[Run, Display]:
    return read_run(block(header, body), root=root, site=site or {}, front=front or {})


def refused(header: str, body: str = "x = 1", *, root: Path = Path()) -> str:
    with pytest.raises(DLError) as caught:
        run(header, body, root=root)
    return str(caught.value)


# -- the reader ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Axis:
    field: str
    scale: Literal["linear", "log"] = "linear"


@dataclass(frozen=True)
class Options:
    runs: tuple[str, ...]
    kind: Literal["line", "bar"] = "line"
    width: int = 600
    ratio: float = 1.5
    fig_cap: str = ""
    is_: bool = False
    limits: tuple[float, float] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    x: str | Axis = ""
    reference: float | str | None = None
    sizes: tuple[int, ...] = ()


def options(**raw: Any) -> Options:
    return read(Options, {"runs": ["a"], **raw}, HERE, what="an option of chart")


@pytest.mark.parametrize(
    ("raw", "name", "value"),
    [
        ({"runs": "a b-* c"}, "runs", ("a", "b-*", "c")),
        ({"runs": ["mlp(n=1, m=2)"]}, "runs", ("mlp(n=1, m=2)",)),
        ({"kind": "bar"}, "kind", "bar"),
        ({"width": "500"}, "width", 500),
        ({"width": "1e3"}, "width", 1000),
        ({"width": 5.0}, "width", 5),
        ({"ratio": 2}, "ratio", 2.0),
        ({"ratio": "1e-3"}, "ratio", 0.001),
        ({"fig-cap": 2024}, "fig_cap", "2024"),
        ({"fig_cap": "on"}, "fig_cap", "on"),
        ({"is": "true"}, "is_", True),
        ({"limits": [0, 1]}, "limits", (0.0, 1.0)),
        ({"limits": "0 1"}, "limits", (0.0, 1.0)),
        ({"limits": None}, "limits", None),
        ({"settings": {"100 digits": "a > b", 5: "c"}}, "settings", {"100 digits": "a > b", "5": "c"}),
        ({"x": "n"}, "x", "n"),
        ({"x": {"field": "n", "scale": "log"}}, "x", Axis("n", "log")),
        ({"reference": 0.94}, "reference", 0.94),
        ({"reference": "greydanus"}, "reference", "greydanus"),
        ({"sizes": "[1, 2]"}, "sizes", (1, 2)),
        ({"sizes": 3}, "sizes", (3,)),
    ],
)
def test_a_value_becomes_what_its_field_asks_for(raw, name, value):
    read_ = getattr(options(**raw), name)

    assert read_ == value
    assert type(read_) is type(value)


def test_of_many_known_names_the_first_are_told_and_the_others_counted():
    assert suggest("zz", [f"run{i}" for i in range(1_010)]).endswith("'run6', 'run7' and 1,002 more.")


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"widht": 5}, "'widht' is not an option of chart.\n  Did you mean 'width'?"),
        ({"fig-capp": ""}, "'fig-capp' is not an option of chart.\n  Did you mean 'fig-cap'?"),
        ({"width": "five"}, "'width' must be a whole number, got 'five'."),
        ({"width": 1.5}, "'width' must be a whole number, got 1.5."),
        ({"width": True}, "'width' must be a whole number, got true."),
        ({"ratio": float("nan")}, "'ratio' must be a number, got nan."),
        ({"is": "yes"}, "'is' must be true or false, got 'yes'."),
        ({"is": 1}, "'is' must be true or false, got 1."),
        ({"fig-cap": ["a"]}, "'fig-cap' must be text, got ['a']."),
        ({"fig-cap": True}, "'fig-cap' must be text, got true."),
        ({"kind": "lines"}, "'kind' must be one of 'line', 'bar', got 'lines'.\n  Did you mean 'line'?"),
        ({"runs": {"a": 1}}, "'runs' must be a list, or words with spaces between, got {'a': 1}."),
        ({"limits": [1]}, "'limits' must be a list of 2, got [1]."),
        ({"settings": "a"}, "'settings' must be a mapping, got 'a'."),
        ({"settings": {"a": []}}, "'settings: a' must be text, got []."),
        ({"x": {"feild": "n"}}, "'feild' is not an option of 'x'.\n  Did you mean 'field'?"),
        ({"x": 5.5j}, "'x' must be text or a mapping, got 5.5j."),
        ({"fig-cap": "a", "fig_cap": "b"}, "'fig_cap' stands twice, with '-' and with '_'.\n  Remove one of them."),
    ],
)
def test_a_wrong_value_is_answered_with_what_is_right(raw, says):
    with pytest.raises(DLError) as caught:
        options(**raw)

    assert str(caught.value) == f"docs/p.md:3: {says}"


def test_an_option_without_default_is_asked_for():
    with pytest.raises(DLError, match="'runs' is missing"):
        read(Options, {}, HERE, what="an option of chart")


def test_the_body_of_a_block_is_a_mapping_with_what_the_header_adds():
    chart = Block("chart", "fig", HERE, "p.md", "runs: [a]\nwidth: 5", {"width": "6"})

    assert read_body(chart) == {"runs": ["a"], "width": "6"}


def test_a_slip_in_the_body_is_reported_at_its_line():
    with pytest.raises(DLError) as caught:
        read_body(Block("chart", "fig", HERE, "p.md", "runs: [a]\nruns: [b]"))

    assert str(caught.value.where) == "docs/p.md:5"


# -- a run -----------------------------------------------------------------------------------------------------------


def test_a_run_has_all_its_defaults_filled_in():
    made, display = both('run="mlp"')

    assert made == Run("mlp", "x = 1", HERE, 4, "docs/p.md", "compare/p.md")
    assert display == Display(shown="x = 1")


def test_everything_a_run_can_say_is_heard():
    made, display = both(
        'run="mlp" seeds="0 1 7" threads=2 exclusive title="Training, step by step" source=fold',
        "\n".join(
            (
                "#| name: MLP, one hidden layer",
                "#| tags: {family: deep, year: 2024}",
                "#| params: {n: [100, 1000]}",
                "#| uses: pretrain scan",
                "#| depends: [data/*.csv]",
                "#| env: [DATA]",
                "#| device: prefer:cuda",
                "#| timeout: 2.5",
                "#| metrics: acc n_params",
                "#| series: history",
                "#| varies: [data, init]",
                "#| data: moons",
                "#| min-seeds: 2",
                "#| raises: ValueError",
                "#| fig-cap: A caption",
                "#| fig-alt: What it shows",
                "#| id: fig-mlp",
                "#| result: none",
                "x = 1",
            )
        ),
    )

    assert made == Run(
        name="mlp",
        code="x = 1",
        where=HERE,
        first_line=22,
        source_path="docs/p.md",
        page="compare/p.md",
        label="MLP, one hidden layer",
        tags={"family": "deep", "year": "2024"},
        seeds=(0, 1, 7),
        points=({"n": 100}, {"n": 1000}),
        gridded=True,
        uses=("pretrain", "scan"),
        depends=("data/*.csv",),
        env=("DATA",),
        device="prefer:cuda",
        threads=2,
        timeout=2.5,
        exclusive=True,
        metrics=("acc", "n_params"),
        series="history",
        varies=("data", "init"),
        data="moons",
        min_seeds=2,
        raises="ValueError",
    )
    assert (display.source, display.result, display.title, display.id) == (
        "fold",
        "none",
        "Training, step by step",
        "fig-mlp",
    )
    assert (display.fig_cap, display.fig_alt) == ("A caption", "What it shows")


def test_the_nearer_option_wins():
    site = {"timeout": 1, "threads": 1, "seeds": 1, "device": "cpu", "metrics": {}, "execution": "auto"}
    front = {"timeout": 2, "threads": 2, "seeds": 2, "metrics": {"acc": {"as": "percent"}}}

    made = run('run="mlp" timeout=4', "#| timeout: 3\n#| threads: 3\nx = 1", site=site, front=front)

    assert (made.device, made.seeds, made.threads, made.timeout, made.metrics) == ("cpu", (0, 1), 3, 4.0, ())


def test_an_anonymous_run_is_named_after_its_page_and_code():
    made = run("run")

    assert made.name == f"_p-{hashlib.sha256(b'x = 1').hexdigest()[:8]}"


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("sedes=2", "'sedes' is not an option here.\n  Did you mean 'seeds'?"),
        ("shown=x", "'shown' is not an option here."),
        ("threads=0", "'threads' must be 1 or more, got 0."),
        ("timeout=0", "'timeout' must be more than 0 seconds, got 0."),
        ("timeout=long", "'timeout' must be a number, got 'long'."),
        ("title", "'title' must be text, got true."),
        ("min_seeds=2", "'min_seeds' is 2, but the run has 1 seeds."),
        ("device=gpu", "'device' must be one of auto, cpu, cuda, mps, xpu, prefer:cuda, "),
        ("varies=seed", "'varies' must be one of 'data', 'split', 'order', 'init', got 'seed'."),
        ("source=hidden", "'source' must be one of 'above', 'below', 'tabbed-left', 'fold', 'none', got 'hidden'."),
        ('raises="a b"', "'raises' must be a name, got 'a b'."),
        ("memory=much", "'memory' must be a size, got 'much'.\n  Write it with its unit: `memory: 2 GiB`."),
        ("assets=0", "'assets' must be a size, got '0'."),
        ("processes=0", "'processes' must be 1 or more, got 0."),
        ("points=1", "'points' must be 2 or more, got 1."),
        ("silence=-1", "'silence' must be 0 or more seconds, got -1."),
        ("write_to=../x", "'write_to' names a folder of the project, got '../x'."),
        ('env=A secrets="A B"', "'A' stands in 'env', which is stored, and in 'secrets', which is not."),
        ('secrets="a-b"', "'secrets' must be a name, got 'a-b'."),
        ("session=a", "'session' is the run's name itself, in the header.\n  Write ```python {session=\"a\"}"),
    ],
)
def test_a_slip_in_the_header_is_reported_at_the_block(header, says):
    assert refused(f'run="mlp" {header}').startswith(f"docs/p.md:3: {says}")


@pytest.mark.parametrize("option", ["spec", "workdir", "error"])
def test_what_is_not_yet_available_says_so_once(option):
    assert refused('run="mlp"', f"#| {option}: 1\nx = 1").startswith(f"docs/p.md:4: '{option}' is not yet available.")


def test_a_slip_in_option_lines_is_reported_at_its_line():
    assert refused('run="mlp"', "#| timeout: 5\n#| seeds: five\nx = 1").startswith("docs/p.md:5: seeds must be")
    assert refused('run="mlp"', "#| device: [cpu, cuda]\nx = 1").startswith("docs/p.md:4: a list of devices is not yet")
    assert refused('run="mlp"', "#| timeout:\nx = 1").startswith("docs/p.md:4: 'timeout' has no value.")


def test_a_syntax_error_is_found_before_anything_runs(project, monkeypatch):
    (project / "docs").mkdir()
    monkeypatch.chdir(project)
    assert (
        refused('run="mlp"', "#| timeout: 5\n\nx = 1\ny = (1\n")
        == "docs/p.md:7: SyntaxError: '(' was never closed\n  y = (1"
    )
    assert refused('run="mlp"', "if True:\nx = 1").startswith(
        "docs/p.md:5: IndentationError: expected an indented block"
    )
    (project / "docs/p.md").write_text("# A heading\n\n\nx = 1\n")
    # Python would show line 1 of the page.
    assert refused('run="mlp"', "f((1)", root=project) == "docs/p.md:4: SyntaxError: '(' was never closed\n  f((1)"
    assert refused('run="mlp"', "return 5").startswith("docs/p.md:4: SyntaxError: 'return' outside function")


def test_code_that_is_shown_and_not_run_need_not_compile():
    _, display = both('run="sketch" eval=false', "for epoch in …:")

    assert not display.eval


def test_an_empty_run_is_a_mistake():
    assert refused('run="mlp"', "#| timeout: 5").startswith("docs/p.md:3: this run has no code.")


# -- seeds and parameters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seeds"),
    [
        (5, (0, 1, 2, 3, 4)),
        ("5", (0, 1, 2, 3, 4)),
        ("0-4", (0, 1, 2, 3, 4)),
        ("3 - 4", (3, 4)),
        ("7-7", (7,)),
        ("0 1 7", (0, 1, 7)),
        ([0, 1, 7], (0, 1, 7)),
        ("[0, 1, 7]", (0, 1, 7)),
        ([9], (9,)),
        (1000, tuple(range(1000))),
    ],
)
def test_seeds_are_a_count_a_list_or_a_range(value, seeds):
    assert read_seeds(value, HERE) == seeds


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("five", "seeds must be whole numbers, got 'five'."),
        ("0, 1", "seeds must be whole numbers, got '0, 1'."),
        (True, "seeds must be whole numbers, got True."),
        (2.5, "seeds must be whole numbers, got 2.5."),
        ([0, -1], "seeds must be whole numbers, got [0, -1]."),
        ([True], "seeds must be whole numbers, got [True]."),
        (0, "seeds must be 1 to 1000, got 0."),
        (-1, "seeds must be 1 to 1000, got -1."),
        ([], "seeds must be 1 to 1000, got []."),
        (1001, "seeds must be 1 to 1000, got 1001."),
        ("0-9999999999", "seeds must be 1 to 1000, got '0-9999999999'."),
        ("4-0", "seeds must be 1 to 1000, got '4-0'."),
        ("0 1 0", "seed 0 stands twice in '0 1 0'."),
        ([2**32], "seed 4294967296 is too large."),
    ],
)
def test_other_seeds_are_refused(value, says):
    with pytest.raises(DLError) as caught:
        read_seeds(value, HERE)

    assert caught.value.problem == says


def test_a_mapping_of_lists_is_their_product_in_the_order_written():
    assert read_params({"n": [100, 1000], "model": ["svm", "cnn"]}, HERE) == (
        {"n": 100, "model": "svm"},
        {"n": 100, "model": "cnn"},
        {"n": 1000, "model": "svm"},
        {"n": 1000, "model": "cnn"},
    )


def test_a_list_of_mappings_is_taken_point_by_point():
    points = [{"lr": 0.1, "deep": True}, {"lr": 0.01, "deep": False}]

    assert read_params(points, HERE) == tuple(points)


def test_a_single_value_need_not_be_a_list():
    assert read_params({"n": [1, 2], "model": "svm"}, HERE) == ({"n": 1, "model": "svm"}, {"n": 2, "model": "svm"})


def test_true_and_one_are_two_points():
    assert len(read_params({"a": [1, True]}, HERE)) == 2


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("n", "params must be a mapping of lists or a list of mappings, got 'n'."),
        ({}, "params must be a mapping of lists or a list of mappings, got {}."),
        ([1, 2], "params must be a mapping of lists or a list of mappings, got [1, 2]."),
        ({"n": []}, "params has an empty list, so there is no point to run."),
        ({"n": [[1]]}, "parameter 'n' must be a number, a word, true or false, got [1]."),
        ({"n": [None]}, "parameter 'n' must be a number, a word, true or false, got None."),
        ({"n": [float("inf")]}, "parameter 'n' must be finite, got inf."),
        ({"a b": [1]}, "'a b' cannot be a parameter's name."),
        ({"seed": [1, 2]}, "'seed' cannot be a parameter."),
        ({"n": [1, 1.0]}, "params has the point (n=1) twice."),
        ([{"n": 1}, {"m": 1}], "every point of params names the same parameters, but {'m': 1} and {'n': 1} differ."),
        ({"a": list(range(100)), "b": list(range(100))}, "params make 10000 points, more than 1000."),
    ],
)
def test_other_grids_are_refused(value, says):
    with pytest.raises(DLError) as caught:
        read_params(value, HERE)

    assert caught.value.problem == says


# -- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path):
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "cnn.py").write_text(
        "import math\n\n# --8<-- [start:train]\ndef train(run):\n    return math.pi\n# --8<-- [end:train]\n\n"
        "print(train(None))\n"
    )
    return tmp_path


def test_a_whole_file_is_executed_and_shown_without_its_markers(project):
    made, display = both('run="cnn" file="examples/cnn.py"', "", root=project)

    assert (made.source_path, made.first_line) == ("examples/cnn.py", 1)
    assert made.code == (project / "examples" / "cnn.py").read_text()
    assert display.shown == "import math\n\ndef train(run):\n    return math.pi\n\nprint(train(None))"
    assert display.shown_from == "examples/cnn.py"


def test_a_section_is_shown_while_the_block_executes(project):
    made, display = both('run="cnn" file="examples/cnn.py:train"', "from examples.cnn import train", root=project)

    assert (made.code, made.source_path, made.first_line) == ("from examples.cnn import train", "docs/p.md", 4)
    assert (display.shown, display.shown_from) == ("def train(run):\n    return math.pi", "examples/cnn.py")


@pytest.mark.parametrize(
    ("file", "body", "says"),
    [
        ("examples/cnn.py", "x = 1", "the block has code, and `file: examples/cnn.py` is code of its own."),
        ("examples/cnn.py:train", "", "`file: examples/cnn.py:train` is what the reader sees; what executes is the"),
        ("examples/cnn.py:trian", "x = 1", "'examples/cnn.py' has no section 'trian'.\n  Did you mean 'train'?"),
        ("examples/cmm.py", "", "there is no file 'examples/cmm.py'.\n  Did you mean 'examples/cnn.py'?"),
        ("nowhere/x.py", "", "there is no file 'nowhere/x.py'."),
        ("../cnn.py", "", "'../cnn.py' is outside the folder of mkdocs.yml."),
        ("/etc/passwd", "", "'/etc/passwd' is outside the folder of mkdocs.yml."),
        ("examples", "", "there is no file 'examples'."),
    ],
)
def test_a_file_that_cannot_be_used_is_explained(project, file, body, says):
    assert refused(f'run="cnn" file="{file}"', body, root=project).startswith(f"docs/p.md:3: {says}")


def test_a_syntax_error_in_a_file_is_reported_there(project):
    (project / "bad.py").write_text("x = 1\nif\n")

    assert refused('run="cnn" file="bad.py"', "", root=project).startswith("bad.py:2: SyntaxError: invalid syntax")


# -- pages and names -------------------------------------------------------------------------------------------------


def test_front_matter_is_checked_once_for_its_page():
    front = {"seeds": 3, "metrics": {"acc": {}}, "sedes": 2, "name": "x", "threads": "many", "session": "a"}

    assert [str(problem) for problem in check_front(front, Where("docs/p.md", 1))] == [
        "docs/p.md:1: 'sedes' is not an option here.\n  Did you mean 'seeds'?",
        "docs/p.md:1: 'name' belongs to one block, not to a page.\n  Move it to the block it describes.",
        "docs/p.md:1: 'threads' must be a whole number, got 'many'.",
        "docs/p.md:1: 'session' belongs to one block, not to a page.\n  Move it to the block it describes.",
    ]


def place(name: str, line: int, code: str = "x = 1", **more: Any) -> Run:
    return Run(name, code, Where("docs/p.md", line), line + 1, "docs/p.md", "p.md", **more)


def test_the_same_code_in_two_places_is_one_run():
    assert check_unique([place("mlp", 1), place("mlp", 9), place("cnn", 20)]) == []


@pytest.mark.parametrize(
    ("runs", "says"),
    [
        ([place("a", 1), place("a", 9, "y")], "docs/p.md:9: run 'a' stands for different code at docs/p.md:1."),
        (
            [place("a", 1), place("a", 5, "y"), place("a", 9, "z")],
            "docs/p.md:9: run 'a' stands for different code at docs/p.md:1 and docs/p.md:5.",
        ),
        (
            [place("a", 1), place("a", 9, seeds=(0, 1), threads=2)],
            "docs/p.md:9: run 'a' has different options at docs/p.md:1: seeds, threads.",
        ),
        ([place("a", 1), place("A", 9)], "docs/p.md:9: 'A' differs only in capitals from 'a' at docs/p.md:1."),
    ],
)
def test_one_name_for_two_things_is_reported_with_all_places(runs, says):
    (problem,) = check_unique(runs)

    assert str(problem) == f"{says}\n  Give one of them another name, or make them the same."


def test_every_option_has_a_sentence():
    for declaration in (RunOptions, Display):
        source = Path(__import__(declaration.__module__, fromlist=["x"]).__file__).read_text()
        body = source.split(f"class {declaration.__name__}:")[1].split("\n\n\n")[0]

        assert body.count('    """') == len(declaration.__dataclass_fields__) + 1

"""A reader takes a run home: the file executes alone, measures the same, and says what it lacks."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from mkdocs_dlplugin.__main__ import main
from tests.alone import execute

ROOT = Path(__file__).parent.parent


@pytest.fixture
def take(site, monkeypatch, tmp_path):
    """Measure a page, export one of its runs, and execute it elsewhere."""

    def taken(pages, name, *arguments, ending="py", packages=(), **environ):
        for path, text in pages.items():
            site.write(path, text)
        built = site()
        assert built.code == 0, built.said
        file = tmp_path / "home" / f"{name}.{ending}"
        file.parent.mkdir(exist_ok=True)
        assert main(["export", name, "-f", str(tmp_path / "mkdocs.yml"), "-o", str(file)]) == 0
        return execute(file, *arguments, packages=packages, **environ)

    return taken


SIMPLE = """
    ```python {run="dice" seeds=3}
    from __future__ import annotations
    import random
    from mkdocs_dlplugin import run

    run.summary["pips"] = random.random()
    run.log({"loss": random.random()}, step=1)
    ```
    """


def test_a_script_measures_what_is_recorded(take):
    code, said = take({"docs/index.md": SIMPLE}, "dice", "--seed", "2", "--check")

    assert code == 0, said
    assert re.search(r"pips +0\.\d+ +0\.\d+ +same", said)
    assert re.search(r"loss +0\.\d+ +0\.\d+ +same", said)


def test_what_differs_from_its_record_is_said(take, tmp_path):
    take({"docs/index.md": SIMPLE}, "dice")
    file = tmp_path / "home/dice.py"
    file.write_text(file.read_text("utf-8").replace('run.summary["pips"] = ', 'run.summary["pips"] = 5 + '), "utf-8")

    code, said = execute(file, "--check")
    assert code == 1
    assert re.search(r"pips .* DIFFERS", said)
    assert execute(file)[0] == 0


def test_a_script_says_what_to_install(take, tmp_path):
    take({"docs/index.md": '```python {run="a" metrics="v"}\nimport numpy\nv = float(numpy.random.rand())\n```\n'}, "a")
    text = (tmp_path / "home/a.py").read_text("utf-8")
    block = "\n".join(line[2:] for line in text.split("# ///")[1].splitlines()[1:])

    assert re.fullmatch(r"numpy==\d[\w.]*", tomllib.loads(block)["dependencies"][0])
    assert tomllib.loads(block)["requires-python"].startswith(">=3.")
    assert execute(tmp_path / "home/a.py", "--check", packages=("numpy",))[0] == 0


def test_a_run_that_does_not_know_us_gets_its_seed_and_parameters(take):
    page = """
        ```python {run="net" seeds=2 metrics="out"}
        #| params: {width: [2, 3]}
        width: int = 1; seed = 7
        out = width * 10 + seed
        ```
        """
    code, said = take({"docs/index.md": page}, "net", "--seed", "1", "--set", "width=3", "--check")

    assert code == 0, said
    assert re.search(r"out +31 +31 +same", said)


def test_modules_and_small_files_of_the_project_come_along(take):
    page = """
        ```python {run="a" metrics="total"}
        from pathlib import Path
        from lib.sums import add
        total = add(Path("data/numbers.txt").read_text()) + len(open("data/raw.bin", "rb").read())
        ```
        """
    pages = {
        "docs/index.md": page,
        "lib/__init__.py": "",
        "lib/sums.py": "# It's '''one''' \\\\\ndef add(text):\n    return sum(map(int, text.split('\\n')))\n",
        "data/numbers.txt": "1\n2\n3",
        "data/raw.bin": "xyz",
    }
    code, said = take(pages, "a", "--check")

    assert code == 0, said
    assert re.search(r"total +9 +9 +same", said)


def test_what_is_too_large_or_not_for_others_is_named(take, tmp_path):
    page = """
        ```python {run="a" metrics="size"}
        size = len(open("data/big.txt").read()) + len(open("private.txt").read())
        ```
        """
    pages = {"docs/index.md": page, "data/big.txt": "x" * 300_000, "private.txt": "hush-hush", ".gitignore": "priv*\n"}
    code, said = take(pages, "a", "--check")
    text = (tmp_path / "home/a.py").read_text("utf-8")

    assert code == 1
    assert "This run needs data/big.txt, private.txt. Name the folder of its files with --project." in said
    assert "It needs what is not in this file: data/big.txt, private.txt." in " ".join(text.split())
    assert "hush" not in text
    assert execute(tmp_path / "home/a.py", "--check", "--project", str(tmp_path))[0] == 0


def test_a_secret_stays_at_home_and_is_asked_for(take, monkeypatch, tmp_path):
    monkeypatch.setenv("THE_KEY", "swordfish-42")
    page = '```python {run="a" metrics="n"}\n#| secrets: [THE_KEY]\nimport os\nn = len(os.environ["THE_KEY"])\n```\n'
    code, said = take({"docs/index.md": page}, "a", "--check")

    assert code == 1
    assert "the environment variable THE_KEY" in said
    assert "swordfish" not in (tmp_path / "home/a.py").read_text("utf-8")
    assert execute(tmp_path / "home/a.py", "--check", THE_KEY="swordfish-42")[0] == 0


def test_results_of_other_runs_come_along(take):
    page = """
        ```python {run="first" seeds=2}
        from mkdocs_dlplugin import run
        run.summary["v"] = run.seed + 0.5
        run.save("kept.txt", "four")
        ```

        ```python {run="second" seeds=2}
        #| uses: first
        from mkdocs_dlplugin import run
        one = run.inputs["first"]
        run.summary["w"] = one.metrics["v"] + len(one.open("kept.txt").read())
        run.summary["all"] = sum(up.metrics["v"] for up in run.inputs.all("first"))
        ```
        """
    code, said = take({"docs/index.md": page}, "second", "--seed", "1", "--check")

    assert code == 0, said
    assert re.search(r"w +5.5 +5.5 +same", said)
    assert re.search(r"all +2 +2 +same", said)


def test_files_that_a_run_saves_are_put_where_one_asks(take, tmp_path):
    page = """
        ```python {run="a"}
        from mkdocs_dlplugin import run
        run.save("note.txt", "hello")
        run.save("table.json", {"b": 1})
        with run.timer("t"):
            (run.dir / "x.txt").write_text("made")
        run.save("x.txt")
        run.correct([True, False])
        ```
        """
    code, said = take({"docs/index.md": page}, "a", "--out", str(tmp_path / "out"))

    assert code == 0, said
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["note.txt", "table.json", "x.txt"]
    assert "correct: 1 of 2" in said


def test_what_a_run_shows_and_its_pictures_and_matrix_are_there_too(take, tmp_path):
    page = """
        ```python {run="shows"}
        from mkdocs_dlplugin import run

        run.show("a word")
        run.confusion([0, 1, 1], [0, 1, 0])
        run.images("grey", [[[0.0, 1.0], [1.0, 0.0]]], labels=["checks"])
        run.summary["v"] = 1
        "at the end"
        ```
        """
    code, said = take({"docs/index.md": page}, "shows", "--out", str(tmp_path / "out"), "--check")

    assert code == 0, said
    assert "'a word'" in said
    assert json.loads((tmp_path / "out/confusion.json").read_text("utf-8"))["counts"] == [[1, 0], [1, 1]]
    assert (tmp_path / "out/grey-00.png").read_bytes().startswith(b"\x89PNG")


def test_a_session_is_one_script_and_one_cell_per_block_in_a_notebook(site, tmp_path):
    page = '```python {session="s"}\na = 1\n```\n\nProse.\n\n```python {session="s"}\na + 1\n```\n'
    site({"index": page})
    for ending in ("py", "ipynb"):
        main(["export", "s", "-f", str(tmp_path / "mkdocs.yml"), "-o", str(tmp_path / f"s.{ending}")])
    book = json.loads((tmp_path / "s.ipynb").read_text("utf-8"))
    sources = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]

    assert sources[2:4] == ["a = 1", "a + 1"]
    assert execute(tmp_path / "s.py")[0] == 0


def test_nothing_that_a_record_says_becomes_code(site, tmp_path):
    from tests.faults.hostile_support import forge, set_at

    site({"index": SIMPLE})
    evil = '1.0"]\n# ///\n"""\'\'\'\nimport os; os.abort()\n'
    forge(tmp_path / "records/dice/_/0.json", set_at("provenance", "device_name", evil))
    forge(tmp_path / "records/dice/_/0.json", set_at("provenance", "packages", {"numpy": evil, "os": "2.0\n"}))
    main(["export", "dice", "-f", str(tmp_path / "mkdocs.yml"), "-o", str(tmp_path / "dice.py")])
    tree = ast.parse((tmp_path / "dice.py").read_text("utf-8"))
    calls = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]

    assert [call for call in calls if "abort" in call and "_dl.begin" not in call] == []
    assert "abort" not in (tmp_path / "dice.py").read_text("utf-8").split('"""')[0]


def test_a_page_is_a_notebook_that_executes(site, tmp_path):
    nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    site(
        {
            "p": "---\ntitle: T\n---\n# Title\n\nIt is `{run} dice.pips:.2f`.\n"
            + SIMPLE.replace("\n    ", "\n")
            + "\nEnd.\n"
        }
    )
    assert main(["export", "docs/p.md", "-f", str(tmp_path / "mkdocs.yml"), "-o", str(tmp_path / "p.ipynb")]) == 0
    book = nbformat.read(tmp_path / "p.ipynb", 4)
    nbformat.validate(book)
    try:
        nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
    except Exception as error:
        if type(error).__name__ == "NoSuchKernel":
            pytest.skip("no kernel is installed")
        raise
    printed = "".join(out.get("text", "") for cell in book.cells for out in cell.get("outputs", []))
    prose = [cell.source for cell in book.cells if cell.cell_type == "markdown"]

    assert re.search(r"pips +0\.\d+ +0\.\d+ +same", printed)
    assert re.search(r"It is 0\.\d\d", prose[1])
    assert prose[-1] == "End."
    assert "title: T" not in "".join(prose)
    assert len({cell.id for cell in book.cells}) == len(book.cells)


def test_a_page_is_a_script_of_cells(site, tmp_path):
    site({"index": "# Title\n\n" + SIMPLE.replace("\n    ", "\n")})
    assert (
        main(["export", "index.md", "--format", "py", "-f", str(tmp_path / "mkdocs.yml"), "-o", str(tmp_path / "p.py")])
        == 0
    )
    text = (tmp_path / "p.py").read_text("utf-8")

    assert "# %% [markdown]\n# # Title" in text
    assert execute(tmp_path / "p.py")[0] == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["dise"], "Did you mean 'dice'?"),
        (["dice", "--format", "csv", "-o", "no/such/folder.csv"], "cannot be written"),
        (["docs/nothing.md"], "is not a page"),
        (["docs/index.md", "-o", "p.json"], "a page cannot be written as json"),
        (["dice", "-o", "dice.docx"], "'docx' is not a format"),
    ],
)
def test_what_cannot_be_exported_is_said(site, tmp_path, monkeypatch, capsys, asked, said):
    site({"index": SIMPLE})
    monkeypatch.chdir(tmp_path)

    assert main(["export", *asked]) == 1
    assert said in capsys.readouterr().err


def test_a_run_without_a_record_cannot_be_exported(tmp_path, site, monkeypatch, capsys):
    site({"index": SIMPLE}, execution="never")
    monkeypatch.chdir(tmp_path)

    assert main(["export", "dice"]) == 1
    assert "has no recorded result" in capsys.readouterr().err


@pytest.mark.parametrize("ending", ["json", "csv", "series.csv", "py", "ipynb"])
def test_a_run_is_written_in_the_format_that_its_file_is_named_for(site, tmp_path, monkeypatch, capsys, ending):
    site({"index": SIMPLE})
    monkeypatch.chdir(tmp_path)

    assert main(["export", "dice", "-o", f"mine.{ending}"]) == 0
    assert main(["export", "dice", "--format", ending, "-o", "-"]) == 0
    assert (tmp_path / f"mine.{ending}").read_text("utf-8") in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "arguments", "packages"),
    [
        ("g-logreg", ("--seed", "1"), ("numpy", "sklearn")),
        ("curve-svm", ("--seed", "2", "--set", "n=300"), ("numpy", "sklearn", "mnist1d")),
        ("mlp", ("--seed", "0"), ("numpy", "torch", "mnist1d")),
    ],
)
def test_runs_of_our_own_site_reproduce_in_a_clean_place(tmp_path, name, arguments, packages):
    for package in packages:
        pytest.importorskip(package)
    file = tmp_path / f"{name}.py"
    assert main(["export", name, "-f", str(ROOT / "mkdocs.yml"), "-o", str(file)]) == 0

    code, said = execute(file, *arguments, "--check", packages=packages)
    assert code == 0, said
    assert re.search(r"test_acc +0\.\d+ +0\.\d+ +(same|within)", said)
    assert str(ROOT) not in said

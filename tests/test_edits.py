"""The table of edits: what runs again after each, and what the page says about the rest.

The same table stands in `docs/plugin/freshness.md`; the last test holds one against the other.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from mkdocs_dlplugin import versions
from mkdocs_dlplugin.__main__ import main
from tests.conftest import Sites

PAGE = """\
# Page

What we measure.

```python {run="net" seeds=2}
#| fig-alt: as it looks
#| env: [SIZE]
from pathlib import Path
from examples.train import fit
from mkdocs_dlplugin import run

data = Path("data/x.csv").read_text()
run.summary["v"] = fit(run.seed) + len(data)
```

```python {run="grid"}
#| params: {n: [1, 2]}
n = 0
print(n)
```

```python {run="whole" file="examples/whole.py"}
```

```python {run="part" file="examples/part.py:shown"}
from examples.part import measure
print(measure())
```

```python {run="first"}
from mkdocs_dlplugin import run
run.summary["v"] = 1 + 1
```

```python {run="second" uses="first"}
from mkdocs_dlplugin import run
run.summary["w"] = run.inputs["first"].metrics["v"]
```

```python {run="third" uses="second"}
from mkdocs_dlplugin import run
run.summary["u"] = run.inputs["second"].metrics["w"]
```

```python {run="toy"}
import toy
print(toy.__version__)
```

```python {run="strict" strict="toy"}
import toy
print("strict", toy.__version__)
```
"""

FILES = {
    "docs/index.md": PAGE,
    "docs/other.md": "# Other\n",
    "data/x.csv": "1\n",
    "examples/__init__.py": "",
    "examples/train.py": "from examples.deep import rate\n\n\ndef fit(seed):\n    return seed * rate()\n",
    "examples/deep.py": "def rate():\n    return 2\n",
    "examples/whole.py": "from mkdocs_dlplugin import run\n\nrun.summary['v'] = 1\n",
    "examples/part.py": (
        "RATE = 1\n\n\n# --8<-- [start:shown]\ndef measure():\n    return 1\n\n\n# --8<-- [end:shown]\n"
        "def other():\n    return 2\n"
    ),
}

NET = ("net/_/0", "net/_/1")
NOTHING = "nothing"
INDEX = "docs/index.md"


@dataclass(frozen=True)
class Edit:
    """One row of the table."""

    name: str
    """What the author does, as the docs say it."""
    again: str
    """What runs again, as the docs say it."""
    file: str = ""
    """The file that is edited."""
    old: str = ""
    """What is replaced in it."""
    new: str = ""
    """What stands there then."""
    act: Callable[[Sites, pytest.MonkeyPatch], object] | None = None
    """What else is done."""
    runs: Sequence[str] = ()
    """The places of the jobs that run again."""


def _move(site: Sites, old: str, new: str) -> None:
    (site.root / old).rename(site.root / new)


def _move_block(site: Sites, _: object) -> None:
    text = (site.root / INDEX).read_text()
    block = text[text.index('```python {run="net"') : text.index('```python {run="grid"')]
    (site.root / INDEX).write_text(text.replace(block, ""))
    (site.root / "docs/other.md").write_text(f"# Other\n\nMore lines before it.\n\n{block}")


def _forget_versions() -> None:
    versions.distributions.cache_clear()
    versions.installed.cache_clear()


def _upgrade(site: Sites, _: object = None, version: str = "2.0") -> None:
    """Install another version of the package, as pip does."""
    packages = site.root.parent / f"{site.root.name}-packages"
    (packages / "toy.py").write_text(f"__version__ = '{version}'\n")
    for folder in packages.glob("toy-*.dist-info"):
        folder.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: toy\nVersion: {version}\n")
    _forget_versions()
    sys.modules.pop("toy", None)


TABLE = (
    Edit("prose", NOTHING, INDEX, "What we measure.", "What we *really* measure.\n\nSince today."),
    Edit("a comment", NOTHING, INDEX, "data = Path", "# Why: because.\ndata = Path"),
    Edit("formatting", NOTHING, INDEX, '["v"] = fit(run.seed) + len', "['v']=( fit( run.seed ))+len"),
    Edit(
        "a comment or a docstring in a module", NOTHING, "examples/deep.py", "return", "'Rate.'\n    # so\n    return"
    ),
    Edit(
        "a display option: `source`, `title`, `fig-alt`, `name`",
        NOTHING,
        INDEX,
        "#| fig-alt: as it looks",
        "#| fig-alt: other words\n#| source: fold\n#| name: A net\n#| title: T",
    ),
    Edit("a limit: `timeout`, `memory`", NOTHING, INDEX, "#| fig", "#| timeout: 99\n#| memory: 1 GiB\n#| fig"),
    Edit("a page is renamed", NOTHING, act=lambda site, _: _move(site, INDEX, "docs/renamed.md")),
    Edit("a block is moved to another page", NOTHING, act=_move_block),
    Edit("code", "that run", INDEX, "+ len(data)", "- len(data)", runs=NET),
    Edit(
        "an option that matters: `threads`, `device`, `points`",
        "that run",
        INDEX,
        "#| fig-alt",
        "#| threads: 2\n#| fig-alt",
        runs=NET,
    ),
    Edit("a variable that `env` names", "that run", act=lambda _, patch: patch.setenv("SIZE", "2"), runs=NET),
    Edit("a seed is added", "the new seed", INDEX, "seeds=2", "seeds=3", runs=["net/_/2"]),
    Edit("a grid point is added", "the new point", INDEX, "n: [1, 2]", "n: [1, 2, 3]", runs=["grid/n=3/0"]),
    Edit("a module of the project", "every run that imports it", "examples/train.py", "seed *", "seed +", runs=NET),
    Edit(
        "a module that only such a module imports",
        "every run that imports it so",
        "examples/deep.py",
        "return 2",
        "return 3",
        runs=NET,
    ),
    Edit("a data file", "every run that opened it", "data/x.csv", "1\n", "12\n", runs=NET),
    Edit("the file that `file` names", "that run", "examples/whole.py", "= 1", "= 2", runs=["whole/_/0"]),
    Edit(
        "the section that `file` shows",
        "that run, if it imports the file",
        "examples/part.py",
        "return 1",
        "return 3",
        runs=["part/_/0"],
    ),
    Edit(
        "the rest of that file",
        "that run, if it imports the file",
        "examples/part.py",
        "return 2",
        "return 3",
        runs=["part/_/0"],
    ),
    Edit(
        "an upstream run, and its results change",
        "it, and every run that reads them",
        INDEX,
        "1 + 1",
        "1 + 2",
        runs=["first/_/0", "second/_/0", "third/_/0"],
    ),
    Edit("an upstream run, and its results stay", "it alone", INDEX, "1 + 1", "2 * 1", runs=["first/_/0"]),
    Edit("a package is upgraded", "nothing; `status` reports the drift", INDEX, ' strict="toy"', "", act=_upgrade),
    Edit("a package is upgraded that `strict` names", "that run", act=_upgrade, runs=["strict/_/0"]),
)


@pytest.fixture
def project(site, monkeypatch):
    """The site before any edit, everything recorded."""
    monkeypatch.setenv("SIZE", "1")
    packages = site.root.parent / f"{site.root.name}-packages"
    (packages / "toy-1.0.dist-info").mkdir(parents=True)
    (packages / "toy-1.0.dist-info" / "RECORD").write_text("toy.py,,\n")
    monkeypatch.setattr(sys, "path", [str(packages), *sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    _upgrade(site, version="1.0")
    for name, text in FILES.items():
        site.write(name, text)
    site.write("mkdocs.yml", "site_name: Test\nplugins: [dlplugin]\n")
    monkeypatch.chdir(site.root)
    # Not by a build: here jobs run in its process, and would be seen to read the pages that it renders meanwhile.
    assert main(["run"]) == 0
    assert site().executed == []
    yield site
    _forget_versions()
    sys.modules.pop("toy", None)


def _make(edit: Edit, site: Sites, patch: pytest.MonkeyPatch) -> None:
    if edit.file:
        text = (site.root / edit.file).read_text()
        assert edit.old in text
        (site.root / edit.file).write_text(text.replace(edit.old, edit.new, 1))
    if edit.act is not None:
        edit.act(site, patch)


@pytest.mark.parametrize("edit", TABLE, ids=lambda edit: edit.name)
def test_an_edit_runs_what_it_must_and_nothing_else(project, monkeypatch, edit):
    _make(edit, project, monkeypatch)
    built = project()

    assert built.code == 0
    assert built.executed == sorted(edit.runs)
    assert project().executed == []


@pytest.mark.parametrize("edit", TABLE, ids=lambda edit: edit.name)
def test_check_says_before_whether_anything_would_run(project, monkeypatch, edit):
    _make(edit, project, monkeypatch)

    assert main(["check"]) == (4 if edit.runs else 0)


def test_an_upgrade_is_reported_as_drift(project, capsys):
    _upgrade(project)
    capsys.readouterr()
    main(["why", "toy"])
    main(["why", "strict"])

    assert capsys.readouterr().out == (
        "toy seed 0: fresh\n  measured with toy 1.0, 2.0 is installed\n"
        "strict seed 0: stale\n  toy was 1.0, is 2.0\n  measured with toy 1.0, 2.0 is installed\n"
    )


def test_a_package_that_is_not_installed_leaves_a_strict_result_standing(project, monkeypatch):
    """A site is often built where nothing could be measured."""
    packages = project.root.parent / f"{project.root.name}-packages"
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(packages)])
    _forget_versions()

    assert project(execution="never").code == 0


def test_strict_asks_for_a_version_that_was_never_noted(project):
    """`markdown` is not imported by the run, so its record does not say which one there was."""
    page = (project.root / INDEX).read_text()

    assert project(page.replace('{run="toy"}', '{run="toy" strict="markdown"}')).executed == ["toy/_/0"]
    assert project().executed == []


def test_strict_about_a_package_that_is_not_there_warns(project):
    page = (project.root / INDEX).read_text()
    built = project(page.replace('{run="toy"}\nimport toy', '{run="toy" strict="troch"}\nimport toy  # again\nx = 1'))

    assert built.executed == ["toy/_/0"]
    assert "`strict` names 'troch', which is not installed here." in built.said


def test_the_docs_hold_the_same_table():
    text = (Path(__file__).parent.parent / "docs/plugin/freshness.md").read_text("utf-8")
    table = text[text.index("| Edit | Runs again |") :].split("\n\n")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE)[2:]

    assert rows == [(edit.name, edit.again) for edit in TABLE]

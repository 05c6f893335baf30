"""The command line measures and checks without a generator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap

import pytest

from mkdocs_dlplugin.__main__ import main
from mkdocs_dlplugin.engines.inline import Inline

PAGE = """
# Page

```python {run="a" seeds=2}
from mkdocs_dlplugin import run
run.summary["v"] = run.seed
```

```python {run="b" uses="a" seeds=2}
from mkdocs_dlplugin import run
run.summary["w"] = run.inputs["a"].metrics["v"]
```

```python {run="c"}
from mkdocs_dlplugin import run
run.summary["v"] = 1
```
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.delenv("DLPLUGIN_EXECUTION", raising=False)
    monkeypatch.setattr("mkdocs_dlplugin.build.start_engine", lambda *_: Inline(tmp_path / ".dlplugin/jobs"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text(PAGE)
    (tmp_path / "mkdocs.yml").write_text("site_name: x\nplugins: [search, dlplugin]\n")
    return tmp_path


def test_run_measures_what_is_missing_and_check_is_content(project, capsys):
    assert main(["check"]) == 4
    assert main(["run"]) == 0
    capsys.readouterr()

    assert main(["check"]) == 0
    assert capsys.readouterr().out == "all 5 results match the code\n"


def test_run_with_a_name_measures_it_and_what_it_needs(project, capsys):
    assert main(["run", "b", "--json"]) == 0

    assert sorted(json.loads(capsys.readouterr().out)["executed"]) == ["a/_/0", "a/_/1", "b/_/0", "b/_/1"]


def test_force_with_a_name_measures_only_that_again(project, capsys):
    main(["run"])
    capsys.readouterr()
    main(["run", "a", "--force", "--json"])

    assert sorted(json.loads(capsys.readouterr().out)["executed"]) == ["a/_/0", "a/_/1"]


def test_status_groups_by_state_and_why_says_what_changed(project, capsys):
    main(["run"])
    (project / "docs/index.md").write_text(PAGE.replace('["v"] = 1', '["v"] = 2'))
    capsys.readouterr()

    assert main(["status"]) == 0
    assert "4 fresh, 1 stale, 0 missing of 5 jobs" in capsys.readouterr().out
    assert main(["why", "c"]) == 0
    assert capsys.readouterr().out == "c seed 0: stale\n  the code at docs/index.md:14 changed\n"
    assert main(["check"]) == 4


def test_why_names_the_option_that_changed(project, capsys):
    main(["run"])
    (project / "docs/index.md").write_text(PAGE.replace('{run="c"}', '{run="c" threads=2}'))
    capsys.readouterr()
    main(["why", "c"])

    assert "threads was '1', is '2'" in capsys.readouterr().out


def test_an_unknown_name_offers_the_right_one(project, capsys):
    assert main(["run", "bb"]) == 1
    assert "no run is called 'bb'" in capsys.readouterr().err


def test_a_mistake_in_a_page_is_said_with_its_line(project, capsys):
    (project / "docs/index.md").write_text(PAGE.replace("seeds=2}", "sedes=2}", 1))

    assert main(["run"]) == 1
    assert capsys.readouterr().err == "docs/index.md:4: 'sedes' is not an option here.\n  Did you mean 'seeds'?\n"


def test_settings_are_read_without_mkdocs(project, capsys):
    (project / "base.yml").write_text("plugins:\n  dlplugin:\n    records: kept\n")
    (project / "mkdocs.yml").write_text(
        textwrap.dedent("""
        INHERIT: base.yml
        site_name: !ENV [NOBODY_SET_THIS, x]
        markdown_extensions:
          - pymdownx.emoji:
              emoji_index: !!python/name:material.extensions.emoji.twemoji
        """)
    )
    assert main(["run"]) == 0
    assert (project / "kept/a/_/0.json").is_file()


def test_a_missing_configuration_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["status"]) == 1
    assert "mkdocs.yml: cannot be read" in capsys.readouterr().err


def test_status_names_a_damaged_record_and_leaves_it_where_it_is(project, capsys):
    main(["run"])
    record = project / "records/c/_/0.json"
    record.write_text("<<<<<<< HEAD\n")
    capsys.readouterr()

    assert main(["status"]) == 0
    said = capsys.readouterr()
    assert "the record records/c/_/0.json has git conflict markers" in said.out
    assert said.err == ""
    assert record.read_text() == "<<<<<<< HEAD\n"


def test_a_reader_who_has_seen_enough_is_no_error(project):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        command = [sys.executable, "-m", "mkdocs_dlplugin", "status"]
        ended = subprocess.run(command, cwd=project, stdout=closed, stderr=subprocess.PIPE, text=True, check=False)

    assert (ended.returncode, ended.stderr) == (141, "")


def test_pages_that_are_not_published_are_not_measured(project, capsys):
    (project / "mkdocs.yml").write_text(
        "site_name: x\nplugins: [dlplugin]\nexclude_docs: |\n  parts/\n  *.tmp.md\ndraft_docs: drafts/\n"
    )
    for name in ("parts/a.md", "drafts/a.md", ".hidden/a.md", "templates/a.md", "a.tmp.md", "README.md"):
        (project / "docs" / name).parent.mkdir(exist_ok=True)
        (project / "docs" / name).write_text("```python {run}\n1\n```\n")
    (project / "docs/other.markdown").write_text('```python {run="other"}\n1\n```\n')
    capsys.readouterr()

    assert main(["status", "--json"]) == 0
    assert sorted(job["run"].split()[0] for job in json.loads(capsys.readouterr().out)["jobs"]) == [
        "a", "a", "b", "b", "c", "other",
    ]  # fmt: skip

"""The command line measures and checks without a generator."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
import threading

import pytest

from mkdocs_dlplugin.__main__ import main
from mkdocs_dlplugin.commands import doctor, gc
from mkdocs_dlplugin.commands.containment import describe
from mkdocs_dlplugin.commands.status import _counts
from mkdocs_dlplugin.engines.inline import Inline
from mkdocs_dlplugin.engines.isolation import Found
from mkdocs_dlplugin.fingerprint import digest_bytes, digest_json
from mkdocs_dlplugin.model import Record
from mkdocs_dlplugin.store import Damaged, Store

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


def test_status_groups_by_page_and_why_shows_the_lines_that_changed(project, capsys):
    (project / "docs/other.md").write_text('```python {run="d"}\nx = 1\n```\n')
    main(["run"])
    (project / "docs/index.md").write_text(PAGE.replace('["v"] = 1', '["v"] = 2  # two'))
    capsys.readouterr()

    assert main(["status"]) == 0
    assert capsys.readouterr().out == textwrap.dedent("""\
        docs/index.md: 4 fresh, 1 stale
          a (docs/index.md:4): 2 fresh
          b (docs/index.md:9): 2 fresh
          c (docs/index.md:14): 1 stale
            stale c seed 0
              the code at docs/index.md:14 changed
        docs/other.md: 1 fresh
          d (docs/other.md:1): 1 fresh
        5 fresh, 1 stale, 0 missing of 6 jobs
        """)
    assert main(["why", "c"]) == 0
    assert capsys.readouterr().out == textwrap.dedent("""\
        c seed 0: stale
          the code at docs/index.md:14 changed
            docs/index.md:16
            - run.summary["v"] = 1
            + run.summary["v"] = 2  # two
        """)
    assert main(["check"]) == 4


def test_status_for_machines_counts_per_page(project, capsys):
    main(["run", "a"])
    capsys.readouterr()
    main(["status", "--json"])
    said = json.loads(capsys.readouterr().out)

    assert said["pages"] == [{"page": "docs/index.md", "fresh": 2, "stale": 0, "missing": 3}]
    assert said["jobs"][0] == {
        "page": "docs/index.md", "run": "a seed 0", "where": "docs/index.md:4",
        "state": "fresh", "reasons": [], "drift": [],
    }  # fmt: skip


def test_why_names_the_option_that_changed(project, capsys):
    main(["run"])
    (project / "docs/index.md").write_text(PAGE.replace('{run="c"}', '{run="c" threads=2}'))
    capsys.readouterr()
    main(["why", "c"])

    assert "threads was '1', is '2'" in capsys.readouterr().out


HELPED = """
```python {run="helped"}
#| env: [SIZE, UNIT]
#| depends: "data/*.bin"
from pathlib import Path
from examples.helper import Net, train
from mkdocs_dlplugin import run
run.summary["v"] = train(Net()) + len(Path("data/x.csv").read_text())
```

```python {run="after" uses="helped"}
from mkdocs_dlplugin import run
run.summary["w"] = run.inputs["helped"].metrics["v"]
```
"""
HELPER = """
RATE = 0.1


class Net:
    def forward(self):
        return 1


def train(net):
    return net.forward() * RATE


def unused():
    return 3
"""


@pytest.fixture
def helped(project, monkeypatch):
    """A project whose run reads a module, a data file, two variables and a declared file, all recorded."""
    monkeypatch.setenv("SIZE", "1")
    for name, text in {
        "docs/index.md": HELPED,
        "examples/helper.py": HELPER,
        "examples/__init__.py": "",
        "data/x.csv": "1",
        "data/y.bin": "1",
    }.items():
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(text)
    assert main(["run"]) == 0
    return project


def _edit(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda root, _: _edit(root / "examples/helper.py", "return 1", "return 2"), "in Net.forward\n"),
        (lambda root, _: _edit(root / "examples/helper.py", "0.1", "0.2"), "in the code outside functions\n"),
        (lambda root, _: _edit(root / "examples/helper.py", "class Net:", "class Net(dict):"), "in Net\n"),
        (lambda root, _: (root / "data/x.csv").write_text("2"), "  data/x.csv changed\n"),
        (lambda root, _: (root / "data/x.csv").unlink(), "  data/x.csv is gone\n"),
        (lambda root, _: (root / "data/y.bin").write_text("2"), "  data/y.bin changed, which `depends` names\n"),
        (lambda root, _: (root / "data/z.bin").write_text("2"), "  data/z.bin changed, which `depends` names\n"),
        (lambda _, patch: patch.setenv("SIZE", "2"), "  environment variable SIZE changed\n"),
        (lambda _, patch: patch.setenv("UNIT", "2"), "  environment variable UNIT is set now\n"),
        (lambda _, patch: patch.delenv("SIZE"), "  environment variable SIZE is not set any more\n"),
        (
            lambda root, _: _edit(root / "docs/index.md", "#| env", "#| points: 9\n#| env"),
            "  points was '500', is '9'\n",
        ),
    ],
)
def test_why_names_what_changed(helped, capsys, monkeypatch, edit, said):
    edit(helped, monkeypatch)
    capsys.readouterr()
    main(["why", "helped"])

    out = capsys.readouterr().out
    assert out.startswith("helped seed 0: stale\n")
    assert said in out


def test_why_names_what_changed_upstream(helped, capsys):
    _edit(helped / "examples/helper.py", "0.1", "0.2")
    capsys.readouterr()
    main(["why", "after"])
    before = capsys.readouterr().out
    main(["run", "helped"])
    capsys.readouterr()
    main(["why", "after"])

    assert before == (
        "after seed 0: stale\n  run helped is to run again\n    helped seed 0: examples/helper.py changed\n"
    )
    assert "  the results of run 'helped' (helped seed 0) changed\n" in capsys.readouterr().out


def test_why_tells_machines_the_same(helped, capsys):
    _edit(helped / "examples/helper.py", "return 1", "return 2")
    capsys.readouterr()
    main(["why", "helped", "--json"])
    job = json.loads(capsys.readouterr().out)["jobs"][0]

    assert job["reasons"] == ["examples/helper.py changed"]
    assert job["details"][0]["lines"] == [
        "in Net.forward", "examples/helper.py:7", "-         return 1", "+         return 2"
    ]  # fmt: skip


def test_a_record_from_before_sources_were_kept_is_explained_without_lines(helped, capsys):
    shutil.rmtree(helped / "records/_sources")
    _edit(helped / "examples/helper.py", "return 1", "return 2")
    capsys.readouterr()
    main(["why", "helped"])

    assert capsys.readouterr().out == "helped seed 0: stale\n  examples/helper.py changed\n"


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


def test_the_configuration_may_be_called_as_properdocs_calls_it(project, capsys):
    (project / "mkdocs.yml").rename(project / "properdocs.yml")

    assert main(["status"]) == 0
    assert "jobs" in capsys.readouterr().out


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


NOISY = """
```python {run="steady" seeds=2}
from mkdocs_dlplugin import run
run.log({"loss": 1 / 3}, step=0)
run.log({"loss": 1 / 7}, step=1)
run.summary["acc"] = 0.91
```

```python {run="noisy"}
import random
from mkdocs_dlplugin import run
run.summary["acc"] = random.SystemRandom().random()
```

```python {run="reads" uses="noisy"}
from mkdocs_dlplugin import run
run.summary["double"] = 2 * run.inputs["noisy"].metrics["acc"]
```

```python {run="timed"}
import time
from mkdocs_dlplugin import run
run.summary["seconds"] = time.perf_counter()
```
"""


@pytest.fixture
def noisy(project, capsys):
    (project / "docs/index.md").write_text(NOISY)
    settings = "{metrics: {seconds: {kind: timing}}}"
    (project / "mkdocs.yml").write_text(f"site_name: x\nplugins:\n- dlplugin: {settings}\n")
    assert main(["run"]) == 0
    capsys.readouterr()
    return project


def _kept(root):
    return {path: path.read_bytes() for path in (root / "records").rglob("*") if path.is_file()}


def test_verify_finds_the_run_that_is_not_seeded_and_writes_nothing(noisy, capsys):
    before = _kept(noisy)

    assert main(["verify"]) == 6
    said = capsys.readouterr()
    assert said.out == ("4 of 5 results reproduced: compared 6 metrics and 2 series, 5 bit for bit\n")
    errors = [line for line in said.err.splitlines() if "NotReproducible" in line]
    assert len(errors) == 1
    assert errors[0].startswith("docs/index.md:9: run 'noisy': NotReproducible: acc 0.")
    assert errors[0].endswith(" (seed 0).")
    assert "of 5: steady seed 0 (docs/index.md:2) same, bit for bit: 2 metrics, 1 series\n" in said.err
    assert _kept(noisy) == before


def test_verify_takes_names_and_is_content_with_what_is_the_same(noisy, capsys):
    assert main(["verify", "steady", "reads", "--json"]) == 0

    verified = json.loads(capsys.readouterr().out)["verified"]
    assert {job["run"]: job["reproduced"] for job in verified} == {
        "steady seed 0": True, "steady seed 1": True, "reads seed 0": True,
    }  # fmt: skip


def test_verify_of_a_sample_executes_that_many(noisy, capsys):
    main(["verify", "--sample", "2", "--json"])

    assert len(json.loads(capsys.readouterr().out)["verified"]) == 2


def _forge(root, place, **changed):
    """Edit a record and write its digest anew, as a forger would."""
    path = root / "records" / f"{place}.json"
    body = json.loads(path.read_text())
    body.pop("digest")
    body |= changed
    path.write_text(json.dumps({**body, "digest": digest_json(body)}))


def test_a_forged_number_whose_digest_is_right_is_found(noisy, capsys):
    _forge(noisy, "steady/_/1", metrics={"acc": 0.93, "loss": 1 / 7})
    assert main(["check"]) == 0
    capsys.readouterr()

    assert main(["verify", "steady"]) == 6
    assert "docs/index.md:2: run 'steady': NotReproducible: acc 0.93 != 0.91 (seed 1).\n" in capsys.readouterr().err


def test_a_tolerance_is_as_wide_as_it_is_said(noisy, capsys):
    _forge(noisy, "steady/_/1", metrics={"acc": 0.911, "loss": 1 / 7})

    assert main(["verify", "steady", "--tolerance", "0.01"]) == 0
    assert "2 within 0.01\n" in capsys.readouterr().out
    assert main(["verify", "steady", "--tolerance", "0.0001"]) == 6


def test_on_another_machine_the_last_digits_may_differ(noisy, capsys):
    _forge(noisy, "steady/_/1", metrics={"acc": 0.9100001, "loss": 1 / 7})
    assert main(["verify", "steady"]) == 6
    (file,) = (noisy / "records/_environments").iterdir()
    elsewhere = {**json.loads(file.read_text()), "cpu": "Another CPU"}
    name = digest_json(elsewhere)[:16]
    file.with_name(f"{name}.json").write_text(json.dumps(elsewhere))
    for record in (noisy / "records/steady/_").glob("*.json"):
        _forge(noisy, f"steady/_/{record.stem}", environment=name)
    capsys.readouterr()

    assert main(["verify", "steady"]) == 0
    assert "2 within 0.001\n" in capsys.readouterr().out


def test_what_is_stale_cannot_be_verified(noisy, capsys):
    _edit(noisy / "docs/index.md", "0.91", "0.92")
    assert main(["verify", "steady"]) == 4
    assert "docs/index.md:2: run 'steady' cannot be verified: it is stale.\n" in capsys.readouterr().err


def test_a_run_that_fails_this_time_is_reported_as_such(project, capsys, tmp_path_factory):
    once = tmp_path_factory.mktemp("elsewhere") / "once"
    code = f"from pathlib import Path\nPath({str(once)!r}).touch(exist_ok=False)"
    (project / "docs/index.md").write_text(f'```python {{run="once"}}\n{code}\n```\n')
    assert main(["run"]) == 0
    capsys.readouterr()

    assert main(["verify"]) == 3
    said = capsys.readouterr()
    assert "docs/index.md:3: run 'once' seed 0: FileExistsError" in said.err
    assert said.out == "0 of 1 result reproduced\n"


def test_never_means_that_nothing_is_verified_either(noisy, capsys, monkeypatch):
    monkeypatch.setenv("DLPLUGIN_EXECUTION", "never")

    assert main(["verify"]) == 1
    assert capsys.readouterr().err == "mkdocs.yml: nothing may run here: execution is 'never'.\n"


def test_verify_refuses_a_tolerance_below_zero_and_a_sample_of_none(noisy, capsys):
    assert main(["verify", "--tolerance", "-1"]) == 1
    with pytest.raises(SystemExit):
        main(["verify", "--sample", "0"])
    assert "must be 1 or more, got 0" in capsys.readouterr().err


def test_gc_removes_what_no_page_names_and_nothing_else(helped, capsys):
    (helped / "docs/more.md").write_text(
        '```python {run="old" seeds=2}\nfrom mkdocs_dlplugin import run\n'
        'run.save("kept.json", {"a": run.seed})\nrun.summary["v"] = 1\n```\n'
    )
    main(["run"])
    whole = _kept(helped)
    (helped / "records/README.md").write_text("ours")
    (helped / "records/old/_/notes.txt").write_text("ours")
    (helped / "docs/more.md").write_text("# No run\n")
    capsys.readouterr()

    assert main(["gc", "--dry-run"]) == 0
    would = capsys.readouterr().out
    assert would.startswith("records/_sources: 1 file, ")
    assert "records/old: 2 records, 2 files, " in would
    assert "would remove 5 files, " in would
    assert _kept(helped).items() >= whole.items()

    assert main(["gc", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert {
        "records/old/_/0.json",
        "records/old/_/1.json",
        "records/old/_/0/kept.json",
        "records/old/_/1/kept.json",
    } < {file["path"] for file in said["removed"]}
    assert said["bytes"] == sum(file["bytes"] for file in said["removed"])
    left = {path.relative_to(helped / "records").as_posix() for path in _kept(helped)}
    assert "README.md" in left
    assert [name for name in left if name.startswith("old")] == ["old/_/notes.txt"]
    assert main(["check"]) == 0
    assert main(["why", "helped"]) == 0
    capsys.readouterr()
    main(["gc"])
    assert capsys.readouterr().out == "nothing to remove: every record is named by a page\n"


def test_gc_removes_seeds_points_and_files_that_are_not_asked_for_any_more(project, capsys):
    page = (
        '```python {run="g" seeds=2}\n#| params: {n: [1, 2]}\nfrom mkdocs_dlplugin import run\nrun.config["n"]\n```\n'
    )
    (project / "docs/index.md").write_text(page)
    main(["run"])
    (project / "docs/index.md").write_text(page.replace("seeds=2", "seeds=1").replace("[1, 2]", "[1]"))
    (project / "records/g/n=1/0").mkdir()
    (project / "records/g/n=1/0/older.png").write_text("x")
    (project / "records/g/n=1/.half.tmp").write_text("x")
    os.utime(project / "records/g/n=1/.half.tmp", (0, 0))
    (project / "records/g/n=1/.now.tmp").write_text("x")
    capsys.readouterr()
    main(["gc", "--json"])

    removed = {file["path"] for file in json.loads(capsys.readouterr().out)["removed"]}
    assert removed == {
        "records/g/n=1/1.json", "records/g/n=2/0.json", "records/g/n=2/1.json",
        "records/g/n=1/0/older.png", "records/g/n=1/.half.tmp",
    }  # fmt: skip
    assert not (project / "records/g/n=2").exists()
    assert main(["check"]) == 0


def test_a_typo_in_a_page_removes_nothing(project, capsys):
    main(["run"])
    before = _kept(project)
    _edit(project / "docs/index.md", '{run="c"}', '{run="c" sedes=2}')
    capsys.readouterr()

    assert main(["gc"]) == 1
    assert "docs/index.md:14: 'sedes' is not an option here." in capsys.readouterr().err
    assert _kept(project) == before


def test_a_site_that_names_no_run_loses_nothing(project, capsys):
    main(["run"])
    before = _kept(project)
    (project / "docs/index.md").write_text("# Empty\n")
    capsys.readouterr()

    assert main(["gc"]) == 1
    assert "mkdocs.yml: no page names a run, so everything would be removed.\n" in capsys.readouterr().err
    assert _kept(project) == before


def test_what_is_only_shown_or_stands_in_a_draft_keeps_its_records(project, capsys):
    main(["run"])
    (project / "mkdocs.yml").write_text("site_name: x\nplugins: [dlplugin]\ndraft_docs: drafts/\n")
    (project / "docs/drafts").mkdir()
    (project / "docs/drafts/a.md").write_text('```python {run="a" sedes=1}\n1\n```\n')
    (project / "docs/index.md").write_text('```python {run="c" eval=false}\n1\n```\n')
    capsys.readouterr()
    main(["gc", "--json"])

    removed = {file["path"] for file in json.loads(capsys.readouterr().out)["removed"]}
    assert {path for path in removed if "_sources" not in path} == {"records/b/_/0.json", "records/b/_/1.json"}


def test_a_record_nobody_can_read_keeps_every_source(project, capsys):
    main(["run"])
    (project / "records/c/_/0.json").write_text("<<<<<<< HEAD\n")
    _edit(project / "docs/index.md", '```python {run="b" uses="a" seeds=2}', "```python")
    capsys.readouterr()
    main(["gc", "--json"])

    removed = {file["path"] for file in json.loads(capsys.readouterr().out)["removed"]}
    assert removed == {"records/b/_/0.json", "records/b/_/1.json"}


def test_gc_beside_a_build_that_writes_leaves_every_record_whole(project):
    """Records share sources; one is removed by nobody between the moment it is written and that of its record."""
    store, stop = Store(project / "records", project / ".dlplugin"), threading.Event()
    written: list[str] = []

    def build() -> None:
        number = 0
        while not stop.is_set():
            record = Record("k", "new", {}, number % 5, {"v": 1.0}, assets={}, provenance={"python": str(number)})
            store.write(record, f"x = {number}")
            written.append(record.place)
            number += 1

    main(["run"])
    thread = threading.Thread(target=build)
    thread.start()
    try:
        while len(written) < 60:
            assert main(["gc"]) == 0
    finally:
        stop.set()
        thread.join()
    for place in Store(project / "records", project / ".dlplugin").places():
        record = store.read(place)
        assert store.source(record.provenance["source"]) is not None
        assert (project / "records/_environments" / f"{record.provenance['environment']}.json").is_file()


def test_doctor_says_what_there_is(project, capsys, monkeypatch):
    monkeypatch.setattr(doctor, "_DEVICES", 'print(\'{"torch": "9", "cuda": ["T"], "mps": [], "xpu": []}\')')
    monkeypatch.setattr(doctor, "_version", lambda name: "1")
    main(["run"])
    capsys.readouterr()

    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    for word in (
        "Python:     3.",
        "mkdocs 1",
        "torch:      9, cuda T",
        "local",
        "records/: 5 records, writable",
        "containment:",
    ):
        assert word in said


def test_doctor_works_where_nothing_else_does(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(doctor, "_version", lambda name: "")

    assert main(["doctor", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["devices"] == {"problem": "torch is not installed"}
    assert "mkdocs.yml: cannot be read" in said["project"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import time; time.sleep(60)", "torch said nothing for 1 s"),
        ("raise ImportError('libcuda is broken')", "torch cannot be imported: ImportError: libcuda is broken"),
    ],
)
def test_doctor_survives_a_torch_that_does_not(monkeypatch, code, said):
    monkeypatch.setattr(doctor, "_DEVICES", code)
    monkeypatch.setattr(doctor, "_version", lambda name: "1")

    assert doctor.devices(patience=1) == {"problem": said}


def test_doctor_does_not_import_torch_here(project):
    code = "import sys\nfrom mkdocs_dlplugin.__main__ import main\nmain(['doctor'])\nassert 'torch' not in sys.modules"
    ended = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=False)

    assert ended.returncode == 0, ended.stderr


def test_a_machine_hears_of_mistakes_in_json_too(project, capsys):
    assert main(["why", "nobody", "--json"]) == 1

    said = json.loads(capsys.readouterr().out)
    assert said["code"] == 1
    assert said["problems"][0].startswith("command line: no run is called 'nobody'.")


@pytest.mark.parametrize(
    ("level", "landlock", "said"),
    [
        ("ns", 6, {"writes": "kept to", "network": "none, unless", "signals": "cannot", "reads": "`sandbox: strict`"}),
        (
            "group",
            4,
            {"writes": "kept to", "network": "no TCP", "signals": "CAN", "isolation": "here: why"},
        ),
        ("group", 2, {"writes": "CAN be emptied", "network": "NOT refused"}),
        ("spawn", 0, {"writes": "NOT kept", "network": "NOT refused", "sandbox": "NONE"}),
    ],
)
def test_doctor_says_what_cannot_be_contained_here(level, landlock, said):
    found = describe(Found(level, "" if level == "ns" else "why"), landlock, linux=level != "spawn")

    assert {name: part for name, part in said.items() if part not in found[name]} == {}
    assert ("NOT watched" in found["limits"]) == (level == "spawn")


def test_a_record_that_is_removed_while_it_is_read_is_a_miss(tmp_path):
    store, content = Store(tmp_path / "records", tmp_path / ".dlplugin"), b"x" * 100_000
    record = Record("k", "old", {}, 0, {"v": 1.0}, assets={"a.txt": digest_bytes(content)}, blobs={"a.txt": content})

    def sweep() -> None:
        for _ in range(200):
            store.write(record, "x = 1")
            gc.remove(store, list(gc.unnamed(store, frozenset())))

    thread = threading.Thread(target=sweep)
    thread.start()
    met = set()
    while thread.is_alive():
        with contextlib.suppress(Damaged):
            met.add(store.read(record.place) is None)
    thread.join()

    assert True in met
    assert not [path for path in (tmp_path / "records").rglob("*") if path.is_file()]


def test_thousands_of_jobs_read_as_thousands():
    assert _counts([{"state": "fresh"}] * 3185) == "3,185 fresh"

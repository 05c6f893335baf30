"""What changed: published numbers are held against those of an earlier revision, on a page, as a command, as a feed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import xml.etree.ElementTree as ET

import pytest

from mkdocs_dlplugin import words
from mkdocs_dlplugin.__main__ import main
from tests.repository import Repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git here to write repositories")

ATOM = "{http://www.w3.org/2005/Atom}"
SCORES = "BASE = {base}\n"
RUN = """
    # What changed

    ```python {{run="a" seeds=3}}
    #| name: Forest
    #| varies: [data]
    from mkdocs_dlplugin import run
    from scores import BASE

    run.summary["acc"] = BASE + run.seed / 1000
    run.summary["n_params"] = 10
    ```

    ```yaml {{changes="moved"}}
    {options}
    ```
    """
METRICS = {"acc": {"name": "Accuracy", "as": "percent", "better": "higher"}, "n_params": {"kind": "exact"}}


class Project:
    """A site in a repository, whose results change when `scores.py` does."""

    def __init__(self, site) -> None:
        self.site, self.repository = site, Repository(site.root)
        site.write(".gitignore", "site/\n.dlplugin/\n__pycache__/\n")
        site.config = {"site_url": "https://example.org/x/", "site_author": "A & B"}

    def build(self, base=0.9, options="", more="", **settings):
        self.site.write("scores.py", SCORES.format(base=base))
        page = RUN.format(options=options) + more
        return self.site({"index": page}, metrics=METRICS, **settings)


@pytest.fixture
def project(site, monkeypatch):
    # The files are written a moment before the build, which elsewhere means that nothing is kept of it.
    monkeypatch.setattr("mkdocs_dlplugin.inputs.TICK", 0)
    return Project(site)


def test_a_number_that_moved_is_listed_with_what_it_was_and_by_how_much(project):
    project.build(0.9)
    project.repository.commit()
    built = project.build(0.95)

    assert built.code == 0, built.said
    assert "1 number moved since 2026-03-04" in built.page()
    assert "Forest Accuracy 90.1 % ± 0.2 95.1 % ± 0.2 +5.0 pp outside the new interval" in built.page()
    assert '<td class="dl-number"><a class="dl-num" data-run="a"' in built.html()


def test_a_commit_shows_the_same_changes_as_the_working_tree_before_it(project):
    project.build(0.9)
    project.repository.commit()
    before = project.build(0.95).page()
    project.repository.commit()
    project.repository.commit(other="a commit that touches no record")

    assert project.build(0.95).page() == before


def test_a_number_inside_its_old_interval_has_not_left_it(project):
    project.build(0.9)
    project.repository.commit()
    built = project.build(0.901)

    assert "+0.1 pp" in built.page()
    assert "outside" not in built.page()


def test_a_tag_names_what_to_compare_with(project):
    project.build(0.8)
    project.repository.commit()
    project.repository.git("tag", "v1.0")
    project.build(0.9)
    project.repository.commit()
    built = project.build(0.9, options="since: v1.0")

    assert "80.1 % ± 0.2 90.1 % ± 0.2 +10.0 pp" in built.page()


def test_an_unknown_revision_is_the_authors_mistake(project):
    project.build(0.9)
    project.repository.commit()
    built = project.build(0.9, options="since: v9")

    assert built.code == 1
    assert "'v9' names no revision that is here." in built.said
    assert "Name a tag, a branch or a commit" in built.said


def test_new_and_gone_runs_are_named_and_not_listed(project):
    old = '\n    ```python {run="old"}\n    from mkdocs_dlplugin import run\n    run.summary["v"] = 1\n    ```\n'
    project.build(0.9, more=old)
    project.repository.commit()
    shutil.rmtree(project.site.root / "records/old")
    built = project.build(0.9, more=old.replace("old", "young"))

    assert "New: young (1 number)." in built.page()
    assert "Gone: old (1 number)." in built.page()
    assert "No number moved since" in built.page()


def test_only_the_runs_that_are_asked_for_are_listed(project):
    other = '\n    ```python {run="b"}\n    from mkdocs_dlplugin import run\n    import scores\n'
    other += '    run.summary["v"] = scores.BASE\n    ```\n'
    project.build(0.9, more=other)
    project.repository.commit()

    assert "2 numbers moved" in project.build(0.95, more=other).page()
    assert "1 number moved" in project.build(0.95, more=other, options="runs: [b]").page()
    assert "2 numbers moved" in project.build(0.95, more=other, options="page: here").page()
    assert "no page 'ther.md' shows numbers." in project.build(0.95, more=other, options="page: ther.md").said
    assert "no run is called 'zz'." in project.build(0.95, more=other, options="runs: [zz]").said


def test_without_a_repository_the_page_says_so_and_nothing_else_happens(site):
    site.write("scores.py", SCORES.format(base=0.9))
    built = site(RUN.format(options=""))

    assert (built.code, built.said) == (0, "")
    assert "built without the history of its repository" in built.page()


def test_a_shallow_clone_is_built_without_a_warning(project, tmp_path_factory):
    project.build(0.9)
    project.repository.commit()
    project.build(0.95, options="since: v1.0")
    project.repository.commit()
    clone = tmp_path_factory.mktemp("clone") / "x"
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{project.site.root}", str(clone)], check=True)
    project.site.root = clone
    for options in ("", "since: v1.0"):
        built = project.build(0.95, options=options, execution="never")
        assert (built.code, built.said) == (0, "")
        assert "too little of its repository's history" in built.page()


def test_nothing_is_executed_where_nothing_may_be(project, monkeypatch):
    project.build(0.9)
    project.repository.commit()
    project.build(0.95)
    project.repository.git("config", "core.fsmonitor", "touch /tmp/dlplugin-was-here")

    def refuse(*_, **__):
        raise AssertionError("a process was started")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    built = project.build(0.95, execution="never")

    assert "1 number moved" in built.page()


def test_what_a_stranger_committed_is_only_text(project):
    project.build(0.9)
    record = next((project.site.root / "records/a/_").glob("0.json"))
    known = json.loads(record.read_text("utf-8"))
    from mkdocs_dlplugin.digests import digest_json

    del known["digest"]
    known["run"] = "<script>alert(1)</script>"
    record.write_text(json.dumps({**known, "digest": digest_json(known)}), "utf-8")
    (project.site.root / "records/b<img src=x>/_").mkdir(parents=True)
    shutil.copy(record, project.site.root / "records/b<img src=x>/_/0.json")
    project.repository.commit()
    shutil.rmtree(project.site.root / "records")
    built = project.build(0.95)

    assert "<script>alert" not in built.html()
    assert "<img src=x" not in built.html()


def test_an_unchanged_site_shows_its_changes_again_until_head_moves(project, monkeypatch):
    from mkdocs_dlplugin.build import Build

    project.build(0.9)
    project.repository.commit()
    first = project.build(0.95).page()
    calls = []
    scan = Build.scan
    monkeypatch.setattr(Build, "scan", lambda build, pages: calls.append(1) or scan(build, pages))

    assert project.site(metrics=METRICS).page() == first
    assert calls == []

    project.repository.commit()
    assert project.site(metrics=METRICS).page() == first
    assert calls == [1]


def test_in_a_language_of_its_own_no_english_word_is_said(project):
    project.build(0.9)
    project.repository.commit()
    built = project.build(0.95, language=words.PSEUDO)

    for word in ("moved", "since", "outside", "Number", "Was"):
        assert word not in built.page().replace("# What changed", ""), word


# -- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def shell(project, monkeypatch):
    project.build(0.9)
    project.repository.commit()
    project.build(0.95)
    monkeypatch.chdir(project.site.root)
    return project


def test_the_command_says_what_moved(shell, capsys):
    assert main(["changes"]) == 0

    said = capsys.readouterr().out.splitlines()
    assert said[0] == (
        "a.acc: 90.1\xa0% ±\xa00.2 (3 seeds) → 95.1\xa0% ±\xa00.2 (3 seeds), +5.0\xa0pp, outside the new interval"
    )
    assert said[1].startswith("1 moved since 2026-03-04 (")


def test_the_command_tells_machines_the_numbers(shell, capsys):
    assert main(["changes", "HEAD", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    (change,) = told["changes"]
    assert told["since"]["day"] == "2026-03-04"
    assert (change["run"], change["metric"], change["change"]) == ("a", "acc", "moved")
    assert change["moved_by"] == pytest.approx(0.05)
    assert change["outside_new_interval"] is True
    assert change["then"]["mean"] == pytest.approx(0.901)
    assert change["now"]["n"] == 3


def test_the_command_refuses_a_revision_that_is_not_there(shell, capsys):
    assert main(["changes", "v7"]) == 1
    assert "'v7' names no revision that is here." in capsys.readouterr().err


def test_the_command_has_nothing_to_say_without_a_repository(site, monkeypatch, capsys):
    site.write("scores.py", SCORES.format(base=0.9))
    site(RUN.format(options=""))
    monkeypatch.chdir(site.root)

    assert main(["changes"]) == 0
    assert capsys.readouterr().out == "nothing to compare with: there is no repository here\n"


# -- the feed ---------------------------------------------------------------------------------------------------------


def test_the_feed_tells_what_is_new_and_what_it_was(project):
    project.build(0.9)
    project.repository.commit()
    built = project.build(0.95)
    file = built.root / "site/changes.xml"
    feed = ET.fromstring(file.read_bytes())
    (entry,) = feed.findall(f"{ATOM}entry")

    assert feed.tag == f"{ATOM}feed"
    assert feed.findtext(f"{ATOM}id") == "https://example.org/x/changes.xml"
    assert feed.findtext(f"{ATOM}author/{ATOM}name") == "A & B"
    assert feed.findtext(f"{ATOM}updated") == entry.findtext(f"{ATOM}updated")
    assert entry.findtext(f"{ATOM}title") == "Forest"
    assert entry.find(f"{ATOM}link").get("href") == "https://example.org/x/runs/a/"
    assert "Accuracy 95.1\xa0% ±\xa00.2 (3 seeds), was 90.1\xa0% ±\xa00.2 (3 seeds)" in entry.findtext(f"{ATOM}content")
    assert 'type="application/atom+xml"' in built.html()
    assert 'href="changes.xml"' in built.html()


def test_the_feed_has_what_atom_asks_for_and_the_same_bytes_each_time(project):
    first = project.build(0.9)
    file = first.root / "site/changes.xml"
    text = file.read_bytes()
    feed = ET.fromstring(text)
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (found,) = element.findall(f"{ATOM}{name}")
            assert found.text
    links = [link.get("rel") for link in feed.findall(f"{ATOM}link")]

    assert links == ["self", "alternate"]
    shutil.rmtree(first.root / ".dlplugin")
    assert (project.build(0.9).root / "site/changes.xml").read_bytes() == text


def test_a_run_measured_again_with_other_results_is_a_new_entry_and_with_the_same_ones_it_is_not(project):
    def entry():
        feed = ET.fromstring((project.site.root / "site/changes.xml").read_bytes())
        return feed.findtext(f"{ATOM}entry/{ATOM}id")

    project.build(0.9)
    first = entry()
    project.build(0.9, execution="force")
    assert entry() == first
    project.build(0.95)
    assert entry() != first


@pytest.mark.parametrize("lacking", ["site_url", "block"])
def test_without_an_address_or_a_page_that_tells_of_changes_there_is_no_feed(project, lacking):
    if lacking == "site_url":
        del project.site.config["site_url"]
        built = project.build(0.9)
    else:
        project.site.write("scores.py", SCORES.format(base=0.9))
        built = project.site(RUN.format(options="").partition("    ```yaml")[0])

    assert not (built.root / "site/changes.xml").exists()
    assert "atom+xml" not in built.html()


def test_git_need_not_be_installed(project, monkeypatch):
    project.build(0.9)
    project.repository.commit()
    monkeypatch.setenv("PATH", os.devnull)

    assert "1 number moved" in project.build(0.95).page()

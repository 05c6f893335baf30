"""What a repository held earlier is read from its files alone, however Git wrote them down."""

from __future__ import annotations

import os
import random
import shutil
import subprocess

import pytest

from mkdocs_dlplugin import gitobjects, history
from mkdocs_dlplugin.history import Unknown
from tests.repository import Repository

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="no git here to write repositories")


def opened(repository: Repository) -> history.History:
    found = history.of(repository.folder)
    assert found is not None
    return found


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path / "project")


def test_a_folder_without_a_repository_has_no_history(tmp_path):
    assert history.of(tmp_path) is None


def test_the_commit_before_a_folder_changed_is_found_past_commits_that_touch_others(repository):
    first = repository.commit(records__a="1")
    repository.commit(records__a="2")
    repository.commit(other="x")
    repository.commit(more="y")
    past = opened(repository)

    assert past.before("records").name == first
    assert past.before("records").day == "2026-03-04"
    assert past.before("never-there") is None


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_files_are_read_as_they_were_loose_packed_and_by_differences(tmp_path, packed, form):
    repository = Repository(tmp_path / "project", f"--object-format={form}")
    words = random.Random(1)
    lines = [f"{words.random()}\n" for _ in range(1500)]
    texts = []
    for version in range(6):
        lines[version * 100 : version * 100 + 50] = [f"{version} {words.random()}\n" for _ in range(60)]
        texts.append("".join(lines))
        repository.commit(records__deep__down=texts[-1])
    if packed:
        repository.git("gc", "--quiet", "--aggressive", "--prune=now")
        names = repository.git("verify-pack", "--verbose", str(next(repository.folder.rglob("*.idx"))))
        assert "chain length" in names, "nothing here is written as differences"
    past = opened(repository)

    for back, text in enumerate(reversed(texts)):
        commit = past.commit(f"HEAD~{back}")
        files = past.files(commit, "records")
        assert list(files) == ["deep/down"]
        assert past.read(files["deep/down"]).decode() == text


def test_revisions_are_named_as_git_names_them(repository):
    first = repository.commit(a="1")
    repository.git("tag", "v1")
    second = repository.commit(a="2")
    repository.git("tag", "--annotate", "v2", "--message", "x")
    repository.git("checkout", "--quiet", "-b", "feature/x", "v1")
    third = repository.commit(b="3")
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--message", "x", "feature/x")
    repository.git("pack-refs", "--all")
    past = opened(repository)
    said = {"v1": first, "v2": second, "main~1": second, "feature/x": third, "HEAD^2": third, "@^2^": first}

    assert {name: past.commit(name).name for name in said} == said
    assert past.commit(first[:9]).name == first


@pytest.mark.parametrize(
    "revision", ["nonsense", "HEAD~40", "HEAD^3", "../../etc/passwd", "-x", "0000000", "HEAD~99999"]
)
def test_a_revision_that_is_not_there_is_refused(repository, revision):
    repository.commit(a="1")

    with pytest.raises(Unknown):
        opened(repository).commit(revision)


def test_of_a_shallow_clone_only_what_was_fetched_is_known(repository, tmp_path):
    repository.commit(records__a="1")
    repository.commit(records__a="2")
    subprocess.run(
        ["git", "clone", "--quiet", "--depth=1", f"file://{repository.folder}", str(tmp_path / "clone")], check=True
    )
    past = history.of(tmp_path / "clone")

    assert past.shallow
    assert list(past.files(past.commit("HEAD"), "records")) == ["a"]
    assert past.before("records") is None


def test_a_second_working_tree_and_a_clone_that_borrows_are_read_too(repository, tmp_path):
    first = repository.commit(records__a="1")
    repository.commit(records__a="2")
    repository.git("worktree", "add", "--quiet", str(tmp_path / "second"), "-b", "second")
    subprocess.run(["git", "clone", "--quiet", "--shared", str(repository.folder), str(tmp_path / "third")], check=True)

    for name in ("second", "third"):
        past = history.of(tmp_path / name)
        assert past.before("records").name == first
        assert past.top == tmp_path / name


def test_what_is_damaged_is_said_and_not_read(repository):
    repository.commit(records__a="x" * 1000)
    past = opened(repository)
    (digest,) = past.files(past.commit("HEAD"), "records").values()
    file = repository.folder / ".git/objects" / digest[:2] / digest[2:]
    file.chmod(0o644)
    file.write_bytes(file.read_bytes()[:10])

    with pytest.raises(Unknown, match="cannot be read"):
        past.read(digest)


def test_an_object_that_is_too_large_is_not_read(repository, monkeypatch):
    repository.commit(records__a="x" * 100_000)
    monkeypatch.setattr(gitobjects, "LARGEST", 50_000)
    past = opened(repository)
    (digest,) = past.files(past.commit("HEAD"), "records").values()

    with pytest.raises(Unknown, match="too large"):
        past.read(digest)


def test_no_program_is_started(repository, monkeypatch):
    repository.commit(records__a="1")
    last = repository.commit(records__a="2")
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setattr(os, "posix_spawn", None)

    assert opened(repository).commit("HEAD").name == last

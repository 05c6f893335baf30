"""A build of pages that are as they were shows what the last one showed, and notices whatever changed."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mkdocs_dlplugin import unchanged
from mkdocs_dlplugin.unchanged import FILE

PAGES = {
    "index": """
        # Start

        ```python {run="a" seeds=2 env="LEVEL" depends="data/*.txt"}
        import os
        from mkdocs_dlplugin import run
        from helpers.inner import VALUE
        text = open("words.txt").read()
        run.summary["v"] = VALUE
        run.save("kept.json", {"v": VALUE})
        print("printed", text, os.environ.get("LEVEL"))
        ```

        It is `{run} a.v:.1f`; see [its page](runs/a.md) and [the other](runs/b.md).

        ```yaml {comparison="tbl"}
        runs: [a, b]
        metrics: [v]
        ```

        --8<-- "more.md"
        """,
    "other": """
        # Other

        ```python {run="b" file="code.py"}
        ```

        ```yaml {chart="fig"}
        runs: [a, b]
        y: v
        kind: dot
        ```
        """,
}


@pytest.fixture
def project(site, monkeypatch, tmp_path_factory):
    """A site that depends on everything a site can depend on, built once."""
    monkeypatch.setenv("LEVEL", "1")
    # The files are written a moment before the build, which elsewhere means that nothing is kept of it.
    monkeypatch.setattr("mkdocs_dlplugin.inputs.TICK", 0)
    site.write("helpers/__init__.py", "")
    site.write("helpers/inner.py", "VALUE = 1\n")
    site.write("words.txt", "hello")
    site.write("data/one.txt", "1")
    site.write("code.py", "from mkdocs_dlplugin import run\nrun.summary['v'] = 2\n")
    # Not in the project: a run in this process would be seen to read what the page includes.
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "more.md").write_text("Included `{run} b.v:.0f`.\n")
    site.config = {
        "markdown_extensions": ["pymdownx.superfences", {"pymdownx.snippets": {"base_path": [str(elsewhere)]}}],
        "site_url": "https://example.org/x/",
    }
    built = site(PAGES)
    assert built.code == 0, built.said
    return site


@pytest.fixture
def reads(monkeypatch):
    """Lists the builds that read their pages."""
    from mkdocs_dlplugin.build import Build

    calls = []
    scan = Build.scan
    monkeypatch.setattr(Build, "scan", lambda build, pages: calls.append(1) or scan(build, pages))
    return calls


def whole(root: Path) -> dict[str, bytes]:
    return {
        file.relative_to(root / "site").as_posix(): file.read_bytes()
        for file in (root / "site").rglob("*")
        if file.is_file() and file.name != "sitemap.xml.gz"
    }


def test_an_unchanged_site_is_not_read_again_and_comes_out_the_same(project, reads):
    first = whole(project.root)
    project()

    assert reads == []
    assert whole(project.root) == first


@pytest.mark.parametrize(
    ("file", "text", "executed"),
    [
        ("words.txt", "bonjour", ["a/_/0", "a/_/1"]),
        ("data/one.txt", "2", ["a/_/0", "a/_/1"]),
        ("data/two.txt", "2", ["a/_/0", "a/_/1"]),
        ("helpers/inner.py", "VALUE = 3\n", ["a/_/0", "a/_/1"]),
        ("helpers/inner.py", "# only a comment\nVALUE = 1\n", []),
        ("code.py", "from mkdocs_dlplugin import run\nrun.summary['v'] = 5\n", ["b/_/0"]),
    ],
)
def test_a_changed_file_is_noticed(project, reads, file, text, executed):
    project()
    project.write(file, text)
    built = project()

    assert reads == [1]
    assert built.executed == executed


def test_a_changed_include_is_noticed(project, reads):
    folder = project.config["markdown_extensions"][1]["pymdownx.snippets"]["base_path"][0]
    Path(folder, "more.md").write_text("Included anew.\n")
    built = project()

    assert reads == [1]
    assert "Included anew." in built.page()


def test_a_changed_page_is_noticed(project):
    built = project({"other": textwrap.dedent(PAGES["other"]) + "\nMore prose.\n"})

    assert "More prose." in built.page("other")


def test_a_changed_variable_is_noticed(project, monkeypatch):
    monkeypatch.setenv("LEVEL", "2")

    assert project().executed == ["a/_/0", "a/_/1"]


def test_a_changed_setting_is_noticed(project):
    built = project(metrics={"v": {"name": "Renamed"}})

    assert "Renamed" in built.page()
    assert "Renamed" in built.html("runs/b")


def test_a_record_that_is_gone_is_measured_again(project):
    (project.root / "records/a/_/1.json").unlink()

    assert project().executed == ["a/_/1"]


def test_a_record_that_was_edited_is_measured_again(project):
    record = project.root / "records/a/_/1.json"
    record.write_text(record.read_text("utf-8").replace('"v": 1', '"v": 9'), "utf-8")
    built = project()

    assert built.executed == ["a/_/1"]
    assert "was edited by hand" in built.said


def test_an_asset_that_was_edited_makes_its_record_worthless(project):
    asset = next((project.root / "records/a/_/0").iterdir())
    asset.write_bytes(b"{}")

    assert project().executed == ["a/_/0"]


def test_a_file_that_changed_while_the_site_was_built_is_not_taken_for_the_one_that_was_read(site, monkeypatch):
    site.write("helper.py", "VALUE = 1\n")
    code = 'from helper import VALUE\nfrom mkdocs_dlplugin import run\nrun.summary["v"] = VALUE\n'
    page = f'```python {{run="a"}}\n{code}```\n'
    monkeypatch.setattr("mkdocs_dlplugin.inputs.gather", _after(lambda: site.write("helper.py", "VALUE = 2\n")))
    site(page)
    monkeypatch.undo()
    monkeypatch.setattr("mkdocs_dlplugin.build.start_engine", lambda *_: _inline(site))

    assert site().executed == ["a/_/0"]


def _after(act):
    from mkdocs_dlplugin import inputs

    gather = inputs.gather

    def acting(*args):
        act()
        return gather(*args)

    return acting


def _inline(site):
    from mkdocs_dlplugin.engines.inline import Inline

    return Inline(site.root / ".dlplugin" / "jobs")


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"nothing\nof ours\n",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-40],
        lambda content: content.replace(b"printed", b"PRINTED"),
        lambda content: content.replace(b'"pieces"', b'"peaces"', 1),
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    ],
)
def test_a_damaged_file_is_not_believed(project, damage):
    file = project.root / ".dlplugin" / FILE
    file.unlink()
    project()
    first = whole(project.root)
    file.write_bytes(damage(file.read_bytes()))
    project()

    assert whole(project.root) == first


def test_what_was_not_kept_is_drawn_after_all(project, reads, monkeypatch):
    def forgetful(path, site, inputs, memory):
        memory.pieces.clear()
        memory.headers.clear()
        keep(path, site, inputs, memory)

    keep = unchanged.keep
    monkeypatch.setattr(unchanged, "keep", forgetful)
    (project.root / ".dlplugin" / FILE).unlink()
    project()
    first = whole(project.root)
    project()

    assert whole(project.root) == first
    assert reads == [1, 1]


def test_what_an_author_should_look_at_is_said_by_every_build(site):
    page = '<div>\n\n```python {run="a"}\nx = 1\n```\n\n</div>\n\n    ```python {run="b"}\n    x = 1\n    ```\n'
    missing = '```yaml {comparison="t"}\nruns: [a]\nmetrics: [nothing]\n```\n'
    first, second = site(page + missing), site()

    assert first.said
    assert second.said == first.said
    assert second.code == first.code


def test_forcing_executes_also_where_nothing_changed(project):
    assert len(project(execution="force").executed) == 3


def test_each_run_has_a_page_of_its_own_under_its_own_name(project):
    one, other = (project.root / "site/runs" / name / "index.html" for name in "ab")
    title = [file.read_text("utf-8").partition("<title>")[2].partition("<")[0] for file in (one, other)]

    assert title == ["Run a", "Run b"]
    assert "Defined in" in other.read_text("utf-8")
    assert "dl-run-" not in one.read_text("utf-8") + other.read_text("utf-8")
    assert 'href="runs/b/"' in (project.root / "site/index.html").read_text("utf-8")


def test_all_pages_of_runs_are_in_the_sitemap(project):
    project.config["theme"] = "mkdocs"
    project()
    sitemap = (project.root / "site/sitemap.xml").read_text("utf-8")

    for path in ("", "other/", "runs/a/", "runs/b/"):
        assert sitemap.count(f"<loc>https://example.org/x/{path}</loc>") == 1
    page = (project.root / "site/runs/b/index.html").read_text("utf-8")
    assert '<link rel="canonical" href="https://example.org/x/runs/b/">' in page


def test_a_file_of_the_site_that_somebody_touched_is_written_anew(project):
    first = whole(project.root)
    page = project.root / "site/runs/b/index.html"
    page.write_text("touched")
    (project.root / "site/runs/a/more.html").write_text("a stranger")
    data = next((project.root / "site/assets/dl").glob("*.json"))
    data.unlink()
    project()

    assert whole(project.root) == first


def test_a_site_that_uses_nothing_of_ours_comes_out_as_without_us(tmp_path):
    page = "# Title\n\n```python\nx = 1\n```\n\n```bash title='run it'\nls\n```\n"
    code = (
        "import sys; from mkdocs.__main__ import cli; cli(['build', '-q'], standalone_mode=False); print(*sys.modules)"
    )
    loaded = {}
    for name, plugins in (("with", "[dlplugin]"), ("without", "[]")):
        (tmp_path / name / "docs").mkdir(parents=True)
        (tmp_path / name / "docs/index.md").write_text(page)
        (tmp_path / name / "mkdocs.yml").write_text(f"site_name: x\ntheme: readthedocs\nplugins: {plugins}\n")
        for _ in range(2):
            ran = subprocess.run(
                [sys.executable, "-c", code], cwd=tmp_path / name, capture_output=True, text=True, check=True
            )
        loaded[name] = set(ran.stdout.split())
    sites = [
        {f.relative_to(tmp_path / name).as_posix(): _undated(f) for f in (tmp_path / name / "site").rglob("*.html")}
        for name in ("with", "without")
    ]

    assert sites[0] == sites[1]
    assert "mkdocs_dlplugin.plugin" in loaded["with"]
    assert not {"mkdocs_dlplugin.build", "mkdocs_dlplugin.model", "mkdocs_dlplugin.engines"} & loaded["with"]


def _undated(file: Path) -> str:
    return "\n".join(line for line in file.read_text("utf-8").splitlines() if "Build Date" not in line)


def test_what_is_kept_names_no_value_of_a_variable(project, monkeypatch):
    monkeypatch.setenv("LEVEL", "a-value-like-no-other")
    project()
    kept = (project.root / ".dlplugin" / FILE).read_bytes().split(b"\n")[1]

    assert "LEVEL" in json.loads(kept)["inputs"]["environ"]
    assert b"a-value-like-no-other" not in kept


def test_what_a_macro_writes_on_a_site_without_anything_of_ours_is_reported_and_not_run(site):
    site.write(
        "hook.py",
        "def on_page_markdown(markdown, **_):\n    return markdown + '\\n```python {run=\"m\"}\\nx = 1\\n```\\n'\n",
    )
    site.config = {"hooks": ["hook.py"]}
    built = site("# Nothing of ours\n")

    assert built.executed == []
    assert "run 'm' was not in the page's source when it was read, so it is not executed." in built.said
    assert built.code == 1


@pytest.mark.parametrize("name", ["plugin.py", "views/kinds/line.py", "assets/css/base.css"])
def test_an_edit_of_the_plugin_itself_is_noticed_wherever_it_is(tmp_path, monkeypatch, name):
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("before")
    monkeypatch.setattr("mkdocs_dlplugin.unchanged.__file__", str(tmp_path / "unchanged.py"))
    before = unchanged.ours()
    file.write_text("afterwards")

    assert unchanged.ours() != before

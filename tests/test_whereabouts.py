"""What is kept of a run names no folder of the machine it ran on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mkdocs_dlplugin.engines.local import Local
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.model import Job, Where
from mkdocs_dlplugin.whereabouts import clean
from tests.isolation import LEVELS, started


@pytest.fixture(scope="module", params=LEVELS)
def engine(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Local]:
    engine = started(request.param, tmp_path_factory.mktemp("project") / ".dlplugin", slots=1)
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("/srv/anna/site/docs/a.md", "docs/a.md"),
        ("in /srv/anna/site.", "in .."),
        ("in /srv/anna/site/ now", "in . now"),
        ("/srv/anna/site-2/a", "/srv/anna/site-2/a"),
        ("-I/srv/anna/site/include", "-Iinclude"),
        ("file:///srv/anna/site/a", "file://a"),
        ("/srv/anna/site/.dlplugin/s/7/tmp/x", "tmp/x"),
        ("~ is /home/anna, and /home/anna/data", "~ is ~, and ~/data"),
        ("/home/annabel/x", "/home/annabel/x"),
        ("/srv/anna/site/.venv/lib/python3.12/site-packages/torch/nn.py:3: x", "site-packages/torch/nn.py:3: x"),
        ("('/usr/lib/python3/dist-packages')", "('dist-packages')"),
        (r"C:\venvs\own\Lib\site-packages\torch", r"site-packages\torch"),
        (r'{"a": "C:\\venvs\\own\\Lib\\site-packages\\torch"}', r'{"a": "site-packages\\torch"}'),
        ('<a href="/srv/anna/site/a">', '<a href="a">'),
        ("no folder at all / or only 1/2", "no folder at all / or only 1/2"),
    ],
)
def test_a_text_names_files_as_the_project_does(text, kept, monkeypatch):
    monkeypatch.setenv("HOME", "/home/anna")

    assert clean(text, "/srv/anna/site/.dlplugin/s/7", "/srv/anna/site") == kept


def test_a_home_of_one_name_is_not_found_inside_addresses(monkeypatch):
    monkeypatch.setenv("HOME", "/root")

    assert clean("https://example.org/root/a, /opt/root, /root/a") == "https://example.org/root/a, /opt/root, ~/a"


def test_a_folder_is_also_found_as_html_and_addresses_write_it():
    assert clean("/a &amp; b/c/x /a%20%26%20b/c/x", "/a & b/c") == "x x"


PRINTS = """
import os, sys, tempfile, warnings
from pathlib import Path
import yaml
from mkdocs_dlplugin import run

sys.stdout.write(os.getcwd()[:5])
sys.stdout.flush()
print(os.getcwd()[5:] + "/a")
print("stderr", HOME + "/b", file=sys.stderr)
print(yaml.__file__)
print(tempfile.gettempdir(), Path.home())
warnings.warn(f"see {os.getcwd()}/c")


class Shown:
    def _repr_html_(self):
        return f"<p>{os.getcwd()}/d {HOME}/e {run.dir}</p>"


Shown()
"""


def test_what_a_run_prints_warns_of_and_shows_names_no_folder_of_the_machine(engine: Local, tmp_path: Path):
    home = str(Path.home())
    code = PRINTS.replace("HOME", repr(home))

    record = engine.submit(Job("a", code, Where("p.md", 1), "p.md", 2, 0, root=str(tmp_path))).result(30)
    said = " ".join(output.text + output.plain for output in record.outputs)

    assert not [folder for folder in (str(tmp_path), os.path.realpath(tmp_path), home + "/") if folder in said]
    assert "a\nstderr ~/b\nsite-packages/yaml/__init__.py\ntmp home\n" in said
    assert "UserWarning: see c" in said
    assert "<p>d ~/e files</p>" in said


def test_a_failure_names_no_home_folder(engine: Local, tmp_path: Path):
    code = f"open({str(Path.home() / 'none' / 'a.csv')!r})"

    with pytest.raises(RunFailed) as failed:
        engine.submit(Job("a", code, Where("p.md", 1), "p.md", 2, 0, root=str(tmp_path))).result(30)

    assert "'~/none/a.csv'" in failed.value.problem

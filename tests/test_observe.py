"""Observe: what a run reads is noticed, however it reads it, and what it makes itself is not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mkdocs_dlplugin import observe as observing
from mkdocs_dlplugin.engines import Engine, Inline
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.fingerprint import digest_bytes, digest_code, listing
from mkdocs_dlplugin.model import Job, Observed, Where
from mkdocs_dlplugin.sightings import relative
from tests.isolation import KERNEL, started


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name, text in {
        "helper.py": "import lib.deep\n\nX = 1\n",
        "lib/__init__.py": "",
        "lib/deep.py": "Y = 2\n",
        "data/a.csv": "x\n1\n",
        "data/b.csv": "x\n2\n",
        "records/mlp/_/0.json": "{}",
        ".venv/lib/site.py": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(
    scope="module",
    params=[
        "python",
        pytest.param("kernel", marks=pytest.mark.skipif(not KERNEL, reason="Linux does not watch here")),
    ],
)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine where Python tells what runs read, and one where Linux does."""
    engine = Inline() if request.param == "python" else started("bare", tmp_path_factory.mktemp("scratch"))
    yield engine
    engine.close()


@pytest.fixture
def observe(project: Path, engine: Engine):
    """Run code in the project and return what it was seen to read."""

    def observe(code: str, **options: Any) -> Observed:
        job = Job("mlp", code, Where("docs/p.md", 1), "docs/p.md", 2, 0, root=str(project), **options)
        return engine.submit(job).result(60).observed

    return observe


def test_project_modules_are_followed_through_each_other(observe):
    observed = observe("import helper")

    assert set(observed.modules) == {"helper.py", "lib/__init__.py", "lib/deep.py"}
    assert observed.modules["helper.py"] == digest_code("import lib.deep\nX=1  # the same\n")
    assert observed.files == {}


def test_a_module_loaded_from_bytecode_is_its_source(observe):
    observe("import helper")

    assert set(observe("import helper").modules) == {"helper.py", "lib/__init__.py", "lib/deep.py"}


@pytest.mark.parametrize(
    "code",
    [
        "open('data/a.csv').read()",
        "import pathlib\npathlib.Path('data', 'a' + '.csv').read_bytes()",
        "import os\nos.close(os.open('data/' + 'a.csv', os.O_RDONLY))",
        "import csv\nwith open('data/a.csv') as f:\n    list(csv.reader(f))",
        "import numpy\nnumpy.loadtxt('data/a.csv', skiprows=1)",
        "import pandas\npandas.read_csv('data/a.csv')",
        "import os\nos.chdir('data')\nopen('a.csv').read()",
        "import subprocess\nsubprocess.run(['cat', 'data/a.csv'], stdout=subprocess.DEVNULL)",
        "import mmap\nf = open('data/' + 'a.csv', 'rb')\nm = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)",
    ],
)
def test_a_data_file_is_noticed(observe, code: str):
    assert observe(code).files == {"data/a.csv": digest_bytes(b"x\n1\n")}


def test_a_file_that_is_not_there_is_noticed_too(observe):
    code = "try:\n    open('data/c.csv')\nexcept OSError:\n    pass"

    assert observe(code).files == {"data/c.csv": None}


def test_a_folder_that_is_listed_is_noticed(observe):
    observed = observe("import pathlib\nsorted(pathlib.Path('data').glob('*.csv'))")

    assert list(observed.folders) == ["data"]
    assert observed.files == {}


def test_what_tools_make_is_no_name_in_a_listing(project: Path, observe):
    (before,) = observe("import os\nos.listdir('.')").folders.values()
    (project / ".dlplugin").mkdir()

    assert listing(project) == ["data", "helper.py", "lib"]
    assert observe("import os\nos.listdir('.')").folders == {".": before}


@pytest.mark.parametrize(
    "code",
    [
        "open('new.txt', 'w').write('x')\nopen('new.txt').read()",
        "import os\nopen('new.tmp', 'w').close()\nos.replace('new.tmp', 'new.txt')\nopen('new.txt').read()",
        "from mkdocs_dlplugin import run\n(run.dir / 'x.txt').write_text('x')\n(run.dir / 'x.txt').read_text()",
        "open('records/mlp/_/0.json').read()",
        "open('.venv/lib/site.py').read()",
        "open('/etc/hostname').read()",
        "import os\nos.system('echo x > made-by-another.txt')",
    ],
)
def test_what_a_run_writes_and_what_is_no_input_is_left_out(observe, code: str):
    observed = observe(code)

    assert (observed.files, observed.modules, observed.folders) == ({}, {}, {})


def test_a_database_that_is_only_read_is_noticed(project: Path, observe):
    connect = "import sqlite3\nc = sqlite3.connect('data/' + 'x.db')\n"
    made = observe(connect + "c.execute('create table t(a)')\nc.commit()\nc.close()")
    read = observe(connect + "c.execute('select * from t').fetchall()\nc.close()")

    assert list(made.files) == []
    assert list(read.files) == ["data/x.db"]


def test_a_file_that_changes_under_a_run_makes_its_result_worthless(project: Path, observe):
    code = "import os\nopen('data/a.csv').read()\nos.utime('data/a.csv', ns=(1, 1))"
    with pytest.raises(RunFailed) as failed:
        observe(code)

    assert failed.value.kind == "Changed"
    assert "data/a.csv changed while the run was reading it" in failed.value.problem


def test_only_what_is_below_the_project_is_relative_to_it():
    root = os.path.realpath("/srv/docs")

    assert relative("/srv/docs/data/a.csv", root) == "data/a.csv"
    assert relative("/srv/docs2/a.csv", root) is None
    assert relative("/srv/docs/.git/config", root) is None
    assert relative("/srv/docs", root) is None


def test_removing_a_folder_reads_nothing(observe, tmp_path):
    code = f"""
import shutil
from pathlib import Path

made = Path({str(tmp_path / "elsewhere")!r})
(made / "inner").mkdir(parents=True)
(made / "inner" / "file").write_text("x")
shutil.rmtree(made)
"""

    assert observe(code) == Observed()


def test_the_plugins_own_source_is_no_input():
    package = Path(observing.__file__).parent
    observer = observing.watch(package.parent)
    (package / "worker.py").read_bytes()

    assert observer.finish("").files == {}


def test_an_input_behind_a_link_is_noticed_under_the_name_it_was_opened_by(project: Path, observe, tmp_path: Path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/far.csv").write_text("far\n")
    (project / "data/now.csv").symlink_to("a.csv")
    (project / "far").symlink_to(tmp_path / "outside")

    assert observe("open('data/now.csv').read()").files == {"data/now.csv": digest_bytes(b"x\n1\n")}
    assert observe("open('far/far.csv').read()").files == {"far/far.csv": digest_bytes(b"far\n")}


def test_a_module_behind_a_link_is_noticed(project: Path, observe, tmp_path: Path):
    (tmp_path / "shared.py").write_text("Z = 1\n")
    (project / "linked.py").symlink_to(tmp_path / "shared.py")

    assert observe("import linked").modules == {"linked.py": digest_code("Z = 1")}


def test_files_that_threads_read_at_the_same_time_are_all_noticed(project: Path, observe):
    for number in range(300):
        (project / f"data/{number}.txt").write_text("x")
    code = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda n: open(f"data/{n}.txt").read(), range(300)))
"""

    assert len(observe(code).files) == 300


def test_a_project_module_that_is_not_there_is_noticed(observe):
    observed = observe("try:\n    import extra\nexcept ImportError:\n    extra = None")

    assert observed.files == {"extra.py": None, "extra/__init__.py": None}


def test_names_that_editors_leave_are_no_names_in_a_listing(project: Path):
    before = listing(project / "data")
    for name in (".a.csv.swp", "a.csv~", "#a.csv#", ".#a.csv", ".DS_Store", "Thumbs.db", ".ipynb_checkpoints"):
        (project / "data" / name).touch()

    assert listing(project / "data") == before

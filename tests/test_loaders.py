"""Loaders: a run's inputs are noticed whichever library opens them; the table in the docs says where they are not."""

from __future__ import annotations

import re
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path

import pytest

from mkdocs_dlplugin.engines import preload_for
from mkdocs_dlplugin.model import Job, Record, Where
from tests.isolation import KERNEL, LEVELS, done, started, unwatched

for library in ("torch", "numpy", "pandas", "pyarrow", "h5py", "safetensors"):
    pytest.importorskip(library)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what is tested is how Linux watches")


@dataclass(frozen=True)
class Loader:
    """One way to read, and what it reads."""

    name: str
    """As the table in the docs has it."""
    code: str
    files: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


LOADERS = [
    Loader("`np.load`", "import numpy as np\nnp.load('data/a.npy')", ("data/a.npy",)),
    Loader("`pd.read_csv`", "import pandas as pd\npd.read_csv('data/a.csv')", ("data/a.csv",)),
    Loader(
        "Parquet, named in the code",
        "import pandas as pd\npd.read_parquet('data/a.parquet')",
        ("data/a.parquet",),
    ),
    Loader(
        "Parquet, under a computed name",
        "import pandas as pd\nname = 'a'\npd.read_parquet(f'data/{name}.parquet')",
        ("data/a.parquet",),
    ),
    Loader(
        "safetensors, named in the code",
        "from safetensors.torch import load_file\nload_file('data/a.safetensors')",
        ("data/a.safetensors",),
    ),
    Loader(
        "safetensors, under a computed name",
        "from safetensors.torch import load_file\nname = 'a'\nload_file(f'data/{name}.safetensors')",
        ("data/a.safetensors",),
    ),
    Loader(
        "HDF5, named in the code",
        "import h5py\nwith h5py.File('data/a.h5') as file:\n    file['x'][:]",
        ("data/a.h5",),
    ),
    Loader(
        "HDF5, under a computed name",
        "import h5py\nname = 'a'\nwith h5py.File(f'data/{name}.h5') as file:\n    file['x'][:]",
        ("data/a.h5",),
    ),
    Loader("`torch.jit.load`", "import torch\ntorch.jit.load('data/a.jit')", ("data/a.jit",)),
    Loader("`torch.from_file`", "import torch\nx = torch.from_file('data/' + 'a.bin', size=3)", ("data/a.bin",)),
    Loader(
        "SQLite",
        "import sqlite3\nsqlite3.connect('data/' + 'a.db').execute('select * from t').fetchall()",
        ("data/a.db",),
    ),
    Loader(
        "another program, given a name",
        "import subprocess\nsubprocess.run(['cat', 'data/a.json'], stdout=subprocess.DEVNULL)",
        ("data/a.json",),
    ),
    Loader("a helper module", "import single", modules=("single.py",)),
    Loader("a helper of the helper", "import helper", modules=("helper.py", "single.py")),
    Loader(
        "a file that is not there",
        "try:\n    open('data/' + 'nope.csv')\nexcept OSError:\n    pass",
        ("data/nope.csv",),
    ),
    Loader("`glob`", "import glob\nglob.glob('data/*.csv')", folders=("data",)),
    Loader("`Path.iterdir`", "import pathlib\nlist(pathlib.Path('data').iterdir())", folders=("data",)),
    Loader(
        "its own file, written before",
        "open('tmp.txt', 'w').write('x')\nopen('tmp.txt').read()",
    ),
    Loader(
        "a worker of a `DataLoader`",
        """
import numpy as np
import torch
class Data(torch.utils.data.Dataset):
    def __len__(self):
        return 2
    def __getitem__(self, index):
        return np.load('data/' + 'a' + '.npy')
list(torch.utils.data.DataLoader(Data(), num_workers=1))
""",
        ("data/a.npy",),
    ),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose data were written by the libraries that will read them."""
    import sqlite3

    import h5py
    import numpy as np
    import pandas as pd
    import torch
    from safetensors.torch import save_file

    root = tmp_path_factory.mktemp("loaders")
    data = root / "data"
    data.mkdir()
    (root / "single.py").write_text("X = 1\n")
    (root / "helper.py").write_text("import single\n")
    np.save(data / "a.npy", np.arange(3.0))
    frame = pd.DataFrame({"x": [1.0, 2.0]})
    frame.to_csv(data / "a.csv")
    frame.to_parquet(data / "a.parquet")
    save_file({"x": torch.ones(3)}, data / "a.safetensors")
    with h5py.File(data / "a.h5", "w") as file:
        file["x"] = np.arange(3.0)
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        torch.jit.script(torch.nn.Linear(1, 1)).save(str(data / "a.jit"))
    torch.ones(3).numpy().tofile(data / "a.bin")
    with sqlite3.connect(data / "a.db") as database:
        database.execute("create table t(x)")
    database.close()
    (data / "a.json").write_text("{}")
    return root


def jobs(project: Path) -> list[Job]:
    make = lambda code: Job("mlp", code, Where("docs/p.md", 1), "docs/p.md", 2, 0, root=str(project), write_to=(".",))  # noqa: E731
    return [make(loader.code) for loader in LOADERS]


def noticed(loader: Loader, record: Record) -> bool:
    """Tell whether exactly what a loader reads was seen."""
    seen = record.observed
    return (tuple(seen.files), tuple(seen.modules), tuple(seen.folders)) == (
        loader.files,
        loader.modules,
        loader.folders,
    )


def table() -> dict[str, str]:
    """Read from the docs which loaders are seen where Linux does not tell."""
    text = Path(__file__).parents[1].joinpath("docs/plugin/freshness.md").read_text("utf-8")
    return dict(re.findall(r"^\| (.+?) \| seen \| (seen|not seen) \|$", text, re.MULTILINE))


@pytest.mark.parametrize("level", LEVELS)
def test_linux_tells_what_every_loader_reads(level: str, project: Path, tmp_path: Path, caplog):
    if not KERNEL:
        pytest.skip("Linux does not watch here")
    engine = started(level, tmp_path / "scratch", preload=preload_for([one.code for one in LOADERS], project))
    try:
        records = [future.result(120) for future in [engine.submit(job) for job in jobs(project)]]
    finally:
        engine.close()

    assert [loader.name for loader, record in zip(LOADERS, records, strict=True) if not noticed(loader, record)] == []
    assert {record.provenance["observed"] for record in records} == {"kernel"}
    assert [record.notes for record in records] == [()] * len(LOADERS)
    assert "starts threads" not in caplog.text


@pytest.fixture(scope="module")
def unwatched_records(project: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    scratch = tmp_path_factory.mktemp("unwatched")
    return unwatched(lambda: done(scratch, *jobs(project)))


def test_the_table_in_the_docs_says_what_python_alone_sees(unwatched_records: list[Record]):
    seen = {
        loader.name: "seen" if noticed(loader, record) else "not seen"
        for loader, record in zip(LOADERS, unwatched_records, strict=True)
    }

    assert table() == seen
    assert {record.provenance["observed"] for record in unwatched_records} == {"python"}
    assert list(seen.values()).count("seen") >= 15


def test_where_python_alone_may_miss_a_file_the_record_says_what_to_do(unwatched_records: list[Record]):
    for loader, record in zip(LOADERS, unwatched_records, strict=True):
        if not noticed(loader, record):
            assert "may have gone unseen here; name them in `depends`" in "".join(record.notes), loader.name
    plain = [record for loader, record in zip(LOADERS, unwatched_records, strict=True) if "np.load" in loader.name]
    assert [record.notes for record in plain] == [()]

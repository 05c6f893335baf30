"""Whatever code and pages do, it costs their own run, says where, and leaves the rest of the site as it was."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from faults import code, output, pages, trust, values
from faults.case import Case, check
from faults.project import Built, Project, nobodys_python
from mkdocs_dlplugin.engines import isolation, sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")

ANYWHERE = [*output.CASES, *values.CASES, *pages.CASES, *trust.MACHINE]
"""Rows that do not depend on how jobs are kept apart."""

APART = [*code.CASES, *trust.SANDBOX]
"""Rows that do."""

MARKED = ("A2 ", "A6 ", "A8 ", "A13 ", "A14 ", "A16 ", "A17 ", "A18 ", "A26 ", "I")
"""Rows that are built by a user without rights too, because root meets other limits, and in fresh processes."""

SHEPHERDED = ("A14 ", "A16 ", "A17 ")
"""Rows that need somebody above the job who sees all its processes, which fresh processes do not have."""

LEVELS = ["ns", "group"] if isolation.probe().level == "ns" else ["group"]
"""The ways in which this machine can keep jobs apart."""

NOBODY = pytest.mark.skipif(not nobodys_python(), reason="needs root, and a Python that others can start")


def rows() -> Iterator[Any]:
    """Pair each case with the ways in which it is built."""
    for case in ANYWHERE:
        yield pytest.param(case, "auto", id=case.row)
    for level in LEVELS:
        for case in APART:
            yield pytest.param(case, level, id=f"{case.row} ({level})")
    for case in APART:
        if case.row.startswith(MARKED):
            if not case.row.startswith(SHEPHERDED):
                yield pytest.param(case, "spawn", id=f"{case.row} (spawn)")
            yield pytest.param(case, "nobody", id=f"{case.row} (nobody)", marks=NOBODY)


@pytest.mark.parametrize(("case", "how"), list(rows()))
def test_a_row(case: Case, how: str, ahead: dict[tuple[str, str], Future[Built]]):
    if case in trust.SANDBOX and sandbox.version() < 6:
        pytest.skip("the Landlock of this kernel cannot refuse all of this")
    built = ahead[case.row, how].result()

    check(case, built)
    if how in (*LEVELS, "spawn"):
        record = json.loads((built.root / "records/good/_/0.json").read_text("utf-8"))
        assert record["provenance"]["isolation"] == how


@pytest.fixture(scope="module")
def ahead(request: pytest.FixtureRequest) -> Iterator[dict[tuple[str, str], Future[Built]]]:
    """Build the cases of this module two at a time, in the order of their tests."""
    chosen = [item.callspec.params for item in request.session.items if item.fspath == request.node.fspath]
    # Not pytest's own folder, which is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    folder.chmod(0o777)
    pool = ThreadPoolExecutor(2)
    try:
        yield {
            (one["case"].row, one["how"]): pool.submit(build, one["case"], one["how"], folder / str(number))
            for number, one in enumerate(chosen)
            if one["how"] != "nobody" or nobodys_python()
        }
    finally:
        pool.shutdown(cancel_futures=True)
        shutil.rmtree(folder, ignore_errors=True)


def build(case: Case, how: str, folder: Path) -> Built:
    """Build one case in a folder of its own."""
    folder.mkdir()
    folder.chmod(0o777)
    project = Project(folder / "project", {} if how == "nobody" else {"isolation": how}, nobody=how == "nobody")
    case.write(project)
    return project.build(environ=case.environ)

"""The matrix has teeth: an executor in the build's own process does harm in most of its rows."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from faults import code, output, pages, trust, values
from faults.case import Case, harm
from faults.project import Project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")

TOO_MUCH = ("A14 ", "A16 ", "A26 ", "B1 ", "I7 ")
"""Rows that an executor without limits would take out on the machine that tests it; they count as passed."""

SHARE = 0.6
"""Part of the rows in which it must do harm."""


def test_most_rows_fail_where_code_runs_in_the_process_of_the_build(tmp_path: Path):
    cases = [*code.CASES, *output.CASES, *values.CASES, *pages.CASES, *trust.MACHINE, *trust.SANDBOX]
    tried = [case for case in cases if not case.row.startswith(TOO_MUCH)]
    with ThreadPoolExecutor(2) as pool:
        harms = list(pool.map(lambda numbered: tries(numbered[1], tmp_path / str(numbered[0])), enumerate(tried)))

    harmless = [case.row for case, found in zip(tried, harms, strict=True) if not found]
    assert len(tried) - len(harmless) >= SHARE * len(cases), f"no harm in {harmless}"


def tries(case: Case, folder: Path) -> list[str]:
    """Build a case with the naive executor; say what harm that does."""
    project = Project(folder)
    case.write(project)
    naive = str(Path(__file__).parent / "naive.py")
    return harm(case, project.build(naive, command=(), environ=case.environ, limit=4))

"""Spawned: where no process may be forked, a job in a fresh one gives the same numbers, and its faults are its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mkdocs_dlplugin.engines import ENGINES, Local, Progress, Setup, Spawned, preload_for
from mkdocs_dlplugin.errors import RunFailed
from mkdocs_dlplugin.model import Record
from tests.test_engine import SPAN, TRAIN, overlap, printed, spans
from tests.test_engine import job as plain
from tests.test_faults import FAULTS, FENCE, Fault, job, leftovers, outcome

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the faults use signals")

STAYS = {"left process"}
"""What a job leaves in a session of its own is not found here, as the docs say."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("project")
    helper = "def outer():\n    inner()\n\n\ndef inner():\n    raise ValueError('from the helper')\n"
    (root / "helper.py").write_text(helper)
    return root


@pytest.fixture(scope="module")
def engine(project: Path) -> Iterator[Spawned]:
    engine = Spawned(project / ".dlplugin", slots=2)
    yield engine
    engine.close()


def test_settings_choose_it(tmp_path: Path):
    assert isinstance(ENGINES["local"](Setup(tmp_path, isolation="spawn")), Spawned)


def test_the_same_seed_gives_the_same_numbers_as_a_fork_bit_for_bit(tmp_path: Path):
    pytest.importorskip("torch")
    preload = preload_for([TRAIN], tmp_path)
    engines = [Local(tmp_path / "a", preload, slots=2), Spawned(tmp_path / "b", preload, slots=1)]
    try:
        forked, fresh = [engine.submit(plain(TRAIN, tmp_path, 1)).result(90) for engine in engines]
    finally:
        for engine in engines:
            engine.close()

    assert forked.metrics == fresh.metrics
    assert forked.series == fresh.series
    assert fresh.provenance["isolation"] == "spawn"


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.name not in STAYS], ids=lambda fault: fault.name)
def test_a_fault_costs_its_own_run_only(fault: Fault, engine: Spawned, project: Path):
    neighbour = engine.submit(job("import time\ntime.sleep(0.15)\nprint('well')", project))
    bad = outcome(engine.submit(job(fault.code, project, timeout=fault.timeout)))
    good = outcome(neighbour)

    assert isinstance(good, Record), good
    assert printed(good) == "well\n"
    if fault.kind:
        assert isinstance(bad, RunFailed), bad
        assert (bad.kind, bad.job, bad.seed) == (fault.kind, "bad", 3)
        assert fault.says in bad.problem
        assert bad.where.line in ([FENCE + fault.line] if fault.line >= 0 else [FENCE + 1, FENCE + 2])
    else:
        assert isinstance(bad, Record), bad
        assert fault.says in " ".join(bad.notes)


def test_jobs_run_side_by_side_up_to_the_slots(engine: Spawned, project: Path):
    futures = [engine.submit(plain(SPAN, project, seed)) for seed in range(4)]
    first, second, third, _ = spans([future.result(60) for future in futures])

    assert not (overlap(first, second) and overlap(first, third) and overlap(second, third))


def test_an_exclusive_job_runs_alone(engine: Spawned, project: Path):
    futures = [engine.submit(plain(SPAN, project, seed, exclusive=seed == 0)) for seed in range(3)]
    alone, *others = spans([future.result(60) for future in futures])

    assert not any(overlap(alone, other) for other in others)


def test_progress_is_told_from_start_to_end(project: Path, tmp_path: Path):
    heard: list[Progress] = []
    engine = Spawned(tmp_path / "scratch", slots=1, on_progress=heard.append)
    engine.submit(plain("from mkdocs_dlplugin import run\nrun.log({'a': 1}, step=0)", project)).result(60)
    engine.close()

    assert [one.event for one in heard] == ["started", "metric", "ended"]


def test_a_process_that_a_job_left_in_its_group_is_ended_and_told(engine: Spawned, project: Path):
    code = "import subprocess\nsubprocess.Popen(['sleep', '1234567'])"
    record = outcome(engine.submit(job(code, project)))
    table = subprocess.run(["ps", "-eo", "args="], capture_output=True, text=True, check=True).stdout

    assert isinstance(record, Record)
    assert "left 1 process running (of its group), ended with the run" in record.notes
    assert "sleep 1234567" not in table


def test_closing_ends_what_runs_and_says_so(project: Path, tmp_path: Path):
    engine = Spawned(tmp_path / "scratch", slots=1)
    running = engine.submit(job("import time\nprint('up', flush=True)\ntime.sleep(99)", project, timeout=60))
    waiting = engine.submit(job("pass", project))
    while not running.running():
        time.sleep(0.02)
    engine.close()
    failed = outcome(running)

    assert isinstance(failed, RunFailed)
    assert failed.kind == "Interrupted"
    assert waiting.cancelled()
    assert [entry.name for entry in (tmp_path / "scratch").iterdir()] == ["zygote"]


@pytest.mark.parametrize("number", [9, 15])
def test_nothing_goes_on_when_the_build_is_ended(number: int, tmp_path: Path):
    build = f"""
    import sys
    sys.path.insert(0, {str(Path(__file__).parents[1])!r})
    from pathlib import Path
    from mkdocs_dlplugin.engines import Spawned
    from mkdocs_dlplugin.model import Job, Where
    engine = Spawned(Path({str(tmp_path / "scratch")!r}), slots=1)
    code = "from pathlib import Path\\nPath('up/yes').touch()\\nimport time\\ntime.sleep(99)"
    future = engine.submit(Job("bad", code, Where("p.md", 1), "p.md", 2, 0, root={str(tmp_path)!r}, write_to=("up",)))
    future.result()
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(build)], stderr=subprocess.DEVNULL)
    while not (tmp_path / "up/yes").exists():
        time.sleep(0.02)
    process.send_signal(number)
    process.wait(10)
    limit = time.monotonic() + 3
    while (left := leftovers(tmp_path)) and time.monotonic() < limit:
        time.sleep(0.02)

    assert left == []

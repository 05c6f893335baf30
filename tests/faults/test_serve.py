"""Under `mkdocs serve`, and whatever signal ends a build, pages come back, nothing goes on, and results are kept."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.case import GOOD
from faults.project import Project, Started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")

PAGE = """\
# Live

```python {run="live"}
import time
from mkdocs_dlplugin import run
time.sleep(DELAY)
run.summary["v"] = 41 + 1
```

The answer is `{run} live.v`.
"""

LOOP = (
    '```python {run="loop" timeout=60}\nimport subprocess\nsubprocess.Popen(["sleep", "300"])\nwhile True: pass\n```\n'
)

FAST = PAGE.replace("DELAY", "0")


class Server:
    """A site that is being served."""

    def __init__(self, root: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.project = Project(root)
        self.started: Started | None = None

    def __call__(self, page: str) -> Started:
        self.write(page)
        self.project.write("docs/good.md", GOOD)
        address = f"127.0.0.1:{self.port}"
        self.started = self.project.start("serve", "--livereload", "-a", address, limit=60)
        return self.started

    def write(self, page: str) -> None:
        self.project.write("docs/index.md", page)

    def get(self, page: str = "") -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{page}", timeout=5) as answer:
                return re.sub(r"<[^>]+>", " ", answer.read().decode())
        except OSError:
            return ""

    def wait_for(self, word: str, page: str = "", seconds: float = 30) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if word in (text := self.get(page)):
                return text
            time.sleep(0.05)
        raise AssertionError(f"{word!r} did not come: {self.started and self.started.said}")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "project")
    yield server
    if server.started is not None and server.started.watch.poll() is None:
        os.kill(server.started.pid, signal.SIGINT)
        built = server.started.end()
        assert not built.hung, built.said
        assert not built.left
        assert "Traceback" not in built.said
        assert "BUG" not in built.said


def test_h1_of_many_saves_the_last_one_is_measured(serve: Server):
    serve(FAST)
    serve.wait_for("The answer is  42")
    for number in range(20):
        serve.write(FAST.replace("41 + 1", f"100 + {number}"))
        time.sleep(0.1)

    serve.wait_for("The answer is  119")
    assert serve.started is not None
    assert serve.started.said.count("ran live seed 0") <= 21


def test_h2_a_page_removed_while_its_run_works_is_gone(serve: Server):
    serve.project.write("docs/other.md", PAGE.replace("DELAY", "6").replace("live", "other"))
    started = serve(FAST)
    serve.wait_for("pending", "other/")
    (serve.project.root / "docs/other.md").unlink()
    serve.write(FAST.replace("The answer", "Now the answer"))

    serve.wait_for("Now the answer is  42")
    time.sleep(6)
    assert serve.get("other/") == ""
    assert "ERROR" not in started.said


def test_h4_a_setting_that_becomes_invalid_is_said_and_the_server_recovers(serve: Server):
    serve.project.settings = {"jobs": 1}
    started = serve(FAST)
    serve.wait_for("The answer is  42")
    serve.project.settings = {"jbos": 1}
    serve.project.configure()
    limit = time.monotonic() + 10
    while "'jbos' is not a setting" not in started.said and time.monotonic() < limit:
        time.sleep(0.1)

    assert "Did you mean 'jobs'?" in started.said
    serve.project.settings = {"jobs": 1}
    serve.project.configure()
    serve.write(FAST.replace("41 + 1", "42 + 1"))
    serve.wait_for("The answer is  43")


def test_h5_a_failure_disappears_when_it_is_mended(serve: Server):
    serve(FAST.replace("time.sleep(0)", "1 / 0"))
    serve.wait_for("ZeroDivisionError")
    serve.write(FAST)

    assert "ZeroDivisionError" not in serve.wait_for("The answer is  42")


def test_h12_what_we_write_never_starts_another_build(serve: Server):
    started = serve(FAST)
    serve.wait_for("The answer is  42")
    time.sleep(1)
    before = started.said.count("Building documentation")
    time.sleep(5)

    assert started.said.count("Building documentation") == before


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_h6_h7_a_signal_ends_the_build_and_all_it_runs(number: signal.Signals, code: int, tmp_path: Path):
    project = Project(tmp_path / "project")
    project.write("docs/good.md", GOOD)
    project.write("docs/index.md", LOOP)
    started = project.start()
    started.wait_for("ran good seed 0")
    started.signal(number)
    built = started.end()

    assert built.code == code, built.said
    assert not built.left
    assert not built.litter
    assert built.records == ["good/_/0"]
    assert "Traceback" not in built.said
    assert project.build("build", environ={"DLPLUGIN_EXECUTION": "never"}).code == 4
    assert "42" in built.page("good")


def test_h6_a_second_signal_ends_it_too(tmp_path: Path):
    project = Project(tmp_path / "project")
    project.write("docs/good.md", GOOD)
    project.write("docs/index.md", LOOP)
    started = project.start()
    started.wait_for("ran good seed 0")
    for _ in range(3):
        # It may have ended with its watch not yet told.
        with contextlib.suppress(ProcessLookupError):
            started.signal(signal.SIGINT)
        time.sleep(0.02)
        if started.watch.poll() is not None:
            break
    built = started.end()

    assert not built.hung
    assert built.code
    assert not built.left


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGKILL])
def test_h8_nothing_goes_on_when_the_terminal_or_the_build_is_gone(number: signal.Signals, tmp_path: Path):
    project = Project(tmp_path / "project")
    project.write("docs/good.md", GOOD)
    project.write("docs/index.md", LOOP)
    started = project.start()
    started.wait_for("ran good seed 0")
    started.signal(number)
    built = started.end()

    assert built.code == -number or built.code == 128 + number
    assert not built.left
    assert built.records == ["good/_/0"]


def test_h14_an_error_of_the_theme_ends_what_runs_and_keeps_what_ran(tmp_path: Path):
    project = Project(tmp_path / "project")
    project.configure()
    project.write("docs/good.md", GOOD)
    project.write("docs/index.md", FAST)
    project.write("theme/main.html", "{{ page.content }}{{ no.such.thing }}")
    built = project.build()

    assert built.code
    assert not built.left
    assert built.records == ["good/_/0", "live/_/0"]


def test_e11_neither_the_clock_nor_the_time_zone_makes_anything_stale(tmp_path: Path):
    project = Project(tmp_path / "project")
    project.write("docs/good.md", GOOD)
    project.write("data.csv", "1\n")
    project.write("docs/index.md", '```python {run="reads"}\nprint(open("data.csv").read())\n```\n')
    assert project.build().code == 0
    for file in project.root.rglob("*"):
        os.utime(file, (4_102_444_800, 4_102_444_800) if file.suffix == ".md" else (0, 0))
    built = project.build(environ={"TZ": "Pacific/Kiritimati"})

    assert built.code == 0
    assert " ran" not in built.said


def test_e12_a_build_that_was_asleep_takes_what_ended_in_time(tmp_path: Path):
    project = Project(tmp_path / "project")
    project.write("docs/index.md", PAGE.replace("DELAY", "1").replace('"live"', '"live" timeout=2'))
    started = project.start()
    started.wait_for("starting the engine")
    time.sleep(0.3)
    started.signal(signal.SIGSTOP)
    time.sleep(4)
    started.signal(signal.SIGCONT)
    built = started.end()

    assert built.code == 0, built.said
    assert built.records == ["live/_/0"]


def test_h1_a_run_that_no_page_has_any_more_is_ended(serve: Server):
    """What an author has replaced takes no core from what replaced it."""
    serve.project.settings = {"jobs": 1}
    slow = FAST.replace("time.sleep(0)", "time.sleep(60)")
    started = serve(slow)
    serve.wait_for("pending")
    time.sleep(2.5)  # the run has begun
    serve.write(FAST.replace("41 + 1", "42 + 1"))

    serve.wait_for("The answer is  43", seconds=15)
    assert "Interrupted" not in started.said

"""Under `mkdocs serve` a page is there before its runs are done, and comes again when they are."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence

import pytest
from faults.hostile_browser import Browser, program

from mkdocs_dlplugin.build import imports_of
from mkdocs_dlplugin.config import Settings, Site
from mkdocs_dlplugin.engines import Inline
from mkdocs_dlplugin.fences import Page
from mkdocs_dlplugin.live import Live
from mkdocs_dlplugin.plan import Task
from mkdocs_dlplugin.reporting import Reporter

PAGE = """
# Live

```python {run="slow"}
import time
from mkdocs_dlplugin import run
time.sleep(DELAY)
run.summary["v"] = 41 + 1
```

The answer is `{run} slow.v`.
"""


@pytest.fixture
def serve(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text(
        f"site_name: x\ntheme: mkdocs\ndev_addr: 127.0.0.1:{port}\nplugins: [dlplugin]\n"
    )
    started = []

    def start(page: str) -> None:
        (tmp_path / "docs/index.md").write_text(page)
        env = {k: v for k, v in os.environ.items() if k != "DLPLUGIN_EXECUTION"}
        log = (tmp_path / "log").open("wb")
        command = [sys.executable, "-m", "mkdocs", "serve", "--livereload"]
        started.append(subprocess.Popen(command, cwd=tmp_path, env=env, stdout=log, stderr=log, start_new_session=True))

    def raw() -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            return ""

    def get() -> str:
        return re.sub(r"<[^>]+>", " ", raw())

    def wait_for(word: str, seconds: float = 30) -> str:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if word in (text := get()):
                return text
            time.sleep(0.1)
        raise AssertionError(f"{word!r} did not come: {(tmp_path / 'log').read_text()}")

    start.get, start.wait_for, start.root, start.processes = get, wait_for, tmp_path, started
    start.raw, start.url = raw, f"http://127.0.0.1:{port}/"
    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_page_is_served_before_its_runs_end_and_comes_again_with_them(serve):
    serve(PAGE.replace("DELAY", "3"))

    first = serve.wait_for("The answer is")
    assert "pending" in first
    assert "The answer is  42" not in first
    serve.wait_for("The answer is  42")


def test_a_run_at_work_while_its_page_is_edited_reaches_the_edited_page(serve):
    serve(PAGE.replace("DELAY", "3"))
    serve.wait_for("pending")
    (serve.root / "docs/index.md").write_text(PAGE.replace("DELAY", "3").replace("The answer", "Now the answer"))
    assert "pending" in serve.wait_for("Now the answer")

    serve.wait_for("Now the answer is  42")
    assert (serve.root / "log").read_text().count("ran slow seed 0") == 1


def test_a_result_that_cannot_be_written_is_shown_and_measured_once(serve):
    (serve.root / "records").write_text("no folder")
    serve(PAGE.replace("DELAY", "0"))
    serve.wait_for("The answer is  42")
    time.sleep(1.5)

    assert (serve.root / "log").read_text().count("ran slow seed 0") == 1


def test_a_broken_page_shows_a_box_and_recovers(serve):
    good = PAGE.replace("DELAY", "0")
    serve(good)
    serve.wait_for("The answer is  42")
    (serve.root / "docs/index.md").write_text(good.replace('run="slow"', 'run="slow" sedes=2'))
    serve.wait_for("could not be read")
    (serve.root / "docs/index.md").write_text(good.replace("41 + 1", "42 + 1"))

    serve.wait_for("The answer is  43")


def test_what_is_recorded_is_shown_at_once_while_another_run_is_at_work(serve):
    recorded = PAGE.replace("DELAY", "0").replace("slow", "quick").replace("41", "10")
    serve(recorded)
    serve.wait_for("The answer is  11")
    (serve.root / "docs/index.md").write_text(recorded + PAGE.replace("DELAY", "60"))
    text = serve.wait_for("pending")

    assert "The answer is  11" in text
    assert "Still running: 1 job" in text
    assert text.count("pending") == 1


def test_what_is_recorded_stays_on_the_page_while_another_block_is_broken(serve):
    recorded = PAGE.replace("DELAY", "0")
    serve(recorded)
    serve.wait_for("The answer is  42")
    (serve.root / "docs/index.md").write_text(recorded + '\n```python {run="b" sedes=2}\n1\n```\n')

    text = serve.wait_for("could not be read")
    assert "The answer is  42" in text
    assert "Still running" not in text


def test_a_failing_run_is_shown_once_and_the_server_stays(serve):
    serve(PAGE.replace("time.sleep(DELAY)", "1 / 0"))
    serve.wait_for("ZeroDivisionError")
    time.sleep(1.5)

    assert (serve.root / "log").read_text().count("ZeroDivisionError: division by zero") == 1
    assert serve.processes[0].poll() is None


def test_ctrl_c_ends_the_server_and_what_it_runs(serve):
    serve(PAGE.replace("DELAY", "60"))
    serve.wait_for("pending")
    process = serve.processes[0]
    process.send_signal(signal.SIGINT)

    process.wait(timeout=5)
    left = subprocess.run(["pgrep", "-f", str(serve.root)], capture_output=True, text=True, check=False).stdout.split()
    assert left == []


@pytest.mark.parametrize("delay", [0.0, 0.3, 3.0])
def test_ctrl_c_ends_a_build_at_once_with_its_own_code(tmp_path, delay):
    pytest.importorskip("torch")
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text("site_name: x\ntheme: mkdocs\nplugins: [dlplugin]\n")
    (tmp_path / "docs/index.md").write_text(PAGE.replace("DELAY", "60").replace("import time", "import time, torch"))
    env = {k: v for k, v in os.environ.items() if k != "DLPLUGIN_EXECUTION"}
    command = [sys.executable, "-m", "mkdocs", "build"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    while "starting the engine" not in process.stdout.readline():
        assert process.poll() is None
    time.sleep(delay)  # pages are rendered, then the helper imports torch, then the run is at work
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=20)  # the run itself would take a minute

    assert process.returncode == 130, said
    assert "Stopped" in said
    left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True, check=False).stdout.split()
    assert left == []


def test_the_engine_of_a_server_hears_what_the_next_build_imports(tmp_path, monkeypatch):
    class Keeps(Inline):
        def __init__(self, preload: tuple[str, ...]) -> None:
            super().__init__()
            self.told = [preload]

        def renew(self, preload: Sequence[str]) -> None:
            self.told.append(tuple(preload))

    made: list[Keeps] = []

    def start(site: Site, reporter: Reporter, tasks: Sequence[Task], hear: object) -> Keeps:
        made.append(Keeps(imports_of(site, tasks)))
        return made[-1]

    monkeypatch.setattr("mkdocs_dlplugin.live.start_engine", start)
    monkeypatch.setattr("mkdocs_dlplugin.engines.preload._is_module", lambda name: True)
    site, live = Site(tmp_path, tmp_path / "docs", Settings()), Live()
    for code in ("x = 1", "import torch"):
        build = live.next(site, Reporter())
        build.scan([Page("p.md", "docs/p.md", f'```python {{run="a"}}\n{code}\n```\n')])
        build.start()
        build.finish()
        build.close()

    assert [keeps.told for keeps in made] == [[(), ("torch",)]]


def test_a_site_gets_its_first_run_while_it_is_served(serve):
    serve("# Nothing of ours yet\n")
    serve.wait_for("Nothing of ours yet")
    (serve.root / "docs/index.md").write_text(PAGE.replace("DELAY", "0"))

    serve.wait_for("The answer is  42")


GROWS = """
# Grows

```python {run="grows" seeds=2}
import time
from mkdocs_dlplugin import run
for step in range(40):
    run.log({"loss": 1 / (1 + step)}, step=step)
    time.sleep(0.15)
```

It ends at `{run} grows.loss`.
"""


@pytest.mark.skipif(program() is None, reason="there is no browser here")
def test_curves_grow_on_the_page_while_a_run_is_at_work(serve, tmp_path):
    serve(GROWS)
    serve.wait_for("Still running")
    browser = Browser(tmp_path / "profile")
    try:
        browser.call("Page.navigate", url=serve.url)
        seen = set()
        end = time.monotonic() + 30
        while time.monotonic() < end and len(seen) < 3:
            seen |= {browser.evaluate("document.querySelector('.dl-live-plot polyline')?.getAttribute('points') ?? ''")}
            time.sleep(0.3)
        said = browser.evaluate("document.querySelector('.dl-live')?.textContent ?? ''")

        assert len(seen - {""}) >= 2
        assert "at work, 0 done" in said
        assert "loss" in said
        while time.monotonic() < end and "Still running" in serve.get():
            time.sleep(0.2)
        assert "It ends at" in serve.get()
        assert "live.js" in serve.raw()
    finally:
        browser.close()


DRAWN = """
# Drawn

```yaml {chart="fig-loss"}
runs: ["learns(rate=*)"]
kind: line
y: loss
```

```python {run="learns"}
#| params: {rate: [1, 2]}
import time
from mkdocs_dlplugin import run
for step in range(40):
    run.log({"loss": run.config["rate"] / (1 + step), "other": step}, step=step)
    time.sleep(0.15)
```
"""


@pytest.mark.skipif(program() is None, reason="there is no browser here")
def test_a_chart_that_waits_for_its_runs_grows_until_it_is_drawn(serve, tmp_path):
    serve(DRAWN)
    serve.wait_for("Still running")
    browser = Browser(tmp_path / "profile")
    lines = (
        "[...document.querySelectorAll('#fig-loss .dl-live-plot polyline')].map(e => e.getAttribute('points')).join()"
    )
    try:
        browser.call("Page.navigate", url=serve.url)
        seen = set()
        end = time.monotonic() + 30
        while time.monotonic() < end and len(seen - {""}) < 2:
            seen |= {browser.evaluate(lines)}
            time.sleep(0.3)
        said = browser.evaluate("document.querySelector('#fig-loss .dl-live')?.textContent ?? ''")

        assert len(seen - {""}) >= 2
        assert "loss" in said
        assert "other" not in said
        end = time.monotonic() + 30
        while time.monotonic() < end and "data-dl-run" in serve.raw():
            time.sleep(0.3)
        assert "Lines are single runs" in serve.get()
    finally:
        browser.close()

"""The end of a build: ten good runs are published beside four that do their worst, and each of the four is named."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from faults.project import Project

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are followed through /proc")

WORST = {
    "loop": ("timeout=2", "while True:\n    pass", "Timeout: stopped after 2 s"),
    "segfault": ("", "import ctypes\nctypes.string_at(0)", r"Crashed \(SIGSEGV\)"),
    "hog": ('memory="256 MiB"', "hoard = []\nwhile True:\n    hoard.append(bytearray(1 << 24))", "OutOfMemory"),
    "bomb": ("processes=32 timeout=20", "import os\nwhile True:\n    os.fork()", "ProcessLimit|BlockingIOError"),
}


def fence(name: str, options: str, code: str) -> str:
    return f"```python {{{' '.join(filter(None, [f'run={name}', options]))}}}\n{code}\n```\n\n"


def page() -> str:
    parts = ["# Fourteen runs\n\n"]
    for number in range(10):
        code = f"from mkdocs_dlplugin import run\nrun.summary['v'] = 100 + {number}"
        parts.append(fence(f"good-{number}", "", code) + f"Run {number} says `{{run}} good-{number}.v`.\n\n")
        if number in (1, 3, 5, 7):
            name = list(WORST)[number // 2]
            parts.append(fence(name, *WORST[name][:2]))
    return "".join(parts)


def test_a_loop_a_segfault_a_hog_and_a_bomb_cost_themselves_only(tmp_path: Path):
    project = Project(tmp_path / "project")
    text = page()
    project.write("docs/bad.md", text)
    built = project.build()

    assert built.code == 3, built.said
    assert built.records == [f"good-{number}/_/0" for number in range(10)]
    assert not built.left
    assert not built.litter
    shown = built.page("bad")
    for number in range(10):
        assert f"Run {number} says 10{number}" in shown
    first = {name: text[: text.index(f"run={name}")].count("\n") + 1 for name in WORST}
    for name, (_, code, says) in WORST.items():
        told = re.search(rf"docs/bad\.md:(\d+): run '{name}' seed 0: ({says})", built.said)
        assert told, built.said
        assert first[name] <= int(told[1]) <= first[name] + code.count("\n") + 1
        assert f"run '{name}' seed 0: " in shown
    last = built.said.strip().splitlines()[-1]
    assert re.match(r"4 of 14 runs failed \((docs/bad\.md:\d+(, )?){4}\); 10 kept\.", last), last


def test_what_was_kept_beside_failures_is_not_executed_again(tmp_path: Path):
    project = Project(tmp_path / "project")
    project.write("docs/bad.md", page())
    assert project.build().code == 3
    project.write("docs/bad.md", without_the_worst())
    built = project.build()

    assert built.code == 0
    assert " ran " not in built.said


def without_the_worst() -> str:
    text = page()
    for name, (options, code, _) in WORST.items():
        text = text.replace(fence(name, options, code), "")
    return text


def test_a_warning_of_ours_counts_where_warnings_are_errors(tmp_path: Path):
    project = Project(tmp_path / "project")
    code = "import threading, time\nthreading.Thread(target=time.sleep, args=(9,)).start()"
    project.write("docs/bad.md", fence("bad", "", code))

    assert project.build("build", "--strict").code == 1


def test_the_command_line_says_the_same_and_writes_what_a_terminal_can(tmp_path: Path):
    project = Project(tmp_path / "project")
    project.write("docs/größe.md", fence("bad", "", "raise ValueError('é')"))
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"}
    ran = project.build("-m", "mkdocs_dlplugin", "run", command=(), environ=plain)
    status = project.build("-m", "mkdocs_dlplugin", "status", command=(), environ=plain)

    assert ran.code == 3, ran.said
    assert "run 'bad' seed 0: ValueError: \\xe9" in ran.said
    assert "1 of 1 run failed" in ran.said
    assert status.code == 0, status.said
    assert "Traceback" not in ran.said + status.said


def test_a29_numbers_that_come_out_differently_are_found_by_measuring_again(tmp_path: Path):
    project = Project(tmp_path / "project")
    code = "import os\nfrom mkdocs_dlplugin import run\nrun.summary['acc'] = os.urandom(1)[0] / 256 + os.urandom(1)[0]"
    project.write("docs/bad.md", fence("bad", "", code))
    assert project.build().code == 0
    again = project.build("-m", "mkdocs_dlplugin", "verify", command=())

    assert again.code == 6, again.said
    assert "acc" in again.said

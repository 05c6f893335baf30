"""Benchmarks say what was measured beside what was aimed at, and measure what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import sites
from benchmarks.figures import PARTS, Figure, recorded, save, table
from benchmarks.tools import SNIPPETS, TOOLS
from benchmarks.unused import differing

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("values", "target", "verdict"),
    [
        ((1.0, 1.2, 1.1), 1.1, "met"),
        ((1.0, 1.2, 1.2), 1.1, "missed"),
        ((1.0,), None, ""),
        ((), 1.1, "not measured"),
    ],
)
def test_a_figure_is_judged_by_its_median(values, target, verdict):
    assert Figure("a", "b", "c", values, target=target).verdict == verdict


def test_the_table_holds_every_target_beside_its_figure():
    figures = [
        Figure("p", "one", "ours over theirs", (0.5, 0.7, 0.6), target=0.7),
        Figure("p", "two", "other", (), note="none"),
    ]
    lines = [" ".join(line.split()) for line in table(figures).splitlines()]

    assert lines[1] == "met 0.6× ≤ 0.7× p: ours over theirs 0.5 to 0.7 (3)"
    assert lines[2] == "not measured – p: other none"


def test_recording_one_part_keeps_the_others(tmp_path):
    path = tmp_path / "figures.json"
    save([Figure("unused", "x", "old", (1.0,)), Figure("engine", "y", "kept", (2.0,))], path)
    save([Figure("unused", "x", "new", (3.0,))], path)

    assert [(figure.part, figure.label, figure.value) for figure in recorded(path)] == [
        ("engine", "kept", 2.0),
        ("unused", "new", 3.0),
    ]


def test_the_docs_show_figures_of_every_part():
    assert {figure.part for figure in recorded()} == set(PARTS)


def test_a_generated_site_has_a_record_for_everything(site):
    sites.recorded(site.root, 2, 20, plugin=True)
    built = site()

    assert built.code == 0, built.said
    assert built.executed == []
    assert "0." in built.page("page-1")
    assert len(list((site.root / "records").glob("run-*/_/*.json"))) == 20


def test_every_tool_gets_all_snippets(tmp_path):
    for tool in TOOLS:
        tool.write(tmp_path / tool.name, 1, 300)
        text = "".join(file.read_text("utf-8") for file in sorted((tmp_path / tool.name).rglob("*")) if file.is_file())

        assert text.count("optimiser.zero_grad()") == SNIPPETS, tool.name


def test_files_that_differ_are_named(tmp_path):
    for name, text in (("one", "same"), ("other", "same")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.html").write_text(f"{text} Build Date UTC : {name}\n")
        (tmp_path / name / "b.html").write_text(name)
    (tmp_path / "other/c.txt").write_text("")

    assert differing(tmp_path / "one", tmp_path / "other") == ["b.html", "c.txt"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets orphans be adopted")
def test_what_an_orphan_takes_is_counted(tmp_path):
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {burn!r}], start_new_session=True)"
    code = (
        "import sys; from pathlib import Path; from benchmarks.measure import adopt, spend; adopt();"
        f"print(spend([sys.executable, '-c', {parent!r}], Path('.')).cpu)"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert float(said) >= 0.5

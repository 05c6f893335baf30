"""The scripts that are shipped are small, and the one that is built is what its sources say."""

from __future__ import annotations

import gzip
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mkdocs_dlplugin.scene import JS, LICENSES, RUNTIME
from mkdocs_dlplugin.shipped import scripts
from mkdocs_dlplugin.views.scripted import SPOKEN
from mkdocs_dlplugin.words import ENGLISH

ROOT = Path(__file__).parent.parent
TOOL = ROOT / "tools" / "vega-runtime"
SHIPPED = ROOT / "mkdocs_dlplugin" / "assets" / "js"


def test_the_scripts_are_small():
    sizes = {path: len(gzip.compress(content, 9)) for path, content in scripts(explored=True).items()}

    assert sizes[JS] <= 5 * 1024
    assert sizes[RUNTIME] <= 160 * 1024


def test_a_site_that_nobody_can_explore_holds_no_runtime():
    assert list(scripts(explored=False)) == [JS]
    assert list(scripts(explored=True)) == [JS, RUNTIME, LICENSES]


def test_the_script_says_nothing_that_is_not_in_the_catalogue():
    code = (SHIPPED / "dl.js").read_text("utf-8")
    used = set(re.findall(r"\bwords\.(\w+)", code)) | {"at", "one"}

    assert used == {name.removeprefix(SPOKEN) for name in ENGLISH if name.startswith(SPOKEN)}


def test_what_is_shipped_of_the_script_says_what_its_source_says():
    source, shipped = (SHIPPED / "dl.js").read_text("utf-8"), scripts(explored=False)[JS].decode()

    assert [line for line in shipped.splitlines() if line.startswith("//")] == []
    assert [line for line in shipped.splitlines() if line not in {one.strip() for one in source.splitlines()}] == []


def test_the_runtime_is_the_one_that_was_built_last():
    digest, name = (TOOL / "SHA256").read_text().split()

    assert hashlib.sha256((SHIPPED / name).read_bytes()).hexdigest() == digest


def test_the_licences_name_every_package():
    said = (SHIPPED / "vega-runtime.LICENSES.txt").read_text("utf-8")

    assert re.search(r"^vega-view \d+\.\d+\.\d+ \(BSD-3-Clause\)$", said, re.MULTILINE)
    assert re.search(r"^d3-scale \d+\.\d+\.\d+ \(ISC\)$", said, re.MULTILINE)
    assert "Redistributions in binary form must reproduce" in said


@pytest.mark.slow
def test_the_runtime_is_built_to_the_same_bytes(tmp_path):
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("no npm here")
    copy = tmp_path / "tool"
    shutil.copytree(TOOL, copy, ignore=shutil.ignore_patterns("node_modules"))
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0"]
    got = subprocess.run([npm, "ci", *options], cwd=copy, capture_output=True, text=True, timeout=300, check=False)
    if got.returncode and "EINTEGRITY" not in got.stderr:
        pytest.skip(f"its packages cannot be had here: {got.stderr[-200:]}")
    (tmp_path / "built").mkdir()
    subprocess.run([node, "build.js", str(tmp_path / "built")], cwd=copy, check=True, timeout=120, capture_output=True)

    for name in ("vega-runtime.js", "vega-runtime.LICENSES.txt"):
        assert (tmp_path / "built" / name).read_bytes() == (SHIPPED / name).read_bytes()

"""One mkdocs.yml builds under MkDocs, ProperDocs and Zensical, and a reader sees the same numbers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html import unescape
from importlib.util import find_spec

import pytest

PAGE = """
# Trees

```python {run="tree" seeds=3}
#| varies: [data]
from mkdocs_dlplugin import run
run.summary["acc"] = 0.8 + run.seed / 100
```

It reaches `{run} tree.acc`.

## At `{run} tree.acc:.2f`

```yaml {comparison="tbl"}
runs: [tree]
metrics: [acc]
```
"""

CONFIG = """
site_name: x
theme: {name: material, font: false}
plugins: [search, dlplugin]
markdown_extensions: [dlplugin, tables]
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/index.md").write_text(PAGE)
    (tmp_path / "mkdocs.yml").write_text(CONFIG)
    return tmp_path


def build(project, *command):
    env = {k: v for k, v in os.environ.items() if k != "DLPLUGIN_EXECUTION"}
    env |= {"NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    run = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    html = (project / "site/index.html").read_text("utf-8")
    article = re.sub(
        r"<(style|script)\b.*?</\1>", " ", html[html.index("<article") : html.index("</article>")], flags=re.DOTALL
    )
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", article)).split())


def test_mkdocs_shows_results_and_finds_them_in_its_search(project):
    text = build(project, "mkdocs", "build", "--strict")
    index = json.loads((project / "site/search/search_index.json").read_text("utf-8"))

    assert "It reaches 0.81 ± 0.02 (3 seeds)" in text
    found = " ".join(entry["title"] + " " + entry["text"] for entry in index["docs"])
    assert "0.81" in found
    assert "\ue000" not in found


def test_properdocs_builds_the_same_page(project):
    one = build(project, "mkdocs", "build")
    other = build(project, "properdocs", "build", "-f", "mkdocs.yml")

    assert one == other


@pytest.mark.skipif(find_spec("zensical") is None, reason="zensical is not installed")
def test_zensical_shows_what_mkdocs_recorded(project):
    build(project, "mkdocs", "build")
    text = build(project, "zensical", "build", "--clean")

    assert "It reaches 0.81 ± 0.02 (3 seeds)" in text
    assert "Mean over 3 seeds" in text
    assert "\ue000" not in text

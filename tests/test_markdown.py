"""The extension alone: recorded results without MkDocs, as under Zensical or in a script."""

from __future__ import annotations

import subprocess
import sys

import markdown
import pytest

PAGE = """
# Page

```python {run="tree" seeds=3}
#| varies: [data]
from mkdocs_dlplugin import run
run.summary["acc"] = 0.8 + run.seed / 100
```

It reaches `{run} tree.acc`; write it as `` `{run} tree.acc` ``.

```yaml {comparison="tbl"}
runs: [tree]
metrics: [acc]
```
"""


@pytest.fixture
def recorded(site, monkeypatch):
    built = site(PAGE)
    assert built.code == 0
    monkeypatch.chdir(site.root)
    return site.root


def render(**options):
    own = {"page": "index.md", **options}
    return markdown.markdown(PAGE, extensions=["dlplugin", "toc"], extension_configs={"dlplugin": own})


def test_recorded_results_are_shown_without_executing(recorded):
    html = render()

    assert "0.81" in html
    assert 'class="dl-table"' in html
    assert "<code>`{run} tree.acc`</code>" in html
    assert "\ue000" not in html


def test_files_travel_inside_the_page_where_none_can_be_put_beside_it(recorded):
    html = render()

    assert 'href="data:text/csv;base64,' in html
    assert "assets/dl/" not in html


def test_a_missing_result_is_a_box(recorded):
    (recorded / "records/tree/_/1.json").unlink()

    assert "no recorded result" in render()


def test_a_strict_site_refuses_a_missing_result(recorded):
    (recorded / "records/tree/_/1.json").unlink()

    with pytest.raises(Exception, match="no recorded result"):
        render(strict=True)


def test_mkdocs_is_not_needed(recorded):
    code = (
        "import sys, markdown\n"
        "sys.modules['mkdocs'] = None\n"
        "own = {'dlplugin': {'page': 'index.md'}}\n"
        f"html = markdown.markdown({PAGE!r}, extensions=['dlplugin'], extension_configs=own)\n"
        "assert '0.81' in html\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=recorded, check=True)


def test_a_fence_made_by_a_macro_is_an_error_and_is_not_executed(site):
    site.write(
        "macro.py",
        "def on_page_markdown(text, **_):\n    return text + '\\n```python {run=\"ghost\"}\\nx = 1\\n```\\n'\n",
    )
    site.config = {"hooks": ["macro.py"]}
    built = site(PAGE)

    assert "run 'ghost' was not in the page's source when it was read, so it is not executed." in built.said
    assert built.code == 1
    assert "ghost/_/0" not in built.executed

"""The same number reads the same on every page: a page that would make it read otherwise is refused."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

RUNS = """
```python {run="tree" seeds=5 data=made}
#| name: Tree
#| varies: [data]
from mkdocs_dlplugin import run
run.summary["acc"] = 0.812345 + run.seed / 321
run.summary["size"] = 12345
run.session.timings["t"] = {"cpu": 1.234567 + run.seed / 97, "wall": 2.0 + run.seed / 7}
```

```python {run="net" seeds=1 data=made}
#| name: Net
#| varies: [data]
from mkdocs_dlplugin import run
run.summary["acc"] = 0.7
run.summary["size"] = 5
run.session.timings["t"] = {"cpu": 9.0, "wall": 2.0}
```
"""
METRICS = {
    "acc": {"name": "Accuracy", "as": "percent", "tie": 0.01, "range": [0, 1], "better": "higher"},
    "size": {"kind": "exact"},
    "t": {"kind": "timing"},
}
INLINE = "It is `{run} tree.acc`, or `{run} tree.acc:.3f`, for `{run} tree.size`, in `{run} tree.t`; `{run} net.acc`.\n"
TABLE = '\n```yaml {comparison="tbl"}\nruns: [tree, net]\nmetrics: [acc, size, t]\n```\n'
CHART = '\n```yaml {chart="fig"}\nruns: [tree, net]\nkind: dot\nx: acc\n```\n'
CLAIM = (
    '\n```yaml {claim="c%s"}\nstatement: x\nsettings:\n'
    "  one: tree.acc > net.acc\n  two: tree.size > net.size\n  three: tree.t > 0.1\n```\n"
)
FRONT = "---\ndlplugin:\n  metrics:\n    acc: {%s}\n---\n"
SAME = "name: Treffer, as: percent, range: [0, 1], better: lower, tie: 0.2"


def numbers(root: Path) -> dict[tuple[str, ...], dict[str, set[str]]]:
    """By run, metric and format, what is read, and on which pages."""
    found: dict[tuple[str, ...], dict[str, set[str]]] = {}
    for file in (root / "site").rglob("*.html"):
        for element in re.finditer(r'(?s)<a class="dl-num"([^>]*)>(.*?)</a>', file.read_text("utf-8")):
            said = dict(re.findall(r'data-(\w+)="([^"]*)"', element[1]))
            text = unescape(re.sub(r"<[^>]+>", "", element[2])).replace("\u00a0", " ")
            key = said["run"], said["metric"], said["format"], said["value"]
            found.setdefault(key, {}).setdefault(text, set()).add(file.parent.name)
    return found


def test_a_number_reads_the_same_in_a_sentence_a_table_a_caption_and_a_claim(site):
    pages = {
        "index": RUNS + INLINE,
        "table": INLINE + TABLE,
        "chart": FRONT % SAME + INLINE + CHART,
        "claim": FRONT % SAME + CLAIM % 1 + TABLE,
    }
    built = site(pages, metrics=METRICS)
    found = numbers(built.root)

    assert built.code == 0, built.said
    assert {key[:3]: sorted(texts) for key, texts in found.items()} == {
        ("tree", "acc", ""): ["81.9 % ± 0.6"],
        ("tree", "acc", ".3f"): ["0.819 ± 0.006"],
        ("tree", "size", ""): ["12,345"],
        ("tree", "t", ""): ["1.26 s ± 0.02"],
        ("net", "acc", ""): ["70.0 % single run"],
        ("net", "size", ""): ["5"],
        ("net", "t", ""): ["9 s single run"],
    }
    pages = {page for key, texts in found.items() if key[:3] == ("tree", "acc", "") for page in texts["81.9 % ± 0.6"]}
    assert pages == {"site", "table", "chart", "claim"}


@pytest.mark.parametrize(
    "declared",
    ["as: number", "as: percent, range: [0.2, 1]", "as: percent, unit: points", "kind: exact", "as: percent"],
)
@pytest.mark.parametrize("shown", [INLINE, TABLE, CHART, CLAIM % 1])
def test_a_page_that_would_make_a_number_read_otherwise_is_refused(site, declared, shown):
    built = site({"index": RUNS + INLINE, "other": FRONT % declared + shown}, metrics=METRICS)

    assert built.code == 1
    assert built.executed == []
    assert built.said == (
        "docs/other.md:1: metric 'acc' reads otherwise here than on index.md, and both show run 'tree'.\n"
        "  Declare it once, under `metrics` in mkdocs.yml; a page may change `name`, `better`, `tie`."
    )


def test_the_page_of_a_run_reads_as_the_page_of_its_block(site):
    built = site({"index": RUNS, "other": FRONT % "as: number" + "It is `{run} tree.acc`.\n"}, metrics=METRICS)
    without = site(metrics=METRICS, run_pages=False)

    assert built.code == 1
    assert "reads otherwise here than on index.md" in built.said
    assert without.code == 0, without.said


def test_a_page_may_declare_what_only_it_shows(site):
    own = RUNS.replace('run="', 'run="own-')
    built = site(
        {"index": RUNS + INLINE, "other": FRONT % "as: number" + own + "It is `{run} own-tree.acc`.\n"},
        metrics=METRICS,
    )

    assert built.code == 0, built.said
    assert "It is 0.819 ± 0.006" in built.page("other").replace("\u00a0", " ")


def test_a_page_may_show_another_metric_of_the_same_run(site):
    built = site(
        {"index": RUNS, "a": INLINE, "b": FRONT % "as: number" + "It is `{run} tree.size`.\n"},
        metrics=METRICS,
    )

    assert built.code == 0, built.said

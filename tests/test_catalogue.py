"""The catalogue is complete: a site with every block, in a language of its own, says no word that is not in it."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, NavigableString

from mkdocs_dlplugin import words
from mkdocs_dlplugin.views import scripted

PACKAGE = Path(words.__file__).parent

# Authors of this site know only the letters b d f h j k l m p q v w x z: what holds another one is not theirs, and
# the language for tests has accents on all others.
RUNS = """
    # B

    ```python {run="bd" seeds=3 source="tabbed-left"}
    #| name: Bd
    #| tags: {kf: wd}
    #| varies: [data]
    #| data: dd
    from mkdocs_dlplugin import run

    for step in range(4):
        run.log({"kl": 1 / (step + 1), "fm": 0.5 + run.seed / 100 + step / 50}, step=step)
    run.summary["pz"] = 1234
    run.confusion(["b", "d", "b", "d"], ["b", "d", "d", "d"])
    run.images("pix", [[[0, 128], [255, 0]]] * 2, ["b", "d"])
    print(run.seed)
    ```

    ```python {run="hk" seeds=2 source="fold"}
    #| name: Hk
    #| tags: {kf: vd}
    #| params: {mp: [1, 2, 3000], lb: [4, 5]}
    #| varies: [split]
    #| data: dd
    from mkdocs_dlplugin import run

    for step in range(3):
        run.log({"kl": 1 / (step + 2)}, step=step)
    run.summary["fm"] = 0.4 + run.seed / 100 + run.config["lb"] / 50
    run.summary["pz"] = run.config["mp"]
    run.seed
    ```

    ```python {run="xx" seeds=2}
    #| name: Xx
    #| fig-cap: Pl
    import pandas
    from mkdocs_dlplugin import run

    run.summary["fm"] = 0.3
    if run.seed == 0:
        run.summary["lw"] = 0.5
    run.show({"mark": "bar", "data": {"values": [{"b": 1}]}, "encoding": {"x": {"field": "b", "type": "quantitative"}}})
    pandas.DataFrame({"d": range(100)})
    ```

    ```python {run="vv"}
    raise SystemExit(1)
    ```

    ```python {run="zz" eval=false}
    x = 1
    ```

    `{run} bd.fm` `{run} bd.fm - hk(mp=1, lb=4).fm:+pp` `{run} bd.pz` [](#t-b) [](#f-dd)
    """

BLOCKS = """
    ```yaml {comparison="t-b"}
    runs: [bd, "hk(mp=*, lb=*)", xx, vv]
    metrics: [fm, pz]
    group: kf
    sparkline: kl
    ```

    ```yaml {comparison="t-d"}
    runs: [bd, xx]
    metrics: [fm, pz]
    transpose: true
    ```

    ```yaml {comparison="t-f"}
    runs: ["hk(mp=*, lb=*)"]
    metrics: [fm]
    columns: mp
    ```
    """

CHARTS = {
    "dd": 'runs: [bd, "hk(mp=1, lb=4)", vv]\nkind: dot\ny: fm\nreference: {value: 0.5, label: Qz}',
    "ld": "runs: [bd]\nkind: line\ny: kl",
    "lp": 'runs: ["hk(mp=*, lb=4)"]\nkind: line\nx: mp\ny: fm',
    "bx": 'runs: [bd, "hk(mp=1, lb=4)"]\nkind: bar\ny: fm',
    "sx": 'runs: ["hk(mp=*, lb=*)"]\nkind: scatter\nx: pz\ny: fm\ncolor: lb',
    "hm": 'runs: ["hk(mp=*, lb=*)"]\nkind: heatmap\nx: mp\ny: lb\ncolor: fm',
    "hf": 'runs: [bd, "hk(mp=*, lb=*)"]\nkind: hist\nx: fm\nbins: 3',
    "hl": 'runs: ["hk(mp=*, lb=*)"]\nkind: hist\nx: kl\nof: series',
    "pd": 'runs: ["hk(mp=*, lb=*)"]\nkind: line\ny: kl\nfacet: lb',
    "kx": "runs: [bd]\nkind: confusion",
    "mx": 'runs: [bd]\nkind: images\nimages: "pix-*.png"',
    "zx": "runs: [bd]\nfig-alt: B\nfig-cap: Bd\nspec:\n  mark: point\n  encoding: {y: {field: fm, type: quantitative}}",
}

CLAIMS = """
    ```yaml {claim="k-b"}
    statement: Bd hk.
    said_by: {title: Bk, url: "https://b.d/", accessed: "2026"}
    topic: Kd
    ties: {fm: 0.02, reason: Bd.}
    badge: B
    settings:
      Bd 1: bd.fm > hk(mp=1, lb=4).fm
      Bd 2: bd.fm ~ hk(mp=2, lb=5).fm
      Bd 3: bd.pz < hk(mp=1, lb=4).pz
      Bd 4: bd.fm in [0.3, 0.4]
      Bd 5: max(bd.fm, hk(mp=1, lb=4).fm) > 0.9
      Bd 6: xx.fm > bd.fm
    ```

    ```yaml {claim="k-d"}
    statement: Dk.
    verdict: not-testable
    reason: Bd.
    ```

    ```yaml {claims}
    group: verdict
    ```

    ```yaml {changes}
    ```
    """

SAID = {
    "index": RUNS,
    "bd": BLOCKS,
    "fd": "\n\n".join(f'```yaml {{chart="f-{name}"}}\n{text}\n```' for name, text in CHARTS.items()),
    "kd": CLAIMS,
}

METRICS = {"fm": {"name": "Fm", "as": "percent", "better": "higher"}, "pz": {"name": "Pz", "kind": "exact"}}

NAMES = {
    "HTML",
    "Markdown",
    "Benjamini",
    "Hochberg",
    "auto",
    "cpu",
    "CSV",
    "JSON",
    "Vega",
    "Lite",
    "Python",
    "NumPy",
    "SciPy",
    "pandas",
    "mkdocs",
    "dlplugin",
    "Test",
}
"""What is called so in every language."""

FILES = re.compile(r"#[\w-]+|[\w./*-]+\.(md|json|png)\b|^index$")
"""Ids in the test theme's table of contents, and names of files."""

TRANSLATED = re.compile(r"[ACEGINORSTUY]", re.IGNORECASE)


def test_a_site_in_a_language_of_its_own_says_no_word_of_ours_in_english(site):
    pytest.importorskip("vl_convert")
    pytest.importorskip("pandas")
    built = site(
        SAID,
        language=words.PSEUDO,
        metrics=METRICS,
        repository="https://b.d/k",
        licences={"text": "Bd", "code": "Bd", "data": "Hk"},
        byline=True,
    )
    pages = [file for file in (built.root / "site").rglob("*.html") if file.name != "404.html"]
    machine = {
        word for file in (built.root / "records").rglob("*.json") for word in named(json.loads(file.read_text()))
    }
    found = {
        str(file.relative_to(built.root / "site")): sorted(set(strange(file.read_text("utf-8"), machine)))
        for file in pages
    }

    assert len(pages) >= 10
    assert {page: sorted(said) for page, said in found.items() if said} == {}


def named(found: Any) -> Iterator[str]:
    """Find the words that a record calls its machine by."""
    if isinstance(found, dict):
        for name, inner in found.items():
            if isinstance(inner, dict) or name in ("cpu", "os", "isolation", "sandbox", "packages"):
                yield from named(inner)
    elif isinstance(found, str):
        yield from re.findall(r"[^\W\d_]+", found)


def strange(html: str, machine: set[str]) -> Iterator[str]:
    """Find the words that a reader sees or hears and nobody translated, but for those that name the machine."""
    page = BeautifulSoup(html, "html.parser")
    # Code is the author's, and so are the columns of a drawing of his own; boxes repeat what the terminal says.
    for unread in page.select("code, pre, script, style, .dl-error, .dl-stale, #f-zx table"):
        unread.decompose()
    texts = [str(text) for text in page.find_all(string=True) if type(text) is NavigableString]
    for element in page.find_all(True):
        texts += [str(element[name]) for name in ("aria-label", "alt", "title", "data-label") if element.get(name)]
        if element.name == "meta" and element.get("name") == "description":
            texts.append(str(element["content"]))
    for text in texts:
        for word in re.findall(r"[^\W\d_]{2,}", FILES.sub("", text)):
            if word.isascii() and TRANSLATED.search(word) and word not in NAMES | machine:
                yield f"{word}: {' '.join(text.split())[:60]}"


def trees() -> Iterator[ast.Module]:
    """Read the modules that say something."""
    for file in PACKAGE.rglob("*.py"):
        text = file.read_text("utf-8")
        if file.name == "words.py":
            # Only what it says itself, not all that it knows.
            text = "\n".join(re.findall(r"""say\(["'][\w-]+["']""", text)).replace("say(", "")
        yield ast.parse(text)


def asked(tree: ast.Module) -> set[str]:
    """Find the names that a module may ask the catalogue for, whole or put together of what stands in it."""
    words_ = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    names = set(words_)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [
                str(part.value).replace("[", r"\[") if isinstance(part, ast.Constant) else r"[a-z-]+"
                for part in node.values
            ]
            if any(re.fullmatch(r"[a-z-]*-[a-z-]*", part) for part in parts):
                pattern = re.compile("".join(parts))
                names |= {name for name in words.ENGLISH if pattern.fullmatch(name) and made(name, parts, words_)}
    return names


def made(name: str, parts: list[str], known: set[str]) -> bool:
    """Tell whether a name can be put together: by a text that begins or ends it, or else of words of the module."""
    if any(re.fullmatch(r"[a-z-]*[a-z][a-z-]*", part) for part in parts):
        return True
    head, _, rest = name.partition("-")
    return head in known and (rest in known or any(rest == f"{word}-margin" for word in known))


def test_every_text_of_the_catalogue_is_said_somewhere():
    names = set().union(*map(asked, trees()))
    script = (PACKAGE / "assets" / "js" / "dl.js").read_text("utf-8")
    names |= {
        f"{scripted.SPOKEN}{word}"
        for word in re.findall(r"words\.(\w+)|say\(at \? \"(at)\" : \"(one)\"", script)
        for word in word
    }

    assert [name for name in words.ENGLISH if name not in names] == []


def test_every_text_that_is_said_is_in_the_catalogue():
    said = []
    for tree in trees():
        for node in ast.walk(tree):
            called = node.func if isinstance(node, ast.Call) else None
            if getattr(called, "id", "") in ("say", "html") or getattr(called, "attr", "") == "say":
                name = node.args[0] if node.args else None
                if isinstance(name, ast.Constant):
                    said.append(name.value)

    assert len(said) > 200
    assert [name for name in said if name not in words.ENGLISH] == []


def test_the_same_is_not_there_twice():
    texts = Counter(json.dumps(text) for text in words.ENGLISH.values())
    # Seeds that are named and seeds that are counted.
    apart = {"Seeds"}

    assert {text for text, times in texts.items() if times > 1} == {json.dumps(text) for text in apart}

"""A reader follows a number to its run: what stands there, what can be taken along, and the page of all runs."""

from __future__ import annotations

import ast
import csv
import getpass
import gzip
import io
import json
import platform
import re
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote_plus

import pytest

from mkdocs_dlplugin import shelf, words
from mkdocs_dlplugin.fingerprint import digest_code
from mkdocs_dlplugin.model import Record, Run, Where
from mkdocs_dlplugin.results import Group, Place, Results
from mkdocs_dlplugin.views import runlist, source
from tests.faults.hostile_support import forge, set_at

NET = """
    # Page

    ```python {run="net" seeds=2}
    #| name: The net
    #| tags: {family: neural}
    #| varies: [init]
    import random
    from mkdocs_dlplugin import run
    from lib.model import scale

    for step in range(4):
        run.log({"loss": scale(4 - step + run.seed / 10)}, step=step)
    run.summary["acc"] = 0.5 + run.seed / 10
    run.save("note.txt", "kept")
    print("<trained>")
    ```

    ```python {run="grid" seeds=2}
    #| params: {n: [1, 2, 3, 4]}
    from mkdocs_dlplugin import run
    run.log({"loss": 1.0 / run.config.n}, step=0)
    run.log({"loss": 0.5 / run.config.n}, step=1)
    run.summary["acc"] = run.config.n / 10 + run.seed / 100
    ```

    ```python {run="later" uses="net" seeds=2}
    from mkdocs_dlplugin import run
    run.summary["double"] = 2 * run.inputs["net"].metrics["acc"]
    ```
    """

METRICS = {
    "acc": {"name": "Accuracy", "as": "percent", "better": "higher"},
    "loss": {"name": "Loss", "better": "lower"},
}


@pytest.fixture
def built(site):
    site.write("lib/__init__.py", "")
    site.write("lib/model.py", "def scale(x):\n    return x / 2\n")
    site.config = {"site_url": "https://example.org/x/", "repo_url": "https://github.com/a/b"}
    return site(NET, metrics=METRICS)


def downloads(built, page):
    """Return the files that a page offers, by the name they are saved under."""
    links = re.findall(r'<a href="([^"]+)" download="([^"]+)"', built.html(page))
    folder = built.root / "site" / page
    return {name: (folder / href).resolve().read_text("utf-8") for href, name in links}


def test_the_page_of_a_run_begins_with_the_facts(built):
    page = built.page("runs/net")

    assert re.search(r"Defined in docs/index.md:4 Measured \d{4}-\d\d-\d\d On .+ \(CPU, 1 thread\)", page)
    assert "Seeds 0-1; a seed varies the initial weights" in page
    assert "Tags family: neural State complete" in page
    assert "Accuracy 55" in page
    assert page.index("Accuracy 55") < page.index("Loss")
    assert "<trained>" in page


def test_curves_are_drawn_with_a_text_and_their_numbers(built):
    html = built.html("runs/net")
    label = re.search(r'class="dl-small" role="img" aria-label="([^"]+)"', html)

    assert label[1] == "Curve of Loss by step, run net, 2 seeds: from 2.02 to 0.525, steps 0 to 3."
    assert html.count('class="dl-thin"') == 2
    assert '<th scope="row">3</th><td class="dl-number">0.525</td>' in html


def test_code_is_copied_as_it_ran(built):
    blocks = re.findall(r'<code class="language-python">(.*?)</code>', built.html("runs/net"), re.DOTALL)
    code = unescape(re.sub(r"<[^>]+>", "", blocks[0]))

    assert digest_code(code) == json.loads(downloads(built, "runs/net")["net.json"])["code_digest"]
    assert '<span class="kn">' in blocks[0]
    assert all(ast.parse(unescape(re.sub(r"<[^>]+>", "", block))) for block in blocks)


def test_code_is_shown_without_pygments_too(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygments", None)
    source._pygments.cache_clear()
    try:
        assert "x &lt; 1\n</code>" in source.python("x < 1")
    finally:
        source._pygments.cache_clear()


def test_a_published_record_is_complete_and_strict(built):
    def refuse(word):
        raise ValueError(word)

    said = json.loads(downloads(built, "runs/net")["net.json"], parse_constant=refuse)
    record = said["records"][1]

    assert said["seeds"] == [0, 1]
    assert record["metrics"]["acc"] == 0.6
    assert record["series"]["loss"]["value"] == [2.05, 1.55, 1.05, 0.55]
    assert record["output"] == ["<trained>\n"]
    assert record["provenance"]["device"] == "cpu"
    assert record["provenance"]["python"] == platform.python_version()
    assert record["provenance"].keys() >= {"packages", "os", "cpu", "plugin"}
    assert record["started"].endswith("Z")
    assert record["duration_seconds"] >= 0
    assert record["observed"]["modules"].keys() == {"lib/__init__.py", "lib/model.py"}
    assert len(record["key"]) == len(record["results_digest"]) == 64


def test_metrics_and_series_are_tables_for_others(built):
    files = downloads(built, "runs/grid")
    metrics = list(csv.DictReader(io.StringIO(files["grid.csv"])))
    series = list(csv.DictReader(io.StringIO(files["grid.series.csv"])))

    assert {"n": "3", "seed": "1", "metric": "acc", "value": "0.31"} in metrics
    assert {"n": "4", "seed": "0", "series": "loss", "step": "1", "value": "0.125"} in series
    assert len(series) == 16


def test_a_grid_is_one_table_first_and_then_one_fold_per_point(built):
    html = built.html("runs/grid")
    links = re.findall(r'<th scope="row" data-sort="(\d)"><a href="#([^"]+)" title="grid\(n=\d\)">\1</a></th>', html)

    assert links == [(str(n), f"dl-n-{n}") for n in range(1, 5)]
    assert "data-sortable" in html
    assert html.count('class="dl-spark"') == 4
    assert "from 0.25 to 0.125" in html
    for n, name in links:
        # Browsers open a fold for what is inside it.
        assert re.search(rf'<details [^>]*dl-point"><summary>grid\(n={n}\)</summary><span id="{name}">', html)


def test_a_large_grid_has_its_curves_in_the_table_only(site):
    code = """
from mkdocs_dlplugin import run
for step in range(3):
    run.log({"a": step * run.config.n, "b": step, "c": 1.0, "d": 2.0}, step=step)
"""
    built = site(f'```python {{run="grid"}}\n#| params: {{n: {list(range(30))}}}{code}```\n')
    html = built.html("runs/grid")

    assert html.count('class="dl-spark"') == 30
    assert "dl-small" not in html


def test_what_a_run_read_is_listed_and_whether_it_is_the_same(built):
    html, page = built.html("runs/later"), built.page("runs/later")

    assert '<a href="../net/">net/_/0</a>' in html
    assert re.search(r"net/_/0 [0-9a-f]{12} the same", page)
    assert re.search(r"lib/model.py [0-9a-f]{12} the same", built.page("runs/net"))
    assert "def scale" in downloads(built, "runs/net")["model.py"]


def test_commits_and_problems_lead_to_the_repository(built):
    forge(built.root / "records/net/_/0.json", set_at("provenance", "commit", "0123456789ab"))
    (built.root / ".dlplugin/unchanged").unlink()
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    build(load_config(str(built.root / "mkdocs.yml")))
    html = built.html("runs/net")

    assert 'href="https://github.com/a/b/commit/0123456789ab"' in html
    form = unquote_plus(unescape(re.search(r'href="(https://github.com/a/b/issues/new[^"]+)"', html)[1]))
    assert "https://example.org/x/runs/net/" in form
    assert "acc 0.5" in form


@pytest.mark.parametrize("numbered", [False, True], ids=["plain", "lines that can be linked"])
def test_code_is_coloured_as_it_is_on_its_page_and_only_there(site, monkeypatch, numbered):
    lines = {"line_spans": "__span", "anchor_linenums": True}
    highlight = {"pymdownx.highlight": lines if numbered else {}}
    site.config = {"markdown_extensions": ["pymdownx.superfences", highlight]}
    code = "if True:\n    text = 'a < b' # \"why\"\n\n\nacc = 1.0\n"
    own = source.python(code)
    monkeypatch.setattr(source, "_coloured", lambda code: "COLOURED AGAIN")
    built = site(f'```python {{run="net" metrics="acc"}}\n{code}```\n')

    assert ("__codelineno" in built.html()) is numbered
    assert own in built.html("runs/net")


def test_code_that_its_page_makes_more_of_is_coloured_anew():
    linked = '<pre><span></span><code><span class="n">x</span> <a href="https://example.org">1</a>\n</code></pre>'

    assert not list(source.found(linked))


def test_it_can_be_measured_again(built):
    page = built.page("runs/net")

    assert "mkdocs-dlplugin run net --force" in page
    assert "uv run net.py --seed 0" in page
    assert ast.parse(downloads(built, "runs/net")["net.py"])
    assert json.loads(downloads(built, "runs/net")["net.ipynb"])["nbformat"] == 4


def test_nothing_published_says_who_built_it_or_where(built):
    for change in ({"user": "mallory"}, {"host": "their-laptop"}, {"home": "/home/mallory"}):
        forge(built.root / "records/net/_/0.json", set_at("provenance", *next(iter(change.items()))))
    (built.root / ".dlplugin/unchanged").unlink()
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    build(load_config(str(built.root / "mkdocs.yml")))
    files = [
        path for path in (built.root / "site").rglob("*") if path.suffix in (".json", ".csv", ".py", ".ipynb", ".html")
    ]
    private = ["mallory", "their-laptop", str(built.root), str(Path.home()), f"/{getpass.getuser()}/", platform.node()]

    assert len(files) > 15
    assert [
        (path.name, word) for path in files for word in private if len(word) > 3 and word in path.read_text("utf-8")
    ] == []


def test_all_runs_are_on_one_page(built):
    page, html = built.page("runs"), built.html("runs")

    assert "3 runs with 12 recorded results, of 1 page." in page
    assert re.search(r'<th scope="row"><a href="net/">net</a><br><span class="dl-note">The net</span></th>', html)
    assert re.search(r'<td class="dl-number" data-sort="0.55">55', html)
    assert re.search(r"grid 4 points [-\d. %()]+ to [-\d. %()]+", page.replace("\xa0", " ")), page
    assert 'id="dl-runs" class="dl-values" data-sortable' in html
    assert 'data-dl-filter="dl-runs" data-label="Filter" hidden' in html
    assert 'By family</summary><dl><dt>neural</dt><dd><a href="net/">net</a>' in html
    assert 'href="../../runs/"' in built.html("runs/net") or 'href="../"' in built.html("runs/net")


def test_the_page_of_all_runs_is_found_but_not_in_the_way(site):
    site.config = {"theme": "mkdocs", "site_url": "https://example.org/x/", "plugins": ["search", "dlplugin"]}
    built = site('```python {run="net" metrics="v"}\nv = 1\n```\n')
    folder = built.root / "site"
    index = json.loads((folder / "search/search_index.json").read_text("utf-8"))["docs"]

    assert (folder / "sitemap.xml").read_text("utf-8").count("<loc>https://example.org/x/runs/</loc>") == 1
    assert {entry["text"] for entry in index if entry["location"].startswith("runs/")} <= {"", "All runs", "Run net"}
    assert 'href="runs/"' not in built.html().partition('role="main"')[0]
    assert 'rel="stylesheet" href="../assets/dl/dl.css"' in built.html("runs")


def test_it_works_with_pages_that_are_files(site):
    site.config = {"use_directory_urls": False}
    built = site(NET.replace("from lib.model import scale", "scale = float"), metrics=METRICS)
    pages = {name: (built.root / "site/runs" / f"{name}.html").read_text("utf-8") for name in ("index", "net", "later")}

    assert 'href="net.html"' in pages["index"]
    assert 'href="../index.html"' in pages["index"]
    assert 'href="index.html">All runs</a>' in pages["net"]
    assert 'href="net.html"' in pages["later"]


def test_a_page_of_the_authors_own_stays(site):
    built = site({"runs/index": "# My runs\n", "p": '```python {run="net" metrics="v"}\nv = 1\n```\n'})

    assert built.said == ""
    assert "My runs" in built.html("runs")
    assert (built.root / "site/runs/net/index.html").is_file()


def test_a_run_that_is_called_index_has_a_page_too(site):
    built = site('```python {run="index" metrics="v"}\nv = 1\n```\n\n```python {run="b" metrics="v"}\nv = 1\n```\n')

    assert built.code == 0
    assert "Run b" in built.html("runs/b")


def test_without_pages_of_runs_there_is_none_of_all(site):
    built = site('```python {run="net" metrics="v"}\nv = 1\n```\n', run_pages=False)

    assert not (built.root / "site/runs").exists()


def test_a_run_without_results_says_so(site):
    built = site('```python {run="net" seeds=2}\nx = 1\n```\n', execution="never")

    assert "There is no recorded result." in built.page("runs/net")
    assert "0 of 2 results" in built.page("runs")


def test_code_that_is_only_shown_need_not_be_python(site):
    built = site('```python {run="net" eval=false}\nfor each thing: ...\n```\n')

    assert built.code == 0
    assert "for each thing" in re.sub(r"<[^>]+>", "", built.html("runs/net"))
    assert "download=" not in built.html("runs/net")


def test_three_hundred_runs_make_a_small_page():
    results = {}
    groups = []
    for number in range(300):
        run = Run(
            f"run-{number}",
            "x",
            Where(f"docs/p{number % 20}.md", number),
            1,
            "docs/p.md",
            f"p{number % 20}.md",
            seeds=(0, 1, 2),
        )
        said = {"started": f"2026-01-{number % 28 + 1:02}T00:00:00Z", "wall": number / 7, "device": "cpu"}
        records = tuple(
            Record("k", run.name, {}, seed, {"acc": (number * 7 + seed) % 1000 / 1000}, provenance=said)
            for seed in range(3)
        )
        groups.append(Group(run, {}, run.name, records))
        results[run.name] = Results(groups[-1:], {})
    homes = {group.run.name: f"p{number % 20}/" for number, group in enumerate(groups)}
    html = runlist.render(
        groups, lambda run: results[run.name], homes, Place(Where("docs"), "", "runs/", lambda name, _: name)
    )

    assert html.count("<tr>") == 301
    assert len(gzip.compress(html.encode())) < 30_000


def test_pages_of_runs_speak_the_language_of_the_site(site):
    site.write("lib/__init__.py", "")
    site.write("lib/model.py", "def scale(x):\n    return x / 2\n")
    built = site(NET, language=words.PSEUDO)
    pages = {page: built.html(page) for page in ("runs", "runs/net", "runs/grid", "runs/later")}
    again = site(language=words.PSEUDO)
    english = {
        text
        for name, entry in words.ENGLISH.items()
        if name.startswith(("run-", "runs-", "varies-")) and isinstance(entry, str)
        for text in re.split(r"\{\w+\}", entry)
        if len(text.strip(" .,:;")) > 4
    }

    for page, html in pages.items():
        shown = re.sub(r"mkdocs.dlplugin|#dl-\w+", "", built.page(page))
        assert [text for text in english if text.strip() in shown] == [], shown
        assert again.html(page) == html
    assert "~~~" in built.html("runs").partition("</title>")[0]


# Files that are kept over the emptying of a site.


@pytest.fixture
def many(built, site, monkeypatch):
    monkeypatch.setattr(shelf, "MANY", 2)
    site()
    return site


def whole(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_whole_folders_come_back_as_they_were(many):
    first = whole(many.root / "site")
    many()

    assert whole(many.root / "site") == first


def test_what_strangers_put_into_a_folder_goes(many):
    first = whole(many.root / "site")
    for name in ("assets/dl/evil.js", "runs/evil/index.html", "runs/net/more.html"):
        file = many.root / "site" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("stranger", "utf-8")
    some = next((many.root / "site/assets/dl").glob("grid*.csv"))
    some.write_text("touched", "utf-8")
    many()

    assert whole(many.root / "site") == first


def test_what_is_no_longer_wanted_goes(many):
    page = (many.root / "docs/index.md").read_text("utf-8")
    cut = page.index('```python {run="later"')
    built = many({"index": page[:cut]}, metrics=METRICS)

    assert not (built.root / "site/runs/later").exists()
    assert list((built.root / "site/assets/dl").glob("later*")) == []
    assert "Run grid" in built.html("runs/grid")


def test_the_page_says_first_what_came_out(built):
    html = built.html("runs/net")
    facts = re.sub(r"<[^>]+>", " ", re.search(r'<dl class="dl-facts.*?</dl>', html, re.DOTALL)[0])

    assert " ".join(facts.split()).startswith("Accuracy 55 % ± 64 Name The net")


def test_a_run_without_metrics_says_so_and_shows_its_output(site):
    page = site('```python {run="talk"}\nprint("hello")\n```\n').page("runs/talk")

    assert "It recorded no metric." in page
    assert page.index("It recorded no metric.") < page.index("Output hello")


def test_a_run_that_shows_nothing_has_no_section_for_it(site):
    html = site('```python {run="net" metrics="v"}\nv = 1\n```\n').html("runs/net")

    assert 'id="dl-output"' not in html
    assert 'class="dl-ran"' in html


def test_charts_that_a_run_showed_are_drawn_on_its_page_too(site):
    code = """\
class Chart:
    def _repr_mimebundle_(self, **_):
        spec = {"data": {"values": [{"x": 1, "y": 2}]}, "mark": "point",
                "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}}}
        return {"application/vnd.vegalite.v5+json": spec}

Chart()
"""
    html = site(f'```python {{run="chart"}}\n{code}```\n').html("runs/chart")

    assert 'class="dl-chart"' in html
    assert "<svg" in html


@pytest.mark.parametrize(("points", "folded"), [(3, 0), (4, 1)])
def test_output_of_many_points_is_folded_away_as_a_whole(site, points, folded):
    code = 'from mkdocs_dlplugin import run\n\nprint("at", run.config["n"])\n'
    html = site(f'```python {{run="grid"}}\n#| params: {{n: {list(range(points))}}}\n{code}```\n').html()

    assert html.count(f"Output at each of {points} points") == folded
    assert html.count('<div class="dl-output">') == points


@pytest.mark.parametrize(("lines", "reached"), [(3, False), (40, True)])
def test_long_output_can_be_scrolled_with_the_keyboard(site, lines, reached):
    html = site(f'```python {{run="talk"}}\nfor _ in range({lines}):\n    print("hello")\n```\n').html()

    assert ('<pre class="dl-text" tabindex="0" role="region" aria-label="Output">' in html) is reached

"""An author writes a page, builds it, and reads page and terminal."""

from __future__ import annotations

import json
import re

import pytest

from mkdocs_dlplugin.asked import Asked

TREE = """
    # Trees

    ```python {run="tree" seeds=3}
    #| name: A tree
    #| varies: [data]
    #| data: made
    from mkdocs_dlplugin import run

    run.summary["acc"] = 0.8 + run.seed / 100
    print("grown")
    ```
    """

TABLE = """
    ```yaml {comparison="tbl-trees"}
    runs: [tree]
    metrics: [acc]
    tbl-cap: Trees
    ```
    """


def test_a_page_shows_what_its_runs_measured(site):
    built = site(TREE + TABLE)

    assert built.code == 0
    assert built.said == ""
    assert built.executed == ["tree/_/0", "tree/_/1", "tree/_/2"]
    assert "A tree 0.81 ± 0.02" in built.page().replace("\xa0", " ")
    assert "Mean over 3 seeds" in built.page()
    assert "grown" in built.page()
    assert "Ran on" in built.page()


def test_a_recorded_run_is_not_executed_again(site):
    site(TREE)
    built = site(TREE + TABLE, execution="never")

    assert built.executed == []
    assert built.code == 0
    assert "0.81" in built.page()


def test_every_number_links_to_the_page_of_its_run(site):
    built = site(TREE + TABLE)

    assert 'href="runs/tree/"' in built.html()
    assert "Seed 2" in built.page("runs/tree")
    assert "run . summary" in built.page("runs/tree")
    # HTML allows a caption as the first or the last child only.
    assert "interval.</figcaption></figure>" in built.html("runs/tree")


def test_a_comment_a_prose_and_a_display_edit_run_nothing(site):
    site(TREE + TABLE)

    assert site((TREE + TABLE).replace("# Trees", "# Forests")).executed == []
    assert site((TREE + TABLE).replace('print("grown")', 'print("grown")  # at last')).executed == []
    assert site((TREE + TABLE).replace("A tree", "One tree")).executed == []
    assert site("\n\n    Moved down.\n" + TREE + TABLE).executed == []


def test_a_changed_line_of_code_runs_again(site):
    site(TREE)

    assert len(site(TREE.replace("0.8 +", "0.7 +")).executed) == 3


def test_a_seed_written_in_the_code_is_the_jobs_own_before_and_after_more_are_asked_for(site):
    page = """
        ```python {run="plain" metrics="v"}
        seed = 42
        v = seed
        ```
        """
    site(page)
    site(page.replace('metrics="v"', 'metrics="v" seeds=2'))

    values = [json.loads((site.root / f"records/plain/_/{seed}.json").read_text())["metrics"]["v"] for seed in (0, 1)]
    assert values == [0, 1]


@pytest.mark.parametrize(("value", "doubted"), [(0.5, True), (1.0, False)])
def test_seeds_that_give_the_same_are_doubted_unless_nothing_better_could_be_measured(site, value, doubted):
    page = TREE.replace("0.8 + run.seed / 100", str(value))

    said = site(page, metrics={"acc": {"range": [0, 1]}}).said

    assert ("3 seeds gave the same 'acc': is the seed used?" in said) is doubted


def test_an_added_seed_runs_alone(site):
    site(TREE)

    assert site(TREE.replace("seeds=3", "seeds=4")).executed == ["tree/_/3"]


def test_a_helper_module_and_its_helper_run_what_imports_them(site):
    site.write("helpers/__init__.py", "")
    site.write("helpers/outer.py", "from helpers.inner import VALUE\n")
    site.write("helpers/inner.py", "VALUE = 1\n")
    page = """
        ```python {run="uses-helper"}
        from mkdocs_dlplugin import run
        from helpers.outer import VALUE
        run.summary["v"] = VALUE
        ```

        ```python {run="alone"}
        from mkdocs_dlplugin import run
        run.summary["v"] = 1
        ```
        """
    first = site(page)
    site.write("helpers/inner.py", "# a comment\nVALUE = 1\n")
    commented = site()
    site.write("helpers/inner.py", "VALUE = 2\n")
    changed = site()

    assert first.executed == ["alone/_/0", "uses-helper/_/0"]
    assert commented.executed == []
    assert changed.executed == ["uses-helper/_/0"]


def test_a_data_file_runs_what_reads_it(site):
    site.write("data/points.csv", "1\n2\n")
    page = """
        ```python {run="reads"}
        from pathlib import Path
        from mkdocs_dlplugin import run
        run.summary["total"] = sum(int(x) for x in Path("data/points.csv").read_text().split())
        ```
        """
    site(page)
    assert site(page).executed == []
    site.write("data/points.csv", "1\n3\n")

    built = site(page + "\n        The total is `{run} reads.total`.\n")

    assert built.executed == ["reads/_/0"]
    assert "The total is 4" in built.page()


def test_a_file_that_an_author_names_runs_what_depends_on_it(site):
    site.write("data/a.bin", "1")
    page = """
        ```python {run="opaque" depends="data/*.bin"}
        x = 1
        ```
        """
    assert site(page).executed == ["opaque/_/0"]
    assert site(page).executed == []
    site.write("data/b.bin", "2")

    assert site(page).executed == ["opaque/_/0"]


def test_a_run_that_lists_a_folder_runs_again_when_a_file_comes(site):
    site.write("data/a.csv", "1")
    page = """
        ```python {run="lists"}
        from pathlib import Path
        from mkdocs_dlplugin import run
        run.summary["n"] = len(list(Path("data").iterdir()))
        ```
        """
    assert site(page).executed == ["lists/_/0"]
    assert site(page).executed == []
    site.write("data/b.csv", "2")

    assert site(page).executed == ["lists/_/0"]


def test_a_run_over_all_upstream_results_runs_again_when_one_is_added(site):
    page = """
        ```python {run="scan" seeds=2}
        from mkdocs_dlplugin import run
        run.summary["v"] = run.seed
        ```

        ```python {run="sum" uses="scan"}
        from mkdocs_dlplugin import run
        run.summary["total"] = sum(one.metrics["v"] for one in run.inputs.all("scan"))
        ```

        ```python {run="pair" uses="scan"}
        from mkdocs_dlplugin import run
        run.summary["v"] = run.inputs["scan"].metrics["v"]
        ```
        """
    assert len(site(page).executed) == 4
    assert site(page).executed == []

    assert site(page.replace("seeds=2", "seeds=3")).executed == ["scan/_/2", "sum/_/0"]


def test_a_file_target_runs_again_when_it_changes(site):
    site.write("examples/__init__.py", "")
    site.write("examples/cnn.py", "from mkdocs_dlplugin import run\nrun.summary['v'] = 1\n")
    page = """
        ```python {run="cnn" file="examples/cnn.py"}
        ```
        """
    assert site(page).executed == ["cnn/_/0"]
    assert site(page).executed == []
    site.write("examples/cnn.py", "from mkdocs_dlplugin import run\nrun.summary['v'] = 2\n")

    assert site(page).executed == ["cnn/_/0"]


def test_an_upstream_run_with_other_results_runs_what_uses_it(site):
    page = """
        ```python {run="first" seeds=2}
        from mkdocs_dlplugin import run
        unused = 1
        run.summary["v"] = run.seed + 1
        ```

        ```python {run="second" seeds=2 uses="first"}
        from mkdocs_dlplugin import run
        run.summary["w"] = run.inputs["first"].metrics["v"] * 10
        ```

        Seed by seed: `{run} second.w`.
        """
    first = site(page)
    assert first.executed == ["first/_/0", "first/_/1", "second/_/0", "second/_/1"]
    assert site(page).executed == []

    changed = site(page.replace("run.seed + 1", "run.seed + 2"))

    assert changed.executed == ["first/_/0", "first/_/1", "second/_/0", "second/_/1"]


def test_never_means_never_and_says_what_is_missing(site):
    built = site(TREE, execution="never")

    assert built.code == 4
    assert built.executed == []
    assert "docs/index.md:4: run 'tree' has no recorded result." in built.said
    assert "Not run" in built.page() or "no recorded result" in built.page()


def test_the_environment_can_only_tighten(site, monkeypatch):
    monkeypatch.setenv("DLPLUGIN_EXECUTION", "never")

    assert site(TREE, execution="force").code == 4


def test_an_unknown_setting_is_an_error(site):
    built = site(TREE, execusion="never")

    assert built.code == 1
    assert built.executed == []


def test_a_misspelt_option_offers_the_right_one_and_nothing_runs(site):
    built = site('```python {run="tree" sedes=2}\nx = 1\n```\n')

    assert built.said == "docs/index.md:1: 'sedes' is not an option here.\n  Did you mean 'seeds'?"
    assert built.code == 1
    assert built.executed == []


def test_a_misspelt_run_in_a_table_is_found_before_anything_runs(site):
    built = site(TREE + TABLE.replace("[tree]", "[three]"))

    assert "no run is called 'three'.\n  Did you mean 'tree'?" in built.said
    assert built.code == 1
    assert built.executed == []


def test_a_run_that_cannot_be_read_is_one_message_wherever_it_is_named(site):
    built = site((TREE + TABLE).replace("seeds=3", "sedes=3") + "\n    Of `{run} tree.acc` and `{run} bush.acc`.\n")

    assert built.said.count("docs/index.md") == 2
    assert "'sedes' is not an option here" in built.said
    assert "no run is called 'bush'" in built.said


def test_two_runs_of_one_name_are_named_with_both_places(site):
    built = site({"a": TREE, "b": TREE.replace("grown", "felled")})

    assert "docs/a.md:4" in built.said
    assert "docs/b.md:4" in built.said
    assert built.code == 1


def test_runs_that_use_each_other_are_shown_as_a_path(site):
    built = site("""
        ```python {run="a" uses="b"}
        x = 1
        ```

        ```python {run="b" uses="a"}
        x = 1
        ```
        """)

    assert (
        "runs use each other in a circle: a (docs/index.md:2) -> b (docs/index.md:6) -> a (docs/index.md:2)."
        in built.said
    )
    assert built.code == 1


def test_a_failed_run_costs_itself_and_the_build_ends_with_3(site):
    built = site("""
        ```python {run="bad" seeds=2}
        from mkdocs_dlplugin import run

        1 / 0
        ```

        ```python {run="good"}
        from mkdocs_dlplugin import run
        run.summary["acc"] = 0.9
        ```

        Good is `{run} good.acc:.1%`, bad is `{run} bad.acc`.
        """)

    assert built.code == 3
    assert "docs/index.md:5: run 'bad' seeds 0-1 (2 of 2): ZeroDivisionError: division by zero" in built.said
    assert "Good is 90.0" in built.page()
    assert "ZeroDivisionError" in built.page()


def test_a_misspelt_metric_is_said_also_beside_a_failed_run(site):
    built = site("""
        ```python {run="bad"}
        1 / 0
        ```

        ```python {run="good"}
        from mkdocs_dlplugin import run
        run.summary["acc"] = 0.9
        ```

        Good is `{run} good.acuracy`, bad is `{run} bad.acc`.
        """)

    assert "'acuracy' is not a metric of run 'good'.\n  Did you mean 'acc'?" in built.said
    assert "run 'bad' has no result" not in built.said


def test_enough_seeds_make_a_mean_and_the_failed_one_a_warning(site):
    page = """
        ```python {run="shaky" seeds=4 min_seeds=3}
        #| varies: [data]
        from mkdocs_dlplugin import run
        assert run.seed != 2
        run.summary["acc"] = 0.9 + run.seed / 100
        ```

        It reaches `{run} shaky.acc`.
        """
    built = site(page)
    frozen = site(page, execution="never")

    assert built.code == 0
    assert "run 'shaky' seed 2: AssertionError" in built.said
    assert "(3 seeds)" in built.page()
    assert frozen.code == 0
    assert frozen.said == ""


def test_a_run_that_needs_a_failed_run_is_skipped(site):
    built = site("""
        ```python {run="bad"}
        1 / 0
        ```

        ```python {run="after" uses="bad"}
        x = 1
        ```
        """)

    assert "run 'after' seed 0: Skipped: run 'bad', which it uses, has no result." in built.said
    assert built.executed == []


def test_an_inline_value_stands_in_headings_tables_and_alt_text(site):
    built = site(
        TREE
        + """
    ## Reaching `{run} tree.acc:.2f`

    | what | how much |
    | --- | --- |
    | tree | `{run} tree.acc:.2f` |

    A [link to `{run} tree.acc:.2f`](#trees) and escaped ``{run} tree.acc``.
    """
    )

    html = built.html()
    assert html.count('data-run="tree"') >= 2
    assert "Reaching 0.81" in built.page()
    assert 'id="reaching"' in html
    assert "<code>{run} tree.acc</code>" in html
    assert "\ue000" not in html


def test_a_grid_has_points_and_a_bare_name_lists_them(site):
    grid = """
        ```python {run="svm"}
        #| params: {n: [10, 100]}
        from mkdocs_dlplugin import run
        run.summary["acc"] = run.config["n"] / 1000
        ```

        """
    built = site(grid + "At ten: `{run} svm(n=10).acc:.1%`.")
    page = built.page()
    vague = site(grid + "At ten: `{run} svm.acc:.1%`.")

    assert built.executed == ["svm/n=10/0", "svm/n=100/0"]
    assert "At ten: 1.0" in page
    assert "'svm' has several points.\n  Name one of svm(n=10), svm(n=100); or all of them: svm(n=*)." in vague.said


def test_a_claim_carries_its_verdict_and_its_settings(site):
    built = site("""
        ```python {run="a" seeds=5}
        #| varies: [data]
        #| data: made
        #| params: {n: [1, 2]}
        from mkdocs_dlplugin import run
        run.summary["acc"] = 0.90 + run.seed / 1000
        ```

        ```python {run="b" seeds=5}
        #| varies: [data]
        #| data: made
        #| params: {n: [1, 2]}
        from mkdocs_dlplugin import run
        run.summary["acc"] = 0.80 + run.seed / 500
        ```

        ```yaml {claim="a-wins"}
        statement: A is better than B.
        said_by: {title: Somebody, url: "https://example.org/"}
        settings:
          small: a(n=1).acc > b(n=1).acc
          large: a(n=2).acc > b(n=2).acc
        ```
        """)

    assert built.code == 0, built.said
    assert 'data-verdict="supported"' in built.html()
    # Whether the words are the source's own, only the author knows.
    assert "A is better than B. — Somebody" in built.page()
    assert "“" not in built.page()
    assert "2 of 2 settings decided" in built.page()


@pytest.mark.parametrize("execution", ["auto", "never"])
def test_a_record_that_cannot_be_read_ends_with_5_and_a_complete_site(site, execution):
    (site.root / "records/a/_/0.json").mkdir(parents=True)
    built = site('```python {run="a"}\n1\n```\n\nThe end.', execution=execution)

    assert built.code == 5
    assert "it cannot be read" in built.said
    assert "The end." in built.page()


def test_a_damaged_record_is_moved_aside_and_measured_again(site):
    site(TREE)
    record = site.root / "records/tree/_/1.json"
    record.write_text("{")

    built = site(TREE)

    assert built.executed == ["tree/_/1"]
    assert "is not a record" in built.said
    assert json.loads(record.read_text())["run"] == "tree"
    assert list((site.root / ".dlplugin/quarantine").iterdir())


def test_an_edited_number_is_noticed(site):
    site(TREE)
    record = site.root / "records/tree/_/1.json"
    record.write_text(record.read_text().replace("0.81", "0.99"))

    built = site(TREE, execution="never")

    assert built.code == 4
    assert "was edited by hand" in built.said


def test_enabling_the_plugin_changes_no_byte_of_a_site_that_does_not_use_it(site, tmp_path):
    page = '# Plain\n\n```python title="x.py"\nx = 1\n```\n\nSome `code`.\n'
    site.config = {"plugins": [], "markdown_extensions": ["pymdownx.superfences"]}
    site(page)
    plain = (tmp_path / "site/index.html").read_bytes()
    site.config = {"markdown_extensions": ["pymdownx.superfences"]}
    site(page)

    assert (tmp_path / "site/index.html").read_bytes() == plain
    assert not (tmp_path / "site/assets").exists()


TIMED = """
```python {run="a" seeds=3 exclusive=true data=same}
#| varies: [data]
from mkdocs_dlplugin import run
run.summary["acc"] = 0.5 + run.seed / 1000
run.summary["size"] = 12345
run.session.timings["t"] = {"cpu": 1.0 + run.seed / 100, "wall": 1.0}
```

```python {run="b" seeds=3 exclusive=true data=same}
#| varies: [data]
from mkdocs_dlplugin import run
run.summary["acc"] = 0.8 + run.seed / 500
run.summary["size"] = 100
run.session.timings["t"] = {"cpu": 4.0 + run.seed / 100, "wall": 1.0}
```
"""


@pytest.mark.parametrize(
    ("check", "shown"),
    [
        ("b.acc > a.acc", "+30.1 pp ± 0.2 (3 seeds)"),
        ("a.acc in [0.4, 0.6]", "50.1 % ± 0.2 (3 seeds)"),
        ("b.acc / a.acc > 1", "1.601 ± 0.002 (3 seeds)"),
        ("a.size > b.size", "+12,245"),
        ("b.t / a.t > 2", "4.0× (3.9× to 4.1×) (3 seeds)"),
    ],
)
def test_a_claim_shows_what_it_measured_in_its_own_unit(site, check, shown):
    metrics = {
        "acc": {"as": "percent", "tie": 0.01, "range": [0, 1]},
        "size": {"kind": "exact"},
        "t": {"kind": "timing"},
    }
    html = site(
        TIMED + f'\n```yaml {{claim="c"}}\nstatement: x\nsettings:\n  one: {check}\n```\n', metrics=metrics
    ).html()

    assert re.search(r'<data class="dl-diff"[^>]*>(.*?)</data>', html)[1].replace("\u00a0", " ") == shown


def test_a_mistake_in_one_claim_leaves_the_others_their_verdicts(site):
    claim = '\n```yaml {claim="%s"}\nstatement: x\nsettings:\n  one: %s\n```\n'
    built = site(TIMED + claim % ("bad", "a.acc ~ a.acc") + claim % ("good", "b.acc > 0.1"))

    assert built.said.count("a run is compared with itself") == 1
    assert built.page().count("a run is compared with itself") == 1
    assert "Supported" in built.page()


def test_code_and_output_stand_in_two_tabs(site):
    html = site('```python {run="a" source=tabbed-left title="a.py"}\nprint(40 + 2)\n```\n').html()

    assert re.findall(r"<label[^>]*>(.*?)</label>", html) == ["a.py", "Output"]
    code, output = html.split('<div class="dl-tab">')[1:]
    assert "print" in code
    assert "42" not in code
    assert "42" in output


@pytest.mark.parametrize("header", ['run="a" id="here"', 'run="a" #here'])
def test_a_run_can_be_linked_by_its_id(site, header):
    site.config = {"validation": {"anchors": "warn"}, "strict": True}
    built = site(f"```python {{{header}}}\nprint(42)\n```\n\n[See](#here)\n")

    assert '<div id="here">' in built.html()
    assert built.code == 0


def test_pages_of_runs_are_outside_search(site):
    site.config = {"plugins": ["search", "dlplugin"]}
    built = site('```python {run="mlp"}\nprint("in the page")\n```\n')

    index = json.loads((site.root / "site/search/search_index.json").read_text("utf-8"))["docs"]
    assert {"in the page" in entry["text"] for entry in index if not entry["location"]} == {True}
    assert {entry["text"] for entry in index if entry["location"].startswith("runs/")} <= {"", "All runs", "Run mlp"}
    assert "in the page" in built.page("runs/mlp")


def test_ctrl_c_ends_a_build_with_130(site, monkeypatch):
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mkdocs_dlplugin.build.Build.finish", interrupted)

    assert site(TREE).code == 130


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("1\\u202f234\\u00a0%", "1\u202f234\u00a0%"),
        ("\\U0001f469\\u200d\\U0001f4bb", "\U0001f469\u200d\U0001f4bb"),
        ("a\\x07\\x0e\\u202eb\\ue000\\ue010\\ue001", "ab"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
    ],
)
def test_printed_text_keeps_its_characters_and_none_that_do_something(site, printed, shown):
    html = site(f'```python {{run="a" source=none}}\nprint("{printed}")\n```\n').html()

    assert f'<pre class="dl-text"><code>{shown}</code></pre>' in html


def test_a_title_written_as_text_shows_its_value(site):
    page = '---\ntitle: "Rate `{run} a.v:.0%`"\n---\n\n```python {run="a"}\n#| metrics: v\nv = 0.25\n```\n'

    assert "<title>Rate 25 % single run</title>" in site(page).html().replace("\u00a0", " ")


def test_an_inline_value_in_raw_html_is_an_error(site):
    page = '```python {run="a"}\n#| metrics: v\nv = 0.25\n```\n\n<p>It is `{run} a.v`.</p>\n'
    built = site(page)

    assert built.code == 1
    assert built.said.startswith("docs/index.md: `{run} a.v` was not read, and the page shows it as it is.")
    assert site(page.replace("<p>", "").replace("`{run} a.v`", "``{run} a.v``")).code == 0


def test_a_run_that_stands_twice_on_a_page_is_shown_as_each_block_says(site):
    block = '```python {run="a" %s}\nprint(40 + 2)\n```\n'
    built = site(block % "source=none" + "\nbetween\n\n" + block % "result=none")
    first, second = built.page().split("between")

    assert built.executed == ["a/_/0"]
    assert ("42" in first, "print" in first) == (True, False)
    assert ("42" in second, "print" in second) == (False, True)


def test_a_claim_that_two_pages_include_is_judged_once(site):
    site.config = {"markdown_extensions": [{"pymdownx.snippets": {"base_path": [str(site.root)]}}]}
    site.write("part.md", TIMED + '\n```yaml {claim="c"}\nstatement: x\nsettings:\n  one: b.acc > a.acc\n```\n')
    built = site({"index": '--8<-- "part.md"\n', "other": '--8<-- "part.md"\n'})

    for page in ("index", "other"):
        assert "Supported One setting: it passes." in built.page(page)


def test_what_many_pages_share_is_gathered_once(site, monkeypatch):
    gathered = []
    groups = Asked.groups
    monkeypatch.setattr(Asked, "groups", lambda self, records: gathered.append(len(records)) or groups(self, records))
    pages = {f"p{number}": f"\n    Value `{{run}} tree.acc`, page {number}.\n" for number in range(5)}
    built = site({"index": TREE + TABLE, **pages})

    assert "Value 0.81" in built.page("p4")
    assert gathered == [0, 3]  # before anything ran, to check what the pages name; then for all of them

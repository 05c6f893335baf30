"""What stands around a page: when and on what its numbers were measured, how to cite it, how to report a problem."""

from __future__ import annotations

import json
import re
import textwrap
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from mkdocs_dlplugin import words
from mkdocs_dlplugin.model import Record
from mkdocs_dlplugin.pagehtml import into_head, minutes, under_title
from mkdocs_dlplugin.scene import Facts
from mkdocs_dlplugin.views import cite, measured
from mkdocs_dlplugin.views.report import commit_url, issue_url

A = textwrap.dedent("""
    # First & last

    ```python {run="a" seeds=2}
    #| name: Forest
    #| varies: [data]
    from mkdocs_dlplugin import run
    run.summary["acc"] = 0.9 + run.seed / 100
    ```
    """)
B = textwrap.dedent("""
    # Second

    ```python {run="b" seeds=2}
    #| name: Network
    #| varies: [data]
    from mkdocs_dlplugin import run
    run.summary["acc"] = 0.5 + run.seed / 100
    ```

    The forest reaches `{run} a.acc`.
    """)
PLAIN = "# Third\n\nNothing was measured here.\n"
GITHUB = "https://github.com/me/it"


@pytest.fixture
def around(site):
    site.config = {"site_url": "https://example.org/x/", "site_name": "My site", "site_author": "Ada & Co"}
    return site


def foot(built, page="index"):
    found = re.search(r'(?s)<section class="dl-about".*?</section>', built.html(page))
    return found[0] if found else ""


def meta(built, page="index"):
    found = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', built.html(page))
    return {name: unescape(content) for name, content in found}


# -- the foot ---------------------------------------------------------------------------------------------------------


def test_the_foot_says_how_much_was_measured_when_and_with_what(around):
    built = around({"index": A, "other": B, "third": PLAIN})
    day = re.search(r"\d{4}-\d\d-\d\d", foot(built))[0]

    assert "2 results of 1 run, measured" in foot(built)
    assert f'<time datetime="{day}">{day}</time>' in foot(built)
    assert re.search(r"\(CPU, 1 thread\) with Python 3\.\d+\.\d+; mkdocs-dlplugin \d", foot(built))
    assert '<a href="runs/">All runs</a>' in foot(built)
    assert foot(built, "third") == ""


def test_it_counts_the_runs_that_the_page_shows_and_no_others(around):
    built = around(
        {"index": A, "other": B, "third": "# C\n\n```yaml {comparison}\nruns: [a, b]\nmetrics: [acc]\n```\n"}
    )

    assert "2 results of 1 run" in foot(built)
    assert "4 results of 2 runs" in foot(built, "other")
    assert "4 results of 2 runs" in foot(built, "third")
    assert '<a href="../runs/">All runs</a>' in foot(built, "third")


def test_several_days_and_machines_are_named(around):
    around(A)
    for number, (day, cpu) in enumerate((("2026-01-02", "Chip & Co"), ("2026-03-04", "Other"))):
        _edit(around.root / f"records/a/_/{number}.json", started=f"{day}T10:00:00Z", cpu=cpu)
    built = around(execution="never")

    assert "measured 2026-01-02 to 2026-03-04 on Chip & Co (CPU, 1 thread) and Other (CPU, 1 thread)" in built.page()
    assert "Chip & Co" not in foot(built)


def _edit(file, cpu, **provenance):
    """Give a record another date and processor, as if it came from elsewhere."""
    from mkdocs_dlplugin.digests import digest_json

    said = json.loads(file.read_text("utf-8"))
    del said["digest"]
    said["provenance"] |= provenance
    shared = file.parents[2] / "_environments"
    environment = json.loads((shared / f"{said['environment']}.json").read_text("utf-8")) | {"cpu": cpu}
    said["environment"] = digest_json(environment)[:16]
    (shared / f"{said['environment']}.json").write_text(json.dumps(environment), "utf-8")
    file.write_text(json.dumps({**said, "digest": digest_json(said)}), "utf-8")


def test_where_runs_have_no_pages_nothing_is_linked(around):
    assert "All runs" not in foot(around(A, run_pages=False))


def test_licences_that_are_the_same_are_said_together(around):
    built = around(A, licences={"text": "CC BY 4.0", "data": "CC0", "code": "CC0"})

    by, zero = "https://creativecommons.org/licenses/by/4.0/", "https://creativecommons.org/publicdomain/zero/1.0/"
    assert f'Text: <a rel="license" href="{by}">CC BY 4.0</a>' in foot(built)
    assert f'Data and code: <a rel="license" href="{zero}">CC0</a>' in foot(built)


def test_a_licence_of_ones_own_has_the_address_that_is_given(around):
    built = around(A, licences={"text": {"name": "Ours", "url": "https://example.org/terms"}, "code": "Unheard of"})

    assert 'Text: <a rel="license" href="https://example.org/terms">Ours</a> · Code: Unheard of' in foot(built)


@pytest.mark.parametrize(
    ("licences", "said"),
    [
        ({"txt": "MIT"}, "'txt' is not known in licences."),
        ({"text": {"name": "X", "url": "javascript:alert(1)"}}, "is no web address"),
        ({"text": {"nme": "X"}}, "'nme' is not an option of licences: text."),
    ],
)
def test_a_mistake_in_the_licences_is_said(around, licences, said, caplog):
    built = around(A, licences=licences)

    assert built.code == 1
    assert said in caplog.text


@pytest.mark.parametrize(
    ("parts", "there", "gone"),
    [
        (False, [], ["dl-about"]),
        (["cite"], ["Cite this page"], ["measured", "Report"]),
        (["measured", "report"], ["measured", "Report a problem"], ["Cite this page"]),
    ],
)
def test_a_site_chooses_the_parts(around, parts, there, gone):
    built = around(A, page_foot=parts, repository=GITHUB)

    assert [text for text in there if text not in foot(built)] == []
    assert [text for text in gone if text in foot(built)] == []


def test_search_finds_no_foot(around):
    around.config |= {"plugins": ["search"]}
    around.config["plugins"] = ["search", {"dlplugin": {"byline": True}}]
    built = around({"index": A, "other": B})
    index = (built.root / "site/search/search_index.json").read_text("utf-8")

    assert "Cite this page" in built.html()
    assert "Cite this page" not in index
    assert "minute to read" not in index


def test_an_unchanged_site_has_the_same_feet_and_heads(around, monkeypatch):
    from mkdocs_dlplugin.build import Build

    monkeypatch.setattr("mkdocs_dlplugin.inputs.TICK", 0)
    first = around({"index": A, "other": B}, byline=True)
    htmls = [first.html(page) for page in ("index", "other", "runs/b")]
    monkeypatch.setattr(Build, "scan", None)
    again = around(byline=True)

    assert [again.html(page) for page in ("index", "other", "runs/b")] == htmls


def test_in_a_language_of_its_own_the_foot_says_no_english_word(around):
    built = around(A, language=words.PSEUDO, licences={"text": "MIT"}, repository=GITHUB, byline=True)
    text = re.sub(r"<pre>.*?</pre>|<[^>]+>", " ", foot(built), flags=re.DOTALL)

    for word in ("measured", "results", "runs", "Cite", "Report", "Text", "with"):
        assert not re.search(rf"\b{word}\b", text), word


# -- citing -----------------------------------------------------------------------------------------------------------


def test_a_page_is_cited_by_the_day_its_newest_number_was_measured(around):
    built = around(A)
    day = re.search(r"datetime=\"([\d-]+)\"", foot(built))[1]

    assert f"Ada &amp; Co ({day}). First &amp; last. My site. https://example.org/x/" in foot(built)
    assert "@misc{my-site," in foot(built)
    assert "author = &quot;{Ada \\&amp; Co}&quot;" in foot(built)
    assert meta(built)["citation_publication_date"] == day.replace("-", "/")


def test_bibtex_takes_no_sign_for_an_order():
    facts = Facts(
        "a_b/", title="50 % of {x} \\ #1 &amp; more", site_name="S_1", author="A~B", canonical="https://x.y/a_b/"
    )

    assert cite.bibtex(facts, "2026-03-04") == "\n".join(
        (
            "@misc{s-1-a-b,",
            r'  author = "{A\textasciitilde{}B}",',
            r'  title = "{50 \% of \{x\} \textbackslash{} \#1 \& more}",',
            "  year = 2026,",
            "  month = 3,",
            r"  note = {S\_1; newest measurement 2026-03-04},",
            "  url = {https://x.y/a_b/},",
            "}",
        )
    )


def test_a_page_without_a_day_or_an_author_is_cited_by_what_is_known():
    facts = Facts("", title="T", site_name="S")

    assert cite.plain(facts, "") == "S. T. S."
    assert "year" not in cite.bibtex(facts, "")
    assert cite.metadata(facts, "") == [("citation_title", "T"), ("citation_journal_title", "S")]


# -- reporting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("repository", "start", "text"),
    [
        ("https://github.com/me/it.git", "https://github.com/me/it/issues/new?", "body"),
        ("https://gitlab.example.org/me/it/", "https://gitlab.example.org/me/it/-/issues/new?", "issue[description]"),
        ("https://codeberg.org/me/it", "https://codeberg.org/me/it/issues/new?", "body"),
    ],
)
def test_a_report_names_page_run_and_value(repository, start, text):
    address = issue_url(repository, "Wrong", "https://x.y/p/ says that test_acc of mlp(n=100) is 94 % & more.")

    assert address.startswith(start)
    said = parse_qs(urlsplit(address).query)[text][0]
    assert said == "https://x.y/p/ says that test_acc of mlp(n=100) is 94 % & more."


@pytest.mark.parametrize(
    "repository", ["", "https://example.org/me/it", "javascript:alert('github.com')", "/github.com"]
)
def test_nothing_is_linked_where_nobody_knows_how(repository):
    assert issue_url(repository, "a", "b") == ""
    assert commit_url(repository, "abc") == ""


def test_the_foot_links_the_form_with_page_and_runs_in_it(around):
    built = around(B + A.partition("\n\n")[2], repository=GITHUB)
    address = unescape(re.search(r'href="(https://github[^"]+)">Report', foot(built))[1])
    said = parse_qs(urlsplit(address).query)

    assert said["title"] == ["A number on Second"]
    assert "https://example.org/x/ shows numbers of the runs b, a." in said["body"][0]


def test_a_repository_of_the_theme_will_do(around):
    around.config["repo_url"] = GITHUB

    assert f'href="{GITHUB}/issues/new?' in foot(around(A))


# -- the head ---------------------------------------------------------------------------------------------------------


def test_the_head_says_what_the_page_found_where_its_author_does_not(around):
    table = "\n\n```yaml {comparison}\nruns: [a, b]\nmetrics: [acc]\ntbl-cap: Two families\n```\n"
    claim = "\n\n```yaml {claim}\nstatement: The forest wins\nsettings: {here: a.acc > b.acc}\n```\n"
    metrics = {"acc": {"name": "Accuracy", "better": "higher"}}
    built = around({"index": A, "other": B + table, "third": "# C\n" + claim + table}, metrics=metrics)

    assert meta(built)["description"].startswith("Accuracy of Forest: 0.9")
    assert re.match(r"Two families\. Accuracy, best: Forest, 0\.9", meta(built, "other")["description"])
    assert meta(built, "third")["description"].startswith("Supported: The forest wins. One setting: it passes.")
    assert re.search(r"4 results of 2 runs, measured \d{4}-\d\d-\d\d\.$", meta(built, "third")["description"])
    assert meta(built)["og:description"] == meta(built)["description"]


def test_what_the_author_says_stands(around):
    built = around({"index": "---\ndescription: Mine\n---\n" + A})

    assert meta(built)["description"] == "Mine"


def test_what_the_theme_says_is_not_said_twice(around):
    head = '<meta content="x" property="og:title"><meta name=description content="y">'
    around.write("theme/main.html", f"<html><head>{head}</head><body>{{{{ page.content }}}}</body></html>")
    built = _keeping(around, A)

    assert built.html().count("og:title") == 1
    assert built.html().count("description content") == 1
    assert "og:url" in built.html()


def _keeping(around, page):
    around.write("docs/index.md", page)
    around.write(
        "mkdocs.yml",
        json.dumps(
            {**around.config, "theme": {"name": None, "custom_dir": "theme"}, "plugins": [{"dlplugin": {}}]},
        ),
    )
    return around._build()


def test_a_finding_is_as_long_as_search_engines_read_and_harmless(around):
    long = (
        "\n\n```yaml {claim}\nstatement: '"
        + 'A "long" <b>claim</b> & more, ' * 30
        + "'\nsettings: {x: a.acc > 1}\n```\n"
    )
    built = around(A + long)
    said = meta(built)["description"]

    assert 50 <= len(said) <= 300
    assert said.endswith("…")
    assert not set(said) & set('<>"&')


@pytest.mark.parametrize(
    ("parts", "there", "gone"),
    [
        (False, [], ["description", "citation_title", "og:title"]),
        (["citation"], ["citation_title"], ["description", "og:title"]),
        (["social"], ["og:title", "twitter:card"], ["description", "citation_title"]),
    ],
)
def test_a_site_chooses_what_its_heads_say(around, parts, there, gone):
    said = meta(around(A, page_head=parts))

    assert [name for name in there if name not in said] == []
    assert [name for name in gone if name in said] == []


def test_the_page_of_a_run_is_described_too(around):
    said = meta(around({"index": A, "other": B}), "runs/b")

    assert said["description"].startswith("Run b: its code")
    assert said["citation_title"] == "Run b"
    assert said["og:url"] == "https://example.org/x/runs/b/"


def test_elements_go_to_the_end_of_the_head_once():
    page = '<html><head><META NAME="a" content="1"></head><body></head></body></html>'

    assert into_head(page, '<meta name="a" content="2">\n<meta name="b" content="3">') == (
        '<html><head><META NAME="a" content="1"><meta name="b" content="3">\n</head><body></head></body></html>'
    )
    assert into_head("no head", "<meta>") == "no head"


# -- the line under the title -----------------------------------------------------------------------------------------


def test_the_line_under_the_title_says_how_long_it_takes_and_when_it_was_measured(around):
    built = around(A, byline=True)

    assert re.search(r"</h1>\s*<p class=\"dl-byline\"[^>]*>About 1 minute to read. Measured <time", built.html())
    assert "dl-byline" not in around(A).html()


def test_only_prose_is_read():
    prose = "<p>" + "word " * 500 + "</p>"

    assert minutes(prose) == 2
    assert minutes(prose + "<pre>" + "code " * 5000 + "</pre><svg><text>" + "x " * 999 + "</text></svg>") == 2
    assert minutes("") == 1


def test_a_page_without_a_heading_begins_with_the_line():
    assert under_title("<p>x</p>", "<p>line</p>") == "\n<p>line</p>\n<p>x</p>"
    assert under_title("<h1>T</h1><p>x</p>", "") == "<h1>T</h1><p>x</p>"


# -- words ------------------------------------------------------------------------------------------------------------


def test_lists_are_written_as_people_say_them():
    assert measured.listed([]) == ""
    assert measured.listed(["a"]) == "a"
    assert measured.listed(["a", "b", "c"]) == "a, b and c"
    assert measured.listed(list("abcdefgh")) == "a, b, c, d, e, f and 2 more"


def test_what_is_no_day_is_not_taken_for_one():
    said = ["2026-03-04T10:00:00Z", "2026-13-01T10:00:00Z", "<script>", ""]
    records = [Record("k", "a", {}, 0, {}, provenance={"started": started}) for started in said]

    assert measured.days(records) == ["2026-03-04"]
    assert "on an unknown day" in measured.when([])

"""Claims: who says it, what decided it, all of them in one table, and a badge for other sites."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path
from posixpath import join, normpath

import markdown
import pytest

from mkdocs_dlplugin import badges
from mkdocs_dlplugin.lines import title_of, url_of
from mkdocs_dlplugin.words import ENGLISH, PSEUDO

RUNS = """
```python {run="a" seeds=5 data=made source=none}
#| name: Model A
#| varies: [data]
from mkdocs_dlplugin import run
run.summary["acc"] = 0.90 + run.seed / 1000
run.summary["size"] = 12345
```

```python {run="b" seeds=5 data=made source=none}
#| name: Model B
#| varies: [data]
from mkdocs_dlplugin import run
run.summary["acc"] = 0.80 + run.seed / 500
run.summary["size"] = 100
```
"""


METRICS = {
    "acc": {"name": "Accuracy", "as": "percent", "tie": 0.01, "range": [0, 1]},
    "size": {"name": "Parameters", "kind": "exact"},
}


def claim(name: str = "c", **options: object) -> str:
    options = {"statement": "A is better than B.", "settings": {"one": "a.acc > b.acc"}, **options}
    body = "\n".join(f"{key}: {json.dumps(value)}" for key, value in options.items() if value is not None)
    return f'\n```yaml {{claim="{name}"}}\n{body}\n```\n'


def by_hand(name: str, verdict: str, **options: object) -> str:
    return claim(name, settings=None, verdict=verdict, **options)


def ledger(body: str = "", name: str = "all") -> str:
    return f'\n```yaml {{claims="{name}"}}\n{body}\n```\n'


def plain(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def block(html: str, name: str) -> str:
    return re.search(rf'(?s)<(section|figure)[^>]* id="{name}".*?</\1>', html)[0]


# -- one claim --------------------------------------------------------------------------------------------------------


def test_a_claim_shows_everything_that_decides_it(site):
    source = {"title": "T", "author": "N. N.", "year": 2024, "place": "p. 3", "accessed": "2026-11-29"}
    source["url"] = "https://example.org/a?b=1&c=2"
    html = block(site(RUNS + claim(said_by=source), metrics=METRICS).html(), "c")

    assert "— N. N., T , p. 3, 2024, read 2026-11-29" in plain(html)
    assert '<a href="https://example.org/a?b=1&amp;c=2"><cite>T</cite></a>' in html
    assert "Supported One setting: it passes." in plain(html)
    assert "one The accuracy of Model A is higher than that of Model B. passes +9.8 pp ± 0.2 (5 seeds)" in plain(html)
    assert "Model A 90.2 % ± 0.2" in plain(html)
    assert "Model B 80.4 % ± 0.4" in plain(html)
    assert "interval 9.6 to 10.0 pp lies above 0 a.acc > b.acc" in plain(html)
    assert "A difference is a tie where its whole interval lies within ±1 pp." in plain(html)
    assert re.findall(r'data-run="(\w)" data-metric="acc" data-n="5"[^>]* href="runs/', html) == ["a", "b"]
    assert '<data class="dl-diff" value="0.098">' in html


def test_several_people_may_say_it(site):
    said = [{"title": "T", "url": "https://example.org/"}, "A book", "https://example.net/"]
    page = plain(block(site(RUNS + claim(said_by=said)).html(), "c"))

    assert "— T — A book — https://example.net/" in page


def test_numbers_on_both_sides_are_named_where_they_are_of_two_metrics(site):
    text = 'run.summary["acc"] = 0.90 + run.seed / 1000'
    runs = RUNS.replace(text, f'{text}\nrun.summary["loss"] = 0.1 + run.seed / 100')
    page = plain(block(site(runs + claim(settings={"one": "a.acc > a.loss"}), metrics=METRICS).html(), "c"))

    assert "The accuracy of Model A is higher than its loss." in page
    assert "Model A, accuracy 90.2 %" in page
    assert "Model A, loss 0.12" in page


def test_a_tie_margin_of_its_own_prints_itself_and_its_reason(site):
    own = {"acc": 0.2, "reason": "nobody notices."}
    page = plain(block(site(RUNS + claim(ties=own), metrics=METRICS).html(), "c"))

    assert "No difference One setting: it is a tie." in page
    assert "lies inside ±20 pp" in page
    assert "That margin holds for accuracy in this claim alone, ±20 pp in place of ±1 pp: nobody notices." in page


def test_a_verdict_set_by_hand_gives_reason_and_sources(site):
    cited = [{"title": "Book", "url": "https://example.org/", "year": 1959}, {"author": "X"}]
    pages = by_hand("h", "by-sources", reason="So it is.", citation=cited) + by_hand("n", "not-testable", reason="No.")
    html = site(RUNS + pages).html()

    assert "By sources So it is. Sources: Book , 1959; X." in plain(block(html, "h"))
    assert "Not testable here No." in plain(block(html, "n"))
    assert 'data-verdict="by-sources"' in html


def test_a_table_of_chosen_claims_has_them_in_the_order_chosen_and_counts_nothing(site):
    text = RUNS + claim("c") + by_hand("h", "not-testable", reason="-", statement="Who?") + ledger("ids: [h, c]")
    html = block(site(text, metrics=METRICS).html(), "all")

    assert html.index("Who?") < html.index("#c")
    assert "dl-tally" not in html
    assert "checks of this site" not in html


def test_a_chosen_claim_that_is_not_there_offers_the_right_one(site):
    assert "no claim has the id 'cc'.\n  Did you mean 'c'?" in site(RUNS + claim("c") + ledger("ids: [cc]")).said


def test_what_sources_come_to_stands_in_the_verdict_and_in_the_table_of_all_claims(site):
    hand = by_hand("h", "by-sources", reason="Nobody wrote that.", finding="misreported")
    html = site(RUNS + hand + ledger("group: verdict")).html()

    assert "Misreported Nobody wrote that." in plain(block(html, "h"))
    assert '<span class="dl-badge" data-verdict="by-sources">Misreported</span>' in html


def test_a_source_that_the_site_declares_is_named_in_a_word(site):
    known = {"book": {"title": "The Book", "author": "A. Writer", "url": "https://example.org/"}}
    said = [{"source": "book", "place": "p. 3"}, "book", "Another"]
    page = plain(block(site(RUNS + claim(said_by=said), sources=known).html(), "c"))

    assert "— A. Writer, The Book , p. 3" in page
    assert page.count("The Book") == 2
    assert "— Another" in page


def test_a_source_that_nobody_declares_offers_the_right_one(site):
    known = {"book": {"title": "The Book"}}
    built = site(RUNS + claim(said_by={"source": "bok"}), sources=known)

    assert "'bok' in said_by is no source that this site declares.\n  Did you mean 'book'?" in built.said
    assert "`sources` of dlplugin" in site(RUNS + claim(said_by={"source": "bok"})).said


def test_a_misspelt_declaration_of_a_source_is_a_mistake_of_the_configuration(site, caplog):
    built = site("# Home\n", sources={"book": {"yaer": 2020}})

    assert built.code == 1
    assert "'yaer' is not known in sources: book." in caplog.text


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (claim(settings=None), "the claim has no settings."),
        (claim(verdict="by-sources", reason="x"), "a claim with settings gets its verdict from what they measure."),
        (by_hand("c", "not-testable"), "the verdict 'not-testable' needs a `reason`."),
        (by_hand("c", "by-sources"), "the verdict 'by-sources' needs a `reason` or a `citation`."),
        (by_hand("c", "not-testable", reason="x", finding="agree"), "a `finding` is what sources say."),
        (by_hand("c", "by-source", reason="x"), "Did you mean 'by-sources'?"),
        (claim(said_by={"titel": "x"}), "'titel' is not known in said_by.\n  Did you mean 'title'?"),
        (claim(said_by={"place": "p. 3"}), "a source in said_by has no title."),
        (claim(said_by=[3]), "3 in said_by names no source."),
        (claim(said_by={"url": "javascript:alert(1)"}), "the url 'javascript:alert(1)' of said_by is no web address."),
        (
            by_hand("c", "by-sources", citation={"title": "x", "url": "data:text/html,x"}),
            "the url 'data:text/html,x' of citation is no web address.",
        ),
        (claim(ties={"acc": 0.02}), "other tie margins than the declared ones need a metric and a `reason`."),
        (claim(ties={"reason": "x"}), "other tie margins than the declared ones need a metric and a `reason`."),
        (
            claim(ties={"ac": 0.02, "reason": "x"}),
            "'ac' in ties is no metric of this claim.\n  Did you mean 'acc'?",
        ),
        (claim(ties={"acc": "much", "reason": "x"}), "the tie margin of 'acc' must be a number, got 'much'."),
        (claim(ties={"acc": -1, "reason": "x"}), "the tie margin of 'acc' must be a number, got -1."),
    ],
)
def test_a_mistake_in_a_claim_is_told_before_anything_runs(site, written, said):
    built = site(RUNS + written, metrics=METRICS)

    assert built.code == 1
    assert said in built.said
    assert built.said.startswith("docs/index.md:18: ")
    assert built.executed == []


def test_a_timing_has_no_margin_of_its_own(site):
    runs = RUNS.replace('run.summary["size"] = 1', 'run.session.timings["t"] = {"cpu": 1.0, "wall": 1.0}  # 1')
    built = site(runs + claim(settings={"one": "a.t < b.t"}, ties={"t": 1, "reason": "x"}))

    assert "'t' is a timing; timings tie within a factor of 1.25." in built.said


def test_one_id_stands_for_one_claim(site):
    twice = {"index": RUNS + claim(), "other": claim(settings={"one": "b.acc > a.acc"})}
    built = site(twice)
    same = site({"other": claim(statement="A ist besser als B.") + ledger()})

    assert built.said.startswith("docs/other.md:2: claim 'c' checks something else at docs/index.md:18.")
    assert same.code == 0, same.said
    assert "1 of 1 check of this site is decided." in same.page("other")
    assert "A ist besser als B." in same.page("other")


def test_two_claims_do_not_share_a_badge(site):
    built = site(RUNS + claim("a:b") + claim("A-b", statement="Another."))

    assert built.said.startswith("docs/index.md:23: the badge of claim 'A-b' would be that of claim 'a:b' at docs/ind")


# -- all of them ------------------------------------------------------------------------------------------------------

PAGES = {
    "index": "# Start\n" + RUNS + claim("won", topic="speed", said_by={"title": "Blog", "author": "Ann"}),
    "deep/one": "# One\n"
    + claim("lost", statement="B is better.", settings={"one": "b.acc > a.acc"}, topic=["speed", "size"])
    + claim("tied", statement="Same.", settings={"one": "a.acc > a.acc + 0.5 - 0.501"}, topic="size"),
    "deep/two": "---\ntitle: Number Two\n---\n"
    + claim("more", statement="A is bigger.", settings={"one": "a.size > b.size"}, said_by={"title": "Blog"})
    + by_hand("moot", "not-testable", statement="Who knows?", reason="Nobody."),
}
PAGES["deep/one"] = PAGES["deep/one"].replace("a.acc > a.acc + 0.5 - 0.501", "a.acc > 0.902")


@pytest.fixture
def sites(site):
    def build(body: str = "", **more: str):
        return site({**PAGES, "claims": "# Claims\n" + ledger(body), **more}, metrics=METRICS)

    return build


def rows(html: str) -> list[str]:
    return re.findall(r'<tr data-verdict="[\w-]+"><td>.*?<a href="[^"]*#([\w-]+)">', html)


def test_the_table_of_claims_leads_to_each_of_them(sites):
    built = sites()
    html = built.html("claims")
    targets = re.findall(r'</td><td><a href="([^"]+)">', html)

    assert built.code == 0, built.said
    assert rows(html) == ["won", "lost", "tied", "more", "moot"]
    for target in targets:
        path, _, name = target.partition("#")
        page = (built.root / "site" / normpath(join("claims", path)) / "index.html").read_text("utf-8")
        assert f'<section class="dl-claim" id="{name}"' in page
    assert "✓" not in html  # what colour and sign say, words say
    assert "Contradicted One setting: it fails B is better." in built.page("claims")
    assert "Supported One setting: it passes A is better than B. — Ann, Blog" in built.page("claims")


def test_the_summary_counts_what_chance_would_decide(sites):
    page = sites().page("claims")

    assert "3 of 4 checks of this site are decided." in page
    assert "at most about 0.15 of the 3 falsely (0.05 × 3)." in page
    assert (
        "All decided ones hold when at most 5 % of those that hold may be false ( Benjamini & Hochberg 1995 )." in page
    )
    assert "Supported 2 Contradicted 1 Undecided 1 Not testable here 1" in page


def test_what_chance_may_explain_bears_a_mark(site):
    # One check that barely passes, among many that find nothing.
    weak = 'run.summary["acc"] = (0.0, 1.0, 2.0, 3.0, 4.0)[run.seed]'
    runs = RUNS.replace('run.summary["acc"] = 0.90 + run.seed / 1000', weak)
    found = {f"s{number}": "a.acc > 1.9" for number in range(20)}
    built = site(runs + claim("many", settings={"one": "a.acc > 0.03", **found}) + ledger(), metrics={"acc": {}})

    assert "1 decided one does not hold" in built.page()
    assert "it bears a †" in built.page()
    assert "1 passes, 20 undecided, 1 may be chance (†)" in built.page()
    assert "passes † +" not in built.page()
    assert plain(block(built.html(), "many")).count("†") == 2


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("topic: speed", ["won", "lost"]),
        ("topic: [size, speed]", ["won", "lost", "tied"]),
        ("verdict: supported", ["won", "more"]),
        ("verdict: [contradicted, undecided]", ["lost", "tied"]),
        ("page: deep/*", ["lost", "tied", "more", "moot"]),
        ("page: deep/two.md", ["more", "moot"]),
        ("page: deep/two", ["more", "moot"]),
        ("said_by: ann", ["won"]),
        ("said_by: blog\npage: deep/two", ["more"]),
        ("sort: verdict", ["won", "more", "lost", "tied", "moot"]),
        ("sort: statement", ["won", "more", "lost", "tied", "moot"]),
        ("sort: topic", ["tied", "won", "lost", "more", "moot"]),
        ("group: verdict", ["won", "more", "lost", "tied", "moot"]),
        ("group: topic", ["won", "lost", "lost", "tied", "more", "moot"]),
        ("group: article", ["won", "more", "lost", "tied", "moot"]),
        ("verdict: depends", []),
    ],
)
def test_claims_are_chosen_and_ordered(sites, body, names):
    assert rows(sites(body).html("claims")) == names


def test_groups_have_headings_that_readers_know(sites):
    by_page = re.findall(r'colspan="2"><strong>(.*?)</strong>', sites("group: page").html("claims"))
    by_topic = re.findall(r'colspan="2"><strong>(.*?)</strong>', sites("group: topic").html("claims"))

    assert by_page == ["Start", "One", "Number Two"]
    assert by_topic == ["speed", "size", "Others"]
    assert "No claim of this site is so." in sites("verdict: depends").page("claims")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("topic: sped", "no claim has the topic 'sped'.\n  Did you mean 'speed'?"),
        ("verdict: suported", "'verdict' must be one of"),
        ("verdict: suported", "Did you mean 'supported'?"),
        ("page: deep/onn.md", "no page with claims is called 'deep/onn.md'.\n  Did you mean 'deep/one.md'?"),
        ("said_by: Bob", "no claim is said by 'Bob'.\n  Known here: 'Blog'."),
        ("group: date", "'group' must be one of 'topic', 'verdict', 'page', 'article', got 'date'."),
        ("sort: date", "'sort' must be one of"),
        ("topics: speed", "'topics' is not an option of claims.\n  Did you mean 'topic'?"),
    ],
)
def test_a_filter_that_nothing_can_pass_is_a_mistake(sites, body, said):
    built = sites(body)

    assert built.code == 1
    assert said in built.said
    assert built.executed == []


def test_the_table_can_be_taken_away_as_data(sites):
    built = sites("tbl-cap: All there is")
    files = {kind: next((built.root / "site/assets/dl").glob(f"all-*.{kind}")) for kind in ("json", "csv")}
    data = json.loads(files["json"].read_text("utf-8"))
    table = list(csv.DictReader(io.StringIO(files["csv"].read_text("utf-8"))))

    assert [said["id"] for said in data["claims"]] == ["won", "lost", "tied", "more", "moot"]
    assert data["claims"][0]["url"].endswith("#won")
    assert data["claims"][0]["said_by"] == [{"title": "Blog", "author": "Ann"}]
    assert data["claims"][1]["settings"][0]["check"] == "b.acc > a.acc"
    assert data["claims"][1]["settings"][0]["mean"] == pytest.approx(-0.098)
    assert data["checks_of_the_site"]["decided"] == 3
    assert data["checks_of_the_site"]["decided_by_chance_if_nothing_differed"] == 0.15
    assert [(row["claim"], row["outcome"], row["seeds"]) for row in table] == [
        ("won", "pass", "5"),
        ("lost", "fail", "5"),
        ("tied", "undecided", "5"),
        ("more", "pass", "5"),
        ("moot", "", ""),
    ]
    for file in files.values():
        assert f'assets/dl/{file.name}" download' in built.html("claims")


def test_a_claim_that_cannot_be_judged_is_not_in_the_table(site):
    built = site(RUNS + claim("bad", settings={"one": "a.acc ~ a.acc"}) + claim("good") + ledger())

    assert rows(built.html()) == ["good"]
    assert built.said.count("a run is compared with itself") == 1


def test_a_table_without_claims_says_so(site):
    built = site(RUNS + ledger())

    assert built.code == 0, built.said
    assert "0 of 0 checks of this site are decided." in built.page()
    assert "No claim of this site is so." in built.page()


def test_what_stands_on_other_pages_is_shown_again_and_noticed(sites, site, monkeypatch):
    from mkdocs_dlplugin.build import Build

    reads = []
    scan = Build.scan
    monkeypatch.setattr(Build, "scan", lambda build, pages: reads.append(1) or scan(build, pages))
    monkeypatch.setattr("mkdocs_dlplugin.inputs.TICK", 0)
    first = sites()
    whole = first.html("claims"), (first.root / "site/badges/won.svg").read_bytes()
    again = site(metrics=METRICS)

    assert reads == [1]
    assert (again.html("claims"), (again.root / "site/badges/won.svg").read_bytes()) == whole

    changed = site({"deep/one": "# One\n" + claim("lost", statement="B wins.")}, metrics=METRICS)

    assert reads == [1, 1]
    assert "B wins." in changed.page("claims")
    assert "Same." not in changed.page("claims")


def test_the_extension_alone_shows_claims_of_all_pages(sites, monkeypatch):
    built = sites()
    monkeypatch.chdir(built.root)
    text = (built.root / "docs/claims.md").read_text("utf-8")
    own = {"dlplugin": {"page": "claims.md"}}
    html = markdown.markdown(text, extensions=["dlplugin"], extension_configs=own)

    assert rows(html) == ["lost", "tied", "more", "moot", "won"]
    assert 'href="data:application/json;base64,' in html
    assert 'class="dl-data dl-embed"' not in html


# -- badges -----------------------------------------------------------------------------------------------------------


def test_every_claim_with_an_id_has_a_badge_at_a_place_that_stays(sites):
    built = sites()

    assert sorted(file.name for file in (built.root / "site/badges").iterdir()) == [
        "lost.svg", "moot.svg", "more.svg", "tied.svg", "won.svg",
    ]  # fmt: skip
    drawn = ET.fromstring((built.root / "site/badges/won.svg").read_bytes())
    assert drawn.get("role") == "img"
    assert drawn.find("{*}title").text == "A is better than B. Supported: One setting: it passes."
    assert [text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")] == ["won", "Supported"]


@pytest.mark.parametrize(
    ("address", "image", "page"),
    [
        ("https://example.org/x/", "https://example.org/x/badges/lost.svg", "https://example.org/x/deep/one/#lost"),
        ("", "badges/lost.svg", "deep/one/#lost"),
    ],
)
def test_a_badge_comes_with_what_embeds_it(sites, site, address, image, page):
    site.config = {"site_url": address} if address else {}
    built = sites()
    html = block(built.html("deep/one"), "lost")

    assert f"[![B is better: Contradicted]({image})]({page})" in html
    assert unescape(html).count(f'<img src="{image}" alt="B is better: Contradicted">') == 1
    assert ("put it before the paths" in html) is (not address)
    assert '<img src="../../badges/lost.svg"' in html


@pytest.mark.parametrize("verdict", badges.COLOURS)
def test_a_badge_is_small_and_can_be_read(verdict):
    from tests.test_palette import contrast

    word = ENGLISH[f"verdict-{verdict}"]
    drawn = badges.badge("W" * 99, verdict, str(word), '"<&>\U0001f600\u4e00' * 200)

    assert len(drawn) <= badges.LARGEST
    assert ET.fromstring(drawn) is not None
    for colour in (badges.COLOURS[verdict], badges.GREY):
        assert contrast(colour, "#ffffff") >= 4.5
    # Its edge stands out from light and from dark pages.
    edge = re.search(rb'stroke="(#\w+)"', drawn)[1].decode()
    assert min(contrast(edge, page) for page in ("#ffffff", "#1e2129")) >= 3


def test_a_badge_holds_no_more_than_text():
    drawn = badges.badge("<script>x</script>", "supported", "a\u202eb\x00\ue000c", "]]></title><script/>\ud800")

    assert [part.tag.partition("}")[2] for part in ET.fromstring(drawn).iter() if part.text == "abc"] == ["text"]
    assert b"<script" not in drawn
    assert b"\x00" not in drawn


@pytest.mark.parametrize(
    ("name", "path"),
    [("small-data", "badges/small-data.svg"), ("a:b.c", "badges/a-b.c.svg"), ("", ""), ("..", ""), ("é", "")],
)
def test_a_badge_stays_in_its_folder(name, path):
    assert badges.path(name) == path


def test_a_badge_is_as_wide_as_its_words():
    assert badges.width("iiii") < badges.width("nnnn") < badges.width("WWWW")
    assert badges.width("é") == badges.width("e")
    assert badges.width("") == 0


def test_a_badge_may_have_words_of_its_own(site):
    built = site(RUNS + claim(badge="A beats B"))

    assert b">A beats B</text>" in (built.root / "site/badges/c.svg").read_bytes()


# -- strangers --------------------------------------------------------------------------------------------------------

ATTACK = '"><script>window.PWNED=1</script>{n}`${x}](javascript:alert(1))'


def test_nothing_an_author_writes_becomes_markup(site):
    said = {"title": ATTACK, "author": ATTACK, "place": ATTACK, "url": "https://example.org/?q=" + ATTACK}
    written = claim("c", statement=ATTACK, said_by=said, topic=ATTACK, badge=ATTACK, settings={ATTACK: "a.acc > b.acc"})
    hand = by_hand("h", "by-sources", statement=ATTACK, reason=ATTACK, citation=said)
    tied = claim("t", ties={"acc": 0.5, "reason": ATTACK})
    built = site(RUNS + written + hand + tied + ledger("group: topic\ntbl-cap: x"), metrics=METRICS)

    assert built.code == 0, built.said
    assert "<script>" not in built.html()
    assert b"<script>" not in (built.root / "site/badges/c.svg").read_bytes()
    assert len(re.findall(r'(?:href|src)="javascript:', built.html())) == 0
    assert ATTACK in built.page()


# -- languages --------------------------------------------------------------------------------------------------------


def test_a_german_site_judges_in_german_and_keeps_its_data_as_they_are(site):
    built = site(RUNS + claim(ties={"acc": 0.2, "reason": "egal"}) + ledger(), metrics=METRICS, language="de")
    page = built.page().replace("\u00a0", " ")
    table = next((built.root / "site/assets/dl").glob("all-*.csv")).read_text("utf-8")

    assert "Kein Unterschied Eine Prüfung: gleichauf." in page
    assert "Accuracy ist bei Model A höher als bei Model B. gleichauf +9,8 PP ± 0,2 (5 Seeds)" in page
    assert "Intervall 9,6 bis 10,0 PP liegt innerhalb von ±20 PP" in page
    assert "der Zufall allein höchstens etwa 0,05 der 1 falsch (0,05 × 1)" in page
    assert ",0.09799" in table
    assert '<data class="dl-diff" value="0.098">' in built.html()


def test_in_a_language_of_its_own_a_claim_says_no_english_word(site):
    text = claim(ties={"acc": 0.2, "reason": "-"}) + by_hand("h", "not-testable", reason="-") + ledger("group: topic")
    page = site(RUNS + text, metrics=METRICS, language=PSEUDO).page()
    english = r"(?i)\b(settings?|decided|passes|tie|interval|lies|higher|checks|chance|verdict|embed|outcome|others)\b"

    assert re.findall(english, page.replace("a tie", "")) == []


# -- small things -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# One *two*\n\ntext", "One two"),
        ("---\ntitle: 'Three'\n---\n# Four\n", "Three"),
        ("text\n\n```python\n# not a title\n```\n# Nor this\n", ""),
        ("# Rate `{run} a.v`\n", ""),
        ("# Five { #anchor }\n", "Five"),
        ("no heading", ""),
    ],
)
def test_a_page_is_called_as_its_heading_says(text, title):
    assert title_of(text) == title


@pytest.mark.parametrize(
    ("name", "folders", "url"),
    [
        ("index.md", True, "./"),
        ("a.md", True, "a/"),
        ("a/index.md", True, "a/"),
        ("a/README.md", True, "a/"),
        ("a/b.md", True, "a/b/"),
        ("index.md", False, "index.html"),
        ("a/b.md", False, "a/b.html"),
        ("a/README.md", False, "a/index.html"),
    ],
)
def test_a_page_lies_where_generators_put_it(name, folders, url):
    from mkdocs.structure.files import File

    assert url_of(name, folders=folders) == url
    assert File(name, "docs", "site", folders).url == url


def test_docs_name_every_verdict():
    text = (Path(__file__).parent.parent / "docs/plugin/blocks.md").read_text("utf-8")

    assert [word for word in badges.COLOURS if f"`{word}`" not in text] == []

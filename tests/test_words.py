"""What the plugin says to readers has one place, and a site may say it in its own language and words."""

from __future__ import annotations

import json
import re
from importlib import resources

import pytest

from mkdocs_dlplugin import words
from mkdocs_dlplugin.config import settings
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.model import Where

RUN = """
    ```python {run="a" seeds=2}
    #| varies: [data]
    from mkdocs_dlplugin import run

    run.summary["acc"] = 0.5 + run.seed / 10
    ```

    It reaches `{run} a.acc`.
    """


def test_one_and_many_are_said_differently():
    assert words.say("seeds", n=1) == "1 seed"
    assert words.say("seeds", n=5) == "5 seeds"


def test_what_is_said_around_html_is_escaped():
    words.speak("en", {"range": "<{low} & {high}>"})

    assert words.html("range", low="<b>1</b>", high="2") == "&lt;<b>1</b> &amp; 2&gt;"


def test_a_site_may_use_words_of_its_own(site):
    built = site(RUN, words={"seeds": {"one": "{n} try", "other": "{n} tries"}})

    assert "(2 tries)" in built.page()


def test_a_misspelt_text_is_refused(site):
    built = site(RUN, words={"sedes": "x"})

    assert built.code == 1


def test_in_a_language_of_its_own_a_page_says_no_english_word(site):
    built = site(RUN, language=words.PSEUDO)

    assert "2 šééd" in built.page()
    assert "seeds)" not in built.page()


TRANSLATIONS = sorted((resources.files("mkdocs_dlplugin") / "assets" / "words").iterdir(), key=str)


@pytest.mark.parametrize("file", TRANSLATIONS, ids=lambda file: file.name)
def test_a_translation_has_our_names_and_puts_in_what_we_put_in(file):
    said = json.loads(file.read_text("utf-8"))

    assert file.name.endswith(".json")
    assert [name for name in said if name not in words.ENGLISH] == []
    assert {name: problem for name, entry in said.items() if (problem := words.strange(name, entry))} == {}
    for name, entry in said.items():
        assert isinstance(entry, str) == isinstance(words.ENGLISH[name], str), name
        assert words._places(words.ENGLISH[name]) == words._places(entry), name


def test_the_german_of_the_plugin_is_whole():
    said = json.loads((resources.files("mkdocs_dlplugin") / "assets" / "words" / "de.json").read_text("utf-8"))

    assert [name for name in words.ENGLISH if name not in said] == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ({"one": "{n} Seed"}, "has other forms than `one` and `other`"),
        ("{count} Seeds", "asks for {count}, which is not known here"),
        ("{n Seeds", "has a brace without its partner"),
        (3, "is no text"),
    ],
)
def test_a_text_that_could_not_be_said_is_refused(text, problem):
    with pytest.raises(DLError, match=re.escape(f"the text 'seeds' {problem}.")):
        settings({"words": {"seeds": text}}, Where("mkdocs.yml"), {})


def test_a_german_site_says_numbers_the_german_way(site):
    built = site(RUN, language="de-AT")

    assert "0,6 ± 0,6 (2 Seeds)" in built.page().replace("\u00a0", " ")
    assert 'data-value="0.55"' in built.html()


GERMAN = """
    ```python {run="a" seeds=2}
    #| params: {n: [1000, 2000]}
    #| varies: [data]
    from mkdocs_dlplugin import run

    for step in range(3):
        run.log({"acc": 0.5 + run.seed / 10 + step / 7}, step=step)
    ```

    ```yaml {chart="fig-steps"}
    runs: [a(n=1000)]
    y: acc
    x: step
    ```

    ```yaml {chart="fig-cells"}
    runs: ["a(n=*)"]
    kind: line
    x: n
    y: acc
    ```
    """


def test_files_of_a_german_site_are_written_for_programs(site):
    built = site(GERMAN, language="de")
    files = {f.name.split("-")[1].split(".")[0]: f.read_text("utf-8") for f in (built.root / "site").rglob("fig-*.csv")}

    assert files["steps"].startswith("run,step,mean,low,high,seeds,values\n")
    assert "1000,0.8357" in files["cells"]
    assert "n 2.000: a" in built.page()
    assert "Bei Schritt 2" in built.page()
    assert re.search(r"0,8\d*", built.page())

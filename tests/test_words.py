"""What the plugin says to readers has one place, and a site may say it in its own language and words."""

from __future__ import annotations

import pytest

from mkdocs_dlplugin import words

RUN = """
    ```python {run="a" seeds=2}
    #| varies: [data]
    from mkdocs_dlplugin import run

    run.summary["acc"] = 0.5 + run.seed / 10
    ```

    It reaches `{run} a.acc`.
    """


@pytest.fixture(autouse=True)
def english():
    yield
    words.speak("en")


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

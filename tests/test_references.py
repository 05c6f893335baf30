"""The references of this site: written where a work is cited, listed in one place."""

from __future__ import annotations

from pathlib import Path

from tests.hooks import load

ROOT = Path(__file__).parent.parent
HISTORY = """
It began early.[^net] And late.[^code]

[^net]: W. McCulloch and W. Pitts, [A logical calculus](https://doi.org/1),
    Bulletin 5, 1943. Abstract read.
[^code]: `models.py` of the [repository](https://example.org/), 2020.
[^book]: T. Mitchell, *Machine Learning*, 1997.
[^remark]: Not in every year.

```yaml {claim="old"}
statement: It is old.
citation:
  - {title: A logical calculus, author: W. McCulloch, year: 1943, url: "https://doi.org/1", accessed: 2026-11-29}
  - {title: Perceptrons, author: "M. Minsky, S. Papert", year: 1969, place: "NIPS; not looked up by us"}
  - {source: ibm, place: here}
```
"""


references = load("references")


def test_footnotes_and_citations_are_gathered_by_the_name_of_the_first_author():
    works = references.collect([("terms/history.md", HISTORY)])

    assert [work.title for work in works] == ["A logical calculus", "Perceptrons", "Machine Learning"]


def test_remarks_and_places_in_code_are_no_works():
    said = "\n".join(work.text for work in references.collect([("a.md", HISTORY)]))

    assert "models.py" not in said
    assert "Not in every year" not in said


def test_where_a_work_stands_keeps_its_capitals():
    (work,) = (work for work in references.collect([("a.md", HISTORY)]) if work.title == "Perceptrons")

    assert "NIPS; not looked up by us." in work.text


def test_a_work_that_two_pages_cite_is_one_entry():
    again = "[^x]: W. S. McCulloch, [A Logical Calculus](https://example.org/other), 1943.\n"
    (work,) = (
        work
        for work in references.collect([("terms/history.md", HISTORY), ("how/a.md", again)])
        if work.title == "A logical calculus"
    )

    assert work.pages == ["terms/history.md", "how/a.md"]
    assert "Bulletin 5, 1943. Abstract read." in work.text


def test_two_works_of_one_name_stay_two():
    notes = "[^a]: Y. LeCun, [Deep learning](https://a.org/), 2015.\n[^b]: I. Goodfellow, *Deep Learning*, 2016.\n"

    assert [work.order[0] for work in references.collect([("a.md", notes)])] == ["goodfellow", "lecun"]


def test_what_we_read_of_it_is_said():
    minsky = next(w for w in references.collect([("a.md", HISTORY)]) if w.title == "Perceptrons")

    assert minsky.text == "M. Minsky, S. Papert, *Perceptrons*, 1969. NIPS; not looked up by us."


def test_each_entry_links_the_pages_that_cite_it():
    works = references.collect([("terms/history.md", HISTORY)])

    assert "Cited in [A short history](../terms/history.md)." in references.listed(
        works, {"terms/history.md": "A short history"}
    )


def test_a_link_within_the_site_is_no_work():
    (work,) = references.collect([("a.md", "[^y]: A. Author, *Book*, 1999; see [below](b.md).\n")])

    assert (work.url, work.text) == ("", "A. Author, *Book*, 1999; see below.")

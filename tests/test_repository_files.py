"""The files that say what this repository is: how to cite it, under which terms, and what every reader can expect."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
SITE = re.search(r"site_url: (\S+)", (ROOT / "mkdocs.yml").read_text("utf-8"))

# What version 1.2.0 of the format asks for, as far as we use it; each value is held against a pattern.
REQUIRED = {"cff-version": r"1\.2\.0", "message": r".+", "title": r".+"}
OPTIONAL = {
    "type": r"software|dataset",
    "abstract": r"(?s).+",
    "version": r"\d+\.\d+\.\d+",
    "license": r"MIT",
    "repository-code": r"https?://\S+",
    "url": r"https?://\S+",
    "date-released": r"\d{4}-\d\d-\d\d",
}
LISTS = {"authors", "keywords"}
PERSON = {"family-names", "given-names", "name-particle", "name-suffix", "affiliation", "orcid", "email", "website"}
ENTITY = {"name", "address", "city", "country", "email", "orcid", "website", "date-start", "date-end"}


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_the_citation_says_what_the_format_asks_for(name):
    assert re.fullmatch(REQUIRED[name], str(CITATION[name]))


def test_the_citation_says_nothing_that_the_format_does_not_know():
    known = {**REQUIRED, **OPTIONAL}
    wrong = [name for name, said in CITATION.items() if name in known and not re.fullmatch(known[name], str(said))]

    assert set(CITATION) - set(known) - LISTS == set()
    assert wrong == []


def test_the_citation_names_its_authors_as_persons_or_as_entities():
    assert CITATION["authors"]
    for author in CITATION["authors"]:
        assert set(author) <= (ENTITY if "name" in author else PERSON)
    assert [author["name"] for author in CITATION["authors"]] == [author["name"] for author in PROJECT["authors"]]
    assert all(isinstance(word, str) for word in CITATION["keywords"])


def test_the_citation_is_that_of_this_version_at_its_addresses():
    assert CITATION["version"] == PROJECT["version"]
    # The others are those of the runtime that comes with it.
    assert PROJECT["license"].split(" AND ")[0] == CITATION["license"]
    assert CITATION["repository-code"] == PROJECT["urls"]["Source"]
    assert CITATION["url"] == PROJECT["urls"]["Documentation"] == SITE[1]


def test_the_terms_of_text_data_and_code_are_the_same_everywhere():
    config, readme = ((ROOT / name).read_text("utf-8") for name in ("mkdocs.yml", "README.md"))

    assert "Text, data and code under the MIT licence." in config
    assert "licences: { text: MIT, data: MIT, code: MIT }" in config
    assert re.search(
        r"(?s)## Licence.*\[MIT licence\]\(LICENSE\): the code, the text of the site, and the data", readme
    )


def test_what_is_linked_is_there():
    for name in ("README.md", "ACCESSIBILITY.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text("utf-8")
        linked = [target for target in re.findall(r"\]\(([^)#:]+)\)", text) if not (ROOT / target).exists()]
        assert linked == [], name


def test_the_promises_say_what_nobody_has_checked():
    text = (ROOT / "ACCESSIBILITY.md").read_text("utf-8")
    unchecked = text.partition("## What is not checked")[2]

    for word in ("NVDA", "VoiceOver", "Safari", "forced colours"):
        assert word in unchecked


def test_what_is_published_as_source_holds_these_files():
    text = (ROOT / "pyproject.toml").read_text("utf-8")

    for name in ("CITATION.cff", "ACCESSIBILITY.md"):
        assert f'"{name}"' in text

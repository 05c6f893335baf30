"""The fault matrix, B8 and B9: what runs show and strangers record of it runs nowhere, and breaks no build."""

from __future__ import annotations

import json
import random
import re
import typing
from dataclasses import replace
from typing import Any

import pytest

from mkdocs_dlplugin import kept, vetting
from mkdocs_dlplugin.fingerprint import digest_bytes
from mkdocs_dlplugin.model import PICTURES, Output, Run, Where
from mkdocs_dlplugin.results import Group, Place
from mkdocs_dlplugin.store import parse, serialise
from mkdocs_dlplugin.vetting import Damaged
from mkdocs_dlplugin.views import output

from .hostile_browser import program, served
from .hostile_support import RECORD, forge, plain_record, png, set_at, sign
from .test_hostile import NO_DRAWING, ODDITIES, PAYLOADS

needs_browser = pytest.mark.skipif(program() is None, reason="no Chromium is installed")


def shows(texts: list[str]) -> list[dict[str, Any]]:
    """Write every attack in every way that a record can show it."""
    found: list[dict[str, Any]] = []
    for text in texts:
        frame = {"shape": [9, 1], "index": 1, "names": [text] * 2, "types": [text] * 2, "rows": [[text, text]]}
        spec = {"title": text, "data": {"values": [{text: text, "b": 1}]}, "mark": "bar", "description": text}
        wrapped = (
            *(text, f"<p>{text}", f"<a href='{text}'>x</a>", f'<a href="{text}">x</a>', f'<img src="{text}">'),
            *(f"<h2>{text}</h2><h3>{text}</h3>", f"<table><tr><td>{text}", f"<p title='{text}'>{text}</p>"),
        )
        found += [{"kind": "html", "text": one, "plain": text} for one in wrapped]
        found += [
            {"kind": "markdown", "text": one} for one in (text, f"# {text}", f"[x]({text})", f"|a|\n|-|\n|{text}|")
        ]
        found.append({"kind": "table", "text": json.dumps({**frame, "above": 0, "left": 0})})
        found.append({"kind": "vega", "text": json.dumps(spec)})
        found.append({"kind": "text", "text": f"\x1b[31m{text}\x1b[0m"})
    return found


PAGE = "# Page\n\n" + "\n\n".join(
    f'```python {{run="r{number}"}}\nx = {number}\n```' for number in range(len(PAYLOADS))
)


@needs_browser
@pytest.mark.parametrize("theme", [{"name": None, "custom_dir": "bare"}, {"name": "material", "font": False}])
def test_b8_no_attack_that_a_record_shows_runs_in_a_browser(site, browser, theme, monkeypatch):
    monkeypatch.setenv("NO_MKDOCS_2_WARNING", "1")
    monkeypatch.setattr("mkdocs_dlplugin.vega.Renderer._drawn", lambda *_: "<svg></svg>")
    site.write("bare/main.html", "<!doctype html><title>x</title><body>{{ page.toc }}{{ page.content }}</body>")
    site.config = {"theme": theme, "markdown_extensions": ["attr_list", "md_in_html", "toc", "tables"]}
    site(PAGE)
    for number, text in enumerate(PAYLOADS):
        forge(site.root / f"records/r{number}/_/0.json", set_at("outputs", shows([text])))
    built = site(execution="never")
    with served(site.root / "site") as url:
        seen = browser.open(url)

    assert built.code == 0
    assert built.html().count('class="dl-html') > 5 * len(PAYLOADS)
    assert (seen["pwned"], seen["found"]) == ("undefined", [])


@needs_browser
def test_b8_no_attack_that_a_value_shows_runs_in_a_browser(site, browser):
    code = f"""
from mkdocs_dlplugin import run


class Html:
    def __init__(self, text):
        self.text = text

    def _repr_html_(self):
        return self.text

    def __repr__(self):
        return self.text


for text in {PAYLOADS!r}:
    run.show(Html(text))
"""
    site.write("bare/main.html", "<!doctype html><title>x</title><body>{{ page.content }}</body>")
    site.config = {"theme": {"name": None, "custom_dir": "bare"}}
    built = site(f'```python {{run="a" source=none}}\n#| outputs: 200\n{code}```\n')
    kinds = [one["kind"] for one in json.loads((site.root / "records/a/_/0.json").read_bytes())["outputs"]]
    with served(site.root / "site") as url:
        seen = browser.open(url)

    assert built.code == 0
    assert kinds.count("html") > 60
    assert (seen["pwned"], seen["found"]) == ("undefined", [])


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="2"/>'
JPG = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x0b\x08\x00\x02\x00\x03\x01"
FRAME = {"shape": [1, 1], "index": 0, "names": ["a"], "types": ["int64"], "rows": [[1]], "above": -1, "left": -1}


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ({"kind": "pdf", "text": ""}, "shows 'pdf'"),
        ({"kind": "html", "text": 1}, "is 1, not a text"),
        ({"kind": "html", "text": "x" * 2_000_001}, "not a text of at most"),
        ({"kind": "html", "plain": "x" * 10_001}, "not a text of at most"),
        ({"kind": "table", "text": "<b>"}, "has a table that is not a record"),
        ({"kind": "table", "text": "[1]"}, "has a table that is not a record"),
        ({"kind": "table", "text": "{}"}, "has a table without 'shape'"),
        ({"kind": "table", "text": json.dumps({**FRAME, "rows": [[1, 2]]})}, "rows differ in length"),
        ({"kind": "table", "text": json.dumps({**FRAME, "rows": [[{}]]})}, "not a number"),
        ({"kind": "table", "text": json.dumps({**FRAME, "index": 2})}, "rows differ in length"),
        ({"kind": "table", "text": json.dumps({**FRAME, "above": -2})}, "not a whole number"),
        ({"kind": "table", "text": '{"rows": NaN}'}, "NaN is not JSON"),
        ({"kind": "vega", "text": '{"a": 1e999}'}, ""),
        ({"kind": "vega", "text": '{"a":' * 3000 + "1" + "}" * 3000}, "nested too deeply"),
        ({"kind": "vega", "text": '{"a": 1, "a": 2}'}, "stands twice"),
        ({"kind": "svg", "asset": "none.svg"}, ""),
    ],
)
def test_i13_what_a_record_cannot_show_makes_it_damaged_or_is_left_out(shown, said):
    value = plain_record()
    value["outputs"] = [shown]
    if said:
        with pytest.raises(Damaged, match=re.escape(said)):
            parse(sign(value))
    else:
        assert parse(sign(value)).outputs[0].kind == shown["kind"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.svg", SVG, ""),
        ("a.svg", SVG.replace(b"/>", b"><script>1</script></svg>"), "holds <script>"),
        ("a.svg", b"\x89PNG", "is no SVG"),
        ("a.jpg", JPG, ""),
        ("a.jpg", b"<svg/>", "is no JPEG"),
        ("a.jpg", JPG.replace(b"\x00\x02\x00\x03", b"\xff\xff\xff\xff"), "pixels"),
        ("a.jpg", JPG[:12], "is no JPEG"),
    ],
)
def test_b9_a_picture_is_what_its_name_says_and_no_bomb(name, content, said):
    if said:
        with pytest.raises(Damaged, match=re.escape(said)):
            kept.check(name, content)
    else:
        kept.check(name, content)


def test_b9_a_picture_is_shown_as_what_it_is(site):
    site('```python {run="a"}\nx = 1\n```\n')
    file = site.root / "records/a/_/0.json"
    (site.root / "records/a/_/0").mkdir()
    (site.root / "records/a/_/0/f.svg").write_bytes(SVG)
    forge(file, set_at("assets", {"f.svg": digest_bytes(SVG)}))
    forge(file, set_at("outputs", [{"kind": "svg", "asset": "f.svg"}]))
    html = site(execution="never").html()
    forge(file, set_at("outputs", [{"kind": "png", "asset": "f.svg"}]))
    other = site(execution="never")

    assert re.search(r'<img src="assets/dl/a-0-f-\w{8}\.svg" alt="[^"]+" width="4" height="2" loading="lazy">', html)
    assert other.code == 4
    assert "shows a figure as what it is not" in other.said


def mutated(value: Any, chance: random.Random) -> Any:
    """Change one place of a value into something else."""
    if isinstance(value, dict) and value and chance.random() < 0.85:
        name = chance.choice(list(value))
        return {**value, name: mutated(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.85:
        at = chance.randrange(len(value))
        return [*value[:at], mutated(value[at], chance), *value[at + 1 :]]
    new = chance.choice(ODDITIES)
    return new(value) if callable(new) else new


FRAMES = [
    {**FRAME, "shape": [90, 40], "names": ["", "b"], "types": ["str", "float64"], "index": 1, "left": 1, "above": 1,
     "rows": [["x", 1.5], ["y", None], ["z", 20000]]},
    {"data": {"values": [{"a": "x", "b": 1}, {"a": "y", "b": 2.5}]}, "mark": {"type": "bar"}, "title": {"text": "t"},
     "encoding": {"x": {"field": "a"}, "y": {"field": "b", "aggregate": "mean"}}, "config": {"mark": {"color": "red"}}},
]  # fmt: skip


@pytest.mark.parametrize(("kind", "value"), list(zip(("table", "vega"), FRAMES, strict=True)))
def test_i13_a_table_or_chart_with_other_values_is_damaged_or_shown(kind, value):
    chance = random.Random(8)
    run = Run("mlp", "x = 1", Where("docs/p.md", 1), 2, "docs/p.md", "p.md")
    drawn = 0
    for _ in range(3000):
        other = value
        for _ in range(chance.randint(1, 3)):
            other = mutated(other, chance)
        try:
            text = json.dumps(other, ensure_ascii=False)
            record = parse(serialise(replace(RECORD, outputs=(Output(kind, text),)), "0", "0"))
        except (Damaged, ValueError, UnicodeError):
            continue
        shown = output.Shown((Group(run, {}, "MLP", (record,)),))
        html = output.render(shown, Place(run.where, "", "p/", lambda name, _: name), lambda *_: png(), NO_DRAWING)
        drawn += kind == "vega" or "<table" in html

    assert drawn > 300


def test_records_of_before_are_read_as_they_were():
    value = plain_record()
    value["outputs"] = [{"kind": "text", "text": "a\n"}, {"kind": "png", "asset": "fig-1.png"}]
    record = parse(sign(value))

    assert record.outputs == (Output("text", "a\n"), Output("png", asset="fig-1.png"))
    assert json.loads(serialise(record, "0", "0"))["outputs"] == value["outputs"]


def test_each_kind_of_output_has_its_check():
    kinds = typing.get_args(typing.get_type_hints(Output)["kind"])

    assert set(vetting.OUTPUTS) == set(kinds)
    assert set(PICTURES) <= set(kept.KINDS)

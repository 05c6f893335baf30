"""The fault matrix, section I and output: what strangers record, and what authors name, is text and stays text."""

from __future__ import annotations

import ast
import contextlib
import getpass
import importlib.util
import json
import os
import random
import re
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from mkdocs.commands.build import build as build_site
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from mkdocs_dlplugin import placeholders, specs
from mkdocs_dlplugin.collect import tidy
from mkdocs_dlplugin.engines.inline import Inline
from mkdocs_dlplugin.errors import DLError
from mkdocs_dlplugin.fingerprint import digest_bytes
from mkdocs_dlplugin.model import Metric, Record, Run, Where, place
from mkdocs_dlplugin.reporting import Reporter, harmless
from mkdocs_dlplugin.results import Group, Place, Results
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.slim import slim, trusted
from mkdocs_dlplugin.standalone import Kit
from mkdocs_dlplugin.store import Damaged, parse
from mkdocs_dlplugin.vega import Failed, Renderer
from mkdocs_dlplugin.views import chart, claim, comparison, output, runlist, runpage

from .hostile_browser import program, served
from .hostile_support import ROOT, build, forge, plain_record, png, project, set_at, sign

PAYLOADS = [
    line for line in (ROOT / "tests/cases/xss.txt").read_text("utf-8").split("\n") if line and not line.startswith("# ")
]
BENIGN = "words"
needs_browser = pytest.mark.skipif(program() is None, reason="no Chromium is installed")


def quoted(value: Any) -> str:
    """Write a value so that YAML reads it back letter by letter, on one line."""
    return json.dumps(value)


# A site in which everything that can be named is named by an attacker.


def point(text: str) -> str:
    """Return what can be a parameter: a record is named after it, so a long attack is one of the others."""
    return text if len(place("", {"m": text}, 0)) < 150 else "<img src=x onerror=window.PWNED=1>"


def run_block(number: int, text: str) -> str:
    """Write a run whose author names everything after *text*; every fifth fails with it."""
    fails = f"raise ValueError({text!r})  # {text}" if number % 5 == 4 else ""
    return f"""\
```python {{run="r{number}"}}
#| name: {quoted(text)}
#| tags: {quoted({"family": text})}
#| title: {quoted(text)}
#| source: {("above", "fold", "tabbed-left")[number % 3]}
#| fig-cap: {quoted(text)}
#| fig-alt: {quoted(text)}
#| params: {quoted([{"m": point(text)}])}
from mkdocs_dlplugin import run

print({text!r})
run.log({{"m{number}": 0.5, "loss": 1.0}}, step=0)
run.log({{"m{number}": 0.75, "loss": 0.5}}, step=1)
{fails}
```

A number: `{{run}} r{number}(m=*).m{number}`, ![`{{run}} r{number}(m=*).m{number}`](x.png).

"""


def grid(texts: Sequence[str]) -> str:
    """Write a run at many points, whose labels stand over each output and in headings."""
    points = quoted([{"m": text} for text in dict.fromkeys(map(point, texts))])
    return (
        f'```python {{run="grid"}}\n#| params: {points}\nfrom mkdocs_dlplugin import run\n\nprint(run.config.m)\n```\n'
    )


def views(texts: Sequence[str]) -> str:
    """Write blocks over all runs that did not fail."""
    kept = [(number, text) for number, text in enumerate(texts) if number % 5 != 4]
    rows = [{f"r{number}(m=*)": text} for number, text in kept]
    table = {"runs": rows, "metrics": ["loss", *(f"m{number}" for number, _ in kept[:9])], "tbl-cap": texts[0]}
    blocks = [("comparison", "tbl-all", {**table, "group": "family"})]
    for number, text in kept:
        cited = {"citation": {"title": text, "author": text, "year": text, "place": text}}
        said = {"statement": text, "said_by": {"title": text, "url": "https://example.org/?" + text}}
        said |= {"topic": [text], "badge": text}
        blocks.append(("claim", f"c{number}", {**said, "settings": {text: f"r{number}(m=*).m{number} < 9"}}))
        blocks.append(("claim", f"h{number}", {"statement": text, "verdict": "by-sources", "reason": text, **cited}))
    blocks.append(("claims", "ledger", {"group": "topic", "tbl-cap": texts[0]}))
    axis = {"field": "loss", "title": texts[0]}
    more = {"reference": {"value": 0.6, "label": texts[1], "source": texts[2]}, "group": "family", "fig-cap": texts[3]}
    # Every fourth of all, for drawing more takes long; those that failed are named in the caption.
    some = [{f"r{number}(m=*)": text} for number, text in enumerate(texts)][::4]
    blocks.append(("chart", "dots", {"runs": some, "kind": "dot", "x": axis, **more}))
    link = {"value": 0.5, "label": texts[6], "source": 'https://example.org/?"><img src=x onerror=window.PWNED=1>'}
    more = {"reference": [more["reference"], link], "fig-alt": texts[4], "x": {"field": "step", "title": texts[5]}}
    blocks.append(("chart", "lines", {"runs": rows[:12], "y": axis, **more}))
    for number, text in enumerate(texts):
        if number % 5 == 4:  # without a result there is nothing to draw, and the caption says so
            empty = {"runs": [{f"r{number}(m=*)": text}], "kind": "dot", "x": "loss", "fig-cap": text}
            blocks.append(("chart", f"empty-{number}", empty))
    return "\n".join(f'```yaml {{{kind}="{name}"}}\n{quoted(body)}\n```\n' for kind, name, body in blocks)


def write_site(root: Path, texts: Sequence[str]) -> None:
    """Write the project: a page that shows everything, and a page whose file name is an attack, too."""
    (root / "docs").mkdir(parents=True)
    (root / "bare").mkdir()
    (root / "bare/main.html").write_text("<!doctype html><title>x</title><body>{{ page.content }}</body>", "utf-8")
    runs = "\n".join(run_block(number, text) for number, text in enumerate(texts))
    (root / "docs/index.md").write_text(f"# Page\n\n{runs}\n{grid(texts[::3])}\n{views(texts)}\n", "utf-8")
    (root / "docs" / ODD).write_text('---\ntitle: Odd\n---\n# Odd\n\n```python {run="odd"}\n1 / 0\n```\n', "utf-8")
    metrics: dict[str, Any] = {
        f"m{number}": {"name": text, "unit": text, "kind": "exact"} for number, text in enumerate(texts)
    }
    metrics["loss"] = {"name": texts[0], "unit": texts[1], "better": "lower"}
    config = {
        "site_name": "Hostile",
        "plugins": ["search", {"dlplugin": {"metrics": metrics}}],
        "markdown_extensions": ["attr_list", "md_in_html", "admonition", "toc", "tables", "pymdownx.highlight"],
        "nav": [{"Page": "index.md"}, {"Odd": ODD}],
    }
    for name, theme in THEMES.items():
        (root / f"{name}.yml").write_text(yaml.safe_dump({**config, "theme": theme}), "utf-8")


ODD = "<img src=x onerror=window.PWNED=1>\"'.md"
THEMES: dict[str, Any] = {
    "bare": {"name": None, "custom_dir": "bare"},
    "mkdocs": "mkdocs",
    "material": {
        "name": "material",
        "font": False,
        "features": ["content.code.copy", "content.tooltips", "content.code.annotate", "search.suggest"],
    },
}


def poison(root: Path, texts: Sequence[str]) -> None:
    """Put *texts* into every field of every record."""
    for file in sorted((root / "records").glob("r*/*/0.json")):
        text = texts[int(file.parts[-3].removeprefix("r"))]

        def change(value: dict[str, Any], text: str = text) -> None:
            value["run"] = value["results"] = text
            value["outputs"] = [{"kind": "text", "text": text}, {"kind": "png", "asset": f"{text}.png"}]
            value["assets"] = {f"{text}.png": text}
            value["notes"] = [text, f"\ue000\ue010\ue001{text}"]
            value["metrics"] |= {text: 0.5, "n_test": -1}
            value["series"] |= {text: {"step": [0, 1], "value": [1, 2]}}
            value["timings"] = {text: {"cpu": 1.0, "wall": 1.0}}
            value["observed"]["files"] = {text: None}
            names = ("started", "cpu", "device_name", "os", "python", "plugin", "commit", "code")
            value["provenance"] |= dict.fromkeys(names, text) | {"packages": {text: text}, text: text}
            value["provenance"]["options"] |= {"threads": text}

        forge(file, change)


@contextlib.contextmanager
def unguarded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take records as they are, so that only what pages do with them stands between a stranger and a reader."""
    with monkeypatch.context() as patch:
        patch.setattr("mkdocs_dlplugin.vetting.check", lambda value: None)
        patch.setattr("mkdocs_dlplugin.store.Store._check_assets", lambda *_: None)
        patch.setattr("mkdocs_dlplugin.store.Store.asset", lambda *_: png())
        yield


SITES = ("own-bare", "own-material", "vetted-bare", "unguarded-bare", "unguarded-mkdocs", "unguarded-material")
"""Built as its author does; then from forged records, which are vetted, or are taken as they are."""


@pytest.fixture(scope="module")
def hostile_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site of attackers in all ways that are looked at, one folder each."""
    root = tmp_path_factory.mktemp("hostile")
    write_site(root, PAYLOADS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NO_MKDOCS_2_WARNING", "1")
        for name in SITES:
            how, theme = name.split("-")
            if theme == "material" and importlib.util.find_spec("material") is None:
                continue
            if how != "own" and not (root / "vetted-bare").exists():
                poison(root, PAYLOADS)
            with unguarded(patch) if how == "unguarded" else contextlib.nullcontext():
                code = rebuild(root, name, theme, frozen=how != "own")
            assert code == (3 if how == "own" else 4)
    return root


def rebuild(root: Path, name: str, theme: str, *, frozen: bool) -> int:
    """Build a site in this process into a folder of its own; return the exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mkdocs_dlplugin.build.start_engine", lambda *_: Inline())
        if frozen:
            patch.setenv("DLPLUGIN_EXECUTION", "never")
        try:
            build_site(load_config(str(root / f"{theme}.yml"), site_dir=str(root / name)))
        except Abort as end:
            return int(end.code or 0)
    return 0


@needs_browser
@pytest.mark.parametrize("name", SITES)
def test_i13_nothing_that_is_recorded_or_named_runs_in_a_browser(hostile_root, browser, name):
    site = hostile_root / name
    if not site.exists():
        pytest.skip("this theme is not installed")
    pages = [file.relative_to(site).as_posix() for file in sorted(site.rglob("*.html")) if file.name != "404.html"]
    runs = [page for page in pages if page.startswith("runs/")]
    assert len(runs) == len(PAYLOADS) + 3
    (site / "frames.html").write_text("<!doctype html><title>All</title><body>", "utf-8")
    with served(site) as url:
        seen = [browser.open(url + quote(page)) for page in pages if page not in runs or page in runs[:2]]
        if name.endswith("bare"):
            seen += browser.open_all(f"{url}frames.html", [url + page for page in runs])
        else:
            seen.append(browser.search(url, "number"))
            assert seen[-1]["hits"], "the search found nothing"

    assert min(one["text"] for one in seen) > 10
    assert [one for one in seen if one["pwned"] != "undefined" or one["found"]] == []


@needs_browser
def test_what_runs_in_a_browser_is_noticed(tmp_path, browser):
    for number, text in enumerate(PAYLOADS):
        (tmp_path / f"{number}.html").write_text(
            f'<body><div>{text}</div><p title="{text}">x</p><a href="{text}">', "utf-8"
        )
    (tmp_path / "frames.html").write_text("<!doctype html><body>", "utf-8")
    with served(tmp_path) as url:
        seen = browser.open_all(f"{url}frames.html", [f"{url}{number}.html" for number in range(len(PAYLOADS))])

    assert sum(one["pwned"] != "undefined" for one in seen) > 60
    assert sum(one["pwned"] != "undefined" or bool(one["found"]) for one in seen) > 80


# What views make of numbers that no run would have measured.


def changed(chance: random.Random) -> dict[str, Any]:
    """Change a record at one to three places into what it might have been."""
    value = plain_record()
    for _ in range(chance.randint(1, 3)):
        at: Any = value
        while True:
            names = list(at) if isinstance(at, dict) else list(range(len(at)))
            if not names:
                break
            name = chance.choice(names)
            below = at[name]
            if isinstance(below, dict | list) and below and chance.random() < 0.8:
                at = below
                continue
            new = chance.choice(ODDITIES)
            at[name] = new(below) if callable(new) else new
            break
    return value


ODDITIES: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        7,
        0.5,
        -0.0,
        1e308,
        -1e308,
        5e-324,
        2**53 + 1,
        10**300,
        "",
        "x",
        "1",
        "\0",
        "\ud800",
    ),
    *(
        [],
        {},
        [1],
        [None],
        ["x"],
        {"a": 1},
        {"cpu": 1.0, "wall": 2.0},
        {"step": [1], "value": [2]},
        "../x",
        "/etc/passwd",
    ),
    lambda old: [old, old],
    lambda old: {"acc": old},
    lambda old: -old if isinstance(old, int | float) else old,
    lambda old: old * 1e300 if isinstance(old, int | float) else old,
    lambda old: f"{old}<b>" if isinstance(old, str) else old,
    lambda old: old[::-1] if isinstance(old, list | str) else old,
    lambda old: dict(list(old.items())[1:]) if isinstance(old, dict) else old,
]


def show_all(records: Sequence[Record]) -> None:
    """Draw everything there is of a run."""
    where = Where("docs/p.md", 1)
    run = Run("mlp", "x = 1", where, 2, "docs/p.md", "p.md", seeds=(0, 1), varies=("split",), data="d")
    group = Group(run, {}, "MLP", tuple(records))
    for metric in (Metric("acc", style="percent", better="higher", range=(0, 1)), Metric("acc", kind="exact")):
        results = Results([group], {"acc": metric})
        spot = Place(where, "id", "p/", lambda name, _: name)
        steps: list[Callable[[], object]] = [
            lambda spot=spot: output.render(output.Shown((group,)), spot, lambda *_: png()),
            lambda results=results, spot=spot: runpage.render(
                runpage.Told(
                    Kit(run, [group], results), "p/", repository="https://e.org/x", canonical="https://e.org/p"
                ),
                replace(spot, asset=lambda *_: png()),
            ),
            lambda results=results, spot=spot: runlist.render([group], lambda _: results, {"mlp": "p/"}, spot),
            lambda results=results, spot=spot: comparison.render(
                comparison.Options(("mlp",), ("acc", "train_s")), results, spot
            ),
            lambda results=results, spot=spot: chart.render(
                chart.Options(runs="mlp", x="acc"), results, spot, NO_DRAWING
            ),
            lambda results=results, spot=spot: chart.render(
                chart.Options(runs="mlp", y="loss"), results, spot, NO_DRAWING
            ),
            lambda results=results: claim.judge_all(
                claim.Options("s", settings={"a": "mlp.acc > 0.5"}), results, where
            ),
        ]
        for step in steps:
            with contextlib.suppress(DLError):
                step()


class _NoDrawing(Renderer):
    """Lays out and checks, and leaves the drawing out, which takes a second."""

    def _drawn(self, spec: Mapping[str, Any], name: str) -> str:
        json.dumps(spec)
        return "<svg></svg>"


NO_DRAWING = _NoDrawing(version="none")


def test_f8_i13_a_record_with_other_values_is_damaged_or_shown_and_never_ends_a_build():
    chance = random.Random(13)
    shown = 0
    for _ in range(4000):
        content = sign_or_none(changed(chance))
        if content is None:
            continue
        try:
            record = parse(content)
        except Damaged:
            continue
        shown += 1
        if shown <= 400:
            show_all([record])
            show_all([record, replace(parse(sign(plain_record())), seed=1)])

    assert shown > 400


def sign_or_none(value: dict[str, Any]) -> bytes | None:
    try:
        return sign(value)
    except ValueError:  # a number that JSON cannot hold
        return None


# Output.


@pytest.mark.parametrize(
    ("row", "printed", "kept"),
    [
        ("B3 progress bar", b"".join(b"\r%3d%%|###" % n for n in range(101)) + b"\n", "100%|###\n"),
        ("B3 progress bar in colours", b"\r\x1b[32m 1%\x1b[0m\r\x1b[32m99%\x1b[0m\n", "\x1b[32m99%\x1b[0m\n"),
        (
            "B3 bars in bars",
            b"".join(b"\router %d\n\rinner %d\x1b[A" % (n, n) for n in range(999)),
            "outer 998\ninner 998",
        ),
        ("B3 rich's bars", b"a\nb\n\x1b[2A\x1b[2KA\n\x1b[2KB\n", "A\nB\n"),
        ("B3 spinner", b"wait |\b/\b-\bdone\n", "wait done\n"),
        ("B3 line ends of Windows", b"a\r\nb\r\n", "a\nb\n"),
        ("B4 bell, title, link", b"\x07\x1b]0;title\x07\x1b]8;;http://x\x1b\\text\x1b]8;;\x1b\\", "text"),
        ("B4 cut in a command", b"end\x1b[", "end"),
        ("B4 screen cleared", b"old\n\x1b[2J\x1b[Hnew\n", "new\n"),
        ("B5 no UTF-8", b"a\xff\xfeb\n", "a\\xff\\xfeb\n"),
        ("B5 NUL", b"a\0b\n", "a\\x00b\n"),
        ("B6 half a character", b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
        ("B6 emoji", "\U0001f469\u200d\U0001f4bb".encode(), "\U0001f469\u200d\U0001f4bb"),
    ],
)
def test_b3_to_b6_what_was_printed_is_kept_as_it_stood_in_the_end(row, printed, kept):
    assert tidy(printed) == kept


def test_b4_b6_readers_see_no_command_and_no_character_that_turns_text():
    text = "\x1b[1;31mred\x1b[0m \x9b31mC1 \u202egnp.exe\u202c \ue000\ue010\ue001 \ufffe\ud800\x07\u2028 \U0001fae8"

    assert plain(text) == "red C1 gnp.exe \ue010 \u2028 \U0001fae8".replace("\ue010", "")


@pytest.mark.parametrize("printed", [chr(number) * 3 for number in (0x00, 0x07, 0x1B, 0x9B, 0x202E, 0xE000, 0xD800)])
def test_b6_no_character_stops_a_build(site, printed):
    built = site(f"```python {{run=\"a\"}}\nprint('<' + {printed!r} + '>')\n```\n")

    assert built.code == 0
    assert re.search(r"<code>&lt;(\\x00\\x00\\x00|\\ud800\\ud800\\ud800)?(&gt;)?</code>", built.html())


def test_b7_stdout_is_no_markdown_no_template_and_no_formula(site):
    text = '{{ 7*7 }} {% raw %} [[_TOC_]] **b** `x` $x^2$ \\(y\\) </pre><!-- \n```python\n# H\n--8<-- "x.md"\n'
    site.config = {"markdown_extensions": ["toc", "pymdownx.arithmatex", "pymdownx.snippets", "attr_list"]}
    html = site(f'```python {{run="a" source=none}}\nprint({text!r})\n```\n').html()
    shown = re.search(r'<pre class="dl-text"[^>]*><code>(.*?)</code></pre>', html, re.DOTALL)[1]

    assert unescape(shown) == text.rstrip()


def test_b8_rich_html_is_shown_as_text_only(site):
    page = """
        ```python {run="a" source=none}
        class Rich:
            def _repr_html_(self):
                return "<script>window.PWNED=1</script>"

            def __repr__(self):
                return "<Rich & poor>"

        Rich()
        ```
        """
    html = site(textwrap.dedent(page)).html()

    assert "&lt;Rich &amp; poor&gt;" in html
    assert "PWNED" not in html


def test_b9_a_figure_is_an_image_file_and_never_part_of_the_page(site):
    site('```python {run="a"}\nx = 1\n```\n')
    file = site.root / "records/a/_/0.json"
    (site.root / "records/a/_/0").mkdir()
    (site.root / "records/a/_/0/f.png").write_bytes(png(3, 2))
    forge(file, set_at("assets", {"f.png": digest_bytes(png(3, 2))}))
    forge(file, set_at("outputs", [{"kind": "png", "asset": "f.png"}]))
    html = site(execution="never").html()

    assert re.search(r'<img src="assets/dl/a-0-f-\w{8}\.png" alt="[^"]+" width="3" height="2" loading="lazy">', html)


def test_a_mark_that_a_stranger_wrote_stands_for_nothing(site):
    mark = placeholders.mark(0) + placeholders.mark(10**8)
    site(f'{mark}\n\n```python {{run="a" metrics="v"}}\nv = 1\n```\n\n`{{run}} a.v`\n')
    forge(site.root / "records/a/_/0.json", set_at("notes", [f"{mark} noted"]))
    built = site(execution="never")

    assert built.code == 1  # the page, whose author can remove it
    assert "U+E000" in built.said
    assert "noted" in built.page()
    assert "\ue000" not in built.html()


@pytest.mark.parametrize("name", ["<img src=x>", "", "a" * 101, "../x", "a\nb", "$x$", "`x`", "a\\b", "{{x}}", '"'])
def test_i13_a_name_that_no_record_may_hold_is_refused_where_it_is_logged(site, name):
    page = f"from mkdocs_dlplugin import run\n\nrun.log({{{name!r}: 1.0}})"
    built = site(f'```python {{run="a"}}\n{page}\n```\n')

    assert built.code == 3
    assert "cannot be the name of a metric" in built.said


@pytest.mark.parametrize("name", ["acc", "top-5", "loss/train", "Genauigkeit in %", "größe"])
def test_i13_a_name_in_plain_words_comes_back(site, name):
    page = f'```python {{run="a"}}\nfrom mkdocs_dlplugin import run\n\nrun.log({{{name!r}: 1.0}})\n```\n'
    site(page)

    assert site(page, execution="never").code == 0
    assert name in site(page).page("runs/a")


def test_b7_what_a_record_says_is_no_formula(site):
    site('```python {run="a" metrics="v"}\nv = 1\n```\n\n```yaml {comparison="t"}\nruns: a\nmetrics: v\n```\n')
    formula = "$\\href{javascript:PWNED}{x}$"
    forge(site.root / "records/a/_/0.json", set_at("notes", [formula]))
    forge(site.root / "records/a/_/0.json", set_at("provenance", "device_name", formula))
    built = site(execution="never")
    for page in ("index", "runs/a"):
        html = built.html(page)
        for found in re.finditer(re.escape(formula), html):
            before = html[: found.start()]
            assert before.rfind("mathjax_ignore") > max(before.rfind("</figure>"), before.rfind("</p>")), page


# Messages.


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a\n::set-output name=x::y", "a\n: :set-output name=x::y"),
        ("::add-mask::secret", ": :add-mask::secret"),
        ("a\n  \t::stop-commands::x", "a\n  \t: :stop-commands::x"),
        ("a\r::error::x", "a\\r::error::x"),
        ("a\x85::error::x\u2028::error::y", "a\\x85::error::x\\u2028::error::y"),
        ("see ##[set-output]x", "see # #[set-output]x"),
        ("##vso[task.setvariable]x", "# #vso[task.setvariable]x"),
        ("\x1b[2J\x1b]0;t\x07\x9b1m", "\\x1b[2J\\x1b]0;t\\x07\\x9b1m"),
        ("a\x08\x08b\u202ec\ud800", "a\\x08\\x08b\\u202ec\\ud800"),
        ("docs/p.md:1: std::vector ## ± 3 ✓\n  help", "docs/p.md:1: std::vector ## ± 3 ✓\n  help"),
    ],
)
def test_i22_a_message_commands_no_terminal_and_no_server(said, shown):
    heard: list[str] = []
    reporter = Reporter(error=heard.append, warn=heard.append, info=heard.append)
    reporter.fail(said, 3)
    reporter.info(said)

    assert harmless(said) == shown
    assert heard == [shown, shown]
    assert reporter.said == [shown]


def test_i22_what_a_run_raises_and_what_a_record_says_is_said_harmlessly(tmp_path):
    root = project(tmp_path / "p", '```python {run="a"}\nraise ValueError("\\x1b[2J##[error]x")\n```\n')
    (root / "docs/two.md").write_text('```python {run="b"}\nx = 1\n```\n')
    built = build(root)
    forge(root / "records/b/_/0.json", set_at("provenance", "options", "threads", "1\n::set-output name=x::y\x1b[0m"))
    forge(root / "records/b/_/0.json", set_at("key", "0"))
    command = [sys.executable, "-m", "mkdocs_dlplugin", "why", "b"]
    why = subprocess.run(
        command, cwd=root, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )

    assert built.returncode == 3
    assert "ValueError: \\x1b[2J# #[error]x" in built.stderr
    assert "threads was" in why.stdout
    for said in (built.stderr, why.stdout):
        assert "\x1b" not in said
        assert not re.search(r"(?m)^\s*::|##\[", said)


# What executes, and what is published.


def test_i14_nothing_of_ours_reads_pickles_or_evaluates_what_was_stored():
    refused = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
    for file in (ROOT / "mkdocs_dlplugin").rglob("*.py"):
        if "engines" in file.parts or file.name in ("worker.py", "script.py"):
            continue  # what executes authors' code, by its nature, and reads no record
        tree = ast.parse(file.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                named = [alias.name for alias in node.names] + [getattr(node, "module", "") or ""]
                assert not refused.intersection(name.partition(".")[0] for name in named), file
            called = node.func if isinstance(node, ast.Call) else None
            name = called.id if isinstance(called, ast.Name) else ""
            assert name not in ("eval", "exec", "__import__"), f"{file}:{getattr(node, 'lineno', 0)}"


def test_i14_a_frozen_build_of_hostile_records_unpickles_and_executes_nothing(tmp_path):
    root = project(
        tmp_path / "p", '```python {run="a"}\nfrom mkdocs_dlplugin import run\nrun.save("a.txt", "x")\n```\n'
    )
    assert build(root).returncode == 0
    (root / "records/a/_/0/evil.npz").write_bytes(b"\x80\x04cos\nsystem\n(S'touch pwned'\ntR.")
    forge(root / "records/a/_/0.json", set_at("assets", "evil.npz", digest_bytes(b"?")))
    (root / "sitecustomize.py").write_text(
        "import os, sys\n"
        "def hook(event, args):\n"
        "    if event in ('pickle.find_class', 'os.system', 'os.exec', 'os.posix_spawn', 'os.fork', "
        "'subprocess.Popen'):\n"
        "        os.write(2, f'AUDIT {event}\\n'.encode())\n"
        "sys.addaudithook(hook)\n"
    )
    built = build(root, DLPLUGIN_EXECUTION="never", PYTHONPATH=f"{ROOT}{os.pathsep}{root}")

    assert built.returncode == 4
    assert "AUDIT" not in built.stderr, built.stderr
    assert not (root / "pwned").exists()


BAR = {
    "data": {"values": [{"a": "x", "b": 1}]},
    "mark": "bar",
    "encoding": {"x": {"field": "a", "type": "nominal"}, "y": {"field": "b", "type": "quantitative"}},
}


@pytest.mark.parametrize(
    "part",
    [
        {"data": {"url": "https://example.org/data.csv"}},
        {"data": {"url": "file:///etc/passwd"}},
        {"data": {"values": "a,b\n1,2"}},
        {"data": {"values": [], "format": {"type": "topojson"}}},
        {"data": {"sequence": {"start": 0, "stop": 1e12}}},
        {"data": {"graticule": True}},
        {"data": {"name": "elsewhere"}},
        {"datasets": {"a": "x,y"}},
        {"datasets": {"a": [{"x": 1}] * (specs.ROWS + 1)}},
        {"usermeta": {"embedOptions": {"loader": {}}}},
        {"encoding": {"href": {"value": "javascript:window.PWNED=1"}}},
        {"encoding": {"text": {"field": "a", "href": {"field": "a"}}}},
        {"mark": {"type": "image", "url": "http://example.org/x.png"}},
        {"mark": {"type": "text", "href": "https://example.org"}},
        {"transform": [{"calculate": "window.a", "as": "b"}]},
        {"transform": [{"calculate": "datum.constructor", "as": "b"}]},
        {"transform": [{"calculate": "pad(datum.a, 1e9)", "as": "b"}]},
        {"transform": [{"lookup": "a", "from": {"data": {"url": "https://example.org/a.csv"}, "key": "a"}}]},
        {"transform": [{"impute": "b", "key": "a", "keyvals": {"start": 0, "stop": 1e12}}]},
        {"transform": [{"filter": {"and": ["datum.b > 0", {"not": "now() > 0"}]}}]},
        {"transform": [{"filter": "while(true)"}]},
        {"params": [{"name": "p", "expr": "data('source_0')"}]},
        {"params": [{"name": "p", "select": "point"}]},
        {"params": [{"name": "p", "bind": {"input": "range", "element": "body"}}]},
        {"title": {"text": {"expr": "replace('a', /(a+)+$/, '')"}}},
        {"title": {"text": {"signal": "width"}}},
        {"encoding": {"x": {"field": "a", "axis": {"labelExpr": "join(sequence(1e9))"}}}},
        {"encoding": {"color": {"condition": {"test": "event.a == 1", "value": "red"}}}},
        {"projection": {"type": "mercator"}},
        {"data": {"values": [{"a": 1}] * (specs.ROWS + 1)}},
        {"layer": [{"data": {"values": [{"a": 1}] * (specs.ROWS // 2 + 1)}}] * 2},
    ],
    ids=lambda part: json.dumps(part)[:60],
)
def test_i15_a_spec_that_fetches_links_computes_or_never_ends_is_refused_before_anything_starts(part):
    with pytest.raises(Failed, match="refused"):
        Renderer(command=("/nonexistent",), version="x").render({**BAR, **part})


def test_i15_a_spec_nested_without_end_is_refused():
    spec: dict[str, Any] = dict(BAR)
    for _ in range(5000):
        spec = {"layer": [spec]}

    with pytest.raises(Failed, match="refused"):
        Renderer(command=("/nonexistent",), version="x").render(spec)


def test_i15_what_we_lay_out_ourselves_is_not_refused(site):
    runs = "\n\n".join(
        f'```python {{run="r{n}"}}\n#| tags: {{f: g{n % 2}}}\n#| name: N{n}\nfrom mkdocs_dlplugin import run\n'
        f'for s in range(3):\n    run.log({{"v": {n} + s}}, step=s)\n```'
        for n in range(3)
    )
    charts = '```yaml {chart="a"}\nruns: "r*"\nx: v\nkind: dot\ngroup: f\nreference: {value: 1, label: R}\n```\n\n'
    charts += '```yaml {chart="b"}\nruns: "r*"\ny: v\nreference: {value: 1, label: R}\n```\n'
    pytest.importorskip("vl_convert")
    built = site(f"{runs}\n\n{charts}")

    assert (built.code, built.said) == (0, "")
    assert built.html().count("<svg ") == 4


DRAWN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'


@pytest.mark.parametrize(
    "inside",
    [
        "<script>window.PWNED=1</script>",
        '<rect onload="window.PWNED=1"/>',
        '<rect ONLOAD="window.PWNED=1"/>',
        '<a xlink:href="javascript:window.PWNED=1"/>',
        '<image href="x.png"/>',
        '<image xlink:href="https://example.org/x.png"/>',
        '<image xlink:href="javascript:window.PWNED=1"/>',
        "<foreignObject/>",
        "<style>*{}</style>",
        '<rect style="background:url(https://example.org)"/>',
        '<rect fill="url(https://example.org/#a)"/>',
        '<set attributeName="onload" to="x"/>',
        '<h:script xmlns:h="http://www.w3.org/1999/xhtml">window.PWNED=1</h:script>',
    ],
)
def test_b9_i15_a_drawing_that_executes_links_or_fetches_is_refused_new_and_kept(tmp_path, inside):
    spoilt = DRAWN.format(inside)

    assert not trusted(spoilt)
    with pytest.raises(ValueError, match="a chart may not"):
        slim(spoilt, "n")


@pytest.mark.parametrize(
    "svg",
    [
        '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + DRAWN.format("<text>&b;</text>"),
        "<?xml-stylesheet href='x'?>" + DRAWN.format(""),
        "<svg",
        "",
    ],
)
def test_b9_a_drawing_with_a_doctype_is_refused(svg):
    assert not trusted(svg)
    with pytest.raises(ValueError, match=r"doctype|no XML"):
        slim(svg, "n")


def test_i15_a_drawing_that_somebody_put_among_the_kept_ones_is_drawn_again(tmp_path):
    pytest.importorskip("vl_convert")
    with Renderer(tmp_path) as renderer:
        (first,) = renderer.render(BAR, (300,))
        (kept,) = tmp_path.iterdir()
        kept.write_text(DRAWN.format("<script>window.PWNED=1</script>"))
        assert renderer.render(BAR, (300,)) == (first,)
        kept.unlink()
        kept.symlink_to("/etc/hostname")
        assert renderer.render(BAR, (300,)) == (first,)


def test_i16_what_a_link_in_docs_brings_from_outside_is_not_published_where_pages_may_be_a_strangers(site, tmp_path):
    secret = tmp_path.parent / f"{tmp_path.name}-secret"
    secret.mkdir()
    (secret / "key.txt").write_text("secret")
    site.write("README.md", "# Inside\n")
    site.write("docs/index.md", "# Page\n")
    (site.root / "docs/a.txt").symlink_to(secret / "key.txt")
    (site.root / "docs/folder").symlink_to(secret)
    (site.root / "docs/inside.md").symlink_to("../README.md")
    built = site(execution="never")
    published = {file.relative_to(site.root / "site").as_posix() for file in (site.root / "site").rglob("*.*")}
    own = site()

    assert built.code == 4
    assert "docs/a.txt: is a symlink that leaves the project" in built.said
    assert "docs/folder/key.txt: is a symlink that leaves the project" in built.said
    assert published == {"index.html", "inside/index.html"} | {
        p for p in published if p.startswith(("sitemap", "assets"))
    }
    assert own.code == 0


def test_i16_a_file_that_a_record_read_and_that_is_a_device_now_does_not_hold_a_build_up(site):
    site.write("data.txt", "1")
    site('```python {run="a"}\nopen("data.txt").read()\n```\n')
    (site.root / "data.txt").unlink()
    (site.root / "data.txt").symlink_to("/dev/zero")
    built = site(execution="never")

    assert built.code == 4
    assert "data.txt is gone" in built.said


def test_i24_a_site_names_no_user_no_machine_and_no_folder_of_its_author(tmp_path):
    page = """\
```python {run="a"}
import os
import warnings

from mkdocs_dlplugin import run

warnings.warn("look")
print(os.getcwd(), os.path.expanduser("~"), __file__ if "__file__" in globals() else "")
run.log({"v": 1.0})
run.save("kept.json", {"a": 1})
```

`{run} a.v`
"""
    root = project(tmp_path / "p", page)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "remote", "add", "origin", "https://token@example.org/private.git"], cwd=root, check=True)
    built = build(root)
    forge(next((root / "records").glob("a/*/0.json")), set_at("provenance", "hostname", "secret-host"))
    again = build(root, DLPLUGIN_EXECUTION="never")
    names = {str(root), str(tmp_path), str(Path.home()), "token@", "secret-host"}
    # Shorter ones stand in any text.
    names |= {name for name in (socket.gethostname(), getpass.getuser()) if len(name) > 5}
    own = [
        file for file in (root / "site").rglob("*") if file.suffix in (".html", ".json", ".csv") or "dl/" in str(file)
    ]
    found = {
        (name, file.name) for file in own if file.is_file() for name in names if name.encode() in file.read_bytes()
    }

    assert (built.returncode, again.returncode) == (0, 0)
    assert found == set()

"""Section D: what an author gets wrong is said with its line before anything runs, and never shown as text instead."""

from __future__ import annotations

from faults.case import HEAD, Case, fails, passes, refused

RUN = '```python {run="bad"}\n'
X = "x = 1\n```\n"


def _nested(before: str, by: str = "    ") -> str:
    inside = f"{RUN}print('seen')\n1 / 0  # here\n```\n"
    return f"# Bad\n\n{before}" + "".join(by + line for line in inside.splitlines(keepends=True))


NESTINGS = [
    fails(f"D14 a fence in {what}", _nested(before, by), "ZeroDivisionError")
    for what, before, by in (
        ("nothing but three spaces", "", "   "),
        ("a list", "1. one\n\n", "    "),
        ("two lists", "- one\n\n    - two\n\n", "        "),
        ("a quotation", "", "> "),
        ("a tab", '=== "One"\n\n', "    "),
        ("an admonition", "!!! note\n\n", "    "),
        ("details", "??? note\n\n", "    "),
        ("a footnote", "Text[^1].\n\n[^1]:\n", "    "),
    )
]

FENCES = [
    *NESTINGS,
    refused("D14 a fence that is never closed", f"{HEAD}{RUN}x = 1\n", "the fence of run 'bad' is never closed"),
    fails("D14 a fence of tildes", f'{HEAD}~~~python {{run="bad"}}\n1 / 0  # here\n~~~\n', "ZeroDivisionError"),
    fails("D14 a fence of four marks", f'{HEAD}````python {{run="bad"}}\n1 / 0  # here\n````\n', "ZeroDivisionError"),
    refused("D14 a fence on the line of a list marker", f"{HEAD}- {RUN}  1 / 0\n  ```\n", ".*not read as a fence"),
]

_GRAPH = "".join(f'```python {{run="{name}" uses="{used}"}}\nx = 1\n```\n\n' for name, used in ("ab", "bc", "ca"))
_BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nruns: [*c, *c]\n"


def _table(body: str) -> str:
    return f'{HEAD}{RUN}{X}\n```yaml {{comparison="t"}}\n{body}```\n'


NAMES = [
    refused(
        "D1 two runs of one name on two pages",
        f"{HEAD}{RUN}{X}",
        r"run 'bad' stands for different code at docs/a\.md:1",
        files={"docs/a.md": RUN + "x = 2\n```\n"},
    ),
    refused(
        "D1 two runs of one name on one page",
        f"{HEAD}{RUN}x = 2\n```\n\n{RUN}{X}",
        r"run 'bad' stands for different code at docs/bad\.md:7",
        line=11,
    ),
    refused("D1 names that differ in capitals", f'{HEAD}```python {{run="Bad"}}\n{X}', "'Bad' cannot be a name"),
    refused(
        "D2 an unknown run in `uses`",
        f'{HEAD}```python {{run="bad" uses="god"}}\n{X}',
        r".*'god'.*\n +Did you mean 'good'\?",
    ),
    refused(
        "D2 an unknown run in a table",
        _table("runs: [goood]  # here\nmetrics: [answer]\n"),
        r".*'goood'.*\n +Did you mean 'good'\?",
        line=11,
    ),
    refused("D3 runs that use each other", HEAD + _GRAPH, ".*a .*-> b .*-> c .*-> a"),
    refused("D3 a run that uses itself", f'{HEAD}```python {{run="bad" uses="bad"}}\n{X}', ".*bad.*-> bad"),
    refused(
        "D4 a misspelt option",
        f'{HEAD}```python {{run="bad" timout=60}}\n{X}',
        r"'timout' is not an option here\.\n +Did you mean 'timeout'\?",
    ),
    refused("D6 a word for a number", f'{HEAD}```python {{run="bad" seeds="five"}}\n{X}', "'?seeds'? .*'?five'?"),
    refused(
        "D6 a number that is too small",
        f'{HEAD}```python {{run="bad" timeout=-1}}\n{X}',
        "'timeout' must be more than 0 seconds, got -1",
    ),
    refused("D6 a number that is too large", f'{HEAD}```python {{run="bad" seeds=1e9}}\n{X}', ".*seeds"),
    refused("D6 a number too many", f'{HEAD}```python {{run="bad" seeds=1000000}}\n{X}', ".*seeds.*1,?000"),
    refused(
        "D6 a name that no file could have", f'{HEAD}```python {{run="{"n" * 300}"}}\n{X}', "'n{100}' cannot be a name"
    ),
    refused(
        "C7 a parameter of a hundred kilobytes",
        f"{HEAD}{RUN}#| params: {{data: ['{'x' * 100_000}']}}  # here\n{X}",
        "a point of params is 100,0.. characters long, more than 200",
    ),
    refused(
        "D19 a value of an unknown run",
        f"{HEAD}The value is `{{run}} god.answer`.\n\n```text\n```\n",
        r".*'god'(.|\n)*Did you mean 'good'\?",
        line=7,
    ),
]

SETTINGS = [
    Case(
        "D5 a misspelt setting",
        f"{HEAD}{RUN}{X}",
        r"'executon' is not a setting of dlplugin(.|\n)*Did you mean 'execution'\?",
        1,
        settings={"executon": "never"},
    ),
    Case(
        "D5 a setting of the wrong kind",
        f"{HEAD}{RUN}{X}",
        r"mkdocs\.yml: .*'jobs'.*'many'",
        1,
        settings={"jobs": "many"},
    ),
]

YAML = [
    refused("D7 a tab in front matter", f"---\ndlplugin:\n\tseeds: 2\n---\n\n{RUN}{X}", ".*tabs do not indent", line=3),
    refused(
        "D7 a tab in an option line", f"{HEAD}{RUN}#| seeds: 2\n#| \ttimeout: 3  # here\n{X}", ".*not YAML we can read"
    ),
    refused("D7 wrong indentation", _table("runs: [good]\n   metrics: [answer]\n"), ".*not YAML we can read", line=13),
    refused(
        "D7 a key twice", _table("runs: [good]\nmetrics: [answer]\nruns: [bad]\n"), ".*'runs' stands twice", line=14
    ),
    refused("D7 aliases that grow", _table(_BOMB), r".*anchors and aliases .*not read here", line=12),
    refused("D7 brackets without an end", _table("runs: [good\n"), ".*not YAML we can read", line=12),
    refused(
        "D7 a key twice in front matter",
        f"---\ndlplugin:\n  seeds: 2\n  seeds: 3\n---\n\n{RUN}{X}",
        ".*'seeds' stands twice",
        line=4,
    ),
]

SYNTAX = [
    refused("D8 a syntax error", f"{HEAD}{RUN}x = 1\nprint((x)  # here\n```\n", r"SyntaxError: '\(' was never closed"),
    refused("D8 wrong indentation", f"{HEAD}{RUN}x = 1\n  y = 2  # here\n```\n", "IndentationError: unexpected indent"),
    refused(
        "D9 return at the top", f"{HEAD}{RUN}x = 1\nreturn x  # here\n```\n", "SyntaxError: 'return' outside function"
    ),
    refused("D9 await at the top", f"{HEAD}{RUN}x = 1\nawait x  # here\n```\n", "SyntaxError: 'await' outside"),
    refused(
        "D9 a late import from the future",
        f"{HEAD}{RUN}x = 1\nfrom __future__ import annotations  # here\n```\n",
        "SyntaxError: from __future__ imports must occur",
    ),
    refused("D9 a null byte", f"{HEAD}{RUN}x = 1\ny = '\0'\n```\n", ".*null byte", line=9),
    refused("D10 an empty block", f"{HEAD}{RUN}```\n", "this run has no code"),
    refused("D10 comments only", f"{HEAD}{RUN}# nothing\n```\n", "this run has no code"),
    fails(
        "D11 carriage returns and a form feed",
        f"{HEAD}{RUN}x = 1\n\f\n1 / 0  # here\n```\n".replace("\n", "\r\n"),
        "ZeroDivisionError",
    ),
    passes(
        "D13 other letters",
        f'{HEAD}```python {{run="bad" title="Größe 漢 🙂"}}\ngröße = "漢"\nprint(größe)\n```\n',
        shows="Größe 漢 🙂",
    ),
    fails(
        "D13 spaces and other letters in the name of a file",
        "import os\nexec(open('größe 漢.py').read())  # here",
        "ZeroDivisionError",
        files={"größe 漢.py": "1 / 0\n"},
    ),
    passes(
        "D15 a block that stands twice",
        '# Bad\n\n--8<-- "part.md"\n\n--8<-- "part.md"\n\n```text\n```\n',
        files={"part.md": f"{RUN}print('both')\n```\n"},
        shows="both.*both",
    ),
    fails(
        "D20 a module that is not there",
        "import helpers_of_mine  # here",
        "ModuleNotFoundError: No module named 'helpers_of_mine'",
    ),
    fails("D21 a data file that is not there", "open('data/x.csv')  # here", r"FileNotFoundError: .*'data/x\.csv'"),
    fails("D21 a folder read as a file", "open('docs')  # here", "IsADirectoryError"),
]

CASES: list[Case] = [*FENCES, *NAMES, *SETTINGS, *YAML, *SYNTAX]

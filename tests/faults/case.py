"""Case: one row of the matrix, a page that misbehaves beside one that does not, and what must be seen afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from faults.project import Built, Project

HERE = "# here"
"""Marks the line that a message must name; the fence of the run when it stands nowhere."""

GOOD = """\
# Good

```python {run="good"}
import os, random
from mkdocs_dlplugin import run
run.log({"answer": 41 + 1, "drawn": round(random.random(), 6)})
print("in", os.path.basename(os.getcwd()), os.environ.get("MARK"), len([1, 2, 3]))
```

The answer is `{run} good.answer`.
"""

HEAD = "---\ntitle: Bad\n---\n\n# Bad\n\n"


@dataclass(frozen=True)
class Case:
    """What stands on `bad.md`, and what its author, its reader and the machine must find."""

    row: str
    """The row of the matrix and what goes wrong, which is the name of the test."""
    bad: str
    """The code of the run `bad`, or the whole page when a fence stands in it."""
    says: str = ""
    """Regular expression for the terminal; `{here}` stands for the place that must be named."""
    code: int = 3
    """The exit code."""
    line: int = 0
    """The line of `bad.md` that is named, where neither a mark nor the fence says it."""
    somewhere: bool = False
    """Whether any line of `bad.md` may be named, because which one was executing is chance."""
    options: str = ""
    """More words in the header of the fence."""
    kept: tuple[str, ...] = ()
    """Results that are kept besides that of the good page."""
    shows: str = ""
    """Regular expression for the text of `bad.md`."""
    hides: str = ""
    """What stands neither on the page nor in the terminal."""
    files: Mapping[str, str] = field(default_factory=dict)
    """More files of the project."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """More settings of the plugin."""
    environ: Mapping[str, str] = field(default_factory=dict)
    """More environment of the build."""

    @property
    def page(self) -> str:
        """The text of `bad.md`."""
        if "```" in self.bad or "~~~" in self.bad:
            return self.bad
        return f"{HEAD}```python {{{' '.join(['run=bad', self.options]).strip()}}}\n{self.bad}\n```\n"

    @property
    def here(self) -> str:
        """The place that a message must name, as `docs/bad.md:9`."""
        if self.line:
            return f"docs/bad.md:{self.line}"
        for name, text in {"docs/bad.md": self.page, **self.files}.items():
            for number, line in enumerate(text.split("\n"), start=1):
                if HERE in line:
                    return f"{name}:{number}"
        fences = [n for n, line in enumerate(self.page.split("\n"), start=1) if re.search(r"(```|~~~)\w* ?\{", line)]
        return f"docs/bad.md:{fences[0] if fences else 1}"

    @property
    def pattern(self) -> str:
        """The expression for the terminal with the place filled in, ending where a word ends."""
        place = r"docs/bad\.md:\d+" if self.somewhere else re.escape(self.here)
        return self.says.replace("{here}", place + r"\b")

    def write(self, project: Project) -> None:
        """Write both pages and all that belongs to them."""
        for name, text in {"docs/bad.md": self.page, "docs/good.md": GOOD, **self.files}.items():
            project.write(name, text)
        project.settings = {**project.settings, **self.settings}


def fails(row: str, bad: str, says: str, **more: Any) -> Case:
    """Expect that the run `bad` fails, and nothing else."""
    told = r"ERROR +- +{here}: run 'bad'( seed 0)?: " + says
    return Case(row, bad, told, 3, **{"shows": re.split(r"\\n|\(\.\|", says)[0], **more})


def warns(row: str, bad: str, says: str, **more: Any) -> Case:
    """Expect that the result is kept, with a word about it in the terminal and on the page."""
    told = r"WARNING +- +{here}: run 'bad' seed 0: " + says
    return Case(row, bad, told, 0, **{"kept": ("bad/_/0",), "shows": f"(?i){says}", **more})


def passes(row: str, bad: str, **more: Any) -> Case:
    """Expect that nothing at all is wrong."""
    return Case(row, bad, "", 0, **{"kept": ("bad/_/0",), **more})


def refused(row: str, bad: str, says: str, **more: Any) -> Case:
    """Expect that nothing runs, because the author's mistake was found before."""
    return Case(row, bad, r"ERROR +- +{here}: " + says, 1, **more)


def check(case: Case, built: Built) -> None:
    """Hold what a build left against what the row asks.

    Raises:
        AssertionError: saying what is different, with all that stood in the terminal.
    """
    said = built.said
    assert not built.hung, f"hung:\n{said}"
    assert built.code == case.code, said
    assert re.search(case.pattern, said), f"{case.pattern!r} is not in:\n{said}"
    assert "Traceback" not in said
    assert "BUG" not in said
    assert not built.left, f"left {built.left}"
    assert not built.litter, f"litter {built.litter}"
    assert not (case.hides and case.hides in said + built.html("bad")), f"{case.hides!r} can be read:\n{said}"
    if case.code == 1:
        assert built.records == []
        assert not built.html("good")
        return
    assert built.records == sorted((*case.kept, "good/_/0"))
    assert re.search(r"The answer is +42", built.page("good")), built.page("good")
    assert f"in {built.root.name} None 3" in built.page("good"), built.page("good")
    assert re.search(case.shows, built.page("bad")), built.page("bad")
    shown = built.html(Path(case.here.removeprefix("docs/")).stem if case.here.startswith("docs/") else "bad")
    assert ('class="dl-error"' in shown) == (case.code == 3), shown
    if case.code == 3 and not case.somewhere:
        assert case.here in shown, shown
    if case.code == 3:
        assert re.search(r"of \d+ runs? failed \(", said), said


def harm(case: Case, built: Built) -> list[str]:
    """Say what went wrong that no wording can excuse: so that other ways of executing can be held to the same rows."""
    found = []
    if built.hung:
        return ["hung"]
    if case.code != 1 and not re.search(r"The answer is +42", built.page("good")):
        found.append("lost the good page")
    if case.code and not built.code:
        found.append("called a failure a success")
    if case.code == 0 and built.code:
        found.append("called a success a failure")
    if case.code and not re.search(r"docs/bad\.md:\d" if case.somewhere else re.escape(case.here), built.said):
        found.append("did not name the line")
    if built.left:
        found.append("left processes")
    if len(built.html("bad")) > 300_000:
        found.append("published a page of megabytes")
    if case.hides and case.hides in built.html("bad") + built.said:
        found.append("gave away what it must not")
    return found

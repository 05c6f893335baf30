"""Naive: execute the pages of a project as plugins do that have no processes of their own, to test the tests.

One interpreter runs all blocks of all pages, page after page; what a block prints stands under it; an exception is
printed there too, with a warning in the terminal, and the build goes on.  A program, started in a project.
"""

from __future__ import annotations

import contextlib
import io
import re
import resource
import sys
import traceback
from html import escape
from pathlib import Path

_RUN = re.compile(
    r"^(?P<by>[ >]*)(?P<marks>`{3,}|~{3,})python \{(?P<header>[^}]*)\}\n(?P<code>.*?)^(?P=by)(?P=marks)", re.M | re.S
)
_VALUE = re.compile(r"`\{run\} \w+\.(\w+)`")

MEMORY = 4 << 30
"""Bytes that are enough for any of the rows that are tried, and not for the machine to suffer."""


def main() -> None:
    """Build `docs/*.md` into `site/`."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    sys.path.insert(0, "")
    for page in sorted(Path("docs").glob("*.md")):
        text = page.read_text("utf-8")
        shown = _RUN.sub(lambda found: _executed(re.sub("(?m)^" + found["by"], "", found["code"])), text)
        file = Path("site", page.stem, "index.html")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_VALUE.sub(_value, shown), "utf-8", "backslashreplace")


def _executed(code: str) -> str:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(code, "<code block>", "exec"), {"__name__": "__main__"})
    except Exception:
        print("WARNING - Execution of a python code block exited with errors", file=sys.stderr)
        printed.write(traceback.format_exc())
    return f"<pre>{escape(code)}</pre><pre>{escape(printed.getvalue())}</pre>"


def _value(found: re.Match[str]) -> str:
    from mkdocs_dlplugin import run

    return str(run.summary.get(found[1], ""))


if __name__ == "__main__":
    main()

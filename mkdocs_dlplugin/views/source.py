"""Source: code as readers see it, coloured where Pygments is there, with what they copy being what ran."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from html import escape, unescape

_SHOWN = re.compile(r"<pre><span></span><code[^>]*>((?:(?!</code>).)+)</code></pre>", re.DOTALL)
_LINES = re.compile(r"""<a id="[^"<>]*" name="[^"<>]*" href="#[^"<>]*"></a>|<span id="[^"<>]*">|(?<=\n)</span>""")
"""What the numbering of lines puts around each."""
_WORD = re.compile(r"""</span>|<span class="[\w -]+">""")


def python(code: str, known: Mapping[str, str] | None = None) -> str:
    """Draw Python code, with the classes that themes colour.

    Args:
        code: The code.
        known: Code that is coloured already, as `found` tells.
    """
    code = code.rstrip("\n")
    return _block((known or {}).get(code) or _coloured(code) or escape(code), "python")


def found(page: str) -> Iterator[tuple[str, str]]:
    """Find the code that a page shows coloured: for a page of thousands of runs, colouring it takes longest of all."""
    for match in _SHOWN.finditer(page):
        inside = match[1].rstrip("\n")
        if '<span id="' in inside:
            inside = _LINES.sub("", match[1]).rstrip("\n")
        text = _WORD.sub("", inside)
        # Any other element is more than colours: it stays where it is.
        if "<" not in text:
            yield unescape(text), inside


def shell(*lines: str) -> str:
    """Draw commands, without prompts."""
    return _block(escape("\n".join(lines)), "sh")


def _block(inside: str, language: str) -> str:
    code = f'<code class="language-{language}">{inside.rstrip()}\n</code>'
    return f'<div class="highlight"><pre><span></span>{code}</pre></div>'


def _coloured(code: str) -> str:
    """Mark up the words of code; empty without Pygments."""
    draw = _pygments()
    return draw(code) if draw else ""


@functools.cache
def _pygments() -> Callable[[str], str] | None:
    try:
        # It takes a tenth of a second, and whoever draws no code should not pay for it.
        from pygments import highlight  # noqa: PLC0415
        from pygments.formatters.html import HtmlFormatter  # noqa: PLC0415
        from pygments.lexers.python import PythonLexer  # noqa: PLC0415
    except ImportError:
        return None
    lexer, formatter = PythonLexer(stripnl=False), HtmlFormatter(nowrap=True)
    return lambda code: str(highlight(code, lexer, formatter))

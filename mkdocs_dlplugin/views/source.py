"""Source: code as readers see it, coloured where Pygments is there, with what they copy being what ran."""

from __future__ import annotations

import functools
from collections.abc import Callable
from html import escape


def python(code: str) -> str:
    """Draw Python code, with the classes that themes colour."""
    return _block(_coloured(code) or escape(code), "python")


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

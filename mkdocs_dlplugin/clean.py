"""Clean: HTML that a run showed, or a stranger wrote into its record, made harmless by a list of what is allowed.

The list is nh3's to enforce, a binding of Rust's ammonia: it reads HTML as browsers do. Whatever the list does not name
is left out, scripts, styles, forms and everything that is fetched among it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from html import escape, unescape

import nh3
from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.fenced_code import FencedCodeExtension
from markdown.extensions.sane_lists import SaneListExtension
from markdown.extensions.tables import TableExtension

from mkdocs_dlplugin import headings, kept
from mkdocs_dlplugin.screen import plain
from mkdocs_dlplugin.vetting import Damaged

LARGEST = 500_000
"""Letters beyond which nothing is shown; `rich` keeps no more."""

DEEPEST = 60
"""Levels of nesting that are kept: parsers take time with its square."""

MARKDOWN = 50_000
"""Letters of Markdown that are rendered; more are shown as they are written."""

_MOST = 300
"""Brackets of one paragraph of Markdown, and tags in all of it."""

_EXTENSIONS: tuple[Extension, ...] = (
    FencedCodeExtension(),
    SaneListExtension(),
    TableExtension(use_align_attribute=True),
)
_VOID = frozenset(("br", "hr", "img", "wbr"))
TAGS = frozenset(
    (
        *("p", "div", "span", "blockquote", "pre", "br", "hr", "wbr", "details", "summary", "figure", "figcaption"),
        *("b", "strong", "i", "em", "u", "s", "del", "ins", "mark", "small", "sub", "sup", "q", "cite", "dfn"),
        *("abbr", "code", "kbd", "samp", "var", "time", "bdi", "a", "img"),
        *("ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
    )
)
"""Elements that are shown; of others only what stands in them is."""

_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
}
_NEVER = "script|style|title|template|noscript|svg|math|iframe|object|select|textarea|xmp|noembed|noframes|plaintext"
_GONE = re.compile(rf"(?is)<!--.*?(?:-->|\Z)|<({_NEVER})\b.*?(?:</\1\b[^<>]*>?|\Z)")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*+)((?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)>")
_CLEAN = re.compile(r'<(/?)([a-z0-9]+)((?:\s+[a-z-]+="[^"]*")*)\s*>')
_ATTRIBUTE = re.compile(r'\s+([a-z-]+)="([^"]*)"')
_LINK = re.compile(r"(?i)(?:https?://|mailto:)[^\s\\]+")
_PICTURE = re.compile(r"data:image/(png|jpeg);base64,([A-Za-z0-9+/=\s]+)")
_SPAN = re.compile(r"[1-9]\d{0,2}")

Keep = Callable[[str, bytes], str]
"""Ships a file: takes a name and its bytes, returns its URL."""


def html(text: str, *, name: str, keep: Keep, label: str = "", titled: bool = True) -> str:
    """Make HTML of a record fit to stand in a page; empty when nothing of it does.

    Args:
        text: What was recorded.
        name: Begins the ids of its headings and the names of its pictures.
        keep: Ships a picture.
        label: Names its tables for those who hear them.
        titled: Whether its headings are headings of the page.
    """
    if len(text) > LARGEST:
        return ""
    cleaned = nh3.clean(
        _nested(_GONE.sub("", plain(text))),
        tags=set(TAGS),
        clean_content_tags={"script", "style"},
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_value,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="nofollow noopener ugc",
    )
    if not re.sub(r"<(?!img)[^<>]*>", "", cleaned).strip():
        return ""
    return _Writer(cleaned, name, keep, label, titled=titled).write()


def markdown(text: str, *, name: str, keep: Keep, label: str = "", titled: bool = True) -> str:
    """Make Markdown of a record fit to stand in a page, likewise.

    Python-Markdown takes the square of some texts; those are shown as they are written.
    """
    text = plain(text)
    blocks = re.split(r"\n[ \t]*\n", text)
    odd = len(text) > MARKDOWN or text.count("<") > _MOST or any(block.count("[") > _MOST for block in blocks)
    try:
        made = "" if odd else Markdown(extensions=_EXTENSIONS).convert(text)
    except RecursionError:
        made = ""
    made = made or f"<pre><code>{escape(text)}</code></pre>"
    return html(made, name=name, keep=keep, label=label, titled=titled)


def _nested(text: str) -> str:
    """Write tags nested properly and not deep, so that no parser takes long; what is no tag is text."""
    out: list[str] = []
    at = 0
    stack: list[str] = []
    for tag in _TAG.finditer(text):
        out.append(text[at : tag.start()].replace("<", "&lt;"))
        at, name = tag.end(), tag[2].lower()
        if name not in TAGS:
            continue
        if name in _VOID:
            out.append(f"<{name}{tag[3]}>" if not tag[1] else "")
        elif not tag[1] and len(stack) < DEEPEST:
            stack.append(name)
            out.append(f"<{name}{tag[3].removesuffix('/')}>")
        elif tag[1] and name in stack:
            while True:
                out.append(f"</{stack[-1]}>")
                if stack.pop() == name:
                    break
    out.append(text[at:].replace("<", "&lt;"))
    return "".join([*out, *(f"</{name}>" for name in reversed(stack))])


def _value(_tag: str, attribute: str, value: str) -> str | None:
    """Keep the value of an attribute, or leave the attribute out."""
    grammar = {"href": _LINK, "src": _PICTURE, "colspan": _SPAN, "rowspan": _SPAN, "start": _SPAN}.get(attribute)
    if grammar is not None:
        return value if grammar.fullmatch(value) else None
    if attribute == "align":
        return value if value in ("right", "center") else None
    if attribute == "scope":
        return value if value in ("row", "col") else None
    return value


class _Writer:
    """Writes what nh3 left in the way our pages do it."""

    def __init__(self, cleaned: str, name: str, keep: Keep, label: str, *, titled: bool) -> None:
        self._cleaned, self._name, self._keep, self._label, self._titled = cleaned, name, keep, label, titled
        found = [int(tag[2][1]) for tag in _CLEAN.finditer(cleaned) if re.fullmatch("h[1-6]", tag[2]) and not tag[1]]
        self._levels = iter(headings.levels(found))
        self._pictures = 0

    def write(self) -> str:
        """Return it."""
        return _CLEAN.sub(self._tag, self._cleaned)

    def _tag(self, tag: re.Match[str]) -> str:
        closing, name = tag[1] == "/", tag[2]
        if re.fullmatch("h[1-6]", name):
            return self._heading(tag, closing=closing)
        if name == "table":
            region = f'<div class="dl-scroll" tabindex="0" role="region" aria-label="{escape(self._label)}">'
            return "</table></div>" if closing else f"{region}<table>"
        if name == "img":
            return self._picture(dict(_ATTRIBUTE.findall(tag[3])))
        attributes = tag[3].replace(' align="right"', ' class="dl-number"').replace(' align="center"', "")
        return f"<{tag[1]}{name}{attributes}>"

    def _heading(self, tag: re.Match[str], *, closing: bool) -> str:
        if not self._titled:
            return "</p>" if closing else '<p class="dl-label">'
        if closing:
            return headings.CLOSED
        inside = self._cleaned[tag.end() : self._cleaned.find(f"</{tag[2]}>", tag.end())]
        words = headings.slug(unescape(re.sub(r"<[^<>]*>", "", inside)))
        return headings.opened(next(self._levels), f"{self._name}-{words}")

    def _picture(self, attributes: dict[str, str]) -> str:
        found = _PICTURE.fullmatch(unescape(attributes.get("src", "")))
        if found is None:
            return ""
        self._pictures += 1
        kind = "png" if found[1] == "png" else "jpg"
        name = f"{self._name}-{self._pictures}.{kind}"
        try:
            content = base64.b64decode(found[2])
            kept.check(name, content)
        except (binascii.Error, Damaged):
            return ""
        width, height = (kept.png_size if kind == "png" else kept.jpg_size)(content)
        return (
            f'<img src="{escape(self._keep(name, content))}" alt="{attributes.get("alt", "")}" width="{width}" '
            f'height="{height}" loading="lazy">'
        )

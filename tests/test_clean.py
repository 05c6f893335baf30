"""What a run hands over as HTML, Markdown or SVG is harmless when it is shown, and as much of it is shown as can be."""

from __future__ import annotations

import base64
import re
import time

import pytest

from mkdocs_dlplugin import clean, svg
from tests.faults.hostile_support import png


def cleaned(html: str, **options) -> str:
    return clean.html(html, name="dl-a", keep=lambda name, content: f"files/{name}?{len(content)}", **options)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("<p>a <b>b</b> &lt;c&gt; <custom>d</custom></p>", "<p>a <b>b</b> &lt;c&gt; d</p>"),
        ("<p style='color:red' class='md-x' id='q' onclick='x()'>a</p>", "<p>a</p>"),
        ('<a href="https://example.org/?a=1&b=2" target="_blank">a</a>',
         '<a href="https://example.org/?a=1&amp;b=2" rel="nofollow noopener ugc">a</a>'),
        ("<a href='javascript:x'>a</a>", '<a rel="nofollow noopener ugc">a</a>'),
        ("<a href='/admin'>a</a> <a href='//evil.example'>b</a>", '<a rel="nofollow noopener ugc">a</a> '
         '<a rel="nofollow noopener ugc">b</a>'),
        ("a<script>b</script><style>c</style><svg><text>d</text></svg>e", "ae"),
        ("<ol start=3><li>a<li>b</ol>", '<ol start="3"><li>a</li><li>b</li></ol>'),
        ("<div><p>a</div></section>b", "<div><p>a</p></div>b"),
        ("1 < 2 <3 a<b", "1 &lt; 2 &lt;3 a&lt;b"),
        ('<abbr title="a > b">x</abbr>', '<abbr title="a &gt; b">x</abbr>'),
        ("<!-- a --><p>b<!-- c", "<p>b</p>"),
        ("<p>\u202ea\x1b[31mb</p>", "<p>ab</p>"),
        ("<div><script>x</script></div>", ""),
    ],
)  # fmt: skip
def test_what_is_on_the_list_is_shown_and_nothing_else(given, shown):
    assert cleaned(given) == shown


def test_tables_scroll_and_numbers_stand_to_the_right():
    table = cleaned("<table><tr><th scope=col>a</th><td align=right>1</td><td colspan=2>x</td></tr></table>", label="T")

    assert table == (
        '<div class="dl-scroll" tabindex="0" role="region" aria-label="T"><table><tbody><tr><th scope="col">a</th>'
        '<td class="dl-number">1</td><td colspan="2">x</td></tr></tbody></table></div>'
    )


def test_pictures_that_it_holds_itself_become_files_and_others_are_left_out():
    data = base64.b64encode(png(3, 2)).decode()
    others = [f"data:image/svg+xml;base64,{data}", f"data:image/jpeg;base64,{data}", "https://example.org/x.png"]
    html = cleaned("".join(f'<img alt="a" src="{src}">' for src in (f"data:image/png;base64,{data}", *others)))

    assert html == f'<img src="files/dl-a-1.png?{len(png(3, 2))}" alt="a" width="3" height="2" loading="lazy">'


def test_markdown_is_rendered_and_cleaned():
    html = clean.markdown("# T\n\n*a* <img src=x onerror=y>[b](javascript:x)\n\n```\n<c>\n```\n", name="dl-a", keep=len)

    assert html == (
        '<h6 class="dl-heading" id="dl-a-t" data-dl-level="1">T</h6>\n<p><em>a</em> '
        '<a rel="nofollow noopener ugc">b</a></p>\n<pre><code>&lt;c&gt;\n</code></pre>'
    )


BOMBS = {
    "deep": "<div>" * 90_000, "formats": "".join(f"<font size={n}><b><p>" for n in range(24_000)),
    "tables": "<table><b></table></b><p>" * 18_000, "quotes": "<a title='" * 45_000, "comments": "<!--" * 110_000,
    "scripts": "<script" * 60_000, "signs": "<" * 400_000, "headings": "<h2>a" * 90_000, "closed": "</p>" * 110_000,
    "brackets": "[" * 49_000, "stars": "*a " * 16_000, "quoted": "> " * 24_000, "ticks": "`" * 49_000,
    "images": "![a](" * 9_000, "items": "\n".join(" " * 4 * n + "- a" for n in range(140)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_no_text_keeps_a_build_from_going_on(name):
    start = time.monotonic()
    for make in (clean.html, clean.markdown):
        make(BOMBS[name], name="dl-a", keep=lambda name, _: name)

    assert time.monotonic() - start < 60


SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="4in" viewBox="0 0 8 2">'
)


@pytest.mark.parametrize(
    ("inside", "left", "lost"),
    [
        ('<path d="M0 0" style="fill: red"/>', '<path d="M0 0" style="fill: red" />', False),
        ("<!-- c --><metadata>m</metadata><title>t</title>", "<title>t</title>", False),
        ('<defs><path id="p"/></defs><use xlink:href="#p"/>', '<use xlink:href="#p" />', False),
        ("<style>*{stroke-linejoin: round}</style>", "<style>*{stroke-linejoin: round}</style>", False),
        ('<a xlink:href="https://x.example"><text>t</text></a>', "<g><text>t</text></g>", True),
        ("<script>1</script><g/>", "<g />", True),
        ('<g onload="1"/>', "<g />", True),
        ('<image href="https://x.example/a.png"/>', "<image />", True),
        ('<image href="data:image/png;base64,AAAA"/>', '<image href="data:image/png;base64,AAAA" />', False),
        ("<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'>x</body></foreignObject><g/>", "<g />", True),
        ("<set attributeName='href' to='javascript:1'/><g/>", "<g />", True),
        ("<style>@import 'x'</style><g/>", "<g />", True),
        ('<rect fill="url(#a)"/><rect fill="url(https://x.example)"/>', '<rect fill="url(#a)" /><rect />', True),
        (r'<rect style="fill:\75 rl(//x.example)"/>', "<rect />", True),
    ],
)
def test_an_svg_keeps_what_draws_and_nothing_else(inside, left, lost):
    content, said = svg.cleaned(
        f'<?xml version="1.0"?><!DOCTYPE svg PUBLIC "-" "x" [<!ENTITY a "b">]>{SVG}{inside}</svg>'
    )

    assert left in content.decode()
    assert said is lost
    assert svg.size(content) == (8, 2)
    svg.check(content)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<html/>", "is no SVG"),
        ("no XML", "is no SVG"),
        (f"{SVG}&a;</svg>", "is no SVG"),
        (f"<!DOCTYPE svg>{SVG}</svg>", "doctype"),
        (f'<?xml-stylesheet href="x"?>{SVG}</svg>', "instruction"),
        (f"{SVG}<script>1</script></svg>", "<script>"),
        (f'{SVG}<script xmlns="http://www.w3.org/1999/xhtml">1</script></svg>', "<script>"),
        (f'{SVG}<g onclick="1"/></svg>', "onclick="),
        (f'{SVG}<use href="//x"/></svg>', "href="),
        (f"{SVG}{'<g>' * 300}{'</g>' * 300}</svg>", "nested"),
        (f'{SVG}<g id="a"><use href="#a"/></g></svg>', "shows itself"),
        (
            SVG
            + "".join(f'<g id="g{n}">{f"<use href={chr(34)}#g{n + 1}{chr(34)}/>" * 10}</g>' for n in range(9))
            + "</svg>",
            "shapes",
        ),
        (f"{SVG}{' ' * svg.LARGEST}</svg>", "bytes"),
    ],
)
def test_an_svg_that_a_stranger_wrote_is_refused_with_its_reason(text, said):
    with pytest.raises(svg.Refused, match=re.escape(said)):
        svg.check(text.encode())

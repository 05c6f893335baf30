"""The checks in the browser have teeth: of a page with many defects, each criterion finds its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.site import seen
from tests.site.host import hosted
from tests.site.reading import AXE, Reader
from tests.site.tab import WIDE

PAGE = "compare/accuracy/"
HEAD = """<style>
a.noring:focus { outline: none !important; box-shadow: none !important }
@keyframes turning { to { transform: rotate(1turn) } }
.turning { animation: turning 1s linear infinite; width: 1em }
.gone { position: absolute; left: -999px; top: -999px; width: 1px }
body { background: #fff !important }
@media print { .dl-num { display: none } .dl-narrow { display: block !important } }
</style>"""
BODY = """
<img src="https://cdn.example.org/x.png" alt="from elsewhere" id="unsized">
<script>console.error("boom"); document.cookie = "seen=1"; localStorage.setItem("visitor", "1")</script>
<p style="color: #bbb; background: #fff">too pale to be read by many people</p>
<p><a class="noring" href="#x1" id="x1">no sign of the focus</a> <a class="gone" href="#x1">out of sight</a></p>
<div style="width: 900px; height: 10px">too wide for a phone</div>
<p style="white-space: nowrap; overflow: hidden; height: 1em; line-height: 1">cut off<br>by wider spacing</p>
<div class="turning">x</div>
<abbr title="not for the keyboard" tabindex="-1" class="unreached">NFTK</abbr>
<script>
document.querySelector("article").insertAdjacentHTML("beforeend", "<p>" + "only with scripts ".repeat(90) + "</p>");
addEventListener("load", () => setTimeout(() => document.querySelector("article").insertAdjacentHTML(
  "afterbegin", '<div style="height: 400px">late</div>'), 60));
new Function("return 1")();
</script>
"""


def broken(html: str) -> bytes:
    """Put every defect into a page."""
    text = html.replace("</head>", HEAD + "</head>").replace("</article>", BODY + "</article>", 1)
    text = re.sub(r'<a href="#[^"]*" class="md-skip">.*?</a>', "", text, flags=re.DOTALL)
    text = text.replace('"content.code.copy", ', "")
    return re.sub(r'aria-label="Dot chart[^"]*"', 'aria-label="a chart"', text).encode()


@pytest.fixture(scope="module")
def victim(site, browser) -> Iterator[Reader]:
    """A reader of the broken page."""
    with hosted(site.root, site.base, {f"{PAGE}index.html": broken(site.text(f"{PAGE}index.html"))}) as url:
        yield Reader(browser, url)


FOUND = {
    seen.steady: "layout shift",
    seen.reserved: "x.png",
    seen.alone: "cdn.example.org",
    seen.quiet: "boom",
    seen.marked: "noring",
    seen.visible: "gone",
    seen.skipped: "",
    seen.spoken: "a chart",
    seen.spaced: "cut off",
    seen.still: "turning",
    seen.reflowed: "div",
    seen.bare: "words",
    seen.dark: "ground",
    seen.printed: "hidden",
    seen.copied: "no button",
    seen.forgetful: "seen=1",
}


@pytest.mark.parametrize(("criterion", "told"), FOUND.items(), ids=str)
def test_a_defect_is_seen(criterion, told, victim):
    faults = criterion.faults(victim, PAGE)

    assert any(told in fault for fault in faults), faults


def test_text_is_not_evaluated(victim):
    assert any("unsafe-eval" in fault or "Content Security" in fault for fault in seen.quiet.faults(victim, PAGE))


def test_too_little_contrast_is_seen(victim, lacking):
    if not AXE.is_file():
        lacking("axe-core, which .ci/browser brings")

    assert any("color-contrast" in fault for fault in victim.axe(PAGE)[str(WIDE)]["violations"])

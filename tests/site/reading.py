"""Reading: pages of the built site in a real browser, each looked at once in each way and remembered."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.site import scripts
from tests.site.chromium import Chromium
from tests.site.tab import MODES, PHONE, WIDE, Mode, Tab

CACHE = Path(os.environ.get("DLPLUGIN_SITE_TOOLS", Path(__file__).parents[2] / ".cache/site-tools"))
"""Where `.ci/browser` puts what npm brings."""
AXE = CACHE / "node_modules/axe-core/axe.min.js"
VALIDATOR = CACHE / "node_modules/.bin/html-validate"

PAGES = (
    "",
    "compare/accuracy/",
    "plugin/gallery/",
    "plugin/charts/",
    "plugin/blocks/",
    "plugin/quickstart/",
    "runs/cnn/",
    "examples/first_look/",
)
"""The pages that are judged in the browser: each kind of page, and those that hold most."""

AT_ONCE = 8
"""How many blocks of code are copied at once."""

THOROUGH = ("", "compare/accuracy/", "plugin/charts/", "runs/cnn/")
"""Pages that axe-core judges in all four looks."""

LOOKS = (WIDE, MODES[-1])
"""A desk in the light and a phone in the dark: what axe-core sees of the other pages of `PAGES`; of all else one."""

DARK = Mode(dark=True)
BARE = Mode(scripts=False)
PAPER = Mode(media="print", dark=True)
STILL = Mode(features=(("prefers-reduced-motion", "reduce"),))
FORCED = Mode(features=(("forced-colors", "active"),))
NARROW = Mode(width=320, height=640, dark=True)
"""A small phone, in the dark so that it is on the way to what axe-core judges."""

ASKED = {
    WIDE: (scripts.CONTENT,),
    DARK: (scripts.SHADE,),
    NARROW: (scripts.OVERFLOW, scripts.SPACING),
}
"""What is asked of a page in one visit, by mode; after that axe-core judges it."""
JUDGED = {WIDE: (WIDE, PHONE), DARK: (DARK,), NARROW: (MODES[-1],)}
"""The looks that axe-core judges in a visit; to those of another size the tab is changed."""


def node() -> str | None:
    """Find Node.js; `None` where there is none."""
    return shutil.which("node")


def looks(page: str) -> Sequence[Mode]:
    """Say how axe-core looks at a page: in all four looks, in two, or, where much is the same, in one by turns."""
    if page in PAGES:
        return MODES if page in THOROUGH else LOOKS
    return (LOOKS[sum(page.encode()) % 2],)


def axe(tab: Tab, modes: Sequence[Mode]) -> dict[str, Any]:
    """Let axe-core judge what a tab shows, in each of some looks that have its palette."""
    said: dict[str, Any] = {}
    if modes:
        tab.evaluate(f"{AXE.read_text('utf-8')};0")
    for mode in modes:
        if (mode.width, mode.height) != (tab.mode.width, tab.mode.height):
            tab.resize(mode)
            tab.pause(0.6)
        said[str(mode)] = tab.ask(scripts.RUN_AXE)
    return said


@dataclass
class Reader:
    """Somebody who looks at pages and remembers what was seen."""

    browser: Chromium
    url: str
    """Where the site is served."""
    seen: dict[tuple[str, str], Any] = field(default_factory=dict)

    def open(self, page: str, mode: Mode = WIDE) -> Tab:
        """Open a page."""
        return self.browser.tab(mode).open(self.url + page)

    def _once(self, what: str, page: str, look: Any) -> Any:
        if (what, page) not in self.seen:
            self.seen[what, page] = look()
        return self.seen[what, page]

    def visit(self, page: str, mode: Mode = WIDE) -> dict[str, Any]:
        """Visit a page once in a mode and answer all that is asked of it there.

        Returns:
            Answers by script, what axe-core says as `axe`, by look, and of a desk in the light also `plain`: what the
            page asks for, what jumps, what it holds.
        """

        def look() -> dict[str, Any]:
            said: dict[str, Any] = {}
            with self.open(page, mode) as tab:
                if mode == WIDE:
                    tab.ask(scripts.SCROLL)
                    tab.settle()
                    facts = {"asked": list(tab.asked.values()), "errors": list(tab.errors), "bytes": tab.bytes}
                    said["plain"] = {**facts, **tab.ask(scripts.FACTS)}
                said |= {script: tab.ask(script) for script in ASKED[mode]}
                if AXE.is_file():
                    said["axe"] = axe(tab, [one for one in JUDGED[mode] if one in looks(page)])
            return said

        return dict(self._once(f"visit {mode!r}", page, look))

    def plain(self, page: str) -> dict[str, Any]:
        """Look at a page on a desk: what it asks for, what jumps, what it holds."""
        return dict(self.visit(page)["plain"])

    def axe(self, page: str) -> dict[str, Any]:
        """Let axe-core judge a page, by the rules of WCAG 2.0 to 2.2, A and AA, in all looks that it is judged in."""
        visits = [mode for mode, judged in JUDGED.items() if set(judged) & set(looks(page))]
        return {look: said for mode in visits for look, said in self.visit(page, mode)["axe"].items()}

    def ask(self, page: str, mode: Mode, script: str) -> Any:
        """Ask a page something in a mode."""
        if script in ASKED.get(mode, ()):
            return self.visit(page, mode)[script]

        def look() -> Any:
            with self.open(page, mode) as tab:
                return tab.ask(script)

        return self._once(f"{mode!r} {script}", page, look)

    def walk(self, page: str) -> dict[str, Any]:
        """Go through a page with the Tab key."""

        def look() -> dict[str, Any]:
            with self.open(page) as tab:
                tab.evaluate(scripts.NO_MOTION)
                wanted, stops = tab.ask(scripts.COUNT_STOPS), []
                for _ in range(min(500, wanted + 15)):
                    tab.press("Tab", 9)
                    stop = tab.ask(scripts.STOP)
                    if stop is None or stop["again"]:
                        break
                    stops.append(stop)
                return {"wanted": wanted, "stops": stops}

        return dict(self._once("walk", page, look))

    def copied(self, page: str) -> dict[str, Any]:
        """Press the buttons that copy code, and read what they put on the clipboard."""

        def look() -> dict[str, Any]:
            with self.open(page) as tab:
                permissions = ["clipboardReadWrite", "clipboardSanitizedWrite"]
                here = {"origin": self.url.split("/", 3)[0] + "//" + self.url.split("/", 3)[2]}
                self.browser.call(
                    "", "Browser.grantPermissions", permissions=permissions, browserContextId=tab.context, **here
                )
                tab.call("Page.bringToFront")
                said: dict[str, Any] = {"bare": [], "copied": []}
                while more := tab.ask(scripts.COPY, len(said["copied"]), AT_ONCE)["copied"]:
                    said["copied"] += more
                return {**said, "bare": tab.ask(scripts.COPY, 0, 0)["bare"]}

        return dict(self._once("copied", page, look))
